// Who is asking the origin for what, and who waits for it. A flight has a number, which is never given twice, and is
// found by its name only until it is detached: then it goes on for those who are in it, and nobody joins it.
import type { ToldWorkers } from './evictions.ts';
import type { Arriving } from './messages.ts';

export interface Waiter {
  readonly worker: number;
  readonly ticket: number;
  /** When it asked, in the time of the purge log. */
  readonly asked: number;
}

export function ticketsByWorker(waiters: readonly Waiter[]): ReadonlyMap<number, readonly number[]> {
  const tickets = new Map<number, number[]>();
  for (const { worker, ticket } of waiters) {
    const others = tickets.get(worker);
    if (others) others.push(ticket);
    else tickets.set(worker, [ticket]);
  }
  return tickets;
}

export interface Flight {
  readonly number: number;
  readonly name: string;
  readonly key: string;
  readonly filler: number;
  /** When the origin was asked, in the time of the purge log. */
  readonly begun: number;
  arriving: Arriving | undefined;
  /** First come first. None, once the head is there. */
  waiters: Waiter[];
  /** The filler, and who follows. */
  told: ToldWorkers;
}

export class Flights {
  #number = 0;
  readonly #byNumber = new Map<number, Flight>();
  readonly #byName = new Map<string, Flight>();

  get size(): number {
    return this.#byNumber.size;
  }

  get waiters(): number {
    let count = 0;
    for (const { waiters } of this.#byNumber.values()) count += waiters.length;
    return count;
  }

  begin(flight: Omit<Flight, 'number' | 'arriving'>): Flight {
    const begun = { ...flight, number: ++this.#number, arriving: undefined };
    this.#byNumber.set(begun.number, begun);
    this.#byName.set(begun.name, begun);
    return begun;
  }

  named(name: string): Flight | undefined {
    return this.#byName.get(name);
  }

  /** Undefined: it is over, or another worker's. */
  ofFiller(number: number, filler: number): Flight | undefined {
    const flight = this.#byNumber.get(number);
    return flight?.filler === filler ? flight : undefined;
  }

  all(): Flight[] {
    return [...this.#byNumber.values()];
  }

  isNamed(flight: Flight): boolean {
    return this.#byName.get(flight.name) === flight;
  }

  detach(flight: Flight): void {
    if (this.isNamed(flight)) this.#byName.delete(flight.name);
  }

  end(flight: Flight): void {
    this.detach(flight);
    this.#byNumber.delete(flight.number);
  }
}
