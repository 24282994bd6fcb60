// What a client gets of an answer: fields kept and left out (RFC 9111 §3.1, RFC 9110 §7.6), framing, interim answers (RFC 9110 §15.2), bodies that
// are cut off (RFC 9111 §3.3), and what Cache-Status says (RFC 9211).
import type { Case } from './through.ts';

const LONG = 'Cache-Control: max-age=3600';
const MANY = 'x'.repeat(200_000);

function field(line: string, value: string | null, stored: string | null = value): Case {
  const name = line.slice(0, line.indexOf(':')).toLowerCase();
  return { clause: `§3.1 ${line}`, steps: [{ says: { fields: [LONG, line] }, has: { [name]: value } }, { from: 1, has: { [name]: stored } }] };
}

const fields: readonly Case[] = [
  field('X-Unknown: a, b', 'a, b'),
  field('Content-Type: text/plain', 'text/plain'),
  field('Content-Language: de', 'de'),
  field('Content-Encoding: gzip', 'gzip'),
  field('Content-Location: /x', '/x'),
  field('Content-MD5: x', 'x'),
  field('Content-Security-Policy: default-src', 'default-src'),
  field('Content-Foo: bar', 'bar'),
  field('Clear-Site-Data: "cache"', '"cache"'),
  field('ETag: "a"', '"a"'),
  field('Link: </a>; rel=preload', '</a>; rel=preload'),
  field('Server: origin/1', 'origin/1'),
  field('Strict-Transport-Security: max-age=1', 'max-age=1'),
  field('Warning: 110 - x', '110 - x'),
  field('WWW-Authenticate: Basic', 'Basic'),
  field('X-Frame-Options: DENY', 'DENY'),
  field('X-Empty:', ''),
  field('Via: 1.1 other', '1.1 other'),
  field('Keep-Alive: timeout=5', null),
  field('Proxy-Connection: close', null),
  field('Proxy-Authenticate: Basic', null),
  field('Proxy-Authentication-Info: x', null),
  field('Trailer: x', null),
  field('Upgrade: h2c', null),
  { clause: '§3.1 fields that Connection names', steps: [
    { says: { fields: [LONG, 'Connection: x-hop, X-Other', 'X-Hop: 1', 'X-Other: 2', 'X-Stays: 3'] }, has: { 'x-hop': null, 'x-other': null, 'x-stays': '3' } }, { from: 1, has: { 'x-hop': null, 'x-other': null, 'x-stays': '3' } },
  ] },
  { clause: '§3.1 Connection cannot name Cache-Control', steps: [{ says: { fields: ['Cache-Control: no-store', 'Connection: cache-control'] }, has: { 'cache-control': 'no-store' } }, { says: {} }] },
  { clause: 'RFC 9110 §5.3 lines of one name stay in order', steps: [{ says: { fields: [LONG, 'X-A: 1', 'X-B: x', 'X-A: 2'] }, has: { 'x-a': '1, 2' } }, { from: 1, has: { 'x-a': '1, 2' } }] },
  { clause: 'RFC 9110 §6.6.1 Date is the origin\'s', steps: [{ says: { fields: [LONG, 'Date: Tue, 15 Nov 2022 08:12:31 GMT', 'CDN-Cache-Control: max-age=2000000000'] }, has: { date: 'Tue, 15 Nov 2022 08:12:31 GMT' } }, { from: 1, has: { date: 'Tue, 15 Nov 2022 08:12:31 GMT' } }] },
  { clause: 'RFC 6265 cookies with public are for all', steps: [{ says: { fields: ['Cache-Control: public, max-age=60', 'Set-Cookie: a=1', 'Set-Cookie: b=2'] }, has: { 'set-cookie': 'a=1, b=2' } }, { from: 1, has: { 'set-cookie': 'a=1, b=2' } }] },
  { clause: 'RFC 6265 cookies with max-age alone are for one', steps: [{ says: { fields: [LONG, 'Set-Cookie: a=1'] }, has: { 'set-cookie': 'a=1' } }, { from: 1, has: { 'set-cookie': null } }] },
  { clause: 'RFC 6265 cookies of a chunked answer to a range, too', steps: [{ fields: ['Range: bytes=0-3'], says: { fields: [LONG, 'Set-Cookie: a=1'], how: 'chunked' }, status: 206, body: 'body', has: { 'set-cookie': 'a=1' } }, { from: 1, has: { 'set-cookie': null } }] },
  { clause: 'RFC 6265 cookies and a heuristic: not stored', steps: [{ says: { fields: ['Last-Modified: @-864000', 'Set-Cookie: a=1'] }, has: { 'set-cookie': 'a=1' } }, { says: {} }] },
  { clause: 'RFC 6265 a cookie with a 304', steps: [
    { says: { fields: ['Cache-Control: max-age=60', 'Age: 120', 'ETag: "a"'] } }, { says: { status: 304, fields: ['ETag: "a"', LONG, 'Age: 0', 'Set-Cookie: a=1'] }, from: 1, has: { 'set-cookie': 'a=1' } }, { from: 1, has: { 'set-cookie': null } },
  ] },
];

