// A connection that has changed its protocol (RFC 9110 §7.8): what the peer sends goes to the tunnel of its plan, and what
// comes out of that to the peer. One chunk is under way at a time each way; whoever does not take it makes the other side wait.
//
// Each direction ends by itself: a FIN of one side is passed on as FIN behind what was sent before it, and the other direction
// goes on (RFC 9293 §3.6). What else ends one side resets the other, unless that has had its FIN: then what it still sends is
// thrown away, as after any last answer.
import { layout } from '../native/index.ts';
import type { Connection } from './connection.ts';
import { WAIT_TUNNEL } from './deadlines.ts';
import type { Outbox } from './outbox.ts';
import type { Tunnel } from './plan.ts';
import type { Transport } from './requests.ts';

export interface TunnelLoop extends Pick<Transport, 'pause' | 'resume' | 'finish' | 'wait'> {
  flushSoon(): void;
  close(connection: Connection, hard: boolean): void;
}

const NOTHING = new Uint8Array(0);

export class Tunnelling {
  readonly #connection: Connection;
  readonly #tunnel: Tunnel;
  readonly #loop: TunnelLoop;
  readonly #outbox: Outbox;
  #room: (() => void) | undefined;
  #over: ((isWhole: boolean) => void) | undefined;
  receivedBytes = 0;
  sentBytes = 0;

  constructor(connection: Connection, tunnel: Tunnel, loop: TunnelLoop, outbox: Outbox) {
    this.#connection = connection;
    this.#tunnel = tunnel;
    this.#loop = loop;
    this.#outbox = outbox;
  }

  /** From the peer; valid during the call only. */
  receive(bytes: Uint8Array, start: number, end: number): void {
    this.receivedBytes += end - start;
    this.#loop.wait(this.#connection, WAIT_TUNNEL);
    if (!this.#tunnel.push(bytes.slice(start, end))) this.#loop.pause(this.#connection);
  }

  /** The peer has sent FIN. */
  inputEnded(): void {
    this.#loop.wait(this.#connection, WAIT_TUNNEL);
    this.#tunnel.end();
  }

  /**
   * Sends `head`, and then what comes out of the tunnel.
   * @param over called once, in the turn in which the connection goes or both directions have ended: whether it is in good order.
   */
  run(head: Uint8Array, over: (isWhole: boolean) => void): void {
    this.#over = over;
    this.#begin();
    void this.#carry(head);
  }

  async #carry(head: Uint8Array): Promise<void> {
    const connection = this.#connection;
    let hasEnded = false;
    let isWhole = false;
    try {
      await this.#send(head, layout.after.KEEP);
      for (let chunk = await this.#tunnel.pull(); chunk !== undefined && !connection.gone; chunk = await this.#tunnel.pull()) {
        this.sentBytes += chunk.length;
        await this.#send(chunk, layout.after.KEEP);
      }
      hasEnded = true;
      if (!connection.gone) await this.#send(NOTHING, layout.after.SHUT);
      isWhole = await this.#tunnel.closed;
    } catch {
      // That side broke off.
    }
    this.#end(hasEnded, isWhole);
  }

  async #send(chunk: Uint8Array, after: number): Promise<void> {
    const connection = this.#connection;
    this.#outbox.bytes(connection, chunk, after, undefined);
    this.#loop.wait(connection, WAIT_TUNNEL);
    this.#loop.flushSoon();
    await Promise.resolve(); // the flush that was asked for runs before this goes on
    if (connection.unsent.length > 0 && !connection.gone) await new Promise<void>((resolve) => (this.#room = resolve));
  }

  /** What has come behind the request is the tunnel's. */
  #begin(): void {
    const connection = this.#connection;
    const { rest } = connection;
    connection.rest = undefined;
    connection.tunnelling = this;
    connection.answering = true;
    connection.wake = () => {
      if (connection.gone) {
        this.#tunnel.cancel('the connection is gone');
        this.#tell(false);
      }
      this.#room?.();
    };
    this.#tunnel.whenDrained(() => {
      if (connection.tunnelling === this) this.#loop.resume(connection);
    });
    this.#loop.resume(connection);
    if (rest) this.receive(rest, 0, rest.length);
    if (connection.ended) this.#tunnel.end();
  }

  /** @param hasEnded the peer has had everything, and its FIN. */
  #end(hasEnded: boolean, isWhole: boolean): void {
    const connection = this.#connection;
    connection.answering = false;
    connection.wake = connection.tunnelling = undefined;
    this.#tell(isWhole && !connection.gone);
    if (connection.gone) return;
    if (hasEnded) this.#loop.finish(connection);
    else this.#loop.close(connection, true);
  }

  #tell(isWhole: boolean): void {
    this.#over?.(isWhole);
    this.#over = undefined;
  }
}
