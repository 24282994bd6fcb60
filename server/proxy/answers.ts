// From a stored variant to a plan. What it says changes with its age, once a second: plans are kept with the variant for
// as long.
import { valueOf } from '../../cache/policy/message.ts';
import type { Judgement } from '../../cache/policy/reuse.ts';
import type { HeldVariant } from '../../cache/store/holdings.ts';
import type { Variant } from '../../cache/store/object.ts';
import type { FileReader, Representation } from '../../cache/representation.ts';
import { parseDate } from '../../http/date.ts';
import type { RequestHead } from '../../http/head.ts';
import { METHOD_HEAD } from '../../http/head.ts';
import type { FieldList } from '../../http/response.ts';
import { selectedOf, selectedPlan, wholePlan, type HeadFields, type Selected } from '../answers.ts';
import { Plan, SPAN_GROWING, UNTIL_END } from '../plan.ts';
import { hitStatus } from './status.ts';

/** What a variant was last answered with, from the store. */
export interface VariantPlans {
  readonly ageS: number;
  readonly reason: string;
  readonly answers: Answers;
}

interface Answers {
  readonly selected: Selected;
  /** Of any status but 200: preconditions and ranges say nothing of it. */
  readonly plain: Plan | undefined;
}

/** RFC 9110 §15.4.5, and what tells of this cache. */
const OF_NOT_MODIFIED = /^(?:cache-control|(?:cdn|pagecast|surrogate)-cache-control|content-location|date|etag|expires|vary|last-modified|age|cache-status|set-cookie|no-vary-search)$/i;
const WITHOUT_BODY = new Set([204, 304]);

function representationOf({ fields, responseMs }: Variant, file: number, inArena: boolean, size: number): Representation {
  const dateMs = parseDate(valueOf(fields, 'date') ?? '', responseMs);
  const lastModified = valueOf(fields, 'last-modified');
  // RFC 9111 §4.3.2: without Last-Modified, If-Modified-Since is compared with Date, or with when it was received.
  const modifiedMs = lastModified === undefined ? (Number.isNaN(dateMs) ? responseMs : dateMs) : parseDate(lastModified, responseMs);
  return {
    file, size, inArena, arriving: false, protection: 0, cause: 0, racy: false, digest: undefined, modifiedMs,
    validators: { etag: valueOf(fields, 'etag') ?? '', lastModifiedMs: modifiedMs },
  };
}

function headFields({ fields }: Variant, ageS: number | undefined, cacheStatus: string): HeadFields {
  const aside: FieldList = [...(ageS === undefined ? [] : [['Age', String(ageS)] as const]), ['Cache-Status', cacheStatus]];
  const content: FieldList = [...fields, ...aside];
  return {
    type: valueOf(fields, 'content-type') ?? 'application/octet-stream',
    content, notModified: content.filter(([name]) => OF_NOT_MODIFIED.test(name)), aside,
    validators: fields.filter(([name]) => /^(?:etag|last-modified)$/i.test(name)), dated: true,
  };
}

/** The answer that a stored variant gives to this request without asking anybody: 200, 206, 304, 416 of a stored 200, else what is stored. */
export function hitPlan(request: RequestHead, held: HeldVariant<VariantPlans>, judgement: Judgement, reader: FileReader): Plan {
  const { ageS, reason } = judgement;
  let { plans } = held;
  if (plans?.ageS !== ageS || plans.reason !== reason) plans = held.plans = { ageS, reason, answers: answersOf(held, ageS, hitStatus(judgement), reader) };
  return planOf(request, held.variant, plans.answers);
}

/** The same where the origin was asked. @param ageS undefined: it is as young as can be. */
export function variantPlan(request: RequestHead, held: HeldVariant<VariantPlans>, ageS: number | undefined, cacheStatus: string, reader: FileReader): Plan {
  return planOf(request, held.variant, answersOf(held, ageS, cacheStatus, reader));
}

/** The same of a variant whose bytes are still coming. */
export function arrivingPlan(request: RequestHead, variant: Variant, file: number, ageS: number | undefined, cacheStatus: string): Plan {
  const fields = headFields(variant, ageS, cacheStatus);
  if (variant.bytes >= 0) return planOf(request, variant, answersWith(variant, { ...representationOf(variant, file, false, variant.bytes), arriving: true }, fields));
  const plan = new Plan(variant.status, fields.content, [{ kind: SPAN_GROWING, file, offset: 0, length: UNTIL_END }], 'chunked', { dated: true });
  return request.method === METHOD_HEAD ? plan.withoutBody() : plan;
}

function answersOf({ variant, file }: HeldVariant<VariantPlans>, ageS: number | undefined, cacheStatus: string, reader: FileReader): Answers {
  const inArena = file >= 0 && reader.facts(file).inArena;
  return answersWith(variant, representationOf(variant, file, inArena, variant.bytes), headFields(variant, ageS, cacheStatus));
}

function answersWith({ status }: Variant, representation: Representation, fields: HeadFields): Answers {
  const selected = selectedOf(representation, fields);
  if (status === 200) return { selected, plain: undefined };
  const plain = WITHOUT_BODY.has(status) ? new Plan(status, fields.content, [], 'none', { dated: true }) : wholePlan(status, representation, fields.content, true);
  return { selected, plain };
}

function planOf(request: RequestHead, { responseMs, fields }: Variant, { selected, plain }: Answers): Plan {
  if (plain) return request.method === METHOD_HEAD ? plain.withoutBody() : plain;
  // Whether a date is a strong validator is told by the Date beside it (RFC 9110 §8.8.2.2).
  return selectedPlan(request, selected, request.conditional ? parseDate(valueOf(fields, 'date') ?? '', responseMs) : responseMs);
}
