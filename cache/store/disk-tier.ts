// Objects on disk, behind those in memory: what is stored is written there, what memory has no room for is found there
// again, also after a start. Never on the path of a hit.
//
//   stored ── keep() ──> bodies, then head          one key at a time; what is newest is written
//   asked  ── find() ──> head, as purges have left it
//   purged ── purge() ─> log on disk; what is gone leaves by and by
//   start  ── scan() ──> sizes and tags, while keys are found by their names
//
// Invariants: a body is on disk before the head that names it, and leaves it when no head will. A head is written of
// variants as they are in that moment, so all purges have been applied to them. Whatever the disk refuses is counted, and
// no fault of whoever asks.
import { fileBytesOf } from './disk/checksums.ts';
import { isFault } from './disk/faults.ts';
import { isBodyId } from './disk/layout.ts';
import type { Effect } from './disk/purge-marks.ts';
import type { DiskStore } from './disk/store.ts';
import { DiskIndex } from './disk-index.ts';
import { bodiesOnDisk, DiskQueue, type Waiting } from './disk-queue.ts';
import { type KeptBytes, writeBody } from './disk-writing.ts';
import type { Purge } from './messages.ts';
import type { StoredBody, StoredObject, Variant } from './object.ts';
import { asOnDisk, filesOf, isFiled, isWhole } from './placement.ts';
import { FATES } from './rows.ts';
import { Turns } from './turns.ts';

/** What is in memory, as the coordinator has it. */
export interface MemoryTier {
  /** As purges have left it; undefined: nothing. */
  variantsOf(key: string): readonly Variant[] | undefined;
  /** The bytes of that record are on disk, too. */
  placed(key: string, record: string, file: string): void;
  /** Those files are there no more: what has no bytes but theirs is stored no more. */
  displaced(key: string, files: readonly string[]): void;
  /** Whether the object is on disk. */
  setElsewhere(key: string, elsewhere: boolean): void;
}

export interface DiskTierOptions {
  /** Of all files together. */
  readonly bytesMax: number;
  /** Of memory, that what waits to be written may hold. */
  readonly waitingBytesMax: number;
  /** What is written: all that is stored, or what is used again. */
  readonly admit: 'always' | 'second';
  /** No other thread gives the same. */
  readonly newId: () => number;
  readonly report: (message: string, facts: Readonly<Record<string, string | number>>) => void;
}

const MARKS = { gone: FATES.gone, stale: FATES.stale, invalid: FATES.invalid } as const;
/** Objects that are written, and that are removed, at the same time. */
const WRITES_AT_ONCE = 8;
const REMOVALS_AT_ONCE = 32;
/** Keys that were looked for and not found, before the scan is over: no need to look again. */
const ABSENT_MAX = 65_536;

export class DiskTier {
  readonly #store: DiskStore;
  readonly #options: DiskTierOptions;
  readonly #kept: KeptBytes;
  readonly #memory: MemoryTier;
  readonly #index: DiskIndex;
  readonly #waiting: DiskQueue;
  readonly #turns = new Turns();
  readonly #absent = new Set<string>();
  readonly #ending = new AbortController();
  #writing = 0;
  #removing = 0;
  #synced: Promise<unknown> = Promise.resolve();
  #scan: Promise<void> | undefined;
  #scanned = false;
  readonly #counts = { diskFinds: 0, diskMisses: 0, diskWrites: 0, diskRefused: 0, diskEvictions: 0, diskLost: 0, diskNotWritten: 0 };

