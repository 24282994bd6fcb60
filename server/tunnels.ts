// The tunnels of a loop: opened behind the head of a 101, counted, and logged when they are over.
import type { Connection } from './connection.ts';
import type { AccessRecord } from './log/record.ts';
import type { Outbox } from './outbox.ts';
import type { Plan, Tunnel } from './plan.ts';
import type { Records } from './records.ts';
import { Tunnelling, type TunnelLoop } from './tunnelling.ts';

export class Tunnels {
  readonly #loop: TunnelLoop;
  readonly #outbox: Outbox;
  readonly #records: Records | undefined;
  readonly #open = new Set<Tunnelling>();
  #opened = 0;
  #receivedBytes = 0;
  #sentBytes = 0;

  constructor(loop: TunnelLoop, outbox: Outbox, records: Records | undefined) {
    this.#loop = loop;
    this.#outbox = outbox;
    this.#records = records;
  }

  /** @param tail of the plan's head. */
  open(connection: Connection, plan: Plan, tunnel: Tunnel, tail: Uint8Array, record: AccessRecord | undefined): void {
    const tunnelling = new Tunnelling(connection, tunnel, this.#loop, this.#outbox);
    this.#opened += 1;
    this.#open.add(tunnelling);
    tunnelling.run(Buffer.concat([plan.head, tail]), (isWhole) => {
      const { receivedBytes, sentBytes } = tunnelling;
      this.#open.delete(tunnelling);
      this.#receivedBytes += receivedBytes;
      this.#sentBytes += sentBytes;
      if (!record) return;
      record.bodyBytes = sentBytes;
      this.#records?.write(record, isWhole ? '' : 'aborted');
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
