// For how long a response may be used, RFC 9111 §4.2, RFC 5861 and RFC 8246: worked out once when it comes, so that a hit
// costs an addition and a comparison.
import { parseAge } from '../../http/age.ts';
import { DELTA_SECONDS_MAX } from '../../http/delta-seconds.ts';
import type { FieldList } from '../../http/response.ts';
import { cacheDate, dateOf, lastModifiedOf } from './dates.ts';
import { isUnqualified, qualifiedNames, responseDirectives, type ResponseDirectives } from './directives.ts';
import { linesOf, type ResponseMessage, valueOf } from './message.ts';
import type { PolicyOptions } from './options.ts';
import { heuristicallyCacheable, negative } from './statuses.ts';

/** What the lifetime comes from; 'none': nothing says it, it is 0. */
export type FreshnessSource = 'targeted' | 's-maxage' | 'max-age' | 'expires' | 'heuristic' | 'negative' | 'none';

/** Plain data, of one shape. Times in milliseconds: finite, not negative. */
export interface Freshness {
  readonly lifetimeMs: number;
  readonly source: FreshnessSource;
  /** corrected_initial_age (§4.2.3): the age when the response came. */
  readonly initialAgeMs: number;
  /** Never used without validation (§5.2.2.4). */
  readonly noCache: boolean;
  /** Fields not to be used without validation: they are not stored. In lower case. */
  readonly noCacheNames: readonly string[];
  /** Not used stale unless the response itself says when: must-revalidate, proxy-revalidate, s-maxage (§5.2.2.2, .8, .10). */
  readonly mustRevalidate: boolean;
  /** So long beyond its lifetime it may be used while it is validated; 0: not at all, or nothing is said. */
  readonly staleWhileRevalidateMs: number;
  /** The same where the origin gives an error. */
  readonly staleIfErrorMs: number;
  /** Will not change while it is fresh (RFC 8246 §2). */
  readonly immutable: boolean;
}

/** Times of the exchange in milliseconds since 1970; Age is taken from the fields. */
export function freshnessOf(response: ResponseMessage, requestMs: number, responseMs: number, options: PolicyOptions): Freshness {
  const inForce = responseDirectives(response.fields, options);
  const { directives } = inForce;
  const lifetime = lifetimeOf(response, responseMs, inForce, options);
  const noCache = isUnqualified(directives.noCache);
  // s-maxage alone only implies proxy-revalidate: an extension beside it, of the same origin, modifies that (§5.2.3).
  const neverStale = noCache || directives.mustRevalidate || directives.proxyRevalidate;
  return {
    lifetimeMs: Math.min(lifetime.ms, options.ageMaxS * 1000),
    source: lifetime.source,
    initialAgeMs: initialAgeOf(response.fields, requestMs, responseMs),
    noCache,
    noCacheNames: qualifiedNames(directives.noCache),
    mustRevalidate: neverStale || directives.sMaxAge !== undefined,
    staleWhileRevalidateMs: neverStale ? 0 : millisecondsOf(directives.staleWhileRevalidate),
    staleIfErrorMs: neverStale ? 0 : millisecondsOf(directives.staleIfError),
    immutable: directives.immutable,
  };
}

/** current_age (§4.2.3). A clock that was set back makes nothing younger than it came. */
export function ageMs(freshness: Freshness, responseMs: number, nowMs: number): number {
  return freshness.initialAgeMs + Math.max(nowMs - responseMs, 0);
}

/** The value of an Age field (§5.1): whole seconds, at most 2^31. */
export function ageSeconds(ms: number): number {
  return Math.min(Math.floor(ms / 1000), DELTA_SECONDS_MAX);
}

/** Whether a lifetime was said by the origin, be it 0. */
export function isExplicit(source: FreshnessSource): boolean {
  return source === 'targeted' || source === 's-maxage' || source === 'max-age' || source === 'expires';
}

interface Lifetime {
  readonly ms: number;
  readonly source: FreshnessSource;
}

/** §4.2.1: the first that is there; a malformed one is a lifetime of 0 ("encouraged to consider [it] to be stale"). */
function lifetimeOf(response: ResponseMessage, responseMs: number, inForce: ResponseDirectives, options: PolicyOptions): Lifetime {
  const { directives, targeted } = inForce;
  const { sMaxAge, maxAge } = directives;
  if (sMaxAge !== undefined) return { ms: millisecondsOf(sMaxAge), source: targeted ? 'targeted' : 's-maxage' };
  if (maxAge !== undefined) return { ms: millisecondsOf(maxAge), source: targeted ? 'targeted' : 'max-age' };
  const expires = targeted ? [] : linesOf(response.fields, 'expires');
  if (expires.length > 0) return { ms: untilExpires(expires, dateOf(response.fields, responseMs), responseMs), source: 'expires' };
  if (negative.has(response.status) && options.negativeTtlS > 0) return { ms: options.negativeTtlS * 1000, source: 'negative' };
  const mayGuess = directives.public || heuristicallyCacheable.has(response.status);
  return mayGuess ? heuristicOf(response.fields, responseMs, options) : { ms: 0, source: 'none' };
}

/** §5.3: an invalid date, "0" too, has passed already. Of several the earliest counts, and one invalid is enough (§4.2.1). */
function untilExpires(lines: readonly string[], generatedMs: number, responseMs: number): number {
  let untilMs = Number.POSITIVE_INFINITY;
  for (const line of lines) {
    const expiresMs = cacheDate(line, responseMs);
    untilMs = Math.min(untilMs, Number.isNaN(expiresMs) ? 0 : expiresMs - generatedMs);
  }
  return Math.min(Math.max(untilMs, 0), DELTA_SECONDS_MAX * 1000);
}

/** §4.2.2 */
function heuristicOf(fields: FieldList, responseMs: number, options: PolicyOptions): Lifetime {
  const unchangedMs = dateOf(fields, responseMs) - lastModifiedOf(fields, responseMs);
  const ms = Math.min(Math.floor(unchangedMs * options.heuristicFraction), options.heuristicMaxS * 1000);
  return ms > 0 ? { ms, source: 'heuristic' } : { ms: 0, source: 'none' };
}

/**
 * §4.2.3: the larger of apparent_age and corrected_age_value. Date has whole seconds, so the time of receipt counts by them too,
 * or every response would be old by what was cut off.
 */
function initialAgeOf(fields: FieldList, requestMs: number, responseMs: number): number {
  const receivedMs = Math.floor(responseMs / 1000) * 1000;
  const apparentMs = Math.max(receivedMs - dateOf(fields, receivedMs), 0);
  const delayMs = Math.max(responseMs - requestMs, 0);
  const ageValueMs = (parseAge(valueOf(fields, 'age')) ?? 0) * 1000;
  return Math.max(apparentMs, ageValueMs + delayMs);
}

/** 0 where the directive is absent or malformed. */
function millisecondsOf(seconds: number | undefined): number {
  return seconds === undefined || Number.isNaN(seconds) ? 0 : seconds * 1000;
}

/** Of a stored response: its lifetime is over at that time, if it was not before. What the origin allows of a stale one goes on from there. */
export function staleFrom<Stored extends { readonly freshness: Freshness; readonly responseMs: number }>(stored: Stored, timeMs: number): Stored {
  const { freshness, responseMs } = stored;
  const age = ageMs(freshness, responseMs, timeMs);
  return age >= freshness.lifetimeMs ? stored : { ...stored, freshness: { ...freshness, lifetimeMs: age } };
}
