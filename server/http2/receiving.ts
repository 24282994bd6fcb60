// Frames of a client, each held against RFC 9113: what is an error of the connection ends it (§5.4.1), what is one of a stream resets that.
import { HpackDecoder } from '../../http/hpack-decoder.ts';
import { TABLE_BYTES } from '../../http/hpack-tables.ts';
import {
  COMPRESSION_ERROR, ENHANCE_YOUR_CALM, FLAG_ACK, FLAG_END_HEADERS, FLAG_END_STREAM, FLAG_PADDED, FLAG_PRIORITY, FLOW_CONTROL_ERROR, FRAME_CONTINUATION, FRAME_DATA,
  FRAME_GOAWAY, FRAME_HEADERS, FRAME_PING, FRAME_PRIORITY, FRAME_PUSH_PROMISE, FRAME_RST_STREAM, FRAME_SETTINGS, FRAME_SIZE_ERROR, FRAME_WINDOW_UPDATE, FrameReader,
  NO_ERROR, PROTOCOL_ERROR, REFUSED_STREAM, SETTINGS_ENABLE_PUSH, SETTINGS_HEADER_TABLE_SIZE, SETTINGS_INITIAL_WINDOW_SIZE, SETTINGS_MAX_FRAME_SIZE, STREAM_CLOSED, uint16At, uint31At, uint32At,
  WINDOW_BYTES, WINDOW_BYTES_MAX,
} from '../../http/frames.ts';
import { HEAD_TOO_LARGE } from '../../http/refusal.ts';
import type { LoopLimits } from '../limits.ts';
import { CONNECTION_WINDOW_BYTES } from './bounds.ts';
import { FrameBudget } from './frame-budget.ts';
import type { Http2Session } from './session.ts';

const FRAME_BYTES_LEAST = 2 ** 14;
const FRAME_BYTES_MOST = 2 ** 24 - 1;
const PRIORITY_BYTES = 5;

/** A field block that comes in several frames. */
interface Block {
  readonly stream: number;
  readonly flags: number;
  readonly dependsOnItself: boolean;
  readonly bytes: Uint8Array;
  length: number;
}

/** Where the payload of a frame is, without its padding. */
interface Payload {
  readonly start: number;
  readonly end: number;
}

export class Receiving {
  /** The highest that a client has used. */
  lastStream = 0;
  /** What the client may send on the connection. */
  window = CONNECTION_WINDOW_BYTES;
  readonly #session: Http2Session;
  readonly #reader: FrameReader;
  readonly #decoder: HpackDecoder;
  readonly #budget = new FrameBudget();
  readonly #blockBytesMax: number;
  #block: Block | undefined;
  #hasSettings = false;
  #error = NO_ERROR;
  /** Of the client, for each stream. */
  #initialWindow = WINDOW_BYTES;

