// What the native pool is asked for, as promises: tickets go out with a call of the engine, OPENED and READ events bring
// them back.
import type { Engine } from '../native/index.ts';

export interface Opened {
  /** errno, or 0. */
  readonly error: number;
  /** One of layout.kinds; 0 with an error. */
  readonly kind: number;
  /** The file's record, with one reference that is now the caller's; -1 where it is no regular file. */
  readonly file: number;
  readonly rerooted: boolean;
}

export interface OpenLimits {
  readonly symlinks: number;
  readonly hashBytesMax: number;
  readonly arenaBytesMax: number;
  /** One of layout.protect. */
  readonly protect: number;
}

/** Bytes, or why there are none. */
export interface Read {
  /** errno, or 0; -1: the pool's queue is full. */
  readonly error: number;
  readonly bytes: Uint8Array;
}

const POOL_IS_FULL: Opened = { error: -1, kind: 0, file: -1, rerooted: false };
const NO_BYTES = new Uint8Array(0);

export class Opener {
  readonly #engine: Engine;
  readonly #opening = new Map<number, (opened: Opened) => void>();
  readonly #reading = new Map<number, (read: Read) => void>();
  #lastTicket = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Both paths are bytes as latin1. Error -1: the pool's queue is full; EBUSY: somebody has the file open for writing, and it is not what we `accept`, one of layout.accept. */
  open(root: string, path: string, limits: OpenLimits, accept: number): Promise<Opened> {
    const ticket = this.#ticket();
    const { symlinks, hashBytesMax, arenaBytesMax, protect } = limits;
    return this.#opened(ticket, this.#engine.open(ticket, root, path, symlinks, hashBytesMax, arenaBytesMax, protect, accept));
  }

  /** The record of bytes that some worker has kept under this key. ENOENT: none has. */
  kept(key: string): Promise<Opened> {
    return this.keep(key, NO_BYTES, 0);
  }

  /** A body of the store on disk; `folder` is bytes as latin1. ENOENT: there is none; EBADMSG: it is not what was stored. */
  stored(folder: string, id: string, bytes: number, { hashBytesMax, arenaBytesMax, protect }: Omit<OpenLimits, 'symlinks'>): Promise<Opened> {
    const ticket = this.#ticket();
    return this.#opened(ticket, this.#engine.openStored(ticket, folder, id, bytes, hashBytesMax, arenaBytesMax, protect));
  }

  /** Bytes as a record of their own, in private memory; like a file's, it is released by its owner. The key tells them from all others. */
  keep(key: string, bytes: Uint8Array, arenaBytesMax: number): Promise<Opened> {
    const ticket = this.#ticket();
    return this.#opened(ticket, this.#engine.keep(ticket, key, bytes, arenaBytesMax));
  }

  /** A body that has arrived, beside others in shared memory: a record of its own, of another key. ENOBUFS: there is no room. */
  settleBody(file: number, key: string, arenaBytesMax: number): Promise<Opened> {
    const ticket = this.#ticket();
    return this.#opened(ticket, this.#engine.settle(ticket, file, key, arenaBytesMax));
  }

  /** All of a record's version. ESTALE: the file is another one by now; EFBIG: too large to have been read once. */
  read(file: number): Promise<Read> {
    const ticket = this.#ticket();
    return this.#read(ticket, this.#engine.read(ticket, file));
  }

  /** The names in a folder, as native/reading.h lays them out. */
  list(root: string, path: string, options: { readonly symlinks: number; readonly dotfiles: boolean; readonly namesMax: number }): Promise<Read> {
    const ticket = this.#ticket();
    return this.#read(ticket, this.#engine.list(ticket, root, path, options.symlinks, options.dotfiles, options.namesMax));
  }

  /** OPENED. */
  settle(ticket: number, opened: Opened): void {
    taken(this.#opening, ticket)(opened);
  }

  /** READ. */
  settleRead(ticket: number, error: number): void {
    taken(this.#reading, ticket)({ error, bytes: error === 0 ? this.#engine.take(ticket) : NO_BYTES });
  }

  #ticket(): number {
    return (this.#lastTicket = (this.#lastTicket + 1) & 0x3fffffff);
  }

  #opened(ticket: number, accepted: boolean): Promise<Opened> {
    return accepted ? new Promise((resolve) => this.#opening.set(ticket, resolve)) : Promise.resolve(POOL_IS_FULL);
  }

  #read(ticket: number, accepted: boolean): Promise<Read> {
    return accepted ? new Promise((resolve) => this.#reading.set(ticket, resolve)) : Promise.resolve({ error: -1, bytes: NO_BYTES });
  }
}

function taken<T>(waiting: Map<number, T>, ticket: number): T {
  const resolve = waiting.get(ticket);
  if (!resolve) throw new Error(`an answer for ticket ${ticket}, which nobody holds`);
  waiting.delete(ticket);
  return resolve;
}
