// The log of purges as a file: lines that people can read, each with a checksum of its own.
//
//   <checksum> {"format":"pagecast-purges","version":1,"log":…,"sequence":…}      the number given last when it was made
//   <checksum> {"sequence":…,"timeMs":…,"effect":…,"purge":{"by":"key","key":…}}    …
//   zeros up to a whole number of 64 KiB
//
// Room is made before it is used, so that a purge neither changes the length of the file nor wants a block of a full disk,
// and so that a file that was cut is known as one. What a crash leaves of a purge that nobody was told is done is known,
// too: it ends where a sector does, without a newline. All else that is not as it was written means that purges may be lost.
import { createHash } from 'node:crypto';
import type { Purge } from '../messages.ts';
import { isCount, isRecordOf } from './head-shape.ts';
import { parsedJson } from './json.ts';
import type { Effect, PurgeRecord } from './purge-marks.ts';

export const ROOM_BYTES = 64 << 10;
/** What a disk writes whole or not at all. */
const SECTOR_BYTES = 512;
const SUM_DIGITS = 16;
const NEWLINE = 10;

export interface EpochFile {
  /** Random; heads name it. */
  readonly log: string;
  /** The number given last. */
  readonly sequence: number;
  readonly records: readonly PurgeRecord[];
  /** Where the next line goes. */
  readonly end: number;
  /** Something is behind the last whole line. */
  readonly torn: boolean;
}

interface Header {
  readonly format: 'pagecast-purges';
  readonly version: 1;
  readonly log: string;
  readonly sequence: number;
}

export function encodeRecord(record: PurgeRecord): Buffer {
  return encodeLine(record);
}

/** A file of these records: their lines without the room behind them. */
export function encodeEpochs(log: string, sequence: number, records: readonly PurgeRecord[]): Buffer {
  const header: Header = { format: 'pagecast-purges', version: 1, log, sequence };
  return Buffer.concat([encodeLine(header), ...records.map(encodeRecord)]);
}

/** The length of a file for so many bytes of lines; there is always a zero behind the last one. */
export function withRoom(bytes: number): number {
  return (Math.floor(bytes / ROOM_BYTES) + 1) * ROOM_BYTES;
}

/** undefined: purges may be lost. */
export function decodeEpochs(bytes: Buffer): EpochFile | undefined {
  if (bytes.length === 0 || bytes.length % ROOM_BYTES !== 0) return undefined;
  const used = usedBytes(bytes);
  if (used === bytes.length) return undefined;
  const lines = linesOf(bytes.subarray(0, used));
  const tail = used - lines.end;
  if (tail > 0 && used % SECTOR_BYTES !== 0) return undefined;
  const [header, ...others] = lines.values;
  if (!isHeader(header) || !others.every((value) => isRecord(value))) return undefined;
  let { sequence } = header;
  let last = 0;
  for (const record of others) {
    // Below the number in the header there may be gaps: what was forgotten.
    if (record.sequence <= last || record.sequence > sequence + 1) return undefined;
    last = record.sequence;
    sequence = Math.max(sequence, last);
  }
  return { log: header.log, sequence, records: others, end: lines.end, torn: tail > 0 };
}

/** Up to the zeros at the end. */
function usedBytes(bytes: Buffer): number {
  let used = bytes.length;
  while (used > 0 && bytes[used - 1] === 0) used -= 1;
  return used;
}

function encodeLine(value: PurgeRecord | Header): Buffer {
  const json = JSON.stringify(value);
  return Buffer.from(`${sumOf(Buffer.from(json))} ${json}\n`);
}

/** undefined in the place of a line that is not whole. */
function linesOf(bytes: Buffer): { readonly values: readonly unknown[]; readonly end: number } {
  const values: unknown[] = [];
  let end = 0;
  for (;;) {
    const newline = bytes.indexOf(NEWLINE, end);
    if (newline === -1) return { values, end };
    values.push(decodeLine(bytes.subarray(end, newline)));
    end = newline + 1;
  }
}

function decodeLine(line: Buffer): unknown {
  const json = line.subarray(SUM_DIGITS + 1);
  if (line.toString('latin1', 0, SUM_DIGITS + 1) !== `${sumOf(json)} `) return undefined;
  return parsedJson(json.toString());
}

function sumOf(json: Buffer): string {
  return createHash('sha256').update(json).digest('hex').slice(0, SUM_DIGITS);
}

const isText = (value: unknown): value is string => typeof value === 'string';

const isHeader = isRecordOf<Header>({
  format: (value): value is 'pagecast-purges' => value === 'pagecast-purges',
  version: (value): value is 1 => value === 1,
  log: isText,
  sequence: isCount,
});

const isRecord = isRecordOf<PurgeRecord>({
  sequence: isCount,
  timeMs: (value): value is number => typeof value === 'number',
  effect: (value): value is Effect => value === 'gone' || value === 'stale' || value === 'invalid',
  purge: isPurge,
});

function isPurge(value: unknown): value is Purge {
  if (typeof value !== 'object' || value === null || !('by' in value)) return false;
  switch (value.by) {
    case 'everything': return true;
    case 'key': return 'key' in value && isText(value.key);
    case 'tag': return 'tag' in value && isText(value.tag);
    case 'prefix': return 'prefix' in value && isText(value.prefix);
    default: return false;
  }
}
