// A walk over all that is stored: what there is, for whoever keeps count of it, and what may go. Names are looked up
// while it goes on; it stops between two objects where its reader does.
//
// Litter is what only an earlier run can have left: names in arriving/, heads that are not whole, heads that purges leave
// nothing of, and bodies that no head names. The last are told only when every head has been read.
import { opendir } from 'node:fs/promises';
import { join } from 'node:path';
import { fileBytesOf } from './checksums.ts';
import type { EpochLog } from './epoch-log.ts';
import { errnoOf, type Faults, isFault } from './faults.ts';
import { removeIfThere } from './files.ts';
import type { FoundHead, HeadFiles } from './head-files.ts';
import { BodyIds } from './body-ids.ts';
import { isHeadName, shards, type StoreLayout } from './layout.ts';
import { bodiesOf, type StoredObject, type Variant } from '../object.ts';

export interface ScanOptions {
  /** Ends the scan at the next object: nothing more is removed. */
  readonly signal?: AbortSignal;
  /** Heads that are read at once; 16. */
  readonly concurrency?: number;
  readonly onProgress?: (progress: ScanProgress) => void;
}

export interface ScanProgress {
  /** From 0 to 1. */
  readonly done: number;
  readonly objects: number;
}

export interface ScannedObject {
  /** Of the file: the hash of the key. */
  readonly name: string;
  /** As purges have left it. */
  readonly object: StoredObject;
  /** Its head and its bodies, as files. */
  readonly bytes: number;
  /** Of all variants. */
  readonly tags: readonly string[];
  /** When the newest head of a variant came; milliseconds since 1970. */
  readonly newestMs: number;
  /** Of the purge after which it was written. */
  readonly sequence: number;
}

export interface ScanSummary {
  /** Everything was looked at, and what purges said is carried out. */
  readonly complete: boolean;
  readonly objects: number;
  readonly bytes: number;
  /** Objects that purges had something to say of. */
  readonly purged: number;
  /** Heads that were no whole heads, or of a log that is no more. */
  readonly headsRemoved: number;
  /** Those of them that were not whole. */
  readonly headsDamaged: number;
  readonly bodiesRemoved: number;
  readonly arrivingRemoved: number;
}

export interface ScannedStore {
  readonly layout: StoreLayout;
  readonly faults: Faults;
  readonly epochs: EpochLog;
  readonly heads: HeadFiles;
}

const CONCURRENCY = 16;
/** The part of the walk that is over when all heads are read. */
const HEADS_SHARE = 0.9;

export function scanStore(store: ScannedStore, options: ScanOptions): AsyncGenerator<ScannedObject, ScanSummary, undefined> {
  return new Scan(store, options).run();
}

class Scan {
  readonly #store: ScannedStore;
  readonly #options: ScanOptions;
  readonly #named = new BodyIds();
  /** In the end there are purges to be forgotten. */
  #forgets = false;
  /** Each head and each folder could be read, and what was to be changed was. */
  #whole = true;
  readonly #sums = { objects: 0, bytes: 0, purged: 0, headsRemoved: 0, headsDamaged: 0, bodiesRemoved: 0, arrivingRemoved: 0 };

  constructor(store: ScannedStore, options: ScanOptions) {
    this.#store = store;
    this.#options = options;
  }

  async *run(): AsyncGenerator<ScannedObject, ScanSummary, undefined> {
    // A name that is replaced while names are read may not be among them.
    const unwatch = this.#store.heads.watch(({ variants }) => this.#name(variants));
    try {
      return yield* this.#walk();
    } finally {
      unwatch();
    }
  }

