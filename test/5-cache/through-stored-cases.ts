// What is done with a stored response: validated (RFC 9111 §4.3), answered to conditions and ranges (RFC 9110 §13, §14), freshened by HEAD
// (§4.3.5), and used stale (§4.2.4, RFC 5861).
import type { Case, Step } from './through.ts';
import { dateText, type Says } from './told-origin.ts';

const TEN = '0123456789';
const LONG_AGO = dateText(undefined, -86_400 * 30);
const LATER = dateText(undefined, -86_400 * 20);
const EARLIER = dateText(undefined, -86_400 * 40);
const FRESH: Step = { says: { fields: ['Cache-Control: max-age=3600', 'ETag: "a"', `Last-Modified: ${LONG_AGO}`, 'Content-Type: text/plain'], body: TEN } };
const STALE: Step = { says: { fields: ['Cache-Control: max-age=60', 'Age: 120', 'ETag: "a"', 'Content-Type: text/plain', 'X-Old: 1', 'X-Both: 1'], body: TEN } };

function kept(extra: string, ...others: readonly string[]): Step {
  return { says: { fields: [`Cache-Control: max-age=60${extra}`, 'Age: 120', ...others], body: TEN } };
}

const validation: readonly Case[] = [
  { clause: '§4.3.1 the tag is sent', steps: [STALE, { says: { status: 304, fields: ['ETag: "a"', 'Cache-Control: max-age=60'] }, from: 1, saw: { 'if-none-match': '"a"' } }, { from: 1 }] },
  { clause: '§4.3.1 a weak tag is sent', steps: [kept('', 'ETag: W/"a"'), { says: { status: 304, fields: ['ETag: W/"a"', 'Cache-Control: max-age=60'] }, from: 1, saw: { 'if-none-match': 'W/"a"' } }, { from: 1 }] },
  { clause: '§4.3.1 the date is sent', steps: [
    kept('', `Last-Modified: ${LONG_AGO}`), { says: { status: 304, fields: ['Cache-Control: max-age=60'] }, from: 1, saw: { 'if-modified-since': LONG_AGO, 'if-none-match': null } }, { from: 1 },
  ] },
  { clause: '§4.3.1 both are sent', steps: [
    kept('', 'ETag: "a"', `Last-Modified: ${LONG_AGO}`), { says: { status: 304, fields: ['Cache-Control: max-age=60', 'ETag: "a"'] }, from: 1, saw: { 'if-modified-since': LONG_AGO, 'if-none-match': '"a"' } },
  ] },
  { clause: '§4.3.1 a tag without quotes is none', steps: [kept(', stale-if-error=9', 'ETag: a'), { says: {}, saw: { 'if-none-match': null } }] },
  { clause: '§3 no-cache is stored, and validated', steps: [
    { says: { fields: ['Cache-Control: no-cache', 'ETag: "a"'], body: TEN } }, { says: { status: 304, fields: ['ETag: "a"', 'Cache-Control: no-cache'] }, from: 1, saw: { 'if-none-match': '"a"' } },
    { says: { status: 304, fields: ['ETag: "a"'] }, from: 1, saw: { 'if-none-match': '"a"' } },
  ] },
  { clause: '§3.2 fields of the 304 replace, and come new', steps: [
    STALE,
    { says: { status: 304, fields: ['ETag: "a"', 'Cache-Control: max-age=600', 'X-Both: 2', 'X-New: 2'] }, from: 1, has: { 'x-old': '1', 'x-both': '2', 'x-new': '2', 'cache-control': 'max-age=600', 'content-type': 'text/plain', 'content-length': '10' } },
    { from: 1, has: { 'x-old': '1', 'x-both': '2', 'x-new': '2', 'cache-control': 'max-age=600', 'content-length': '10' } },
  ] },
  { clause: '§3.2 not Content-Length, Content-Encoding, Content-Range', steps: [
    STALE, { says: { status: 304, fields: ['ETag: "a"', 'Cache-Control: max-age=600', 'Content-Length: 36', 'Content-Encoding: gzip', 'Content-Range: bytes 0-1/2'] }, from: 1 },
    { from: 1, has: { 'content-length': '10', 'content-encoding': null, 'content-range': null } },
  ] },
  { clause: '§3.2 Content-Type and Set-Cookie', steps: [
    STALE, { says: { status: 304, fields: ['ETag: "a"', 'Cache-Control: max-age=600, public', 'Set-Cookie: b=2', 'Content-Type: text/html'] }, from: 1 },
    { from: 1, has: { 'content-type': 'text/html', 'set-cookie': 'b=2' } },
  ] },
  { clause: '§3.2 two lines take the place of one', steps: [STALE, { says: { status: 304, fields: ['ETag: "a"', 'Cache-Control: max-age=600', 'X-Both: 2', 'X-Both: 3'] }, from: 1 }, { from: 1, has: { 'x-both': '2, 3' } }] },
  { clause: '§4.3.4 the age begins anew', steps: [STALE, { says: { status: 304, fields: ['ETag: "a"', 'Cache-Control: max-age=600'] }, from: 1, has: { age: /^0$|^undefined$|^$/ } }, { from: 1, has: { age: /^[0-2]$/ } }] },
  { clause: '§4.3.4 with an Age of its own', steps: [STALE, { says: { status: 304, fields: ['ETag: "a"', 'Cache-Control: max-age=600', 'Age: 100'] }, from: 1 }, { from: 1, has: { age: /^10\d$/ } }] },
  { clause: '§4.3.4 a 304 that says nothing leaves max-age', steps: [STALE, { says: { status: 304 }, from: 1 }, { from: 1 }] },
  { clause: '§4.3.4 a 304 with no-store takes it away', steps: [STALE, { says: { status: 304, fields: ['ETag: "a"', 'Cache-Control: no-store'] }, from: 1 }, { says: {}, saw: { 'if-none-match': null } }] },
  { clause: '§4.3.4 another tag: nothing is known, and all is asked for', steps: [
    STALE, { says: [{ status: 304, fields: ['ETag: "b"'] }, { fields: ['ETag: "b"', 'Cache-Control: max-age=60'] }], saw: { 'if-none-match': null } }, { from: 2 },
  ] },
  { clause: '§4.3.3 a 200 takes its place', steps: [STALE, { says: { fields: ['ETag: "b"', 'Cache-Control: max-age=60'] }, has: { 'x-old': null } }, { from: 2, has: { etag: '"b"' } }] },
  { clause: '§4.3.3 a 404 is passed on', steps: [STALE, { says: { status: 404, fields: ['Cache-Control: max-age=60'] } }, { from: 2 }] },
  { clause: '§4.3.3 a 410 without lifetime is not stored, and the old is asked for again', steps: [STALE, { says: { status: 410 } }, { says: {} }] },
  { clause: '§4.3.3 a 503 is passed on where nothing allows stale', steps: [STALE, { says: { status: 503 } }, { says: { status: 304, fields: ['ETag: "a"'] }, from: 1, saw: { 'if-none-match': '"a"' } }] },
  { clause: '§4.3.1 a stored error is not validated with conditions', steps: [
    { says: { status: 404, fields: ['Cache-Control: max-age=1, stale-if-error=60', 'ETag: "a"'] } }, { afterMs: 1200, says: { status: 404, fields: ['ETag: "a"'] }, saw: { 'if-none-match': null } },
  ] },
];

