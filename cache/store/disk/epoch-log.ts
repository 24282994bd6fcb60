// The log of purges: a purge is on disk before it is answered, and a head that was written before one that concerns it is
// not used, after whatever crash. Purges that come while the disk is busy share the next write.
//
// Where the log cannot be trusted (missing, damaged, older than a head that names it) or grows beyond its bound, it is
// begun anew under another name: all heads of before name the old one, and are misses. Where a purge cannot be written, for
// want of room, the log itself is removed, which comes to the same after a start, and needs no room.
import { randomBytes } from 'node:crypto';
import { open, type FileHandle } from 'node:fs/promises';
import { constants } from 'node:fs';
import type { Purge } from '../messages.ts';
import type { StoredObject } from '../object.ts';
import { decodeEpochs, encodeEpochs, encodeRecord, type EpochFile, withRoom } from './epoch-file.ts';
import { type Fault, type Faults, isFault } from './faults.ts';
import { readWhole, removeIfThere, replaceFile, syncFolder, writeAll } from './files.ts';
import type { Epoch, Head } from './head-file.ts';
import type { StoreLayout } from './layout.ts';
import { type Effect, PREFIXES_MAX, PurgeMarks, type PurgeRecord } from './purge-marks.ts';

export interface EpochLogOptions {
  readonly layout: StoreLayout;
  readonly faults: Faults;
  /** Of the file; memory is about as much again. */
  readonly bytesMax: number;
  readonly nowMs: () => number;
}

export interface NotedPurge {
  /** From now on judge() knows of it. */
  readonly sequence: number;
  /** Resolves when no crash can undo it; a fault: one can. */
  readonly synced: Promise<Fault | undefined>;
}

/** A file that goes on behind `end`. */
interface Kept {
  readonly log: string;
  readonly end: number;
}

/** A file beyond that is none of ours. */
const FILE_BYTES_MAX = 1 << 30;

/** What is in the log; undefined: it is missing or damaged, and no head is to be used. @throws system errors */
export async function readEpochs(layout: StoreLayout): Promise<EpochFile | undefined> {
  const bytes = await readWhole(layout.purges, FILE_BYTES_MAX);
  return typeof bytes === 'string' ? undefined : decodeEpochs(bytes);
}

export class EpochLog {
  readonly #options: EpochLogOptions;
  readonly #marks = new PurgeMarks();
  #log: string;
  #sequence = 0;
  /** Purges up to that one are forgotten. */
  #forgotten = 0;
  #file: FileHandle | undefined;
  /** Of whole lines, and of the file. */
  #end = 0;
  #length = 0;
  /** What the file says, where that is as much as there is to be known. */
  #kept: Kept | undefined;
  /** Purges that are not on disk yet. */
  #waiting: PurgeRecord[] = [];
  #waitingBytes = 0;
  /** The file is to be made again, from memory. */
  #stale = true;
  #writing: Promise<Fault | undefined> | undefined;
  #next: Promise<Fault | undefined> | undefined;
  #closed = false;
  readonly #counts = { purges: 0, writes: 0, rewrites: 0, begunAnew: 0, removed: 0 };

  private constructor(options: EpochLogOptions) {
    this.#options = options;
    this.#log = newName();
  }

  /** For the one process that has the lock. @throws system errors: a store without a log is none. */
  static async open(options: EpochLogOptions): Promise<EpochLog> {
    const epochs = new EpochLog(options);
    const found = await readEpochs(options.layout);
    if (found) {
      epochs.#log = found.log;
      epochs.#sequence = found.sequence;
      for (const record of found.records) epochs.#marks.note(record);
    } else epochs.#counts.begunAnew += 1;
    try {
      await epochs.#rewrite();
    } catch (error) {
      // A disk that is full: what is there has room for some more, and is made anew with the next that has none.
      if (!found || found.torn) throw error;
      options.faults.note(error);
      await epochs.#goOn(found);
    }
    return epochs;
  }

