// What a 304 or the answer to a HEAD does to what is stored, RFC 9111 §3.2, §4.3.3, §4.3.4 and §4.3.5.
import { POSITION_UNKNOWN } from '../../http/content-range.ts';
import { parseEntityTags, matchesWeakly } from '../../http/etag.ts';
import type { FieldList } from '../../http/response.ts';
import { selectingValues } from '../../http/vary.ts';
import type { Variant } from '../store/object.ts';
import type { Conditions } from './conditions.ts';
import { cacheDate, dateOf } from './dates.ts';
import { type Freshness, freshnessOf } from './freshness.ts';
import { linesOf, type RequestMessage, type ResponseMessage, singletonOf, withoutFields } from './message.ts';
import type { PolicyOptions } from './options.ts';
import { endOf } from './parts.ts';
import type { Reason, RefusedReason } from './reasons.ts';
import { matches } from './selection.ts';
import { messageFields, storingSelected } from './storing.ts';
import { correspondence, hasValidator, type ReceivedValidators, validatorsOf } from './validators.ts';

/** When the request went out and when the head came, milliseconds since 1970. */
export interface Times {
  readonly requestMs: number;
  readonly responseMs: number;
}

export interface Freshened {
  /** The stored response with its new head: what this request is answered with. Its tags are to be read again from its fields. */
  readonly variant: Variant;
  /** Of the variant. */
  readonly freshness: Freshness;
  /**
   * 'replace': it takes the place of the stored one. 'leave': the stored one stays as it was; the new head is for this request only (no-store or
   * Authorization of the request, a cookie). 'drop': the new head forbids that it is stored any longer.
   */
  readonly keep: 'replace' | 'leave' | 'drop';
  readonly reason: Reason;
}

export interface Freshening {
  /**
   * Whom the 304 is for. 'stored': answer with the first of `freshened`, after the client's own conditions were evaluated on it. 'client': pass
   * it on. 'nobody': it says nothing about anything we know; ask again without conditions.
   */
  readonly meant: 'stored' | 'client' | 'nobody';
  readonly freshened: readonly Freshened[];
  readonly untouched: readonly Variant[];
}

/** §4.3.4. `variants`: those that the request selects, the most suitable first; `sent`: what mergedConditions made of the same. */
export function freshened(
  request: RequestMessage, variants: readonly Variant[], sent: Conditions, notModified: ResponseMessage, times: Times, options: PolicyOptions,
): Freshening {
  const received = validatorsOf(notModified.fields, times.responseMs);
  const identified = hasValidator(received) ? identify(variants, received) : unnamed(request, variants, sent);
  const untouched = variants.filter((variant) => !identified.includes(variant));
  if (identified.length === 0) return { meant: isForClient(request, sent, received) ? 'client' : 'nobody', freshened: [], untouched };
  return { meant: 'stored', freshened: identified.map((variant) => updated(request, variant, notModified, times, options)), untouched };
}

export interface HeadFreshening {
  readonly freshened: readonly Freshened[];
  /** To be considered stale: the resource is not what was stored. */
  readonly invalidated: readonly Variant[];
}

/** §4.3.5; `variants`: those that the request selects. Only a 200 says something about them. */
export function freshenedByHead(
  request: RequestMessage, variants: readonly Variant[], response: ResponseMessage, times: Times, options: PolicyOptions,
): HeadFreshening {
  if (request.methodText !== 'HEAD' || response.status !== 200) return { freshened: [], invalidated: [] };
  const same = variants.filter((variant) => isSame(variant, response, times.responseMs));
  return {
    freshened: same.map((variant) => updated(request, variant, response, times, options)),
    invalidated: variants.filter((variant) => !same.includes(variant)),
  };
}

/**
 * §3.2: every field of the update replaces all lines of its name, but those of one message only (§3.1, Content-Length, Content-Range) and
 * Content-Encoding: the stored bytes are in the coding that came with them, whatever a 304 says.
 */
export function mergedFields(stored: FieldList, updating: FieldList): FieldList {
  const news = withoutFields(withoutFields(updating, messageFields), codingField);
  const replaced = new Set(news.map(([name]) => name.toLowerCase()));
  return [...withoutFields(stored, replaced), ...news];
}

const codingField: ReadonlySet<string> = new Set(['content-encoding']);

/** The first two bullets of §4.3.4: all with the same strong validator, or the most suitable one with the same weak validator. */
function identify(variants: readonly Variant[], received: ReceivedValidators): readonly Variant[] {
  const grades = variants.map((variant) => correspondence(validatorsOf(variant.fields, variant.responseMs), received));
  const strong = variants.filter((_, index) => grades[index] === 'strong');
  if (strong.length > 0 || received.tag?.weak === false) return strong;
  const weak = grades.indexOf('weak');
  return weak < 0 ? [] : [variants[weak]!];
}

/**
 * A 304 without validators. It is about the one stored response whose validators alone were sent: an origin should repeat them (RFC 9110
 * §15.4.5), and many do not. Else the last bullet of §4.3.4: the only stored response, itself without a validator, where the client's
 * If-Modified-Since is no later than it was generated; after a later one nothing is known of the time between.
 */
