// What an operator may decide of policy, and what is so where nothing is said.

/**
 * What becomes of Set-Cookie where the origin does not say that the response is for a shared cache (public, s-maxage, a targeted
 * field). 'strip': the field is not stored; the response is, where its lifetime is explicit. 'refuse': the response is not
 * stored. 'keep': stored like any other field (RFC 9111 §7.3).
 */
export type SetCookieRule = 'strip' | 'refuse' | 'keep';

export interface PolicyOptions {
  /** Targeted fields in lower case, the most applicable first (RFC 9213 §2.2). */
  readonly targets: readonly string[];
  /** Of the time since Last-Modified, for a response without explicit lifetime (RFC 9111 §4.2.2). 0: no heuristics. */
  readonly heuristicFraction: number;
  /** The longest that the heuristic gives, in seconds. */
  readonly heuristicMaxS: number;
  /** Lifetime of 404, 405, 410, 414 and 501 without an explicit one; 0: what the heuristic gives. */
  readonly negativeTtlS: number;
  /** How stale a response may be used while the origin cannot be reached (RFC 9111 §4.2.4), unless it forbids that. */
  readonly staleWhenUnreachableS: number;
  /** No response is fresh beyond that age, whatever the origin says. */
  readonly ageMaxS: number;
  /** What becomes of Set-Cookie in an answer that is not said to be for a shared cache: the field is not stored (`strip`), the answer is not (`refuse`), or both are (`keep`). */
  readonly setCookie: SetCookieRule;
  /** Whether no-cache, max-age, min-fresh and Pragma of a request make us ask the origin; they are advisory (RFC 9111 §5.2.1). */
  readonly honourRequestReload: boolean;
}

export const policyDefaults: PolicyOptions = {
  targets: ['pagecast-cache-control', 'cdn-cache-control'],
  heuristicFraction: 0.1,
  heuristicMaxS: 86_400,
  negativeTtlS: 0,
  staleWhenUnreachableS: 86_400,
  ageMaxS: Number.POSITIVE_INFINITY,
  setCookie: 'strip',
  honourRequestReload: true,
};
