// Main's part of the cache: what is stored, who is asking the origin for what, and what is purged. It hears workers, and
// speaks to them; messages.ts tells of what. It has no timer and knows no thread.
//
// A flight ends when its filler says so or dies: who fills has deadlines for the origin, and keeps them. A purge does not
// end flights. Who asked before it gets what the flight brings, who asks later does not join it, and nothing is stored of
// a response that was asked for before a purge or an invalidation that concerns it (purge-log.ts).
import { LRUCache } from 'lru-cache';
import { Evictions, toldWorker } from './evictions.ts';
import { Flights, type Flight, type Waiter } from './flights.ts';
import type { Generations } from './generations.ts';
import { HeldBodies, type StoreBodies } from './held-bodies.ts';
import type { Arriving, Purge, ToCoordinator, ToStoreUser } from './messages.ts';
import { PurgeLog } from './purge-log.ts';
import { FATES, type Mark } from './rows.ts';
import { StoredObjects, type StoredObjectsOptions } from './stored-objects.ts';

export type { StoreBodies } from './held-bodies.ts';

export interface CoordinatorOptions extends StoredObjectsOptions {
  /** Bytes of bodies, and of main's heap for what belongs to them (stored-size.ts). */
  readonly bytesMax: number;
  readonly objectsMax: number;
  /** Per key. */
  readonly variantsMax: number;
  /** Flights that are remembered as giving nothing to share. */
  readonly aloneMax: number;
  /** A clock that is not set back, in milliseconds. */
  readonly nowMs: () => number;
  /** Does something in a later turn; setImmediate, where it is not given. */
  readonly later?: (work: () => void) => void;
}

type Message<Type extends ToCoordinator['type']> = Extract<ToCoordinator, { readonly type: Type }>;

