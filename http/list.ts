/**
 * Walking a comma-separated list of tokens in place, RFC 9110 §5.6.1: empty elements are skipped, OWS is trimmed.
 *
 *   for (let i = elementStart(bytes, start, end); i < end; i = elementStart(bytes, stop, end)) { stop = elementEnd(bytes, i, end); … }
 */
import { COMMA, HTAB, SP } from './characters.ts';

function isWhitespace(byte: number): boolean {
  return byte === SP || byte === HTAB;
}

/** The first byte of the next element at or after `at`; `end` where there is none. */
export function elementStart(bytes: Uint8Array, at: number, end: number): number {
  let i = at;
  while (i < end && (bytes[i] === COMMA || isWhitespace(bytes[i]!))) i++;
  return i;
}

/** The end of the element that begins at `start`, without the whitespace before its comma. */
export function elementEnd(bytes: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i < end && bytes[i] !== COMMA) i++;
  while (i > start && isWhitespace(bytes[i - 1]!)) i--;
  return i;
}