const conditions: readonly Case[] = [
  ...['"a"', 'W/"a"', '"x", "a"', '"x" , W/"a" ,"y"', '*', ', "a"'].map((value): Case => ({
    clause: `RFC 9110 §13.1.2 If-None-Match: ${value} is met`,
    steps: [FRESH, { fields: [`If-None-Match: ${value}`], status: 304, body: '', from: 1, has: { etag: '"a"', 'cache-control': 'max-age=3600', 'content-length': null, date: /GMT$/ } }],
  })),
  ...['"b"', '"x", "y"', 'a', '"a', '"A"', 'w/"a"'].map((value): Case => ({ clause: `RFC 9110 §13.1.2 If-None-Match: ${value} is not`, steps: [FRESH, { fields: [`If-None-Match: ${value}`], from: 1 }] })),
  { clause: 'RFC 9110 §13.1.2 two lines', steps: [FRESH, { fields: ['If-None-Match: "x"', 'If-None-Match: "a"'], status: 304, body: '', from: 1 }] },
  { clause: 'RFC 9110 §13.1.3 modified since', steps: [FRESH, { fields: [`If-Modified-Since: ${EARLIER}`], from: 1 }] },
  { clause: 'RFC 9110 §13.1.3 not modified since', steps: [FRESH, { fields: [`If-Modified-Since: ${LONG_AGO}`], status: 304, body: '', from: 1 }] },
  { clause: 'RFC 9110 §13.1.3 nor since later', steps: [FRESH, { fields: [`If-Modified-Since: ${LATER}`], status: 304, body: '', from: 1 }] },
  { clause: 'RFC 9110 §13.1.3 what is no date', steps: [FRESH, { fields: ['If-Modified-Since: yesterday'], from: 1 }] },
  { clause: 'RFC 9110 §13.2.2 tags come first', steps: [FRESH, { fields: ['If-None-Match: "b"', `If-Modified-Since: ${LATER}`], from: 1 }] },
  { clause: 'RFC 9110 §13.2.2 and are enough', steps: [FRESH, { fields: ['If-None-Match: "a"', `If-Modified-Since: ${EARLIER}`], status: 304, body: '', from: 1 }] },
  { clause: '§4.3.2 without Last-Modified the Date counts', steps: [{ says: { fields: ['Cache-Control: max-age=3600', 'Date: @-100'] } }, { fields: [`If-Modified-Since: ${dateText(undefined, -50)}`], status: 304, body: '', from: 1 }] },
  { clause: '§4.3.2 and what is asked from before it is new', steps: [{ says: { fields: ['Cache-Control: max-age=3600', 'Date: @-100'] } }, { fields: [`If-Modified-Since: ${dateText(undefined, -500)}`], from: 1 }] },
  { clause: '§4.3.2 conditions say nothing of a stored 404', steps: [{ says: { status: 404, fields: ['Cache-Control: max-age=3600', 'ETag: "a"'] } }, { fields: ['If-None-Match: "a"'], from: 1 }] },
  {
    clause: '§4.3.2 where nothing is stored, conditions are for the origin',
    steps: [{ fields: ['If-None-Match: "a"'], says: { status: 304, fields: ['ETag: "a"'] }, saw: { 'if-none-match': '"a"' } }, FRESH, { from: 2 }],
  },
  { clause: '§4.3.2 what comes of a miss with a condition is stored', steps: [{ fields: ['If-None-Match: "b"'], ...FRESH }, { from: 1 }] },
  { clause: '§4.3.2 stale, the tag of the client is the stored one', steps: [STALE, { fields: ['If-None-Match: "a"'], says: { status: 304, fields: ['ETag: "a"'] }, status: 304, body: '', from: 1 }, { from: 1 }] },
  { clause: '§4.3.2 stale, the client has another', steps: [STALE, { fields: ['If-None-Match: "b"'], says: { status: 304, fields: ['ETag: "a"'] }, from: 1 }, { from: 1 }] },
  { clause: '§4.3.2 stale, and the new one is what the client has', steps: [STALE, { fields: ['If-None-Match: "b"'], says: { fields: ['ETag: "b"', 'Cache-Control: max-age=60'] }, status: 304, body: '' }, { from: 2 }] },
  { clause: '§4.3.2 HEAD', steps: [FRESH, { ask: 'HEAD', fields: ['If-None-Match: "a"'], status: 304, from: 1 }] },
  { clause: '§4.3.2 If-Match is the origin\'s', steps: [FRESH, { fields: ['If-Match: "b"'], says: { status: 412 }, saw: { 'if-match': '"b"' } }, { from: 1 }] },
  { clause: '§4.3.2 If-Unmodified-Since, too', steps: [FRESH, { fields: [`If-Unmodified-Since: ${EARLIER}`], says: { status: 412 }, saw: { 'if-unmodified-since': EARLIER } }, { from: 1 }] },
];

