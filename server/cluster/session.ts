// One link's life: this node says that it is there, goes on from where it was in the stream, and writes what waits.
//
// What this node has read up to is an entry of the stream, and is read again with what follows. Where it is missing, something may
// be missing behind it: it was trimmed away, or the stream is not what it was (deleted, flushed, of a replica that had not heard of
// all). Then everything is purged, after an entry was written from which to go on: whatever was published before, that covers it.
//
// Entries that stand before the missing one tell that the end of the stream was lost, and with it purges that others may not have
// read: they are told (`lost`), and purge everything, too. Where nothing stands before it, all find that theirs is missing.
import { setImmediate } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import type { Purge } from '../../cache/store/messages.ts';
import type { ConfigTold } from './configs.ts';
import { isBefore, type Entry, type Place, type Told } from './entry.ts';
import type { Outbox } from './outbox.ts';
import type { StreamAccess } from './stream.ts';

/** What outlives a session. */
export interface Progress {
  /** This run of this node, random. */
  readonly node: string;
  /** The last entry that was read; undefined: none is known. */
  at: Place | undefined;
  /** Entries of others that were carried out. */
  readonly seen: LRUCache<string, true>;
}

export interface SessionHooks {
  /** In force when it returns. */
  apply(purge: Purge, soft: boolean): void;
  /** All up to there was carried out. */
  reached(place: Place): void;
  /** When this was asked (performance.now(), Date.now()), there was nothing that is not known. */
  current(askedMs: number, askedTimeMs: number): void;
  /** What is stored could not be brought up to date: it is purged. */
  forgot(why: 'trimmed' | 'lost', at: Place): void;
  /** A purge of another node was carried out. */
  heard(): void;
  /** Redis has one of ours. */
  written(): void;
  /** What this node runs; to be said when it joins. */
  config(): ConfigTold;
  /** What another node runs, or that it has ended. */
  heardConfig(entry: Entry, config: ConfigTold | undefined): void;
}

const EVERYTHING: Purge = { by: 'everything' };
/** Fewer at first: over a slow line as many must come in time as are asked for. */
const READ_AT_FIRST = 16;
const READ_AT_ONCE = 256;
/** Before all entries. */
const START = '0-0';
const WRITTEN_AT_ONCE = 128;
/** Main has other things to do, too. */
const SLICE_MS = 10;
const TRIM_EVERY_MS = 3_600_000;

export class Session {
  readonly #stream: StreamAccess;
  readonly #progress: Progress;
  readonly #outbox: Outbox;
  readonly #hooks: SessionHooks;
  /** How long Redis waits for something new before it says that there is nothing. */
  readonly #beatMs: number;
  #writing: Promise<void> | undefined;
  #readAtOnce = READ_AT_FIRST;
  #trimmedMs = Number.NEGATIVE_INFINITY;

  constructor(stream: StreamAccess, progress: Progress, outbox: Outbox, beatMs: number, hooks: SessionHooks) {
    this.#stream = stream;
    this.#progress = progress;
    this.#outbox = outbox;
    this.#beatMs = beatMs;
    this.#hooks = hooks;
  }

