/**
 * `_headers`: fields that answers get by their path, as Netlify and Cloudflare Pages define them.
 *
 *   block = pattern line, then field lines
 *   field = name ":" value / "!" name
 *
 * All blocks whose pattern matches apply, in the order of the file. A name that comes twice has its values joined (RFC 9110 §5.3); "!"
 * takes away what the server or an earlier block has set, before its own block sets anything (Cloudflare).
 */
import { tokenCharacters } from '../../http/characters.ts';
import { hostName } from './host.ts';
import { finished, LINES_AT_ONCE, linesOf, ProblemList, quoted, RULES_MAX, type Line, type Parsing, type Problem } from './lines.ts';
import { matchPattern, parsePattern, type Captures, type Pattern } from './pattern.ts';
import { PatternIndex } from './pattern-index.ts';
import { encodeReceived } from './percent.ts';
import { fill, mapLiterals, splitPlaceholders, type Placeholders } from './placeholders.ts';
import { RequestPath } from './request-path.ts';
import { reservedReason } from './reserved-fields.ts';

/** To be set instead of what the server sends under the name (Set-Cookie: each beside the others), or not to be sent. */
export type HeaderChange = { readonly name: string; readonly value: string } | { readonly detach: string };

interface Block {
  readonly pattern: Pattern;
  readonly detached: string[];
  readonly fields: { readonly name: string; readonly value: Placeholders }[];
}

/** RFC 9110 §5.3: the one field with lines that cannot be joined. */
const SET_COOKIE = 'set-cookie';

export class HeaderRules {
  readonly #blocks: readonly Block[];
  readonly #index = new PatternIndex();

  constructor(blocks: readonly Block[]) {
    this.#blocks = blocks;
    blocks.forEach((block, number) => this.#index.add(block.pattern, number));
  }

  get size(): number {
    return this.#blocks.length;
  }

  /**
   * What all matching rules make of the fields together: one change for a name, but for Set-Cookie. `path` is a request's as it came
   * (percent-encoded, one character one byte), `host` the value of Host. Names and values are fit for a head, bytes as latin1.
   */
  fieldsFor(path: string, host: string | undefined): readonly HeaderChange[] {
    const requested = this.#blocks.length > 0 ? RequestPath.of(path) : undefined;
    if (!requested) return [];
    const name = hostName(host);
    const changes = new Changes();
    const numbers = this.#index.candidates(requested, name, () => '').flat().sort((a, b) => a - b);
    for (const number of numbers) {
      const block = this.#blocks[number]!;
      const captures = matchPattern(block.pattern, requested, name);
      if (captures) changes.apply(block, captures);
    }
    return changes.all();
  }
}

class Changes {
  readonly #byName = new Map<string, HeaderChange>();
  #cookies: HeaderChange[] = [];

  apply({ detached, fields }: Block, captures: Captures): void {
    for (const name of detached) {
      this.#byName.set(name.toLowerCase(), { detach: name });
      if (name.toLowerCase() === SET_COOKIE) this.#cookies = [];
    }
    for (const field of fields) {
      const { name } = field;
      const key = name.toLowerCase();
      const value = fill(field.value, (placeholder) => encodeReceived(captures.get(placeholder)?.value ?? ''));
      if (key === SET_COOKIE) {
        this.#cookies.push({ name, value });
        continue;
      }
      const before = this.#byName.get(key);
      this.#byName.set(key, before && 'value' in before ? { name: before.name, value: `${before.value}, ${value}` } : { name, value });
    }
  }

