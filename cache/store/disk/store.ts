// The store on disk: bodies and heads as files, under one lock, judged by the log of purges.
//
// Why no crash makes a wrong answer, though nothing but the log of purges is synced by default:
// - A body is named when it is whole, and never written again; a head names it after that, by an id that no other body
//   ever has. After a kill what was done is there, in that order. After a loss of power any of it may be missing:
//   - a head without its body is a miss when the body is opened; a body without a head is litter;
//   - a body with fewer bytes or others, because its data was not written: its length is looked at when it is opened, and
//     each block before it is sent for the first time after a start;
//   - a head that is torn, empty or of other bytes is no head: a miss;
//   - an older head that is there again, because its replacement or removal was not written, tells of an answer that the
//     origin gave, with its own times; its body is there or not. It is used unless a purge came since.
// - Purges, and invalidations that must survive, are on disk before they are answered. Heads say after which purge they
//   were written. Whoever writes a head has applied to its object all purges that were noted before.
// - A purge is forgotten only after a whole scan, in which each head that it concerns was removed or replaced, if it had
//   not been before, and all folders of heads were synced: none of them comes back.
// - Who removes an object removes the head first, its bodies then.
// `durable` syncs bodies and heads as well: what was stored is then still there after a loss of power.
import { statfs, type FileHandle } from 'node:fs/promises';
import { resolve } from 'node:path';
import type { Purge } from '../messages.ts';
import { bodiesOf, type StoredBody, type StoredObject } from '../object.ts';
import { type ArrivingFile, type ArrivingHow, probeArriving } from './arriving-file.ts';
import { BodyFolder, type BodyFolderOptions } from './body-folder.ts';
import { BodyFile } from './body-file.ts';
import { EpochLog, type NotedPurge } from './epoch-log.ts';
import { type Fault, Faults, isFault, errnoOf } from './faults.ts';
import { removeIfThere } from './files.ts';
import type { Effect } from './purge-marks.ts';
import { lockStore, makeStore, type Marker } from './folder.ts';
import { type Epoch, headName } from './head-file.ts';
import { HeadFiles, type WrittenHead } from './head-files.ts';
import { isBodyId, StoreLayout } from './layout.ts';
import { type ScannedObject, type ScanOptions, scanStore, type ScanSummary } from './scan.ts';
import { StoreError } from './store-error.ts';

export interface DiskStoreOptions {
  /** Sync bodies and heads, too. */
  readonly durable?: boolean;
  /** For another process to let go of the store, in place of an error. */
  readonly wait?: boolean;
  /** Ends the waiting. */
  readonly signal?: AbortSignal;
  /** Of the log of purges; 8 MiB. Beyond it all that is stored is forgotten: scan before, when wantsScan says so. */
  readonly purgeBytesMax?: number;
  /** Of a key, 64 hexadecimal digits; its SHA-256. */
  readonly nameOf?: (key: string) => string;
  /** Bodies arrive under a name, also where they need none. */
  readonly named?: boolean;
}

export interface FoundObject {
  /** As purges up to now have left it. Its variants' ids are those of the process that wrote it, its records are ids of bodies. */
  readonly object: StoredObject;
  /** As of when: a purge that is noted later has not been applied; see judge(). */
  readonly epoch: Epoch;
  readonly fileBytes: number;
}

export interface Space {
  readonly bytes: number;
  /** For whoever is not root. */
  readonly freeBytes: number;
}

interface Parts {
  readonly layout: StoreLayout;
  readonly faults: Faults;
  readonly lock: FileHandle;
  readonly marker: Marker;
  readonly epochs: EpochLog;
  readonly how: ArrivingHow;
}

/** A folder that is a store, and may be opened by this process, again and again. */
export interface PreparedStore {
  readonly layout: StoreLayout;
  readonly marker: Marker;
  /** How bodies arrive; undefined: that is found out when it is opened. */
  readonly how: ArrivingHow | undefined;
}

const PURGE_BYTES_MAX = 8 << 20;

