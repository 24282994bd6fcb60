/**
 * `_redirects`: paths that lead elsewhere, as Netlify and Cloudflare Pages define them. The first line that matches is the rule for a
 * request, whatever follows. A rule without "!" gives way to a file (Netlify's shadowing; on Cloudflare Pages every rule is forced).
 *
 * A rewrite's path is not matched again, and a redirect to where the request already is, is none: no rule can make a loop alone.
 */
import { hostName } from './host.ts';
import { finished, LINES_AT_ONCE, linesOf, ProblemList, RULES_MAX, type Parsing, type Problem } from './lines.ts';
import { matchParameters, pairsOf, signatureOf, type Pairs } from './parameters.ts';
import { matchPattern } from './pattern.ts';
import { PatternIndex, type Numbers } from './pattern-index.ts';
import { canonical } from './percent.ts';
import { isRedirectStatus, parseRedirectLine, type RedirectRule } from './redirect-line.ts';
import { RequestPath } from './request-path.ts';
import { fillTarget, locationOf, type Filled } from './target.ts';

export interface RedirectRequest {
  /** As it came: percent-encoded, one character one byte. */
  readonly path: string;
  /** With its '?', or ''. */
  readonly query: string;
  /** The value of Host, a port may be there. */
  readonly host: string | undefined;
  /** undefined where nobody knows, behind a proxy that ends TLS: then rules for either scheme match. */
  readonly scheme?: 'http' | 'https' | undefined;
}

export type Match = Redirect | Rewrite;

export interface Redirect {
  readonly kind: 'redirect';
  /** 301, 302, 303, 307 or 308. */
  readonly status: number;
  /** A value for Location, RFC 9110 §10.2.2. */
  readonly location: string;
  /** Applies even where there is a file. */
  readonly forced: boolean;
  /** Of the rule, from 1. */
  readonly line: number;
}

export interface Rewrite {
  readonly kind: 'rewrite';
  /** 200, or the 4xx or 5xx that the content is sent with. */
  readonly status: number;
  /** Percent-encoded, begins with one '/'; to be resolved below the root like a request's, and not to be matched again. */
  readonly path: string;
  readonly forced: boolean;
  readonly line: number;
}

/** What rules ask of a request, each asked at most once. */
class Question {
  readonly request: RedirectRequest;
  readonly path: RequestPath;
  readonly host: string | undefined;
  #pairs: Pairs | undefined;

  constructor(request: RedirectRequest, path: RequestPath) {
    this.request = request;
    this.path = path;
    this.host = hostName(request.host);
  }

  get pairs(): Pairs {
    return (this.#pairs ??= pairsOf(this.request.query));
  }
}

export class RedirectRules {
  readonly #rules: readonly RedirectRule[];
  readonly #index = new PatternIndex();
  /** Whether any rule applies where there is a file: where none does, files can be looked up first. */
  readonly hasForced: boolean;

  constructor(rules: readonly RedirectRule[]) {
    this.#rules = rules;
    this.hasForced = rules.some((rule) => rule.forced);
    rules.forEach((rule, number) => this.#index.add(rule.pattern, number, rule.parameters?.signature));
  }

  get size(): number {
    return this.#rules.length;
  }

  /**
   * What the first rule for the request makes of it. Where it is not `forced`, it applies only if there is no file; where there is
   * one, the file is the answer, and no later rule is.
   */
  match(request: RedirectRequest): Match | undefined {
    const path = this.#rules.length > 0 ? RequestPath.of(request.path) : undefined;
    if (!path) return undefined;
    const question = new Question(request, path);
    let first = this.#rules.length;
    let found: Match | undefined;
    for (const numbers of this.#index.candidates(path, question.host, () => signatureOf(question.pairs))) {
      const match = this.#firstOf(numbers, first, question);
      if (match) [first, found] = match;
    }
    return found;
  }

  #firstOf(numbers: Numbers, below: number, question: Question): [number, Match] | undefined {
    for (const number of numbers) {
      if (number >= below) return undefined;
      const match = answerOf(this.#rules[number]!, question);
      if (match) return [number, match];
    }
    return undefined;
  }
}

/** Rules in the order of the file, and the lines that are none. `text` is the file decoded as UTF-8, `file` its name for the reader. */
export function parseRedirects(text: string, file: string): ParsedRedirects {
  return finished(parsingRedirects(text, file));
}

export interface ParsedRedirects {
  readonly rules: RedirectRules;
  readonly problems: readonly Problem[];
}

/** The same, in pieces. */
export function* parsingRedirects(text: string, file: string): Parsing<ParsedRedirects> {
  const problems = new ProblemList(file);
  const rules: RedirectRule[] = [];
  const lines = new Map<string, number>();
  let read = 0;
  for (const line of linesOf(text, problems)) {
    if (++read % LINES_AT_ONCE === 0) yield undefined;
    if (rules.length === RULES_MAX) {
      problems.add(line.number, `there are more than ${RULES_MAX} rules: this line and what follows is ignored`);
      break;
    }
    const rule = parseRedirectLine(line.text, line.number);
    if (typeof rule === 'string') {
      problems.add(line.number, rule);
      continue;
    }
    const key = keyOf(rule);
    const first = lines.get(key);
    if (first !== undefined) {
      problems.add(line.number, `line ${first} is for the same path, and the first one counts`);
      continue;
    }
    lines.set(key, line.number);
    rules.push(rule);
  }
  return { rules: new RedirectRules(rules), problems: problems.all() };
}

/** Rules with the same key are for the same requests. */
function keyOf({ pattern, parameters, addsSlash }: RedirectRule): string {
  return JSON.stringify([pattern.scheme, pattern.host, pattern.path, parameters?.key, addsSlash]);
}

/** undefined: the rule is not for this request, or it would lead to where the request already is. */
function answerOf(rule: RedirectRule, question: Question): Match | undefined {
  const { request } = question;
  const { pattern, parameters, forced, line, status } = rule;
  if (pattern.scheme !== undefined && request.scheme !== undefined && pattern.scheme !== request.scheme) return undefined;
  const captures = matchPattern(pattern, question.path, question.host);
  if (!captures || (parameters && !matchParameters(parameters, question.pairs, captures))) return undefined;
  const filled = fillTarget(rule.target, captures);
  if (!filled) return undefined;
  if (!isRedirectStatus(status)) {
    if (status === 200 && canonical(filled.path).text === question.path.text) return undefined;
    return { kind: 'rewrite', status, path: filled.path, forced, line };
  }
  // Parameters that a rule names are its own: they go where the target puts them.
  const query = parameters ? '' : request.query;
  if (isSamePlace(rule, filled, query, question)) return undefined;
  return { kind: 'redirect', status, location: locationOf(filled, query), forced, line };
}

/** A client that followed would be back, or at the same path but for its last slash, from where a directory sends it back. */
function isSamePlace({ addsSlash }: RedirectRule, filled: Filled, query: string, { request, path, host }: Question): boolean {
  if (filled.authority !== undefined && hostName(filled.authority) !== host) return false;
  if (filled.scheme !== undefined && request.scheme !== undefined && filled.scheme !== request.scheme) return false;
  if ((filled.query ?? query) !== request.query) return false;
  const target = canonical(filled.path).text || '/';
  if (withSlash(target) !== withSlash(path.text)) return false;
  return !addsSlash || path.endsWithSlash;
}

function withSlash(path: string): string {
  return path.endsWith('/') ? path : `${path}/`;
}
