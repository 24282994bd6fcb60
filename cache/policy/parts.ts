// Parts of representations, RFC 9111 §3.3 and §3.4: a 206 is kept as a 200 that is not complete.
import { type ContentRange, parseContentRange, POSITION_UNKNOWN } from '../../http/content-range.ts';
import { formatEntityTag } from '../../http/etag.ts';
import type { ByteRange } from '../../http/range.ts';
import type { FieldList } from '../../http/response.ts';
import type { StoredBody, Variant } from '../store/object.ts';
import { linesOf, type ResponseMessage, singletonOf } from './message.ts';
import { correspondence, validatorsOf } from './validators.ts';

/** Bodies of one representation; a part beyond them is not kept. */
export const partsMax = 64;

/**
 * The part that a 206 carries. undefined where it is no single part (multipart/byteranges has its ranges inside), where its
 * Content-Range is missing or malformed, or Content-Length says something else: then nothing of it can be kept.
 */
export function partOf(response: ResponseMessage): ContentRange | undefined {
  if (response.status !== 206 || isMultipart(response.fields)) return undefined;
  const range = parseContentRange(singletonOf(response.fields, 'content-range'));
  if (range === undefined || range.from === POSITION_UNKNOWN) return undefined;
  const length = String(range.to - range.from + 1);
  return linesOf(response.fields, 'content-length').every((line) => line === length) ? range : undefined;
}

/**
 * Whether a part belongs to what is stored: "if they all share the same strong validator" (§3.4), and the whole is not said to be of two
 * lengths. Without a strong validator each part stays alone.
 */
export function isCombinable(stored: Variant, response: ResponseMessage, part: ContentRange, responseMs: number): boolean {
  if (stored.status !== 200 || stored.invalid) return false;
  const there = validatorsOf(stored.fields, stored.responseMs);
  const received = validatorsOf(response.fields, responseMs);
  const areStrong = there.tag === undefined && received.tag === undefined ? there.dateIsStrong && received.dateIsStrong : hasStrongTags(there, received);
  if (!areStrong || correspondence(there, received) !== 'strong') return false;
  if (singletonOf(stored.fields, 'content-encoding') !== singletonOf(response.fields, 'content-encoding')) return false;
  if (part.size !== POSITION_UNKNOWN && stored.bytes !== POSITION_UNKNOWN) return part.size === stored.bytes;
  return part.size === POSITION_UNKNOWN ? stored.bytes === POSITION_UNKNOWN || part.to < stored.bytes : endOf(stored.bodies) <= part.size;
}

/**
 * Bodies with one more, in order and disjoint. Where two overlap the one in front is cut short: only the end of a record can be left out.
 * undefined where there would be too many. Records that are not in the result are not needed any more.
 */
export function withPart(bodies: readonly StoredBody[], part: StoredBody): readonly StoredBody[] | undefined {
  const end = part.offset + part.bytes;
  if (part.bytes === 0 || holds(bodies, { start: part.offset, end })) return bodies;
  const before = bodies.filter((body) => body.offset < part.offset).map((body) => cutAt(body, part.offset));
  const after = bodies.filter((body) => body.offset >= part.offset && body.offset + body.bytes > end);
  const combined = [...before, cutAt(part, after[0]?.offset ?? end), ...after];
  return combined.length > partsMax ? undefined : combined;
}

/** What is missing of `wanted`, in order; nothing where all of it is there. Bodies are in order and disjoint. */
export function gaps(bodies: readonly StoredBody[], wanted: ByteRange): readonly ByteRange[] {
  const missing: ByteRange[] = [];
  let at = wanted.start;
  for (const body of bodies) {
    if (body.offset >= wanted.end) break;
    if (body.offset > at) missing.push({ start: at, end: body.offset });
    at = Math.max(at, body.offset + body.bytes);
  }
  if (at < wanted.end) missing.push({ start: at, end: wanted.end });
  return missing;
}

/** A request may be answered with a part only where its range lies "wholly within" what is there (§3.3). */
export function holds(bodies: readonly StoredBody[], wanted: ByteRange): boolean {
  return gaps(bodies, wanted).length === 0;
}

export function isComplete(variant: Variant): boolean {
  return variant.bytes !== POSITION_UNKNOWN && holds(variant.bodies, { start: 0, end: variant.bytes });
}

/** The value of If-Range (RFC 9110 §13.1.5) to ask for what is missing; undefined where there is no strong validator, and all is to be asked for. */
export function ifRangeOf(variant: Variant): string | undefined {
  const { tag, dateIsStrong } = validatorsOf(variant.fields, variant.responseMs);
  if (tag !== undefined) return tag.weak ? undefined : formatEntityTag(tag);
  return dateIsStrong ? singletonOf(variant.fields, 'last-modified') : undefined;
}

function isMultipart(fields: FieldList): boolean {
  return singletonOf(fields, 'content-type')?.trimStart().slice(0, 10).toLowerCase() === 'multipart/';
}

function hasStrongTags(a: ReturnType<typeof validatorsOf>, b: ReturnType<typeof validatorsOf>): boolean {
  return a.tag?.weak === false && b.tag?.weak === false;
}

/** Behind the last byte that is there; 0 where none is. */
export function endOf(bodies: readonly StoredBody[]): number {
  const last = bodies.at(-1);
  return last === undefined ? 0 : last.offset + last.bytes;
}

function cutAt(body: StoredBody, end: number): StoredBody {
  return body.offset + body.bytes <= end ? body : { ...body, bytes: end - body.offset, recordBytes: body.recordBytes ?? body.bytes };
}