  constructor(store: DiskStore, options: DiskTierOptions, kept: KeptBytes, memory: MemoryTier) {
    this.#store = store;
    this.#options = options;
    this.#kept = kept;
    this.#memory = memory;
    this.#waiting = new DiskQueue(kept, options.waitingBytesMax);
    this.#index = new DiskIndex(options.bytesMax, (key) => {
      this.#counts.diskEvictions += 1;
      this.#remove(key);
    });
  }

  /** Whether it is worth while to look for it. */
  mayHave(key: string): boolean {
    return this.has(key) || this.#waiting.has(key) || this.#turns.has(key) || (!this.#scanned && !this.#index.isGone(key) && !this.#absent.has(key));
  }

  #mayHaveHead(key: string): boolean {
    return this.has(key) || this.#index.isGone(key) || (!this.#scanned && !this.#absent.has(key));
  }

  /** The same of what has that tag. */
  mayHaveTag(tag: string): boolean {
    return !this.#scanned || this.#waiting.size > 0 || this.#turns.size > 0 || this.#index.hasTag(tag);
  }

  /** It is known to be there. */
  has(key: string): boolean {
    return this.#index.has(key);
  }

  /**
   * What is stored of a key and not in memory any more: its bodies are there, or are not, when they are opened.
   * @param found is told of it as purges have left it in that moment: a promise would tell it some steps later, and a purge may come between.
   */
  find(key: string, found: (variants: readonly Variant[]) => void): Promise<void> {
    return this.#inTurn(key, async () => {
      // Memory had no room for it before it was written.
      const there = this.#waiting.get(key) ?? (await this.#lookUp(key));
      const object = there && this.#leftOf(key, there);
      if (object) found(object.variants.map((variant) => ({ ...variant, id: this.#options.newId() })));
    });
  }

  /** It was used. */
  touch(key: string): void {
    this.#index.touch(key);
    if (this.#options.admit === 'second' && !this.has(key)) this.#keep(key, this.#memory.variantsOf(key) ?? []);
  }

  /** What is now stored of a key, in place of what was. */
  keep(key: string, variants: readonly Variant[]): void {
    this.#index.touch(key);
    // What is there of it, or is being written, is not what is stored; bodies that are on disk already would be litter without a head.
    if (this.#options.admit === 'always' || this.mayHave(key) || variants.some(isFiled)) this.#keep(key, variants);
  }

  #keep(key: string, variants: readonly Variant[]): void {
    const whole = variants.filter(isWhole);
    if (whole.length > 0 && this.#waiting.put(key, whole, this.#store.epoch, whole.some(isFiled))) return this.#writeSome();
    if (whole.length > 0) this.#counts.diskNotWritten += 1;
    this.remove(key); // what was there before is not what is stored
  }

  /** Bodies that nothing names any more. */
  letGo(bodies: readonly StoredBody[]): void {
    for (const { record, file } of bodies) {
      const id = isBodyId(record) ? record : file;
      if (id !== undefined) void this.#store.removeBody(id);
    }
  }

  /** A body was not there, or not what was stored, and is in memory no more. */
  lost(key: string): void {
    this.#counts.diskLost += 1;
    const left = this.#memory.variantsOf(key);
    if (left) this.#keep(key, left);
    else this.#remove(key);
  }

  /** The disk has not taken something. */
  refused(fault: string): void {
    this.#counts.diskRefused += 1;
    this.#options.report('the store could not take an object', { error: fault });
  }

  /** Nothing is stored of it any more, but for what cannot be written. */
  remove(key: string): void {
    if (this.mayHave(key) || this.#index.isGone(key)) this.#remove(key);
  }

  /** @returns how many objects there were, of those that are not in memory as well. */
  purge(purge: Purge, effect: Effect): number {
    const { synced } = this.#store.purge(purge, effect);
    this.#synced = synced.then((fault) => fault !== undefined && this.#options.report('a purge could not be written: what it named may be back after a start', { error: fault }));
    const found = this.#index.purge(purge, MARKS[effect]);
    void this.#synced.then(() => setImmediate(() => this.#sweep())); // whoever purges waits for one write, not for a journal full of removals
    if (this.#store.wantsScan) this.scan();
    return found;
  }

  /** Purges up to now are on disk. */
  get synced(): Promise<unknown> {
    return this.#synced;
  }

  /** Sizes and tags of what is there, in the background. */
  scan(): void {
    this.#scan ??= this.#scanAll().catch((error: unknown) => this.#options.report('the store could not be looked through', { error: String(error) })).finally(() => (this.#scan = undefined));
  }

  counts(): Record<string, number> {
    return {
      ...this.#counts, diskObjects: this.#index.objects, diskBytes: this.#index.bytes, diskScanned: this.#scanned ? 1 : 0,
      diskWaiting: this.#waiting.size + this.#writing, diskFaults: this.#store.faults,
    };
  }

  /** Something is being written, removed or looked for. */
  get busy(): boolean {
    return this.#turns.size > 0 || this.#index.gone > 0;
  }

  /** What waits to be written is; then the lock is another's. @param hurry aborted: what waits still is not stored. */
  async close(hurry?: AbortSignal): Promise<void> {
    this.#ending.abort();
    await this.#scan;
    while (this.#waiting.size > 0 || this.#turns.size > 0) {
      if (hurry?.aborted === true) for (const key of [...this.#waiting.keys()]) this.#remove(key);
      this.#writeSome();
      await this.#turns.settled();
    }
    await this.#store.close();
  }

  // ---- writing ----

  #writeSome(): void {
    for (const key of this.#waiting.keys()) {
      if (this.#writing >= WRITES_AT_ONCE) return;
      if (this.#turns.has(key)) continue;
      this.#writing += 1;
      void this.#inTurn(key, () => this.#write(key).finally(() => (this.#writing -= 1)));
    }
  }

  async #write(key: string): Promise<void> {
    const waiting = this.#waiting.take(key);
    if (!waiting) return;
    try {
      const before = this.#mayHaveHead(key) ? await this.#store.named(key) : [];
      const files = await this.#writeBodies(waiting.variants);
      // They may have been purged, or replaced, while their bodies were written.
      const isNewest = !this.#waiting.has(key);
      const now = this.#memory.variantsOf(key) ?? (isNewest ? (this.#leftOf(key, waiting)?.variants ?? []) : []);
      const named = now.filter(isWhole).map((variant) => asOnDisk(variant, files)).filter((variant) => variant !== undefined);
      const used = new Set(filesOf(named).map(({ record }) => record));
      for (const [record, id] of files) {
        if (used.has(id)) this.#memory.placed(key, record, id);
        else void this.#store.removeBody(id); // not waited for: what is in memory now is what is written, with no purge between
      }
      if (isNewest) this.letGo(bodiesOnDisk(waiting).filter(({ record }) => !used.has(record)));
      else this.#waiting.replaced(key, waiting);
      if (named.length > 0) await this.#writeHead({ key, variants: named }, before.filter((id) => !used.has(id)));
      else if (isNewest) await this.#clear(key); // what was there before is not what is stored
    } finally {
      this.#waiting.letGo(waiting);
    }
  }

  /** Ids of files, by their records. */
  async #writeBodies(variants: readonly Variant[]): Promise<ReadonlyMap<string, string>> {
    const files = new Map<string, string>();
    for (const { bodies: [body] } of variants) {
      if (body === undefined || body.file !== undefined || isBodyId(body.record) || files.has(body.record)) continue;
      const id = await writeBody(this.#store, this.#kept, body);
      if (isFault(id)) this.refused(id);
      else files.set(body.record, id);
    }
    return files;
  }

  /** @param before bodies that the head before has named, and this one does not. */
  async #writeHead(object: StoredObject, before: readonly string[]): Promise<void> {
    const { key } = object;
    const { epoch } = this.#store;
    const written = await this.#store.put(object);
    for (const id of before) await this.#store.removeBody(id);
    if (isFault(written)) {
      this.refused(written);
      this.#unlist(key);
      const files = filesOf(object.variants);
      this.#displace(key, files.map(({ record }) => record));
      this.letGo(files);
    } else if (!this.#store.judge(object, epoch)) await this.#clear(key); // purged meanwhile
    else if (this.#enter(object, written.fileBytes)) this.#counts.diskWrites += 1;
  }

  /** Of what was so in that epoch. */
  #leftOf(key: string, { variants, epoch }: Pick<Waiting, 'variants' | 'epoch'>): StoredObject | undefined {
    return this.#store.judge({ key, variants }, epoch);
  }

  #enter({ key, variants }: StoredObject, headBytes: number): boolean {
    const bodies = new Map(filesOf(variants).map(({ record, bytes }) => [record, bytes]));
    const bytes = [...bodies.values()].reduce((sum, one) => sum + fileBytesOf(one), headBytes);
    const entered = this.#index.set(key, { bytes, tags: variants.map(({ tags }) => tags) });
    if (!entered) this.#remove(key);
    else if (!this.#ending.signal.aborted) this.#memory.setElsewhere(key, true);
    return entered;
  }

  // ---- looking, removing ----

  async #lookUp(key: string): Promise<Pick<Waiting, 'variants' | 'epoch'> | undefined> {
    const found = await this.#store.lookup(key);
    if (typeof found === 'object') {
      // Purges may have come while it was read.
      const { epoch } = this.#store;
      const object = this.#store.judge(found.object, found.epoch);
      if (object && (this.has(key) || this.#enter(object, found.fileBytes))) {
        this.#counts.diskFinds += 1;
        return { variants: object.variants, epoch };
      }
    }
    this.#counts.diskMisses += 1;
    if (found === 'damaged') this.#counts.diskLost += 1;
    if (this.has(key) && !isFault(found)) await this.#clear(key);
    if (!this.#scanned && !isFault(found)) this.#noteAbsent(key);
    return undefined;
  }

  #noteAbsent(key: string): void {
    if (this.#absent.size >= ABSENT_MAX) this.#absent.clear();
    this.#absent.add(key);
  }

  #remove(key: string): void {
    this.#unlist(key);
    const waiting = this.#waiting.take(key);
    if (waiting) this.#waiting.letGo(waiting);
    const bodies = waiting ? bodiesOnDisk(waiting).map(({ record }) => record) : [];
    void this.#inTurn(key, () => this.#clear(key, bodies));
  }

  #unlist(key: string): void {
    this.#index.delete(key);
    this.#memory.setElsewhere(key, false);
  }

  /** In its turn: what is on disk of it leaves. @param unnamed bodies that no head names yet. */
  async #clear(key: string, unnamed: readonly string[] = []): Promise<void> {
    this.#unlist(key);
    const files = await this.#store.remove(key);
    for (const id of unnamed) await this.#store.removeBody(id);
    this.#displace(key, isFault(files) ? unnamed : [...files, ...unnamed]);
  }

  #displace(key: string, files: readonly string[]): void {
    this.#memory.displaced(key, files);
    this.#waiting.displaced(key, files);
  }

  #sweep(): void {
    while (this.#removing < REMOVALS_AT_ONCE && this.#index.gone > 0 && !this.#ending.signal.aborted) {
      const keys = this.#index.sweep(REMOVALS_AT_ONCE - this.#removing);
      if (keys.length === 0) return void setImmediate(() => this.#sweep());
      for (const key of keys) {
        this.#removing += 1;
        void this.#inTurn(key, async () => {
          // What has come since is not what was purged.
          if (!this.has(key)) await this.#clear(key);
        }).finally(() => {
          this.#removing -= 1;
          setImmediate(() => this.#sweep());
        });
      }
    }
  }

  /** Nothing on a disk can make it fail. */
  async #inTurn(key: string, work: () => Promise<unknown>): Promise<void> {
    await this.#turns.take(key, () => work().catch((error: unknown) => this.#options.report('the store failed', { error: String(error) })));
    this.#writeSome();
  }

  async #scanAll(): Promise<void> {
    const scan = this.#store.scan({ signal: this.#ending.signal });
    for (;;) {
      const { done, value } = await scan.next();
      if (done === true) {
        this.#counts.diskLost += value.headsDamaged;
        this.#scanned ||= value.complete;
        if (this.#scanned) this.#absent.clear();
        return;
      }
      const { object, bytes } = value;
      if (this.has(object.key) || this.#index.isGone(object.key) || this.#turns.has(object.key)) continue;
      if (!this.#index.set(object.key, { bytes, tags: object.variants.map(({ tags }) => tags) })) this.#remove(object.key);
      else this.#memory.setElsewhere(object.key, true); // where this process has had the store before
    }
  }
}
