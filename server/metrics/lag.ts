// How late a thread's timers are: as late as everything else that waits for its loop. Measured while somebody needs the loop, so that
// an idle process sleeps.
import { Histogram } from './histogram.ts';
import { lagBuckets } from './sheet.ts';

const EVERY_MS = 20;

export class LagMeter {
  readonly #lags: Histogram;
  #timer: NodeJS.Timeout | undefined;
  #lastMs = 0;

  /** @param words of lagBuckets. */
  constructor(words: Float64Array) {
    this.#lags = new Histogram(lagBuckets, words);
  }

  begin(): void {
    if (this.#timer) return;
    this.#lastMs = performance.now();
    this.#timer = setInterval(() => this.#tick(), EVERY_MS).unref();
  }

  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  #tick(): void {
    const nowMs = performance.now();
    this.#lags.add(nowMs - this.#lastMs - EVERY_MS);
    this.#lastMs = nowMs;
  }
}
