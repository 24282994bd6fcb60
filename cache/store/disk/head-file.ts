// The head of a key as a file: all that is stored of it but the bytes of its bodies, and the epoch in which it was
// written. Lines that people can read; characters of field values, which are bytes, are written as UTF-8.
//
//   pagecast-head 1 <bytes of the second line> <SHA-256 of them>
//   {"epoch":{"log":…,"sequence":…},"object":{"key":…,"variants":[…]}}
//
// Any other byte anywhere, one more or one less, and it is no head.
import { createHash } from 'node:crypto';
import type { StoredObject } from '../object.ts';
import { isCount, isRecordOf, isStoredObject } from './head-shape.ts';
import { parsedJson } from './json.ts';

/** When a head was written: after purge `sequence` of that log, and before the next one. */
export interface Epoch {
  readonly log: string;
  readonly sequence: number;
}

export interface Head {
  readonly epoch: Epoch;
  readonly object: StoredObject;
}

/** Larger ones are not written, and not read. */
export const HEAD_BYTES_MAX = 16 << 20;
/** The longest first line. */
const FIRST_LINE_BYTES_MAX = 128;
const NEWLINE = 10;

const isHead = isRecordOf<Head>({
  epoch: isRecordOf<Epoch>({ log: (value): value is string => typeof value === 'string', sequence: isCount }),
  object: isStoredObject,
});

/** The name of its file, by default: the SHA-256 of the key as UTF-8, as `sha256sum` prints it. */
export function headName(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}

/** undefined where decodeHead() would not take it: a number that is not finite, or a record that is no body's id. */
export function encodeHead({ epoch, object }: Head): Buffer | undefined {
  const head: Head = { epoch, object };
  if (!isHead(head) || !isFinitelyNumbered(object)) return undefined;
  const payload = Buffer.from(`${JSON.stringify(head)}\n`);
  return Buffer.concat([firstLine(payload), payload]);
}

/** undefined: no head, or not whole. */
export function decodeHead(bytes: Buffer): Head | undefined {
  const end = bytes.subarray(0, FIRST_LINE_BYTES_MAX).indexOf(NEWLINE);
  if (end === -1) return undefined;
  const payload = bytes.subarray(end + 1);
  if (!firstLine(payload).equals(bytes.subarray(0, end + 1))) return undefined;
  const head = parsedJson(payload.toString());
  return isHead(head) ? head : undefined;
}

function firstLine(payload: Buffer): Buffer {
  return Buffer.from(`pagecast-head 1 ${payload.length} ${createHash('sha256').update(payload).digest('hex')}\n`);
}

/** JSON has no other numbers. */
function isFinitelyNumbered({ variants }: StoredObject): boolean {
  return variants.every(({ requestMs, responseMs, freshness }) => [
    requestMs, responseMs, freshness.lifetimeMs, freshness.initialAgeMs, freshness.staleWhileRevalidateMs, freshness.staleIfErrorMs,
  ].every((value) => Number.isFinite(value)));
}
