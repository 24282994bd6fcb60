// RFC 9111 §4, §4.2.4, §5.2.1; RFC 5861; RFC 8246: what is stored, how old it is, what is asked.
import type { ReuseReason } from '../../cache/policy/reasons.ts';

export interface ReuseCase {
  readonly name: string;
  /** Cache-Control of the stored response. */
  readonly stored: string;
  readonly age: number;
  readonly request?: readonly string[];
  readonly invalid?: boolean;
  readonly reason: ReuseReason;
  /** How long more after an error of the origin, in seconds; 0 where nothing is said. */
  readonly onError?: number;
  readonly unreachable?: boolean;
}

const DAY_S = 86_400;

function asking(control: string): readonly string[] {
  return [`Cache-Control: ${control}`];
}

export const reuseCases: readonly ReuseCase[] = [
  // "response_is_fresh = (freshness_lifetime > current_age)"
  { name: 'new', stored: 'max-age=60', age: 0, reason: 'fresh', onError: 60, unreachable: true },
  { name: 'just fresh', stored: 'max-age=60', age: 59.999, reason: 'fresh', onError: 0.001, unreachable: true },
  { name: 'just stale', stored: 'max-age=60', age: 60, reason: 'expired', unreachable: true },
  { name: 'long stale', stored: 'max-age=60', age: 60 + DAY_S, reason: 'expired' },
  { name: 'stale within a day', stored: 'max-age=60', age: 59 + DAY_S, reason: 'expired', unreachable: true },
  { name: 'must-revalidate while fresh', stored: 'max-age=60, must-revalidate', age: 1, reason: 'fresh', onError: 59, unreachable: true },

  // §4.2.4: "MUST NOT generate a stale response if it is prohibited by an explicit in-protocol directive"
  { name: 'must-revalidate', stored: 'max-age=60, must-revalidate', age: 61, reason: 'expired' },
  { name: 'proxy-revalidate', stored: 'max-age=60, proxy-revalidate', age: 61, reason: 'expired' },
  { name: 's-maxage', stored: 's-maxage=60', age: 61, reason: 'expired' },
  { name: 'no-cache', stored: 'max-age=60, no-cache', age: 1, reason: 'no-cache' },
  { name: 'no-cache, whatever the client accepts', stored: 'max-age=60, no-cache, stale-if-error=60', age: 1, request: asking('max-stale, stale-if-error=60'), reason: 'no-cache' },
  { name: 'no-cache of a field that is not stored', stored: 'max-age=60, no-cache="x"', age: 1, reason: 'fresh', onError: 59, unreachable: true },
  { name: 'must-revalidate, max-stale', stored: 'max-age=60, must-revalidate', age: 61, request: asking('max-stale'), reason: 'expired' },
  { name: 's-maxage, max-stale', stored: 's-maxage=60', age: 61, request: asking('max-stale'), reason: 'expired' },
  { name: 'must-revalidate, stale-if-error of the request', stored: 'max-age=60, must-revalidate', age: 61, request: asking('stale-if-error=600'), reason: 'expired' },

  // §4.4
  { name: 'invalidated while fresh', stored: 'max-age=60', age: 1, invalid: true, reason: 'invalidated' },
  { name: 'invalidated, whatever is permitted', stored: 'max-age=60, stale-while-revalidate=60, stale-if-error=60', age: 61, invalid: true, request: asking('max-stale'), reason: 'invalidated' },

  // RFC 5861 §3
  { name: 'stale-while-revalidate', stored: 'max-age=60, stale-while-revalidate=30', age: 61, reason: 'stale-while-revalidate', unreachable: true },
  { name: 'near its end', stored: 'max-age=60, stale-while-revalidate=30', age: 89.999, reason: 'stale-while-revalidate', unreachable: true },
  { name: 'at its end', stored: 'max-age=60, stale-while-revalidate=30', age: 90, reason: 'expired', unreachable: true },
  { name: 'no stale-while-revalidate in the moment of expiry', stored: 'max-age=60', age: 60, reason: 'expired', unreachable: true },
  { name: 'stale-while-revalidate=0', stored: 'max-age=60, stale-while-revalidate=0', age: 60, reason: 'expired', unreachable: true },
  { name: 'stale-while-revalidate with s-maxage', stored: 's-maxage=60, stale-while-revalidate=30', age: 61, reason: 'stale-while-revalidate' },
  { name: 'stale-while-revalidate with must-revalidate', stored: 'max-age=60, must-revalidate, stale-while-revalidate=30', age: 61, reason: 'expired' },
  { name: 'stale-while-revalidate, malformed', stored: 'max-age=60, stale-while-revalidate=x', age: 61, reason: 'expired', unreachable: true },
  { name: 'stale-while-revalidate of a request says nothing', stored: 'max-age=60', age: 61, request: asking('stale-while-revalidate=60'), reason: 'expired', unreachable: true },
  { name: 'stale-while-revalidate, the client wants a fresh one', stored: 'max-age=60, stale-while-revalidate=30', age: 61, request: asking('max-age=100'), reason: 'expired', unreachable: true },
  { name: 'stale-while-revalidate, the client wants it fresh for long', stored: 'max-age=60, stale-while-revalidate=30', age: 61, request: asking('min-fresh=1'), reason: 'expired', unreachable: true },
  { name: 'stale-while-revalidate, and the client accepts stale', stored: 'max-age=60, stale-while-revalidate=30', age: 61, request: asking('max-age=100, max-stale=5'), reason: 'stale-while-revalidate', unreachable: true },

  // RFC 5861 §4
  { name: 'stale-if-error', stored: 'max-age=60, stale-if-error=30', age: 70, reason: 'expired', onError: 20, unreachable: true },
  { name: 'stale-if-error, over', stored: 'max-age=60, stale-if-error=30', age: 90, reason: 'expired', unreachable: true },
  { name: 'stale-if-error, long', stored: `max-age=60, stale-if-error=${9 * DAY_S}`, age: 60 + 2 * DAY_S, reason: 'expired', onError: 7 * DAY_S, unreachable: true },
  { name: 'stale-if-error with s-maxage', stored: 's-maxage=60, stale-if-error=30', age: 70, reason: 'expired', onError: 20, unreachable: true },
  { name: 'stale-if-error of the request', stored: 'max-age=60', age: 70, request: asking('stale-if-error=30'), reason: 'expired', onError: 20, unreachable: true },
  { name: 'the larger stale-if-error', stored: 'max-age=60, stale-if-error=15', age: 70, request: asking('stale-if-error=30'), reason: 'expired', onError: 20, unreachable: true },
  { name: 'stale-if-error, malformed', stored: 'max-age=60', age: 70, request: asking('stale-if-error=x'), reason: 'expired', unreachable: true },

  // §5.2.1.1
  { name: 'max-age of the request, younger', stored: 'max-age=60', age: 10, request: asking('max-age=10'), reason: 'fresh', onError: 50, unreachable: true },
  { name: 'max-age of the request, older', stored: 'max-age=60', age: 10.001, request: asking('max-age=10'), reason: 'request-max-age', onError: 49.999, unreachable: true },
  { name: 'a reload', stored: 'max-age=60', age: 0, request: asking('max-age=0'), reason: 'request-max-age', onError: 60, unreachable: true },
  { name: 'a longer max-age makes nothing fresh', stored: 'max-age=60', age: 61, request: asking('max-age=600'), reason: 'expired', unreachable: true },
  { name: 'a malformed max-age of the request', stored: 'max-age=60', age: 1, request: asking('max-age=x'), reason: 'fresh', onError: 59, unreachable: true },
  { name: 'older than max-age, whatever max-stale', stored: 'max-age=60', age: 61, request: asking('max-age=10, max-stale'), reason: 'request-max-age', unreachable: true },

  // §5.2.1.2
  { name: 'max-stale', stored: 'max-age=60', age: 70, request: asking('max-stale=10'), reason: 'max-stale', unreachable: true },
  { name: 'max-stale, exceeded', stored: 'max-age=60', age: 70.001, request: asking('max-stale=10'), reason: 'expired', unreachable: true },
  { name: 'max-stale of any age', stored: 'max-age=60', age: 9 * DAY_S, request: asking('max-stale'), reason: 'max-stale' },
  { name: 'max-stale, malformed', stored: 'max-age=60', age: 61, request: asking('max-stale=x'), reason: 'expired', unreachable: true },
  { name: 'max-stale while fresh', stored: 'max-age=60', age: 1, request: asking('max-stale=10'), reason: 'fresh', onError: 59, unreachable: true },

  // §5.2.1.3
  { name: 'min-fresh', stored: 'max-age=60', age: 40, request: asking('min-fresh=20'), reason: 'fresh', onError: 20, unreachable: true },
  { name: 'min-fresh, not enough', stored: 'max-age=60', age: 40.001, request: asking('min-fresh=20'), reason: 'min-fresh', onError: 19.999, unreachable: true },
  { name: 'min-fresh, never enough', stored: 'max-age=60', age: 0, request: asking('min-fresh=61'), reason: 'min-fresh', onError: 60, unreachable: true },

  // §5.2.1.4, §5.4
  { name: 'no-cache of the request', stored: 'max-age=60', age: 1, request: asking('no-cache'), reason: 'request-no-cache', onError: 59, unreachable: true },
  { name: 'no-cache of the request, with an argument', stored: 'max-age=60', age: 1, request: asking('no-cache="x"'), reason: 'request-no-cache', onError: 59, unreachable: true },
  { name: 'no-cache against max-stale', stored: 'max-age=60', age: 61, request: asking('no-cache, max-stale'), reason: 'request-no-cache', unreachable: true },
  { name: 'no-cache against stale-while-revalidate', stored: 'max-age=60, stale-while-revalidate=60', age: 61, request: asking('no-cache'), reason: 'request-no-cache', unreachable: true },
  { name: 'Pragma', stored: 'max-age=60', age: 1, request: ['Pragma: x, No-Cache'], reason: 'pragma', onError: 59, unreachable: true },
  { name: 'Pragma beside Cache-Control', stored: 'max-age=60', age: 1, request: ['Pragma: no-cache', 'Cache-Control: max-stale'], reason: 'fresh', onError: 59, unreachable: true },
  { name: 'Pragma of another kind', stored: 'max-age=60', age: 1, request: ['Pragma: no-cache-x, "no-cache"'], reason: 'fresh', onError: 59, unreachable: true },

  // §5.2.1.5: "the no-store request directive does not apply to the already stored response"
  { name: 'no-store of the request', stored: 'max-age=60', age: 1, request: asking('no-store'), reason: 'fresh', onError: 59, unreachable: true },

  // RFC 8246 §2: "unless there is a signal from the client that a validation is necessary (e.g., a no-cache … directive)"
  { name: 'immutable, a reload', stored: 'max-age=60, immutable', age: 10, request: asking('max-age=0'), reason: 'fresh', onError: 50, unreachable: true },
  { name: 'immutable, no-cache', stored: 'max-age=60, immutable', age: 10, request: asking('no-cache'), reason: 'request-no-cache', onError: 50, unreachable: true },
  { name: 'immutable, stale', stored: 'max-age=60, immutable', age: 61, reason: 'expired', unreachable: true },
  { name: 'immutable, stale, a reload', stored: 'max-age=60, immutable', age: 61, request: asking('max-age=0'), reason: 'request-max-age', unreachable: true },
  { name: 'immutable and no-cache', stored: 'no-cache, immutable', age: 1, reason: 'no-cache' },
];
