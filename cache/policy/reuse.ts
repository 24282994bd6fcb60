// Whether a stored response may be used for a request, RFC 9111 §4 and §5.2.1; RFC 5861. Which one it would be is
// decided before, in selection.ts.
import type { CacheDirectives } from '../../http/cache-control.ts';
import { listElements } from '../../http/list-members.ts';
import { requestDirectives } from './directives.ts';
import { ageMs, ageSeconds, type Freshness } from './freshness.ts';
import type { RequestMessage } from './message.ts';
import type { PolicyOptions } from './options.ts';
import type { ReuseReason } from './reasons.ts';

export interface Reusable {
  readonly freshness: Freshness;
  /** When it came, or was validated; milliseconds since 1970. */
  readonly responseMs: number;
  /** To be validated whatever its age (§4.4). */
  readonly invalid: boolean;
}

/** 'stale': may be used as it is. 'stale-while-revalidate': used now, and validated beside. 'validate': the origin first. */
export type Use = 'fresh' | 'stale' | 'stale-while-revalidate' | 'validate';

export interface Judgement {
  readonly use: Use;
  readonly reason: ReuseReason;
  /** For the Age field. */
  readonly ageS: number;
  /** Seconds of freshness that are left; negative for a stale one (RFC 9211 §2.4). */
  readonly ttlS: number;
  /** Where `use` is 'validate' and the origin gives an error (500, 502, 503, 504): so long from now it may be used instead; 0: it may not. */
  readonly staleOnErrorMs: number;
  /** It may be used where the origin cannot be reached at all (§4.2.4). */
  readonly staleUnreachable: boolean;
  /** With `use` 'validate' the answer is 504 without asking the origin (§5.2.1.7). */
  readonly onlyIfCached: boolean;
}

/** nowMs: milliseconds since 1970. */
export function judge(request: RequestMessage, stored: Reusable, nowMs: number, options: PolicyOptions): Judgement {
  const { freshness } = stored;
  const wanted = requestDirectives(request);
  const age = ageMs(freshness, stored.responseMs, nowMs);
  const reason = reasonFor(request, wanted, stored, age, options);
  const errorMs = stored.invalid || freshness.noCache ? 0 : usableOnErrorMs(freshness, wanted, age);
  return {
    use: uses[reason],
    reason,
    ageS: ageSeconds(age),
    ttlS: Math.floor((freshness.lifetimeMs - age) / 1000),
    staleOnErrorMs: errorMs,
    staleUnreachable: errorMs > 0 || isUsableUnreachable(stored, age, options),
    onlyIfCached: wanted.onlyIfCached,
  };
}

const uses: Readonly<Record<ReuseReason, Use>> = {
  fresh: 'fresh',
  'stale-while-revalidate': 'stale-while-revalidate',
  'max-stale': 'stale',
  invalidated: 'validate',
  'no-cache': 'validate',
  'request-no-cache': 'validate',
  pragma: 'validate',
  'request-max-age': 'validate',
  'min-fresh': 'validate',
  expired: 'validate',
};

/** What the response forbids comes first, then what the client prefers, then its age. */
function reasonFor(request: RequestMessage, wanted: CacheDirectives, stored: Reusable, age: number, options: PolicyOptions): ReuseReason {
  const { freshness } = stored;
  if (stored.invalid) return 'invalidated';
  if (freshness.noCache) return 'no-cache';
  const isFresh = freshness.lifetimeMs > age;
  const reload = options.honourRequestReload ? reloadReason(request, wanted, freshness, age, isFresh) : undefined;
  if (reload !== undefined) return reload;
  if (isFresh) return 'fresh';
  const stalenessMs = age - freshness.lifetimeMs;
  const acceptsMs = freshness.mustRevalidate ? Number.NaN : (wanted.maxStale ?? Number.NaN) * 1000;
  // "Unless the max-stale request directive is also present, the client does not wish to receive a stale response" (§5.2.1.1).
  const wantsFresh = options.honourRequestReload && (isSeconds(wanted.maxAge) || isSeconds(wanted.minFresh)) && !(stalenessMs <= acceptsMs);
  if (!wantsFresh && stalenessMs < freshness.staleWhileRevalidateMs) return 'stale-while-revalidate';
  return stalenessMs <= acceptsMs ? 'max-stale' : 'expired';
}

/** Directives of a request are advisory: a malformed one is as if it were not there. */
function reloadReason(request: RequestMessage, wanted: CacheDirectives, freshness: Freshness, age: number, isFresh: boolean): ReuseReason | undefined {
  if (wanted.noCache !== false) return 'request-no-cache';
  if (isPragmaNoCache(request)) return 'pragma';
  // RFC 8246 §2: a fresh immutable response is validated only where the client says so (no-cache), not for a mere reload.
  if (isFresh && freshness.immutable) return undefined;
  const { maxAge, minFresh } = wanted;
  // 0 is what a reload sends: it is asked for even in the very millisecond that the response came in.
  if (isSeconds(maxAge) && (age > maxAge * 1000 || maxAge === 0)) return 'request-max-age';
  return isFresh && isSeconds(minFresh) && freshness.lifetimeMs - age < minFresh * 1000 ? 'min-fresh' : undefined;
}

/** §5.4, and RFC 7234 §5.4: for clients that do not know Cache-Control; beside it, Pragma says nothing. */
function isPragmaNoCache(request: RequestMessage): boolean {
  const pragma = request.fieldNamed('pragma');
  if (pragma === undefined || request.fieldNamed('cache-control') !== undefined) return false;
  return listElements(pragma).some((directive) => directive.toLowerCase() === 'no-cache');
}

/**
 * RFC 5861 §4: until its lifetime and the larger of both stale-if-error are over; a request cannot permit what must-revalidate forbids.
 * One that is still fresh, and validated only because the client prefers that, may be used anyway (RFC 9111 §4).
 */
function usableOnErrorMs(freshness: Freshness, wanted: CacheDirectives, age: number): number {
  const ofRequestMs = !freshness.mustRevalidate && isSeconds(wanted.staleIfError) ? wanted.staleIfError * 1000 : 0;
  return Math.max(freshness.lifetimeMs + Math.max(freshness.staleIfErrorMs, ofRequestMs) - age, 0);
}

function isUsableUnreachable(stored: Reusable, age: number, options: PolicyOptions): boolean {
  const { freshness, invalid } = stored;
  if (invalid || freshness.noCache || freshness.mustRevalidate) return false;
  return age - freshness.lifetimeMs < options.staleWhenUnreachableS * 1000;
}

function isSeconds(value: number | undefined): value is number {
  return value !== undefined && !Number.isNaN(value);
}
