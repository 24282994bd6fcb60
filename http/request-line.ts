/**
 * The request line, RFC 9112 §3, with the one empty line that may come before it (§2.2).
 *
 *   request-line = method SP request-target SP HTTP-version CRLF
 *
 * Exactly one SP at each place: the RFC allows a lenient split on whitespace, and names response splitting as its price.
 * The version is judged before the form of the target, because a target of another major version is not ours to judge.
 */
import { digitValues, NO_DIGIT, CR, QUESTION_MARK, SLASH, SP, targetCharacters, targetPathCharacters, tokenCharacters } from './characters.ts';
import { afterLineEnd, refusalAt } from './line-end.ts';
import { BAD_REQUEST_LINE, BAD_TARGET, BAD_VERSION, METHOD_TOO_LONG, TARGET_TOO_LONG, VERSION_UNSUPPORTED } from './refusal.ts';
import { classifyTarget, TARGET_ORIGIN } from './target.ts';
import { wordOf } from './words.ts';

export const METHOD_GET = 1;
export const METHOD_HEAD = 2;
export const METHOD_OPTIONS = 3;
export const METHOD_OTHER = 4;

const METHOD_BYTES_MAX = 64;

/** See words.ts: a module's own constant is folded. */
const isPath = targetPathCharacters;
const isTarget = targetCharacters;
const GET_AND_SPACE = wordOf('GET ');
const HTTP = wordOf('HTTP');
const SLASH_1_1 = wordOf('/1.1');

const versionPrefix = [0x48, 0x54, 0x54, 0x50, 0x2f]; // "HTTP/"
const MAJOR_AT = 5;
const MINOR_AT = 7;
const VERSION_BYTES = 8;

/** Offsets are within the bytes parsed last; they hold after parse() > 0 until the next parse(). */
export class RequestLine {
  method = METHOD_OTHER;
  methodStart = 0;
  methodEnd = 0;
  versionMinor = 1;
  targetForm = TARGET_ORIGIN;
  targetStart = 0;
  targetEnd = 0;
  pathStart = 0;
  pathEnd = 0;
  hasQuery = false;
  queryStart = 0;
  queryEnd = 0;
  authorityStart = 0;
  authorityEnd = 0;

  /** > 0: offset just past the line; 0: incomplete; < 0: -(refusal code). */
  parse(words: DataView, bytes: Uint8Array, start: number, limit: number, targetBytesMax: number): number {
    if (start >= limit) return 0;
    let i = start;
    if (bytes[start] === CR) {
      i = afterLineEnd(bytes, start, limit, BAD_REQUEST_LINE);
      if (i <= 0) return i;
    }
    i = this.parseMethod(words, bytes, i, limit);
    if (i <= 0) return i;
    i = this.parseTarget(bytes, i, limit, targetBytesMax);
    if (i <= 0) return i;
    i = this.parseVersion(words, bytes, i, limit);
    if (i <= 0) return i;
    i = afterLineEnd(bytes, i, limit, BAD_REQUEST_LINE);
    if (i <= 0) return i;
    return this.judgeForm(bytes) ? i : -BAD_TARGET;
  }

  /** The offset behind the SP that ends the method. */
  private parseMethod(words: DataView, bytes: Uint8Array, start: number, limit: number): number {
    this.methodStart = start;
    if (start + 4 <= limit && words.getInt32(start, true) === GET_AND_SPACE) {
      this.method = METHOD_GET;
      this.methodEnd = start + 3;
      return start + 4;
    }
    const stop = Math.min(limit, start + METHOD_BYTES_MAX + 1);
    let i = start;
    while (i < stop && tokenCharacters[bytes[i]!] === 1) i++;
    if (i - start > METHOD_BYTES_MAX) return -METHOD_TOO_LONG;
    if (i === start || i === limit || bytes[i] !== SP) return refusalAt(bytes, i, limit, BAD_REQUEST_LINE);
    this.methodEnd = i;
    this.method = methodNumber(bytes, start, i);
    return i + 1;
  }

  /** The offset behind the SP that ends the target. Too long is said as soon as it is seen, complete or not. */
  private parseTarget(bytes: Uint8Array, start: number, limit: number, targetBytesMax: number): number {
    const stop = Math.min(limit, start + targetBytesMax + 1);
    let i = start;
    while (i < stop && isPath[bytes[i]!] === 1) i++;
    this.pathEnd = i;
    this.hasQuery = i < stop && bytes[i] === QUESTION_MARK;
    if (this.hasQuery) {
      while (i < stop && isTarget[bytes[i]!] === 1) i++;
    }
    if (i - start > targetBytesMax) return -TARGET_TOO_LONG;
    if (i >= limit) return 0;
    const byte = bytes[i];
    if (byte !== SP) return refusalAt(bytes, i, limit, byte === CR ? BAD_REQUEST_LINE : BAD_TARGET);
    if (i === start) return -BAD_REQUEST_LINE;
    this.targetStart = start;
    this.pathStart = start;
    this.queryStart = this.hasQuery ? this.pathEnd + 1 : i;
    this.queryEnd = i;
    this.targetEnd = i;
    return i + 1;
  }

  /**
   * HTTP-version = "HTTP/" DIGIT "." DIGIT, in this case only (RFC 9112 §2.3). A higher minor version is served as the highest
   * we know (RFC 9110 §2.5); another major version is 505.
   */
  private parseVersion(words: DataView, bytes: Uint8Array, start: number, limit: number): number {
    if (start + VERSION_BYTES <= limit && words.getInt32(start, true) === HTTP && words.getInt32(start + 4, true) === SLASH_1_1) {
      this.versionMinor = 1;
      return start + VERSION_BYTES;
    }
    for (let k = 0; k < VERSION_BYTES; k++) {
      const at = start + k;
      if (at >= limit) return 0;
      if (!fitsVersion(bytes[at]!, k)) return refusalAt(bytes, at, limit, BAD_VERSION);
    }
    if (digitValues[bytes[start + MAJOR_AT]!] !== 1) return -VERSION_UNSUPPORTED;
    this.versionMinor = digitValues[bytes[start + MINOR_AT]!] === 0 ? 0 : 1;
    return start + VERSION_BYTES;
  }

  private judgeForm(bytes: Uint8Array): boolean {
    if (this.method !== METHOD_OTHER && bytes[this.pathStart] === SLASH) {
      this.targetForm = TARGET_ORIGIN;
      return true;
    }
    const isConnect = this.method === METHOD_OTHER && isMethod(bytes, this.methodStart, this.methodEnd, 'CONNECT');
    return classifyTarget(this, bytes, isConnect, this.method === METHOD_OPTIONS);
  }
}

function fitsVersion(byte: number, position: number): boolean {
  if (position < MAJOR_AT) return byte === versionPrefix[position];
  if (position === 6) return byte === 0x2e;
  return digitValues[byte] !== NO_DIGIT;
}

function methodNumber(bytes: Uint8Array, start: number, end: number): number {
  if (isMethod(bytes, start, end, 'HEAD')) return METHOD_HEAD;
  return isMethod(bytes, start, end, 'OPTIONS') ? METHOD_OPTIONS : METHOD_OTHER;
}

/** Methods are case-sensitive (RFC 9110 §9.1). */
function isMethod(bytes: Uint8Array, start: number, end: number, name: string): boolean {
  if (end - start !== name.length) return false;
  for (let k = 0; k < name.length; k++) {
    if (bytes[start + k] !== name.charCodeAt(k)) return false;
  }
  return true;
}
