// The origin's end of a tunnel: a socket that was upgraded. Between its buffers and the client's nothing is held but what one
// read gives, so that a side that is slow slows the other one down. It closes by itself when both directions have ended.
import type { Duplex } from 'node:stream';
import type { Tunnel } from '../plan.ts';

export class OriginTunnel implements Tunnel {
  readonly closed: Promise<boolean>;
  readonly #socket: Duplex;
  #pulled: { resolve(chunk: Uint8Array | undefined): void; reject(error: Error): void } | undefined;
  #ended = false;
  #failure: Error | undefined;

  /** @param socket paused, and nobody else's. */
  constructor(socket: Duplex) {
    this.#socket = socket;
    socket.allowHalfOpen = true; // else the stream answers FIN with FIN
    socket.on('readable', () => this.#serve());
    socket.once('end', () => {
      this.#ended = true;
      this.#serve();
    });
    socket.on('error', (error: Error) => (this.#failure = error));
    this.closed = new Promise((resolve) => socket.once('close', () => {
      resolve(this.#ended && this.#failure === undefined && socket.writableFinished);
      this.#failure ??= new Error('the origin has closed the connection');
      this.#serve();
    }));
  }

  pull(): Promise<Uint8Array | undefined> {
    return new Promise((resolve, reject) => {
      this.#pulled = { resolve, reject };
      this.#serve();
    });
  }

  push(chunk: Uint8Array): boolean {
    return !this.#socket.writable || this.#socket.write(chunk);
  }

  whenDrained(listener: () => void): void {
    this.#socket.on('drain', listener);
  }

  end(): void {
    this.#socket.end();
  }

  cancel(): void {
    this.#socket.destroy();
  }

  #serve(): void {
    const pulled = this.#pulled;
    if (!pulled) return;
    const chunk = this.#ended || this.#failure ? null : (this.#socket.read() as Uint8Array | null);
    if (chunk === null && !this.#ended && !this.#failure) return;
    this.#pulled = undefined;
    if (chunk !== null) pulled.resolve(chunk);
    else if (this.#ended) pulled.resolve(undefined);
    else pulled.reject(this.#failure!);
  }
}