  /** Until the link ends. @throws why it has. */
  async run(): Promise<never> {
    try {
      // Each attempt leaves an entry: none where it must fail, because something is not allowed here.
      await Promise.all([this.#stream.oldest(), this.#stream.more(START, 1), this.#stream.trim(START)]);
      // Who can read and not write is at a replica, and may be behind for ever.
      const joined = await this.#add({ kind: 'config', config: this.#hooks.config() });
      if (!this.#progress.at) await this.#beginAt(joined);
      this.write();
      for (;;) await this.#read();
    } catch (error) {
      this.#stream.end(error);
      throw error;
    } finally {
      await this.#writing;
    }
  }

  /** Of this node, to whoever reads; nobody waits for it. */
  tell(told: Told): Promise<unknown> {
    return this.#add(told).catch((error: unknown) => this.#stream.end(error));
  }

  /** Something waits. */
  write(): void {
    this.#writing ??= this.#writeAll().finally(() => (this.#writing = undefined));
  }

  async #writeAll(): Promise<void> {
    try {
      for (let some = this.#outbox.next(WRITTEN_AT_ONCE); some.length > 0; some = this.#outbox.next(WRITTEN_AT_ONCE)) {
        await Promise.all(some.map(async ({ sequence, told }) => {
          const { id } = await this.#stream.add(this.#progress.node, sequence, told);
          this.#outbox.taken(sequence, id);
          this.#hooks.written();
        }));
      }
    } catch (error) {
      this.#stream.end(error);
    }
  }

  async #read(): Promise<void> {
    const at = this.#progress.at!;
    const [askedMs, askedTimeMs] = [performance.now(), Date.now()];
    const [first, ...news] = await this.#stream.from(at.id, this.#readAtOnce);
    if (!first || first.id !== at.id || first.node !== at.node || first.sequence !== at.sequence) return this.#goOn(at);
    await this.#carryOut(news);
    if (news.length === this.#readAtOnce - 1) {
      this.#readAtOnce = Math.min(2 * this.#readAtOnce, READ_AT_ONCE);
      return;
    }
    const last = this.#progress.at!.id;
    if (this.#outbox.readUpTo(last) > 0) this.write();
    this.#hooks.current(askedMs, askedTimeMs);
    if (askedMs - this.#trimmedMs > TRIM_EVERY_MS) {
      this.#trimmedMs = askedMs;
      await this.#stream.trim(last);
    }
    await this.#stream.more(last, this.#beatMs);
  }

  /** What was behind `at` is not known any more. */
  async #goOn(at: Place): Promise<void> {
    const oldest = await this.#stream.oldest();
    const why = oldest && isBefore(oldest.id, at.id) ? 'lost' : 'trimmed';
    const place = await this.#add({ kind: why === 'lost' ? 'lost' : 'joined' });
    this.#hooks.forgot(why, place);
    await this.#beginAt(place);
  }

  /** After the entry was written, so that what was published before it is covered. */
  async #beginAt(place: Place): Promise<void> {
    this.#hooks.apply(EVERYTHING, false);
    this.#outbox.forgetTaken();
    this.#reached(place);
    await setImmediate();
  }

  async #carryOut(entries: readonly Entry[]): Promise<void> {
    let sliceMs = performance.now();
    for (const entry of entries) {
      this.#carryOutOne(entry);
      this.#progress.at = entry;
      if (performance.now() - sliceMs < SLICE_MS) continue;
      await setImmediate();
      sliceMs = performance.now();
    }
    const last = entries.at(-1);
    if (last) this.#reached(last);
  }

  #carryOutOne(entry: Entry): void {
    const { node, sequence, told } = entry;
    if (node === this.#progress.node) return this.#outbox.readBack(sequence);
    if (told.kind === 'config' || told.kind === 'left') this.#hooks.heardConfig(entry, told.kind === 'config' ? told.config : undefined);
    if (told.kind === 'config' || told.kind === 'left' || told.kind === 'joined') return;
    const name = `${node} ${sequence}`;
    if (sequence >= 0 && this.#progress.seen.has(name)) return;
    if (told.kind === 'purge') this.#hooks.apply(told.purge, told.soft);
    else this.#hooks.apply(EVERYTHING, false);
    this.#hooks.heard();
    if (sequence >= 0) this.#progress.seen.set(name, true);
  }

  #reached({ id, node, sequence }: Place): void {
    this.#progress.at = { id, node, sequence };
    this.#hooks.reached(this.#progress.at);
  }

  #add(told: Told): Promise<Place> {
    return this.#stream.add(this.#progress.node, this.#outbox.nextSequence(), told);
  }
}
