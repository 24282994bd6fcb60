// A request's content on its way from the connection to an exchange that wants it. It is pulled: what comes too early is
// held, up to a bound that the connection's owner keeps by not reading on.
//
//   input -> framing -> held -> next()
//                    \-> thrown away, counted: once it is not wanted any more
//
// Invariant: next() says `done` where the framing did, and nowhere else.
import { RequestBody } from '../http/body.ts';
import { NOTHING_REFUSED } from '../http/refusal.ts';
import type { RequestBodyReader } from './exchange.ts';

/** Held for a reader that is slower than its client, in bytes; what one burst brings may come on top. */
export const HELD_BYTES_MAX = 64 << 10;

/**
 * Why content cannot be read to its end. `refused`: it is malformed or too large; `timeout`: nothing came for limits.bodyTimeoutMs; `gone`: the
 * client is, or has ended too early; `answered`: the answer was complete before; `cancelled`: by its reader.
 */
export type BodyFailure = 'refused' | 'timeout' | 'gone' | 'answered' | 'cancelled';

export class RequestBodyError extends Error {
  override readonly name = 'RequestBodyError';
  readonly failure: BodyFailure;
  /** Of http/refusal.ts, where something was refused; else 0. */
  readonly refusal: number;

  constructor(failure: BodyFailure, refusal: number) {
    super(`request content: ${failure}`);
    this.failure = failure;
    this.refusal = refusal;
  }
}

/** Who brings the content. */
export interface BodyFlow {
  /** It is asked for, for the first time. */
  begun(): void;
  /** More is wanted than before, or less: see isFull, isAwaited. */
  changed(): void;
}

export interface BodyReaderLimits {
  /** Of the content. */
  readonly bodyBytesMax: number;
  /** Of what is thrown away. */
  readonly discardBytesMax: number;
}

interface Waiting {
  resolve(result: IteratorResult<Uint8Array, undefined>): void;
  reject(error: RequestBodyError): void;
}

const NOTHING = new Uint8Array(0);

export class BodyReader implements RequestBodyReader, AsyncIterator<Uint8Array, undefined> {
  readonly bytes: number;
  readonly framing: RequestBody;
  begun = false;
  readonly #flow: BodyFlow;
  readonly #discardBytesMax: number;
  #held = NOTHING;
  #heldBytes = 0;
  #discardedBytes = 0;
  #waiting: Waiting | undefined = undefined;
  #failure: RequestBodyError | undefined = undefined;
  #broken = false;

  /** @param bytes as the head announced them, -1: chunked. @param isOpen it comes without chunks, and end() ends it. */
  constructor(bytes: number, limits: BodyReaderLimits, flow: BodyFlow, isOpen = false) {
    this.bytes = bytes;
    this.#flow = flow;
    this.#discardBytesMax = limits.discardBytesMax;
    this.framing = new RequestBody({ bodyBytesMax: limits.bodyBytesMax });
    if (isOpen && bytes < 0) this.framing.beginOpen();
    else this.framing.begin(bytes, bytes < 0);
    this.framing.onData = (data, start, end) => this.#take(data, start, end);
  }

  // ---- for the connection's owner ----

  /** bytes[start, end) have come. Returns the offset just past the content, or `end`. They are valid during the call only. */
  feed(bytes: Uint8Array, start: number, end: number): number {
    if (this.#broken) return end;
    const at = this.framing.feed(bytes, start, end);
    if (this.#waiting && this.#heldBytes > 0) this.#settle({ value: this.#takeHeld(), done: false });
    else if (this.framing.done) this.#settle({ value: undefined, done: true });
    return at;
  }

  /** Nothing more comes of one that is open. */
  end(): void {
    if (this.#broken || this.framing.done) return;
    this.framing.end();
    this.#settle({ value: undefined, done: true });
  }

  /** All of it has come. */
  get isWhole(): boolean {
    return this.framing.done;
  }

  /** Where it ends cannot be told any more, or is too far away: what comes is thrown away, and nothing on its connection is a request again. */
  get isBroken(): boolean {
    return this.#broken;
  }

  /** A refusal code, until break() was told; else 0. */
  get refusal(): number {
    return this.#broken ? NOTHING_REFUSED : this.framing.error;
  }

  /** More should not come now. */
  get isFull(): boolean {
    return this.#heldBytes >= HELD_BYTES_MAX;
  }

  /** The reader waits for the client. */
  get isAwaited(): boolean {
    return this.#waiting !== undefined;
  }

  /** To come still, as far as it is known. */
  get leftBytes(): number {
    return this.bytes < 0 ? 0 : this.bytes - this.framing.received;
  }

  /** Nobody gets any more of it: what comes is thrown away, as long as that is little. The first failure counts. */
  fail(failure: BodyFailure, refusal = NOTHING_REFUSED): void {
    if (this.#failure) return;
    this.#failure = new RequestBodyError(failure, refusal);
    this.#takeHeld();
    this.#waiting?.reject(this.#failure);
    this.#waiting = undefined;
  }

  /** fail(), and isBroken from now on. */
  break(failure: BodyFailure, refusal = NOTHING_REFUSED): void {
    this.#broken = true;
    this.fail(failure, refusal);
  }

  // ---- for the exchange ----

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<Uint8Array, undefined>> {
    if (this.#failure) return Promise.reject(this.#failure);
    if (this.#waiting) return Promise.reject(new Error('request content has one reader, who asks when it has got what it asked for'));
    if (!this.begun) {
      this.begun = true;
      this.#flow.begun();
    }
    if (this.#heldBytes > 0) {
      const value = this.#takeHeld();
      this.#flow.changed();
      return Promise.resolve({ value, done: false });
    }
    if (this.framing.done) return Promise.resolve({ value: undefined, done: true });
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject };
      this.#flow.changed();
    });
  }

  /** A loop over it was left. */
  return(): Promise<IteratorResult<Uint8Array, undefined>> {
    this.cancel();
    return Promise.resolve({ value: undefined, done: true });
  }

  cancel(): void {
    if (this.framing.done && this.#heldBytes === 0) return;
    this.fail('cancelled');
    this.#flow.changed();
  }

  #settle(result: IteratorResult<Uint8Array, undefined>): void {
    this.#waiting?.resolve(result);
    this.#waiting = undefined;
  }

  #take(data: Uint8Array, start: number, end: number): void {
    if (this.#failure) {
      this.#discardedBytes += end - start;
      if (this.#discardedBytes > this.#discardBytesMax) this.#broken = true;
      return;
    }
    const bytes = this.#heldBytes + end - start;
    // Tiny chunks are put together: an array for each would take many times their size.
    if (bytes > this.#held.length) {
      const larger = new Uint8Array(Math.max(bytes, 2 * this.#held.length));
      larger.set(this.#held.subarray(0, this.#heldBytes));
      this.#held = larger;
    }
    this.#held.set(data.subarray(start, end), this.#heldBytes);
    this.#heldBytes = bytes;
  }

  #takeHeld(): Uint8Array {
    const bytes = this.#held.subarray(0, this.#heldBytes);
    this.#held = NOTHING;
    this.#heldBytes = 0;
    return bytes;
  }
}
