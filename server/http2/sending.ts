// What leaves on a connection of HTTP/2, and when: frames of control first, then a frame of each stream in turn, as far as the windows of the
// client go (RFC 9113 §5.2). It is gathered once a burst, into one command.
import { NO_TABLE } from '../../http/hpack-encoder.ts';
import {
  FLAG_END_HEADERS, FLAG_END_STREAM, FRAME_BYTES_MAX, FRAME_CONTINUATION, FRAME_HEAD_BYTES, FRAME_HEADERS, putFrameHead, putUint32, WINDOW_BYTES, WINDOW_BYTES_MAX,
} from '../../http/frames.ts';
import { COMMAND_BYTES } from './bounds.ts';
import type { FrameWriter } from './frame-writer.ts';
import type { Http2Stream } from './stream.ts';

const NOTHING = new Uint8Array(0);

export class Sending {
  #control: Uint8Array[] = [];
  controlBytes = 0;
  /** Those that have something to send, the one whose turn it is first. */
  #ready: Http2Stream[] = [];
  /** Whose last frame is in the command that is under way. */
  #ending: Http2Stream[] = [];
  /** Of the connection, §6.9. */
  #window = WINDOW_BYTES;
  #frameMax = FRAME_BYTES_MAX;
  #saysNoTable = false;

  /** What the client takes in one frame (§6.5.2). Ours are never larger than what a record of TLS takes. */
  set frameBytesMax(bytes: number) {
    this.#frameMax = Math.min(bytes, FRAME_BYTES_MAX);
  }

  /** The client wants a smaller table for HPACK than it had: it is to be told that it has it (RFC 7541 §4.2). */
  shrinkTable(): void {
    this.#saysNoTable = true;
  }

  /** @param payload of 0 bytes or more. */
  control(type: number, flags: number, stream: number, payload: Uint8Array = NOTHING): void {
    const frame = new Uint8Array(FRAME_HEAD_BYTES + payload.length);
    frame.set(payload, putFrameHead(frame, 0, payload.length, type, flags, stream));
    this.#push(frame);
  }

  /** A frame with one number. */
  number(type: number, stream: number, value: number): void {
    const frame = new Uint8Array(FRAME_HEAD_BYTES + 4);
    putUint32(frame, putFrameHead(frame, 0, 4, type, 0, stream), value);
    this.#push(frame);
  }

  head(stream: Http2Stream, block: Uint8Array, ends: boolean): void {
    this.#push(this.#framed(stream.id, block, ends));
    if (ends) this.#ending.push(stream);
  }

  list(stream: Http2Stream): void {
    if (stream.isListed || !stream.isReady) return;
    stream.isListed = true;
    this.#ready.push(stream);
  }

  /** @returns false: more than there may be (§6.9.1). */
  widen(bytes: number): boolean {
    this.#window += bytes;
    return this.#window <= WINDOW_BYTES_MAX;
  }

  /** Whether something can leave. */
  get isWaiting(): boolean {
    return this.#control.length > 0 || (this.#ready.length > 0 && (this.#window > 0 || this.#ready.some((stream) => stream.endsBare)));
  }

  /** Into one command. */
  gather(writer: FrameWriter): void {
    for (const frame of this.#control) writer.bytes(frame);
    this.#control = [];
    this.controlBytes = 0;
    const waiting: Http2Stream[] = [];
    for (let left = COMMAND_BYTES; left > 0;) {
      const stream = this.#ready.shift();
      if (!stream) break;
      stream.isListed = false;
      if (!stream.isReady) continue;
      if (stream.endsBare) {
        this.#end(stream, writer);
      } else if (this.#window <= 0) {
        waiting.push(stream);
      } else {
        const { bytes, ends } = stream.put(writer, Math.min(this.#frameMax, this.#window));
        this.#window -= bytes;
        left -= bytes;
        if (ends) this.#ending.push(stream);
        else this.list(stream);
      }
    }
    for (const stream of waiting) this.list(stream);
  }

  /** Those whose last frame the kernel has. */
  takeEnded(): readonly Http2Stream[] {
    const ended = this.#ending;
    this.#ending = [];
    return ended;
  }

  #end(stream: Http2Stream, writer: FrameWriter): void {
    const trailers = stream.takeTrailers();
    if (trailers) writer.bytes(this.#framed(stream.id, trailers, true));
    else stream.put(writer, 0);
    this.#ending.push(stream);
  }

  /** A block in as many frames as it takes (§4.3). */
  #framed(stream: number, block: Uint8Array, ends: boolean): Uint8Array {
    const whole = this.#saysNoTable ? Buffer.concat([NO_TABLE, block]) : block;
    this.#saysNoTable = false;
    const count = Math.max(1, Math.ceil(whole.length / this.#frameMax));
    const frames = new Uint8Array(whole.length + count * FRAME_HEAD_BYTES);
    let at = 0;
    for (let i = 0, from = 0; i < count; ++i) {
      const piece = whole.subarray(from, from + this.#frameMax);
      const flags = (i === 0 && ends ? FLAG_END_STREAM : 0) | (i === count - 1 ? FLAG_END_HEADERS : 0);
      at = putFrameHead(frames, at, piece.length, i === 0 ? FRAME_HEADERS : FRAME_CONTINUATION, flags, stream);
      frames.set(piece, at);
      at += piece.length;
      from += piece.length;
    }
    return frames;
  }

  #push(frame: Uint8Array): void {
    this.#control.push(frame);
    this.controlBytes += frame.length;
  }
}
