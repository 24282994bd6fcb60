// A body on its way from an origin to one client, through memory: what is not to be shared. A client that is slow makes the
// origin wait.
import type { FieldList } from '../../http/response.ts';
import type { Source } from '../plan.ts';

/** Held for a client before the origin is made to wait; bytes. */
const HELD_BYTES_MAX = 256 << 10;

export interface Flow {
  pause(): void;
  resume(): void;
  cancel(reason: string): void;
}

export class OriginSource implements Source {
  trailers: FieldList = [];
  readonly #flow: Flow;
  #chunks: Uint8Array[] = [];
  #heldBytes = 0;
  #paused = false;
  #ended = false;
  #failure: Error | undefined;
  #pulled: { resolve(chunk: Uint8Array | undefined): void; reject(error: Error): void } | undefined;

  constructor(flow: Flow) {
    this.#flow = flow;
  }

  /** From the origin. */
  push(chunk: Uint8Array): void {
    if (this.#pulled) return this.#settle().resolve(chunk);
    this.#chunks.push(chunk);
    this.#heldBytes += chunk.length;
    if (this.#heldBytes < HELD_BYTES_MAX || this.#paused) return;
    this.#paused = true;
    this.#flow.pause();
  }

  /** @param trailers for the client. */
  end(trailers: FieldList): void {
    this.trailers = trailers;
    this.#ended = true;
    if (this.#pulled) this.#settle().resolve(undefined);
  }

  fail(text: string): void {
    this.#failure = new Error(text);
    if (this.#pulled) this.#settle().reject(this.#failure);
  }

  pull(): Promise<Uint8Array | undefined> {
    if (this.#chunks.length > 0) {
      const all = this.#chunks.length === 1 ? this.#chunks[0]! : Buffer.concat(this.#chunks);
      this.#chunks = [];
      this.#heldBytes = 0;
      if (this.#paused) {
        this.#paused = false;
        this.#flow.resume();
      }
      return Promise.resolve(all);
    }
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#ended) return Promise.resolve(undefined);
    return new Promise((resolve, reject) => (this.#pulled = { resolve, reject }));
  }

  cancel(reason: string): void {
    this.#chunks = [];
    if (!this.#ended && !this.#failure) this.#flow.cancel(reason);
    this.#ended = true;
    if (this.#pulled) this.#settle().resolve(undefined);
  }

  #settle(): { resolve(chunk: Uint8Array | undefined): void; reject(error: Error): void } {
    const pulled = this.#pulled!;
    this.#pulled = undefined;
    return pulled;
  }
}
