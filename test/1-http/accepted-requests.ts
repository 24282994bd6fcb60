/**
 * Requests that must be accepted, as data: name, head (latin1), what the head says, and the body that belongs to it. Used by the
 * parser's tests and by the tests on the wire; depends on nothing.
 */

export interface AcceptedFacts {
  readonly method: string;
  readonly path: string;
  readonly query?: string;
  readonly authority: string;
  readonly versionMinor?: 0 | 1;
  readonly keepAlive?: boolean;
  readonly contentLength?: number;
  readonly chunked?: boolean;
  readonly expectContinue?: boolean;
  readonly conditional?: boolean;
  readonly fields?: Readonly<Record<string, string>>;
  /** The bytes that follow the head. */
  readonly body?: string;
}

export type AcceptedRequest = readonly [name: string, head: string, facts: AcceptedFacts];

const root = { method: 'GET', path: '/', authority: 'h' };

function withFields(fields: string): string {
  return `GET / HTTP/1.1\r\nHost: h\r\n${fields}\r\n`;
}

function withLine(line: string): string {
  return `${line}\r\nHost: h\r\n\r\n`;
}

function withHost(host: string): string {
  return `GET / HTTP/1.1\r\nHost:${host}\r\n\r\n`;
}

const requestLines: AcceptedRequest[] = [
  ['the smallest', 'GET / HTTP/1.1\r\nHost: h\r\n\r\n', root],
  ['HEAD', withLine('HEAD / HTTP/1.1'), { ...root, method: 'HEAD' }],
  ['OPTIONS', withLine('OPTIONS / HTTP/1.1'), { ...root, method: 'OPTIONS' }],
  ['OPTIONS *', withLine('OPTIONS * HTTP/1.1'), { ...root, method: 'OPTIONS', path: '*' }],
  ['DELETE', withLine('DELETE /x HTTP/1.1'), { ...root, method: 'DELETE', path: '/x' }],
  ['a method of our own', withLine("M!#$%&'*+-.^_`|~ / HTTP/1.1"), { ...root, method: "M!#$%&'*+-.^_`|~" }],
  ['a method of 64 bytes', withLine(`${'M'.repeat(64)} / HTTP/1.1`), { ...root, method: 'M'.repeat(64) }],
  ['lower case is another method', withLine('get / HTTP/1.1'), { ...root, method: 'get' }],
  ['one empty line first', '\r\nGET / HTTP/1.1\r\nHost: h\r\n\r\n', root],
  ['a path', withLine('GET /a/b.html HTTP/1.1'), { ...root, path: '/a/b.html' }],
  ['a query', withLine('GET /a?b=c&d HTTP/1.1'), { ...root, path: '/a', query: '?b=c&d' }],
  ['an empty query', withLine('GET /a? HTTP/1.1'), { ...root, path: '/a', query: '?' }],
  ['two question marks', withLine('GET /a?b?c HTTP/1.1'), { ...root, path: '/a', query: '?b?c' }],
  ['percent-encoding is left alone', withLine('GET /%41%zz HTTP/1.1'), { ...root, path: '/%41%zz' }],
  ['two slashes first', withLine('GET //a//b HTTP/1.1'), { ...root, path: '//a//b' }],
  ['dots', withLine('GET /../a HTTP/1.1'), { ...root, path: '/../a' }],
  ['what browsers send raw', withLine('GET /a|b^c{d}`e"f[g]\\h<i> HTTP/1.1'), { ...root, path: '/a|b^c{d}`e"f[g]\\h<i>' }],
  ['a colon', withLine('GET /a:b@c;d=e,f HTTP/1.1'), { ...root, path: '/a:b@c;d=e,f' }],
  ['a target of 8192 bytes', withLine(`GET /${'a'.repeat(8191)} HTTP/1.1`), { ...root, path: `/${'a'.repeat(8191)}` }],
  ['absolute form', withLine('GET http://other:81/a?b HTTP/1.1'), { ...root, path: '/a', query: '?b', authority: 'other:81' }],
  ['absolute form without a path', withLine('GET http://other HTTP/1.1'), { ...root, authority: 'other' }],
  ['absolute form with a query only', withLine('GET http://other?b HTTP/1.1'), { ...root, query: '?b', authority: 'other' }],
  ['absolute form, https, in capitals', withLine('GET HTTPS://Other/a HTTP/1.1'), { ...root, path: '/a', authority: 'Other' }],
  ['absolute form with IPv6', withLine('GET http://[::1]:80/ HTTP/1.1'), { ...root, authority: '[::1]:80' }],
  ['CONNECT', withLine('CONNECT other:443 HTTP/1.1'), { method: 'CONNECT', path: '/', authority: 'other:443' }],
];

