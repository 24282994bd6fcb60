/**
 * How long a request body is, RFC 9112 §6. In doubt the answer is a refusal: whoever disagrees with us about the end of a body
 * reads the rest of it as a request.
 *
 *   Content-Length    = 1*DIGIT                      RFC 9110 §8.6
 *   Transfer-Encoding = #transfer-coding             RFC 9112 §6.1; here only the one coding "chunked"
 */
import { digitValues, equalsIgnoringCase, HTAB, NO_DIGIT, SEMICOLON, SP, tokenCharacters } from './characters.ts';
import { elementEnd, elementStart } from './list.ts';
import { BAD_CODING, CHUNKED_NOT_FINAL, CODING_UNKNOWN, NOTHING_REFUSED } from './refusal.ts';

export const LENGTH_ABSENT = -1;
export const LENGTH_MALFORMED = -2;

/**
 * The number, or LENGTH_MALFORMED: a sign, a space, a list ("5, 5" may be merged by RFC 9110 §8.6, and is refused by us), nothing,
 * or more than 2^53 - 1, which a double could not count.
 */
export function contentLengthOf(bytes: Uint8Array, start: number, end: number): number {
  if (start === end) return LENGTH_MALFORMED;
  let length = 0;
  for (let i = start; i < end; i++) {
    const digit = digitValues[bytes[i]!]!;
    if (digit === NO_DIGIT) return LENGTH_MALFORMED;
    length = length * 10 + digit;
    if (length > Number.MAX_SAFE_INTEGER) return LENGTH_MALFORMED;
  }
  return length;
}

/**
 * Judges one Transfer-Encoding line; `chunked` says whether a line before it named chunked already, because several lines are one
 * list. Only the bare word is accepted; the rest of the work is to say which refusal fits.
 */
export function judgeCodings(bytes: Uint8Array, start: number, end: number, chunked: boolean): number {
  if (chunked) return CHUNKED_NOT_FINAL;
  if (equalsIgnoringCase(bytes, start, end, 'chunked')) return NOTHING_REFUSED;
  let seen = false;
  let stop = start;
  for (let i = elementStart(bytes, start, end); i < end; i = elementStart(bytes, stop, end)) {
    stop = elementEnd(bytes, i, end);
    if (seen) return CHUNKED_NOT_FINAL;
    if (!isCoding(bytes, i, stop)) return BAD_CODING;
    if (!equalsIgnoringCase(bytes, i, stop, 'chunked')) return CODING_UNKNOWN;
    seen = true;
  }
  // Nothing at all, or empty elements beside "chunked", which a list may have (RFC 9110 §5.6.1.2) and an honest sender has not.
  return BAD_CODING;
}

/** transfer-coding = token *( OWS ";" OWS transfer-parameter ), RFC 9112 §7; the parameters are not looked at. */
function isCoding(bytes: Uint8Array, start: number, end: number): boolean {
  let i = start;
  while (i < end && tokenCharacters[bytes[i]!] === 1) i++;
  if (i === start) return false;
  while (i < end && (bytes[i] === SP || bytes[i] === HTAB)) i++;
  return i === end || bytes[i] === SEMICOLON;
}
