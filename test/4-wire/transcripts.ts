// What goes over the wire, as data: bytes in, answers out, and what becomes of the connection. The site is site.ts.

export interface Answer {
  readonly status: number;
  /** Of the request that it answers; GET where absent. */
  readonly method?: string;
  /** The whole body; anything where absent. */
  readonly body?: string;
  /** Fields that must be there, or ('') must not. */
  readonly fields?: Readonly<Record<string, string>>;
}

export interface Transcript {
  readonly name: string;
  /** latin1 */
  readonly bytes: string;
  readonly answers: readonly Answer[];
  readonly end: 'kept' | 'closed';
}

const HOST = 'Host: h\r\n';
const A = { status: 200, body: 'alpha\n' };
const B = { status: 200, body: 'beta\n' };
const ALLOW = 'GET, HEAD, OPTIONS';
const CLOSE = { connection: 'close' };
const NOT_ALLOWED = { status: 405, fields: { allow: ALLOW, connection: '' } };
const NOT_IMPLEMENTED = { status: 501, fields: { allow: ALLOW, connection: '' } };
const get = (target: string, fields = '', version = '1.1'): string => `GET ${target} HTTP/${version}\r\n${HOST}${fields}\r\n`;
const request = (line: string, fields = '', body = ''): string => `${line}\r\n${HOST}${fields}\r\n${body}`;

const methods: Transcript[] = [
  { name: 'GET', bytes: get('/a.txt'), answers: [{ ...A, fields: { 'content-length': '6', connection: '' } }], end: 'kept' },
  { name: 'GET of the root', bytes: get('/'), answers: [{ status: 200, body: '<p>home\n' }], end: 'kept' },
  { name: 'GET of an empty file', bytes: get('/empty.txt'), answers: [{ status: 200, body: '', fields: { 'content-length': '0' } }], end: 'kept' },
  { name: 'HEAD', bytes: request('HEAD /a.txt HTTP/1.1'), answers: [{ status: 200, method: 'HEAD', fields: { 'content-length': '6' } }], end: 'kept' },
  { name: 'HEAD of what is missing', bytes: request('HEAD /no HTTP/1.1'), answers: [{ status: 404, method: 'HEAD', fields: { 'content-length': '10' } }], end: 'kept' },
  { name: 'HEAD of a redirect', bytes: request('HEAD /dir HTTP/1.1'), answers: [{ status: 301, method: 'HEAD', fields: { location: '/dir/' } }], end: 'kept' },
  { name: 'OPTIONS', bytes: request('OPTIONS /a.txt HTTP/1.1'), answers: [{ status: 204, fields: { allow: ALLOW, 'content-length': '' } }], end: 'kept' },
  { name: 'OPTIONS *', bytes: request('OPTIONS * HTTP/1.1'), answers: [{ status: 204, fields: { allow: ALLOW } }], end: 'kept' },
  { name: 'OPTIONS of what is missing', bytes: request('OPTIONS /no HTTP/1.1'), answers: [{ status: 204, fields: { allow: ALLOW } }], end: 'kept' },
  { name: 'POST without a body', bytes: request('POST /a.txt HTTP/1.1'), answers: [NOT_ALLOWED], end: 'kept' },
  { name: 'PUT', bytes: request('PUT /new HTTP/1.1', 'Content-Length: 3\r\n', 'abc'), answers: [NOT_ALLOWED], end: 'kept' },
  { name: 'DELETE', bytes: request('DELETE /a.txt HTTP/1.1'), answers: [NOT_ALLOWED], end: 'kept' },
  { name: 'PATCH', bytes: request('PATCH /a.txt HTTP/1.1'), answers: [NOT_ALLOWED], end: 'kept' },
  { name: 'TRACE', bytes: request('TRACE / HTTP/1.1', 'Cookie: secret\r\n'), answers: [{ ...NOT_ALLOWED, body: 'Method Not Allowed\n' }], end: 'kept' },
  { name: 'CONNECT', bytes: 'CONNECT h:443 HTTP/1.1\r\nHost: h:443\r\n\r\n', answers: [NOT_ALLOWED], end: 'kept' },
  { name: 'a method nobody knows', bytes: request('BREW /pot HTTP/1.1'), answers: [NOT_IMPLEMENTED], end: 'kept' },
  { name: 'get in lower case', bytes: request('get / HTTP/1.1'), answers: [NOT_IMPLEMENTED], end: 'kept' },
];

