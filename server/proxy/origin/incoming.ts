/**
 * What arrives from an origin, before undici reads it. undici 7 leaves four things to be done here:
 *
 *   100 (Continue)   it ends the connection; a client has to bear it "even if the client does not expect one" (RFC 9110 §15.2).
 *                    Dropped here: whoever asks an origin has answered its client's Expect already.
 *   version          it does not tell it; a 1.0 answer has no transfer codings (RFC 9112 §6.1). It refuses 1.2.
 *   endless heads    it counts names and values only: not blank lines, not the reason phrase.
 *   backpressure     while its parser is paused, a FIN or RST throws where nobody can catch it (nodejs/undici#5360, mended in 8).
 *                    So its parser is never paused: it finds nothing to read. The socket's buffer fills, and then the peer waits.
 *
 * It stands in the place of socket.read, which is how undici takes bytes:
 *
 *   through ──► start of a head ──► final head ──► through
 *    begin()     └─◄─ 1xx ─┘                headEnded()
 */
import type { Socket } from 'node:net';
import { CR, LF } from '../../../http/characters.ts';
import { latin1Text } from '../../../http/latin1.ts';
import { HeadFault } from './failure.ts';

const PREFIX = Buffer.from('HTTP/');
const MINOR_AT = 7;
const ONE = 0x31;
const NINE = 0x39;
/** "HTTP/1.1 100": up to here it is known what follows. */
const STATUS_END = 12;
/** Interim heads that are longer are left for undici to judge. */
const INTERIM_BYTES_MAX = 8_192;

const WAIT = 0;

const THROUGH = 0;
const START = 1;
const FINAL_HEAD = 2;

export class Incoming {
  /** '1.1'; '' where the head does not begin as one of HTTP. */
  version = '';
  /** Whether anything has come since begin(). */
  answered = false;
  /** The peer has sent FIN or RST. */
  ended = false;
  /** The peer has sent RST: what the end of the connection delimits may be cut short. */
  reset = false;
  readonly #socket: Socket;
  readonly #read: (size?: number) => Buffer | null;
  readonly #headBytesMax: number;
  #stage = THROUGH;
  #headBytes = 0;
  #kept: Buffer | undefined;
  #paused = false;

  constructor(socket: Socket, headBytesMax: number) {
    this.#socket = socket;
    this.#headBytesMax = headBytesMax;
    this.#read = socket.read.bind(socket) as (size?: number) => Buffer | null;
    // The stream reads with a size of its own when it looks for the end; that must not be held up.
    socket.read = (size?: number): Buffer | null => (size === undefined ? this.#next() : this.#read(size));
    socket.on('end', () => void (this.ended = true));
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNRESET') this.ended = this.reset = true;
    });
  }

  /** A request goes out on this connection: what comes now is its answer. */
  begin(): void {
    this.version = '';
    this.answered = false;
    this.#stage = START;
    this.#headBytes = 0;
    this.#kept = undefined;
    this.#paused = false;
  }

  /** The head of the answer itself is complete: what follows is not counted, nor looked at. */
  headEnded(): void {
    this.#stage = THROUGH;
  }

  pause(): void {
    this.#paused = true;
  }

  /** In a later turn, because undici must not be entered twice at once: the caller may stand in the data of another connection. */
  resume(): void {
    if (!this.#paused) return;
    this.#paused = false;
    queueMicrotask(() => {
      if (!this.#paused && !this.#socket.destroyed) this.#socket.emit('readable');
    });
  }

  /** The socket is another protocol's from now on. */
  release(): void {
    this.#socket.read = this.#read;
  }

  #next(): Buffer | null {
    if (this.#paused) return null;
    if (this.#stage === THROUGH) return this.#read();
    if (this.#stage === FINAL_HEAD) return this.#readHead();
    let bytes = this.#kept;
    this.#kept = undefined;
    for (;;) {
      if (bytes !== undefined) {
        const length = this.#judge(bytes);
        if (length > 0) return this.#split(bytes, length);
        if (length < 0) {
          bytes = bytes.length === -length ? undefined : bytes.subarray(-length);
          continue;
        }
      }
      const more = this.#readHead();
      if (more === null) {
        this.#kept = bytes;
        return null;
      }
      bytes = bytes === undefined ? more : Buffer.concat([bytes, more]);
    }
  }

  #readHead(): Buffer | null {
    if (this.#headBytes > this.#headBytesMax) {
      this.#socket.destroy(new HeadFault(`no end of the head after ${this.#headBytes} bytes`));
      return null;
    }
    const bytes = this.#read();
    if (bytes !== null) {
      this.answered = true;
      this.#headBytes += bytes.length;
    }
    return bytes;
  }

  /** A head begins here. > 0: how many bytes are undici's; < 0: how many are dropped; WAIT: more is needed to tell. */
  #judge(bytes: Buffer): number {
    const known = Math.min(bytes.length, PREFIX.length);
    if (bytes.compare(PREFIX, 0, known, 0, known) !== 0) return this.#asFinal(bytes);
    if (bytes.length < STATUS_END) return WAIT;
    // A higher minor version "as if it was in the highest minor version" that we know (RFC 9110 §2.5); undici knows no other.
    if (bytes[MINOR_AT - 2] === ONE && bytes[MINOR_AT]! > ONE && bytes[MINOR_AT]! <= NINE) bytes[MINOR_AT] = ONE;
    this.version = latin1Text(bytes, PREFIX.length, PREFIX.length + 3);
    const status = latin1Text(bytes, STATUS_END - 4, STATUS_END);
    if (!status.startsWith(' 1') || status === ' 101') return this.#asFinal(bytes);
    const end = interimEnd(bytes);
    if (end < 0) return bytes.length > INTERIM_BYTES_MAX ? this.#asFinal(bytes) : WAIT;
    return status === ' 100' && endsLinesStrictly(bytes, end) ? -end : end;
  }

  #asFinal(bytes: Buffer): number {
    this.#stage = FINAL_HEAD;
    return bytes.length;
  }

  /** An interim head is given alone, so that the head behind it is looked at too. */
  #split(bytes: Buffer, length: number): Buffer {
    if (length < bytes.length) this.#kept = bytes.subarray(length);
    return length < bytes.length ? bytes.subarray(0, length) : bytes;
  }
}

/** Just past the empty line; < 0: it is not there yet. */
function interimEnd(bytes: Buffer): number {
  const at = bytes.indexOf('\r\n\r\n', STATUS_END, 'latin1');
  return at < 0 ? -1 : at + 4;
}

/** Where undici would have seen another end of the head than we, it gets to see it, and refuses. */
function endsLinesStrictly(bytes: Buffer, end: number): boolean {
  for (let i = 0; i < end; i++) {
    if (bytes[i] === LF && bytes[i - 1] !== CR) return false;
    if (bytes[i] === CR && bytes[i + 1] !== LF) return false;
  }
  return true;
}
