// What becomes of a 206: stored as a part (RFC 9111 §3.3), reused, combined with others and completed (§3.4), validated (§4.3). The whole has
// ten bytes, the digits; an origin that tells the truth sends those that it says.
import type { Case, Step } from './through.ts';
import type { Says } from './told-origin.ts';

const TEN = '0123456789';
const LONG = 'Cache-Control: max-age=3600';
const TAG = 'ETag: "a"';

/** A true 206. */
function part(from: number, to: number, fields: readonly string[] = [LONG, TAG], size: number | '*' = 10): Says {
  return { status: 206, fields: [`Content-Range: bytes ${from}-${to}/${size}`, ...fields], body: TEN.slice(from, to + 1) };
}

/** A question for a part that the origin is asked, too. */
function gets(range: string, says: Says | readonly Says[], more: Partial<Step> = {}): Step {
  return { fields: [`Range: bytes=${range}`], says, ...more };
}

/** A part that is answered from the store, as it is. */
function hits(range: string, from: number, to: number, more: Partial<Step> = {}): Step {
  return { fields: [`Range: bytes=${range}`], status: 206, body: TEN.slice(from, to + 1), has: { 'content-range': `bytes ${from}-${to}/10`, 'content-length': String(to - from + 1) }, ...more };
}

const FRONT = gets('0-4', part(0, 4));
const BACK = gets('5-9', part(5, 9));
const WHOLE: Says = { fields: [LONG, TAG], body: TEN };
const IS_ASKED_ANEW: Partial<Step> = { saw: { 'if-range': null, range: null } };

const reuse: readonly Case[] = [
  { clause: '§3.3 the same range', steps: [FRONT, hits('0-4', 0, 4, { from: 1, has: { etag: '"a"', 'content-range': 'bytes 0-4/10', 'content-length': '5', 'cache-control': 'max-age=3600' } })] },
  { clause: '§3.3 a smaller one', steps: [FRONT, hits('1-3', 1, 3)] },
  { clause: '§3.3 one byte', steps: [FRONT, hits('4-4', 4, 4)] },
  { clause: 'RFC 9110 §14.1.2 an open one', steps: [BACK, hits('6-', 6, 9)] },
  { clause: 'RFC 9110 §14.1.2 beyond the end', steps: [BACK, hits('6-99', 6, 9)] },
  { clause: 'RFC 9110 §14.1.2 a suffix', steps: [BACK, hits('-2', 8, 9)] },
  { clause: '§3.3 a suffix, asked for as one', steps: [gets('-5', part(5, 9)), hits('-5', 5, 9), hits('6-8', 6, 8), hits('6-', 6, 9), hits('-1', 9, 9)] },
  { clause: 'RFC 9110 §15.3.7.2 several in it', steps: [FRONT, { fields: ['Range: bytes=0-0,2-3'], status: 206, loosely: true, from: 1, has: { 'content-type': /^multipart\/byteranges/, 'content-range': null } }] },
  { clause: 'RFC 9110 §15.5.17 beyond a known length', steps: [FRONT, { fields: ['Range: bytes=10-'], status: 416, body: 'Range Not Satisfiable\n', has: { 'content-range': 'bytes */10' } }] },
  { clause: '§3.3 a part of all is the whole', steps: [gets('0-', part(0, 9)), { status: 200, body: TEN, has: { 'content-range': null, 'content-length': '10' } }, { ask: 'HEAD', status: 200, has: { 'content-length': '10' } }] },
  { clause: '§3.3 sent in chunks', steps: [gets('0-4', { ...part(0, 4), how: 'chunked' }), hits('1-3', 1, 3)] },
  { clause: '§3.3 sent to the end of the connection', steps: [gets('0-4', { ...part(0, 4), how: 'to-end' }), hits('1-3', 1, 3)] },
  { clause: '§3.3 that nobody asked for', steps: [{ says: part(0, 4) }, hits('1-3', 1, 3)] },
  { clause: '§3.3 without a validator, alone', steps: [gets('0-4', part(0, 4, [LONG])), hits('1-3', 1, 3)] },
  { clause: '§3.3 with a weak one, alone', steps: [gets('0-4', part(0, 4, [LONG, 'ETag: W/"a"'])), hits('1-3', 1, 3)] },
  { clause: 'RFC 9110 §13.1.5 If-Range that holds', steps: [FRONT, hits('1-3', 1, 3, { fields: ['Range: bytes=1-3', 'If-Range: "a"'] })] },
  { clause: 'RFC 9110 §13.2.2 If-None-Match before Range', steps: [FRONT, { fields: ['Range: bytes=1-3', 'If-None-Match: "a"'], status: 304, from: 1, body: '', has: { 'content-range': null } }] },
  { clause: '§4.1 another variant', steps: [
    gets('0-4', part(0, 4, [LONG, TAG, 'Vary: Foo']), { fields: ['Range: bytes=0-4', 'Foo: 1'] }), { fields: ['Range: bytes=0-4', 'Foo: 2'], says: part(0, 4, [LONG, 'ETag: "b"', 'Vary: Foo']) },
    hits('0-4', 0, 4, { fields: ['Range: bytes=0-4', 'Foo: 1'], has: { etag: '"a"' } }), hits('0-4', 0, 4, { fields: ['Range: bytes=0-4', 'Foo: 2'], has: { etag: '"b"' } }),
  ] },
  { clause: '§3 a cookie is for the one who asked', steps: [gets('0-4', part(0, 4, [LONG, TAG, 'Set-Cookie: a=1']), { has: { 'set-cookie': 'a=1' } }), hits('0-4', 0, 4, { has: { 'set-cookie': null } })] },
  { clause: 'of an unknown whole', steps: [
    gets('0-4', part(0, 4, [LONG, TAG], '*')), hits('1-3', 1, 3, { has: { 'content-range': 'bytes 1-3/*', 'content-length': '3' } }), gets('-2', WHOLE, { status: 206, body: '89' }), { status: 200, body: TEN },
  ] },
];