  async *#walk(): AsyncGenerator<ScannedObject, ScanSummary, undefined> {
    const { epochs, heads } = this.#store;
    const before = epochs.now;
    this.#forgets = epochs.remembers;
    // Heads that are written from now on are from after the purges that are forgotten in the end.
    await heads.settled();
    for (const [index, shard] of shards.entries()) {
      yield* this.#scanShard(shard);
      if (this.#isCancelled()) return this.#summary(false);
      this.#tell((HEADS_SHARE * (index + 1)) / shards.length);
    }
    await this.#clearArriving();
    if (this.#whole) await this.#clearBodies();
    if (!this.#whole || this.#isCancelled()) return this.#summary(false);
    return this.#summary(!this.#forgets || (await epochs.forget(before)) === undefined);
  }

  async *#scanShard(shard: string): AsyncGenerator<ScannedObject, void, undefined> {
    const { layout, heads } = this.#store;
    const { concurrency = CONCURRENCY } = this.#options;
    const names = await this.#namesIn(join(layout.heads, shard));
    for (let start = 0; start < names.length && !this.#isCancelled(); start += concurrency) {
      const some = names.slice(start, start + concurrency).filter((name) => isHeadName(name) && name.startsWith(shard));
      for (const object of await Promise.all(some.map((name) => this.#look(name)))) if (object) yield object;
    }
    // Also what was removed or replaced before: unsynced, a head of before a purge could come back, and find it forgotten.
    if (this.#forgets && (await heads.sync(shard)) !== undefined) this.#whole = false;
  }

  /** undefined: it is gone now, or could not be read. */
  async #look(name: string): Promise<ScannedObject | undefined> {
    const { heads, epochs } = this.#store;
    const head = await heads.readNamed(name);
    if (head === 'missing') return undefined;
    if (isFault(head)) {
      this.#whole = false;
      return undefined;
    }
    if (head !== 'damaged' && epochs.judge(head) === head.object) return this.#count(name, head, head.object);
    // What is there may be another one by now: it is judged once more in its turn, and then changed.
    const left = await this.#carryOut(name);
    return left && this.#count(name, left, left.object);
  }

  async #carryOut(name: string): Promise<FoundHead | undefined> {
    const { heads, epochs } = this.#store;
    const before: (FoundHead | 'damaged')[] = [];
    let left: FoundHead | undefined;
    let removed: 'purged' | 'headsRemoved' | undefined;
    const changed = await heads.change(name, (head) => {
      removed = 'headsRemoved';
      before.push(head);
      if (head === 'damaged') return undefined;
      if (head.epoch.log === epochs.now.log) removed = 'purged';
      const object = epochs.judge(head);
      if (object === head.object) return (left = head);
      return object && (left = { ...head, object, epoch: epochs.now });
    });
    if (isFault(changed)) this.#whole = false;
    else if (changed && removed !== undefined) this.#sums[removed] += 1;
    for (const head of changed === true ? before : []) {
      if (head === 'damaged') this.#sums.headsDamaged += 1;
      else await this.#removeBodies(head.object, left?.object);
    }
    return isFault(changed) ? undefined : left;
  }

  /** Those that a head has named, and names no more: also of this run, which are no litter. */
  async #removeBodies(before: StoredObject, left: StoredObject | undefined): Promise<void> {
    const kept = new Set(idsOf(left?.variants ?? []));
    for (const id of idsOf(before.variants)) if (!kept.has(id)) this.#sums.bodiesRemoved += await this.#remove(this.#store.layout.body(id));
  }

  #count(name: string, head: FoundHead, object: StoredObject): ScannedObject {
    this.#name(object.variants);
    const bodies = new Map(object.variants.flatMap((variant) => variant.bodies.map((body) => [body.record, body.bytes])));
    const bytes = [...bodies.values()].reduce((sum, body) => sum + fileBytesOf(body), head.fileBytes);
    this.#sums.objects += 1;
    this.#sums.bytes += bytes;
    const newestMs = object.variants.reduce((newest, { responseMs }) => Math.max(newest, responseMs), 0);
    return { name, object, bytes, tags: [...new Set(object.variants.flatMap(({ tags }) => tags))], newestMs, sequence: head.epoch.sequence };
  }

  #name(variants: readonly Variant[]): void {
    for (const id of idsOf(variants)) this.#named.add(id);
  }

  async #clearBodies(): Promise<void> {
    const { layout } = this.#store;
    for (const [index, shard] of shards.entries()) {
      const folder = join(layout.bodies, shard);
      for (const name of await this.#namesIn(folder)) {
        if (this.#isCancelled()) return;
        if (layout.isEarlierBody(name) && name.startsWith(shard) && !this.#named.has(name)) this.#sums.bodiesRemoved += await this.#remove(join(folder, name));
      }
      this.#tell(HEADS_SHARE + ((1 - HEADS_SHARE) * (index + 1)) / shards.length);
    }
  }

  async #clearArriving(): Promise<void> {
    const { layout } = this.#store;
    for (const name of await this.#namesIn(layout.arriving)) {
      if (layout.isLeftArriving(name)) this.#sums.arrivingRemoved += await this.#remove(join(layout.arriving, name));
    }
  }

  async #namesIn(folder: string): Promise<readonly string[]> {
    const names: string[] = [];
    const outcome = await this.#store.faults.caught(async () => {
      try {
        for await (const entry of await opendir(folder, { bufferSize: 1024 })) names.push(entry.name);
      } catch (error) {
        if (errnoOf(error) !== 'ENOENT') throw error;
      }
    });
    if (isFault(outcome)) this.#whole = false;
    return names;
  }

  /** 1, or 0 where that is refused. */
  async #remove(path: string): Promise<number> {
    return (await this.#store.faults.caught(() => removeIfThere(path))) === true ? 1 : 0;
  }

  #isCancelled(): boolean {
    return this.#options.signal?.aborted === true;
  }

  #tell(done: number): void {
    this.#options.onProgress?.({ done, objects: this.#sums.objects });
  }

  #summary(complete: boolean): ScanSummary {
    return { complete, ...this.#sums };
  }
}

function idsOf(variants: readonly Variant[]): readonly string[] {
  return bodiesOf(variants).map(({ record }) => record);
}
