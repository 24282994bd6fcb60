// Frames that leave in one command: bytes in an area that is used again, and records in between. One for each thread.
import { FRAME_HEAD_BYTES, putFrameHead } from '../../http/frames.ts';
import { SPAN_BYTES, type Span } from '../plan.ts';

export class FrameWriter {
  #area = new Uint8Array(64 << 10);
  #at = 0;
  /** From here on the area is in no span yet. */
  #from = 0;
  #spans: Span[] = [];

  get isEmpty(): boolean {
    return this.#spans.length === 0 && this.#at === 0;
  }

  head(length: number, type: number, flags: number, stream: number): void {
    this.#room(FRAME_HEAD_BYTES);
    this.#at = putFrameHead(this.#area, this.#at, length, type, flags, stream);
  }

  bytes(data: Uint8Array): void {
    this.#room(data.length);
    this.#area.set(data, this.#at);
    this.#at += data.length;
  }

  record(span: Span): void {
    this.#cut();
    this.#spans.push(span);
  }

  /** All of it. It is valid until the next is written. */
  take(): readonly Span[] {
    this.#cut();
    const spans = this.#spans;
    this.#spans = [];
    this.#at = this.#from = 0;
    return spans;
  }

  #cut(): void {
    if (this.#from === this.#at) return;
    const data = this.#area.subarray(this.#from, this.#at);
    this.#spans.push({ kind: SPAN_BYTES, data, length: data.length });
    this.#from = this.#at;
  }

  /** Spans that are there keep the area that they are in. */
  #room(bytes: number): void {
    if (this.#at + bytes <= this.#area.length) return;
    this.#cut();
    this.#area = new Uint8Array(Math.max(this.#area.length, bytes));
    this.#at = this.#from = 0;
  }
}
