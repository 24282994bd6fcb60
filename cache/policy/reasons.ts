// Why something was stored or not, used or not: a closed list. The name is what Cache-Status, log, metrics and `explain` show.

/** Of storing what an origin sent. */
export const storedReasons = {
  explicit: 'the origin said for how long',
  heuristic: 'for a fraction of the time since it was last modified',
  negative: 'an error, for as long as the configuration says',
  validation: 'to be validated each time before it is used',
} as const;

/** Of not storing it; RFC 9111 §3 in its order. */
export const refusedReasons = {
  method: 'only responses to GET are stored',
  'request-content': 'the request had content, which is not in the cache key',
  status: 'the status is not to be stored without the origin saying so, or not at all',
  'partial-unusable': 'a part that does not say which one it is',
  'no-store': 'the origin forbids it',
  'request-no-store': 'the client forbids it',
  private: 'it is for one user',
  authorization: 'the request was authenticated, and the origin does not allow to share the response',
  'vary-star': 'it varies by what no request shows',
  'set-cookie': 'it sets a cookie, and the origin does not say that it is for a shared cache',
  'no-freshness': 'neither fresh for any time nor anything to validate it with',
} as const;

/** Of using what is stored, or of asking the origin before. */
export const reuseReasons = {
  fresh: 'its age is below its freshness lifetime',
  'stale-while-revalidate': 'stale, and the origin allows to use it while it is validated',
  'max-stale': 'stale, and the client accepts that',
  invalidated: 'an unsafe request came since',
  'no-cache': 'the origin wants to be asked each time',
  'request-no-cache': 'the client wants the origin to be asked',
  pragma: 'the client wants the origin to be asked (Pragma)',
  'request-max-age': 'older than the client accepts',
  'min-fresh': 'not fresh for as long as the client wants',
  expired: 'its age has reached its freshness lifetime',
} as const;

/** Of what else comes of a stored response, or of there being none. */
export const outcomeReasons = {
  'stale-if-error': 'stale, used because the origin gave an error',
  unreachable: 'stale, used because the origin cannot be reached',
  'only-if-cached': 'the client wants nothing but a stored response, and there is none for it',
} as const;

export type StoredReason = keyof typeof storedReasons;
export type RefusedReason = keyof typeof refusedReasons;
export type ReuseReason = keyof typeof reuseReasons;
export type OutcomeReason = keyof typeof outcomeReasons;
export type Reason = StoredReason | RefusedReason | ReuseReason | OutcomeReason;

/** Name and text of every reason. */
export const reasons: Readonly<Record<Reason, string>> = { ...storedReasons, ...refusedReasons, ...reuseReasons, ...outcomeReasons };