function unnamed(request: RequestMessage, variants: readonly Variant[], sent: Conditions): readonly Variant[] {
  if (sent.nominated.length > 0) return sent.nominated.length === 1 && !sent.clients ? sent.nominated : [];
  const [only, ...others] = variants;
  const since = request.fieldNamed('if-modified-since');
  if (only === undefined || others.length > 0 || since === undefined || request.fieldNamed('if-none-match') !== undefined) return [];
  if (hasValidator(validatorsOf(only.fields, only.responseMs))) return [];
  return cacheDate(since, only.responseMs) <= dateOf(only.fields, only.responseMs) ? [only] : [];
}

/** Where tags of both were sent, it is for the client if it names one of the client's. */
function isForClient(request: RequestMessage, sent: Conditions, received: ReceivedValidators): boolean {
  if (!sent.clients || sent.nominated.length === 0) return sent.clients;
  const list = parseEntityTags(request.fieldNamed('if-none-match') ?? '');
  const { tag } = received;
  return tag !== undefined && list.kind === 'tags' && list.tags.some((one) => matchesWeakly(one, tag));
}

/** A stored response with the fields of a newer one of the same representation: a 304, the answer to a HEAD, a further part (§3.4). */
export function updated(request: RequestMessage, stored: Variant, response: ResponseMessage, times: Times, options: PolicyOptions): Freshened {
  const { requestMs, responseMs } = times;
  // Without a Date of its own the update is as old as its receipt (RFC 9110 §6.6.1), not as the Date that is stored.
  const undated = singletonOf(response.fields, 'date') === undefined ? withoutFields(stored.fields, dateField) : stored.fields;
  const merged = mergedFields(undated, response.fields);
  const age = linesOf(response.fields, 'age').map((value) => ['Age', value] as const);
  const message: ResponseMessage = { status: stored.status, fields: [...merged, ...age] };
  const judged = storingSelected(request, message, requestMs, responseMs, options);
  const freshness = freshnessOf(message, requestMs, responseMs, options);
  const next: Variant = { ...stored, fields: merged, freshness, requestMs, responseMs, invalid: false };
  if (!judged.may) return { variant: next, freshness, keep: ofUpdate.has(judged.reason) ? 'leave' : 'drop', reason: judged.reason };
  const { fields, reason, varyNames } = judged;
  const isSameKey = varyNames.length === stored.varyNames.length && varyNames.every((name, index) => name === stored.varyNames[index]);
  if (isSameKey) return { variant: { ...next, fields }, freshness, keep: 'replace', reason };
  const varyValues = selectingValues(varyNames, request);
  // What the request said under the new names is known of the response that it selects, of no other.
  return { variant: { ...next, fields, varyNames, varyValues }, freshness, keep: matches(stored, request) ? 'replace' : 'drop', reason };
}

const dateField: ReadonlySet<string> = new Set(['date']);

/** What forbids to store this update, and nothing of what is stored already. */
const ofUpdate: ReadonlySet<Reason> = new Set<Reason>(['request-no-store', 'request-content', 'authorization', 'set-cookie']);

/**
 * Whether a response that is not stored tells that what is stored is not current any more: "a full response […] indicates that none of the
 * stored responses nominated in the conditional request is suitable" (§4.3.3). Not one that may be for this client alone, and no error but
 * those that say that there is nothing.
 * @param reason why it is not stored.
 */
export function supersedes(request: RequestMessage, status: number, reason: RefusedReason | 'too-large'): boolean {
  const isOfResource = (status >= 200 && status <= 399 && status !== 206 && status !== 304) || status === 404 || status === 410;
  if (!isOfResource || ofRequest.has(reason)) return false;
  return request.fieldNamed('authorization') === undefined && request.fieldNamed('cookie') === undefined;
}

const ofRequest: ReadonlySet<RefusedReason | 'too-large'> = new Set<RefusedReason>(['method', 'request-content', 'request-no-store', 'authorization']);

/** §4.3.5: the values of the validators received, and of Content-Length, are those of what is stored. */
function isSame(stored: Variant, response: ResponseMessage, responseMs: number): boolean {
  const received = validatorsOf(response.fields, responseMs);
  const there = validatorsOf(stored.fields, stored.responseMs);
  if (stored.status !== response.status) return false;
  if (received.tag !== undefined && (there.tag === undefined || !matchesWeakly(there.tag, received.tag))) return false;
  if (!Number.isNaN(received.lastModifiedMs) && received.lastModifiedMs !== there.lastModifiedMs) return false;
  if (singletonOf(stored.fields, 'content-encoding') !== singletonOf(response.fields, 'content-encoding')) return false;
  const length = singletonOf(response.fields, 'content-length');
  if (length === undefined) return linesOf(response.fields, 'content-length').length === 0;
  if (stored.bytes === POSITION_UNKNOWN) return hasValidator(received) && Number(length) >= endOf(stored.bodies);
  return length === String(stored.bytes);
}