const persistence: Transcript[] = [
  { name: 'Connection: close', bytes: get('/a.txt', 'Connection: close\r\n'), answers: [{ ...A, fields: CLOSE }], end: 'closed' },
  { name: 'Connection: keep-alive', bytes: get('/a.txt', 'Connection: keep-alive\r\n'), answers: [A], end: 'kept' },
  { name: 'close in a list', bytes: get('/a.txt', 'Connection: TE, Close\r\n'), answers: [{ ...A, fields: CLOSE }], end: 'closed' },
  { name: 'HTTP/1.0', bytes: 'GET /a.txt HTTP/1.0\r\n\r\n', answers: [{ ...A, fields: CLOSE }], end: 'closed' },
  { name: 'HTTP/1.0, keep-alive', bytes: get('/a.txt', 'Connection: keep-alive\r\n', '1.0'), answers: [{ ...A, fields: { connection: 'keep-alive' } }], end: 'kept' },
  { name: 'HTTP/1.0, keep-alive, then without', bytes: get('/a.txt', 'Connection: keep-alive\r\n', '1.0') + get('/b.txt', '', '1.0'), answers: [A, { ...B, fields: CLOSE }], end: 'closed' },
  { name: 'HTTP/1.0 HEAD', bytes: 'HEAD /a.txt HTTP/1.0\r\n\r\n', answers: [{ status: 200, method: 'HEAD', fields: CLOSE }], end: 'closed' },
  { name: 'HTTP/1.2', bytes: get('/a.txt', '', '1.2'), answers: [A], end: 'kept' },
  { name: 'an empty line between requests', bytes: `${get('/a.txt')}\r\n${get('/b.txt')}`, answers: [A, B], end: 'kept' },
  { name: 'what follows close is not read', bytes: get('/a.txt', 'Connection: close\r\n') + get('/b.txt'), answers: [A], end: 'closed' },
  { name: 'close on an error', bytes: get('/no', 'Connection: close\r\n'), answers: [{ status: 404, fields: CLOSE }], end: 'closed' },
];

const pipelines: Transcript[] = [
  { name: 'two', bytes: get('/a.txt') + get('/b.txt'), answers: [A, B], end: 'kept' },
  { name: 'HEAD, GET, HEAD', bytes: request('HEAD /a.txt HTTP/1.1') + get('/b.txt') + request('HEAD /no HTTP/1.1'), answers: [{ status: 200, method: 'HEAD' }, B, { status: 404, method: 'HEAD' }], end: 'kept' },
  { name: 'missing between files', bytes: get('/a.txt') + get('/no') + get('/b.txt'), answers: [A, { status: 404, body: 'Not Found\n' }, B], end: 'kept' },
  { name: 'a body between requests', bytes: request('POST /x HTTP/1.1', 'Content-Length: 5\r\n', 'GET /') + get('/b.txt'), answers: [NOT_ALLOWED, B], end: 'kept' },
  { name: 'a chunked body between requests', bytes: get('/a.txt') + request('POST /x HTTP/1.1', 'Transfer-Encoding: chunked\r\n', '3\r\nabc\r\n0\r\nX: y\r\n\r\n') + get('/b.txt'), answers: [A, NOT_ALLOWED, B], end: 'kept' },
  { name: 'good, then bad', bytes: `${get('/a.txt')}GET / HTTP/1.1\nHost: h\r\n\r\n`, answers: [A, { status: 400, fields: CLOSE }], end: 'closed' },
  { name: 'bad, then good', bytes: `GET / HTTP/1.1\r\n\r\n${get('/a.txt')}`, answers: [{ status: 400, fields: CLOSE }], end: 'closed' },
  { name: 'good, then half a request and then its rest', bytes: get('/a.txt') + get('/b.txt').slice(0, -3) + get('/b.txt').slice(-3), answers: [A, B], end: 'kept' },
  { name: '304 and 200', bytes: get('/a.txt', 'If-None-Match: *\r\n') + get('/b.txt'), answers: [{ status: 304, fields: { 'content-length': '' } }, B], end: 'kept' },
  { name: '204, 405, 501, 416, 200', bytes: request('OPTIONS * HTTP/1.1') + request('PATCH / HTTP/1.1') + request('BREW / HTTP/1.1') + get('/a.txt', 'Range: bytes=9-\r\n') + get('/b.txt'), answers: [{ status: 204 }, NOT_ALLOWED, NOT_IMPLEMENTED, { status: 416 }, B], end: 'kept' },
];

