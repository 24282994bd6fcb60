// What happens, as server-sent events (HTML Living Standard §9.2): a snapshot each second, and reports when they come. Clients are
// few, and what one does not read is kept for it up to a bound; then it is gone, and may come again.
import type { ServerResponse } from 'node:http';
import type { ControlBackend, ControlEvent } from './backend.ts';

export const CLIENTS_MAX = 16;
const SNAPSHOT_EVERY_MS = 1000;
/** Of one client, not yet taken by the kernel: tens of snapshots. */
const UNSENT_BYTES_MAX = 1 << 20;
/** Between two snapshots; what comes beyond that is counted. */
const EVENTS_MAX = 100;
/** A report that is lost to a client that comes again is nothing to be asked for. */
const RETRY = 'retry: 2000\n\n';

export class EventStream {
  readonly #backend: ControlBackend;
  readonly #clients = new Set<ServerResponse>();
  #timer: NodeJS.Timeout | undefined;
  #unlisten: (() => void) | undefined;
  #told = 0;
  #snapshotting = false;

  constructor(backend: ControlBackend) {
    this.#backend = backend;
  }

  get isFull(): boolean {
    return this.#clients.size >= CLIENTS_MAX;
  }

  /** Takes a response whose head is written; it ends when its client goes, or is too slow. */
  add(client: ServerResponse): void {
    client.once('close', () => this.#forget(client));
    client.on('error', () => client.destroy());
    this.#clients.add(client);
    client.write(RETRY);
    if (this.#clients.size === 1) this.#begin();
    else this.#snapshot();
  }

  close(): void {
    for (const client of this.#clients) client.end();
    this.#clients.clear();
    this.#end();
  }

  #begin(): void {
    this.#unlisten = this.#backend.listen((event) => this.#hear(event));
    this.#timer = setInterval(() => this.#snapshot(), SNAPSHOT_EVERY_MS);
    this.#timer.unref();
    this.#snapshot();
  }

  #end(): void {
    clearInterval(this.#timer);
    this.#unlisten?.();
    this.#unlisten = undefined;
  }

  #forget(client: ServerResponse): void {
    if (this.#clients.delete(client) && this.#clients.size === 0) this.#end();
  }

  #hear({ name, message, facts }: ControlEvent): void {
    if (this.#told++ < EVENTS_MAX) this.#tell('report', { time: new Date().toISOString(), name, message, facts });
  }

  /** A worker that does not answer holds the next one back, and nothing else. */
  #snapshot(): void {
    const withheld = Math.max(0, this.#told - EVENTS_MAX);
    this.#told = 0;
    if (this.#snapshotting) return;
    this.#snapshotting = true;
    this.#backend.snapshot().then((snapshot) => {
      this.#tell('snapshot', withheld > 0 ? { ...snapshot, eventsWithheld: withheld } : snapshot);
    }, () => undefined).finally(() => (this.#snapshotting = false));
  }

  #tell(event: string, data: object): void {
    const text = `event: ${event}\ndata: ${JSON.stringify(data)}\n\n`;
    for (const client of this.#clients) {
      if (client.writableLength > UNSENT_BYTES_MAX) client.destroy();
      else client.write(text);
    }
  }
}
