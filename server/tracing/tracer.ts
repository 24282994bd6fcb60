// A worker's part of tracing: which requests are sampled, and their spans, handed on in blocks. Who sends them is main (exporter.ts).
import type { RequestHead } from '../../http/head.ts';
import { FLAG_SAMPLED } from '../../http/trace-context.ts';
import type { Plan } from '../plan.ts';
import { Ids } from './ids.ts';
import { spanText, type Span } from './otlp.ts';
import { ServerSpan, type SpanParts } from './server-span.ts';
import { contextOf, stateOf, Unsampled, type Trace } from './trace.ts';

/** Spans that are handed on at once, and the longest that one waits. */
const BLOCK_SPANS = 256;
const BLOCK_AFTER_MS = 1000;
/** The clock of spans runs on by itself, and is set where the system's was set. */
const CLOCK_OFF_MS_MAX = 5;

export interface TracerParts {
  /** Of requests that bring no decision of their own; 0 to 1. */
  readonly sampleRatio: number;
  /** @param block texts of spans, joined by commas. */
  readonly hand: (block: string, spans: number) => void;
  readonly protectionOf: (plan: Plan) => string | undefined;
}

export class Tracer {
  readonly #sampleRatio: number;
  readonly #hand: TracerParts['hand'];
  readonly #parts: SpanParts;
  readonly #ids = new Ids();
  readonly #unsampled = new Unsampled(this.#ids, undefined);
  #originMs = performance.timeOrigin;
  #block: string[] = [];
  #timer: NodeJS.Timeout | undefined;

  constructor({ sampleRatio, hand, protectionOf }: TracerParts) {
    this.#sampleRatio = sampleRatio;
    this.#hand = hand;
    this.#parts = { ids: this.#ids, sink: (span) => this.#add(span), protectionOf };
  }

  /** A request begins. What it brings decides, where it is valid; else chance. */
  begin(request: RequestHead): Trace {
    const parent = contextOf(request);
    if (parent === undefined) return Math.random() < this.#sampleRatio ? new ServerSpan(this.#parts, undefined, '') : this.#unsampled;
    return (parent.flags & FLAG_SAMPLED) !== 0 ? new ServerSpan(this.#parts, parent, stateOf(request)) : new Unsampled(this.#ids, parent);
  }

  flush(): void {
    clearTimeout(this.#timer);
    this.#timer = undefined;
    if (this.#block.length === 0) return;
    const spans = this.#block;
    this.#block = [];
    this.#hand(spans.join(','), spans.length);
    const originMs = Date.now() - performance.now();
    if (Math.abs(originMs - this.#originMs) > CLOCK_OFF_MS_MAX) this.#originMs = originMs;
  }

  #add(span: Span): void {
    this.#block.push(spanText(span, this.#originMs));
    if (this.#block.length >= BLOCK_SPANS) this.flush();
    else this.#timer ??= setTimeout(() => this.flush(), BLOCK_AFTER_MS);
  }
}
