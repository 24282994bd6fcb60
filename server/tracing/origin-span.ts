// The span of one question to an origin, however often it was put.
import { FLAG_SAMPLED, type TraceParent } from '../../http/trace-context.ts';
import type { OriginAddress } from '../proxy/origin/address.ts';
import { methodAttributes, spanName, withoutSecrets } from './attributes.ts';
import { KIND_CLIENT, type Attribute, type Span } from './otlp.ts';

/** Whoever gathers spans. */
export type SpanSink = (span: Span) => void;

/** Where it was put last, and how often before that. */
export interface Put {
  readonly address: OriginAddress | undefined;
  readonly retries: number;
}

export class OriginSpan {
  readonly #parent: TraceParent;
  readonly #state: string;
  readonly #spanId: string;
  readonly #request: { readonly method: string; readonly target: string };
  readonly #sink: SpanSink;
  readonly #startMs = performance.now();
  #status = 0;
  #isEnded = false;

  /** @param parent the span of the request that it is put for. */
  constructor(parent: TraceParent, state: string, spanId: string, request: { readonly method: string; readonly target: string }, sink: SpanSink) {
    this.#parent = parent;
    this.#state = state;
    this.#spanId = spanId;
    this.#request = request;
    this.#sink = sink;
  }

  answered(status: number): void {
    this.#status = status;
  }

  /** The first call counts. @param error undefined: it came to a good end, or the rest was not wanted. */
  end(put: Put, error?: string): void {
    if (this.#isEnded) return;
    this.#isEnded = true;
    const { traceId, parentId } = this.#parent;
    const status = this.#status;
    this.#sink({
      traceId, parentId, spanId: this.#spanId, isRemote: false, flags: this.#parent.flags | FLAG_SAMPLED, state: this.#state, kind: KIND_CLIENT,
      name: spanName(this.#request.method), startMs: this.#startMs, endMs: performance.now(), attributes: this.#attributes(put),
      error: error ?? (status >= 400 ? String(status) : undefined),
    });
  }

  #attributes({ address, retries }: Put): Attribute[] {
    const { method, target } = this.#request;
    const attributes: Attribute[] = [...methodAttributes(method)];
    if (address) {
      const { secure, authority, host, port, socketPath } = address;
      attributes.push(['url.full', `${secure ? 'https' : 'http'}://${authority}${withoutSecrets(target)}`]);
      if (socketPath === undefined) attributes.push(['server.address', host], ['server.port', port]);
      else attributes.push(['server.address', socketPath], ['network.transport', 'unix']);
    }
    if (this.#status > 0) attributes.push(['http.response.status_code', this.#status]);
    if (retries > 0) attributes.push(['http.request.resend_count', retries]);
    return attributes;
  }
}
