// When a loop runs that no edge will wake: for work that the engine has left, and for answers that were made outside of a tick.
import { layout, type Areas } from '../native/index.ts';

const { status } = layout;

export interface Turning {
  tick(): void;
  /** What is queued leaves. */
  flush(): void;
}

export class Turns {
  readonly #areas: Areas;
  readonly #loop: Turning;
  #scheduled = false;
  #immediate = false;
  /** A tick is under way: it flushes, and goes on as long as there is work. */
  ticking = false;

  constructor(areas: Areas, loop: Turning) {
    this.#areas = areas;
    this.#loop = loop;
  }

  /** Answers made outside a tick leave when the promises that are due have run. */
  flushSoon(): void {
    if (this.ticking || this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.#loop.flush();
      this.again();
    });
  }

  /** The engine has work that no edge will announce, or may have. */
  again(): void {
    if (this.ticking || this.#areas.status[status.READY] === 0 || this.#immediate) return;
    this.#immediate = true;
    setImmediate(() => {
      this.#immediate = false;
      this.#loop.tick();
    });
  }
}
