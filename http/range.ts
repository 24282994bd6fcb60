/**
 * Range requests for bytes, RFC 9110 §14.
 *
 *   ranges-specifier = range-unit "=" range-set        range-unit is case-insensitive (§14.1)
 *   range-set        = 1#range-spec
 *   range-spec       = first-pos "-" [ last-pos ] / "-" suffix-length
 *
 * A field that is not exactly this is ignored as §14.2 asks, and the whole representation sent: only a set that is valid and lies
 * wholly outside is an error of the client's (416).
 */

export interface ByteRange {
  readonly start: number;
  /** Exclusive. */
  readonly end: number;
}

export interface RangeLimits {
  /** Elements of a set; a larger one is abuse and ignored (§14.2, §17.15). */
  readonly rangesMax: number;
}

export const rangeLimits: RangeLimits = { rangesMax: 32 };

export type RangeOutcome =
  | { readonly kind: 'ignore' }
  | { readonly kind: 'unsatisfiable' }
  /** At least one; none touch or overlap. */
  | { readonly kind: 'ranges'; readonly ranges: readonly ByteRange[] };

const ignore: RangeOutcome = { kind: 'ignore' };
const unsatisfiable: RangeOutcome = { kind: 'unsatisfiable' };

const UNIT = 'bytes=';

/** size: of the selected representation. */
export function parseRange(value: string, size: number, limits: RangeLimits = rangeLimits): RangeOutcome {
  if (value.slice(0, UNIT.length).toLowerCase() !== UNIT) return ignore;
  const ranges: ByteRange[] = [];
  let count = 0;
  for (let i = nextElement(value, UNIT.length); i < value.length; i = nextElement(value, i)) {
    const firstEnd = digitsEnd(value, i);
    const lastEnd = digitsEnd(value, firstEnd + 1);
    const first = value.slice(i, firstEnd);
    const last = value.slice(firstEnd + 1, lastEnd);
    const range = value.charAt(firstEnd) === '-' ? resolve(first, last, size) : undefined;
    i = skipWhitespace(value, lastEnd);
    if (range === undefined || (i < value.length && value.charAt(i) !== ',')) return ignore;
    if (++count > limits.rangesMax) return ignore;
    // A suffix of an empty representation is satisfiable (§14.1.2), and there is no Content-Range to say so: send all of it.
    if (size === 0 && first === '' && Number(last) > 0) return ignore;
    if (range.start < range.end) coalesce(ranges, range);
  }
  if (count === 0) return ignore;
  return ranges.length === 0 ? unsatisfiable : { kind: 'ranges', ranges };
}

/** content-range = "bytes" SP first-pos "-" last-pos "/" ( complete-length / "*" ), §14.4; `end` is exclusive, `size` negative where it is not known. */
export function contentRange(start: number, end: number, size: number): string {
  return `bytes ${start}-${end - 1}/${size < 0 ? '*' : size}`;
}

/** The Content-Range of a 416, §15.5.17. */
export function unsatisfiedRange(size: number): string {
  return `bytes */${size}`;
}

/**
 * An empty range where unsatisfiable, undefined where invalid: no number at all, or last before first (§14.1.1). A number beyond
 * 2^53 loses its low digits, which is the same to us: no file is that long.
 */
function resolve(first: string, last: string, size: number): ByteRange | undefined {
  if (first === '') return last === '' ? undefined : { start: Math.max(size - Number(last), 0), end: size };
  const start = Number(first);
  if (last === '') return { start: Math.min(start, size), end: size };
  if (Number(last) < start) return undefined;
  return { start: Math.min(start, size), end: Math.min(Number(last) + 1, size) };
}

/**
 * Adds a range, joined with those that it overlaps or touches, in the place of the first of them (§15.3.7.2 lets a server, and
 * keeps the order that the client asked in). So the answer is never longer than the representation.
 */
function coalesce(ranges: ByteRange[], added: ByteRange): void {
  let joined = added;
  let place = ranges.length;
  for (let i = ranges.length - 1; i >= 0; i--) {
    const range = ranges[i]!;
    if (range.start > joined.end || range.end < joined.start) continue;
    joined = { start: Math.min(range.start, joined.start), end: Math.max(range.end, joined.end) };
    ranges.splice(i, 1);
    place = i;
  }
  ranges.splice(place, 0, joined);
}

/** The start of the next list element at or after `at`, past commas and whitespace (§5.6.1.2). */
function nextElement(text: string, at: number): number {
  let i = skipWhitespace(text, at);
  while (text.charAt(i) === ',') i = skipWhitespace(text, i + 1);
  return i;
}

function skipWhitespace(text: string, at: number): number {
  let i = at;
  while (text.charAt(i) === ' ' || text.charAt(i) === '\t') i++;
  return i;
}

function digitsEnd(text: string, start: number): number {
  let i = start;
  while (text.charCodeAt(i) >= 0x30 && text.charCodeAt(i) <= 0x39) i++;
  return i;
}
