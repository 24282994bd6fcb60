// Spans as OpenTelemetry's collectors take them: OTLP 1, ExportTraceServiceRequest in JSON (opentelemetry-proto, "JSON Protobuf Encoding").
// Ids are hexadecimal, integers of 64 bits are text.

export type Attribute = readonly [name: string, value: string | number];

/** Span.SpanKind */
export const KIND_SERVER = 2;
export const KIND_CLIENT = 3;
/** Status.StatusCode; nothing is said of what is no error. */
const STATUS_ERROR = 2;
/** SpanFlags: whether the parent is of another process is known, and is so. */
const HAS_IS_REMOTE = 0x100;
const IS_REMOTE = 0x200;
/** Of an attribute's text: what clients send is not sent on at any length. */
const TEXT_CHARACTERS_MAX = 1024;
const NANOSECONDS = 1e6;

export interface Span {
  readonly traceId: string;
  readonly spanId: string;
  /** '' of the first of a trace. */
  readonly parentId: string;
  /** The parent is of another process. */
  readonly isRemote: boolean;
  /** As in traceparent. */
  readonly flags: number;
  /** As in tracestate. */
  readonly state: string;
  readonly name: string;
  readonly kind: typeof KIND_SERVER | typeof KIND_CLIENT;
  /** performance.now() */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: readonly Attribute[];
  /** What went wrong (the attribute error.type); undefined: nothing. */
  readonly error: string | undefined;
}

/** One span. @param originMs when performance.now() was 0; milliseconds since the epoch. */
export function spanText(span: Span, originMs: number): string {
  const { traceId, spanId, parentId, isRemote, flags, state, name, kind, startMs, endMs, attributes, error } = span;
  const all = error === undefined ? attributes : [...attributes, ['error.type', error] as const];
  return `{"traceId":"${traceId}","spanId":"${spanId}"` +
    (parentId === '' ? '' : `,"parentSpanId":"${parentId}"`) + (state === '' ? '' : `,"traceState":${JSON.stringify(state)}`) +
    `,"flags":${flags | HAS_IS_REMOTE | (isRemote ? IS_REMOTE : 0)},"name":${JSON.stringify(name)},"kind":${kind}` +
    `,"startTimeUnixNano":"${nanoseconds(originMs + startMs)}","endTimeUnixNano":"${nanoseconds(originMs + Math.max(startMs, endMs))}"` +
    `,"attributes":${attributesText(all)}${error === undefined ? '' : `,"status":{"code":${STATUS_ERROR}}`}}`;
}

/** The body of an export. @param spans texts of spans, or of several joined by commas. @param version of who tells. */
export function exportText(resource: readonly Attribute[], version: string, spans: readonly string[]): string {
  return `{"resourceSpans":[{"resource":{"attributes":${attributesText(resource)}},"scopeSpans":[{"scope":{"name":"pagecast","version":${JSON.stringify(version)}},"spans":[${spans.join(',')}]}]}]}`;
}

function attributesText(attributes: readonly Attribute[]): string {
  return `[${attributes.map(([name, value]) => `{"key":"${name}","value":${valueText(value)}}`).join(',')}]`;
}

function valueText(value: string | number): string {
  return typeof value === 'number' ? `{"intValue":"${value}"}` : `{"stringValue":${JSON.stringify(value.slice(0, TEXT_CHARACTERS_MAX))}}`;
}

/** A double holds milliseconds of this century to a quarter of a microsecond. */
function nanoseconds(ms: number): string {
  const whole = Math.floor(ms);
  return `${whole}${String(Math.floor((ms - whole) * NANOSECONDS)).padStart(6, '0')}`;
}
