/**
 * The lines of `_headers` and `_redirects`, and what is wrong with them. Both files are written by hand by people who do not read
 * server logs every day: a line that is not understood is reported with its number and left out, and the others count.
 */

/** A line that does nothing, and why, in words for whoever wrote it. */
export interface Problem {
  readonly file: string;
  /** Counted from 1. */
  readonly line: number;
  readonly message: string;
}

export interface Line {
  /** Counted from 1. */
  readonly number: number;
  /** Without white space at either end; never empty, never a comment. */
  readonly text: string;
}

/** In UTF-16 units; one above the longest request head that a server takes. */
export const LINE_LENGTH_MAX = 16_384;
/** Of one file, redirects or paths with fields. */
export const RULES_MAX = 100_000;
/** Reported of one file; the others are only counted. */
export const PROBLEMS_MAX = 1_000;

const QUOTED_LENGTH_MAX = 80;

/** CTLs but HTAB (RFC 5234 §B.1). */
const controlCharacter = /[\0-\x08\x0a-\x1f\x7f]/;

/** What the decoder of UTF-8 puts where bytes were none. */
const REPLACEMENT_CHARACTER = '\ufffd';

export class ProblemList {
  readonly #file: string;
  readonly #problems: Problem[] = [];
  #unreported = 0;
  #lastLine = 0;

  constructor(file: string) {
    this.#file = file;
  }

  add(line: number, message: string): void {
    this.#lastLine = line;
    if (this.#problems.length < PROBLEMS_MAX) this.#problems.push({ file: this.#file, line, message });
    else this.#unreported++;
  }

  /** At most PROBLEMS_MAX, and one that says how many more there are. */
  all(): readonly Problem[] {
    if (this.#unreported === 0) return this.#problems;
    return [...this.#problems, { file: this.#file, line: this.#lastLine, message: `the last of ${this.#unreported} more problems that are not listed` }];
  }
}

/** What JSON leaves raw and a terminal obeys: C1 controls, and marks that turn the direction of text. */
const unprintable = /[\x7f-\x9f\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** A user's text within a message: never longer than a line of a terminal, never able to move its cursor. */
export function quoted(text: string): string {
  const shown = text.length > QUOTED_LENGTH_MAX ? `${text.slice(0, QUOTED_LENGTH_MAX)}...` : text;
  return JSON.stringify(shown).replace(unprintable, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** Lines end with LF or CRLF; a byte order mark, empty lines and lines that begin with '#' are skipped. */
export function* linesOf(text: string, problems: ProblemList): Generator<Line> {
  let start = text.startsWith('\ufeff') ? 1 : 0;
  for (let number = 1; start < text.length; number++) {
    const feed = text.indexOf('\n', start);
    const end = feed < 0 ? text.length : feed;
    const line = trimmed(text, start, end);
    start = end + 1;
    if (line === '' || line.startsWith('#')) continue;
    const fault = faultOf(line);
    if (fault === undefined) yield { number, text: line };
    else problems.add(number, fault);
  }
}

/** What parses in pieces: it stops after every so many lines, for a caller that has other things to do meanwhile. */
export type Parsing<Parsed> = Generator<undefined, Parsed>;

/** A piece takes about 5 ms. */
export const LINES_AT_ONCE = 256;

/** All of it, now. */
export function finished<Parsed>(parsing: Parsing<Parsed>): Parsed {
  for (;;) {
    const { done, value } = parsing.next();
    if (done) return value;
  }
}

/** String.trim() would take away characters that belong to a path, such as U+FEFF. */
function trimmed(text: string, start: number, end: number): string {
  let from = start;
  let to = end;
  while (from < to && isSpace(text.charCodeAt(from))) from++;
  while (to > from && isSpace(text.charCodeAt(to - 1))) to--;
  return text.slice(from, to);
}

function isSpace(code: number): boolean {
  return code === 0x20 || code === 0x09 || code === 0x0d;
}

function faultOf(line: string): string | undefined {
  if (line.length > LINE_LENGTH_MAX) return `the line is longer than ${LINE_LENGTH_MAX} characters`;
  const control = controlCharacter.exec(line);
  if (control) return `there is a control character in the line (0x${control[0].charCodeAt(0).toString(16).padStart(2, '0')})`;
  if (line.includes(REPLACEMENT_CHARACTER)) return 'there are bytes in the line that are not UTF-8: save the file as UTF-8';
  return undefined;
}