const bodies: Transcript[] = [
  { name: 'GET with a body', bytes: get('/a.txt', 'Content-Length: 4\r\n') + 'junk', answers: [A], end: 'kept' },
  { name: 'GET with a chunked body', bytes: get('/a.txt', 'Transfer-Encoding: chunked\r\n') + '4\r\njunk\r\n0\r\n\r\n', answers: [A], end: 'kept' },
  { name: 'Content-Length: 0', bytes: get('/a.txt', 'Content-Length: 0\r\n'), answers: [A], end: 'kept' },
  { name: 'chunks with extensions and trailers', bytes: request('POST / HTTP/1.1', 'Transfer-Encoding: chunked\r\n', '0a;x="y"\r\n0123456789\r\n1\r\nx\r\n000\r\nT: 1\r\n\r\n'), answers: [NOT_ALLOWED], end: 'kept' },
  { name: 'a bad chunk', bytes: request('POST / HTTP/1.1', 'Transfer-Encoding: chunked\r\n', '3\r\nabcd\r\n0\r\n\r\n'), answers: [{ status: 400, fields: CLOSE }], end: 'closed' },
  { name: 'HTTP/1.0 with a body', bytes: 'POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\nab', answers: [{ status: 405, fields: { ...CLOSE, allow: ALLOW } }], end: 'closed' },
  { name: 'a sized body beyond the bound', bytes: request('POST / HTTP/1.1', 'Content-Length: 4097\r\n'), answers: [{ status: 405, fields: { ...CLOSE, allow: ALLOW } }], end: 'closed' },
  { name: 'a chunk beyond the bound', bytes: request('POST / HTTP/1.1', 'Transfer-Encoding: chunked\r\n', '1001\r\n'), answers: [{ status: 413, fields: CLOSE }], end: 'closed' },
  { name: 'Expect: 100-continue', bytes: request('PUT /x HTTP/1.1', 'Expect: 100-continue\r\nContent-Length: 3\r\n'), answers: [{ status: 405, fields: { ...CLOSE, allow: ALLOW } }], end: 'closed' },
  { name: 'Expect: 100-continue and the body at once', bytes: request('PUT /x HTTP/1.1', 'Expect: 100-continue\r\nContent-Length: 3\r\n', 'abc'), answers: [{ status: 405, fields: CLOSE }], end: 'closed' },
  { name: 'Expect: 100-continue without a body', bytes: get('/a.txt', 'Expect: 100-continue\r\n'), answers: [A], end: 'kept' },
  { name: 'Expect in HTTP/1.0 is ignored', bytes: get('/a.txt', 'Expect: 100-continue\r\n', '1.0'), answers: [A], end: 'closed' },
];

const targets: Transcript[] = [
  { name: 'absolute form', bytes: get('http://other.example/a.txt'), answers: [A], end: 'kept' },
  { name: 'absolute form, https and a port', bytes: get('https://other.example:8443/a.txt?q'), answers: [A], end: 'kept' },
  { name: 'absolute form without a path', bytes: get('http://other.example'), answers: [{ status: 200, body: '<p>home\n' }], end: 'kept' },
  { name: 'absolute form of a directory', bytes: get('http://other.example/dir?q=1'), answers: [{ status: 301, fields: { location: '/dir/?q=1' } }], end: 'kept' },
  { name: 'OPTIONS in absolute form', bytes: request('OPTIONS http://h HTTP/1.1'), answers: [{ status: 204, fields: { allow: ALLOW } }], end: 'kept' },
  { name: 'a query', bytes: get('/a.txt?x=/../y'), answers: [A], end: 'kept' },
  { name: 'percent-encoding', bytes: get('/%61%2etxt'), answers: [A], end: 'kept' },
  { name: 'slashes', bytes: get('///a.txt'), answers: [A], end: 'kept' },
  { name: 'a range', bytes: get('/a.txt', 'Range: bytes=1-3\r\n'), answers: [{ status: 206, body: 'lph', fields: { 'content-range': 'bytes 1-3/6', 'content-length': '3' } }], end: 'kept' },
];

export const transcripts: readonly Transcript[] = [...methods, ...persistence, ...pipelines, ...bodies, ...targets];
