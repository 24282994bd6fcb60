/**
 * Percent-encoding of paths, RFC 3986 §2.1: one spelling for what is compared, and safe spellings for what is sent.
 *
 * The server looks files up by decoded names, with slashes collapsed. Rules must see paths with the same eyes: a rule for /app/* that
 * "/%61pp/x" or "//app/x" walks around is no rule. So both sides are compared in one canonical spelling, while what a placeholder
 * took is sent on as it came.
 */
import { BACKSLASH, hexValues, NO_DIGIT, PERCENT, SLASH } from '../../http/characters.ts';

export interface Canonical {
  readonly text: string;
  /** Where in the source each character of the text began, and the source's length; undefined: the text is the source. */
  readonly offsets: readonly number[] | undefined;
}

const QUESTION_MARK = 0x3f;
const NUMBER_SIGN = 0x23;

/** Where it does not match, a path is its own canonical spelling. */
const oddity = /[^\x21-\x7e]|[%\\?#]|\/\//;

/** No URI has these raw (RFC 3986 §2), and some clients take the backslash for a slash. */
const unsafe = /[^\x21-\x7e]|["<>\\^`{|}]/g;
const unsafeWord = /[^\x21-\x7e]+|["<>\\^`{|}]/g;

const strayPercent = /%(?![0-9A-Fa-f]{2})/g;

/**
 * Slashes collapsed, visible ASCII raw, every other byte as %XX in upper case. Four characters are encoded in either spelling, because
 * raw they would mean something else: '%', '?', '#' and '\'. An encoded slash stays one: it is no separator (RFC 3986 §2.2).
 */
export function canonical(source: string): Canonical {
  if (!oddity.test(source)) return { text: source, offsets: undefined };
  const pieces: string[] = [];
  const offsets: number[] = [];
  let wasSlash = false;
  for (let i = 0; i < source.length;) {
    const code = source.charCodeAt(i);
    const decoded = code === PERCENT ? byteAt(source, i + 1) : -1;
    const isSlash = code === SLASH;
    if (!isSlash || !wasSlash) {
      const byte = decoded < 0 ? code : decoded;
      const piece = isSlash || isPlain(byte) ? String.fromCharCode(byte) : percentEncoded(byte);
      pieces.push(piece);
      for (let k = 0; k < piece.length; k++) offsets.push(i);
    }
    wasSlash = isSlash;
    i += decoded < 0 ? 1 : 3;
  }
  offsets.push(source.length);
  return { text: pieces.join(''), offsets };
}

function isPlain(byte: number): boolean {
  if (byte <= 0x20 || byte >= 0x7f) return false;
  return byte !== SLASH && byte !== BACKSLASH && byte !== PERCENT && byte !== QUESTION_MARK && byte !== NUMBER_SIGN;
}

/** The value of two hex digits, -1 where they are not. */
function byteAt(text: string, at: number): number {
  const high = hexValues[text.charCodeAt(at)] ?? NO_DIGIT;
  const low = hexValues[text.charCodeAt(at + 1)] ?? NO_DIGIT;
  return high === NO_DIGIT || low === NO_DIGIT ? -1 : high * 16 + low;
}

function percentEncoded(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}

/** Text out of a file, as a URI can hold it: UTF-8 (RFC 3987 §3.1); what is encoded already stays, a '%' that encodes nothing does not. */
export function encodeWritten(text: string): string {
  return text.replace(strayPercent, '%25').replace(unsafeWord, (word) => [...Buffer.from(word, 'utf8')].map(percentEncoded).join(''));
}

/** Bytes out of a request (latin1), as a URI can hold them: what came encoded stays so. */
export function encodeReceived(bytes: string): string {
  return bytes.replace(unsafe, (byte) => percentEncoded(byte.charCodeAt(0) & 0xff));
}
