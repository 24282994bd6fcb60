// What a request is traced by, where spans are configured: made when it begins, taken along by the peer that has sent it (Peer.trace),
// ended with its answer. One that is not sampled leaves no span; origins are told so.
import { FIELD_TRACEPARENT, type RequestHead } from '../../http/head.ts';
import type { FieldList } from '../../http/response.ts';
import { FLAG_RANDOM, FLAG_SAMPLED, formatTraceparent, forwardedTracestate, parseTraceparent, type TraceParent } from '../../http/trace-context.ts';
import type { Incomplete } from '../log/record.ts';
import type { Plan } from '../plan.ts';
import type { Ids } from './ids.ts';
import type { OriginSpan } from './origin-span.ts';

/** A request to an origin, or to a handler, in the name of one that is traced. */
export interface OriginTrace {
  /** traceparent, and tracestate where there is one. */
  readonly fields: FieldList;
  /** Undefined: it is not sampled. */
  readonly span: OriginSpan | undefined;
}

export interface Trace {
  readonly isSampled: boolean;
  /** 32 digits; '' where it has none: nothing of it is recorded, and nobody has sent one. */
  readonly traceId: string;
  /** 16 digits; '' where it is not sampled. */
  readonly spanId: string;
  /** By which route it is answered, as the config has its path. */
  matched(route: string): void;
  /** @param begunMs performance.now() when the request was complete. */
  answered(request: RequestHead, plan: Plan, address: string, begunMs: number): void;
  /** @param bodyBytes of the answer, -1 where they were not counted. @param nowMs performance.now(). */
  ended(incomplete: Incomplete, bodyBytes: number, nowMs: number): void;
  /** @param request the one that is traced, as hooks have left it. @param method of the one that is made for it. */
  toOrigin(request: RequestHead, method: string): OriginTrace;
  /** What a handler gets with the request, and may pass on. */
  toHandler(request: RequestHead): FieldList;
}

/** The trace that a request says it belongs to; undefined: none, or one that is invalid. */
export function contextOf(request: RequestHead): TraceParent | undefined {
  return request.has(FIELD_TRACEPARENT) ? parseTraceparent(request.field(FIELD_TRACEPARENT)!) : undefined;
}

/** What `request` says of its trace besides, as it is sent on. */
export function stateOf(request: RequestHead): string {
  const value = request.fieldNamed('tracestate');
  return value === undefined ? '' : forwardedTracestate(value);
}

export function contextFields(parent: TraceParent, state: string): FieldList {
  const traceparent = ['traceparent', formatTraceparent(parent)] as const;
  return state === '' ? [traceparent] : [traceparent, ['tracestate', state]];
}

/** A request that is not sampled, by what it brings, or because it brings nothing: then one does for all. */
export class Unsampled implements Trace {
  readonly isSampled = false;
  readonly spanId = '';
  readonly #ids: Ids;
  readonly #parent: TraceParent | undefined;

  constructor(ids: Ids, parent: TraceParent | undefined) {
    this.#ids = ids;
    this.#parent = parent;
  }

  get traceId(): string {
    return this.#parent?.traceId ?? '';
  }

  matched(): void {}

  answered(): void {}

  ended(): void {}

  toOrigin(request: RequestHead): OriginTrace {
    return { fields: this.toHandler(request), span: undefined };
  }

  toHandler(request: RequestHead): FieldList {
    const parentId = this.#ids.spanId();
    if (!this.#parent) return contextFields({ traceId: this.#ids.traceId(), parentId, flags: FLAG_RANDOM }, '');
    const { traceId, flags } = this.#parent;
    return contextFields({ traceId, parentId, flags: flags & ~FLAG_SAMPLED }, stateOf(request));
  }
}
