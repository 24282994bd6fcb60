// How an answer asks for what it needs to know. An answer is worked out in one go, from what is known; where something
// is not, it stops, and is begun anew when that has been found. So the way from request to plan is written once, and
// costs no promise where all of it is known.
import type { Entries, Entry } from '../../cache/entries.ts';
import type { Lookup } from './lookup.ts';

/** Of looks at the disk for one answer, one after the other; more would be a circle. */
const ROUNDS_MAX = 32;

export interface Inquiry<Plans> {
  readonly nowMs: number;
  /** What a raw path leads to; undefined: not known yet, stop here. */
  entry(path: string): Entry<Plans> | undefined;
  /** Whether there certainly is no file of this name below the root (not a raw path); costs a system call, and remembers nothing. */
  absent(path: string): boolean;
  /** A value that takes time, found once per `key` and answer; undefined: not known yet, stop here. */
  later<T extends object>(key: string, begin: () => Promise<T>): T | undefined;
}

/** What is known at this moment. One for all requests of a worker. */
export class KnownNow<Plans> implements Inquiry<Plans> {
  readonly #lookup: Lookup<Plans>;
  nowMs = 0;

  constructor(lookup: Lookup<Plans>) {
    this.#lookup = lookup;
  }

  entry(path: string): Entry<Plans> | undefined {
    return this.#lookup.known(path, this.nowMs);
  }

  absent(path: string): boolean {
    return this.#lookup.absent(path);
  }

  later(): undefined {
    return undefined;
  }
}

class Found<Plans> implements Inquiry<Plans> {
  readonly #lookup: Lookup<Plans>;
  readonly #entries: Entries<Plans>;
  readonly #paths = new Map<string, Entry<Plans>>();
  readonly #values = new Map<string, object>();
  readonly #wanted: Promise<unknown>[] = [];
  readonly nowMs: number;

  constructor(lookup: Lookup<Plans>, nowMs: number) {
    this.#lookup = lookup;
    this.#entries = lookup.entries;
    this.nowMs = nowMs;
  }

  entry(path: string): Entry<Plans> | undefined {
    const found = this.#paths.get(path);
    if (found && !this.#lookup.isBroken(found)) return found;
    if (found && this.#paths.delete(path)) this.#entries.unpin(found);
    const known = this.#lookup.known(path, this.nowMs);
    if (known && this.#keep(path, known)) return known;
    this.#wanted.push(this.#lookup.find(path, this.nowMs).then((entry) => this.#keep(path, entry)));
    return undefined;
  }

  absent(path: string): boolean {
    return this.#lookup.absent(path);
  }

  later<T extends object>(key: string, begin: () => Promise<T>): T | undefined {
    const value = this.#values.get(key) as T | undefined;
    if (value === undefined) this.#wanted.push(begin().then((found) => this.#values.set(key, found)));
    return value;
  }

  /** Waits for all that was not known. */
  async settle(): Promise<void> {
    await Promise.all(this.#wanted.splice(0));
  }

  close(): void {
    for (const entry of this.#paths.values()) this.#entries.unpin(entry);
  }

  #keep(path: string, entry: Entry<Plans>): boolean {
    if (this.#paths.has(path)) return true;
    const kept = this.#entries.pin(entry);
    if (kept) this.#paths.set(path, entry);
    return kept;
  }
}

/** Works `answer` out again and again, until nothing is missing. */
export async function inquire<Plans, Plan>(lookup: Lookup<Plans>, nowMs: number, answer: (inquiry: Inquiry<Plans>) => Plan | undefined): Promise<Plan> {
  const found = new Found(lookup, nowMs);
  try {
    for (let round = 0; round < ROUNDS_MAX; ++round) {
      const plan = answer(found);
      if (plan !== undefined) return plan;
      await found.settle();
    }
  } finally {
    found.close();
  }
  throw new Error(`an answer was not complete after ${ROUNDS_MAX} looks`);
}