  all(): readonly HeaderChange[] {
    return [...this.#byName.values(), ...this.#cookies];
  }
}

/** Rules in the order of the file, and the lines that are none. `text` is the file decoded as UTF-8, `file` its name for the reader. */
export function parseHeaders(text: string, file: string): ParsedHeaders {
  return finished(parsingHeaders(text, file));
}

export interface ParsedHeaders {
  readonly rules: HeaderRules;
  readonly problems: readonly Problem[];
}

/** The same, in pieces. */
export function* parsingHeaders(text: string, file: string): Parsing<ParsedHeaders> {
  const problems = new ProblemList(file);
  const reader = new BlockReader(problems);
  let read = 0;
  for (const line of linesOf(text, problems)) {
    if (++read % LINES_AT_ONCE === 0) yield undefined;
    if (reader.read(line)) continue;
    problems.add(line.number, `there are more than ${RULES_MAX} rules: this line and what follows is ignored`);
    break;
  }
  return { rules: new HeaderRules(reader.end()), problems: problems.all() };
}

/** Lines to blocks. */
class BlockReader {
  readonly #problems: ProblemList;
  readonly #blocks: Block[] = [];
  /** undefined: no path was read, or one that was reported, whose fields are part of the same mistake. */
  #block: Block | undefined;
  #pathLine = 0;
  #fieldLines = 0;

  constructor(problems: ProblemList) {
    this.#problems = problems;
  }

  /** false: there is no room for what the line begins. */
  read(line: Line): boolean {
    if (!isPath(line.text)) {
      this.#readField(line);
      return true;
    }
    this.#endBlock();
    if (this.#blocks.length === RULES_MAX) return false;
    const pattern = parsePath(line.text);
    if (typeof pattern === 'string') this.#problems.add(line.number, pattern);
    else this.#block = { pattern, detached: [], fields: [] };
    this.#pathLine = line.number;
    return true;
  }

  end(): readonly Block[] {
    this.#endBlock();
    return this.#blocks;
  }

  #readField(line: Line): void {
    if (this.#pathLine === 0) this.#problems.add(line.number, `a path such as "/*" must come before the fields for it: ${quoted(line.text)}`);
    if (!this.#block) return;
    this.#fieldLines++;
    const fault = parseField(line.text, this.#block);
    if (fault !== undefined) this.#problems.add(line.number, fault);
  }

  #endBlock(): void {
    const block = this.#block;
    if (block && this.#fieldLines === 0) this.#problems.add(this.#pathLine, 'there are no fields for this path: they follow it, each on a line of its own');
    else if (block && block.fields.length + block.detached.length > 0) this.#blocks.push(block);
    this.#block = undefined;
    this.#fieldLines = 0;
  }
}

/** No field name has a slash. */
function isPath(text: string): boolean {
  return text.startsWith('/') || /^[^\s:]+:\/\//.test(text);
}

function parsePath(text: string): Pattern | string {
  const [path, next] = text.split(/[ \t]+/, 2) as [string, string?];
  if (next !== undefined && !next.startsWith('#')) return `a path has no spaces: ${quoted(text)}`;
  if (!path.startsWith('/') && !/^https:\/\//i.test(path)) return `an absolute URL begins with "https://", for either scheme: ${quoted(path)}`;
  return parsePattern(path);
}

/** Adds the line to the block, or says what is wrong with it. */
function parseField(text: string, block: Block): string | undefined {
  const isDetached = text.startsWith('!');
  const colon = text.indexOf(':');
  if (!isDetached && colon < 0) return `a field is a name, a colon and a value, as in "X-Frame-Options: DENY": ${quoted(text)}`;
  const name = (isDetached ? text.slice(1) : text.slice(0, colon)).trim();
  if (!isToken(name)) return `not a field name: ${quoted(name)}`;
  const reason = reservedReason(name, isDetached);
  if (reason !== undefined) return `${name} cannot be ${isDetached ? 'taken away' : 'set'}: ${reason}`;
  if (isDetached) {
    block.detached.push(name);
    return undefined;
  }
  const value = text.slice(colon + 1).trim();
  if (value === '') return `there is no value for ${name}; "! ${name}" takes a field away`;
  const placeholders = splitPlaceholders(value, (placeholder) => block.pattern.names.has(placeholder));
  // A field's value is bytes (RFC 9110 §5.5); these are the file's.
  block.fields.push({ name, value: mapLiterals(placeholders, (literal) => Buffer.from(literal, 'utf8').toString('latin1')) });
  return undefined;
}

/** token, RFC 9110 §5.6.2 */
function isToken(name: string): boolean {
  if (name === '') return false;
  for (let i = 0; i < name.length; i++) if (tokenCharacters[name.charCodeAt(i)] !== 1) return false;
  return true;
}