const not: readonly Case[] = [
  { clause: '§3.3 not for the whole', steps: [gets('0-4', part(0, 4, [LONG])), { says: WHOLE, ...IS_ASKED_ANEW, has: { 'cache-status': 'pagecast;fwd=partial;stored' } }, { from: 2 }] },
  { clause: '§3.3 not for what is outside', steps: [gets('0-4', part(0, 4, [LONG])), gets('5-6', WHOLE, { status: 206, body: '56', ...IS_ASKED_ANEW })] },
  { clause: '§3.3 not for HEAD', steps: [FRONT, { ask: 'HEAD', says: WHOLE }] },
  { clause: '§3.3 not for a condition on the whole', steps: [FRONT, { fields: ['If-None-Match: "a"'], says: part(5, 9), status: 304, body: '', saw: { range: 'bytes=5-', 'if-range': '"a"', 'if-none-match': null } }, { from: 2, status: 200, body: TEN }] },
  { clause: 'RFC 9110 §15.5.17 nor beyond an unknown length', steps: [gets('0-4', part(0, 4, [LONG, TAG], '*')), gets('10-', WHOLE, { status: 416, body: 'Range Not Satisfiable\n' })] },
  { clause: '§5.2.1.7 only-if-cached', steps: [FRONT, { fields: ['Cache-Control: only-if-cached'], status: 504 }, { fields: ['Cache-Control: only-if-cached', 'Range: bytes=4-5'], status: 504 }, hits('1-2', 1, 2, { fields: ['Cache-Control: only-if-cached', 'Range: bytes=1-2'] })] },
  { clause: '§5.2.2.5 no-store', steps: [gets('0-4', part(0, 4, ['Cache-Control: no-store', TAG])), gets('0-4', part(0, 4))] },
  { clause: '§5.2.2.7 private', steps: [gets('0-4', part(0, 4, ['Cache-Control: private, max-age=60', TAG])), gets('0-4', part(0, 4))] },
  { clause: '§3.5 Authorization', steps: [gets('0-4', part(0, 4), { fields: ['Range: bytes=0-4', 'Authorization: x'] }), gets('0-4', part(0, 4))] },
  { clause: 'RFC 9110 §14.6 several parts', steps: [
    { fields: ['Range: bytes=0-1,3-4'], says: { status: 206, fields: [LONG, TAG, 'Content-Type: multipart/byteranges; boundary=x'], body: '--x\r\nContent-Range: bytes 0-1/10\r\n\r\n01\r\n--x--' } }, gets('0-1', part(0, 1)),
  ] },
  { clause: 'RFC 9110 §14.4 no Content-Range', steps: [gets('0-4', { status: 206, fields: [LONG, TAG], body: '01234' }), gets('0-4', part(0, 4))] },
  { clause: 'RFC 9110 §14.4 a Content-Range in another unit', steps: [gets('0-4', { status: 206, fields: [LONG, TAG, 'Content-Range: lines 0-4/10'], body: '01234' }), gets('0-4', part(0, 4))] },
  { clause: 'RFC 9110 §14.4 a Content-Range of a 200 says nothing', steps: [{ says: { fields: [LONG, TAG, 'Content-Range: bytes 0-4/20'], body: '01234' } }, hits('0-1', 0, 1, { has: { 'content-range': 'bytes 0-1/5' } })] },
];

