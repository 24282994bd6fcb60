/**
 * Whether an origin is asked. Two judges, and both must be content:
 *
 *   what requests met     failuresMax failures in a row: out for backoffMs, then one request on trial; it fails: out for twice as long
 *   what probes met       failuresMax bad answers in a row: out until a good one
 *
 * A failure is no connection, or one that was closed or silent before a head. An answer is an answer, 5xx too: one page that always
 * fails must not take the origin away from all others. Pure: the clock is the caller's.
 */

export interface HealthLimits {
  readonly failuresMax: number;
  readonly backoffMs: number;
  readonly backoffMsMax: number;
}

export type HealthChange = 'out' | 'back' | undefined;

export class Health {
  readonly #limits: HealthLimits;
  #failures = 0;
  #outages = 0;
  #untilMs = -Infinity;
  #onTrial = false;
  #badProbes = 0;

  constructor(limits: HealthLimits) {
    this.#limits = limits;
  }

  get well(): boolean {
    return this.#outages === 0 && !this.#probedOut;
  }

  /** When its next trial is due; of several that are out, the first is asked. */
  get dueMs(): number {
    return this.#untilMs;
  }

  /** Whether it may get a request like any other, or the one on trial. */
  isOpen(nowMs: number): boolean {
    if (this.#probedOut) return false;
    return this.#outages === 0 || (!this.#onTrial && nowMs >= this.#untilMs);
  }

  /** A request goes out. */
  asked(): void {
    if (this.#outages > 0) this.#onTrial = true;
  }

  answered(): HealthChange {
    const was = this.well;
    this.#failures = this.#outages = 0;
    this.#onTrial = false;
    return this.#changeFrom(was);
  }

  failed(nowMs: number): HealthChange {
    const was = this.well;
    const { failuresMax, backoffMs, backoffMsMax } = this.#limits;
    this.#onTrial = false;
    this.#failures++;
    if (this.#failures < failuresMax) return undefined;
    // Those that were on their way when it went out say nothing new.
    if (this.#outages > 0 && nowMs < this.#untilMs) return undefined;
    this.#untilMs = nowMs + Math.min(backoffMs * 2 ** this.#outages, backoffMsMax);
    this.#outages++;
    return this.#changeFrom(was);
  }

  /** Neither: the request was given up by whoever asked, or met something that says nothing about the origin. */
  unknown(): void {
    this.#onTrial = false;
  }

  probed(good: boolean): HealthChange {
    const was = this.well;
    this.#badProbes = good ? 0 : this.#badProbes + 1;
    return this.#changeFrom(was);
  }

  #changeFrom(was: boolean): HealthChange {
    if (was === this.well) return undefined;
    return was ? 'out' : 'back';
  }

  get #probedOut(): boolean {
    return this.#badProbes >= this.#limits.failuresMax;
  }
}
