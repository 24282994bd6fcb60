/**
 * A head that arrives in pieces: keeps them, and says when it is worth parsing them again from the start.
 *
 * Parsing after every byte would let a client that drips a 16 KiB head buy 128 MiB of scanning. A head can only become complete
 * with an LF, and lines are bounded by the parser (fields, one empty line, the request line), so that parsing at each LF happens
 * about a hundred times; in between it is done once in every PARSE_STEP bytes, so that a target or a head over its limit, or
 * a byte that has no place, is found though no LF comes.
 */
import { LF } from './characters.ts';
import { headLimits } from './head.ts';

const PARSE_STEP = 2_048;
const FIRST_CAPACITY = 1_024;

export class PartialHead {
  /** The pieces so far are bytes[0, length); the array is replaced when it grows. */
  bytes: Uint8Array = new Uint8Array(0);
  length = 0;
  private readonly headBytesMax: number;
  private parsedAt = 0;

  constructor(headBytesMax: number = headLimits.headBytesMax) {
    this.headBytesMax = headBytesMax;
  }

  /**
   * Adds bytes[start, end). true: parse now. The caller stops appending when parse() refuses or completes, which it does at the
   * latest beyond headBytesMax; so at most headBytesMax and one piece are held.
   */
  append(bytes: Uint8Array, start: number, end: number): boolean {
    const length = this.length + end - start;
    this.reserve(length);
    this.bytes.set(bytes.subarray(start, end), this.length);
    this.length = length;
    if (length <= this.headBytesMax && length - this.parsedAt < PARSE_STEP && !hasLineFeed(bytes, start, end)) return false;
    this.parsedAt = length;
    return true;
  }

  /** Forgets the pieces and gives the memory back: an idle connection holds none. */
  reset(): void {
    this.bytes = new Uint8Array(0);
    this.length = 0;
    this.parsedAt = 0;
  }

  private reserve(length: number): void {
    if (length <= this.bytes.length) return;
    const larger = new Uint8Array(Math.max(length, 2 * this.bytes.length, FIRST_CAPACITY));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
}

/** No indexOf: it would look past `end` in a receive buffer that is full of other requests. */
function hasLineFeed(bytes: Uint8Array, start: number, end: number): boolean {
  for (let i = start; i < end; i++) {
    if (bytes[i] === LF) return true;
  }
  return false;
}
