// The store on disk as this process has it: lent to the process that takes its place, and ours again where that one is gone.
//
//   awaited ── take() ──> ours ── lend() ──> lent ── takeBack() ──> awaited ──> ours
//                                                                          └──> lost: somebody else has it by then
import { unlink } from 'node:fs/promises';
import { DiskStore, type PreparedStore } from '../cache/store/disk/store.ts';
import { StoreError } from '../cache/store/disk/store-error.ts';
import type { BodyFolderOptions } from '../cache/store/disk/body-folder.ts';
import type { ResolvedStore } from './proxy-options.ts';
import type { Report } from './report.ts';

/** Whoever works with it. */
export interface StoreHolder {
  attach(disk: DiskStore): void;
  /** Resolves when it is closed. @param hurry aborted: what is not written yet will not be. */
  detach(hurry: AbortSignal): Promise<void>;
  /** It comes (back). */
  expect(): void;
  /** It does not. */
  giveUp(): void;
}

/** For what waits to be written, before another process gets the store. */
const WRITING_MS = 10_000;
/** For the process that had it to be gone. */
const LOCK_MS = 10_000;

export class OurStore {
  readonly options: ResolvedStore;
  readonly report: Report;
  readonly #prepared: PreparedStore;
  readonly #lockMs: number;
  #state: 'ours' | 'awaited' | 'lent' | 'lost' | 'closed' = 'awaited';
  #disk: DiskStore | undefined;
  #holder: StoreHolder | undefined;
  /** One step after the other. */
  #last: Promise<unknown> = Promise.resolve();

  private constructor(options: ResolvedStore, report: Report, prepared: PreparedStore, lockMs: number) {
    this.options = options;
    this.report = report;
    this.#prepared = prepared;
    this.#lockMs = lockMs;
  }

  /** Not opened yet. @param lockMs that another process has to let go of it. @throws StoreError */
  static async prepare(options: ResolvedStore, report: Report, lockMs = LOCK_MS): Promise<OurStore> {
    return new OurStore(options, report, await DiskStore.prepare(options.dir), lockMs);
  }

  get folder(): string {
    return this.#prepared.layout.folder;
  }

  /** For workers: where bodies are written, whoever has the store. */
  get bodies(): BodyFolderOptions {
    const { layout, how = 'named' } = this.#prepared;
    return { folder: layout.folder, run: layout.run, how, durable: this.options.durable };
  }

  /** Another process had it, is gone, and whoever has it now does not hear of our purges. */
  get isLost(): boolean {
    return this.#state === 'lost';
  }

  /** Of one that is not stored. */
  removeBody(record: string): Promise<unknown> {
    return unlink(this.#prepared.layout.body(record)).catch(() => undefined); // which is litter, that a scan removes
  }

  /** No step is under way. */
  get settled(): Promise<unknown> {
    return this.#last;
  }

  /** One works with it. */
  use(holder: StoreHolder): void {
    this.#holder = holder;
    if (this.#disk) holder.attach(this.#disk);
    else if (this.#state === 'awaited') holder.expect();
    else void holder.detach(AbortSignal.abort());
  }

  /** @param wait for another process to let go of it, or to be gone. @throws StoreError */
  take(wait: boolean): Promise<void> {
    return this.#next(() => this.#open(wait));
  }

  /** Resolves when another process may have it. */
  lend(): Promise<void> {
    return this.#next(() => this.#leave('lent', AbortSignal.timeout(WRITING_MS)));
  }

  /** Whoever it was lent to is gone. */
  takeBack(): void {
    if (this.#state !== 'lent') return;
    this.#state = 'awaited';
    this.#holder?.expect();
    void this.#next(async () => {
      try {
        await this.#open(true);
      } catch (error) {
        this.#state = 'lost';
        this.#holder?.giveUp();
        this.report('storeFailed', 'the store could not be taken back: memory is all there is', { error: String(error) });
      }
    });
  }

  /** What waits is written. */
  close(): Promise<void> {
    return this.#next(() => this.#leave('closed', new AbortController().signal));
  }

  async #open(wait: boolean): Promise<void> {
    if (this.#state !== 'awaited') return;
    this.#disk = await this.#opened(wait);
    this.#state = 'ours';
    this.#holder?.attach(this.#disk);
  }

  async #opened(wait: boolean): Promise<DiskStore> {
    const { durable } = this.options;
    const overdue = AbortSignal.timeout(this.#lockMs);
    try {
      return await DiskStore.openPrepared(this.#prepared, wait ? { durable, wait, signal: overdue } : { durable });
    } catch (error) {
      if (!overdue.aborted || error instanceof StoreError) throw error;
      return DiskStore.openPrepared(this.#prepared, { durable }); // which says who has it
    }
  }

  async #leave(state: 'lent' | 'closed', hurry: AbortSignal): Promise<void> {
    const disk = this.#disk;
    if (state === 'closed' || this.#state === 'ours') this.#state = state;
    this.#disk = undefined;
    if (!disk) return;
    if (this.#holder) await this.#holder.detach(hurry);
    else await disk.close();
  }

  #next<T>(step: () => Promise<T>): Promise<T> {
    const done = this.#last.then(step);
    this.#last = done.catch(() => undefined);
    return done;
  }
}