export class DiskStore {
  readonly #parts: Parts;
  readonly #durable: boolean;
  readonly #heads: HeadFiles;
  readonly #bodies: BodyFolder;
  readonly #counts = { begun: 0, headsWritten: 0, headsEvicted: 0, headsDamaged: 0, bodiesRemoved: 0, bodiesMissing: 0, bodiesDamaged: 0 };

  private constructor(parts: Parts, durable: boolean, nameOf: (key: string) => string) {
    this.#parts = parts;
    this.#durable = durable;
    this.#bodies = new BodyFolder({ layout: parts.layout, faults: parts.faults, durable }, parts.how);
    this.#heads = new HeadFiles({ layout: parts.layout, faults: parts.faults, durable, nameOf });
  }

  /** @throws StoreError: in use, no store of ours, or the system refuses. */
  static async open(folder: string, options: DiskStoreOptions = {}): Promise<DiskStore> {
    const layout = new StoreLayout(resolve(folder));
    return DiskStore.openPrepared({ layout, marker: await makeStore(layout), how: undefined }, options);
  }

  /** Of a store that another process may have: it is made, where there is none, and nothing else of it is touched. @throws StoreError */
  static async prepare(folder: string): Promise<PreparedStore> {
    const layout = new StoreLayout(resolve(folder));
    return { layout, marker: await makeStore(layout), how: await probeArriving(layout) };
  }

  /** As open(). What was written by this process before is of the same run. @throws StoreError */
  static async openPrepared({ layout, marker, how: known }: PreparedStore, options: DiskStoreOptions = {}): Promise<DiskStore> {
    const { durable = false, wait = false, signal, purgeBytesMax = PURGE_BYTES_MAX, nameOf = headName, named = false } = options;
    const faults = new Faults();
    const lock = await lockStore(layout, { wait, signal });
    try {
      const how = named ? 'named' : (known ?? (await probeArriving(layout)));
      const epochs = await EpochLog.open({ layout, faults, bytesMax: purgeBytesMax, nowMs: Date.now });
      return new DiskStore({ layout, faults, lock, marker, epochs, how }, durable, nameOf);
    } catch (error) {
      await lock.close();
      const errno = errnoOf(error);
      if (errno === undefined) throw error;
      throw new StoreError(`cannot write the log of purges in ${layout.folder}: ${errno}`);
    }
  }

  get folder(): string {
    return this.#parts.layout.folder;
  }

  /** Of the store, as long as it lives. */
  get id(): string {
    return this.#parts.marker.id;
  }

  /** How bodies arrive. */
  get arriving(): ArrivingHow {
    return this.#parts.how;
  }

  /** The log of purges is half full: a scan empties it. */
  get wantsScan(): boolean {
    return this.#parts.epochs.wantsScan;
  }