const combining: readonly Case[] = [
  { clause: '§3.4 the end that is missing', steps: [
    FRONT, { says: part(5, 9), status: 200, body: TEN, saw: { range: 'bytes=5-', 'if-range': '"a"' }, has: { 'content-range': null, 'content-length': '10', etag: '"a"', 'cache-status': 'pagecast;fwd=partial;fwd-status=206;stored' } },
    { from: 2, status: 200, body: TEN, has: { 'content-range': null, 'content-length': '10' } }, { ask: 'HEAD', from: 2, status: 200, has: { 'content-length': '10' } },
    hits('2-7', 2, 7), hits('-6', 4, 9), { fields: ['If-None-Match: "a"'], from: 2, status: 304, body: '' },
    { fields: ['Range: bytes=0-1,4-5,9-9'], from: 2, status: 206, loosely: true, has: { 'content-type': /^multipart/ } },
  ] },
  { clause: '§3.4 the beginning', steps: [BACK, { says: part(0, 4), status: 200, body: TEN, saw: { range: 'bytes=0-4', 'if-range': '"a"' } }, { from: 2, status: 200, body: TEN }] },
  { clause: '§3.4 the middle', steps: [FRONT, gets('8-9', part(8, 9), { saw: { range: 'bytes=8-', 'if-range': '"a"' } }), { says: part(5, 7), status: 200, body: TEN, saw: { range: 'bytes=5-7' } }, { from: 3, status: 200, body: TEN }] },
  { clause: '§3.4 both ends: the whole is asked for', steps: [gets('3-5', part(3, 5)), { says: WHOLE, ...IS_ASKED_ANEW }, { from: 2 }] },
  { clause: '§3.4 two gaps of a range are asked for as one', steps: [
    FRONT, gets('6-7', part(6, 7)), gets('3-8', part(5, 8), { body: '345678', saw: { range: 'bytes=5-8' } }), hits('0-8', 0, 8), { says: part(9, 9), status: 200, body: TEN }, { from: 5, status: 200, body: TEN },
  ] },
  { clause: '§3.4 of a range, what is missing', steps: [FRONT, gets('3-6', part(5, 6), { body: '3456', saw: { range: 'bytes=5-6', 'if-range': '"a"' }, has: { 'content-range': 'bytes 3-6/10', 'content-length': '4' } }), hits('0-6', 0, 6)] },
  { clause: '§3.4 of a suffix', steps: [BACK, gets('-7', part(3, 4), { body: '3456789', saw: { range: 'bytes=3-4' }, has: { 'content-range': 'bytes 3-9/10' } })] },
  { clause: '§3.4 by a strong date', steps: [
    gets('0-4', part(0, 4, [LONG, 'Last-Modified: @-86400'])), { says: part(5, 9, [LONG, 'Last-Modified: @-86400']), status: 200, body: TEN, saw: { range: 'bytes=5-', 'if-range': / GMT$/ } }, { from: 2, status: 200, body: TEN },
  ] },
  { clause: '§3.2 the newer head replaces fields, and leaves others', steps: [
    gets('0-4', part(0, 4, [LONG, TAG, 'X-Old: 1', 'X-Both: 1'])), { says: part(5, 9, [TAG, 'X-Both: 2']), status: 200, body: TEN, has: { 'x-old': '1', 'x-both': '2', 'cache-control': 'max-age=3600' } },
    { from: 2, status: 200, body: TEN, has: { 'x-old': '1', 'x-both': '2' } }, hits('0-1', 0, 1, { has: { 'x-both': '2' } }),
  ] },
  { clause: '§3.4 the same bytes once more', steps: [gets('0-6', part(0, 6)), { says: part(3, 9), status: 200, body: TEN, saw: { range: 'bytes=7-' } }, { from: 2, status: 200, body: TEN }, hits('2-8', 2, 8)] },
  { clause: '§3.4 an unknown whole that becomes known', steps: [gets('0-4', part(0, 4, [LONG, TAG], '*')), gets('3-7', part(5, 7), { body: '34567', saw: { range: 'bytes=5-7' }, has: { 'content-range': 'bytes 3-7/10' } }), { says: part(8, 9), status: 200, body: TEN }] },
  { clause: 'RFC 9110 §13.1.5 If-Range that does not hold: the whole', steps: [FRONT, { fields: ['Range: bytes=1-3', 'If-Range: "b"'], says: part(5, 9), status: 200, body: TEN, saw: { 'if-range': '"a"' } }] },
  { clause: 'a 200 replaces', steps: [FRONT, { says: { fields: [LONG, 'ETag: "b"'], body: 'other' }, saw: { range: 'bytes=5-' } }, { from: 2 }, hits('0-1', 0, 1, { body: 'ot', has: { 'content-range': 'bytes 0-1/5', etag: '"b"' } })] },
  { clause: 'a 200 replaces for who asked for a part', steps: [FRONT, gets('3-6', { fields: [LONG, 'ETag: "b"'], body: 'other bytes' }, { status: 206, body: 'er b' }), { from: 2, status: 200, body: 'other bytes' }] },
  { clause: 'an error is an error', steps: [FRONT, { says: { status: 500, body: 'sorry' } }, hits('0-4', 0, 4)] },
  { clause: 'a 404 takes the place of a part', steps: [FRONT, { says: { status: 404, fields: [LONG], body: 'gone' } }, { fields: ['Range: bytes=0-1'], from: 2 }] },
  { clause: 'an unsafe method makes a part invalid', steps: [FRONT, { ask: 'POST', says: {} }, gets('0-1', { status: 304, fields: [TAG] }, { status: 206, body: '01', saw: { 'if-none-match': '"a"', range: 'bytes=0-1' } }), hits('0-4', 0, 4)] },
  { clause: 'an invalid part is completed by nothing', steps: [FRONT, { ask: 'POST', says: {} }, { says: WHOLE, ...IS_ASKED_ANEW }] },
];