const versions: AcceptedRequest[] = [
  ['HTTP/1.0', 'GET / HTTP/1.0\r\n\r\n', { ...root, authority: '', versionMinor: 0, keepAlive: false }],
  ['HTTP/1.0 with Host', 'GET / HTTP/1.0\r\nHost: h\r\n\r\n', { ...root, versionMinor: 0, keepAlive: false }],
  ['HTTP/1.0, keep-alive', 'GET / HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n', { ...root, authority: '', versionMinor: 0, keepAlive: true }],
  ['HTTP/1.0, an expectation is ignored', 'GET / HTTP/1.0\r\nExpect: magic\r\n\r\n', { ...root, authority: '', versionMinor: 0, keepAlive: false }],
  ['HTTP/1.2 is served as 1.1', withLine('GET / HTTP/1.2'), root],
  ['HTTP/1.9 is served as 1.1', withLine('GET / HTTP/1.9'), root],
];

const hosts: AcceptedRequest[] = [
  ['Host with a port', withHost(' h:8080'), { ...root, authority: 'h:8080' }],
  ['Host with an empty port', withHost(' h:'), { ...root, authority: 'h:' }],
  ['Host with port 65535', withHost(' h:65535'), { ...root, authority: 'h:65535' }],
  ['Host with IPv4', withHost(' 127.0.0.1:80'), { ...root, authority: '127.0.0.1:80' }],
  ['Host with IPv6', withHost(' [2001:db8::1]:80'), { ...root, authority: '[2001:db8::1]:80' }],
  ['Host with mapped IPv4', withHost(' [::ffff:127.0.0.1]'), { ...root, authority: '[::ffff:127.0.0.1]' }],
  ['Host with an underscore', withHost(' my_host.example'), { ...root, authority: 'my_host.example' }],
  ['Host with percent-encoding', withHost(' a%2Db%c3%BC'), { ...root, authority: 'a%2Db%c3%BC' }],
  ['Host with the longest address', withHost(` [${'0000:'.repeat(5)}ffff:255.255.255.255]:1`), { ...root, authority: `[${'0000:'.repeat(5)}ffff:255.255.255.255]:1` }],
  ['Host without a space', withHost('h'), root],
  ['Host among whitespace', withHost(' \t h \t '), root],
];

const fields: AcceptedRequest[] = [
  ['no value', withFields('X:\r\n'), { ...root, fields: { x: '' } }],
  ['a blank value', withFields('X: \t \r\n'), { ...root, fields: { x: '' } }],
  ['whitespace within a value stays', withFields('X: \ta \t b\t \r\n'), { ...root, fields: { x: 'a \t b' } }],
  ['obs-text', withFields('X: \xe9\xff~\x80\r\n'), { ...root, fields: { x: '\xe9\xff~\x80' } }],
  ['a colon in a value', withFields('X: a:b: c\r\n'), { ...root, fields: { x: 'a:b: c' } }],
  ['an underscore in a name', withFields('X_Y: 1\r\n'), { ...root, fields: { x_y: '1' } }],
  ['a name of marks', withFields("!#$%&'*+-.^_`|~: 1\r\n"), { ...root, fields: { "!#$%&'*+-.^_`|~": '1' } }],
  ['a name as long as any', withFields(`${'N'.repeat(900)}: 1\r\n`), { ...root, fields: { ['n'.repeat(900)]: '1' } }],
  ['several lines of one field', withFields('X: a\r\nY: b\r\nx: c\r\n'), { ...root, fields: { x: 'a, c', y: 'b' } }],
  ['several lines of a known field', withFields('Accept: a\r\nACCEPT: b\r\n'), { ...root, fields: { accept: 'a, b' } }],
  ['100 fields', withFields('X: 1\r\n'.repeat(99)), root],
  ['a head of 16384 bytes', withFields(`X: ${'v'.repeat(16_384 - withFields('X: \r\n').length)}\r\n`), root],
  ['If-None-Match', withFields('If-None-Match: "a", W/"b"\r\n'), { ...root, conditional: true, fields: { 'if-none-match': '"a", W/"b"' } }],
  ['If-Match', withFields('if-match: *\r\n'), { ...root, conditional: true, fields: { 'If-Match': '*' } }],
  ['If-Modified-Since', withFields('IF-MODIFIED-SINCE: x\r\n'), { ...root, conditional: true }],
  ['If-Unmodified-Since', withFields('If-Unmodified-Since: x\r\n'), { ...root, conditional: true }],
  ['If-Range', withFields('If-Range: x\r\n'), { ...root, conditional: true }],
  ['Range', withFields('Range: bytes=0-\r\n'), { ...root, conditional: true, fields: { range: 'bytes=0-' } }],
  ['nearly Range', withFields('Rangf: bytes=0-\r\nRanges: 1\r\n'), { ...root, fields: { rangf: 'bytes=0-' } }],
  ['a short known name', withFields('TE: trailers\r\nVia: 1.1 p\r\n'), { ...root, fields: { te: 'trailers', via: '1.1 p' } }],
];