export class Coordinator {
  readonly #options: CoordinatorOptions;
  readonly #generations: Generations;
  readonly #send: (worker: number, message: ToStoreUser) => void;
  readonly #bodies: HeldBodies;
  readonly #evictions = new Evictions();
  readonly #objects: StoredObjects;
  readonly #flights = new Flights();
  readonly #purges = new PurgeLog();
  /** Until when nobody waits for a flight of that name. */
  readonly #aloneUntilMs: LRUCache<string, number>;
  #tidying = false;
  readonly #counts = {
    asks: 0, fills: 0, handedOn: 0, collapsed: 0, followed: 0, sentAlone: 0, stored: 0, refreshed: 0, released: 0,
    invalidations: 0, purges: 0, purged: 0, overtaken: 0, tooLarge: 0, bodiesMissing: 0, strays: 0, workersDied: 0,
  };

  constructor(options: CoordinatorOptions, bodies: StoreBodies, generations: Generations, send: (worker: number, message: ToStoreUser) => void) {
    this.#options = options;
    this.#generations = generations;
    this.#send = send;
    this.#bodies = new HeldBodies(bodies);
    this.#objects = new StoredObjects(options, this.#bodies, generations, this.#evictions);
    this.#aloneUntilMs = new LRUCache({ max: options.aloneMax });
  }

  /** @param worker a whole number from 0; the same one again for another worker only after workerDied(). */
  hear(worker: number, message: ToCoordinator): void {
    this.#evictions.know(worker);
    switch (message.type) {
      case 'ask': this.#ask(worker, message); break;
      case 'head': this.#head(worker, message); break;
      case 'stored': this.#stored(worker, message); break;
      case 'refreshed': this.#refreshed(worker, message); break;
      case 'released': this.#released(worker, message); break;
      case 'invalidate': this.#invalidated(worker, message); break;
      case 'purge': this.#send(worker, { type: 'purged', ticket: message.ticket, objects: this.purge(message.purge, message.soft) }); break;
      case 'used': for (const key of message.keys) this.#objects.touch(key); break;
    }
    this.#tidyLater();
  }

  /** What it waited for is forgotten; what it filled is handed to the first who waits, where nobody has got a head of it yet. */
  workerDied(worker: number): void {
    this.#counts.workersDied += 1;
    this.#evictions.forget(worker);
    for (const flight of this.#flights.all()) {
      flight.waiters = flight.waiters.filter((waiter) => waiter.worker !== worker);
      if (flight.filler === worker) this.#handOn(flight);
    }
    this.#tidyLater();
  }

  /**
   * From now on no worker answers a request that comes with what is purged.
   * @param soft what is found is kept, stale from now on.
   * @returns how many objects were found; by tag also those of which only some variants have it.
   */
  purge(purge: Purge, soft: boolean): number {
    this.#note(purge);
    const found = this.#find(purge, soft ? FATES.stale : FATES.gone);
    this.#counts.purges += 1;
    this.#counts.purged += found;
    this.#tidyLater();
    return found;
  }

  /** Sums since the start; objects, bytes, bodies, tags, flights, waiters and alone are what there is now. */
  counts(): Record<string, number> {
    const objects = this.#objects;
    return {
      ...this.#counts,
      evictions: objects.evicted,
      objects: objects.objects,
      bytes: objects.bytes,
      bodies: this.#bodies.count,
      tags: objects.tags,
      flights: this.#flights.size,
      waiters: this.#flights.waiters,
      alone: this.#aloneUntilMs.size,
    };
  }

  #ask(worker: number, { ticket, key, version, flight }: Message<'ask'>): void {
    this.#counts.asks += 1;
    const current = this.#objects.get(key)?.version ?? -1;
    if (flight === undefined || current !== version) this.#tellObject(worker, ticket, key);
    else this.#join({ worker, ticket, asked: this.#purges.now }, key, flight);
  }

  #join(waiter: Waiter, key: string, name: string): void {
    const flight = this.#flights.named(name);
    if (!flight || this.#isOvertaken(flight)) {
      if (flight) this.#flights.detach(flight);
      this.#fill(waiter, key, name, []);
      return;
    }
    // Who fills while others go alone can store what came, and so end that they do.
    if (!flight.arriving && this.#isAlone(name)) {
      this.#tellAlone(waiter, false);
      return;
    }
    this.#counts.collapsed += 1;
    if (flight.arriving) this.#tellFollow(waiter, flight, flight.arriving);
    else flight.waiters.push(waiter);
  }

  #fill({ worker, ticket }: Waiter, key: string, name: string, waiters: Waiter[]): void {
    const flight = this.#flights.begin({ name, key, filler: worker, begun: this.#purges.now, waiters, told: toldWorker(worker) });
    this.#counts.fills += 1;
    this.#send(worker, { type: 'fill', ticket, flight: flight.number, generation: this.#generationOf(key) });
  }

  #handOn(flight: Flight): void {
    const { key, name, waiters } = flight;
    const named = this.#flights.isNamed(flight);
    this.#flights.end(flight);
    const [first, ...others] = waiters;
    if (!first) return;
    if (named) {
      this.#counts.handedOn += 1;
      this.#fill(first, key, name, others);
    } else for (const waiter of waiters) this.#tellObject(waiter.worker, waiter.ticket, key);
  }

  #head(worker: number, { flight: number, arriving }: Message<'head'>): void {
    const flight = this.#flights.ofFiller(number, worker);
    if (!flight || flight.arriving) {
      this.#counts.strays += 1;
      return;
    }
    flight.arriving = arriving;
    const { waiters } = flight;
    flight.waiters = [];
    const overtaken = this.#isOvertaken(flight);
    for (const waiter of waiters) {
      // Its tags tell only now that it may be what was purged before this one asked.
      if (overtaken && waiter.asked > flight.begun) this.#tellObject(waiter.worker, waiter.ticket, flight.key);
      else this.#tellFollow(waiter, flight, arriving);
    }
  }

  #stored(worker: number, { flight: number, key, variant, replaces }: Message<'stored'>): void {
    const flight = this.#over(number, worker);
    if (!flight) return;
    if (this.#purges.covers(flight.begun, key, variant.tags)) {
      this.#counts.overtaken += 1;
      this.#answerWaiters(flight);
      return;
    }
    const outcome = this.#objects.put(key, variant, replaces, flight.told);
    if (outcome === 'stored') {
      this.#counts.stored += 1;
      this.#aloneUntilMs.delete(flight.name);
      this.#answerWaiters(flight);
      return;
    }
    this.#counts[outcome === 'too-large' ? 'tooLarge' : 'bodiesMissing'] += 1;
    for (const waiter of flight.waiters) this.#tellAlone(waiter, false);
  }

  #refreshed(worker: number, { flight: number, key, variants, dropped }: Message<'refreshed'>): void {
    const flight = this.#over(number, worker);
    if (!flight) return;
    const before = this.#objects.get(key)?.variants ?? [];
    const tagsBefore = (id: number): readonly string[] => before.find((variant) => variant.id === id)?.tags ?? [];
    const current = variants.filter(({ id, tags }) => !this.#purges.covers(flight.begun, key, [...tags, ...tagsBefore(id)]));
    this.#counts.overtaken += variants.length - current.length;
    this.#counts.refreshed += current.length;
    this.#objects.refresh(key, current, dropped, flight.told);
    this.#answerWaiters(flight);
  }

  #released(worker: number, { flight: number, aloneForMs, failed }: Message<'released'>): void {
    const flight = this.#over(number, worker);
    if (!flight) return;
    this.#counts.released += 1;
    if (aloneForMs > 0) this.#aloneUntilMs.set(flight.name, this.#options.nowMs() + aloneForMs);
    for (const waiter of flight.waiters) this.#tellAlone(waiter, failed);
  }

  /** The flight that the worker says is over. */
  #over(number: number, worker: number): Flight | undefined {
    const flight = this.#flights.ofFiller(number, worker);
    if (flight) this.#flights.end(flight);
    else this.#counts.strays += 1;
    return flight;
  }

  #isOvertaken({ begun, key, arriving }: Flight): boolean {
    return this.#purges.covers(begun, key, arriving?.variant.tags ?? []);
  }

  #isAlone(name: string): boolean {
    const untilMs = this.#aloneUntilMs.get(name);
    if (untilMs === undefined) return false;
    if (this.#options.nowMs() < untilMs) return true;
    this.#aloneUntilMs.delete(name);
    return false;
  }

  #invalidated(worker: number, { ticket, keys }: Message<'invalidate'>): void {
    let objects = 0;
    for (const key of keys) {
      const purge: Purge = { by: 'key', key };
      this.#note(purge);
      objects += this.#find(purge, FATES.invalid);
    }
    this.#counts.invalidations += objects;
    this.#send(worker, { type: 'purged', ticket, objects });
  }

  #note(purge: Purge): void {
    if (this.#flights.size > 0) this.#purges.note(purge);
    else this.#purges.clear();
  }

  #find(purge: Purge, mark: Mark): number {
    switch (purge.by) {
      case 'key': return this.#objects.purgeKey(purge.key, mark);
      case 'prefix': return this.#objects.purgePrefix(purge.prefix, mark);
      case 'tag':
        for (const { key, arriving } of this.#flights.all()) {
          if (arriving?.variant.tags.includes(purge.tag) === true) this.#generations.advance(this.#generations.slotOf(key));
        }
        return this.#objects.purgeTag(purge.tag, mark);
      case 'everything':
        this.#aloneUntilMs.clear();
        return this.#objects.purgePrefix('', mark);
    }
  }

  #answerWaiters({ key, waiters }: Flight): void {
    for (const { worker, ticket } of waiters) this.#tellObject(worker, ticket, key);
  }

  #tellObject(worker: number, ticket: number, key: string): void {
    const entry = this.#objects.get(key);
    if (entry) entry.told |= toldWorker(worker);
    const object = entry && { key, variants: entry.variants };
    this.#send(worker, { type: 'object', ticket, object, version: entry?.version ?? -1, generation: this.#generationOf(key) });
  }

  #tellFollow({ worker, ticket }: Waiter, flight: Flight, arriving: Arriving): void {
    this.#counts.followed += 1;
    flight.told |= toldWorker(worker);
    this.#send(worker, { type: 'follow', ticket, arriving, generation: this.#generationOf(flight.key) });
  }

  #tellAlone({ worker, ticket }: Waiter, failed: boolean): void {
    this.#counts.sentAlone += 1;
    this.#send(worker, { type: 'alone', ticket, failed });
  }

  #generationOf(key: string): number {
    return this.#generations.at(this.#generations.slotOf(key));
  }

  /** Once in a later turn: objects that are gone leave, and workers are told. */
  #tidyLater(): void {
    if (this.#tidying || (this.#objects.leaving === 0 && !this.#evictions.pending)) return;
    this.#tidying = true;
    (this.#options.later ?? setImmediate)(() => this.#tidy());
  }

  #tidy(): void {
    this.#tidying = false;
    this.#objects.sweep();
    this.#evictions.flush(this.#send);
    this.#tidyLater();
  }
}
