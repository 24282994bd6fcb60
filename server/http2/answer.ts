// Carries a plan out on a stream of HTTP/2: the same status, fields and bytes as the burst sink sends. What cannot be completed is reset, and
// never looks complete (RFC 9113 §8.1).
import { INTERNAL_ERROR } from '../../http/frames.ts';
import type { AccessRecord, Incomplete } from '../log/record.ts';
import { SPAN_BYTES, SPAN_GROWING, type Plan, type Span } from '../plan.ts';
import { PlanBody, type RecordBytes } from '../plan-body.ts';
import { BridgeError } from './bridge.ts';
import { trailersBlock } from './response-head.ts';
import type { Http2Stream } from './stream.ts';

const NOTHING = new Uint8Array(0);

export class Http2Answer {
  readonly plan: Plan;
  readonly record: AccessRecord | undefined;
  /** Why it cannot be completed. */
  brokenBy: Incomplete = '';
  readonly #stream: Http2Stream;
  #body: PlanBody | undefined;
  #leaving: AbortController | undefined;
  #bytes = 0;

  constructor(stream: Http2Stream, plan: Plan, record: AccessRecord | undefined) {
    this.#stream = stream;
    this.plan = plan;
    this.record = record;
  }

  /** In the turn in which the plan was given. @param failed of what is no fault of the client's. */
  begin(block: Uint8Array, records: RecordBytes, failed: (error: unknown) => void): void {
    const stream = this.#stream;
    const { plan } = this;
    if (plan.framing === 'none') return stream.respond(block, true);
    stream.respond(block, false);
    const body = new PlanBody(plan, records);
    const whole = body.whole();
    if (whole) {
      body.close();
      this.#send([{ kind: SPAN_BYTES, data: whole, length: whole.length }]);
    } else if (!plan.source && plan.spans.every((span) => isKept(span, records))) {
      this.#body = body;
      this.#send(plan.spans);
    } else {
      this.#leaving = new AbortController();
      this.#write(body, this.#leaving.signal).then(() => this.#end(), (error: unknown) => this.#broken(error, failed)).finally(() => body.close()).catch(failed);
    }
  }

  /** Nobody wants more of it: the stream is closed. */
  leave(): void {
    this.#body?.close();
    if (this.plan.source) {
      this.plan.source.cancel('the stream is closed');
      if (this.record) this.record.bodyBytes = this.#bytes;
    }
    this.#leaving?.abort();
  }

  #send(spans: readonly Span[]): void {
    this.#stream.send(spans);
    this.#stream.end();
  }

  async #write(body: PlanBody, signal: AbortSignal): Promise<void> {
    const stream = this.#stream;
    for await (const data of body.pieces(signal)) {
      if (stream.isClosed) return;
      stream.send([{ kind: SPAN_BYTES, data, length: data.length }]);
      this.#bytes += data.length;
      if (!(await stream.room())) return;
    }
  }

  /** RFC 9113 §8.1: trailers come with the end of the stream. */
  #end(): void {
    const { source, framing } = this.plan;
    const trailers = source && framing !== 'length' ? source.trailers ?? [] : [];
    this.#stream.end(trailers.length > 0 ? trailersBlock(trailers) : undefined);
  }

  #broken(error: unknown, failed: (error: unknown) => void): void {
    if (this.#stream.isClosed) return; // the client was faster
    this.brokenBy = error instanceof BridgeError ? error.how : 'aborted';
    this.#stream.reset(INTERNAL_ERROR);
    if (!(error instanceof BridgeError)) failed(error);
  }
}

/** Its bytes are in memory that nobody else writes to, as long as its record is held: any other may change, and would end its connection. */
function isKept(span: Span, { engine }: RecordBytes): boolean {
  return span.kind === SPAN_BYTES || (span.kind !== SPAN_GROWING && engine.copy(span.file, 0, NOTHING) >= 0);
}
