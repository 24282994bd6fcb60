// Main's part of tracing: what workers hand over goes to the collector by OTLP over HTTP, one request at a time. Nothing waits for it: what
// comes while too much waits already is dropped, and counted.
import { hostname } from 'node:os';
import { setTimeout as pause } from 'node:timers/promises';
import type { ResolvedTracing } from '../config/resolved.ts';
import type { Report } from '../report.ts';
import { VERSION } from '../version.ts';
import { exportText, type Attribute } from './otlp.ts';
import { Collector, type Outcome } from './collector.ts';

/** What may wait, in spans and in characters of their text; and of it, in one request. */
const WAITING_SPANS_MAX = 8192;
const WAITING_CHARACTERS_MAX = 16 << 20;
const REQUEST_SPANS_MAX = 512;
const TRIES_MAX = 5;
const BACKOFF_MS = 1000;
const BACKOFF_MS_MAX = 30_000;

interface Block {
  readonly text: string;
  readonly spans: number;
}

export class SpanExporter {
  readonly #collector: Collector;
  readonly #resource: readonly Attribute[];
  readonly #report: Report;
  readonly #blocks: Block[] = [];
  readonly #closing = new AbortController();
  #waitingSpans = 0;
  #waitingCharacters = 0;
  #sending: Promise<void> | undefined;
  #exported = 0;
  #dropped = 0;
  #failed = 0;

  constructor({ endpoint, headers, serviceName }: ResolvedTracing, report: Report) {
    this.#collector = new Collector(endpoint, headers);
    this.#resource = [['service.name', serviceName], ['host.name', hostname()], ['process.pid', process.pid]];
    this.#report = report;
  }

  /** @param text of spans, joined by commas. */
  take(text: string, spans: number): void {
    if (this.#closing.signal.aborted || this.#waitingSpans + spans > WAITING_SPANS_MAX || this.#waitingCharacters + text.length > WAITING_CHARACTERS_MAX) return this.#drop(spans);
    this.#blocks.push({ text, spans });
    this.#waitingSpans += spans;
    this.#waitingCharacters += text.length;
    this.#sending ??= this.#send().finally(() => (this.#sending = undefined));
  }

  /** Spans since the start. */
  counts(): Record<string, number> {
    return { spansExported: this.#exported, spansDropped: this.#dropped, spansFailed: this.#failed };
  }

  /** Resolves when what waits is sent, or cannot be; nothing is tried twice any more. @param now ends it at once. */
  async close(now: AbortSignal): Promise<void> {
    this.#closing.abort();
    if (now.aborted) this.#collector.giveUp();
    else now.addEventListener('abort', () => this.#collector.giveUp(), { once: true });
    await this.#sending;
    for (const { spans } of this.#blocks.splice(0)) this.#drop(spans);
  }

  async #send(): Promise<void> {
    while (this.#blocks.length > 0) {
      const blocks = this.#next();
      const spans = blocks.reduce((sum, block) => sum + block.spans, 0);
      const outcome = await this.#tried(exportText(this.#resource, VERSION, blocks.map(({ text }) => text)), spans);
      this.#waitingSpans -= spans;
      for (const { text } of blocks) this.#waitingCharacters -= text.length;
      const rejected = outcome.kind === 'taken' ? Math.min(spans, outcome.rejected) : spans;
      this.#failed += rejected;
      this.#exported += spans - rejected;
      if (outcome.kind === 'taken' && outcome.message !== '') this.#tell('the collector has not taken all of it', { spans: rejected, answer: outcome.message });
      else if (outcome.kind !== 'taken') this.#tell('spans cannot be exported', { spans, error: outcome.reason });
    }
  }

  /** What one request carries: blocks are small, and one always goes. */
  #next(): Block[] {
    const blocks = [this.#blocks.shift()!];
    let spans = blocks[0]!.spans;
    while (this.#blocks.length > 0 && spans + this.#blocks[0]!.spans <= REQUEST_SPANS_MAX) {
      const block = this.#blocks.shift()!;
      spans += block.spans;
      blocks.push(block);
    }
    return blocks;
  }

  async #tried(body: string, spans: number): Promise<Outcome> {
    for (let tries = 1; ; ++tries) {
      const outcome = await this.#collector.send(body);
      if (outcome.kind !== 'later' || tries === TRIES_MAX || this.#closing.signal.aborted) return outcome;
      const backoffMs = Math.min(BACKOFF_MS_MAX, BACKOFF_MS * 2 ** (tries - 1)) * (0.5 + Math.random());
      const waitMs = outcome.afterMs ?? backoffMs;
      this.#tell('spans cannot be exported yet', { spans, error: outcome.reason, againMs: Math.round(waitMs) });
      await pause(waitMs, undefined, { signal: this.#closing.signal, ref: false }).catch(() => undefined);
    }
  }

  #drop(spans: number): void {
    this.#dropped += spans;
    this.#tell('spans are dropped: the collector is too slow, or gone', { spans });
  }

  #tell(message: string, facts: Readonly<Record<string, string | number>>): void {
    this.#report('tracingFailed', message, facts);
  }
}
