// `_headers` and `_redirects` of one folder: found through the same lookup as every file, parsed when their version
// changes, in force until the next one is. What they say of a path is remembered.
import { setImmediate } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { Entry } from '../../cache/entries.ts';
import type { RequestHead } from '../../http/head.ts';
import type { Opener } from '../opener.ts';
import type { Report } from '../report.ts';
import { parsingHeaders, type HeaderRules } from '../rules/headers.ts';
import type { Parsing, Problem } from '../rules/lines.ts';
import { parsingRedirects, type Match, type RedirectRules } from '../rules/redirects.ts';
import { UNCHANGED, type FieldChanges } from './fields.ts';
import type { Inquiry } from './inquiry.ts';

export const HEADERS_FILE = '_headers';
export const REDIRECTS_FILE = '_redirects';
/** A change is looked for this often, in milliseconds. */
const LOOKED_AT_MS = 40;
const PATHS_MAX = 4096;
const UNREAD = '';
/** Larger than what is read of a file; not ours to read. */
const EFBIG = 27;
const FORBIDDEN = 403;
/** Of what the operator is told at once. */
const PROBLEMS_TOLD = 10;

/** What the rules say of one request. */
export interface Ruling {
  /** Where it leads, if there is a rule for it; it counts before a file only where it is forced. */
  readonly match: Match | undefined;
  readonly fields: FieldChanges;
}

const NO_RULING: Ruling = { match: undefined, fields: UNCHANGED };

interface Rules {
  /** Of what was read, or found not to be readable. */
  readonly versions: readonly [headers: string, redirects: string];
  readonly headers: HeaderRules | undefined;
  readonly redirects: RedirectRules | undefined;
  readonly fieldsByPath: LRUCache<string, FieldChanges>;
  readonly matchByPath: LRUCache<string, { readonly match: Match | undefined }>;
  /** One object for each list of changes, however many paths have it. */
  readonly changes: Map<string, FieldChanges>;
}

export class SiteRules<Plans> {
  readonly #opener: Opener;
  readonly #report: Report;
  readonly #prefix: string;
  #rules: Rules | undefined;
  #lookedMs = 0;
  #loading: Promise<object> | undefined;

  /** @param prefix of the paths of both files: '' or '/folder'. */
  constructor(opener: Opener, report: Report, prefix: string) {
    this.#opener = opener;
    this.#report = report;
    this.#prefix = prefix;
  }

  /** Undefined: nothing is known yet, stop here. */
  of(request: RequestHead, inquiry: Inquiry<Plans>): Ruling | undefined {
    const rules = this.#current(inquiry);
    if (rules === undefined) return undefined;
    if (!rules.headers && !rules.redirects) return NO_RULING;
    const host = request.authority;
    const { path } = request;
    const key = `${host} ${path}`;
    return { match: rules.redirects && matchOf(rules, rules.redirects, key, request), fields: rules.headers ? fieldsOf(rules, rules.headers, key, path, host) : UNCHANGED };
  }

