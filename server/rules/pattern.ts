/**
 * What a rule is for: a path, or an absolute URL, with placeholders and at most one '*'.
 *
 *   pattern = [ ( "http" / "https" ) "://" host ] path
 *   "*"  takes everything, slashes too, or nothing: :splat
 *   ":x" takes one character or more of a segment; in a host, of a label
 *
 * A slash at the end counts on neither side, as Netlify has it, and "/blog/*" is for "/blog" too. Cloudflare tells them apart; who
 * writes /about means the page, whichever way it is asked for.
 */
import { asciiHost } from './host.ts';
import { quoted } from './lines.ts';
import { canonical, encodeWritten } from './percent.ts';
import { fill, mapLiterals, spansOf, splitPlaceholders, type Placeholders } from './placeholders.ts';
import type { RequestPath } from './request-path.ts';

export interface Pattern {
  readonly scheme: string | undefined;
  /** undefined: any host. */
  readonly host: HostPattern | undefined;
  /** Segments up to the one with the '*', or all of them. */
  readonly segments: readonly Placeholders[];
  readonly splat: Splat | undefined;
  /** Of the placeholders, and 'splat' where there is a '*'. */
  readonly names: ReadonlySet<string>;
  /** The same for every spelling of the pattern, with ':splat' for '*': what a target is compared with. */
  readonly path: string;
}

export interface HostPattern {
  readonly labels: readonly Placeholders[];
  /** In ASCII and lower case; undefined: there are placeholders. */
  readonly name: string | undefined;
}

export interface Splat {
  /** What is before and behind the '*' in its segment. */
  readonly before: string;
  readonly after: string;
  /** Segments that follow. */
  readonly segments: readonly Placeholders[];
}

/** What a placeholder took, as it came. */
export interface Capture {
  readonly value: string;
  readonly source: 'path' | 'query' | 'host';
}

export type Captures = Map<string, Capture>;

const NAMES_MAX = 32;