function range(value: string, has: Step['has'], body: string, status = 206, ...others: readonly string[]): Case {
  return { clause: `RFC 9110 §14 ${[value, ...others].join('; ')}`, steps: [FRESH, { fields: [`Range: ${value}`, ...others], status, body, from: 1, ...(has && { has }) }] };
}

const ranges: readonly Case[] = [
  range('bytes=0-3', { 'content-range': 'bytes 0-3/10', 'content-length': '4', etag: '"a"' }, '0123'),
  range('bytes=4-', { 'content-range': 'bytes 4-9/10' }, '456789'),
  range('bytes=-3', { 'content-range': 'bytes 7-9/10' }, '789'),
  range('bytes=-99', { 'content-range': 'bytes 0-9/10' }, TEN),
  range('bytes=8-99', { 'content-range': 'bytes 8-9/10' }, '89'),
  range('Bytes=1-1', { 'content-range': 'bytes 1-1/10' }, '1'),
  range('bytes=3-1', { 'content-range': null }, TEN, 200),
  range('bytes=a-b', { 'content-range': null }, TEN, 200),
  range('lines=0-1', { 'content-range': null }, TEN, 200),
  range('bytes=0-1', {}, '01', 206, 'If-Range: "a"'),
  range('bytes=0-1', {}, TEN, 200, 'If-Range: "b"'),
  range('bytes=0-1', {}, TEN, 200, 'If-Range: W/"a"'),
  range('bytes=0-1', {}, '01', 206, `If-Range: ${LONG_AGO}`),
  range('bytes=0-1', {}, TEN, 200, `If-Range: ${LATER}`),
  range('bytes=0-1', {}, '', 304, 'If-None-Match: "a"'),
  { clause: 'RFC 9110 §15.5.17 not satisfiable', steps: [FRESH, { fields: ['Range: bytes=10-'], status: 416, from: 1, has: { 'content-range': 'bytes */10' } }] },
  { clause: 'RFC 9110 §14 several ranges', steps: [FRESH, { fields: ['Range: bytes=0-1,5-6'], status: 206, from: 1, loosely: true, has: { 'content-type': /^multipart\/byteranges; *boundary=/, 'content-range': null } }] },
  { clause: 'RFC 9110 §14.2 HEAD has none', steps: [FRESH, { ask: 'HEAD', fields: ['Range: bytes=0-1'], from: 1, has: { 'content-length': '10', 'content-range': null } }] },
  { clause: 'RFC 9110 §14.2 nor has a stored 404', steps: [{ says: { status: 404, fields: ['Cache-Control: max-age=3600'], body: TEN } }, { fields: ['Range: bytes=0-1'], from: 1 }] },
  { clause: 'a miss with Range fills the whole', steps: [{ fields: ['Range: bytes=2-3'], ...FRESH, status: 206, body: '23', saw: { range: null } }, { from: 1 }] },
  { clause: 'a miss with Range, and the answer is chunked', steps: [
    { fields: ['Range: bytes=2-3'], says: { fields: ['Cache-Control: max-age=60'], body: TEN, how: 'chunked' }, status: 206, body: '23', has: { 'content-range': 'bytes 2-3/10' } }, { from: 1 },
  ] },
  { clause: 'a stale one with Range is validated without', steps: [STALE, { fields: ['Range: bytes=2-3'], says: { status: 304, fields: ['ETag: "a"'] }, from: 1, status: 206, body: '23', saw: { range: null } }] },
  { clause: '§3.3 a 206 that nobody asked for is not taken for the whole', steps: [
    { says: { status: 206, fields: ['Cache-Control: max-age=3600', 'Content-Range: bytes 0-9/20', 'ETag: "a"'], body: TEN } }, { says: {} },
  ] },
];

