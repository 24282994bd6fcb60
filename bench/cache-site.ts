/** What the origin, the clients and the bench agree on in the cache section: targets, sizes, records and the clock. */

const KIB = 1024;
/** Cold, large and slow: some ten seconds. */
export const HERD_BYTES = 10 * KIB * KIB;
export const HERD_BYTES_PER_SECOND = 1e6;
export const TAGGED_BYTES = KIB;
export const TAG = 'bench';

const HERD_FOLDER = '/herd/';
const TAGGED_FOLDER = '/tagged/';
/** As large, without a tag. */
const PLAIN_FOLDER = '/plain/';
/** `/-` before a target asks the origin for its record of that target. */
const RECORDS = '/-';

/** What the origin saw of one target. */
export interface OriginRecord {
  readonly requests: number;
  /** When it wrote the first and the last body byte of the last answer, by `monotonicMs`; 0: not yet. Slow targets only. */
  readonly firstBodyByteMs: number;
  readonly lastBodyByteMs: number;
}

/** A target of its own per round, so that it is cold. */
export function herdTarget(round: number): string {
  return `${HERD_FOLDER}${round}.bin`;
}

export function isHerdTarget(target: string): boolean {
  return target.startsWith(HERD_FOLDER);
}

export function taggedTarget(index: number): string {
  return `${TAGGED_FOLDER}${index}`;
}

/** All that have the tag are of one record. */
export const TAGGED_RECORD = TAGGED_FOLDER;

export function isTaggedTarget(target: string): boolean {
  return target.startsWith(TAGGED_FOLDER);
}

export function plainTarget(index: number): string {
  return `${PLAIN_FOLDER}${index}`;
}

/** The same of those without. */
export const PLAIN_RECORD = PLAIN_FOLDER;

export function isPlainTarget(target: string): boolean {
  return target.startsWith(PLAIN_FOLDER);
}

export function recordTarget(target: string): string {
  return RECORDS + target;
}

/** The target whose record is asked for, or null: an ordinary request. */
export function recordAsked(target: string): string | null {
  return target.startsWith(`${RECORDS}/`) ? target.slice(RECORDS.length) : null;
}

/** CLOCK_MONOTONIC in milliseconds: the same in every process of this machine. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
