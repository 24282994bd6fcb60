/**
 * A client that believes nothing, of whom a server is never to see the worst: each answer must be a 200 with exactly the bytes that
 * are expected. A connection may end behind an answer that announced it (`Connection: close`), and nowhere else.
 */
import { connect, type Socket } from 'node:net';
import { reasonOf } from '../errors.ts';
import { requestHead, type Address } from '../probe.ts';

const HEAD_END = '\r\n\r\n';
const HEAD_BYTES_MAX = 16_384;
/** Without a byte while an answer is awaited. */
const SILENCE_MS = 30_000;

/** A request that failed, was reset or cut short, and how. */
export class Failure extends Error {}

interface Waiting {
  readonly expected: Buffer;
  resolve(isKept: boolean): void;
  reject(failure: Failure): void;
}

export class StrictClient {
  readonly #address: Address;
  readonly #socket: Socket;
  /** After each piece of a body nothing is read for so long; 0: it is read as it comes. */
  readonly #pauseMs: number;
  #waiting: Waiting | null = null;
  #head = '';
  /** Of the body; -1: the head is not complete. */
  #received = -1;
  #isLast = false;
  #fault: string | null = null;

  private constructor(address: Address, socket: Socket, pauseMs: number) {
    this.#address = address;
    this.#socket = socket;
    this.#pauseMs = pauseMs;
    socket.setNoDelay(true);
    socket.setTimeout(SILENCE_MS, () => this.#waiting !== null && this.#fail(`silent for ${SILENCE_MS / 1000} s`));
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
    socket.on('end', () => this.#fail('closed'));
    socket.on('error', (error) => this.#fail(reasonOf(error)));
    socket.on('close', () => this.#fail('closed'));
  }

  /** @throws Failure when it cannot connect. */
  static open(address: Address, pauseMs = 0): Promise<StrictClient> {
    return new Promise((resolve, reject) => {
      const socket = connect(address.port, address.host);
      const refused = (error: Error): void => reject(new Failure(`no connection: ${reasonOf(error)}`));
      socket.once('error', refused);
      socket.once('connect', () => {
        socket.off('error', refused);
        resolve(new StrictClient(address, socket, pauseMs));
      });
    });
  }

  /** @returns whether the connection stays. @throws Failure */
  get(target: string, expected: Buffer): Promise<boolean> {
    return new Promise((resolve, reject) => {
      if (this.#fault !== null) return reject(new Failure(`${this.#fault} between two answers, unannounced`));
      this.#waiting = { expected, resolve, reject };
      this.#head = '';
      this.#received = -1;
      this.#socket.write(requestHead(this.#address, target), 'latin1');
    });
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    if (this.#waiting === null) return this.#fail(`${chunk.length} bytes that nobody asked for`);
    let body = chunk;
    if (this.#received < 0) {
      const before = this.#head.length;
      this.#head += chunk.toString('latin1');
      const end = this.#head.indexOf(HEAD_END);
      if (end < 0) return this.#head.length > HEAD_BYTES_MAX ? this.#fail('a head without an end') : undefined;
      body = chunk.subarray(end + HEAD_END.length - before);
      this.#head = this.#head.slice(0, end);
      const wrong = this.#wrongHead(this.#waiting.expected.length);
      if (wrong !== null) return this.#fail(wrong);
      this.#received = 0;
    }
    this.#compare(body, this.#waiting);
  }

  #wrongHead(length: number): string | null {
    const [status = ''] = this.#head.split('\r\n');
    if (!status.startsWith('HTTP/1.1 200 ')) return `"${status}"`;
    const said = /^content-length: *(\d+)$/im.exec(this.#head)?.[1];
    this.#isLast = /^connection: *close$/im.test(this.#head);
    return said === String(length) ? null : `Content-Length ${said ?? 'missing'} instead of ${length}`;
  }

  #compare(piece: Buffer, waiting: Waiting): void {
    const { expected } = waiting;
    const from = this.#received;
    if (!piece.equals(expected.subarray(from, from + piece.length))) return this.#fail(`other bytes than expected after ${from}`);
    this.#received += piece.length;
    if (this.#received < expected.length) return this.#pause();
    this.#waiting = null;
    waiting.resolve(!this.#isLast);
  }

  #pause(): void {
    if (this.#pauseMs === 0) return;
    this.#socket.pause();
    setTimeout(() => this.#socket.resume(), this.#pauseMs);
  }

  /** What was awaited fails; where nothing was, what is asked for next. */
  #fail(how: string): void {
    if (this.#fault !== null) return;
    this.#fault = how;
    this.#socket.destroy();
    const waiting = this.#waiting;
    this.#waiting = null;
    const got = this.#received < 0 ? `${this.#head.length} bytes of a head` : `${this.#received} of ${waiting?.expected.length ?? 0} bytes`;
    waiting?.reject(new Failure(`${how} after ${got}`));
  }
}
