/**
 * Content-Range as it is received, RFC 9110 §14.4.
 *
 *   Content-Range     = range-unit SP ( range-resp / unsatisfied-range )      the unit is bytes, in any case (§14.1)
 *   range-resp        = first-pos "-" last-pos "/" ( complete-length / "*" )
 *   unsatisfied-range = "*" "/" complete-length
 */

export const POSITION_UNKNOWN = -1;

export interface ContentRange {
  /** Offset of the first byte; POSITION_UNKNOWN in an unsatisfied range. */
  readonly from: number;
  /** Offset of the last byte, inclusive; POSITION_UNKNOWN in an unsatisfied range. */
  readonly to: number;
  /** Bytes of the whole representation; POSITION_UNKNOWN for "*". */
  readonly size: number;
}

const pattern = /^bytes (?:(\d+)-(\d+)|\*)\/(?:(\d+)|\*)$/i;

/**
 * undefined where it is malformed, has another unit, ends before it begins or beyond the length it states ("a recipient of an invalid
 * Content-Range MUST NOT attempt to recombine the received content"), or has a number that is not exact (2^53 and more).
 */
export function parseContentRange(value: string | undefined): ContentRange | undefined {
  const match = value === undefined ? null : pattern.exec(value);
  if (match === null) return undefined;
  const from = positionOf(match[1]);
  const to = positionOf(match[2]);
  const size = positionOf(match[3]);
  if (from > Number.MAX_SAFE_INTEGER || to > Number.MAX_SAFE_INTEGER || size > Number.MAX_SAFE_INTEGER) return undefined;
  if (to < from || (size !== POSITION_UNKNOWN && size <= to)) return undefined;
  return from === POSITION_UNKNOWN && size === POSITION_UNKNOWN ? undefined : { from, to, size };
}

function positionOf(digits: string | undefined): number {
  return digits === undefined ? POSITION_UNKNOWN : Number(digits);
}
