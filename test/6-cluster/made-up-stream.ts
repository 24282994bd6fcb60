// A stream without a Redis, for sessions whose every word can get lost: at random, by a seed.
import { setImmediate } from 'node:timers/promises';
import { isBefore, type Entry, type Place, type Told } from '../../server/cluster/entry.ts';
import type { StreamAccess } from '../../server/cluster/stream.ts';

/** Whole numbers below `end`. */
export type Random = (end: number) => number;

/** Marsaglia's xorshift. */
export function randomBy(seed: number): Random {
  let state = (seed * 2_654_435_761) | 1;
  return (end) => {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    return (state >>> 0) % end;
  };
}

export class MadeUpRedis {
  #entries: Entry[] = [];
  #replica: readonly Entry[] = [];
  #clock = 1000;

  add(node: string, sequence: number, told: Told): Place {
    this.#clock += 1;
    const place = { id: `${this.#clock}-0`, node, sequence };
    this.#entries.push({ ...place, told });
    return place;
  }

  from(id: string, count: number): readonly Entry[] {
    return this.#entries.filter((entry) => !isBefore(entry.id, id)).slice(0, count);
  }

  oldest(): Entry | undefined {
    return this.#entries[0];
  }

  /** The replica hears of all up to now. */
  replicate(): void {
    this.#replica = [...this.#entries];
  }

  /** The replica takes over. @param late its clock is behind. */
  failOver(late: boolean): void {
    this.#entries = [...this.#replica];
    const last = this.#entries.at(-1);
    if (late) this.#clock = last ? Number(last.id.split('-')[0]) : 1000;
  }

  delete(): void {
    this.#entries = [];
    this.#replica = [];
  }

  trim(count: number): void {
    this.#entries = this.#entries.slice(count);
  }
}

/** A link that may end at each word: before it is heard, or before its answer is. */
export class MadeUpLink implements StreamAccess {
  readonly #redis: MadeUpRedis;
  readonly #random: Random;
  #ended: Error | undefined;

  constructor(redis: MadeUpRedis, random: Random) {
    this.#redis = redis;
    this.#random = random;
  }

  add(node: string, sequence: number, told: Told): Promise<Place> {
    return this.#said(() => this.#redis.add(node, sequence, told));
  }

  from(id: string, count: number): Promise<readonly Entry[]> {
    return this.#said(() => this.#redis.from(id, count));
  }

  oldest(): Promise<Entry | undefined> {
    return this.#said(() => this.#redis.oldest());
  }

  more(): Promise<void> {
    return this.#said(() => undefined);
  }

  trim(): Promise<void> {
    return this.#said(() => undefined);
  }

  end(error: unknown): void {
    this.#ended ??= error as Error;
  }

  async #said<T>(carryOut: () => T): Promise<T> {
    await this.#pass();
    const outcome = carryOut();
    await this.#pass();
    return outcome;
  }

  async #pass(): Promise<void> {
    for (let turns = this.#random(3); turns > 0; turns--) await setImmediate();
    if (this.#random(60) === 0) this.end(new Error('it was cut'));
    if (this.#ended) throw this.#ended;
  }
}
