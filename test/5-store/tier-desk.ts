// A coordinator with a store on disk behind it and nobody around it: records are bytes of ours, what the disk does can be held back
// or refused, and it is started again as often as one likes.
import type { Test } from 'tap';
import { Coordinator, type CoordinatorOptions } from '../../cache/store/coordinator.ts';
import { DiskTier, type DiskTierOptions } from '../../cache/store/disk-tier.ts';
import { isBodyId } from '../../cache/store/disk/layout.ts';
import type { DiskStore } from '../../cache/store/disk/store.ts';
import { Generations } from '../../cache/store/generations.ts';
import type { Purge, ToCoordinator, ToStoreUser } from '../../cache/store/messages.ts';
import type { StoredObject, Variant } from '../../cache/store/object.ts';
import { until } from '../serving.ts';
import { certain, filesBelow, found, FRESHNESS, openStore, scanned, type Scanned, storeFolder } from './objects.ts';

export interface TierDeskOptions {
  readonly coordinator?: Partial<CoordinatorOptions>;
  readonly disk?: Partial<DiskTierOptions>;
  /** Sizes and tags of what is there are not gathered until scan() is called. */
  readonly unscanned?: true;
}

type Answer = Exclude<ToStoreUser, { readonly type: 'evicted' }>;
/** What may be held back. */
export type Slow = 'put' | 'lookup' | 'begin' | 'remove';

interface Gate {
  /** How many wait. */
  waiting: number;
  readonly open: Promise<void>;
  readonly lift: () => void;
}

export class TierDesk {
  readonly folder: string;
  readonly records = new Map<string, { readonly bytes: Buffer; references: number }>();
  readonly faults: string[] = [];
  readonly reports: string[] = [];
  readonly evicted: string[] = [];
  /** In place of doing what it is asked for. */
  readonly refuses = new Map<Slow, string>();
  coordinator!: Coordinator;
  tier!: DiskTier;
  store!: DiskStore;
  readonly #t: Test;
  /** The store that nothing is held back of. */
  #opened!: DiskStore;
  readonly options: TierDeskOptions;
  readonly #gates = new Map<Slow, Gate>();
  readonly #asked = new Map<number, (answer: Answer) => void>();
  #ticket = 0;
  #id = 0;

  private constructor(t: Test, folder: string, options: TierDeskOptions) {
    this.#t = t;
    this.folder = folder;
    this.options = options;
  }

  static async open(t: Test, options: TierDeskOptions = {}): Promise<TierDesk> {
    const desk = new TierDesk(t, storeFolder(t), options);
    await desk.#begin(options);
    t.teardown(() => desk.close());
    return desk;
  }

