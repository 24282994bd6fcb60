/** Who watches a server: what Prometheus asks for each second, and what the page for operators reads in a browser. */
import { reasonOf } from '../errors.ts';
import type { Address } from '../probe.ts';
import { sleep } from '../processes.ts';

const EVERY_MS = 1000;
/** As Prometheus 3 asks. */
const SCRAPE_FIELDS = {
  Accept: 'application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2',
  'Accept-Encoding': 'gzip',
};
const SNAPSHOT = /^event: snapshot$/gm;

/** What was read of a control plane in a run. */
export interface Observed {
  readonly scrapes: number;
  readonly snapshots: number;
}

export class Observers {
  readonly #origin: string;
  readonly #ending = new AbortController();
  readonly #watching: Promise<unknown>;
  #failure: string | null = null;
  #scrapes = 0;
  #snapshots = 0;

  constructor({ host, port }: Address) {
    this.#origin = `http://${host}:${port}`;
    this.#watching = Promise.all([this.#scrape(), this.#look()].map((one) => one.catch((error: unknown) => this.#fail(error))));
  }

  /** @throws when one of them was not told what it asked for. */
  async end(): Promise<Observed> {
    this.#ending.abort();
    await this.#watching;
    if (this.#failure !== null) throw new Error(this.#failure);
    return { scrapes: this.#scrapes, snapshots: this.#snapshots };
  }

  #fail(error: unknown): void {
    if (!this.#ending.signal.aborted) this.#failure ??= `the control plane was not to be watched: ${reasonOf(error)}`;
  }

  async #ask(path: string, headers: Readonly<Record<string, string>> = {}): Promise<Response> {
    const response = await fetch(`${this.#origin}${path}`, { headers, signal: this.#ending.signal });
    if (!response.ok) throw new Error(`${path}: status ${response.status}`);
    return response;
  }

  async #scrape(): Promise<void> {
    for (;;) {
      const begun = performance.now();
      const text = await (await this.#ask('/metrics', SCRAPE_FIELDS)).text();
      if (!text.includes('# TYPE pagecast_answers')) throw new Error('/metrics tells nothing of answers');
      this.#scrapes += 1;
      await sleep(Math.max(0, EVERY_MS - (performance.now() - begun)));
      if (this.#ending.signal.aborted) return;
    }
  }

  /** What the page asks for when it is opened, and then the stream that it reads. */
  async #look(): Promise<void> {
    for (const path of ['/api/v1/config', '/api/v1/status']) await (await this.#ask(path)).json();
    const { body } = await this.#ask('/api/v1/events');
    if (body === null) throw new Error('no events');
    for await (const text of body.pipeThrough(new TextDecoderStream())) this.#snapshots += [...text.matchAll(SNAPSHOT)].length;
    throw new Error('the events ended');
  }
}
