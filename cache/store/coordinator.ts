// Main's part of the cache: what is stored, who is asking the origin for what, and what is purged. It hears workers, and
// speaks to them; messages.ts tells of what. It has no timer and knows no thread.
//
// With a disk behind it (disk-tier.ts), what is not in memory is looked for there before anybody is told that it is not
// stored; what a message is about comes into memory before the message is carried out. The disk may be given to another
// process, and come (back): disk-side.ts.
//
// A flight ends when its filler says so or dies: who fills has deadlines for the origin, and keeps them. A purge does not
// end flights. Who asked before it gets what the flight brings, who asks later does not join it, and nothing is stored of
// a response that was asked for before a purge or an invalidation that concerns it (purge-log.ts).
import { Alone } from './alone.ts';
import { DiskSide } from './disk-side.ts';
import type { DiskTier, MemoryTier } from './disk-tier.ts';
import { Evictions, toldWorker } from './evictions.ts';
import { Flights, ticketsByWorker, type Flight, type Waiter } from './flights.ts';
import type { Generations } from './generations.ts';
import { HeldBodies, type StoreBodies } from './held-bodies.ts';
import type { Arriving, Elsewhere, Purge, ToCoordinator, ToStoreUser } from './messages.ts';
import type { Variant } from './object.ts';
import { keysOf, PurgeLog } from './purge-log.ts';
import { FATES, type Mark } from './rows.ts';
import { Warming } from './warming.ts';
import { StoredObjects, type SeenObject, type StoredObjectsOptions, type Walk, type Walked } from './stored-objects.ts';

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
  /** The file of a body that is not stored, while another process has the disk. */
  readonly removeFile?: (record: string) => void;
}

type Message<Type extends ToCoordinator['type']> = Extract<ToCoordinator, { readonly type: Type }>;

