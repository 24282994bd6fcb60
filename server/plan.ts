// A plan is a whole answer, decided before its first byte leaves: head, body spans, framing, and what becomes of the
// connection. The exchange makes plans and knows no socket; sinks carry them out and decide nothing.
import { layout } from '../native/index.ts';
import { encodeHead, type FieldList } from '../http/response.ts';
import { RESULT_NONE } from './metrics/cache-results.ts';

export const { BYTES: SPAN_BYTES, ARENA: SPAN_ARENA, FILE: SPAN_FILE, GROWING: SPAN_GROWING } = layout.spanKinds as { BYTES: 0; ARENA: 1; FILE: 2; GROWING: 3 };
/** The length of a growing span that ends where its body does. */
export const UNTIL_END = layout.sizes.untilEnd;

/** A run of body bytes; of a growing one, those that have not arrived yet are sent as they come. */
export type Span =
  | { readonly kind: typeof SPAN_BYTES; readonly data: Uint8Array; readonly length: number }
  | { readonly kind: typeof SPAN_ARENA | typeof SPAN_FILE | typeof SPAN_GROWING; readonly file: number; readonly offset: number; readonly length: number };

/** A body pulled chunk by chunk from JavaScript. `pull` gives undefined at the end; `cancel` when nobody wants more. */
export interface Source {
  pull(): Promise<Uint8Array | undefined>;
  cancel(reason: string): void;
  /** Known at the end; sent behind a body in chunks, and nowhere else (RFC 9110 §6.5). */
  readonly trailers?: FieldList;
}

/** The other side of a connection that changes its protocol (RFC 9110 §7.8). `pull` gives what comes from there for the client; it rejects where that side broke off. */
export interface Tunnel extends Source {
  /** From the client; the chunk is the tunnel's to keep. False: no more, until it is drained. */
  push(chunk: Uint8Array): boolean;
  /** Called each time that a tunnel which had enough takes more. */
  whenDrained(listener: () => void): void;
  /** The client sends no more; it is still sent what comes. */
  end(): void;
  /** Resolves when that side is closed, and never rejects: whether both have ended, and it has taken what the client had sent. */
  readonly closed: Promise<boolean>;
}

/** How the end of the body is told (RFC 9112 §6.3). `none`: there is no body, whatever the head says. */
export type Framing = 'none' | 'length' | 'chunked' | 'close';

const NO_SPANS: readonly Span[] = [];

export interface PlanOptions {
  readonly source?: Source;
  readonly tunnel?: Tunnel;
  readonly close?: boolean;
  readonly head?: Uint8Array;
  readonly dated?: boolean;
  readonly result?: number;
}

/** One shape for every answer: the hot path never sees another. */
export class Plan {
  readonly status: number;
  readonly fields: FieldList;
  /** Status line and fields for HTTP/1.1; the sink adds Date, Connection and the empty line. */
  readonly head: Uint8Array;
  readonly spans: readonly Span[];
  readonly framing: Framing;
  readonly source: Source | undefined;
  /** What the connection is for from the end of this head on: a 101's. */
  readonly tunnel: Tunnel | undefined;
  /** Close the connection when the answer is sent. */
  readonly close: boolean;
  /** The fields have a Date of their own: whoever made the answer first (RFC 9110 §6.6.1). */
  readonly dated: boolean;
  /** Bytes of the body, -1 where they are not known yet. */
  readonly bodyBytes: number;
  /** One of cacheResults. A cache sets it before anybody else has the plan; one that is kept says the same each time. */
  result: number;

  constructor(status: number, fields: FieldList, spans: readonly Span[], framing: Framing, options?: PlanOptions) {
    this.status = status;
    this.fields = fields;
    this.head = options?.head ?? encodeHead(status, fields);
    this.spans = spans;
    this.framing = framing;
    this.source = options?.source;
    this.tunnel = options?.tunnel;
    this.close = options?.close ?? false;
    this.dated = options?.dated ?? false;
    this.result = options?.result ?? RESULT_NONE;
    const bytes = spans.reduce((sum, span) => sum + span.length, 0);
    this.bodyBytes = options?.source || bytes >= UNTIL_END ? -1 : bytes;
  }

  /** The same head without the body: the answer to HEAD (RFC 9110 §9.3.2). */
  withoutBody(): Plan {
    return new Plan(this.status, this.fields, NO_SPANS, 'none', { close: this.close, head: this.head, dated: this.dated, result: this.result });
  }

  /** The same answer with these fields in place of its own. Those that frame it must be among them. */
  withFields(fields: FieldList): Plan {
    const { close, dated, result, source, tunnel } = this;
    return new Plan(this.status, fields, this.spans, this.framing, { close, dated, result, ...(source && { source }), ...(tunnel && { tunnel }) });
  }

  closing(): Plan {
    return this.close ? this : new Plan(this.status, this.fields, this.spans, this.framing, { close: true, head: this.head, dated: this.dated, result: this.result, ...(this.source && { source: this.source }) });
  }
}

/** A plan with a body from memory; `fields` without its length. */
export function bytesPlan(status: number, fields: FieldList, data: Uint8Array): Plan {
  return new Plan(
    status,
    [['Content-Length', String(data.length)], ...fields],
    data.length > 0 ? [{ kind: SPAN_BYTES, data, length: data.length }] : NO_SPANS,
    data.length > 0 ? 'length' : 'none',
  );
}

/** A plan with a short text body, for errors and redirects. */
export function textPlan(status: number, fields: FieldList, text: string): Plan {
  return bytesPlan(status, [['Content-Type', 'text/plain; charset=utf-8'], ['X-Content-Type-Options', 'nosniff'], ...fields], Buffer.from(text, 'utf8'));
}

export function emptyPlan(status: number, fields: FieldList): Plan {
  return new Plan(status, fields, NO_SPANS, 'none');
}
