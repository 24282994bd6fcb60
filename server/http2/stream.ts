// One stream (RFC 9113 §5): what of its answer has yet to leave, and how much either side may send. Frames are its session's.
import { FLAG_END_STREAM, FRAME_DATA } from '../../http/frames.ts';
import { SPAN_BYTES, type Span } from '../plan.ts';
import { STREAM_QUEUE_BYTES, STREAM_WINDOW_BYTES } from './bounds.ts';
import type { FrameWriter } from './frame-writer.ts';

/** Whose stream it is. */
export interface StreamOwner {
  /** bytes[start, end) of the content have come; valid during the call only. */
  data(bytes: Uint8Array, start: number, end: number): void;
  /** All of the content has come. */
  dataEnded(): void;
  /** More of the content should not come now. */
  readonly isFull: boolean;
  /** The client has let some of the answer go. */
  progressed(): void;
  /** The kernel has all of the answer. */
  finished(): void;
  /** About once a second. */
  look(nowMs: number): void;
  /** It is over, for whatever reason; nothing more is told. */
  closed(): void;
}

/** What its session does for it. */
export interface StreamSession {
  /** @param ends with it. */
  head(stream: Http2Stream, block: Uint8Array, ends: boolean): void;
  /** There is something to send, or nothing more. */
  ready(stream: Http2Stream): void;
  /** RFC 9113 §5.4.2 */
  reset(stream: Http2Stream, code: number): void;
  /** So much of the content is not held any more. */
  credit(stream: Http2Stream, bytes: number): void;
}

export class Http2Stream {
  readonly id: number;
  owner!: StreamOwner;
  /** What the client takes; negative where it has changed its mind (§6.9.2). */
  sendWindow: number;
  /** What it may send. */
  receiveWindow = STREAM_WINDOW_BYTES;
  /** Taken, and not told to the client. */
  credited = 0;
  /** The client has sent all. */
  remoteEnded: boolean;
  /** The kernel has all of the answer. */
  isFinished = false;
  isClosed = false;
  /** It is in its session's list of those that have something to send. */
  isListed = false;
  readonly #session: StreamSession;
  #spans: Span[] = [];
  #offset = 0;
  #bytes = 0;
  #held = 0;
  #ending = false;
  /** The last frame of the answer is on its way. */
  #ended = false;
  #trailers: Uint8Array | undefined;
  #room: ((isWanted: boolean) => void) | undefined;

  constructor(id: number, session: StreamSession, sendWindow: number, remoteEnded: boolean) {
    this.id = id;
    this.#session = session;
    this.sendWindow = sendWindow;
    this.remoteEnded = remoteEnded;
  }

  // ---- for its owner ----

  /** @param block of HPACK. */
  respond(block: Uint8Array, ends: boolean): void {
    if (!this.isClosed) this.#session.head(this, block, ends);
  }

  /** The spans' records stay with whoever has given them, until it is closed. */
  send(spans: readonly Span[]): void {
    if (this.isClosed) return;
    for (const span of spans) {
      this.#spans.push(span);
      this.#bytes += span.length;
    }
    this.#session.ready(this);
  }

  /** Nothing follows but `trailers`. */
  end(trailers?: Uint8Array): void {
    if (this.isClosed) return;
    this.#ending = true;
    this.#trailers = trailers;
    this.#session.ready(this);
  }

  /** Resolves when more should be sent, or with false: nobody takes it any more. */
  room(): Promise<boolean> | boolean {
    if (this.isClosed || this.#bytes < STREAM_QUEUE_BYTES) return !this.isClosed;
    return new Promise((resolve) => (this.#room = resolve));
  }

  reset(code: number): void {
    if (!this.isClosed) this.#session.reset(this, code);
  }

  /** Bytes of the answer that its client has yet to let go. */
  get waitingBytes(): number {
    return this.#bytes;
  }

  /** The content that was kept is wanted. */
  resume(): void {
    if (this.#held === 0 || this.isClosed || this.owner.isFull) return;
    const bytes = this.#held;
    this.#held = 0;
    this.#session.credit(this, bytes);
  }

  // ---- for its session ----

  receive(bytes: Uint8Array, start: number, end: number): void {
    this.#held += end - start;
    this.owner.data(bytes, start, end);
    this.resume();
  }

  /** What it holds when it is closed is nobody's: the connection's window is for others. */
  takeHeld(): number {
    const bytes = this.#held;
    this.#held = 0;
    return bytes;
  }

  /** Whether something can leave now. */
  get isReady(): boolean {
    if (this.isClosed || this.#ended) return false;
    return this.#bytes > 0 ? this.sendWindow > 0 : this.#ending;
  }

  /** Trailers, or nothing but the end, are all that is left. */
  get endsBare(): boolean {
    return this.#bytes === 0 && this.#ending;
  }

  /** Trailers that are the last frame, and leave now. */
  takeTrailers(): Uint8Array | undefined {
    this.#ended = this.#trailers !== undefined;
    return this.#trailers;
  }

  /** One frame with at most so many bytes. @returns how many those are; `ends` tells whether it was the last. */
  put(writer: FrameWriter, bytesMax: number): { readonly bytes: number; readonly ends: boolean } {
    const bytes = Math.min(this.#bytes, bytesMax, Math.max(0, this.sendWindow));
    const ends = this.#ending && bytes === this.#bytes && this.#trailers === undefined;
    this.#ended = ends;
    writer.head(bytes, FRAME_DATA, ends ? FLAG_END_STREAM : 0, this.id);
    this.#take(writer, bytes);
    this.sendWindow -= bytes;
    this.owner.progressed();
    if (this.#room && this.#bytes < STREAM_QUEUE_BYTES) {
      this.#room(true);
      this.#room = undefined;
    }
    return { bytes, ends };
  }

  /** Nothing more leaves. */
  close(): void {
    this.isClosed = true;
    this.#spans = [];
    this.#bytes = 0;
    this.#room?.(false);
    this.owner.closed();
  }

  #take(writer: FrameWriter, bytes: number): void {
    for (let left = bytes; left > 0;) {
      const span = this.#spans[0]!;
      const length = Math.min(left, span.length - this.#offset);
      if (span.kind === SPAN_BYTES) writer.bytes(span.data.subarray(this.#offset, this.#offset + length));
      else writer.record({ ...span, offset: span.offset + this.#offset, length });
      left -= length;
      this.#bytes -= length;
      this.#offset += length;
      if (this.#offset < span.length) continue;
      this.#spans.shift();
      this.#offset = 0;
    }
  }
}
