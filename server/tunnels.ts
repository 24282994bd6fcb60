// The tunnels of a loop: opened behind the head of a 101, counted, and logged when they are over.
import type { Connection } from './connection.ts';
import type { AccessLog } from './log/access.ts';
import type { AccessRecord } from './log/record.ts';
import type { Outbox } from './outbox.ts';
import type { Plan, Tunnel } from './plan.ts';
import { Tunnelling, type TunnelLoop } from './tunnelling.ts';

export class Tunnels {
  readonly #loop: TunnelLoop;
  readonly #outbox: Outbox;
  readonly #log: AccessLog | undefined;
  readonly #open = new Set<Tunnelling>();
  #opened = 0;
  #receivedBytes = 0;
  #sentBytes = 0;

  constructor(loop: TunnelLoop, outbox: Outbox, log: AccessLog | undefined) {
    this.#loop = loop;
    this.#outbox = outbox;
    this.#log = log;
  }

  /** @param tail of the plan's head. */
  open(connection: Connection, plan: Plan, tunnel: Tunnel, tail: Uint8Array, record: AccessRecord | undefined): void {
    const tunnelling = new Tunnelling(connection, tunnel, this.#loop, this.#outbox);
    this.#opened += 1;
    this.#open.add(tunnelling);
    void tunnelling.run(Buffer.concat([plan.head, tail])).then((isWhole) => {
      const { receivedBytes, sentBytes } = tunnelling;
      this.#open.delete(tunnelling);
      this.#receivedBytes += receivedBytes;
      this.#sentBytes += sentBytes;
      if (record) this.#log?.write({ ...record, bodyBytes: sentBytes }, isWhole ? '' : 'aborted');
    });
  }

  /** Since the start, but for `tunnels`, which are open now. Bytes are those of the clients' side. */
  counts(): Record<string, number> {
    const sum = (of: (one: Tunnelling) => number): number => [...this.#open].reduce((total, one) => total + of(one), 0);
    return {
      tunnels: this.#open.size,
      tunnelsOpened: this.#opened,
      tunnelBytesReceived: this.#receivedBytes + sum(({ receivedBytes }) => receivedBytes),
      tunnelBytesSent: this.#sentBytes + sum(({ sentBytes }) => sentBytes),
    };
  }
}
