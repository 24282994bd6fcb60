// A plan is a whole answer, decided before its first byte leaves: head, body spans, framing, and what becomes of the
// connection. The exchange makes plans and knows no socket; sinks carry them out and decide nothing.
import { layout } from '../native/index.ts';
import { encodeHead, type FieldList } from '../http/response.ts';

export const { BYTES: SPAN_BYTES, ARENA: SPAN_ARENA, FILE: SPAN_FILE } = layout.spanKinds as { BYTES: 0; ARENA: 1; FILE: 2 };

/** A run of body bytes. `growing` (a file still being written) and `tunnel` (upgrades) join these with the cache. */
export type Span =
  | { readonly kind: typeof SPAN_BYTES; readonly data: Uint8Array; readonly length: number }
  | { readonly kind: typeof SPAN_ARENA | typeof SPAN_FILE; readonly file: number; readonly offset: number; readonly length: number };

/** A body pulled chunk by chunk from JavaScript. `pull` gives undefined at the end; `cancel` when nobody wants more. */
export interface Source {
  pull(): Promise<Uint8Array | undefined>;
  cancel(reason: string): void;
}

/** How the end of the body is told (RFC 9112 §6.3). `none`: there is no body, whatever the head says. */
export type Framing = 'none' | 'length' | 'chunked' | 'close';

const NO_SPANS: readonly Span[] = [];

/** One shape for every answer: the hot path never sees another. */
export class Plan {
  readonly status: number;
  readonly fields: FieldList;
  /** Status line and fields for HTTP/1.1; the sink adds Date, Connection and the empty line. */
  readonly head: Uint8Array;
  readonly spans: readonly Span[];
  readonly framing: Framing;
  readonly source: Source | undefined;
  /** Close the connection when the answer is sent. */
  readonly close: boolean;
  /** Bytes of the body, -1 where a source decides. */
  readonly bodyBytes: number;

  constructor(status: number, fields: FieldList, spans: readonly Span[], framing: Framing, options?: { source?: Source; close?: boolean; head?: Uint8Array }) {
    this.status = status;
    this.fields = fields;
    this.head = options?.head ?? encodeHead(status, fields);
    this.spans = spans;
    this.framing = framing;
    this.source = options?.source;
    this.close = options?.close ?? false;
    this.bodyBytes = options?.source ? -1 : spans.reduce((sum, span) => sum + span.length, 0);
  }

  /** The same head without the body: the answer to HEAD (RFC 9110 §9.3.2). */
  withoutBody(): Plan {
    return new Plan(this.status, this.fields, NO_SPANS, 'none', { close: this.close, head: this.head });
  }

  closing(): Plan {
    return this.close ? this : new Plan(this.status, this.fields, this.spans, this.framing, { close: true, head: this.head, ...(this.source && { source: this.source }) });
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
