// Whether a response may be stored by a shared cache, and what of it, RFC 9111 §3.
import type { CacheDirectives } from '../../http/cache-control.ts';
import type { ContentRange } from '../../http/content-range.ts';
import { formatDate } from '../../http/date.ts';
import type { FieldList } from '../../http/response.ts';
import { varyNames } from '../../http/vary.ts';
import { dateNamed } from './dates.ts';
import { isUnqualified, qualifiedNames, requestDirectives, type ResponseDirectives, responseDirectives } from './directives.ts';
import { type Freshness, freshnessOf, isExplicit } from './freshness.ts';
import { linesOf, type RequestMessage, type ResponseMessage, valueOf, withoutFields } from './message.ts';
import type { PolicyOptions } from './options.ts';
import { partOf } from './parts.ts';
import type { RefusedReason, StoredReason } from './reasons.ts';
import { canBeValidated, heuristicallyCacheable, isStorable, isUnderstood } from './statuses.ts';
import { hasValidator, validatorsOf } from './validators.ts';

export type Storing =
  | { readonly may: false; readonly reason: RefusedReason }
  | {
      readonly may: true;
      readonly reason: StoredReason;
      /** To be stored: with a Date, without Age, Content-Length, Content-Range and what is not for others (§3.1). */
      readonly fields: FieldList;
      /** Of the response as it came; the fields alone do not tell it again: Age is not among them. */
      readonly freshness: Freshness;
      /** http/vary.ts; the values are those of the request as the client sent it. */
      readonly varyNames: readonly string[];
      /** Of a 206: which part it is. It is stored as a 200. */
      readonly part: ContentRange | undefined;
    };

/** Times in milliseconds since 1970: when the request went out, when the head came. */
export function storing(request: RequestMessage, response: ResponseMessage, requestMs: number, responseMs: number, options: PolicyOptions): Storing {
  // HEAD never makes a stored response; it freshens them (§4.3.5).
  if (request.methodText !== 'GET') return { may: false, reason: 'method' };
  return storingSelected(request, response, requestMs, responseMs, options);
}

/** The same for a response that updates what is stored of a GET: all but the method is judged. */
export function storingSelected(request: RequestMessage, response: ResponseMessage, requestMs: number, responseMs: number, options: PolicyOptions): Storing {
  const inForce = responseDirectives(response.fields, options);
  const part = partOf(response);
  const names = varyNames(valueOf(response.fields, 'vary'));
  const refused = refusal(request, response, inForce.directives, part);
  if (refused !== undefined) return { may: false, reason: refused };
  if (names === '*') return { may: false, reason: 'vary-star' };
  const freshness = freshnessOf(response, requestMs, responseMs, options);
  const shared = sharedFields(response.fields, inForce.directives);
  const cookies = cookieRule(shared, inForce, freshness, options);
  if (cookies === 'refuse') return { may: false, reason: 'set-cookie' };
  const reason = useOf(response, freshness, responseMs);
  if (reason === undefined) return { may: false, reason: 'no-freshness' };
  const fields = withDate(cookies === 'strip' ? withoutFields(shared, cookieFields) : shared, responseMs);
  return { may: true, reason, fields, freshness, varyNames: names, part };
}

/** The fields that are kept apart from the others, or belong to one message only: never stored, never updated (§3.1, §3.2). */
export const messageFields: ReadonlySet<string> = new Set([
  'age',
  'connection',
  'content-length',
  'content-range',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'transfer-encoding',
  'upgrade',
]);