  async close(): Promise<void> {
    for (const gate of this.#gates.values()) gate.lift();
    this.#gates.clear();
    await this.tier.close();
  }

  /** As a process that ends in good order and another one. */
  async restart(options: TierDeskOptions = this.options): Promise<void> {
    await this.close();
    await this.#begin(options);
  }

  async #begin({ coordinator, disk, unscanned }: TierDeskOptions): Promise<void> {
    const bodies = { hold: (record: string) => isBodyId(record) || this.#hold(record), letGo: (record: string) => this.#letGo(record) };
    const options: CoordinatorOptions = { bytesMax: 1 << 30, objectsMax: 1000, variantsMax: 32, aloneMax: 100, nowMs: () => performance.now(), timeMs: Date.now, ...coordinator };
    this.#opened = await openStore(this.#t, this.folder);
    this.store = this.#slow(this.#opened);
    this.coordinator = new Coordinator(options, bodies, new Generations(Generations.create()), (worker, message) => this.#hear(worker, message), (memory) => (this.tier = new DiskTier(this.store, {
      bytesMax: 1 << 30, waitingBytesMax: 1 << 30, admit: 'always', newId: () => ++this.#id, report: (message) => void this.reports.push(message), ...disk,
    }, { ...bodies, read: (record, offset, into) => this.#read(record, offset, into) }, memory)));
    if (!unscanned) await this.scan();
  }

  async scan(): Promise<void> {
    this.tier.scan();
    await until(() => this.count('diskScanned') === 1, 'the end of the scan');
  }

  // ---- as workers ----

  hear(worker: number, message: ToCoordinator): void {
    this.coordinator.hear(worker, message);
  }

  /** Never answered, where the worker dies. @param flight its name; undefined: only what is stored. */
  ask(key: string, { worker = 0, version = -1, flight }: { readonly worker?: number; readonly version?: number; readonly flight?: string | undefined } = {}): Promise<Answer> {
    const ticket = ++this.#ticket;
    return new Promise((resolve) => {
      this.#asked.set(ticket, resolve);
      this.hear(worker, { type: 'ask', ticket, key, version, flight });
    });
  }

  /** What is stored of it. */
  async peek(key: string, worker = 99): Promise<StoredObject | undefined> {
    return (await this.#peeked(key, worker)).object;
  }

  async #peeked(key: string, worker: number): Promise<Extract<ToStoreUser, { readonly type: 'object' }>> {
    const answer = await this.ask(key, { worker });
    if (answer.type !== 'object') throw new Error(`${answer.type} in place of what is stored`);
    return answer;
  }

  /** The number of a flight that is begun for it. */
  async fill(key: string, worker = 0): Promise<number> {
    const { version } = await this.#peeked(key, worker);
    const answer = await this.ask(key, { worker, version, flight: `${key} ${++this.#ticket}` });
    if (answer.type !== 'fill') throw new Error(`${answer.type} in place of fill`);
    return answer.flight;
  }

  /** Fills and stores; the variant. */
  async keep(key: string, about: Partial<Variant> = {}, replaces: readonly number[] = []): Promise<Variant> {
    const flight = await this.fill(key);
    const variant = this.variant(about);
    this.hear(0, { type: 'stored', flight, key, variant, replaces });
    return variant;
  }

  /** Where its body arrives in a file of the store. */
  async keepFile(key: string, about: Partial<Variant> = {}): Promise<Variant> {
    const flight = await this.fill(key);
    const variant = await this.filed(about);
    this.hear(0, { type: 'stored', flight, key, variant, replaces: [] });
    return variant;
  }

  async filed(about: Partial<Variant> = {}): Promise<Variant> {
    const file = certain(await this.#opened.begin());
    const bytes = contentOf(++this.#id);
    await file.append(bytes);
    const { id } = certain(await file.finish());
    return this.#about({ bytes: bytes.length, bodies: [{ record: id, offset: 0, bytes: bytes.length }], ...about });
  }

  /** One of some bytes in a record of its own. */
  variant(about: Partial<Variant> = {}): Variant {
    const id = ++this.#id;
    const bytes = contentOf(id);
    const record = `r${id}`;
    this.records.set(record, { bytes, references: 0 });
    return this.#about({ id, bytes: bytes.length, bodies: [{ record, offset: 0, bytes: bytes.length }], ...about });
  }

  #about(about: Partial<Variant>): Variant {
    const nowMs = Date.now();
    return {
      id: ++this.#id, status: 200, fields: [['content-type', 'text/plain']], requestMs: nowMs, responseMs: nowMs, freshness: { ...FRESHNESS, initialAgeMs: 0, lifetimeMs: 1e9 },
      varyNames: [], varyValues: [], bytes: 0, bodies: [], tags: [], invalid: false, ...about,
    };
  }

  purge(purge: Purge, soft = false): number {
    return this.coordinator.purge(purge, soft);
  }

  /** As a worker does it: how many objects were found. */
  async purgeFor(purge: Purge, soft = false, worker = 0): Promise<number> {
    const ticket = ++this.#ticket;
    const answer = await new Promise<Answer>((resolve) => {
      this.#asked.set(ticket, resolve);
      this.hear(worker, { type: 'purge', ticket, purge, soft });
    });
    return answer.type === 'purged' ? answer.objects : -1;
  }

  async invalidate(key: string): Promise<number> {
    const ticket = ++this.#ticket;
    const answer = await new Promise<Answer>((resolve) => {
      this.#asked.set(ticket, resolve);
      this.hear(0, { type: 'invalidate', ticket, keys: [key] });
    });
    return answer.type === 'purged' ? answer.objects : -1;
  }

  count(name: string): number {
    return this.coordinator.counts()[name] ?? 0;
  }

  // ---- the disk ----

  /** Whoever asks for it from now on waits, until what is returned is called. */
  hold(what: Slow): () => void {
    let lift!: () => void;
    const open = new Promise<void>((resolve) => (lift = resolve));
    this.#gates.set(what, { waiting: 0, open, lift });
    return () => {
      this.#gates.delete(what);
      lift();
    };
  }

  /** Until somebody waits for it. */
  async held(what: Slow): Promise<void> {
    await until(() => (this.#gates.get(what)?.waiting ?? 0) > 0, `${what} to be asked for`);
  }

  /** What waits is written, and what is to go is gone. */
  async settled(): Promise<void> {
    await until(() => this.count('diskWaiting') === 0 && !this.tier.busy, 'the end of all writes');
  }

  /** What a start would find of it. */
  onDisk(key: string): Promise<StoredObject | undefined> {
    return found(this.#opened, key);
  }

  /** A whole scan, while other things go on: purges up to now are forgotten. */
  async lookThrough(): Promise<Scanned> {
    return scanned(this.#opened);
  }

  /** Of bodies that are on disk, but for their heads; none is missing, and none is there that nothing names. */
  async litter(): Promise<readonly string[]> {
    await this.settled();
    const { objects } = await this.lookThrough();
    const named = new Set(objects.flatMap(({ object }) => object.variants.flatMap(({ bodies }) => bodies.map(({ record }) => record))));
    const there = (await filesBelow(this.folder)).filter((name) => name.startsWith('bodies/')).map((name) => name.slice('bodies/xx/'.length));
    return [...there.filter((id) => !named.has(id)).map((id) => `${id} is there`), ...[...named].filter((id) => !there.includes(id)).map((id) => `${id} is missing`)];
  }

  /** Whether all bytes of it are what was stored. */
  async isSound(key: string): Promise<boolean> {
    const object = await this.onDisk(key);
    for (const { bodies } of object?.variants ?? []) {
      for (const body of bodies) {
        const file = certain(await this.store.openBody(body));
        const isSound = await file.verify(0);
        await file.close();
        if (!isSound) return false;
      }
    }
    return object !== undefined;
  }

  /** Memory forgets all that it has, for a part of something large; the disk does not. */
  async crowd(): Promise<void> {
    const bytes = this.options.coordinator?.bytesMax;
    if (bytes === undefined) throw new Error('its memory has no bound');
    const body = { ...this.variant().bodies[0]!, recordBytes: bytes - 2000 };
    await this.keep(`http://crowd/${++this.#id}`, { bytes: bytes * 2, bodies: [body] });
  }

  #slow(store: DiskStore): DiskStore {
    const slow = new Set<string>(['put', 'lookup', 'begin', 'remove'] satisfies Slow[]);
    return new Proxy(store, {
      get: (target, name) => {
        const member: unknown = Reflect.get(target, name, target);
        if (typeof member !== 'function') return member;
        const bound = member.bind(target) as (...given: unknown[]) => unknown;
        return slow.has(String(name)) ? (...given: unknown[]) => this.#pass(name as Slow, () => bound(...given)) : bound;
      },
    });
  }

  /** What is done is done at once, and told when the gate is lifted. */
  async #pass(what: Slow, work: () => unknown): Promise<unknown> {
    const refusal = this.refuses.get(what);
    if (refusal !== undefined) return refusal;
    const done = work();
    const gate = this.#gates.get(what);
    if (!gate) return done;
    gate.waiting += 1;
    const outcome = await done;
    await gate.open;
    return outcome;
  }

  #hear(worker: number, message: ToStoreUser): void {
    if (message.type === 'evicted') return void this.evicted.push(...message.keys);
    for (const ticket of message.type === 'follow' ? message.tickets : [message.ticket]) {
      const resolve = this.#asked.get(ticket);
      if (!resolve) this.faults.push(`ticket ${ticket} of worker ${worker} is answered, and nobody holds it`);
      this.#asked.delete(ticket);
      resolve?.(message);
    }
  }

  #hold(record: string): boolean {
    const held = this.records.get(record);
    if (held) held.references += 1;
    return held !== undefined;
  }

  #letGo(record: string): void {
    if (isBodyId(record)) return;
    const held = this.records.get(record);
    if (!held || held.references === 0) this.faults.push(`${record} is let go, and was not held`);
    else held.references -= 1;
  }

  #read(record: string, offset: number, into: Uint8Array): number {
    const held = this.records.get(record);
    if (!held || held.references === 0) this.faults.push(`${record} is read, and is not held`);
    return held?.bytes.copy(into, 0, offset, offset + into.length) ?? -5;
  }
}

function contentOf(id: number): Buffer {
  return Buffer.alloc(100 + (id % 7) * 1000, `content ${id};`);
}
