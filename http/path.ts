/**
 * From the path of a request to the name of a file below a root, or to a refusal. Names are bytes: the raw path and the result are
 * latin1 strings, one character one byte, so that a name in any encoding passes. Percent-encoding is decoded once, and never again.
 *
 *   absolute-path = 1*( "/" segment )      RFC 9110 §4.1; decoding: RFC 3986 §2.1
 *
 * Dot segments are not removed (RFC 3986 §5.2.4) but refused: every client of good will has removed them, and who sends them looks
 * for a hole. openat2 below the root is the second line of defence, not the first.
 */
import { BACKSLASH, DOT, hexValues, NO_DIGIT, SLASH } from './characters.ts';

export interface ResolvedPath {
  /** Relative to the root, no slash at either end, single slashes between; '' is the root. */
  readonly path: string;
  /** The request ended with a slash: it means a directory. */
  readonly directory: boolean;
}

/** PATH_MAX is 4096 with its NUL, NAME_MAX 255 (linux/limits.h). */
const PATH_BYTES_MAX = 4_095;
const SEGMENT_BYTES_MAX = 255;

/** RFC 8615; the one name with a dot that is there to be asked for. */
const WELL_KNOWN = '.well-known';

const MALFORMED = 400;
const NOT_FOUND = 404;

/** What needs a second look; where it does not match, a path is its own name (one regular expression is twice as fast as a loop). */
const oddity = /[%\\\0\u0100-\uffff]|\/[/.]/;

/** What no name has, or only one that was meant for another system's separator. */
const unnameable = /[\\\0\u0100-\uffff]/;

/**
 * The path, or the status that refuses it: 400 for malformed percent-encoding, 404 for what no file is served under.
 * @param sites the first segment is the folder of a site, which has a /.well-known of its own.
 */
export function resolvePath(rawPath: string, allowDotfiles: boolean, sites = false): ResolvedPath | number {
  if (!rawPath.startsWith('/')) return NOT_FOUND;
  // At most a slash and one full segment: then no segment is too long.
  if (rawPath.length > 1 + SEGMENT_BYTES_MAX || oddity.test(rawPath)) return resolveOdd(rawPath, allowDotfiles, sites);
  const directory = rawPath.endsWith('/');
  return { path: rawPath.slice(1, directory ? -1 : undefined), directory };
}

function resolveOdd(rawPath: string, allowDotfiles: boolean, sites: boolean): ResolvedPath | number {
  if (!isWellEncoded(rawPath)) return MALFORMED;
  const decoded = decode(rawPath);
  if (decoded === undefined) return NOT_FOUND;
  const path = decoded.replaceAll(/\/{2,}/g, '/').replaceAll(/^\/|\/$/g, '');
  return isServed(path, allowDotfiles, sites ? path.indexOf('/') + 1 : 0) ? { path, directory: decoded.endsWith('/') } : NOT_FOUND;
}

/** Every '%' is followed by two hex digits. Asked first, so that 400 does not depend on what else is wrong. */
function isWellEncoded(text: string): boolean {
  for (let i = text.indexOf('%'); i >= 0; i = text.indexOf('%', i + 3)) {
    if (byteAt(text, i + 1) < 0) return false;
  }
  return true;
}

/** undefined: a NUL or a slash that was encoded, a backslash in either form, or a character that is no byte. */
function decode(text: string): string | undefined {
  if (unnameable.test(text)) return undefined;
  let percent = text.indexOf('%');
  if (percent < 0) return text;
  let decoded = text.slice(0, percent);
  while (percent >= 0) {
    const code = byteAt(text, percent + 1);
    // An encoded slash is data within a segment (RFC 3986 §2.2), and no file name has one.
    if (code === 0 || code === SLASH || code === BACKSLASH) return undefined;
    const next = text.indexOf('%', percent + 3);
    decoded += String.fromCharCode(code) + text.slice(percent + 3, next < 0 ? undefined : next);
    percent = next;
  }
  return decoded;
}

/** The value of two hex digits, -1 where they are not. */
function byteAt(text: string, at: number): number {
  const high = hexValues[text.charCodeAt(at)] ?? NO_DIGIT;
  const low = hexValues[text.charCodeAt(at + 1)] ?? NO_DIGIT;
  return high === NO_DIGIT || low === NO_DIGIT ? -1 : high * 16 + low;
}

/** @param first where the first segment that is the client's begins. */
function isServed(path: string, allowDotfiles: boolean, first: number): boolean {
  if (path.length > PATH_BYTES_MAX) return false;
  let start = 0;
  while (start < path.length) {
    const slash = path.indexOf('/', start);
    const end = slash < 0 ? path.length : slash;
    if (end - start > SEGMENT_BYTES_MAX) return false;
    if (path.charCodeAt(start) === DOT && !isDotNameServed(path.slice(start, end), start === first, allowDotfiles)) return false;
    start = end + 1;
  }
  return true;
}

function isDotNameServed(name: string, isFirst: boolean, allowDotfiles: boolean): boolean {
  if (name === '.' || name === '..') return false;
  return allowDotfiles || (isFirst && name === WELL_KNOWN);
}

/**
 * Where a directory that was asked for without its slash is: the raw path with one, and the query (with its '?', or '').
 *
 * Always a path-absolute reference (RFC 3986 §4.2): slashes are collapsed, because "//host/" would name another site, and what a
 * client could take for a slash or drop (backslash, CTLs) is encoded, as is everything else that is not visible ASCII.
 */
export function canonicalDirectoryLocation(rawPath: string, query: string): string {
  return canonicalLocation(`${rawPath}/`, query);
}

/** The same of any path. */
export function canonicalLocation(rawPath: string, query: string): string {
  const path = `/${rawPath}`.replaceAll(/[^\x21-\x7e]|[\\#?]/g, percentEncoded).replaceAll(/\/{2,}/g, '/');
  return path + query.replaceAll(/[^\x21-\x7e]|[\\#]/g, percentEncoded);
}

function percentEncoded(character: string): string {
  return `%${character.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}
