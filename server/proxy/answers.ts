// From a stored variant to a plan. What it says changes with its age, once a second: plans are kept with the variant for
// as long.
import assert from 'node:assert/strict';
import { valueOf } from '../../cache/policy/message.ts';
import type { Judgement } from '../../cache/policy/reuse.ts';
import type { HeldVariant } from '../../cache/store/holdings.ts';
import type { Variant } from '../../cache/store/object.ts';
import type { FileReader, Piece, Representation } from '../../cache/representation.ts';
import { parseDate } from '../../http/date.ts';
import type { RequestHead } from '../../http/head.ts';
import { METHOD_HEAD } from '../../http/head.ts';
import type { FieldList } from '../../http/response.ts';
import { selectedOf, selectedPlan, wholePlan, type HeadFields, type Selected } from '../answers.ts';
import { Plan, SPAN_GROWING, UNTIL_END, type Source } from '../plan.ts';
import { isWithoutHoles, piecesOf } from './pieces.ts';
import { hitStatus, type Told } from './status.ts';

/** What a variant was last answered with, from the store. */
export interface VariantPlans {
  readonly ageS: number;
  readonly reason: string;
  readonly name: string;
  readonly answers: Answers;
}

interface Answers {
  readonly selected: Selected;
  /** Of any status but 200: preconditions and ranges say nothing of it. */
  readonly plain: Plan | undefined;
  /** One of cacheResults. */
  readonly result: number;
}

/** What RFC 9110 §15.4.5 leaves out of a 304: it describes bytes that the client has, and would be put over what it knows of them. */
const OF_THE_BYTES = /^(?:accept-ranges|content-(?:digest|disposition|encoding|language|length|md5|range|type)|digest|repr-digest)$/i;
const RANGES: FieldList = [['Accept-Ranges', 'bytes']];
const WITHOUT_BODY = new Set([204, 304]);

function representationOf({ fields, responseMs }: Variant, file: number, inArena: boolean, size: number): Representation {
  const dateMs = parseDate(valueOf(fields, 'date') ?? '', responseMs);
  const lastModified = valueOf(fields, 'last-modified');
  // RFC 9111 §4.3.2: without Last-Modified, If-Modified-Since is compared with Date, or with when it was received.
  const modifiedMs = lastModified === undefined ? (Number.isNaN(dateMs) ? responseMs : dateMs) : parseDate(lastModified, responseMs);
  return {
    file, size, inArena, arriving: false, pieces: undefined, protection: 0, cause: 0, racy: false, digest: undefined, modifiedMs,
    validators: { etag: valueOf(fields, 'etag') ?? '', lastModifiedMs: modifiedMs },
  };
}

function headFields({ status, fields }: Variant, ageS: number | undefined, { field }: Told): HeadFields {
  const aside: FieldList = [...(ageS === undefined ? [] : [['Age', String(ageS)] as const]), ['Cache-Status', field]];
  // Of what is stored there are parts, whatever the origin does (RFC 9110 §14.3).
  const ranges = status === 200 && valueOf(fields, 'accept-ranges') === undefined ? RANGES : [];
  const content: FieldList = [...fields, ...ranges, ...aside];
  return {
    type: valueOf(fields, 'content-type') ?? 'application/octet-stream',
    content, notModified: content.filter(([name]) => !OF_THE_BYTES.test(name)), aside,
    validators: fields.filter(([name]) => /^(?:etag|last-modified)$/i.test(name)), dated: true,
  };
}

/**
 * The answer that a stored variant gives to this request without asking anybody: 200, 206, 304, 416 of a stored 200, else what is stored.
 * @param name of the cache.
 */
export function hitPlan(request: RequestHead, held: HeldVariant<VariantPlans>, judgement: Judgement, reader: FileReader, name: string): Plan {
  const { ageS, reason } = judgement;
  let { plans } = held;
  if (plans?.ageS !== ageS || plans.reason !== reason || plans.name !== name) plans = held.plans = { ageS, reason, name, answers: answersOf(held, ageS, hitStatus(name, judgement), reader) };
  return planOf(request, held.variant, plans.answers);
}

/** The same where the origin was asked. @param ageS undefined: it is as young as can be. */
export function variantPlan(request: RequestHead, held: Omit<HeldVariant<VariantPlans>, 'plans'>, ageS: number | undefined, cacheStatus: Told, reader: FileReader): Plan {
  return planOf(request, held.variant, answersOf(held, ageS, cacheStatus, reader));
}