const heads: readonly Case[] = [
  { clause: '§4 HEAD from what GET stored', steps: [FRESH, { ask: 'HEAD', from: 1, has: { 'content-length': '10', etag: '"a"' } }] },
  { clause: '§4.3.5 HEAD makes no stored response', steps: [{ ask: 'HEAD', ...FRESH, body: '' }, { says: {} }] },
  { clause: '§4.3.5 HEAD freshens', steps: [
    STALE, { ask: 'HEAD', says: { fields: ['Cache-Control: max-age=600', 'ETag: "a"', 'X-New: 2'], body: TEN } }, { from: 1, has: { 'x-new': '2', 'x-old': '1' } },
  ] },
  { clause: '§4.3.5 HEAD with another tag makes it stale', steps: [STALE, { ask: 'HEAD', says: { fields: ['Cache-Control: max-age=600', 'ETag: "b"'], body: TEN } }, { says: {} }] },
  { clause: '§4.3.5 HEAD with another length makes it stale', steps: [STALE, { ask: 'HEAD', says: { fields: ['Cache-Control: max-age=600', 'ETag: "a"'], body: 'other' } }, { says: {} }] },
  { clause: '§4.3.5 HEAD of a fresh one that must be asked makes it stale, too', steps: [
    FRESH, { ask: 'HEAD', fields: ['Cache-Control: no-cache'], says: { fields: ['Cache-Control: max-age=600', 'ETag: "b"'], body: TEN } }, { says: {} },
  ] },
  { clause: '§4.3.5 a HEAD that fails changes nothing', steps: [FRESH, { ask: 'HEAD', fields: ['Cache-Control: no-cache'], says: { status: 500, fields: ['Content-Type: text/plain'], body: 'x' } }, { from: 1 }] },
];

