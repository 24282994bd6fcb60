// RFC 9111 §3, clause by clause: what is asked and answered, and why it is stored or not.
import type { RefusedReason, StoredReason } from '../../cache/policy/reasons.ts';
import { dateAt } from './policy-messages.ts';

export interface StoringCase {
  readonly name: string;
  readonly reason: StoredReason | RefusedReason;
  readonly method?: string;
  readonly request?: readonly string[];
  readonly status?: number;
  readonly response: readonly string[];
}

const DAY_S = 86_400;
const modified = `Last-Modified: ${dateAt(-DAY_S)}`;
const expires = `Expires: ${dateAt(60)}`;

function statuses(reason: StoredReason | RefusedReason, what: string, list: readonly number[], response: readonly string[]): readonly StoringCase[] {
  return list.map((status) => ({ name: `${status} ${what}`, reason, status, response }));
}

export const storingCases: readonly StoringCase[] = [
  // "the request method is understood by the cache"
  { name: 'GET', reason: 'explicit', response: ['Cache-Control: max-age=60'] },
  { name: 'HEAD', reason: 'method', method: 'HEAD', response: ['Cache-Control: max-age=60'] },
  { name: 'POST', reason: 'method', method: 'POST', response: ['Cache-Control: max-age=60', 'Content-Location: /'] },
  { name: 'an unknown method', reason: 'method', method: 'BREW', response: ['Cache-Control: max-age=60'] },
  { name: 'get', reason: 'method', method: 'get', response: ['Cache-Control: max-age=60'] },
  { name: 'GET with a body', reason: 'request-content', request: ['Content-Length: 3'], response: ['Cache-Control: max-age=60'] },
  { name: 'GET with a chunked body', reason: 'request-content', request: ['Transfer-Encoding: chunked'], response: ['Cache-Control: max-age=60'] },
  { name: 'GET with no content', reason: 'explicit', request: ['Content-Length: 0'], response: ['Cache-Control: max-age=60'] },

  // "the response status code is final", "if [it] is 206 or 304, or … must-understand is present: the cache understands [it]"
  ...statuses('status', 'is not final', [100, 101, 103, 199], ['Cache-Control: public, max-age=60']),
  ...statuses('status', 'is none', [0, 99, 600, 999, Number.NaN], ['Cache-Control: public, max-age=60']),
  ...statuses('explicit', 'with max-age', [200, 201, 203, 204, 299, 300, 301, 302, 303, 307, 308, 400, 403, 404, 410, 451, 499, 500, 503, 599], ['Cache-Control: max-age=60']),
  ...statuses('status', 'is never stored', [304, 407, 408, 412, 416, 417, 421, 425, 426, 428, 429, 431, 511], ['Cache-Control: public, max-age=60']),
  { name: 'must-understand, understood', reason: 'explicit', response: ['Cache-Control: must-understand, max-age=60'] },
  { name: 'must-understand lifts no-store where understood', reason: 'explicit', response: ['Cache-Control: no-store, must-understand, max-age=60'] },
  { name: 'must-understand, not understood', reason: 'status', status: 299, response: ['Cache-Control: must-understand, max-age=60'] },
  { name: 'must-understand with no-store, not understood', reason: 'status', status: 599, response: ['Cache-Control: no-store, must-understand, max-age=60'] },
  { name: 'must-understand lifts no private', reason: 'private', response: ['Cache-Control: private, no-store, must-understand, max-age=60'] },
  { name: 'must-understand lifts no no-store of the request', reason: 'request-no-store', request: ['Cache-Control: no-store'], response: ['Cache-Control: must-understand, no-store, max-age=60'] },

  // "the no-store cache directive is not present in the response", nor in the request (§5.2.1.5)
  { name: 'no-store', reason: 'no-store', response: ['Cache-Control: no-store'] },
  { name: 'no-store against everything else', reason: 'no-store', response: ['Cache-Control: public, max-age=60, s-maxage=60, no-store', expires, 'ETag: "a"'] },
  { name: 'no-store in another line and case', reason: 'no-store', response: ['cache-control: max-age=60', 'CACHE-CONTROL: No-Store'] },
  { name: 'no-store with an argument', reason: 'no-store', response: ['Cache-Control: no-store=x, max-age=60'] },
  { name: 'no-store of the request', reason: 'request-no-store', request: ['Cache-Control: no-store'], response: ['Cache-Control: public, max-age=60'] },
  { name: 'no-cache of the request', reason: 'explicit', request: ['Cache-Control: no-cache', 'Pragma: no-cache'], response: ['Cache-Control: max-age=60'] },
  { name: 'Pragma in a response says nothing', reason: 'explicit', response: ['Pragma: no-cache', 'Cache-Control: max-age=60'] },

  // "the private response directive is either not present or allows a shared cache to store a modified response"
  { name: 'private', reason: 'private', response: ['Cache-Control: private, max-age=60'] },
  { name: 'private and public', reason: 'private', response: ['Cache-Control: private, public, s-maxage=60'] },
  { name: 'private of one field', reason: 'explicit', response: ['Cache-Control: private="X-User", max-age=60', 'X-User: 7'] },
  { name: 'private of one field, and of all', reason: 'private', response: ['Cache-Control: private="X-User", private, max-age=60'] },
  { name: 'private of a field we work by', reason: 'private', response: ['Cache-Control: private="X-User, Cache-Control", max-age=60'] },
  { name: 'private of a targeted field', reason: 'private', response: ['Cache-Control: private="Other-Cache-Control", max-age=60'] },
  { name: 'private, malformed', reason: 'private', response: ['Cache-Control: private="", max-age=60'] },

  // "the Authorization header field is not present in the request or a response directive is present that explicitly allows" (§3.5)
  ...(
    [
      ['authorization', 'max-age=60'],
      ['authorization', 'no-cache'],
      ['authorization', 'proxy-revalidate, max-age=60'],
      ['authorization', 's-maxage=x'],
      ['authorization', 'public=x, max-age=60'],
      ['explicit', 'public, max-age=60'],
      ['explicit', 's-maxage=60'],
      ['explicit', 'must-revalidate, max-age=60'],
      ['validation', 's-maxage=0'],
    ] as const
  ).map(([reason, value]) => ({ name: `Authorization, ${value}`, reason, request: ['Authorization: Basic eDp5'], response: [`Cache-Control: ${value}`, 'ETag: "a"'] })),
  { name: 'Authorization, Expires', reason: 'authorization', request: ['Authorization: Basic eDp5'], response: [expires] },
  { name: 'Authorization, an empty field', reason: 'authorization', request: ['Authorization:'], response: ['Cache-Control: max-age=60'] },
  { name: 'Authorization, public in a targeted field', reason: 'explicit', request: ['Authorization: x'], response: ['CDN-Cache-Control: public, max-age=60'] },
  { name: 'Authorization, public where a targeted field replaces it', reason: 'authorization', request: ['Authorization: x'], response: ['Cache-Control: public', 'CDN-Cache-Control: max-age=60'] },

  // "the response contains at least one of the following"
  ...statuses('heuristic', 'is heuristically cacheable', [200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501], [modified]),
  ...statuses('status', 'is not heuristically cacheable', [201, 202, 205, 302, 303, 307, 400, 401, 403, 406, 500, 502, 503, 504, 599], [modified]),
  ...statuses('heuristic', 'is cacheable with public', [201, 302, 400, 503, 599], [modified, 'Cache-Control: public']),
  ...statuses('explicit', 'is cacheable with Expires', [201, 302, 400, 503, 599], [expires]),
  ...statuses('explicit', 'is cacheable with s-maxage', [201, 302, 400, 503, 599], ['Cache-Control: s-maxage=60']),
  ...statuses('no-freshness', 'with a malformed Expires is expired', [200, 302, 503], ['Expires: 0']),
  ...statuses('status', 'is not cacheable by must-revalidate or an extension alone', [302, 503], ['Cache-Control: must-revalidate, immutable, x=1']),

  // "some caches will not store a response that has neither a cache validator nor an explicit expiration time"
  { name: 'nothing said', reason: 'no-freshness', response: [] },
  { name: 'nothing said of a 404', reason: 'no-freshness', status: 404, response: [] },
  { name: 'a strong validator only', reason: 'validation', response: ['ETag: "a"'] },
  { name: 'a weak validator only', reason: 'validation', response: ['ETag: W/"a"'] },
  { name: 'a validator, stale at once', reason: 'validation', response: ['ETag: "a"', 'Cache-Control: max-age=0'] },
  { name: 'a date, stale at once', reason: 'validation', response: [modified, 'Cache-Control: max-age=0'] },
  { name: 'a date in the future', reason: 'validation', response: [`Last-Modified: ${dateAt(60)}`] },
  { name: 'a validator, no-cache', reason: 'validation', response: ['ETag: "a"', 'Cache-Control: no-cache, max-age=60'] },
  { name: 'no validator, no-cache', reason: 'no-freshness', response: ['Cache-Control: no-cache, max-age=60'] },
  { name: 'no validator, stale at once', reason: 'no-freshness', response: ['Cache-Control: max-age=0'] },
  { name: 'no validator, stale at once, usable while it is validated', reason: 'explicit', response: ['Cache-Control: max-age=0, stale-while-revalidate=60'] },
  { name: 'no validator, stale at once, usable on errors', reason: 'explicit', response: ['Cache-Control: max-age=0, stale-if-error=60'] },
  { name: 'no validator, too old for that', reason: 'no-freshness', response: ['Age: 60', 'Cache-Control: max-age=0, stale-if-error=60'] },
  { name: 'no validator, that forbidden', reason: 'no-freshness', response: ['Cache-Control: max-age=0, stale-if-error=60, must-revalidate'] },
  { name: 'no validator, older than its lifetime', reason: 'no-freshness', response: ['Cache-Control: max-age=60', 'Age: 60'] },
  { name: 'a malformed validator', reason: 'no-freshness', response: ['ETag: a', 'Last-Modified: yesterday'] },
  { name: 'two validators of one kind', reason: 'no-freshness', response: ['ETag: "a"', 'ETag: "b"'] },
  { name: 'a validator of what cannot be validated', reason: 'no-freshness', status: 404, response: ['ETag: "a"'] },

  // Vary, §4.1: "A stored response with a Vary header field value containing a member "*" always fails to match"
  { name: 'Vary: *', reason: 'vary-star', response: ['Cache-Control: max-age=60', 'Vary: *'] },
  { name: 'Vary with * among others', reason: 'vary-star', response: ['Cache-Control: max-age=60', 'Vary: Accept', 'Vary: Cookie, *'] },
  { name: 'Vary, malformed', reason: 'vary-star', response: ['Cache-Control: max-age=60', 'Vary: (x)'] },
  { name: 'Vary', reason: 'explicit', response: ['Cache-Control: max-age=60', 'Vary: Accept-Encoding, Cookie'] },

  // 206, §3.3
  { name: '206 of one part', reason: 'explicit', status: 206, request: ['Range: bytes=0-4'], response: ['Cache-Control: max-age=60', 'Content-Range: bytes 0-4/10'] },
  { name: '206 without Content-Range', reason: 'partial-unusable', status: 206, response: ['Cache-Control: max-age=60'] },
  { name: '206 of several parts', reason: 'partial-unusable', status: 206, response: ['Cache-Control: max-age=60', 'Content-Type: multipart/byteranges; boundary=x'] },
  { name: '206 in another unit', reason: 'partial-unusable', status: 206, response: ['Cache-Control: max-age=60', 'Content-Range: pages 0-4/10'] },
  { name: '206 that nothing makes usable', reason: 'no-freshness', status: 206, response: ['Content-Range: bytes 0-4/10'] },
  { name: '200 to a Range', reason: 'explicit', request: ['Range: bytes=0-4'], response: ['Cache-Control: max-age=60'] },

  // Set-Cookie, RFC 9111 §7.3
  { name: 'Set-Cookie with max-age', reason: 'explicit', response: ['Set-Cookie: a=b', 'Cache-Control: max-age=60'] },
  { name: 'Set-Cookie with Expires', reason: 'explicit', response: ['Set-Cookie: a=b', expires] },
  { name: 'Set-Cookie, a guessed lifetime', reason: 'set-cookie', response: ['Set-Cookie: a=b', modified] },
  { name: 'Set-Cookie, a validator only', reason: 'set-cookie', response: ['Set-Cookie: a=b', 'ETag: "a"'] },
  { name: 'Set-Cookie, a guessed lifetime, public', reason: 'heuristic', response: ['Set-Cookie: a=b', modified, 'Cache-Control: public'] },
  { name: 'Set-Cookie, a guessed lifetime, and it is private', reason: 'heuristic', response: ['Set-Cookie: a=b', modified, 'Cache-Control: private="set-cookie"'] },

  // RFC 9213 §2.2: a targeted field replaces Cache-Control and Expires
  { name: 'targeted, against no-store', reason: 'explicit', response: ['Cache-Control: no-store', 'CDN-Cache-Control: max-age=60'] },
  { name: 'targeted, against private', reason: 'explicit', response: ['Cache-Control: private', 'CDN-Cache-Control: max-age=60'] },
  { name: 'targeted no-store', reason: 'no-store', response: ['Cache-Control: public, max-age=60', 'CDN-Cache-Control: no-store'] },
  { name: 'targeted private', reason: 'private', response: ['Cache-Control: public, max-age=60', 'CDN-Cache-Control: private'] },
  { name: 'targeted, malformed', reason: 'no-store', response: ['Cache-Control: no-store', 'CDN-Cache-Control: max-age=60, &&'] },
  { name: 'targeted, empty', reason: 'no-store', response: ['Cache-Control: no-store', 'CDN-Cache-Control:'] },
  { name: 'the most applicable target', reason: 'no-store', response: ['CDN-Cache-Control: max-age=60', 'Pagecast-Cache-Control: no-store'] },
  { name: 'the next target, where that is malformed', reason: 'explicit', response: ['CDN-Cache-Control: max-age=60', 'Pagecast-Cache-Control: no-store; &'] },
  { name: 'no target of ours', reason: 'no-store', response: ['Other-Cache-Control: max-age=60', 'Cache-Control: no-store'] },
];