const STALE_FRONT = gets('0-4', part(0, 4, ['Cache-Control: max-age=0', TAG, 'X-Old: 1']));

const validation: readonly Case[] = [
  { clause: '§4.3.4 a 304 freshens a part', steps: [
    STALE_FRONT, gets('1-3', { status: 304, fields: [TAG, LONG, 'X-New: 2', 'Content-Range: bytes 0-1/2', 'Content-Length: 2'] }, { status: 206, body: '123', saw: { 'if-none-match': '"a"', range: 'bytes=1-3', 'if-range': null }, has: { 'content-range': 'bytes 1-3/10', 'content-length': '3' } }),
    hits('0-4', 0, 4, { has: { 'x-new': '2', 'x-old': '1', 'content-range': 'bytes 0-4/10' } }),
  ] },
  { clause: '§4.3.4 without a validator of its own', steps: [STALE_FRONT, gets('1-3', { status: 304, fields: [LONG] }, { status: 206, body: '123' }), hits('0-4', 0, 4)] },
  { clause: '§4.3.1 it has changed: the new part', steps: [STALE_FRONT, gets('1-3', part(1, 3, [LONG, 'ETag: "b"'])), hits('1-3', 1, 3, { has: { etag: '"b"' } }), gets('0-1', part(0, 0, [LONG, 'ETag: "b"']), { status: 206, body: '01', saw: { 'if-range': '"b"' } })] },
  { clause: '§4.3.1 it has changed, and the client has the old one', steps: [STALE_FRONT, gets('1-3', { fields: [LONG, 'ETag: "b"'], body: 'other' }, { fields: ['Range: bytes=1-3', 'If-Range: "a"'], saw: { 'if-none-match': '"a"', 'if-range': '"a"' }, status: 200 }), { from: 2 }] },
  { clause: '§3.4 what completes a stale part freshens it', steps: [STALE_FRONT, { says: part(5, 9), status: 200, body: TEN, saw: { 'if-range': '"a"', 'if-none-match': null } }, { from: 2, status: 200, body: TEN }] },
  { clause: '§5.2.1.4 no-cache', steps: [FRONT, gets('1-3', { status: 304, fields: [TAG] }, { fields: ['Range: bytes=1-3', 'Cache-Control: no-cache'], status: 206, body: '123', saw: { 'if-none-match': '"a"' } })] },
  { clause: '§4.3.5 HEAD freshens', steps: [FRONT, { ask: 'HEAD', says: { fields: [LONG, TAG, 'X-New: 2'], body: TEN } }, hits('0-4', 0, 4, { has: { 'x-new': '2' } })] },
  { clause: '§4.3.5 HEAD with another tag', steps: [FRONT, { ask: 'HEAD', says: { fields: [LONG, 'ETag: "b"'], body: TEN } }, gets('0-4', part(0, 4, [LONG, 'ETag: "b"']), { saw: { 'if-none-match': '"a"' } })] },
  { clause: '§4.3.5 HEAD with another length', steps: [FRONT, { ask: 'HEAD', says: { fields: [LONG, TAG], body: 'short' } }, gets('0-4', part(0, 4), { saw: { 'if-none-match': '"a"' } })] },
  { clause: '§4.3.5 HEAD tells the length of what was unknown', steps: [gets('0-4', part(0, 4, [LONG, TAG], '*')), { ask: 'HEAD', says: { fields: [LONG, TAG], body: TEN } }, hits('0-4', 0, 4, { has: { 'content-range': 'bytes 0-4/*' } })] },
  { clause: 'RFC 5861 §4 stale-if-error, of a part', steps: [gets('0-4', part(0, 4, ['Cache-Control: max-age=0, stale-if-error=600', TAG])), gets('0-4', { status: 503 }, { status: 206, body: '01234', from: 1 }), { says: { status: 503, body: 'sorry' } }] },
  { clause: 'RFC 5861 §3 stale-while-revalidate, of a part', steps: [
    gets('0-4', part(0, 4, ['Cache-Control: max-age=0, stale-while-revalidate=600', TAG])), gets('1-3', { status: 304, fields: [TAG, LONG] }, { status: 206, body: '123', loosely: true, from: 1, saw: { 'if-none-match': '"a"', range: 'bytes=1-3' } }), hits('0-4', 0, 4),
  ] },
];

