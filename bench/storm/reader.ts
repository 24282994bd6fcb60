/** One reader: a keep-alive connection that asks, reads at its pace and has each completed answer judged. */
import { connect, type Socket } from 'node:net';
import { CLASSES, FILES, SHRINK_BYTES_MAX, WORD_BYTES } from './content.ts';
import { Response } from './response.ts';
import type { Asked, Pace, Witness } from './witness.ts';

const CHUNK_BYTES = 262_144;
const RANGE_SHARE = 0.25;
const SLOW_PAUSE_MS_MAX = 15;
const RECONNECT_PAUSE_MS = 20;
const HUNG_MS = 30_000;

export interface Surroundings {
  readonly host: string;
  readonly port: number;
  readonly witness: Witness;
  /** How long a stalled reader does not read. */
  readonly stallMsMin: number;
  readonly stallMsMax: number;
  onJudged(): void;
  onUnreachable(error: Error): void;
}

function between(min: number, max: number): number {
  return min + Math.random() * (max - min);
}

function chooseFile(pace: Pace): Asked['file'] {
  let dice = Math.random();
  let size = 0;
  while (size + 1 < CLASSES.length && dice >= CLASSES[size]!.share) dice -= CLASSES[size++]!.share;
  const candidates = FILES.filter((file) => file.size === size && (pace !== 'stalled' || file.stalledOn));
  return candidates[Math.floor(Math.random() * candidates.length)]!;
}

/** A range that every version of the file has, at any offset. */
function chooseRange(bytes: number): Asked['range'] {
  if (Math.random() >= RANGE_SHARE) return null;
  const end = bytes - SHRINK_BYTES_MAX;
  const first = Math.floor(between(0, end - WORD_BYTES));
  return { first, last: Math.floor(between(first + WORD_BYTES - 1, end)) };
}

export class Reader {
  readonly pace: Pace;
  completed = 0;
  readonly #around: Surroundings;
  readonly #buffer = Buffer.allocUnsafeSlow(CHUNK_BYTES);
  readonly #newest = new Uint32Array(FILES.length);
  #socket: Socket | null = null;
  #asked: Asked | null = null;
  #response = new Response();
  /** Stall once the first bytes are there. */
  #stallsLater = false;
  #waiting = false;
  #heardAtMs = 0;
  #stopped = false;

  constructor(pace: Pace, around: Surroundings) {
    this.pace = pace;
    this.#around = around;
    this.#connect();
  }

  stop(): void {
    this.#stopped = true;
    this.#socket?.destroy();
  }

  /** Gives an answer up that has not come on for long although it was read. */
  giveUpHung(): void {
    if (this.#asked === null || this.#waiting || performance.now() - this.#heardAtMs < HUNG_MS) return;
    this.#asked = null;
    this.#around.witness.reset(true);
    this.#socket?.destroy();
  }

  #connect(): void {
    if (this.#stopped) return;
    const { host, port } = this.#around;
    let connected = false;
    const onread = {
      buffer: this.#buffer,
      callback: (count: number): boolean => {
        if (this.#socket === socket) this.#receive(this.#buffer.subarray(0, count));
        return true;
      },
    };
    const socket = connect({ host, port, onread, noDelay: true });
    this.#socket = socket;
    socket.once('connect', () => {
      connected = true;
      this.#ask();
    });
    // A reset is told by `close` as well; only a server that cannot be reached says why here.
    socket.on('error', (error) => {
      if (!connected) this.#around.onUnreachable(error);
    });
    socket.once('close', () => this.#closed());
  }

  #closed(): void {
    if (this.#stopped) return;
    if (this.#asked !== null) this.#around.witness.reset(false);
    this.#asked = null;
    setTimeout(() => this.#connect(), RECONNECT_PAUSE_MS);
  }

  #ask(): void {
    if (this.#stopped) return;
    const { host, port, stallMsMin, stallMsMax } = this.#around;
    const file = chooseFile(this.pace);
    const range = chooseRange(file.bytes);
    this.#asked = { file, range, pace: this.pace, atMs: Number(process.hrtime.bigint()) / 1e6, newest: this.#newest };
    this.#response = new Response();
    this.#heardAtMs = performance.now();
    const field = range === null ? '' : `Range: bytes=${range.first}-${range.last}\r\n`;
    if (this.pace === 'stalled') {
      this.#stallsLater = Math.random() < 0.5;
      if (!this.#stallsLater) this.#wait(between(stallMsMin, stallMsMax));
    }
    this.#socket!.write(`GET /${file.name} HTTP/1.1\r\nHost: ${host}:${port}\r\n${field}\r\n`, 'latin1');
  }

  /** Leaves everything in the receive queue for a while. */
  #wait(ms: number): void {
    const socket = this.#socket!;
    this.#waiting = true;
    socket.pause();
    setTimeout(() => {
      this.#waiting = false;
      this.#heardAtMs = performance.now();
      if (!socket.destroyed) socket.resume();
    }, ms);
  }

  #receive(chunk: Buffer): void {
    this.#heardAtMs = performance.now();
    const asked = this.#asked;
    const response = this.#response;
    try {
      if (asked === null) throw new Error('bytes that nobody asked for');
      const left = response.push(chunk);
      if (response.complete) this.#complete(asked, response);
      else this.#hesitate();
      if (left > 0) throw new Error(`${left} bytes after the end`);
    } catch (error) {
      const nobody: Asked = { file: FILES[0]!, range: null, pace: this.pace, atMs: 0, newest: this.#newest };
      this.#around.witness.wrongLength(error instanceof Error ? error.message : String(error), asked ?? nobody, response);
      this.#asked = null;
      this.#socket?.destroy();
    }
  }

  #hesitate(): void {
    const { stallMsMin, stallMsMax } = this.#around;
    if (this.pace === 'slow') this.#wait(between(0, SLOW_PAUSE_MS_MAX));
    if (!this.#stallsLater) return;
    this.#stallsLater = false;
    this.#wait(between(stallMsMin, stallMsMax));
  }

  #complete(asked: Asked, response: Response): void {
    this.#asked = null;
    this.#around.witness.judge(asked, response);
    this.completed += 1;
    // Not from within the read: what is left over of this chunk must be seen first.
    if (response.head!.closes) this.#socket?.end();
    else setImmediate(() => this.#socket?.destroyed === false && this.#ask());
    this.#around.onJudged();
  }
}