/** §3.1 and the clauses it names: what came, and the names of what is stored of it. */
export const fieldCases: readonly (readonly [name: string, response: readonly string[], stored: readonly string[]])[] = [
  ['unknown fields too', ['Cache-Control: max-age=60', 'X-Unknown: 1', 'x-unknown: 2', 'Date: now'], ['Cache-Control', 'X-Unknown', 'x-unknown', 'Date']],
  [
    'what is for one message',
    ['Cache-Control: max-age=60', 'Age: 1', 'Content-Length: 1', 'content-range: x', 'CONNECTION: close', 'Keep-Alive: 1', 'Transfer-Encoding: x', 'Trailer: x', 'Upgrade: x'],
    ['Cache-Control', 'Date'],
  ],
  ['what is for a proxy', ['Cache-Control: max-age=60', 'Proxy-Authenticate: x', 'Proxy-Authentication-Info: x', 'Proxy-Authorization: x'], ['Cache-Control', 'Date']],
  ['private fields', ['Cache-Control: max-age=60, private="X-A, x-b"', 'x-a: 1', 'X-B: 2', 'X-C: 3'], ['Cache-Control', 'X-C', 'Date']],
  ['no-cache fields', ['Cache-Control: max-age=60, no-cache="X-A"', 'Cache-Control: no-cache="x-b"', 'x-a: 1', 'X-B: 2', 'X-C: 3'], ['Cache-Control', 'Cache-Control', 'X-C', 'Date']],
  ['a cookie', ['Cache-Control: max-age=60', 'Set-Cookie: a=b', 'set-cookie: c=d', 'Set-Cookie2: x'], ['Cache-Control', 'Date']],
  ['a cookie that is public', ['Cache-Control: max-age=60, public', 'Set-Cookie: a=b', 'Set-Cookie: c=d'], ['Cache-Control', 'Set-Cookie', 'Set-Cookie', 'Date']],
  ['a cookie, s-maxage', ['Cache-Control: s-maxage=60', 'Set-Cookie: a=b'], ['Cache-Control', 'Set-Cookie', 'Date']],
  ['a cookie, targeted', ['CDN-Cache-Control: max-age=60', 'Set-Cookie: a=b'], ['CDN-Cache-Control', 'Set-Cookie', 'Date']],
  ['a cookie that is public, and private', ['Cache-Control: max-age=60, public, private="Set-Cookie"', 'Set-Cookie: a=b'], ['Cache-Control', 'Date']],
  ['a good Date', ['Cache-Control: max-age=60', `Date: ${dateAt(0)}`], ['Cache-Control', 'Date']],
  ['two Dates', ['Cache-Control: max-age=60', `Date: ${dateAt(0)}`, `Date: ${dateAt(-1)}`], ['Cache-Control', 'Date']],
];
