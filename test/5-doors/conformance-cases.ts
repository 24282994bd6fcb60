// Requests that every door answers as the burst engine does: status, head (but what is the connection's) and body. See conformance.ts.

export interface ConformanceCase {
  /** Method and target. */
  readonly ask: string;
  /** Lines besides Host. `$etag` stands for the ETag of the target, `$date` for its Last-Modified. */
  readonly fields?: readonly string[];
  readonly content?: string;
  /** 1.0 */
  readonly version?: string;
  /** So that a table which has lost its meaning is seen. */
  readonly status: number;
}

const FILES = ['/', '/about', '/app.js', '/style.css', '/empty.txt', '/big.bin', '/huge.bin', '/sub/', '/with%20space.txt', '/%C3%BC.txt', '/latin%FC.txt', '/.well-known/probe', '/plain'];

const wholes: ConformanceCase[] = FILES.flatMap((target) => [
  { ask: `GET ${target}`, status: 200 },
  { ask: `HEAD ${target}`, status: 200 },
  { ask: `GET ${target}?q=1&r`, status: 200 },
  { ask: `GET ${target}`, fields: ['If-None-Match: $etag'], status: 304 },
  { ask: `HEAD ${target}`, fields: ['If-None-Match: "other", $etag'], status: 304 },
  { ask: `GET ${target}`, fields: ['If-Modified-Since: $date'], status: 304 },
  { ask: `GET ${target}`, fields: ['If-Match: "other"'], status: 412 },
]);

/** Of big.bin, which has 300,000 bytes. */
const RANGES: readonly (readonly [range: string, status: number])[] = [
  ['bytes=0-0', 206], ['bytes=0-', 206], ['bytes=-1', 206], ['bytes=-300000', 206], ['bytes=-300001', 206], ['bytes=299999-', 206], ['bytes=1000-200000', 206],
  ['bytes=300000-', 416], ['bytes=-0', 416], ['bytes=5-2', 200], ['bytes=abc', 200], ['bytes=', 200], ['items=0-1', 200], ['bytes=0-1,5-6', 206],
  ['bytes=0-99999,150000-299999', 206], ['bytes=400000-,0-1', 206], ['bytes=0-1, -1', 206], ['bytes=0-1,2-3,4-5,6-7,8-9,10-11', 206], ['BYTES=0-1', 206], ['bytes= 0-1', 206],
];

const ranges: ConformanceCase[] = RANGES.flatMap(([range, status]) => [
  { ask: 'GET /big.bin', fields: [`Range: ${range}`], status },
  { ask: 'HEAD /big.bin', fields: [`Range: ${range}`], status: 200 },
  { ask: 'GET /big.bin', fields: [`Range: ${range}`, 'If-Range: $etag'], status },
  { ask: 'GET /big.bin', fields: [`Range: ${range}`, 'If-Range: "other"'], status: 200 },
]);

const CODINGS = ['', 'gzip', 'br', 'zstd', 'identity', '*', 'gzip;q=0', 'gzip;q=0.5, br;q=0.1', 'identity;q=0', '*;q=0', 'gzip, identity;q=0', 'x-gzip', 'gzip;q=1.0001', 'nonsense, ;'];

const codings: ConformanceCase[] = ['/app.js', '/text.txt', '/big.bin'].flatMap((target) => CODINGS.flatMap((coding) => {
  // What nobody would compress has no other coding to be refused in favour of.
  const status = target !== '/big.bin' && (coding === '*;q=0' || coding === 'identity;q=0') ? 406 : 200;
  return [{ ask: `GET ${target}`, fields: [`Accept-Encoding: ${coding}`], status }, { ask: `HEAD ${target}`, fields: [`Accept-Encoding: ${coding}`], status }];
}));

const PATHS: readonly (readonly [target: string, status: number])[] = [
  ['/none', 404], ['/none/', 404], ['/sub', 301], ['/sub?q=1', 301], ['/about/', 301], ['/about.html', 200], ['/sub/../app.js', 404], ['/../etc/passwd', 404], ['/%2e%2e/etc/passwd', 404],
  ['/..%2fetc/passwd', 404], ['/sub/..', 404], ['/./app.js', 404], ['//app.js', 200], ['//host/sub', 404], ['/sub//deep.txt', 200], ['/app.js/', 404], ['/.secret', 404], ['/%2esecret', 404], ['/.git/config', 404],
  ['/out', 404], ['/inside', 200], ['/a%00b', 404], ['/a%2Fb', 404], ['/a%5cb', 404], ['/%', 400], ['/%zz', 400], ['/app.js%', 400], ['/a%20', 404], ['/APP.JS', 404],
  [`/${'a'.repeat(255)}`, 404], [`/${'a'.repeat(256)}`, 404], [`/${'a/'.repeat(3000)}`, 404], [`/${'a'.repeat(8300)}`, 414], ['/_headers', 404], ['/_redirects', 404], ['/old', 302], ['/old?x=y', 302], ['/news/1', 301],
  ['/shown', 200], ['/gone', 410], ['/app.js;v=1', 404], ['/%61pp.js', 200], ['/sub/index.html', 200], ['/?', 200], ['/x?/../..', 404], ['/docs/deep/', 404],
];

const paths: ConformanceCase[] = PATHS.flatMap(([target, status]) => [{ ask: `GET ${target}`, status }, { ask: `HEAD ${target}`, status }]);

const methods: ConformanceCase[] = [
  { ask: 'OPTIONS /app.js', status: 204 }, { ask: 'OPTIONS /none', status: 204 }, { ask: 'POST /app.js', content: 'x=1', status: 405 }, { ask: 'PUT /none', content: '', status: 405 },
  { ask: 'DELETE /app.js', status: 405 }, { ask: 'PATCH /', content: 'y', status: 405 }, { ask: 'PROPFIND /', status: 501 }, { ask: 'GET /app.js', content: 'a body of a GET', status: 200 },
];

const others: ConformanceCase[] = [
  { ask: 'GET /app.js', fields: ['If-Modified-Since: yesterday'], status: 200 }, { ask: 'GET /app.js', fields: ['If-Unmodified-Since: Thu, 01 Jan 1970 00:00:00 GMT'], status: 412 },
  { ask: 'GET /app.js', fields: ['If-None-Match: *'], status: 304 }, { ask: 'GET /none', fields: ['If-None-Match: *'], status: 404 }, { ask: 'GET /app.js', fields: ['If-None-Match: W/$etag'], status: 304 },
  { ask: 'GET /app.js', fields: ['If-Match: *'], status: 200 }, { ask: 'GET /app.js', fields: ['If-None-Match: nonsense'], status: 200 }, { ask: 'GET /app.js', fields: ['Want-Repr-Digest: sha-256=0'], status: 200 },
  { ask: 'GET /app.js', fields: ['Want-Repr-Digest: sha-256=5'], status: 200 }, { ask: 'GET /app.js', fields: ['If-None-Match: "a"', 'If-None-Match: $etag'], status: 304 },
  { ask: 'GET /none', fields: ['Accept: text/html'], status: 404 }, { ask: 'GET /app.js', fields: ['Accept-Language: de', 'X-Odd: \xe4\xf6'], status: 200 },
];

export const conformanceCases: readonly ConformanceCase[] = [...wholes, ...ranges, ...codings, ...paths, ...methods, ...others];
