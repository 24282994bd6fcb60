/**
 * One connection to one origin, for one request after another: an undici Client, which has at most one socket.
 *
 * undici's pools are not used: which socket a request is on, whether it was used before, how old it is and that it was reset decide
 * here about retries, names that move and answers cut short, and a pool tells none of it.
 */
import type { Socket } from 'node:net';
import { Client, type Dispatcher } from 'undici';
import type { OriginAddress } from './address.ts';
import type { Connector } from './connector.ts';
import { Incoming } from './incoming.ts';

export interface ConnectionLimits {
  readonly keepAliveMs: number;
  readonly connectionLifetimeMs: number;
  readonly headBytesMax: number;
}

export class Connection {
  readonly url: string;
  readonly #client: Client;
  readonly #connector: Connector;
  readonly #limits: ConnectionLimits;
  #socket: Socket | undefined;
  #incoming: Incoming | undefined;
  #untilMs = Infinity;
  #requests = 0;

  /** @param closed told when the socket of a connection is closed, be it used or not. */
  constructor(address: OriginAddress, connector: Connector, limits: ConnectionLimits, closed: (connection: Connection) => void) {
    this.url = address.url;
    this.#connector = connector;
    this.#limits = limits;
    // For undici it is always plain: TLS is the connector's, and with it the name that is asked for, whatever Host says.
    this.#client = new Client(`http://${address.authority}`, {
      connect: (_target, done) => this.#open(done),
      pipelining: 1,
      maxHeaderSize: limits.headBytesMax,
      // Its clock ticks twice a second, and does not stop where we make the origin wait: see Attempt.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: limits.keepAliveMs,
      keepAliveMaxTimeout: limits.keepAliveMs,
    });
    this.#client.on('disconnect', () => closed(this));
  }

  /** Whether another request may go out on it. */
  get usable(): boolean {
    return this.#socket !== undefined && !this.#socket.destroyed && !this.#socket.readableEnded && performance.now() < this.#untilMs;
  }

  /** Not within an event of another connection: undici must not be entered twice at once. */
  dispatch(options: Dispatcher.DispatchOptions, handler: Dispatcher.DispatchHandler): void {
    this.#client.dispatch(options, handler);
  }

  /** A request is about to be written. @returns what comes in, and whether the connection has had an answer before. */
  begin(): { incoming: Incoming; reused: boolean } {
    if (this.#incoming === undefined) throw new Error('no socket');
    this.#incoming.begin();
    return { incoming: this.#incoming, reused: this.#requests++ > 0 };
  }

  /** After which the connection is of no use; the request on it, if any, fails. */
  async destroy(reason: string): Promise<void> {
    // undici does not know the socket before it is connected; later it needs an error to give, so that it stops to write.
    if (this.#incoming === undefined) this.#socket?.destroy();
    await this.#client.destroy(new Error(reason));
  }

  /** The socket has changed hands: it stays open. */
  letGo(): void {
    this.#incoming?.release();
    this.#socket = undefined;
    void this.#client.destroy();
  }

  #open(done: (...result: [null, Socket] | [Error, null]) => void): void {
    // Its socket was closed before the request was written, and undici connects anew.
    this.#incoming = undefined;
    this.#socket = this.#connector.open((fault, socket) => {
      if (fault !== null) return done(fault, null);
      this.#incoming = new Incoming(socket, this.#limits.headBytesMax);
      this.#untilMs = performance.now() + this.#limits.connectionLifetimeMs;
      this.#requests = 0;
      done(null, socket);
    });
  }
}