/** What an origin says that is not so, or not what it was asked. */
const lies: readonly Case[] = [
  { clause: 'other numbers than it was asked for', steps: [FRONT, { says: [part(7, 9), WHOLE], body: TEN, ...IS_ASKED_ANEW }, { from: 2, status: 200, body: TEN }] },
  { clause: 'other numbers than the client asked for: what came is what is stored', steps: [gets('0-1', part(5, 9)), hits('6-7', 6, 7)] },
  { clause: 'a part beyond the whole', steps: [FRONT, { says: [{ ...part(5, 9), fields: ['Content-Range: bytes 5-12/10', LONG, TAG] }, WHOLE], body: TEN, ...IS_ASKED_ANEW }] },
  { clause: 'another total', steps: [FRONT, { says: [part(5, 9, [LONG, TAG], 11), WHOLE], body: TEN, ...IS_ASKED_ANEW }] },
  { clause: 'a total that is less than what is there', steps: [gets('5-9', part(5, 9, [LONG, TAG], '*')), gets('3-6', [part(3, 4, [LONG, TAG], 5), part(3, 6)], { saw: { range: 'bytes=3-6', 'if-range': null } })] },
  { clause: 'another tag, in spite of If-Range', steps: [FRONT, { says: [part(5, 9, [LONG, 'ETag: "b"']), { fields: [LONG, 'ETag: "b"'], body: TEN }], body: TEN, ...IS_ASKED_ANEW, has: { etag: '"b"' } }] },
  { clause: 'another tag, for a range', steps: [FRONT, gets('3-6', [part(5, 6, [LONG, 'ETag: "b"']), part(3, 6, [LONG, 'ETag: "b"'])], { saw: { range: 'bytes=3-6', 'if-range': null }, has: { etag: '"b"' } }), hits('3-6', 3, 6, { has: { etag: '"b"' } })] },
  { clause: 'a tag that has become weak', steps: [FRONT, { says: [part(5, 9, [LONG, 'ETag: W/"a"']), WHOLE], body: TEN, ...IS_ASKED_ANEW }] },
  { clause: 'no tag any more', steps: [FRONT, { says: [part(5, 9, [LONG]), WHOLE], body: TEN, ...IS_ASKED_ANEW }] },
  { clause: 'another coding', steps: [FRONT, { says: [part(5, 9, [LONG, TAG, 'Content-Encoding: gzip']), WHOLE], body: TEN, ...IS_ASKED_ANEW }] },
  { clause: '416 of what it has', steps: [FRONT, { says: [{ status: 416, fields: ['Content-Range: bytes */10'] }, WHOLE], body: TEN, ...IS_ASKED_ANEW }] },
  { clause: '304 to no condition', steps: [FRONT, { says: [{ status: 304, fields: [TAG] }, WHOLE], body: TEN, ...IS_ASKED_ANEW }] },
  { clause: 'several parts in place of one', steps: [FRONT, { says: [{ status: 206, fields: [LONG, TAG, 'Content-Type: multipart/byteranges; boundary=x'], body: '--x--' }, WHOLE], body: TEN, ...IS_ASKED_ANEW }] },
  { clause: 'a part that is shorter than Content-Range says', steps: [gets('0-4', { ...part(0, 4), body: '012' }), gets('0-2', part(0, 2))] },
  { clause: 'and in chunks', steps: [gets('0-4', { ...part(0, 4), body: '012', how: 'chunked' }), gets('0-2', part(0, 2))] },
  { clause: 'longer, in chunks', steps: [gets('0-4', { ...part(0, 4), body: '0123456', how: 'chunked' }), gets('0-2', part(0, 2))] },
  { clause: 'a part that breaks off', steps: [gets('0-4', { ...part(0, 4), how: 'cut-off' }, { status: 502, loosely: true }), gets('0-4', part(0, 4))] },
  { clause: 'what completes breaks off', steps: [FRONT, { says: [{ ...part(5, 9), how: 'cut-off' }, WHOLE], body: TEN, ...IS_ASKED_ANEW }] },
  { clause: 'what completes is shorter, in chunks', steps: [FRONT, { says: [{ ...part(5, 9), body: '56', how: 'chunked' }, WHOLE], body: TEN, ...IS_ASKED_ANEW }] },
  { clause: 'no origin', steps: [FRONT, { says: { how: 'silent' }, status: 502 }, hits('0-4', 0, 4)] },
];

