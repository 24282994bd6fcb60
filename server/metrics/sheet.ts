// What a worker writes of each answer and main reads: one piece of shared memory. A worker that dies, or does not answer, has counted
// what it has counted.
//
// Every word is a sum that only grows, written by one thread without locks. Main may see one a moment earlier than another; words
// are eight bytes in their place, which 64-bit processors read and write at once.
import { cacheResults } from './cache-results.ts';
import { Buckets } from './histogram.ts';
import type { Incomplete } from '../log/record.ts';

/** Of statuses, by their number; 0 is for what is none of 100 to 599, as an origin may say. */
export const STATUSES = 600;
export const incompletes: readonly Exclude<Incomplete, ''>[] = ['aborted', 'stalled', 'fileShortened', 'fileChanged', 'bodyBroken'];

const MS = 1000;
const S = 1000 * MS;
/** Of answers: 50 µs to a minute. */
export const answerBuckets = new Buckets([
  50, 100, 250, 500, MS, 2.5 * MS, 5 * MS, 10 * MS, 25 * MS, 50 * MS, 100 * MS, 250 * MS, 500 * MS, S, 2.5 * S, 5 * S, 10 * S, 30 * S, 60 * S,
]);
/** Of lags: less than a millisecond is within what timers are off anyway. */
export const lagBuckets = new Buckets([MS, 2.5 * MS, 5 * MS, 10 * MS, 25 * MS, 50 * MS, 100 * MS, 250 * MS, 500 * MS, S, 5 * S]);

const ANSWERS_AT = 0;
const DURATIONS_AT = ANSWERS_AT + cacheResults.length * STATUSES;
const INCOMPLETE_AT = DURATIONS_AT + cacheResults.length * answerBuckets.words;
const LAG_AT = INCOMPLETE_AT + incompletes.length;
const BEATS_AT = LAG_AT + lagBuckets.words;
export const SHEET_WORDS = BEATS_AT + 1;

export function createSheet(): SharedArrayBuffer {
  return new SharedArrayBuffer(SHEET_WORDS * Float64Array.BYTES_PER_ELEMENT);
}

/** By result (cacheResults), then by status. */
export function answersIn(words: Float64Array): Float64Array {
  return words.subarray(ANSWERS_AT, DURATIONS_AT);
}

/** Of answers with this result; in answerBuckets. */
export function durationsIn(words: Float64Array, result: number): Float64Array {
  const start = DURATIONS_AT + result * answerBuckets.words;
  return words.subarray(start, start + answerBuckets.words);
}

/** By `incompletes`. */
export function incompleteIn(words: Float64Array): Float64Array {
  return words.subarray(INCOMPLETE_AT, LAG_AT);
}

/** Of the thread's loop; in lagBuckets. */
export function lagIn(words: Float64Array): Float64Array {
  return words.subarray(LAG_AT, BEATS_AT);
}

/** One word: how often the thread's loop has given a sign of life (server/beat.ts). */
export function beatsIn(words: Float64Array): Float64Array {
  return words.subarray(BEATS_AT, SHEET_WORDS);
}