const bodies: readonly Case[] = [
  ...(['chunked', 'to-end', 'http-1.0'] as const).flatMap((how): Case[] => [
    { clause: `RFC 9112 §6 ${how}`, steps: [{ says: { fields: [LONG], how } }, { from: 1, has: { 'content-length': '14', 'transfer-encoding': null } }] },
    { clause: `RFC 9112 §6 ${how}, not stored`, steps: [{ says: { fields: ['Cache-Control: no-store'], how } }] },
    { clause: `RFC 9112 §6 ${how}, long`, steps: [{ says: { fields: [LONG], how, body: MANY } }, { from: 1, body: MANY }] },
    { clause: `RFC 9112 §6 ${how}, empty`, steps: [{ says: { fields: [LONG], how, body: '' } }, { from: 1, body: '' }] },
  ]),
  { clause: 'RFC 9112 §6 long, with its length', steps: [{ says: { fields: [LONG], body: MANY }, has: { 'content-length': '200000' } }, { from: 1, body: MANY }] },
  { clause: 'RFC 9112 §6 empty', steps: [{ says: { fields: [LONG], body: '' }, has: { 'content-length': '0' } }, { from: 1, body: '', has: { 'content-length': '0' } }] },
  { clause: 'RFC 9112 §6 HTTP/1.0 has Connection', steps: [{ says: { fields: [LONG, 'Connection: keep-alive, x-hop', 'X-Hop: 1'], how: 'http-1.0' }, has: { 'x-hop': null } }, { from: 1, has: { 'x-hop': null } }] },
  ...(['cut-off', 'cut-chunked', 'bad-chunk', 'reset'] as const).flatMap((how): Case[] => [
    { clause: `§3.3 ${how} is not stored`, steps: [{ says: { fields: [LONG], how }, broken: true }, { says: {} }] },
    { clause: `§3.3 ${how}, long`, steps: [{ says: { fields: [LONG], how, body: MANY }, broken: true }, { says: {} }] },
    { clause: `§3.3 ${how}, not shared`, steps: [{ says: { fields: ['Cache-Control: no-store'], how, body: MANY }, broken: true }] },
  ]),
  { clause: 'RFC 9112 §6.3 what comes beyond the length is not of the answer', steps: [{ says: { fields: [LONG], how: 'long' }, body: 'body of ste' }, { from: 1, body: 'body of ste' }] },
  { clause: 'RFC 9112 §6.3 two lengths', steps: [{ says: { fields: [LONG, 'Content-Length: 3', 'Content-Length: 4'] }, status: 502 }, { says: {} }] },
  { clause: 'RFC 9112 §6.3 a length and a coding', steps: [{ says: { fields: [LONG, 'Content-Length: 3', 'Transfer-Encoding: chunked'] }, status: 502 }, { says: {} }] },
  { clause: 'RFC 9112 §6.3 a negative length', steps: [{ says: { fields: [LONG, 'Content-Length: -3'] }, status: 502 }, { says: {} }] },
  { clause: 'RFC 9110 §15.3.5 204', steps: [{ says: { status: 204, fields: [LONG] }, has: { 'content-length': null } }, { from: 1, has: { 'content-length': null } }] },
  { clause: 'RFC 9110 §15.3.5 204 with a length', steps: [{ says: { status: 204, fields: [LONG, 'Content-Length: 3'] }, has: { 'content-length': null } }] },
  { clause: 'RFC 9110 §15.4.5 304 that was not asked for is passed on, not stored', steps: [{ says: { status: 304, fields: [LONG, 'ETag: "a"'] } }, { says: {} }] },
];