  #current(inquiry: Inquiry<Plans>): Rules | undefined {
    const sinceMs = inquiry.nowMs - this.#lookedMs;
    if (this.#rules && sinceMs >= 0 && sinceMs < LOOKED_AT_MS) return this.#rules;
    const headers = inquiry.entry(`${this.#prefix}/${HEADERS_FILE}`);
    const redirects = inquiry.entry(`${this.#prefix}/${REDIRECTS_FILE}`);
    if (headers === undefined || redirects === undefined) return undefined;
    this.#lookedMs = inquiry.nowMs;
    const versions = [versionOf(headers), versionOf(redirects)] as const;
    if (this.#rules && versions.every((version, i) => version === this.#rules!.versions[i])) return this.#rules;
    const loaded = inquiry.later('rules', () => (this.#loading ??= this.#load(headers, redirects).finally(() => (this.#loading = undefined))));
    return loaded === undefined ? undefined : this.#rules;
  }

  async #load(headersEntry: Entry<Plans>, redirectsEntry: Entry<Plans>): Promise<object> {
    const before = this.#rules ?? noRules();
    const [headers, redirects] = await Promise.all([
      this.#file(headersEntry, before.versions[0], before.headers, (text) => parsingHeaders(text, HEADERS_FILE)),
      this.#file(redirectsEntry, before.versions[1], before.redirects, (text) => parsingRedirects(text, REDIRECTS_FILE)),
    ]);
    this.#rules = { ...noRules(), versions: [headers.version, redirects.version], headers: headers.rules, redirects: redirects.rules };
    const problems = [...headers.problems, ...redirects.problems];
    if (problems.length > 0) this.#tell(problems);
    return this.#rules;
  }

  /** What cannot be read leaves in force what was; only what will not become readable by itself is not tried again. */
  async #file<R extends { readonly size: number }>(
    entry: Entry<Plans>, versionBefore: string, before: R | undefined, parse: (text: string) => Parsing<{ rules: R; problems: readonly Problem[] }>,
  ): Promise<{ version: string; rules: R | undefined; problems: readonly Problem[] }> {
    const version = versionOf(entry);
    if (version === versionBefore) return { version, rules: before, problems: [] };
    const { kind, path, status, representation } = entry;
    if (kind === 'missing' || kind === 'directory') return { version, rules: undefined, problems: [] };
    const { error, bytes } = representation ? await this.#opener.read(representation.file) : { error: status, bytes: new Uint8Array(0) };
    if (error === 0) {
      const { rules, problems } = await inPieces(parse(Buffer.from(bytes).toString('utf8')));
      return { version, rules: rules.size > 0 ? rules : undefined, problems };
    }
    const lasting = error === EFBIG || error === FORBIDDEN;
    if (lasting) this.#report('rulesIgnored', `${path || 'a file of rules'} cannot be read: what was in force stays so`, { path, errno: error });
    return { version: lasting ? version : UNREAD, rules: before, problems: [] };
  }

  #tell(problems: readonly Problem[]): void {
    const told = problems.slice(0, PROBLEMS_TOLD).map(({ file, line, message }) => `${this.#prefix.slice(1)}${this.#prefix && '/'}${file}:${line}: ${message}`);
    if (problems.length > told.length) told.push(`and ${problems.length - told.length} more`);
    this.#report('rulesIgnored', told.join('; '), { path: `${this.#prefix}/${problems[0]!.file}`, lines: problems.length });
  }
}

/** Thousands of lines take longer than the answers of others may wait. */
async function inPieces<Parsed>(parsing: Parsing<Parsed>): Promise<Parsed> {
  for (;;) {
    const { done, value } = parsing.next();
    if (done) return value;
    await setImmediate();
  }
}

/** Of no version that there is: it is looked for again. */
function noRules(): Rules {
  return {
    versions: [UNREAD, UNREAD], headers: undefined, redirects: undefined,
    fieldsByPath: new LRUCache({ max: PATHS_MAX }), matchByPath: new LRUCache({ max: PATHS_MAX }), changes: new Map(),
  };
}

/** A record's number is given again; with its tag it is one version's. */
function versionOf<Plans>({ kind, status, representation }: Entry<Plans>): string {
  return representation ? `${representation.file} ${representation.validators.etag}` : `${kind} ${status}`;
}

function fieldsOf(rules: Rules, headers: HeaderRules, key: string, path: string, host: string): FieldChanges {
  let fields = rules.fieldsByPath.get(key);
  if (fields) return fields;
  const changes = headers.fieldsFor(path, host);
  if (changes.length === 0) {
    fields = UNCHANGED;
  } else {
    const name = JSON.stringify(changes);
    if (rules.changes.size >= PATHS_MAX) rules.changes.clear();
    fields = rules.changes.get(name) ?? { changes };
    rules.changes.set(name, fields);
  }
  rules.fieldsByPath.set(key, fields);
  return fields;
}

/** A query may decide, or is passed on: then nothing is remembered. */
function matchOf(rules: Rules, redirects: RedirectRules, key: string, { path, query, authority: host, scheme: ours }: RequestHead): Match | undefined {
  // What is plain here may have come by TLS to a proxy before us.
  const scheme = ours === 'https' ? ours : undefined;
  if (query !== '') return redirects.match({ path, query, host, scheme });
  const known = rules.matchByPath.get(`${ours} ${key}`);
  if (known) return known.match;
  const match = redirects.match({ path, query, host, scheme });
  rules.matchByPath.set(`${ours} ${key}`, { match });
  return match;
}
