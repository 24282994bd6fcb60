// Random ids of traces and spans; never all zeros, which no id may be. Random bytes are fetched from the system for many at once.
import { randomFillSync } from 'node:crypto';

const POOL_BYTES = 4096;
const TRACE_BYTES = 16;
const SPAN_BYTES = 8;

export class Ids {
  readonly #pool = Buffer.alloc(POOL_BYTES);
  #at = POOL_BYTES;

  /** 32 hexadecimal digits. */
  traceId(): string {
    return this.#next(TRACE_BYTES);
  }

  /** 16 hexadecimal digits. */
  spanId(): string {
    return this.#next(SPAN_BYTES);
  }

  #next(bytes: number): string {
    if (this.#at + bytes > POOL_BYTES) {
      randomFillSync(this.#pool);
      this.#at = 0;
    }
    const id = this.#pool.toString('hex', this.#at, (this.#at += bytes));
    return /[^0]/.test(id) ? id : this.#next(bytes);
  }
}
