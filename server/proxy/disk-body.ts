// A body that arrives into a file of the store on disk, where it is too large for memory: written in libuv's pool, sent to
// whoever follows it as far as it is written. An origin that is faster than the disk waits.
import { getSystemErrorName } from 'node:util';
import type { Engine } from '../../native/index.ts';
import type { ArrivingFile } from '../../cache/store/disk/arriving-file.ts';
import { type Fault, isFault } from '../../cache/store/disk/faults.ts';

/** Bytes that came and are not written: beyond it the origin is paused, and goes on at half of it. */
const BEHIND_BYTES_MAX = 4 << 20;

/** Where the bytes come from. */
export interface Flow {
  pause(): void;
  resume(): void;
}

/** What is written to; see ArrivingFile. */
export type WrittenFile = Pick<ArrivingFile, 'reserve' | 'toRead' | 'append' | 'finish' | 'abandon'>;

/** Where such files begin; see BodyFolder. */
export interface WrittenFolder {
  begin(): Promise<WrittenFile | Fault>;
}

export class DiskBody {
  /** The engine's number of it. */
  readonly record: number;
  readonly #engine: Pick<Engine, 'rise' | 'end'>;
  readonly #file: WrittenFile;
  #flow: Flow | undefined;
  #onRefused: ((fault: Fault) => void) | undefined;
  #behind = 0;
  #paused = false;
  #isOver = false;
  #written: Promise<unknown> = Promise.resolve();

  private constructor(engine: Pick<Engine, 'rise' | 'end'>, file: WrittenFile, record: number) {
    this.#engine = engine;
    this.#file = file;
    this.record = record;
  }

  /** @param key by which other engines find it. @param bytes of all of it; -1: not known. A fault: there is no room for it. */
  static async begin(engine: Pick<Engine, 'begin' | 'rise' | 'end'>, folder: WrittenFolder, key: string, bytes: number): Promise<DiskBody | Fault> {
    const file = await folder.begin();
    if (isFault(file)) return file;
    const body = await DiskBody.#begin(engine, file, key, bytes);
    if (isFault(body)) await file.abandon();
    return body;
  }

  static async #begin(engine: Pick<Engine, 'begin' | 'rise' | 'end'>, file: WrittenFile, key: string, bytes: number): Promise<DiskBody | Fault> {
    const full = bytes < 0 ? undefined : await file.reserve(bytes);
    if (full !== undefined) return full;
    const descriptor = await file.toRead();
    const record = descriptor < 0 ? descriptor : engine.begin(key, descriptor);
    return record < 0 ? (getSystemErrorName(record) as Fault) : new DiskBody(engine, file, record);
  }

  /** From now on bytes come. @param onRefused the disk has taken no more: it will not be whole. */
  drive(flow: Flow, onRefused: (fault: Fault) => void): void {
    this.#flow = flow;
    this.#onRefused = onRefused;
  }

  append(bytes: Uint8Array): void {
    this.#behind += bytes.length;
    if (this.#behind > BEHIND_BYTES_MAX && !this.#paused) {
      this.#paused = true;
      this.#flow?.pause();
    }
    this.#written = this.#file.append(bytes).then((fault) => {
      this.#behind -= bytes.length;
      if (this.#isOver) return;
      if (fault !== undefined) {
        this.#onRefused?.(fault);
        return;
      }
      this.#engine.rise(this.record, bytes.length);
      if (this.#paused && this.#behind <= BEHIND_BYTES_MAX / 2) {
        this.#paused = false;
        this.#flow?.resume();
      }
    });
  }

  /** All of it has come. The id of its file, or a fault: it is not stored, though whoever follows it has it all; undefined: the disk had refused it before. */
  async finish(): Promise<string | undefined> {
    await this.#written;
    if (this.#isOver) return undefined;
    this.#isOver = true;
    this.#engine.end(this.record, true);
    const stored = await this.#file.finish();
    return isFault(stored) ? stored : stored.id;
  }

  breakOff(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#engine.end(this.record, false);
    void this.#file.abandon();
  }
}