export class Coordinator {
  readonly #options: CoordinatorOptions;
  readonly #generations: Generations;
  readonly #send: (worker: number, message: ToStoreUser) => void;
  readonly #bodies: HeldBodies;
  /** Also what the disk has lost, when nobody asks for anything. */
  readonly #evictions = new Evictions(() => this.#tidyLater());
  readonly #objects: StoredObjects;
  readonly #flights = new Flights();
  readonly #purges = new PurgeLog();
  /** Not to be asked for what memory has. */
  readonly disk: DiskSide;
  readonly #warming: Warming;
  readonly #alone: Alone;
  #tidying = false;
  readonly #counts = {
    asks: 0, fills: 0, handedOn: 0, collapsed: 0, followed: 0, sentAlone: 0, stored: 0, refreshed: 0, released: 0,
    invalidations: 0, purges: 0, purged: 0, overtaken: 0, tooLarge: 0, bodiesMissing: 0, strays: 0, workersDied: 0,
  };

  /** @param diskOf makes the disk's part, where there is one, of what is in memory. */
  constructor(
    options: CoordinatorOptions, bodies: StoreBodies, generations: Generations, send: (worker: number, message: ToStoreUser) => void, diskOf?: (memory: MemoryTier) => DiskTier,
  ) {
    this.#options = options;
    this.#generations = generations;
    this.#send = send;
    this.#bodies = new HeldBodies(bodies);
    this.#objects = new StoredObjects(options, this.#bodies, generations, this.#evictions, (bodies) => this.disk.tier?.letGo(bodies));
    this.disk = new DiskSide(this.#objects, options.removeFile ?? ((): void => undefined));
    if (diskOf) this.disk.attach(diskOf);
    this.#warming = new Warming(() => this.disk.tier, this.#objects);
    this.#alone = new Alone(options.aloneMax, options.nowMs);
  }

  /** @param worker a whole number from 0; the same one again for another worker only after workerDied(). */
  hear(worker: number, message: ToCoordinator): void {
    this.#evictions.know(worker);
    switch (message.type) {
      case 'ask': this.#whenWarm(worker, [message.key], () => this.#ask(worker, message)); break;
      case 'head': this.#head(worker, message); break;
      case 'stored': this.#whenWarm(worker, [message.key], () => this.#stored(worker, message)); break;
      case 'refreshed': this.#whenWarm(worker, [message.key], () => this.#refreshed(worker, message)); break;
      case 'released': this.#whenWarm(worker, message.superseded ? [message.superseded.key] : [], () => this.#released(worker, message)); break;
      case 'invalidate': this.purgeFor(worker, message.ticket, [], () => this.invalidate(message.keys)); break;
      case 'purge': this.purgeFor(worker, message.ticket, keysOf(message.purge), () => this.purge(message.purge, message.soft)); break;
      case 'used': for (const key of message.keys) this.#touch(key); break;
      case 'lost': if (this.#objects.drop(message.key, message.record)) this.disk.lost(message.key); break;
      case 'refused': this.disk.tier?.refused(message.error); break;
    }
    this.#tidyLater();
  }

  /** What it waited for is forgotten; what it filled is handed to the first who waits, where nobody has got a head of it yet. */
  workerDied(worker: number): void {
    this.#counts.workersDied += 1;
    this.#warming.workerDied(worker);
    this.#evictions.forget(worker);
    for (const flight of this.#flights.all()) {
      flight.waiters = flight.waiters.filter((waiter) => waiter.worker !== worker);
      if (flight.filler === worker) this.#handOn(flight);
    }
    this.#tidyLater();
  }

  /**
   * From now on no worker answers a request that comes with what is purged.
   * After a start, too, once `disk.noted` has resolved.
   * @param soft what is found is kept, stale from now on.
   * @returns how many objects were found; by tag also those of which only some variants have it.
   */
  purge(purge: Purge, soft: boolean): number {
    this.#note(purge);
    const found = this.#find(purge, soft ? FATES.stale : FATES.gone) + this.disk.purge(purge, soft ? 'stale' : 'gone');
    this.#counts.purges += 1;
    this.#counts.purged += found;
    this.#tidyLater();
    return found;
  }

  /** Of `bytesMax` only this share is used; what is over it leaves by and by. */
  squeeze(share: number): void {
    this.#objects.squeeze(share);
    this.#tidyLater();
  }

  /** See StoredObjects.see. */
  see(key: string): SeenObject | undefined {
    return this.#objects.see(key);
  }

  /** See StoredObjects.walk. */
  walk(walk: Walk): Walked {
    return this.#objects.walk(walk);
  }

  /** Sums since the start; objects, bytes, bodies, tags, flights, waiters and alone are what there is now. */
  counts(): Record<string, number> {
    const objects = this.#objects;
    return {
      ...this.#counts,
      evictions: objects.evicted, objects: objects.objects, bytes: objects.bytes, bodies: this.#bodies.count, tags: objects.tags,
      flights: this.#flights.size, waiters: this.#flights.waiters, alone: this.#alone.size,
      ...this.disk.tier?.counts(),
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
    // Who fills while others go alone can store what came, and so end that they do; of a body of unknown length only the end can tell.
    if (this.#alone.has(name) && (flight.arriving?.bytes ?? -1) < 0) return this.#tellAlone(waiter, false);
    this.#counts.collapsed += 1;
    if (flight.arriving) this.#tellFollow([waiter], flight, flight.arriving);
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
    // Its tags tell only now that it may be what was purged before some have asked.
    const late = this.#isOvertaken(flight) ? waiters.filter(({ asked }) => asked > flight.begun) : [];
    this.#tellFollow(late.length === 0 ? waiters : waiters.filter((waiter) => !late.includes(waiter)), flight, arriving);
    for (const { worker: who, ticket } of late) this.#tellObject(who, ticket, flight.key);
  }

  #stored(worker: number, { flight: number, key, variant, replaces }: Message<'stored'>): void {
    const flight = this.#over(number, worker);
    const isOvertaken = flight !== undefined && this.#purges.covers(flight.begun, key, variant.tags);
    if (!flight || isOvertaken) {
      this.disk.letGo(variant.bodies);
      if (flight) this.#answerWaiters(flight);
      if (isOvertaken) this.#counts.overtaken += 1;
      return;
    }
    const outcome = this.#put(key, variant, replaces, flight);
    this.disk.changed(key, this.#objects.get(key)?.variants);
    if (outcome === 'stored') {
      this.#counts.stored += 1;
      this.#alone.delete(flight.name);
      this.#answerWaiters(flight);
      return;
    }
    this.disk.letGo(variant.bodies);
    this.#counts[outcome === 'too-large' ? 'tooLarge' : 'bodiesMissing'] += 1;
    for (const waiter of flight.waiters) this.#tellAlone(waiter, false);
  }

  #put(key: string, variant: Variant, replaces: readonly number[], { told }: Flight): 'stored' | 'too-large' | 'no-body' {
    if (this.disk.takes(variant)) return this.#objects.put(key, variant, replaces, told);
    this.#objects.refresh(key, [], replaces, told);
    return 'no-body';
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
    if (current.length > 0 || dropped.length > 0) this.disk.changed(key, this.#objects.get(key)?.variants);
    this.#answerWaiters(flight);
  }

  #released(worker: number, { flight: number, aloneForMs, failed, superseded }: Message<'released'>): void {
    const flight = this.#over(number, worker);
    if (!flight) return;
    this.#counts.released += 1;
    if (superseded && this.#objects.supersede(superseded, flight.told)) this.disk.changed(superseded.key, this.#objects.get(superseded.key)?.variants);
    this.#alone.add(flight.name, aloneForMs);
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

  /** RFC 9111 §4.4: from now on it is validated before it is used. @returns how many objects were found. */
  invalidate(keys: readonly string[]): number {
    let objects = 0;
    for (const key of keys) {
      const purge: Purge = { by: 'key', key };
      this.#note(purge);
      objects += this.#find(purge, FATES.invalid);
      objects += this.disk.invalidate(key);
    }
    this.#counts.invalidations += objects;
    return objects;
  }

  #whenWarm(worker: number, keys: readonly string[], then: () => void): void {
    this.#warming.whenWarm(worker, keys, () => {
      then();
      this.#tidyLater();
    });
  }

  #touch(key: string): void {
    this.#objects.touch(key);
    this.disk.tier?.touch(key);
  }

  /**
   * For whoever holds that ticket; `keys` are looked for on disk before, so that they are counted.
   * @param purge how many objects that were. @param elsewhere begun when it is purged here: what becomes of it on other machines.
   */
  purgeFor(worker: number, ticket: number, keys: readonly string[], purge: () => number, elsewhere?: () => Promise<Elsewhere>): void {
    this.#whenWarm(worker, keys, () => this.#tellPurged(worker, ticket, purge(), elsewhere?.()));
  }

  /** Resolves when what is on disk of these keys is in memory. */
  async warmed(keys: readonly string[]): Promise<void> {
    for (const key of keys) await this.#warming.warmed(key);
  }

  /** Whether anything that is stored, or comes, may have that tag. */
  mayHaveTag(tag: string): boolean {
    return this.#flights.size > 0 || this.#objects.hasTag(tag) || this.disk.mayHaveTag(tag);
  }

  #tellPurged(worker: number, ticket: number, objects: number, elsewhere?: Promise<Elsewhere>): void {
    this.#warming.whenNoted(worker, elsewhere, this.disk.noted, (others) => {
      const { unpublished } = others ?? {};
      this.#send(worker, { type: 'purged', ticket, objects: Math.max(objects, others?.objects ?? 0), ...(unpublished && { unpublished }) });
    });
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
        this.#alone.clear();
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

  #tellFollow(waiters: readonly Waiter[], flight: Flight, arriving: Arriving): void {
    this.#counts.followed += waiters.length;
    const generation = this.#generationOf(flight.key);
    for (const [worker, tickets] of ticketsByWorker(waiters)) {
      flight.told |= toldWorker(worker);
      this.#send(worker, { type: 'follow', tickets, arriving, generation });
    }
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
    if (this.#tidying || (!this.#objects.isLeaving && !this.#evictions.pending)) return;
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