/** Where the whole is too large to be fetched for a part of it. */
const large: readonly Case[] = [
  { clause: 'a part is asked for, and stored', steps: [
    gets('2-5', [WHOLE, part(2, 5)], { body: '2345', saw: { range: 'bytes=2-5', 'if-range': null } }), hits('3-4', 3, 4), gets('4-7', part(6, 7), { body: '4567', saw: { range: 'bytes=6-7', 'if-range': '"a"' } }), hits('2-7', 2, 7),
    gets('0-', part(0, 9), { saw: { range: 'bytes=0-', 'if-range': null } }), { status: 200, body: TEN },
  ] },
  { clause: 'one that cannot be combined', steps: [gets('2-5', [{ fields: [LONG], body: TEN }, part(2, 5, [LONG])], { body: '2345' }), gets('4-7', part(4, 7, [LONG]), { body: '4567', saw: { range: 'bytes=4-7', 'if-range': null } }), hits('4-7', 4, 7), gets('2-5', part(2, 5, [LONG]))] },
  { clause: 'with If-Range of the client', steps: [gets('2-5', [WHOLE, part(2, 5)], { fields: ['Range: bytes=2-5', 'If-Range: "a"'], body: '2345', saw: { 'if-range': '"a"' } }), hits('2-5', 2, 5)] },
  { clause: 'an origin without ranges', steps: [gets('2-5', [WHOLE, WHOLE], { status: 206, body: '2345' }), { status: 200, body: TEN }] },
  { clause: 'a condition of the client is the origin\'s to judge', steps: [gets('2-5', [WHOLE, { status: 304, fields: [TAG] }], { fields: ['Range: bytes=2-5', 'If-None-Match: "a"'], status: 304, saw: { 'if-none-match': '"a"', range: 'bytes=2-5' } })] },
  { clause: 'several', steps: [{ fields: ['Range: bytes=0-0,9-9'], says: [WHOLE, { status: 206, fields: [LONG, TAG, 'Content-Type: multipart/byteranges; boundary=x'], body: '--x--' }], body: '--x--', saw: { range: 'bytes=0-0,9-9' } }] },
];

