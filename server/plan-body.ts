// The body of a plan for who cannot send records: bytes, piece by piece. Those that are in the arena or in private memory are copied on the
// spot, the others come over a bridge.
//
// Invariant: records are held from the moment a plan is given until close().
import type { Engine } from '../native/index.ts';
import { SPAN_BYTES, type Plan, type Source, type Span } from './plan.ts';

/** What is copied at once. */
const PIECE_BYTES = 128 << 10;

export type RecordSpan = Exclude<Span, { readonly kind: 0 }>;

/** Where the bytes of records are had from. */
export interface RecordBytes {
  /** That the plan was made by. */
  readonly engine: Pick<Engine, 'retain' | 'release' | 'copy'>;
  /** By the way that answers take: of one version. It rejects when what came before it is not all. */
  bridged(span: RecordSpan, signal?: AbortSignal): AsyncGenerator<Uint8Array, void, void>;
}

export class PlanBody {
  readonly #plan: Plan;
  readonly #records: RecordBytes;
  readonly #held: number[] = [];

  /** To be made in the turn in which the plan was given. */
  constructor(plan: Plan, records: RecordBytes) {
    this.#plan = plan;
    this.#records = records;
    for (const span of plan.spans) if (span.kind !== SPAN_BYTES) this.#held.push(span.file);
    for (const file of this.#held) records.engine.retain(file);
  }

  /** Nobody reads it any more. */
  close(): void {
    for (const file of this.#held.splice(0)) this.#records.engine.release(file);
  }

  /** All of it, where that is little and in memory. */
  whole(): Uint8Array | undefined {
    const { spans, source, bodyBytes } = this.#plan;
    if (source || bodyBytes < 0 || bodyBytes > PIECE_BYTES) return undefined;
    const all = Buffer.allocUnsafe(bodyBytes);
    let at = 0;
    for (const span of spans) {
      const part = all.subarray(at, at + span.length);
      if (span.kind === SPAN_BYTES) part.set(span.data);
      else if (this.#records.engine.copy(span.file, span.offset, part) < 0) return undefined;
      at += span.length;
    }
    return all;
  }

  /** The rest of it from some byte on is what is left when its reader has stopped. @throws what a bridge and a source throw: it is not all. */
  async* pieces(signal?: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
    if (this.#plan.source) yield* pulled(this.#plan, this.#plan.source);
    for (const span of this.#plan.spans) yield* piecesOf(span, this.#records, signal);
  }
}

/** Bytes of one span. */
export async function* piecesOf(span: Span, records: RecordBytes, signal?: AbortSignal): AsyncGenerator<Uint8Array, void, void> {
  if (span.kind === SPAN_BYTES) {
    yield span.data;
    return;
  }
  const { kind, file, offset, length } = span;
  for (let at = 0; at < length;) {
    const piece = Buffer.allocUnsafeSlow(Math.min(PIECE_BYTES, length - at));
    if (records.engine.copy(file, offset + at, piece) < 0) {
      yield* records.bridged({ kind, file, offset: offset + at, length: length - at }, signal);
      return;
    }
    at += piece.length;
    yield piece;
  }
}

/** A source is held against the length that the head says (RFC 9112 §6.3). */
async function* pulled({ framing, fields }: Plan, source: Source): AsyncGenerator<Uint8Array, void, void> {
  const promised = framing === 'length' ? Number(fields.find(([name]) => name.toLowerCase() === 'content-length')?.[1]) : Infinity;
  let bytes = 0;
  let ended = false;
  try {
    for (let chunk = await source.pull(); chunk !== undefined; chunk = await source.pull()) {
      bytes += chunk.length;
      if (bytes > promised) throw new Error(`a source gave more than the ${promised} bytes of its Content-Length`);
      if (chunk.length > 0) yield chunk;
    }
    ended = true;
    if (bytes !== promised && promised !== Infinity) throw new Error(`a source gave ${bytes} of the ${promised} bytes of its Content-Length`);
  } finally {
    if (!ended) source.cancel('nobody wants more');
  }
}
