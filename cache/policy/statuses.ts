// What a status means for storing: RFC 9110 §15, and what other documents forbid.

/** RFC 9110 §15.1: may be stored, and be fresh for a while, though the origin said nothing. */
export const heuristicallyCacheable: ReadonlySet<number> = new Set([200, 203, 204, 206, 300, 301, 308, 404, 405, 410, 414, 501]);

/** The errors among them. */
export const negative: ReadonlySet<number> = new Set([404, 405, 410, 414, 501]);

/**
 * Never stored, whatever the origin says. Some by their definition; the others tell of fields, of a connection or of a
 * precondition of one request, none of which is in the cache key, so that one client could spoil them for all.
 */
const neverStored: ReadonlySet<number> = new Set([
  304, // updates what is stored (RFC 9111 §4.3.4)
  407, // of a proxy (RFC 9111 §3.1)
  408,
  412, // of the request's preconditions
  416, // of its Range
  417, // of its Expect
  421, // of the connection it came on
  425, // of early data (RFC 8470 §5.2)
  426, // of the protocol of one connection
  428, // RFC 6585 §3: MUST NOT be stored by a cache
  429, // RFC 6585 §4
  431, // RFC 6585 §5
  511, // RFC 6585 §6
]);

/** Final, and nothing forbids to store it. 206 is: it depends on its Content-Range whether it can be used. */
export function isStorable(status: number): boolean {
  return status >= 200 && status <= 599 && !neverStored.has(status);
}

/** Recognised, with all that is specified of its caching done (RFC 9111 §3): those of RFC 9110 §15. For must-understand. */
export function isUnderstood(status: number): boolean {
  return isStorable(status) && understood.has(status);
}

const understood: ReadonlySet<number> = new Set([
  200, 201, 202, 203, 204, 205, 206, 300, 301, 302, 303, 305, 307, 308, 400, 401, 402, 403, 404, 405, 406, 409, 410, 411, 413, 414, 415, 422, 500, 501,
  502, 503, 504, 505,
]);

/** Preconditions are evaluated only where the answer would be a 2xx without them (RFC 9110 §13.2.1): no 304 validates another. */
export function canBeValidated(status: number): boolean {
  return status >= 200 && status <= 299;
}
