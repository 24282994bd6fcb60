// A connection of HTTP/2: its streams, its life, and what the client may cost. Frames that come are receiving.ts's, frames that leave sending.ts's.
//
// Invariant: as long as there is a stream, the connection is busy to the loop.
import { FRAME_GOAWAY, FRAME_RST_STREAM, FRAME_SETTINGS, FRAME_WINDOW_UPDATE, NO_ERROR, putUint32, WINDOW_BYTES, SETTINGS_INITIAL_WINDOW_SIZE, SETTINGS_MAX_CONCURRENT_STREAMS, SETTINGS_MAX_HEADER_LIST_SIZE } from '../../http/frames.ts';
import { layout } from '../../native/index.ts';
import type { Connection } from '../connection.ts';
import { WAIT_FIRST, WAIT_IDLE, WAIT_STREAMS } from '../deadlines.ts';
import { CLOSED_STREAMS_KEPT, CONNECTION_WINDOW_BYTES, CONTROL_BYTES_MAX, STREAM_WINDOW_BYTES, STREAMS_MAX } from './bounds.ts';
import type { FrameWriter } from './frame-writer.ts';
import { Receiving } from './receiving.ts';
import { Http2Request } from './request.ts';
import { Sending } from './sending.ts';
import type { SessionParts } from './sessions.ts';
import { Http2Stream, type StreamSession } from './stream.ts';

/** How often requests that wait are looked at. */
const LOOK_EVERY_MS = 1000;
/** RFC 9113 §6.8: a first GOAWAY names this, so that what is on its way is answered still. */
const LAST_STREAM = 2 ** 31 - 1;
/** For what may be on its way, before the second. */
const DRAINING_MS = 500;

/** What still comes on a stream that we have reset was on its way (RFC 9113 §5.1); its client knows that it has ended a stream itself. */
type EndedBy = 'server' | 'client';

export class Http2Session implements StreamSession {
  readonly connection: Connection;
  readonly parts: SessionParts;
  readonly sending = new Sending();
  /** Of those that have something to send. */
  isListed = false;
  readonly #receiving: Receiving;
  readonly #streams = new Map<number, Http2Stream>();
  /** Who has ended them; the oldest first. */
  readonly #closed = new Map<number, EndedBy>();
  #credited = 0;
  #lookedMs = 0;
  #idleWait = WAIT_FIRST;
  /** GOAWAY was sent: what is there is answered still. */
  #leaving = false;
  /** Nothing more is read or answered. */
  #over = false;

  constructor(connection: Connection, parts: SessionParts) {
    this.connection = connection;
    this.parts = parts;
    this.#receiving = new Receiving(this, parts.limits);
    connection.wake = () => this.settled();
    this.sending.control(FRAME_SETTINGS, 0, 0, settingsOf(parts.limits.headBytesMax));
    this.sending.number(FRAME_WINDOW_UPDATE, 0, CONNECTION_WINDOW_BYTES - WINDOW_BYTES);
    parts.changed(this);
  }

  // ---- for the loop ----

  get inFlight(): number {
    return this.#streams.size;
  }