const HINTS = 'HTTP/1.1 103 Early Hints\r\nLink: </a>; rel=preload';
const interim: readonly Case[] = [
  { clause: 'RFC 8297 103', steps: [{ says: { fields: [LONG], interim: [HINTS] }, interim: [103] }, { from: 1, interim: [] }] },
  { clause: 'RFC 9110 §15.2 several', steps: [{ says: { interim: [HINTS, 'HTTP/1.1 102 Processing', HINTS] }, interim: [103, 102, 103] }] },
  { clause: 'RFC 9110 §15.2 unknown', steps: [{ says: { interim: ['HTTP/1.1 199 Foo\r\nA: b'] }, interim: [199] }] },
  { clause: 'RFC 9110 §15.2.1 100 that nobody asked for', steps: [{ says: { interim: ['HTTP/1.1 100 Continue'] }, interim: [] }] },
  { clause: 'RFC 9110 §15.2 fields of 103 are not of the answer', steps: [{ says: { fields: [LONG], interim: ['HTTP/1.1 103 x\r\nCache-Control: no-store\r\nX-Hint: 1'] }, interim: [103], has: { 'x-hint': null } }, { from: 1, has: { 'x-hint': null } }] },
];

const told: readonly Case[] = [
  { clause: 'RFC 9211 a miss that is stored', steps: [{ says: { fields: [LONG] }, has: { 'cache-status': 'pagecast;fwd=uri-miss;stored' } }, { from: 1, has: { 'cache-status': /^pagecast;hit;ttl=(?:3600|359\d)$/ } }] },
  { clause: 'RFC 9211 a miss that is not', steps: [{ says: { fields: ['Cache-Control: no-store'] }, has: { 'cache-status': /^pagecast;fwd=uri-miss;detail=no-store$/ } }] },
  { clause: 'RFC 9211 §2.2 another method', steps: [{ ask: 'POST', says: {}, has: { 'cache-status': 'pagecast;fwd=method' } }] },
  { clause: 'RFC 9211 §2.3 validated', steps: [
    { says: { fields: ['Cache-Control: max-age=60', 'Age: 120', 'ETag: "a"'] } }, { says: { status: 304, fields: ['ETag: "a"'] }, from: 1, has: { 'cache-status': /^pagecast;fwd=stale;fwd-status=304/ } },
  ] },
  { clause: 'RFC 9211 §2.2 the client wanted it asked', steps: [{ says: { fields: [LONG] } }, { fields: ['Cache-Control: no-cache'], says: {}, has: { 'cache-status': /^pagecast;fwd=request/ } }] },
  { clause: 'RFC 9211 §2.2 the client\'s max-age', steps: [{ says: { fields: [LONG, 'Age: 100'] } }, { fields: ['Cache-Control: max-age=10'], says: {}, has: { 'cache-status': /^pagecast;fwd=request/ } }] },
  { clause: 'RFC 9211 §2.4 ttl is negative for a stale one', steps: [{ says: { fields: ['Cache-Control: max-age=60', 'Age: 120', 'ETag: "a"'] } }, { fields: ['Cache-Control: max-stale'], from: 1, has: { 'cache-status': /^pagecast;hit;ttl=-6[01]/ } }] },
  { clause: 'RFC 9211 §2 what a cache before us said is kept', steps: [
    { says: { fields: [LONG, 'Cache-Status: Origin; hit; ttl=5'] }, has: { 'cache-status': /^Origin; hit; ttl=5, pagecast;fwd=uri-miss;stored$/ } }, { from: 1, has: { 'cache-status': /pagecast;hit;ttl=\d+$/ } },
  ] },
];

export const fieldCases: readonly Case[] = [...fields, ...told];
export const bodyCases: readonly Case[] = [...bodies, ...interim];
