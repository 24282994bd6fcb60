// What has turned out not to be for sharing: for so long nobody waits for another who asks for the same.
import { LRUCache } from 'lru-cache';

export class Alone {
  readonly #nowMs: () => number;
  /** By the name of the flight. */
  readonly #untilMs: LRUCache<string, number>;

  /** @param countMax that are remembered. @param nowMs a clock that is not set back, in milliseconds. */
  constructor(countMax: number, nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#untilMs = new LRUCache({ max: countMax });
  }

  get size(): number {
    return this.#untilMs.size;
  }

  has(name: string): boolean {
    const untilMs = this.#untilMs.get(name);
    if (untilMs === undefined) return false;
    if (this.#nowMs() < untilMs) return true;
    this.#untilMs.delete(name);
    return false;
  }

  /** @param forMs 0: not at all. */
  add(name: string, forMs: number): void {
    if (forMs > 0) this.#untilMs.set(name, this.#nowMs() + forMs);
  }

  delete(name: string): void {
    this.#untilMs.delete(name);
  }

  clear(): void {
    this.#untilMs.clear();
  }
}