  /** What a head that is written now is written under. */
  get now(): Epoch {
    return { log: this.#log, sequence: this.#sequence };
  }

  /** There are purges to be forgotten. */
  get remembers(): boolean {
    return this.#marks.records().length > 0;
  }

  /** Half of its room is taken: a scan would give it back. */
  get wantsScan(): boolean {
    return this.#end + this.#waitingBytes > this.#options.bytesMax / 2 || this.#marks.prefixes > PREFIXES_MAX / 2;
  }

  purge(purge: Purge, effect: Effect): NotedPurge {
    const record: PurgeRecord = { sequence: ++this.#sequence, timeMs: this.#options.nowMs(), effect, purge };
    this.#counts.purges += 1;
    this.#marks.note(record);
    this.#waiting.push(record);
    this.#waitingBytes += encodeRecord(record).length;
    if (this.#end + this.#waitingBytes > this.#options.bytesMax || this.#marks.prefixes > PREFIXES_MAX) this.#beginAnew();
    return { sequence: record.sequence, synced: this.#written() };
  }

  /** What there is now of a head that was read: undefined where it is a miss. */
  judge({ epoch, object }: Head): StoredObject | undefined {
    if (epoch.log !== this.#log) return undefined;
    if (epoch.sequence <= this.#sequence) return this.#marks.judge(object, epoch.sequence);
    // It knows of purges that the log does not: an older log was put in its place.
    this.#beginAnew();
    void this.#written();
    return undefined;
  }

  /** The same of what is in memory, and was as it is in `epoch`: undefined also where a purge since then is forgotten. */
  judgeSince(object: StoredObject, { log, sequence }: Epoch): StoredObject | undefined {
    return log === this.#log && sequence >= this.#forgotten ? this.#marks.judge(object, sequence) : undefined;
  }

  /** No head from before `sequence` is there any more that is not as the purges up to it left it. */
  async forget(before: Epoch): Promise<Fault | undefined> {
    if (before.log !== this.#log) return undefined;
    this.#marks.forget(before.sequence);
    this.#forgotten = before.sequence;
    this.#stale = true;
    return this.#written();
  }

  counts(): Readonly<Record<string, number>> {
    return { ...this.#counts };
  }

  /** What was noted is written, and nothing more may be. */
  async close(): Promise<void> {
    this.#closed = true;
    await this.#next;
    await this.#writing;
    await this.#file?.close();
    this.#file = undefined;
  }

  #beginAnew(): void {
    this.#counts.begunAnew += 1;
    this.#log = newName();
    this.#marks.clear();
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#end = 0;
    this.#stale = true;
  }

  /** All that was noted until now: one write at a time, and one that waits for it. */
  #written(): Promise<Fault | undefined> {
    if (this.#closed) throw new Error('the store is closed: whoever has the lock now may be writing');
    this.#next ??= (async () => {
      await this.#writing;
      this.#next = undefined;
      this.#writing = this.#write();
      return this.#writing;
    })();
    return this.#next;
  }

  async #write(): Promise<Fault | undefined> {
    const { faults, layout } = this.#options;
    const kept = this.#waiting.length === 0 ? this.#kept : undefined;
    const outcome = await faults.caught(() => (this.#stale ? this.#rewrite() : this.#append()));
    if (!isFault(outcome)) return undefined;
    // It was only to be made shorter.
    if (kept?.log === this.#log && !isFault(await faults.caught(() => this.#goOn(kept)))) return undefined;
    this.#stale = true;
    this.#kept = undefined;
    const removed = await faults.caught(async () => {
      await removeIfThere(layout.purges);
      await syncFolder(layout.folder);
    });
    if (isFault(removed)) return outcome;
    this.#counts.removed += 1;
    return undefined;
  }

  async #append(): Promise<void> {
    const lines = Buffer.concat(this.#waiting.map(encodeRecord));
    const position = this.#end;
    const log = this.#log;
    this.#taken(position + lines.length);
    this.#counts.writes += 1;
    // Its length changes at once, or not at all.
    if (withRoom(this.#end) > this.#length) await this.#file!.truncate((this.#length = withRoom(this.#end)));
    await writeAll(this.#file!, lines, position);
    await this.#file!.datasync();
    this.#kept = { log, end: position + lines.length };
  }

  async #rewrite(): Promise<void> {
    const { layout } = this.#options;
    const log = this.#log;
    const lines = encodeEpochs(log, this.#sequence, this.#marks.records());
    const length = withRoom(lines.length);
    this.#taken(lines.length);
    this.#stale = false;
    this.#counts.rewrites += 1;
    await this.#file?.close();
    this.#file = undefined;
    await replaceFile(layout, layout.purges, Buffer.concat([lines, Buffer.alloc(length - lines.length)]), true);
    await this.#goOn({ log, end: lines.length });
    this.#length = length;
  }

  /** Behind what is there. */
  async #goOn({ log, end }: Kept): Promise<void> {
    this.#file = await open(this.#options.layout.purges, constants.O_WRONLY | constants.O_NOFOLLOW);
    this.#length = (await this.#file.stat()).size;
    this.#end = end;
    this.#kept = { log, end };
  }

  /** What waits is being written. */
  #taken(end: number): void {
    this.#end = end;
    this.#waiting = [];
    this.#waitingBytes = 0;
  }
}

function newName(): string {
  return randomBytes(8).toString('hex');
}
