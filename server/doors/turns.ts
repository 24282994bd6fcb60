// The order of a socket's bytes, where some of them are not written by Node: what was written before leaves first, what is written after
// waits, and so does end(). A marker is written in their place; when its turn comes, everything before it is with the kernel.
import type { Socket } from 'node:net';
import type { Writable } from 'node:stream';

type Done = (error?: Error | null) => void;
/** Does what is to be done instead of writing. It never rejects. */
type Act = () => Promise<void>;
interface Chunk {
  readonly chunk: unknown;
  readonly encoding: BufferEncoding;
}
/** As net.Socket has them. */
interface Writing {
  _write(chunk: unknown, encoding: BufferEncoding, done: Done): void;
  _writev(chunks: Chunk[], done: Done): void;
}

const turnsOf = new WeakMap<Socket, Turns>();

class Turns {
  readonly #acts = new Map<unknown, Act>();
  readonly #socket: Socket;
  readonly #own: Writing;

  constructor(socket: Socket) {
    this.#socket = socket;
    const writing = socket as Writable as Writable & Writing;
    this.#own = { _write: writing._write.bind(socket), _writev: writing._writev.bind(socket) };
    writing._write = (chunk, encoding, done) => {
      if (this.#acts.has(chunk)) this.#act(chunk, done);
      else this.#own._write(chunk, encoding, done);
    };
    writing._writev = (chunks, done) => this.#each(chunks, done);
  }

  take(act: Act): Promise<void> {
    const marker = Buffer.alloc(1); // none is written, but it counts as something that waits
    return new Promise((resolve, reject) => {
      this.#acts.set(marker, act);
      this.#socket.write(marker, (error) => {
        this.#acts.delete(marker);
        if (error) reject(error);
        else resolve();
      });
    });
  }

  #act(marker: unknown, done: Done): void {
    const act = this.#acts.get(marker)!;
    this.#acts.delete(marker);
    if (this.#socket.connecting) this.#socket.once('connect', () => void act().then(() => done()));
    else void act().then(() => done());
  }

  /** What is between two markers goes out as it would without them. */
  #each(chunks: Chunk[], done: Done): void {
    const next = chunks.findIndex(({ chunk }) => this.#acts.has(chunk));
    if (next < 0) return this.#own._writev(chunks, done);
    const goOn: Done = (error) => {
      if (error) return done(error);
      const rest = part(chunks, next + 1, chunks.length);
      this.#act(chunks[next]!.chunk, () => {
        if (rest.length === 0) done();
        else this.#each(rest, done);
      });
    };
    if (next === 0) goOn();
    else this.#own._writev(part(chunks, 0, next), goOn);
  }
}

/** Writable tells in a property of the array whether all of them are buffers. */
function part(chunks: Chunk[], start: number, end: number): Chunk[] {
  return Object.assign(chunks.slice(start, end), { allBuffers: (chunks as Chunk[] & { allBuffers?: boolean }).allBuffers });
}

/**
 * Calls `act` when all that was written to the socket is with the kernel, and holds back what is written from now on until it resolves.
 * @throws what has ended the socket before its turn came.
 */
export function inTurn(socket: Socket, act: Act): Promise<void> {
  let turns = turnsOf.get(socket);
  if (!turns) turnsOf.set(socket, (turns = new Turns(socket)));
  return turns.take(act);
}
