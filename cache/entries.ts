// Open entries: what request paths lead to, kept open between requests. Files are bounded by descriptors, the rest
// (missing paths, redirects) by count, in a list of their own so that a flood of unknown paths evicts no file.
//
// Invariant: an entry's file record is released only after every command that may name it has been handed to the
// engine: releases wait for the next turn of libuv, when no plan is between its making and its sending.
import { LRUCache } from 'lru-cache';
import { Copies } from './copies.ts';
import type { Representation } from './representation.ts';

/** What a path led to when it was last looked at. */
export interface Entry<Plans> {
  /** Path relative to the root whose state decides over this entry; bytes as latin1. */
  readonly path: string;
  readonly kind: 'file' | 'missing' | 'directory' | 'refused';
  readonly representation: Representation | undefined;
  /** Answer for entries that are no file. */
  readonly status: number;
  /** Resolved through an absolute link: the kernel's name cache alone cannot confirm it. */
  readonly rerooted: boolean;
  /** Until then, in milliseconds since the epoch, it is answered without another look. */
  freshUntilMs: number;
  /** When it was last seen to be what is on disk, in milliseconds since the epoch. */
  seenMs: number;
  /** Plans made for it so far; the owner of the entry gives them their shape. */
  plans: Plans | undefined;
  /** Of a file. */
  copies: Copies | undefined;
  /** How many answers are being made of it: its records are kept until they are done. */
  pins: number;
  /** It has left the cache, and its records are let go as soon as nobody has it pinned. */
  dropped: boolean;
  /** They are gone. */
  released: boolean;
}

export class Entries<Plans> {
  readonly #files: LRUCache<string, Entry<Plans>>;
  readonly #others: LRUCache<string, Entry<Plans>>;
  readonly #release: (file: number) => void;
  #dropped: Entry<Plans>[] = [];
  #closed = false;

  /** @param filesMax open files; @param othersMax remembered paths that are no file. */
  constructor(filesMax: number, othersMax: number, release: (file: number) => void) {
    this.#release = release;
    this.#files = new LRUCache({ max: filesMax, dispose: (entry) => this.#drop(entry) });
    this.#others = new LRUCache({ max: othersMax });
  }

  get(path: string): Entry<Plans> | undefined {
    return this.#files.get(path) ?? this.#others.get(path);
  }

  set(path: string, entry: Entry<Plans>): void {
    if (this.#closed) return this.#drop(entry);
    if (entry.kind === 'file') {
      const before = this.#files.peek(path);
      // The same version, looked at anew: what was made of it is still of use.
      if (before?.copies && before.representation?.file === entry.representation?.file) entry.copies = before.copies.share();
      this.#others.delete(path);
      this.#files.set(path, entry);
    } else {
      this.#files.delete(path);
      this.#others.set(path, entry);
    }
  }

  /** Closes the least recently used open files, for want of descriptors. How many there were to close. */
  shed(count: number): number {
    let shed = 0;
    while (shed < count && this.#files.pop()) ++shed;
    return shed;
  }

  /** The same, of those that have bytes to give back, until there are so many. */
  shedBytes(bytes: number, bytesOf: (entry: Entry<Plans>) => number): void {
    let shed = 0;
    for (const path of [...this.#files.rkeys()]) {
      if (shed >= bytes) return;
      const own = bytesOf(this.#files.peek(path)!);
      if (own > 0) this.#files.delete(path);
      shed += own;
    }
  }

  /** The path of the entry that a file record belongs to. */
  pathOf(file: number): string | undefined {
    return [...this.#files.values()].find(({ representation }) => representation?.file === file)?.path;
  }

  /** Lets go of everything, and keeps nothing any more: what is set from now on is there for those who pin it at once. */
  close(): void {
    this.#closed = true;
    this.#files.clear();
    this.#others.clear();
  }

  /** Keeps an entry's records for an answer that is being made of it, until it is unpinned. False: they are gone. */
  pin(entry: Entry<Plans>): boolean {
    if (entry.released) return false;
    entry.pins += 1;
    return true;
  }

  unpin(entry: Entry<Plans>): void {
    entry.pins -= 1;
    if (entry.dropped) this.#drop(entry);
  }

  get openFiles(): number {
    return this.#files.size;
  }

  #drop(entry: Entry<Plans>): void {
    entry.dropped = true;
    if (entry.pins > 0) return;
    if (this.#dropped.length === 0) setImmediate(() => this.#releaseDropped());
    this.#dropped.push(entry);
  }

  #releaseDropped(): void {
    const entries = this.#dropped;
    this.#dropped = [];
    for (const entry of entries) {
      // Pinned meanwhile: who has it lets it go.
      if (entry.released || entry.pins > 0) continue;
      entry.released = true;
      if (entry.representation) this.#release(entry.representation.file);
      for (const file of entry.copies?.close() ?? []) this.#release(file);
    }
  }
}
