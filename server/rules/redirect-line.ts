/**
 * One line of `_redirects`.
 *
 *   line    = pattern *( SP parameter ) SP target [ SP status ] [ SP comment ]
 *   status  = 3DIGIT [ "!" ]          301 where it is left out, as Netlify has it; Cloudflare's default is 302
 *   comment = "#" *VCHAR
 *
 * Netlify's conditions (Country=, Language=, Role=, Cookie=) are refused: without them the rule would be for everybody.
 */
import { quoted } from './lines.ts';
import { parseParameters, type Parameters } from './parameters.ts';
import { parsePattern, type Pattern } from './pattern.ts';
import { isTarget, parseTarget, type Target } from './target.ts';

export interface RedirectRule {
  /** In the file, from 1. */
  readonly line: number;
  readonly pattern: Pattern;
  readonly parameters: Parameters | undefined;
  readonly target: Target;
  /** 3xx: a redirect; 200, 4xx and 5xx: another file's content. */
  readonly status: number;
  /** Applies even where there is a file. */
  readonly forced: boolean;
  /** Adds a slash at the end and does nothing else: only for paths without one. */
  readonly addsSlash: boolean;
}

const DEFAULT_STATUS = 301;
const REDIRECTS: ReadonlySet<number> = new Set([301, 302, 303, 307, 308]);

/** RFC 9110 §15: an answer with one of these must carry a field that no rule knows. */
const INCOMPLETE: ReadonlySet<number> = new Set([401, 405, 407, 416, 426]);

const status = /^(\d+)(!?)$/;
const condition = /^([A-Za-z]+)=/;

export function isRedirectStatus(code: number): boolean {
  return REDIRECTS.has(code);
}

/** The rule, or what is wrong with the line. */
export function parseRedirectLine(text: string, line: number): RedirectRule | string {
  const words = wordsOf(text);
  const [from, ...rest] = words as [string, ...string[]];
  const at = rest.findIndex(isTarget);
  if (at < 0) return missingTarget(rest);
  const pattern = parsePattern(from);
  if (typeof pattern === 'string') return from.includes('?') ? `${pattern}; parameters follow it after a space, as in "/store id=:id /blog/:id"` : pattern;
  const parameters = parseParameters(rest.slice(0, at));
  if (typeof parameters === 'string') return parameters;
  const twice = parameters?.names.find((name, i, names) => pattern.names.has(name) || names.indexOf(name) !== i);
  if (twice !== undefined) return `":${twice}" is there twice: each name may take one value`;
  const target = parseTarget(rest[at]!, new Set([...pattern.names, ...(parameters?.names ?? [])]));
  if (typeof target === 'string') return target;
  const code = parseStatus(rest.slice(at + 1));
  if (typeof code === 'string') return code;
  const fault = faultOf(pattern, parameters, target, code.status);
  if (fault !== undefined) return fault;
  return { line, pattern, parameters, target, ...code, addsSlash: target.canonicalPath === `${pattern.path}/` };
}

function wordsOf(text: string): string[] {
  const words = text.split(/[ \t]+/);
  const comment = words.findIndex((word) => word.startsWith('#'));
  return comment < 0 ? words : words.slice(0, comment);
}

function missingTarget(rest: readonly string[]): string {
  if (rest.length === 0) return 'there is no target: a line is a path, the path or URL it leads to, and a status';
  const word = rest.find((one) => !status.test(one)) ?? rest[0]!;
  return status.test(word) ? `there is no target before the status ${word}` : `a target begins with "/", "http://" or "https://": ${quoted(word)}`;
}

function parseStatus(words: readonly string[]): { status: number; forced: boolean } | string {
  const found = status.exec(words[0] ?? '');
  const rest = found ? words.slice(1) : words;
  if (rest.length > 0) return unexpected(rest[0]!, found !== null);
  const code = found ? Number(found[1]) : DEFAULT_STATUS;
  const isKnown = code === 200 || REDIRECTS.has(code) || (code >= 400 && code <= 599 && !INCOMPLETE.has(code));
  if (!isKnown) return `not a status for a rule: ${quoted(words[0]!)}; it is one of ${[...REDIRECTS].join(', ')}, 200, or an error such as 404`;
  return { status: code, forced: found?.[2] === '!' };
}

function unexpected(word: string, isBehindStatus: boolean): string {
  const name = condition.exec(word)?.[1];
  if (name !== undefined) return `the condition ${name}= is not supported, and without it the rule would be for everybody`;
  return isBehindStatus ? `nothing can follow the status: ${quoted(word)}` : `not a status: ${quoted(word)}`;
}

/** What is well-formed, and cannot work. */
function faultOf(pattern: Pattern, parameters: Parameters | undefined, target: Target, code: number): string | undefined {
  const isRedirect = REDIRECTS.has(code);
  if (!isRedirect && target.authority) return `${code} with a URL would be a proxy to another site, which is not supported: use 301 or 302`;
  const isSame = pattern.path === target.canonicalPath;
  if (isRedirect && !staysAtHost(pattern, parameters, target)) return undefined;
  if (isSame && (isRedirect || code === 200)) return 'the rule leads to where it began: an endless loop';
  if (isRedirect && pattern.path === `${target.canonicalPath}/`) {
    return 'a rule cannot take the slash at the end away: where there is a directory the server puts it back, in an endless loop';
  }
  return undefined;
}

/** The redirect changes the path or nothing. */
function staysAtHost(pattern: Pattern, parameters: Parameters | undefined, target: Target): boolean {
  if (parameters || target.query) return false;
  if (!target.authority) return true;
  return pattern.scheme === target.scheme && target.authority.names.length === 0 && pattern.host?.name === target.authority.literals[0];
}
