// How a question to the coordinator, or to the origin, is put: for whom else it may be, and why it is asked.
import type { Judgement } from '../../cache/policy/reuse.ts';
import type { HeldObject, HeldVariant } from '../../cache/store/holdings.ts';
import type { ForwardReason } from '../../http/cache-status.ts';
import { FIELD_IF_MATCH, FIELD_IF_MODIFIED_SINCE, FIELD_IF_NONE_MATCH, FIELD_IF_UNMODIFIED_SINCE, type RequestHead } from '../../http/head.ts';
import { selectingValues } from '../../http/vary.ts';
import type { VariantPlans } from './answers.ts';
import type { Asked } from './asked.ts';

/** What it was for that a fresh response was not used (RFC 9211 §2.2). */
const OF_THE_REQUEST: ReadonlySet<Judgement['reason']> = new Set(['request-no-cache', 'pragma', 'request-max-age', 'min-fresh']);

/** Who asks for the same: key and selecting values, as far as Vary is known. @param own nobody else asks for it. @param part which one, where it is not the whole. */
export function flightOf(asked: Asked, vary: readonly string[], own?: number, part?: string): string {
  const name = `${asked.isHead ? 'HEAD' : 'GET'} ${asked.flightKey}\n${JSON.stringify(selectingValues(vary, asked.sent))}`;
  return [name, ...(part === undefined ? [] : [part]), ...(own === undefined ? [] : [own])].join('\n');
}

/** What another request has had validated would have to be validated for this one once more. */
export function needsItsOwn({ variant: { freshness } }: HeldVariant<VariantPlans>, { reason }: Judgement): boolean {
  return freshness.noCache || freshness.lifetimeMs === 0 || reason === 'request-no-cache' || reason === 'pragma';
}

/** If-Match and If-Unmodified-Since are for the origin to judge, and so is what they are about (RFC 9111 §4.3.2). */
export function isForOrigin(request: RequestHead): boolean {
  return request.conditional && (request.has(FIELD_IF_MATCH) || request.has(FIELD_IF_UNMODIFIED_SINCE));
}

export function hasConditions(request: RequestHead): boolean {
  return request.conditional && (request.has(FIELD_IF_NONE_MATCH) || request.has(FIELD_IF_MODIFIED_SINCE));
}

/** @param judgement of the variant that was chosen; undefined where there is none. @param isMissing it has not the bytes that are asked for. */
export function fwdOf(held: HeldObject<VariantPlans> | undefined, judgement: Judgement | undefined, isMissing = false): ForwardReason {
  if (judgement && isMissing && judgement.use !== 'validate') return 'partial';
  if (judgement) return judgement.ttlS >= 0 && OF_THE_REQUEST.has(judgement.reason) ? 'request' : 'stale';
  return held ? 'vary-miss' : 'uri-miss';
}