const connections: AcceptedRequest[] = [
  ['close', withFields('Connection: close\r\n'), { ...root, keepAlive: false }],
  ['CLOSE', withFields('Connection: CLOSE\r\n'), { ...root, keepAlive: false }],
  ['keep-alive', withFields('Connection: keep-alive\r\n'), root],
  ['close wins', withFields('Connection: keep-alive, close\r\n'), { ...root, keepAlive: false }],
  ['close wins in another line', withFields('Connection: close\r\nConnection: keep-alive\r\n'), { ...root, keepAlive: false }],
  ['close in a list', withFields('Connection: , upgrade ,\tclose ,, x\r\n'), { ...root, keepAlive: false }],
  ['nearly close', withFields('Connection: closed, xclose, clos\r\n'), root],
  ['an option that is no token', withFields('Connection: "close"; x\r\n'), root],
  ['an empty Connection', withFields('Connection:\r\n'), root],
];

function post(lines: string): string {
  return `POST /f HTTP/1.1\r\nHost: h\r\n${lines}\r\n`;
}

const posted = { method: 'POST', path: '/f', authority: 'h' };

const bodies: AcceptedRequest[] = [
  ['no body', post('Content-Length: 0\r\n'), { ...posted, contentLength: 0 }],
  ['a sized body', post('Content-Length: 3\r\n'), { ...posted, contentLength: 3, body: 'abc' }],
  ['leading zeros', post('Content-Length: 0003\r\n'), { ...posted, contentLength: 3, body: 'abc' }],
  ['a sized body that looks like a request', post('Content-Length: 18\r\n'), { ...posted, contentLength: 18, body: 'GET /x HTTP/1.1\r\n\r' }],
  ['a sized body of a GET', withFields('Content-Length: 2\r\n'), { ...root, contentLength: 2, body: 'ab' }],
  ['a sized body in HTTP/1.0', 'POST / HTTP/1.0\r\nContent-Length: 2\r\n\r\n', { ...root, method: 'POST', authority: '', versionMinor: 0, keepAlive: false, contentLength: 2, body: 'ab' }],
  ['a chunked body', post('Transfer-Encoding: chunked\r\n'), { ...posted, chunked: true, body: '3\r\nabc\r\n0\r\n\r\n' }],
  ['a chunked body in odd case', post('TRANSFER-encoding: \tCHUNKED \r\n'), { ...posted, chunked: true, body: '0\r\n\r\n' }],
  ['a chunked body with extensions and trailers', post('Transfer-Encoding: chunked\r\n'), { ...posted, chunked: true, body: '00a ; x="y;z"\r\n0123456789\r\n0;last\r\nX: 1\r\nY:\r\n\r\n' }],
  ['Expect', post('Expect: 100-Continue\r\nContent-Length: 3\r\n'), { ...posted, contentLength: 3, expectContinue: true, body: 'abc' }],
  ['Expect without a body', post('Expect: 100-continue\r\n'), posted],
  ['Expect in HTTP/1.0', 'POST / HTTP/1.0\r\nExpect: 100-continue\r\nContent-Length: 1\r\n\r\n', { ...root, method: 'POST', authority: '', versionMinor: 0, keepAlive: false, contentLength: 1, body: 'a' }],
];

export const acceptedRequests: readonly AcceptedRequest[] = [...requestLines, ...versions, ...hosts, ...fields, ...connections, ...bodies];