/** The same of a variant whose bytes are still coming. @param last what those who ask for it have in common. */
export function arrivingPlan(request: RequestHead, variant: Variant, file: number, ageS: number | undefined, cacheStatus: Told, last?: ArrivingPlans): Plan {
  if (variant.bytes >= 0) return planOf(request, variant, last?.of(variant, file, ageS, cacheStatus) ?? arrivingAnswers(variant, file, ageS, cacheStatus));
  const fields = headFields(variant, ageS, cacheStatus);
  const plan = new Plan(variant.status, fields.content, [{ kind: SPAN_GROWING, file, offset: 0, length: UNTIL_END }], 'chunked', { dated: true, result: cacheStatus.result });
  return request.method === METHOD_HEAD ? plan.withoutBody() : plan;
}

/** The same of one whose length is not known, for the client whose question has brought it. */
export function unsizedPlan(variant: Variant, source: Source, ageS: number | undefined, cacheStatus: Told): Plan {
  return new Plan(variant.status, headFields(variant, ageS, cacheStatus).content, [], 'chunked', { source, dated: true, result: cacheStatus.result });
}

/** A crowd that waits for one variant is answered with what the first of them was: plans are kept as those of hits are. */
export class ArrivingPlans {
  readonly #last = new WeakMap<Variant, { readonly file: number; readonly ageS: number | undefined; readonly status: string; readonly answers: Answers }>();

  of(variant: Variant, file: number, ageS: number | undefined, cacheStatus: Told): Answers {
    const last = this.#last.get(variant);
    if (last?.file === file && last.ageS === ageS && last.status === cacheStatus.field) return last.answers;
    const answers = arrivingAnswers(variant, file, ageS, cacheStatus);
    this.#last.set(variant, { file, ageS, status: cacheStatus.field, answers });
    return answers;
  }
}

function arrivingAnswers(variant: Variant, file: number, ageS: number | undefined, cacheStatus: Told): Answers {
  return answersWith(variant, { ...representationOf(variant, file, false, variant.bytes), arriving: true }, headFields(variant, ageS, cacheStatus), cacheStatus.result);
}

/** The same of what lies in several records, or is not all there. `pieces` have what the request asks for (policy/wanted.ts). */
export function piecesPlan(request: RequestHead, variant: Variant, pieces: readonly Piece[], ageS: number | undefined, cacheStatus: Told): Plan {
  return planOf(request, variant, answersWith(variant, { ...representationOf(variant, -1, false, variant.bytes), pieces }, headFields(variant, ageS, cacheStatus), cacheStatus.result));
}

function answersOf(held: Omit<HeldVariant<VariantPlans>, 'plans'>, ageS: number | undefined, cacheStatus: Told, reader: FileReader): Answers {
  const { variant, file, others, partial } = held;
  const inArena = file >= 0 && reader.facts(file).inArena;
  const pieces = partial || others.length > 0 ? piecesOf(variant.bodies, [file, ...others], reader) : undefined;
  return answersWith(variant, { ...representationOf(variant, file, inArena, variant.bytes), pieces }, headFields(variant, ageS, cacheStatus), cacheStatus.result);
}

function answersWith({ status }: Variant, representation: Representation, fields: HeadFields, result: number): Answers {
  const selected = selectedOf(representation, fields);
  if (status === 200) return { selected, plain: undefined, result };
  const plain = WITHOUT_BODY.has(status) ? new Plan(status, fields.content, [], 'none', { dated: true }) : wholePlan(status, representation, fields.content, true);
  return { selected, plain, result };
}

function planOf(request: RequestHead, variant: Variant, answers: Answers): Plan {
  const plan = chosenPlan(request, variant, answers);
  plan.result = answers.result;
  return plan;
}

function chosenPlan(request: RequestHead, { responseMs, fields }: Variant, { selected, plain }: Answers): Plan {
  if (plain) return request.method === METHOD_HEAD ? plain.withoutBody() : plain;
  // Whether a date is a strong validator is told by the Date beside it (RFC 9110 §8.8.2.2).
  const plan = selectedPlan(request, selected, request.conditional ? parseDate(valueOf(fields, 'date') ?? '', responseMs) : responseMs);
  assert(selected.representation.pieces === undefined || isWithoutHoles(plan), 'an answer with a hole');
  return plan;
}
