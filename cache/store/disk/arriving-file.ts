// A body that is being written: it has no name below bodies/ until it is whole, and then it is never written again.
// Where the filesystem can, it has no name at all (O_TMPFILE): whatever ends this process leaves nothing behind.
import { open, rename, type FileHandle } from 'node:fs/promises';
import { constants as system } from 'node:os';
import { dirname } from 'node:path';
import { getSystemErrorName } from 'node:util';
import { native } from '../../../native/index.ts';
import { BodySums, fileBytesOf } from './checksums.ts';
import { type Fault, type Faults, isFault } from './faults.ts';
import { ignored, inFolder, openNew, removeIfThere, syncFolder, writeAll } from './files.ts';
import { FILE_MODE, type StoreLayout } from './layout.ts';

/** A body that is whole and has its name. */
export interface StoredFile {
  /** To be the `record` of a StoredBody on disk. */
  readonly id: string;
  readonly bytes: number;
  /** What it takes: the body and its checksums. */
  readonly fileBytes: number;
}

/** 'unnamed': O_TMPFILE and linkat(2). 'named': a name in arriving/, and rename(2). */
export type ArrivingHow = 'unnamed' | 'named';

export interface Place {
  readonly layout: StoreLayout;
  readonly faults: Faults;
  /** Bytes and name are on disk before finish() is done. */
  readonly durable: boolean;
}

export class ArrivingFile {
  readonly id: string;
  readonly #place: Place;
  readonly #file: FileHandle;
  /** '': it has none. */
  readonly #name: string;
  readonly #sums: BodySums;
  #bytes = 0;
  #state: 'arriving' | 'over' = 'arriving';
  #fault: Fault | undefined;
  #last: Promise<unknown> = Promise.resolve();

  private constructor(place: Place, file: FileHandle, name: string) {
    this.#place = place;
    this.#file = file;
    this.#name = name;
    this.id = place.layout.newBodyId();
    this.#sums = new BodySums(this.id);
  }

  static async begin(place: Place, how: ArrivingHow): Promise<ArrivingFile | Fault> {
    return place.faults.caught(async () => {
      const { layout } = place;
      const name = layout.newArriving();
      if (how === 'named') return new ArrivingFile(place, await openNew(layout, name), name);
      return new ArrivingFile(place, await inFolder(layout, name, () => open(layout.arriving, native.unnamedFileFlags, FILE_MODE)), '');
    });
  }

  /** What has been written. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Of the open file, until finish() or abandon(). */
  get fd(): number {
    return this.#file.fd;
  }

  /** Another descriptor of it, to read what has been written: the engine's. -errno. A copy of ours would keep read leases away. */
  toRead(): Promise<number> {
    return native.openToRead(this.#name === '' ? `/proc/self/fd/${this.#file.fd}` : this.#name);
  }

  /** Room for so many bytes in all, where the filesystem can tell. */
  async reserve(bytes: number): Promise<Fault | undefined> {
    const refused = await native.reserveRoom(this.#file.fd, fileBytesOf(bytes));
    if (refused === 0 || refused === -system.errno.EOPNOTSUPP) return undefined;
    return this.#place.faults.note(Object.assign(new Error('fallocate'), { errno: refused, code: getSystemErrorName(refused) }));
  }

  /** In the order of calls. `bytes` stay as they are until it is done. After a fault nothing more is written: the same fault is the answer. */
  append(bytes: Uint8Array): Promise<Fault | undefined> {
    this.#mustArrive();
    return this.#inOrder(async () => {
      if (this.#fault !== undefined) return;
      this.#sums.update(bytes);
      await writeAll(this.#file, bytes, this.#bytes);
      this.#bytes += bytes.length;
    });
  }

  /** After all that was appended: it is whole, and gets its name. A fault: nothing of it is left. */
  async finish(): Promise<StoredFile | Fault> {
    this.#mustArrive();
    this.#state = 'over';
    const { layout, durable } = this.#place;
    const path = layout.body(this.id);
    const fault = await this.#inOrder(async () => {
      if (this.#fault !== undefined) return;
      await writeAll(this.#file, this.#sums.trailer(), this.#bytes);
      if (durable) await this.#file.datasync();
      await inFolder(layout, path, () => (this.#name === '' ? linkUnnamed(this.#file.fd, path) : rename(this.#name, path)));
      if (durable) await syncFolder(dirname(path));
    });
    if (fault !== undefined) await removeIfThere(path).catch(ignored);
    await this.#discard(fault !== undefined);
    return fault ?? { id: this.id, bytes: this.#bytes, fileBytes: fileBytesOf(this.#bytes) };
  }

  /** It will not be whole: nothing of it is left. */
  async abandon(): Promise<void> {
    this.#mustArrive();
    this.#state = 'over';
    await this.#last;
    await this.#discard(true);
  }

  #inOrder(work: () => Promise<void>): Promise<Fault | undefined> {
    const done = this.#last.then(async () => {
      const outcome = await this.#place.faults.caught(work);
      if (isFault(outcome)) this.#fault = outcome;
      return this.#fault;
    });
    // Who appends hears of it; the next one must not.
    this.#last = done.catch(ignored);
    return done;
  }

  async #discard(unfinished: boolean): Promise<void> {
    await this.#file.close().catch(ignored);
    if (unfinished && this.#name !== '') await removeIfThere(this.#name).catch(ignored);
  }

  #mustArrive(): void {
    if (this.#state === 'over') throw new Error(`body ${this.id} is over`);
  }
}

/** Which way works in this folder: an unnamed file is made, named and removed. */
export async function probeArriving(layout: StoreLayout): Promise<ArrivingHow> {
  const name = layout.newArriving();
  try {
    const file = await open(layout.arriving, native.unnamedFileFlags, FILE_MODE);
    try {
      await linkUnnamed(file.fd, name);
    } finally {
      await file.close();
    }
    return (await removeIfThere(name)) ? 'unnamed' : 'named';
  } catch {
    return 'named';
  }
}

async function linkUnnamed(fd: number, path: string): Promise<void> {
  const result = await native.linkUnnamed(fd, path);
  if (result < 0) throw Object.assign(new Error(`linkat ${path}`), { errno: result, code: getSystemErrorName(result) });
}
