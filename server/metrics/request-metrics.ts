// Counts answers in a worker, and how long they took: from a complete request to the last byte that the kernel took. Two readings of
// the clock a burst and a few additions an answer; nothing is allocated.
//
// Where the content of a request is passed on, its time runs from its head. One that came behind another on its connection begins
// when it is looked at.
import type { Incomplete } from '../log/record.ts';
import { cacheResults } from './cache-results.ts';
import { Histogram } from './histogram.ts';
import { Hottest } from './hottest.ts';
import { answerBuckets, answersIn, createSheet, durationsIn, incompleteIn, incompletes, STATUSES } from './sheet.ts';

export class RequestMetrics {
  readonly hottest = new Hottest();
  readonly #answers: Float64Array;
  readonly #durations: readonly Histogram[];
  readonly #incomplete: Float64Array;
  /** By slot: since when its answer is looked for; 0: it was begun in this burst. */
  readonly #begunMs: Float64Array;
  /** When the burst came in; performance.now(). */
  #burstMs = 0;

  /** @param sheet of this worker; undefined: of nobody's interest. */
  constructor(connectionsMax: number, sheet: SharedArrayBuffer = createSheet()) {
    const words = new Float64Array(sheet);
    this.#answers = answersIn(words);
    this.#durations = cacheResults.map((_, result) => new Histogram(answerBuckets, durationsIn(words, result)));
    this.#incomplete = incompleteIn(words);
    this.#begunMs = new Float64Array(connectionsMax);
  }

  /** What comes from now on has come now. */
  burst(): void {
    this.#burstMs = performance.now();
  }

  /** The answer to a request on this slot will be found, or made, later. */
  begin(slot: number): void {
    if (this.#begunMs[slot] === 0) this.#begunMs[slot] = this.#burstMs;
  }

  /** When the request on this slot was complete. */
  begunMs(slot: number): number {
    const begunMs = this.#begunMs[slot]!;
    return begunMs === 0 ? this.#burstMs : begunMs;
  }

  /** The next request on this slot is another one. */
  clear(slot: number): void {
    this.#begunMs[slot] = 0;
  }

  /** An answer was decided on. */
  count(status: number, result: number): void {
    this.#answers[result * STATUSES + (status >= 100 && status < STATUSES ? status : 0)]! += 1;
  }

  /** The kernel has all of one. */
  sent(result: number, begunMs: number, nowMs: number): void {
    this.#durations[result]!.add(nowMs - begunMs);
  }

  /** The same of one that was not sent at once. */
  sentLater(result: number, begunMs: number): void {
    this.sent(result, begunMs, this.#burstMs);
  }

  /** One was begun, and not ended as planned. */
  brokenOff(how: Exclude<Incomplete, ''>): void {
    this.#incomplete[incompletes.indexOf(how)]! += 1;
  }
}