const absolute = /^(https?):\/\/([^/?#]*)/i;

const SPLAT = 'splat';

/** The pattern, or what is wrong with it. */
export function parsePattern(text: string): Pattern | string {
  const url = absolute.exec(text);
  // A fragment never travels (RFC 9110 §7.1): there is nothing to compare it with.
  const path = text.slice(url?.[0].length ?? 0).split('#', 1)[0]!;
  if (!path.startsWith('/') && !(url && path === '')) return `a path begins with "/", or with "https://" and a host: ${quoted(text)}`;
  if (path.includes('?')) return `only a path is matched, not what follows a "?": ${quoted(text)}`;
  const host = url ? parseHost(url[2]!) : undefined;
  if (typeof host === 'string') return host;
  const names = new Set<string>();
  const parsed = parsePath(path);
  if (typeof parsed === 'string') return parsed;
  const all = [...(host?.labels ?? []), ...parsed.segments, ...(parsed.splat?.segments ?? [])].flatMap((part) => part.names);
  if (parsed.splat) all.push(SPLAT);
  for (const name of all) {
    if (names.has(name)) return `":${name}" is there twice: each name may take one value`;
    names.add(name);
  }
  if (names.size > NAMES_MAX) return `more than ${NAMES_MAX} placeholders`;
  return { scheme: url?.[1]!.toLowerCase(), host, ...parsed, names, path: canonical(encodeWritten(path.replace('*', `:${SPLAT}`))).text || '/' };
}

function parseHost(text: string): HostPattern | string {
  if (/:\d*$/.test(text)) return `a port cannot be matched: ${quoted(text)}`;
  if (text.includes('*')) return `a "*" cannot be in the host, a placeholder such as ":name" can: ${quoted(text)}`;
  const labels = text.split('.').map((label) => splitPlaceholders(label, () => true));
  const name = asciiHost(labels.map((label) => fill(label, () => 'x')).join('.'));
  if (name === undefined) return `not a host name: ${quoted(text)}`;
  if (labels.every((label) => label.names.length === 0)) return { labels: [], name };
  return { labels: labels.map((label) => mapLiterals(label, (literal) => literal.toLowerCase())), name: undefined };
}

function parsePath(path: string): Pick<Pattern, 'segments' | 'splat'> | string {
  const stars = path.split('*').length - 1;
  if (stars > 1) return `only one "*" may be in a path: ${quoted(path)}`;
  const texts = path.split('/').filter((segment) => segment !== '');
  const at = texts.findIndex((segment) => segment.includes('*'));
  if (at < 0) return { segments: texts.map(parseSegment), splat: undefined };
  const [before, after] = texts[at]!.split('*').map(parseSegment) as [Placeholders, Placeholders];
  // Which of the two takes what would be anybody's guess.
  if (before.names.length + after.names.length > 0) return `a placeholder and a "*" cannot be in the same segment: ${quoted(texts[at]!)}`;
  const splat = { before: before.literals[0]!, after: after.literals[0]!, segments: texts.slice(at + 1).map(parseSegment) };
  return { segments: texts.slice(0, at).map(parseSegment), splat };
}

function parseSegment(text: string): Placeholders {
  return mapLiterals(splitPlaceholders(text, () => true), (literal) => canonical(encodeWritten(literal)).text);
}

/** What the placeholders took, undefined where the pattern does not match. `host` is from hostName(). */
export function matchPattern(pattern: Pattern, path: RequestPath, host: string | undefined): Captures | undefined {
  const { segments, splat } = pattern;
  const taken = splat && splatSpan(splat, segments.length, path);
  if (splat ? !taken : path.segments.length !== segments.length) return undefined;
  const captures: Captures = new Map();
  if (taken) captures.set(SPLAT, { value: path.received(...taken), source: 'path' });
  if (pattern.host && !matchHost(pattern.host, host, captures)) return undefined;
  if (!matchSegments(segments, path, 0, captures)) return undefined;
  if (splat && !matchSegments(splat.segments, path, path.segments.length - splat.segments.length, captures)) return undefined;
  return captures;
}

function matchHost({ labels, name }: HostPattern, host: string | undefined, captures: Captures): boolean {
  if (name !== undefined) return name === host;
  const texts = host?.split('.');
  if (texts?.length !== labels.length) return false;
  return labels.every((label, i) => {
    const text = texts[i]!;
    const spans = spansOf(label, text);
    label.names.forEach((placeholder, k) => spans && captures.set(placeholder, { value: text.slice(spans[2 * k], spans[2 * k + 1]), source: 'host' }));
    return spans !== undefined;
  });
}

/** The path's segments from `from` on, as many as there are in the pattern. */
function matchSegments(segments: readonly Placeholders[], path: RequestPath, from: number, captures: Captures): boolean {
  for (let i = 0; i < segments.length; i++) {
    const segment = segments[i]!;
    const spans = spansOf(segment, path.segments[from + i]!);
    if (spans === undefined) return false;
    const start = path.starts[from + i]!;
    for (let k = 0; k < segment.names.length; k++) {
      captures.set(segment.names[k]!, { value: path.received(start + spans[2 * k]!, start + spans[2 * k + 1]!), source: 'path' });
    }
  }
  return true;
}

/** From where to where the path's text is the '*', which is in the segment `first`; undefined where what is around it is not there. */
function splatSpan(splat: Splat, first: number, path: RequestPath): [start: number, end: number] | undefined {
  const behind = path.segments.length - splat.segments.length;
  const isLast = splat.segments.length === 0 && splat.after === '';
  // "/blog/*" and "/blog": no segment is left for the '*'.
  if (first >= behind) return first === behind && isLast && splat.before === '' ? [path.text.length, path.text.length] : undefined;
  const segment = path.starts[first]!;
  const start = segment + splat.before.length;
  // The last thing in a pattern takes the slash at the end too: it is part of "everything".
  const end = isLast ? path.text.length : path.starts[behind - 1]! + path.segments[behind - 1]!.length - splat.after.length;
  const isThere = start <= end && path.text.startsWith(splat.before, segment) && path.text.startsWith(splat.after, end);
  return isThere ? [start, end] : undefined;
}
