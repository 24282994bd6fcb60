// The part that a client asked for, cut out of a 200 that is not to be stored: it was asked for without Range, for everybody, and
// need not be asked for again.
import { dateOf, lastModifiedOf } from '../../cache/policy/dates.ts';
import { valueOf } from '../../cache/policy/message.ts';
import { ifRangeHolds } from '../../http/conditional.ts';
import { FIELD_IF_RANGE, FIELD_RANGE, type RequestHead } from '../../http/head.ts';
import { contentRange, parseRange, type ByteRange } from '../../http/range.ts';
import type { FieldList } from '../../http/response.ts';
import { Plan } from '../plan.ts';
import type { BodyReceiver, OriginAnswer, OriginHead } from './origin-answer.ts';
import { passingPlan, responseFields } from './passing.ts';
import { OriginSource } from './source.ts';
import type { Told } from './status.ts';

/** What is left behind a part, and is read all the same: another connection would cost more; bytes. */
const REST_BYTES_MAX = 64 << 10;

/** Undefined: it is to be asked for, because it is far from the beginning, or no single part. @param bytesMax that are worth reading for it. */
export function cutPlan(request: RequestHead, head: OriginHead, answer: OriginAnswer, told: Told, bytesMax: number): Plan | undefined {
  const fields = responseFields(head);
  const size = head.info.bytes;
  const validators = { etag: valueOf(fields, 'etag') ?? '', lastModifiedMs: lastModifiedOf(fields, head.responseMs) };
  if (!ifRangeHolds(request.field(FIELD_IF_RANGE), validators, dateOf(fields, head.responseMs))) return passingPlan(request, head, answer, told);
  const outcome = size < 0 ? undefined : parseRange(request.field(FIELD_RANGE) ?? '', size);
  if (outcome?.kind === 'ignore') return passingPlan(request, head, answer, told);
  const [range] = outcome?.kind === 'ranges' && outcome.ranges.length === 1 ? outcome.ranges : [];
  if (range === undefined || range.end > bytesMax) return undefined;
  const { start, end } = range;
  const source = new OriginSource(answer);
  answer.take(new Cutting(source, answer, range, size));
  const own: FieldList = [['Content-Length', String(end - start)], ['Content-Range', contentRange(start, end, size)], ...fields, ['Cache-Status', told.field]];
  return new Plan(206, own, [], 'length', { source, dated: valueOf(fields, 'date') !== undefined, result: told.result });
}

/** Lets through what lies between two positions. */
class Cutting implements BodyReceiver {
  readonly #source: OriginSource;
  readonly #answer: OriginAnswer;
  readonly #range: ByteRange;
  readonly #size: number;
  #at = 0;

  constructor(source: OriginSource, answer: OriginAnswer, range: ByteRange, size: number) {
    this.#source = source;
    this.#answer = answer;
    this.#range = range;
    this.#size = size;
  }

  data(chunk: Uint8Array): void {
    const { start, end } = this.#range;
    const from = this.#at;
    if (from >= end) return;
    this.#at += chunk.length;
    const piece = chunk.subarray(Math.max(start - from, 0), Math.max(end - from, 0));
    if (piece.length > 0) this.#source.push(piece);
    if (this.#at < end) return;
    this.#source.end([]);
    if (this.#size - end > REST_BYTES_MAX) this.#answer.cancel('only a part was asked for');
  }

  /** Of an answer that is shorter than its head says there is no end. */
  end(): void {
    return;
  }

  failed({ text }: Parameters<BodyReceiver['failed']>[0]): void {
    if (this.#at < this.#range.end) this.#source.fail(text);
  }
}