  constructor(session: Http2Session, { headBytesMax }: LoopLimits) {
    this.#session = session;
    this.#blockBytesMax = 2 * headBytesMax;
    this.#decoder = new HpackDecoder(2 * headBytesMax);
    this.#reader = new FrameReader((...frame) => {
      this.#error = this.#frame(...frame);
      return this.#error === NO_ERROR;
    });
  }

  /** @returns the code of a connection error. */
  feed(bytes: Uint8Array, start: number, end: number): number {
    const failed = this.#reader.feed(bytes, start, end);
    return failed === NO_ERROR ? this.#error : failed;
  }

  #frame(type: number, flags: number, stream: number, bytes: Uint8Array, start: number, end: number): number {
    if (!this.#budget.take(type, end - start, this.#session.parts.loop.nowMs)) return ENHANCE_YOUR_CALM;
    if (this.#block ? type !== FRAME_CONTINUATION || stream !== this.#block.stream : type === FRAME_CONTINUATION) return PROTOCOL_ERROR; // §6.10
    if (!this.#hasSettings && type !== FRAME_SETTINGS) return PROTOCOL_ERROR; // §3.4
    switch (type) {
      case FRAME_DATA: return this.#data(flags, stream, bytes, start, end);
      case FRAME_HEADERS: return this.#headers(flags, stream, bytes, start, end);
      case FRAME_PRIORITY: return this.#priority(stream, bytes, start, end);
      case FRAME_RST_STREAM: return this.#reset(stream, end - start);
      case FRAME_SETTINGS: return this.#settings(flags, stream, bytes, start, end);
      case FRAME_PUSH_PROMISE: return PROTOCOL_ERROR; // §8.4
      case FRAME_PING: return this.#ping(flags, stream, bytes, start, end);
      case FRAME_GOAWAY: return stream !== 0 ? PROTOCOL_ERROR : end - start < 8 ? FRAME_SIZE_ERROR : NO_ERROR;
      case FRAME_WINDOW_UPDATE: return this.#windowUpdate(stream, bytes, start, end);
      case FRAME_CONTINUATION: return this.#continuation(flags, bytes, start, end);
      default: return NO_ERROR; // §5.5
    }
  }

  // ---- requests ----

  #headers(flags: number, id: number, bytes: Uint8Array, start: number, end: number): number {
    if (id % 2 === 0) return PROTOCOL_ERROR; // §5.1.1
    const payload = unpadded(flags, bytes, start, end);
    if (!payload) return PROTOCOL_ERROR;
    let from = payload.start;
    let dependsOnItself = false;
    if ((flags & FLAG_PRIORITY) !== 0) {
      if (payload.end - from < PRIORITY_BYTES) return FRAME_SIZE_ERROR;
      dependsOnItself = uint31At(bytes, from) === id;
      from += PRIORITY_BYTES;
    }
    if ((flags & FLAG_END_HEADERS) !== 0) return this.#fields(id, flags, dependsOnItself, bytes, from, payload.end);
    const block: Block = { stream: id, flags, dependsOnItself, bytes: new Uint8Array(this.#blockBytesMax), length: 0 };
    this.#block = block;
    return append(block, bytes, from, payload.end);
  }

  #continuation(flags: number, bytes: Uint8Array, start: number, end: number): number {
    const block = this.#block!;
    const failed = append(block, bytes, start, end);
    if (failed !== NO_ERROR || (flags & FLAG_END_HEADERS) === 0) return failed;
    this.#block = undefined;
    return this.#fields(block.stream, block.flags, block.dependsOnItself, block.bytes, 0, block.length);
  }

  #fields(id: number, flags: number, dependsOnItself: boolean, bytes: Uint8Array, start: number, end: number): number {
    const session = this.#session;
    const fields = this.#decoder.decode(bytes, start, end);
    if (!fields) return COMPRESSION_ERROR; // §4.3
    const ended = (flags & FLAG_END_STREAM) !== 0;
    const stream = session.stream(id);
    if (stream) {
      // Trailers: §8.1
      if (stream.remoteEnded) stream.reset(STREAM_CLOSED);
      else if (!ended || dependsOnItself || fields.some((name, i) => i % 2 === 0 && name.startsWith(':'))) stream.reset(PROTOCOL_ERROR);
      else session.ended(stream);
      return NO_ERROR;
    }
    if (id <= this.lastStream) return late(session.endedBy(id));
    this.lastStream = id;
    if (!session.takesStreams) return NO_ERROR; // §6.8
    if (session.isFull) session.resetId(id, REFUSED_STREAM); // §5.1.2
    else if (dependsOnItself) session.resetId(id, PROTOCOL_ERROR);
    else session.open(id, this.#initialWindow, this.#decoder.isTooLong ? HEAD_TOO_LARGE : fields, ended);
    return NO_ERROR;
  }

  #data(flags: number, id: number, bytes: Uint8Array, start: number, end: number): number {
    const session = this.#session;
    if (id === 0) return PROTOCOL_ERROR;
    const payload = unpadded(flags, bytes, start, end);
    if (!payload) return PROTOCOL_ERROR;
    const length = end - start;
    this.window -= length; // §6.9.1: padding, too
    if (this.window < 0) return FLOW_CONTROL_ERROR;
    const stream = session.stream(id);
    if (!stream || stream.remoteEnded) {
      if (id > this.lastStream) return PROTOCOL_ERROR; // §5.1: it is idle
      session.credit(undefined, length);
      if (stream) stream.reset(STREAM_CLOSED);
      else if (session.endedBy(id) !== 'server') session.resetId(id, STREAM_CLOSED);
      return NO_ERROR;
    }
    stream.receiveWindow -= length;
    if (stream.receiveWindow < 0) {
      session.credit(undefined, length);
      stream.reset(FLOW_CONTROL_ERROR);
      return NO_ERROR;
    }
    const padding = length - (payload.end - payload.start);
    if (padding > 0) session.credit(stream, padding);
    if (payload.end > payload.start) stream.receive(bytes, payload.start, payload.end);
    if ((flags & FLAG_END_STREAM) !== 0 && !stream.isClosed) session.ended(stream);
    return NO_ERROR;
  }

  /** §5.3.1 of RFC 7540, and nothing else of it: it is not obeyed. */
  #priority(id: number, bytes: Uint8Array, start: number, end: number): number {
    if (id === 0) return PROTOCOL_ERROR;
    const code = end - start !== PRIORITY_BYTES ? FRAME_SIZE_ERROR : uint31At(bytes, start) === id ? PROTOCOL_ERROR : NO_ERROR;
    if (code === NO_ERROR) return NO_ERROR;
    const stream = this.#session.stream(id);
    if (!stream) return id > this.lastStream ? code : NO_ERROR;
    stream.reset(code);
    return NO_ERROR;
  }

  #reset(id: number, length: number): number {
    if (length !== 4) return FRAME_SIZE_ERROR;
    if (id === 0 || id > this.lastStream) return PROTOCOL_ERROR; // §6.4
    const stream = this.#session.stream(id);
    if (stream) this.#session.aborted(stream);
    return NO_ERROR;
  }

  // ---- the connection ----

  #settings(flags: number, id: number, bytes: Uint8Array, start: number, end: number): number {
    if (id !== 0) return PROTOCOL_ERROR;
    if ((flags & FLAG_ACK) !== 0) return end > start ? FRAME_SIZE_ERROR : NO_ERROR;
    if ((end - start) % 6 !== 0) return FRAME_SIZE_ERROR;
    this.#hasSettings = true;
    for (let at = start; at < end; at += 6) {
      const failed = this.#setting(uint16At(bytes, at), uint32At(bytes, at + 2));
      if (failed !== NO_ERROR) return failed;
    }
    this.#session.sending.control(FRAME_SETTINGS, FLAG_ACK, 0);
    this.#session.changed();
    return NO_ERROR;
  }

  #setting(name: number, value: number): number {
    const { sending } = this.#session;
    if (name === SETTINGS_ENABLE_PUSH) return value > 1 ? PROTOCOL_ERROR : NO_ERROR;
    if (name === SETTINGS_HEADER_TABLE_SIZE) {
      if (value < TABLE_BYTES) sending.shrinkTable();
    } else if (name === SETTINGS_MAX_FRAME_SIZE) {
      if (value < FRAME_BYTES_LEAST || value > FRAME_BYTES_MOST) return PROTOCOL_ERROR;
      sending.frameBytesMax = value;
    } else if (name === SETTINGS_INITIAL_WINDOW_SIZE) {
      if (value > WINDOW_BYTES_MAX) return FLOW_CONTROL_ERROR;
      const more = value - this.#initialWindow;
      this.#initialWindow = value;
      for (const stream of this.#session.streams()) {
        stream.sendWindow += more; // §6.9.2
        if (stream.sendWindow > WINDOW_BYTES_MAX) return FLOW_CONTROL_ERROR;
        sending.list(stream);
      }
    }
    return NO_ERROR;
  }

  #ping(flags: number, id: number, bytes: Uint8Array, start: number, end: number): number {
    if (id !== 0) return PROTOCOL_ERROR;
    if (end - start !== 8) return FRAME_SIZE_ERROR;
    if ((flags & FLAG_ACK) !== 0) return NO_ERROR;
    this.#session.sending.control(FRAME_PING, FLAG_ACK, 0, bytes.slice(start, end));
    this.#session.changed();
    return NO_ERROR;
  }

  #windowUpdate(id: number, bytes: Uint8Array, start: number, end: number): number {
    if (end - start !== 4) return FRAME_SIZE_ERROR;
    const more = uint31At(bytes, start);
    const { sending } = this.#session;
    if (id === 0) {
      if (more === 0) return PROTOCOL_ERROR;
      this.#session.changed();
      return sending.widen(more) ? NO_ERROR : FLOW_CONTROL_ERROR;
    }
    if (id > this.lastStream) return PROTOCOL_ERROR;
    const stream = this.#session.stream(id);
    if (!stream) return NO_ERROR;
    if (more === 0) {
      stream.reset(PROTOCOL_ERROR);
    } else {
      stream.sendWindow += more;
      if (stream.sendWindow > WINDOW_BYTES_MAX) stream.reset(FLOW_CONTROL_ERROR);
      else sending.list(stream);
      this.#session.changed();
    }
    return NO_ERROR;
  }
}

/** Fields on a stream that is closed, or was never opened: §5.1, §5.1.1. */
function late(endedBy: 'server' | 'client' | undefined): number {
  return endedBy === 'server' ? NO_ERROR : endedBy === 'client' ? STREAM_CLOSED : PROTOCOL_ERROR;
}

/** §6.1, undefined: there is more padding than payload. */
function unpadded(flags: number, bytes: Uint8Array, start: number, end: number): Payload | undefined {
  if ((flags & FLAG_PADDED) === 0) return { start, end };
  if (start === end) return undefined;
  const payload = { start: start + 1, end: end - bytes[start]! };
  return payload.end < payload.start ? undefined : payload;
}

function append(block: Block, bytes: Uint8Array, start: number, end: number): number {
  if (block.length + end - start > block.bytes.length) return ENHANCE_YOUR_CALM;
  block.bytes.set(bytes.subarray(start, end), block.length);
  block.length += end - start;
  return NO_ERROR;
}