/** The bullets of §3 in their order, but for what is said of Vary, cookies and use. */
function refusal(request: RequestMessage, response: ResponseMessage, directives: CacheDirectives, part: ContentRange | undefined): RefusedReason | undefined {
  if (hasContent(request)) return 'request-content';
  if (!isStorable(response.status)) return 'status';
  if (response.status === 206 && part === undefined) return 'partial-unusable';
  if (directives.mustUnderstand && !isUnderstood(response.status)) return 'status';
  // §5.2.2.3: must-understand, where it is met, makes no-store void: that is for caches that do not know the former.
  if (directives.noStore && !directives.mustUnderstand) return 'no-store';
  if (requestDirectives(request).noStore) return 'request-no-store';
  if (isUnqualified(directives.private)) return 'private';
  if (request.fieldNamed('authorization') !== undefined && !allowsAuthorized(directives)) return 'authorization';
  return isCacheable(response, directives) ? undefined : 'status';
}

/** Content of a GET has no meaning (RFC 9110 §9.3.1), but an origin may use it, and it is no part of the key. */
function hasContent(request: RequestMessage): boolean {
  const length = request.fieldNamed('content-length');
  return request.fieldNamed('transfer-encoding') !== undefined || (length !== undefined && Number(length) !== 0);
}

/** §3.5 */
function allowsAuthorized(directives: CacheDirectives): boolean {
  return directives.mustRevalidate || directives.public || hasSeconds(directives.sMaxAge);
}

/** The last bullet of §3. Expires counts where it is malformed, too: it says that there is an expiration time. */
function isCacheable(response: ResponseMessage, directives: CacheDirectives): boolean {
  if (directives.public || directives.maxAge !== undefined || directives.sMaxAge !== undefined) return true;
  return heuristicallyCacheable.has(response.status) || linesOf(response.fields, 'expires').length > 0;
}

/** What becomes of Set-Cookie. A lifetime that we only guess is no word of the origin's for sharing what it says to one client. */
function cookieRule(fields: FieldList, inForce: ResponseDirectives, freshness: Freshness, options: PolicyOptions): 'strip' | 'refuse' | 'keep' {
  const { directives, targeted } = inForce;
  if (options.setCookie === 'keep' || !fields.some(([name]) => cookieFields.has(name.toLowerCase()))) return 'keep';
  if (targeted || directives.public || hasSeconds(directives.sMaxAge)) return 'keep';
  return options.setCookie === 'strip' && isExplicit(freshness.source) ? 'strip' : 'refuse';
}

const cookieFields: ReadonlySet<string> = new Set(['set-cookie', 'set-cookie2']);

/** What could ever come of it; undefined where nothing: stored, it would only take room. */
function useOf(response: ResponseMessage, freshness: Freshness, responseMs: number): StoredReason | undefined {
  const { initialAgeMs, lifetimeMs, noCache, source, staleIfErrorMs, staleWhileRevalidateMs } = freshness;
  if (!noCache && lifetimeMs > initialAgeMs) return source === 'heuristic' || source === 'negative' ? source : 'explicit';
  if (canBeValidated(response.status) && hasValidator(validatorsOf(response.fields, responseMs))) return 'validation';
  const usableStaleMs = lifetimeMs + Math.max(staleWhileRevalidateMs, staleIfErrorMs);
  return !noCache && usableStaleMs > initialAgeMs ? 'explicit' : undefined;
}

/** Without the fields that private and no-cache name (§5.2.2.7, §5.2.2.4): unqualified they forbid more, and were looked at before. */
function sharedFields(fields: FieldList, directives: CacheDirectives): FieldList {
  return withoutFields(fields, new Set([...messageFields, ...qualifiedNames(directives.private), ...qualifiedNames(directives.noCache)]));
}

/** RFC 9110 §6.6.1: a recipient with a clock appends a Date to what it stores, and may replace one that is invalid. */
function withDate(fields: FieldList, responseMs: number): FieldList {
  if (!Number.isNaN(dateNamed(fields, 'date', responseMs)) && linesOf(fields, 'date').length === 1) return fields;
  return [...withoutFields(fields, dateField), ['Date', formatDate(responseMs)]];
}

const dateField: ReadonlySet<string> = new Set(['date']);

function hasSeconds(value: number | undefined): boolean {
  return value !== undefined && !Number.isNaN(value);
}
