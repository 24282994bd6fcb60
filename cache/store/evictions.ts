// Who is to be told that something is stored no more: the workers that were told of it, in one message a turn.
//
// Who was told is a set of 31 bits, worker n being bit n modulo 31: with more workers than that, a few are told in vain.
import type { ToStoreUser } from './messages.ts';

export type ToldWorkers = number;

export function toldWorker(worker: number): ToldWorkers {
  return 1 << (worker % 31);
}

interface Gone {
  keys: string[];
  versions: number[];
}

export class Evictions {
  readonly #workers = new Map<number, Gone>();
  readonly #onPending: () => void;
  #pending = false;

  /** @param onPending there is something to flush. */
  constructor(onPending: () => void = () => undefined) {
    this.#onPending = onPending;
  }

  /** Whether there is something to flush. */
  get pending(): boolean {
    return this.#pending;
  }

  /** A worker from which something was heard. */
  know(worker: number): void {
    if (!this.#workers.has(worker)) this.#workers.set(worker, { keys: [], versions: [] });
  }

  forget(worker: number): void {
    this.#workers.delete(worker);
  }

  add(key: string, version: number, told: ToldWorkers): void {
    if (told === 0) return;
    for (const [worker, gone] of this.#workers) {
      if ((told & toldWorker(worker)) === 0) continue;
      gone.keys.push(key);
      gone.versions.push(version);
      if (this.#pending) continue;
      this.#pending = true;
      this.#onPending();
    }
  }

  flush(send: (worker: number, message: ToStoreUser) => void): void {
    this.#pending = false;
    for (const [worker, { keys, versions }] of this.#workers) {
      if (keys.length === 0) continue;
      this.#workers.set(worker, { keys: [], versions: [] });
      send(worker, { type: 'evicted', keys, versions });
    }
  }
}