/** What may not be stored was asked for without Range. */
const cut: readonly Case[] = [
  { clause: 'its part is cut out', steps: [gets('2-5', { fields: ['Cache-Control: no-store', TAG, 'Set-Cookie: a=1'], body: TEN }, { status: 206, body: '2345', has: { 'content-range': 'bytes 2-5/10', 'content-length': '4', 'set-cookie': 'a=1', 'cache-status': 'pagecast;fwd=uri-miss;detail=no-store' } })] },
  { clause: 'up to the end', steps: [gets('-3', { fields: ['Cache-Control: no-store'], body: TEN }, { status: 206, body: '789' })] },
  { clause: 'without the condition that it is what the client has', steps: [gets('2-5', { fields: ['Cache-Control: no-store', 'ETag: "b"'], body: TEN }, { fields: ['Range: bytes=2-5', 'If-Range: "a"'], status: 200, body: TEN })] },
  { clause: 'a Range that is none', steps: [gets('5-2', { fields: ['Cache-Control: no-store'], body: TEN }, { status: 200, body: TEN })] },
  { clause: 'several are asked for', steps: [{ fields: ['Range: bytes=0-0,9-9'], says: [{ fields: ['Cache-Control: no-store'], body: TEN }, { status: 206, fields: ['Content-Type: multipart/byteranges; boundary=x'], body: '--x--' }], body: '--x--' }] },
  { clause: 'what is beyond the end is asked for', steps: [gets('10-', [{ fields: ['Cache-Control: no-store'], body: TEN }, { status: 416, body: 'no' }])] },
  { clause: 'what has no length is asked for', steps: [gets('2-5', [{ fields: ['Cache-Control: no-store'], body: TEN, how: 'chunked' }, part(2, 5, ['Cache-Control: no-store'])], { has: { 'cache-status': 'pagecast;fwd=uri-miss;detail=no-store' } })] },
  { clause: 'and it breaks off', steps: [gets('2-8', { fields: ['Cache-Control: no-store'], body: TEN, how: 'cut-off' }, { status: 206, broken: true })] },
];

export const partCases: readonly Case[] = [...reuse, ...not, ...combining, ...validation, ...lies, ...cut];
export const largeCases: readonly Case[] = large;