  /** bytes[start, end) have come. They are valid during the call only. */
  receive(bytes: Uint8Array, start: number, end: number): void {
    if (this.#over) return;
    const failed = this.#receiving.feed(bytes, start, end);
    if (failed !== NO_ERROR) this.fail(failed);
    else if (this.sending.controlBytes > CONTROL_BYTES_MAX) this.parts.loop.close(this.connection, true); // it asks and does not read
  }

  /** The peer has sent FIN: what it has asked for by then is answered. */
  inputEnded(): void {
    this.#leaving = true;
  }

  /** No request has come for long enough. */
  retire(): void {
    this.#leave();
    this.#finishIfIdle();
  }

  /** The client is told, what it has asked by then is answered, and then the connection ends. */
  drain(): void {
    if (this.#over || this.#leaving) return;
    this.#goAway(LAST_STREAM, NO_ERROR);
    setTimeout(() => {
      this.#leave();
      this.#finishIfIdle();
      this.parts.loop.flushSoon();
    }, DRAINING_MS);
  }

  /** A deadline has passed, or something was sent: requests that have waited too long are ended. */
  look(): void {
    const { nowMs } = this.parts.loop;
    if (nowMs - this.#lookedMs >= LOOK_EVERY_MS) {
      this.#lookedMs = nowMs;
      for (const { owner } of this.#streams.values()) owner.look(nowMs);
    }
    this.#wait();
  }

  /** What is to leave, into one command, behind the one that is under way if that is the last. @returns whether there was anything. */
  gather(writer: FrameWriter): boolean {
    const { connection, sending } = this;
    if (connection.gone || (connection.unsent.length > 0 && !this.#over) || !sending.isWaiting) return false;
    sending.gather(writer);
    if (writer.isEmpty) return false;
    this.parts.outbox.pieces(connection, writer.take(), layout.after.KEEP);
    return true;
  }

  /** Everything that was gathered is with the kernel, or the connection is gone. */
  settled(): void {
    const { connection } = this;
    if (connection.gone) return this.#end();
    if (connection.unsent.length > 0) return;
    for (const stream of this.sending.takeEnded()) this.#finished(stream);
    if (!connection.closing) this.look();
    if (this.sending.isWaiting) this.parts.changed(this);
  }

  // ---- for what is received ----

  stream(id: number): Http2Stream | undefined {
    return this.#streams.get(id);
  }

  streams(): Iterable<Http2Stream> {
    return this.#streams.values();
  }

  /** Of a stream that was closed not long ago. */
  endedBy(id: number): EndedBy | undefined {
    return this.#closed.get(id);
  }

  get isFull(): boolean {
    return this.#streams.size >= STREAMS_MAX;
  }

  get takesStreams(): boolean {
    return !this.#leaving;
  }

  /** @param window of the client for what is sent on one stream. @param fields as they came; a number: they are refused for that (http/refusal.ts). */
  open(id: number, window: number, fields: readonly string[] | number, ended: boolean): void {
    const stream = new Http2Stream(id, this, window, ended);
    const request = new Http2Request(this, stream);
    stream.owner = request;
    this.#idleWait = WAIT_IDLE;
    this.#streams.set(id, stream);
    if (this.#streams.size === 1) {
      this.connection.answering = true;
      this.#wait();
    }
    if (typeof fields === 'number') request.refuse(fields);
    else request.begin(fields, ended);
  }

  /** All of its content has come. */
  ended(stream: Http2Stream): void {
    stream.remoteEnded = true;
    stream.owner.dataEnded();
    if (stream.isFinished) this.#close(stream);
  }

  /** The client has reset it. */
  aborted(stream: Http2Stream): void {
    this.#close(stream);
  }

  /** RFC 9113 §5.4.1: the client is told why, and the connection ends. */
  fail(code: number): void {
    if (this.#over) return;
    this.#goAway(this.#receiving.lastStream, code);
    this.#finish();
  }

  /** A frame of control, or a window, is to leave, or may. */
  changed(): void {
    this.parts.changed(this);
  }

  // ---- StreamSession ----

  head(stream: Http2Stream, block: Uint8Array, ends: boolean): void {
    this.sending.head(stream, block, ends);
    this.changed();
  }

  ready(stream: Http2Stream): void {
    this.sending.list(stream);
    this.changed();
  }

  reset(stream: Http2Stream, code: number): void {
    this.resetId(stream.id, code);
    this.#close(stream);
  }

  /** Of one that is closed, or never was. */
  resetId(id: number, code: number): void {
    this.sending.number(FRAME_RST_STREAM, id, code);
    this.#remember(id, 'server');
    this.changed();
  }

  credit(stream: Http2Stream | undefined, bytes: number): void {
    this.#credited += bytes;
    if (this.#credited >= CONNECTION_WINDOW_BYTES / 2) {
      this.#receiving.window += this.#credited;
      this.sending.number(FRAME_WINDOW_UPDATE, 0, this.#credited);
      this.#credited = 0;
    }
    if (stream && !stream.remoteEnded && !stream.isClosed) {
      stream.credited += bytes;
      if (stream.credited >= STREAM_WINDOW_BYTES / 2) {
        stream.receiveWindow += stream.credited;
        this.sending.number(FRAME_WINDOW_UPDATE, stream.id, stream.credited);
        stream.credited = 0;
      }
    }
    this.changed();
  }

  // ---- life ----

  #finished(stream: Http2Stream): void {
    if (stream.isClosed) return;
    stream.isFinished = true;
    stream.owner.finished();
    if (stream.remoteEnded) this.#close(stream);
  }

  #close(stream: Http2Stream): void {
    if (stream.isClosed) return;
    this.#streams.delete(stream.id);
    if (!this.#closed.has(stream.id)) this.#remember(stream.id, 'client');
    const held = stream.takeHeld();
    stream.close();
    if (held > 0) this.credit(undefined, held);
    if (this.#streams.size > 0) return;
    const { connection } = this;
    connection.answering = false;
    if (connection.gone || connection.closing) return;
    if (this.#leaving) this.#finishIfIdle();
    else this.#wait();
  }

  #remember(id: number, by: EndedBy): void {
    this.#closed.set(id, by);
    if (this.#closed.size <= CLOSED_STREAMS_KEPT) return;
    const [oldest] = this.#closed.keys();
    this.#closed.delete(oldest!);
  }

  #goAway(last: number, code: number): void {
    const payload = new Uint8Array(8);
    putUint32(payload, putUint32(payload, 0, last), code);
    this.sending.control(FRAME_GOAWAY, 0, 0, payload);
    this.changed();
  }

  /** No more requests. */
  #leave(): void {
    if (this.#over || this.#leaving) return;
    this.#leaving = true;
    this.#goAway(this.#receiving.lastStream, NO_ERROR);
  }

  #finishIfIdle(): void {
    if (this.#leaving && this.#streams.size === 0) this.#finish();
  }

  /** What is queued leaves, and then the connection ends. */
  #finish(): void {
    if (this.#over) return;
    this.#over = true;
    for (const stream of [...this.#streams.values()]) this.#close(stream);
    if (this.connection.gone) return;
    this.parts.finish(this);
  }

  #end(): void {
    this.#over = true;
    for (const stream of [...this.#streams.values()]) this.#close(stream);
  }

  #wait(): void {
    const { connection } = this;
    if (connection.unsent.length === 0) this.parts.loop.wait(connection, this.#streams.size > 0 ? WAIT_STREAMS : this.#idleWait);
  }
}

function settingsOf(headBytesMax: number): Uint8Array {
  const settings = [
    [SETTINGS_MAX_CONCURRENT_STREAMS, STREAMS_MAX], [SETTINGS_INITIAL_WINDOW_SIZE, STREAM_WINDOW_BYTES], [SETTINGS_MAX_HEADER_LIST_SIZE, 2 * headBytesMax],
  ] as const;
  const payload = new Uint8Array(6 * settings.length);
  for (const [i, [name, value]] of settings.entries()) {
    payload[6 * i + 1] = name;
    putUint32(payload, 6 * i + 2, value);
  }
  return payload;
}
