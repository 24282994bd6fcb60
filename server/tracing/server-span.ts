// The span of a request that is sampled: from when it was complete until the kernel has its answer, as the access log counts.
import type { RequestHead } from '../../http/head.ts';
import { FIELD_USER_AGENT } from '../../http/head.ts';
import type { FieldList } from '../../http/response.ts';
import { FLAG_RANDOM, FLAG_SAMPLED, type TraceParent } from '../../http/trace-context.ts';
import type { Incomplete } from '../log/record.ts';
import { cacheResults } from '../metrics/cache-results.ts';
import type { Plan } from '../plan.ts';
import { authorityAttributes, methodAttributes, spanName, withoutSecrets } from './attributes.ts';
import type { Ids } from './ids.ts';
import { OriginSpan, type SpanSink } from './origin-span.ts';
import { KIND_SERVER, type Attribute } from './otlp.ts';
import { contextFields, type OriginTrace, type Trace } from './trace.ts';

/** What spans of a worker are made with. */
export interface SpanParts {
  readonly ids: Ids;
  readonly sink: SpanSink;
  /** How the bytes of a plan are protected, where they are a file's. */
  readonly protectionOf: (plan: Plan) => string | undefined;
}

export class ServerSpan implements Trace {
  readonly isSampled = true;
  readonly traceId: string;
  readonly spanId: string;
  readonly #parts: SpanParts;
  readonly #parentId: string;
  readonly #flags: number;
  readonly #state: string;
  #route: string | undefined = undefined;
  #name = '';
  #attributes: Attribute[] = [];
  #status = 0;
  #startMs = 0;

  /** @param parent undefined: the trace begins here. @param state of the trace, as it is sent on. */
  constructor(parts: SpanParts, parent: TraceParent | undefined, state: string) {
    this.#parts = parts;
    this.traceId = parent?.traceId ?? parts.ids.traceId();
    this.spanId = parts.ids.spanId();
    this.#parentId = parent?.parentId ?? '';
    this.#flags = (parent?.flags ?? FLAG_RANDOM) | FLAG_SAMPLED;
    this.#state = state;
  }

  matched(route: string): void {
    this.#route = route;
  }

  answered(request: RequestHead, plan: Plan, address: string, begunMs: number): void {
    const method = request.methodText;
    this.#name = spanName(method, this.#route);
    this.#startMs = begunMs;
    this.#status = plan.status;
    const attributes: Attribute[] = [...methodAttributes(method), ['url.scheme', request.scheme], ['url.path', request.path]];
    if (request.query !== '') attributes.push(['url.query', withoutSecrets(request.query).slice(1)]);
    attributes.push(...authorityAttributes(request.authority));
    if (this.#route !== undefined) attributes.push(['http.route', this.#route]);
    if (address !== '') attributes.push(['client.address', address]);
    attributes.push(['network.protocol.version', request.version]);
    const userAgent = request.field(FIELD_USER_AGENT);
    if (userAgent !== undefined) attributes.push(['user_agent.original', userAgent]);
    attributes.push(['http.response.status_code', plan.status], ['pagecast.cache.result', cacheResults[plan.result]!.name]);
    const protection = this.#parts.protectionOf(plan);
    if (protection !== undefined) attributes.push(['pagecast.protection', protection]);
    this.#attributes = attributes;
  }

  ended(incomplete: Incomplete, bodyBytes: number, nowMs: number): void {
    if (bodyBytes >= 0) this.#attributes.push(['http.response.body.size', bodyBytes]);
    const { traceId, spanId } = this;
    this.#parts.sink({
      traceId, spanId, parentId: this.#parentId, isRemote: this.#parentId !== '', flags: this.#flags, state: this.#state, kind: KIND_SERVER,
      name: this.#name, startMs: this.#startMs, endMs: nowMs, attributes: this.#attributes,
      error: incomplete !== '' ? incomplete : this.#status >= 500 ? String(this.#status) : undefined,
    });
  }

  toOrigin(request: RequestHead, method: string): OriginTrace {
    const { traceId } = this;
    const spanId = this.#parts.ids.spanId();
    const span = new OriginSpan(
      { traceId, parentId: this.spanId, flags: this.#flags }, this.#state, spanId, { method, target: `${request.path}${request.query}` }, this.#parts.sink,
    );
    return { fields: contextFields({ traceId, parentId: spanId, flags: this.#flags }, this.#state), span };
  }

  toHandler(): FieldList {
    return contextFields({ traceId: this.traceId, parentId: this.spanId, flags: this.#flags }, this.#state);
  }
}