const UNREACHABLE: Says = { how: 'silent' };
const RELOAD = 'Cache-Control: no-cache';

/** What comes and is not stored says that what is stored is not current, or does not. */
const superseded: readonly Case[] = [
  ...([
    [200, 'Cache-Control: no-store'], [200, 'Cache-Control: private'], [200, 'Vary: *'], [302, 'Location: /elsewhere'], [404, 'Cache-Control: no-store'], [404, 'X: y'], [410, 'X: y'],
  ] as const).map(([status, field]): Case => ({
    clause: `§4.3.3 ${status} with ${field} is not stored, and what is stored is not current`, steps: [FRESH, { fields: [RELOAD], says: { status, fields: [field] } }, { says: {}, saw: { 'if-none-match': '"a"' } }],
  })),
  ...[400, 401, 403, 405, 429, 501, 505].map((status): Case => ({ clause: `§4.3.3 ${status} says nothing of it`, steps: [FRESH, { fields: [RELOAD], says: { status, fields: ['Cache-Control: no-store'] } }, { from: 1 }] })),
  ...['Cookie: a=b', 'Authorization: Basic eDp5'].map((field): Case => ({
    clause: `§4.3.3 nor does what may be for one user (${field})`, steps: [FRESH, { fields: [RELOAD, field], says: { fields: ['Cache-Control: private'] } }, { from: 1 }],
  })),
  { clause: '§4.3.3 nor what the client wants not to be stored', steps: [FRESH, { fields: [RELOAD, 'Cache-Control: no-store'], says: { fields: ['Cache-Control: max-age=60'] } }, { from: 1 }] },
  { clause: '§4.3.3 it is not used stale any more', steps: [kept('', 'ETag: "a"'), { says: { status: 404 } }, { says: UNREACHABLE, status: 502 }] },
  { clause: '§4.3.3 nor while it is validated', steps: [
    kept(', stale-while-revalidate=3600', 'ETag: "a"'), { says: { fields: ['Cache-Control: no-store'] }, from: 1 }, { says: { fields: ['Cache-Control: no-store'] } },
  ] },
  { clause: '§4.3.3 and is stored again when it is current again', steps: [FRESH, { fields: [RELOAD], says: { status: 404 } }, { says: { status: 304, fields: ['ETag: "a"'] }, from: 1 }, { from: 1 }] },
];