  /** For other threads of this process: where they may write bodies. */
  get bodies(): BodyFolderOptions {
    const { layout, how } = this.#parts;
    return { folder: layout.folder, run: layout.run, how, durable: this.#durable };
  }

  /** A new body; it is to be ended by finish() or abandon(). */
  begin(): Promise<ArrivingFile | Fault> {
    this.#counts.begun += 1;
    return this.#bodies.begin();
  }

  /** To be closed. 'missing' and 'damaged': what names it is a miss. Its blocks have not been looked at. */
  async openBody({ record, bytes }: Pick<StoredBody, 'record' | 'bytes'>): Promise<BodyFile | 'missing' | 'damaged' | Fault> {
    const opened = isBodyId(record) ? await BodyFile.open(this.pathOf(record), record, bytes, this.#parts.faults) : 'missing';
    if (opened === 'missing') this.#counts.bodiesMissing += 1;
    if (opened === 'damaged') this.#counts.bodiesDamaged += 1;
    return opened;
  }

  /** Of a body's file. */
  pathOf(record: string): string {
    return this.#parts.layout.body(record);
  }

  /** Head and bodies of a key. The ids of those bodies. */
  async remove(key: string): Promise<readonly string[] | Fault> {
    const removed = await this.#heads.remove(key);
    if (isFault(removed)) return removed;
    if (removed === undefined) return [];
    this.#counts.headsEvicted += 1;
    const ids = idsOf(removed);
    for (const id of ids) await this.removeBody(id);
    return ids;
  }

  /** After the heads that named it. Whether there was one. */
  async removeBody(record: string): Promise<boolean | Fault> {
    if (!isBodyId(record)) return false;
    const removed = await this.#parts.faults.caught(() => removeIfThere(this.pathOf(record)));
    if (removed === true) this.#counts.bodiesRemoved += 1;
    return removed;
  }

  /** A miss where there is none, it is damaged, or nothing of it is left after purges. */
  async lookup(key: string): Promise<FoundObject | 'damaged' | undefined | Fault> {
    const head = await this.#heads.read(key);
    if (head === 'damaged') this.#counts.headsDamaged += 1;
    if (head === 'missing') return undefined;
    if (typeof head === 'string') return head;
    const object = this.#parts.epochs.judge(head);
    return object && { object, epoch: this.#parts.epochs.now, fileBytes: head.fileBytes };
  }

  /** What is left of an object, whether it is on disk or not, that was as it is in `epoch`. Undefined: nothing, or nobody can tell any more. */
  judge(object: StoredObject, epoch: Epoch): StoredObject | undefined {
    return this.#parts.epochs.judgeSince(object, epoch);
  }

  /** Ids of the bodies that the head of a key names, whatever purges have left of it; none, where there is no head. */
  async named(key: string): Promise<readonly string[]> {
    const head = await this.#heads.read(key);
    return typeof head === 'string' ? [] : idsOf(head.object);
  }

  /** As of now. */
  get epoch(): Epoch {
    return this.#parts.epochs.now;
  }

  /** In place of what was stored of its key. Purges up to now have been applied to it, later ones concern it. A fault: nothing is stored of the key. */
  async put(object: StoredObject): Promise<WrittenHead | Fault> {
    const written = await this.#heads.write(object, this.#parts.epochs.now);
    if (!isFault(written)) this.#counts.headsWritten += 1;
    return written;
  }

  /** Removes the head; whether there was one. */
  async evict(key: string): Promise<boolean | Fault> {
    const evicted = await this.#heads.evict(key);
    if (evicted === true) this.#counts.headsEvicted += 1;
    return evicted;
  }

  /** From now on lookup() and scan() know of it; what is answered to whoever asked for it waits for `synced`. */
  purge(purge: Purge, effect: Effect): NotedPurge {
    return this.#parts.epochs.purge(purge, effect);
  }

  /** All objects that there are, in the order of their names; litter is removed on the way, and purges are carried out and forgotten. */
  scan(options: ScanOptions = {}): AsyncGenerator<ScannedObject, ScanSummary, undefined> {
    const { layout, faults, epochs } = this.#parts;
    return scanStore({ layout, faults, epochs, heads: this.#heads }, options);
  }

  /** Of the filesystem; bodies and heads tell their own bytes. */
  space(): Promise<Space | Fault> {
    return this.#parts.faults.caught(async () => {
      const { bsize, blocks, bavail } = await statfs(this.#parts.layout.folder);
      return { bytes: blocks * bsize, freeBytes: bavail * bsize };
    });
  }

  /** How often the system has refused something since it was opened. */
  get faults(): number {
    return Object.values(this.#parts.faults.counts()).reduce((sum, count) => sum + count, 0);
  }

  /** Sums since it was opened; faults by their errno. */
  counts(): Readonly<Record<string, number>> {
    return { ...this.#counts, ...this.#parts.epochs.counts(), ...this.#parts.faults.counts() };
  }

  /** After what is under way. Bodies that arrive, and scans, are to be over before; nothing may be asked for after. */
  async close(): Promise<void> {
    const { layout, faults, epochs, lock } = this.#parts;
    await this.#heads.close();
    await epochs.close();
    await faults.caught(() => removeIfThere(layout.holder));
    await lock.close();
  }
}

function idsOf({ variants }: StoredObject): readonly string[] {
  return bodiesOf(variants).map(({ record }) => record);
}
