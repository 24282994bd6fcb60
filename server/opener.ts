// Opening files in the native pool, as promises: tickets go out with engine.open(), OPENED events bring them back.
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

const POOL_IS_FULL: Opened = { error: -1, kind: 0, file: -1, rerooted: false };

export class Opener {
  readonly #engine: Engine;
  readonly #waiting = new Map<number, (opened: Opened) => void>();
  #lastTicket = 0;

  constructor(engine: Engine) {
    this.#engine = engine;
  }

  /** Both paths are bytes as latin1. Error -1: the pool's queue is full; EBUSY: somebody has the file open for writing, and it is not what we `accept`, one of layout.accept. */
  open(root: string, path: string, limits: OpenLimits, accept: number): Promise<Opened> {
    const ticket = (this.#lastTicket = (this.#lastTicket + 1) & 0x3fffffff);
    if (!this.#engine.open(ticket, root, path, limits.symlinks, limits.hashBytesMax, limits.arenaBytesMax, limits.protect, accept)) {
      return Promise.resolve(POOL_IS_FULL);
    }
    return new Promise((resolve) => this.#waiting.set(ticket, resolve));
  }

  settle(ticket: number, opened: Opened): void {
    const resolve = this.#waiting.get(ticket);
    if (!resolve) throw new Error(`OPENED for ticket ${ticket}, which nobody holds`);
    this.#waiting.delete(ticket);
    resolve(opened);
  }
}