const stale: readonly Case[] = [
  { clause: '§4.2.4 the origin closes: stale', steps: [kept('', 'ETag: "a"'), { says: UNREACHABLE, from: 1, has: { age: /^12\d$/, 'cache-status': /^pagecast;fwd=stale/ } }] },
  ...[', must-revalidate', ', proxy-revalidate', ', s-maxage=60', ', no-cache'].map((directive): Case => ({
    clause: `§5.2.2.2 the origin closes, but${directive}`, steps: [kept(directive, 'ETag: "a"'), { says: UNREACHABLE, status: 504 }],
  })),
  ...[500, 502, 503, 504].map((status): Case => ({ clause: `RFC 5861 §4 stale-if-error and ${status}`, steps: [kept(', stale-if-error=3600'), { says: { status }, from: 1, has: { age: /^12\d$/ } }] })),
  ...[400, 404, 501].map((status): Case => ({ clause: `RFC 5861 §4 stale-if-error and ${status}: no such error`, steps: [kept(', stale-if-error=3600', 'ETag: "a"'), { says: { status } }] })),
  { clause: 'RFC 5861 §4 stale-if-error is over', steps: [kept(', stale-if-error=10', 'ETag: "a"'), { says: { status: 503 } }] },
  { clause: 'RFC 5861 §4 stale-if-error without argument', steps: [kept(', stale-if-error', 'ETag: "a"'), { says: { status: 503 } }] },
  { clause: 'RFC 5861 §4 stale-if-error and the origin closes', steps: [kept(', stale-if-error=3600'), { says: UNREACHABLE, from: 1 }] },
  ...[', must-revalidate', ', proxy-revalidate', ', no-cache'].map((directive): Case => ({
    clause: `§5.2.2.2 stale-if-error does not lift${directive}`, steps: [kept(`, stale-if-error=3600${directive}`, 'ETag: "a"'), { says: { status: 503 } }],
  })),
  { clause: 'RFC 5861 §3 stale-while-revalidate', steps: [
    kept(', stale-while-revalidate=3600', 'ETag: "a"'), { says: { fields: ['Cache-Control: max-age=60'] }, from: 1, has: { 'cache-status': /^pagecast;hit/, age: /^12\d$/ }, saw: { 'if-none-match': '"a"' } }, { from: 2, body: 'body of step 2' },
  ] },
  { clause: 'RFC 5861 §3 it is over', steps: [kept(', stale-while-revalidate=10', 'ETag: "a"'), { says: {} }] },
  { clause: 'RFC 5861 §3 not where the client wants none', steps: [kept(', stale-while-revalidate=3600', 'ETag: "a"'), { fields: ['Cache-Control: max-age=3600'], says: {} }] },
  ...[', must-revalidate', ', proxy-revalidate', ', no-cache'].map((directive): Case => ({
    clause: `§5.2.2.2 stale-while-revalidate does not lift${directive}`, steps: [kept(`, stale-while-revalidate=3600${directive}`, 'ETag: "a"'), { says: {} }],
  })),
  { clause: 'RFC 8246 immutable and fresh: a reload is answered', steps: [
    { says: { fields: ['Cache-Control: max-age=3600, immutable', 'Age: 100'] } }, { fields: ['Cache-Control: max-age=0'], from: 1 }, { fields: ['Cache-Control: no-cache'], says: {} },
  ] },
  { clause: 'RFC 8246 immutable and stale', steps: [kept(', immutable', 'ETag: "a"'), { says: {} }] },
];

export const storedCases: readonly Case[] = [...validation, ...conditions, ...heads];
export const rangeCases: readonly Case[] = ranges;
export const staleCases: readonly Case[] = [...stale, ...superseded];
