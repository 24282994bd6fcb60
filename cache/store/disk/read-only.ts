// A store that is looked at while somebody else may have it: nothing is locked, written or removed.
import { opendir } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { StoredBody, StoredObject } from '../object.ts';
import { BodyFile } from './body-file.ts';
import { readEpochs } from './epoch-log.ts';
import { errnoOf, type Fault, Faults } from './faults.ts';
import { readMarker } from './folder.ts';
import { headName } from './head-file.ts';
import { type FoundHead, HeadFiles } from './head-files.ts';
import { isBodyId, isHeadName, shards, StoreLayout } from './layout.ts';
import { PurgeMarks } from './purge-marks.ts';
import { StoreError } from './store-error.ts';

export interface SeenHead {
  readonly name: string;
  /** 'purged': nothing is left of it after purges. */
  readonly seen: { readonly object: StoredObject; readonly fileBytes: number } | 'damaged' | 'purged' | Fault;
  /** The part of the walk that is over, from 0 to 1. */
  readonly done: number;
}

export class ReadOnlyStore {
  readonly #layout: StoreLayout;
  readonly #faults = new Faults();
  readonly #heads: HeadFiles;
  readonly #log: string | undefined;
  readonly #sequence: number;
  readonly #marks = new PurgeMarks();

  private constructor(layout: StoreLayout, epochs: Awaited<ReturnType<typeof readEpochs>>) {
    this.#layout = layout;
    this.#heads = new HeadFiles({ layout, faults: this.#faults, durable: false, nameOf: headName });
    this.#log = epochs?.log;
    this.#sequence = epochs?.sequence ?? 0;
    for (const record of epochs?.records ?? []) this.#marks.note(record);
  }

  /** @throws StoreError */
  static async open(folder: string): Promise<ReadOnlyStore> {
    const layout = new StoreLayout(resolve(folder));
    await readMarker(layout);
    try {
      return new ReadOnlyStore(layout, await readEpochs(layout));
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === undefined) throw error;
      throw new StoreError(`cannot read the log of purges in ${layout.folder}: ${errno}`);
    }
  }

  /** The log of purges is missing or damaged: all that is stored will be forgotten at the next start. */
  get isForgotten(): boolean {
    return this.#log === undefined;
  }

  async *heads(): AsyncGenerator<SeenHead, void, undefined> {
    for (const [index, shard] of shards.entries()) {
      for await (const name of this.#namesIn(join(this.#layout.heads, shard))) {
        if (!isHeadName(name) || !name.startsWith(shard)) continue;
        const seen = await this.look(name);
        if (seen !== 'missing') yield { name, seen, done: index / shards.length };
      }
    }
  }

  /** What is in the head file of that name, as purges have left it. */
  async look(name: string): Promise<SeenHead['seen'] | 'missing'> {
    const head = await this.#heads.readNamed(name);
    if (typeof head === 'string') return head;
    const object = this.#judge(head);
    return object ? { object, fileBytes: head.fileBytes } : 'purged';
  }

  openBody({ record, bytes }: StoredBody): Promise<BodyFile | 'missing' | 'damaged' | Fault> {
    return BodyFile.open(this.#layout.body(record), record, bytes, this.#faults);
  }

  /** Ids of all bodies that have a name. */
  async *bodies(): AsyncGenerator<string, void, undefined> {
    for (const shard of shards) for await (const name of this.#namesIn(join(this.#layout.bodies, shard))) if (isBodyId(name)) yield name;
  }

  #judge({ epoch, object }: FoundHead): StoredObject | undefined {
    if (epoch.log !== this.#log) return undefined;
    // Whoever has the store may have noted purges since the log was read.
    return epoch.sequence > this.#sequence ? object : this.#marks.judge(object, epoch.sequence);
  }

  async *#namesIn(folder: string): AsyncGenerator<string, void, undefined> {
    try {
      for await (const entry of await opendir(folder, { bufferSize: 1024 })) yield entry.name;
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === undefined) throw error;
      if (errno !== 'ENOENT') throw new StoreError(`cannot read ${folder}: ${errno}`);
    }
  }
}
