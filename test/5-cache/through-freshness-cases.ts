// How long a response is fresh, RFC 9111 §4.2: from every source, in every combination, and what spoils them.
import type { Case } from './through.ts';

/** The origin says this, and is not asked again. */
function stays(clause: string, ...fields: readonly string[]): Case {
  return { clause, steps: [{ says: { fields } }, { from: 1 }] };
}

/** It is asked again. */
function goes(clause: string, ...fields: readonly string[]): Case {
  return { clause, steps: [{ says: { fields } }, { says: {} }] };
}

/** The same of another status. */
function statusStays(status: number, ...fields: readonly string[]): Case {
  return { clause: `§3, §4.2.2: ${status} with ${fields.join(' and ') || 'nothing'} is fresh`, steps: [{ says: { status, fields } }, { from: 1 }] };
}

function statusGoes(status: number, ...fields: readonly string[]): Case {
  return { clause: `§3, §4.2.2: ${status} with ${fields.join(' and ') || 'nothing'} is not`, steps: [{ says: { status, fields } }, { says: {} }] };
}

const maxAge: readonly Case[] = [
  goes('§4.2.2 nothing is said'),
  stays('§5.2.2.1 max-age', 'Cache-Control: max-age=3600'),
  goes('§5.2.2.1 max-age=0', 'Cache-Control: max-age=0'),
  stays('§5.2 names in upper case', 'Cache-Control: MAX-AGE=3600'),
  stays('§5.2 names in mixed case', 'Cache-Control: mAx-aGe=3600'),
  stays('§5.2 a quoted argument', 'Cache-Control: max-age="3600"'),
  stays('§1.2.2 2^31', 'Cache-Control: max-age=2147483648'),
  stays('§1.2.2 2^31 - 1', 'Cache-Control: max-age=2147483647'),
  stays('§1.2.2 more than any integer', 'Cache-Control: max-age=99999999999'),
  stays('§1.2.2 far more', `Cache-Control: max-age=${'9'.repeat(400)}`),
  stays('§1.2.2 leading zeros', 'Cache-Control: max-age=003600'),
  goes('§4.2.1 negative', 'Cache-Control: max-age=-1'),
  goes('§4.2.1 negative and quoted', 'Cache-Control: max-age="-3600"'),
  goes('§4.2.1 a fraction', 'Cache-Control: max-age=3600.0'),
  goes('§4.2.1 letters', 'Cache-Control: max-age=abc'),
  goes('§4.2.1 digits, then letters', 'Cache-Control: max-age=3600a'),
  goes('§4.2.1 single quotes', "Cache-Control: max-age='3600'"),
  goes('§4.2.1 no argument', 'Cache-Control: max-age'),
  goes('§4.2.1 an empty argument', 'Cache-Control: max-age='),
  goes('§4.2.1 whitespace before =', 'Cache-Control: max-age =3600'),
  goes('§4.2.1 whitespace behind =', 'Cache-Control: max-age= 3600'),
  goes('§5.2 another directive that ends the same', 'Cache-Control: x-max-age=3600'),
  stays('§5.2.3 unknown directives', 'Cache-Control: foo, bar=1, baz="a, b", max-age=3600'),
  goes('§5.2.3 one hidden in a quoted string', 'Cache-Control: foo="max-age=3600"'),
  goes('§5.2.3 one hidden behind a comma in a quoted string', 'Cache-Control: foo="a, max-age=3600, b"'),
  stays('§5.2 a quoted pair', 'Cache-Control: foo="a\\", no-store, b", max-age=3600'),
  stays('RFC 9110 §5.6.1 empty elements and tabs', 'Cache-Control: ,,\t max-age=3600 ,,'),
  stays('RFC 9110 §5.3 two lines', 'Cache-Control: public', 'Cache-Control: max-age=3600'),
  stays('RFC 9110 §5.3 an empty line first', 'Cache-Control:', 'Cache-Control: max-age=3600'),
  goes('§4.2.1 twice, the first is stale', 'Cache-Control: max-age=0, max-age=3600'),
  goes('§4.2.1 twice on two lines, the first is stale', 'Cache-Control: max-age=0', 'Cache-Control: max-age=3600'),
  stays('§4.2.1 twice, both fresh', 'Cache-Control: max-age=1800, max-age=3600'),
];

const shared: readonly Case[] = [
  stays('§5.2.2.10 s-maxage', 'Cache-Control: s-maxage=3600'),
  goes('§5.2.2.10 s-maxage=0', 'Cache-Control: s-maxage=0'),
  stays('§5.2.2.10 over max-age', 'Cache-Control: max-age=0, s-maxage=3600'),
  stays('§5.2.2.10 over max-age, in any order', 'Cache-Control: s-maxage=3600, max-age=0'),
  goes('§5.2.2.10 it shortens, too', 'Cache-Control: max-age=3600, s-maxage=0'),
  stays('§5.2.2.10 over Expires', 'Cache-Control: s-maxage=3600', 'Expires: @-60'),
  goes('§5.2.2.10 it shortens Expires, too', 'Cache-Control: s-maxage=0', 'Expires: @+3600'),
  goes('§4.2.1 s-maxage without argument', 'Cache-Control: max-age=3600, s-maxage'),
  goes('§4.2.1 s-maxage is no number', 'Cache-Control: max-age=3600, s-maxage=x'),
  stays('§5.2.2.9 public and max-age', 'Cache-Control: public, max-age=3600'),
  goes('§5.2.2.9 public alone gives no lifetime', 'Cache-Control: public'),
  stays('§4.2.2 public and a heuristic', 'Cache-Control: public', 'Last-Modified: @-360000'),
  goes('§5.2.2.5 no-store', 'Cache-Control: no-store, max-age=3600'),
  goes('§5.2.2.5 no-store in upper case, last', 'Cache-Control: max-age=3600, NO-STORE'),
  goes('§5.2.2.5 no-store with an argument', 'Cache-Control: max-age=3600, no-store=x'),
  goes('§5.2.2.5 no-store on a line of its own', 'Cache-Control: max-age=3600', 'Cache-Control: no-store'),
  goes('§5.2.2.5 behind a malformed directive', 'Cache-Control: max-age=3600;no-store'),
  goes('§5.2.2.7 private', 'Cache-Control: private, max-age=3600'),
  goes('§5.2.2.7 private beside public', 'Cache-Control: public, private, max-age=3600'),
  goes('§5.2.2.7 private beside s-maxage', 'Cache-Control: private, s-maxage=3600'),
  goes('§5.2.2.4 no-cache', 'Cache-Control: no-cache, max-age=3600'),
  goes('§5.2.2.4 no-cache with s-maxage', 'Cache-Control: no-cache, s-maxage=3600'),
  goes('§5.2.2.4 no-cache in upper case', 'Cache-Control: No-Cache, max-age=3600'),
  stays('§5.2.2.3 must-understand lifts no-store for a status that is understood', 'Cache-Control: must-understand, no-store, max-age=3600'),
  { clause: '§5.2.2.3 but not for one that is not', steps: [{ says: { status: 599, fields: ['Cache-Control: must-understand, no-store, max-age=3600'] } }, { says: {} }] },
  { clause: '§5.2.2.3 and such a status is not stored with it at all', steps: [{ says: { status: 599, fields: ['Cache-Control: must-understand, max-age=3600'] } }, { says: {} }] },
  { clause: '§5.2.2.7 private="x": only the field is not stored', steps: [
    { says: { fields: ['Cache-Control: private="x-user", max-age=3600', 'X-User: u', 'X-Other: o'] }, has: { 'x-user': 'u' } },
    { from: 1, has: { 'x-user': null, 'x-other': 'o' } },
  ] },
  { clause: '§5.2.2.4 no-cache="set-cookie, x": only the fields', steps: [
    { says: { fields: ['Cache-Control: no-cache="set-cookie, X-User", max-age=3600, public', 'Set-Cookie: a=b', 'X-User: u'] }, has: { 'set-cookie': 'a=b', 'x-user': 'u' } },
    { from: 1, has: { 'x-user': null, 'set-cookie': null } },
  ] },
  { clause: '§5.2.2.4 no-cache=x as a token', steps: [{ says: { fields: ['Cache-Control: no-cache=x-user, max-age=3600', 'X-User: u'] } }, { from: 1, has: { 'x-user': null } }] },
  goes('§5.2.2.4 an empty list of fields is no list', 'Cache-Control: no-cache="", max-age=3600'),
];

const expires: readonly Case[] = [
  stays('§5.3 Expires', 'Expires: @+3600'),
  goes('§5.3 in the past', 'Expires: @-60'),
  goes('§5.3 equal to Date', 'Expires: @+0'),
  stays('RFC 9110 §5.6.7 asctime-date', 'Expires: @asc+3600'),
  stays('RFC 9110 §5.6.7 rfc850-date', 'Expires: @850+3600'),
  goes('§5.3 "0"', 'Expires: 0'),
  goes('§5.3 "-1"', 'Expires: -1'),
  goes('§5.3 empty', 'Expires:'),
  goes('§5.3 a word', 'Expires: never'),
  goes('§4.2 no time zone', 'Expires: Thu, 18 Aug 2050 02:01:18'),
  goes('§4.2 another time zone', 'Expires: Thu, 18 Aug 2050 02:01:18 AEST'),
  goes('§4.2 UTC is not GMT', 'Expires: Thu, 18 Aug 2050 02:01:18 UTC'),
  goes('§4.2 a number as zone', 'Expires: Thu, 18 Aug 2050 02:01:18 +0000'),
  goes('§4.2 one digit of the day', 'Expires: Thu, 8 Aug 2050 02:01:18 GMT'),
  goes('§4.2 one digit of the hour', 'Expires: Thu, 18 Aug 2050 2:01:18 GMT'),
  goes('§4.2 two digits of the year', 'Expires: Thu, 18 Aug 50 02:01:18 GMT'),
  goes('§4.2 no comma', 'Expires: Thu 18 Aug 2050 02:01:18 GMT'),
  goes('§4.2 two spaces', 'Expires: Thu, 18  Aug  2050 02:01:18 GMT'),
  goes('§4.2 dashes', 'Expires: Thu, 18-Aug-2050 02:01:18 GMT'),
  goes('§4.2 points in the time', 'Expires: Thu, 18 Aug 2050 02.01.18 GMT'),
  goes('§4.2 ISO 8601', 'Expires: 2050-08-18T02:01:18Z'),
  goes('§4.2 a number of seconds', 'Expires: 4102444800'),
  stays('§4.2 any case', 'Expires: tHU, 18 aUG 2050 02:01:18 gMT'),
  stays('§5.3 far away', 'Expires: Sun, 21 Nov 2286 04:46:39 GMT'),
  stays('§5.3 max-age wins', 'Cache-Control: max-age=3600', 'Expires: @-60'),
  stays('§5.3 max-age wins over "0"', 'Cache-Control: max-age=3600', 'Expires: 0'),
  goes('§5.3 max-age=0 wins', 'Cache-Control: max-age=0', 'Expires: @+3600'),
  goes('§5.3 max-age wins, and is malformed', 'Cache-Control: max-age=x', 'Expires: @+3600'),
  stays('§5.3 a Cache-Control without lifetime changes nothing', 'Cache-Control: foo', 'Expires: @+3600'),
  stays('§5.3 public changes nothing', 'Cache-Control: public', 'Expires: @+3600'),
  goes('§4.2.1 two Expires, one of them invalid', 'Expires: @+3600', 'Expires: 0'),
  goes('§4.2.1 two Expires, one in the past', 'Expires: @-60', 'Expires: @+3600'),
  goes('§4.2.1 relative to the Date of the origin, whose clock is ahead', 'Date: @+7200', 'Expires: @+3600'),
  goes('§4.2.3 an old Date makes it old', 'Date: @-7200', 'Expires: @-3600'),
  stays('§4.2.1 the lifetime is from Date to Expires', 'Date: @-1800', 'Expires: @+1800'),
  { clause: '§4.2.1 without Date from its receipt', steps: [{ says: { undated: true, fields: ['Expires: @+3600'] } }, { from: 1, has: { date: /GMT$/ } }] },
  stays('§4.2.1 the same with a Date that is none', 'Date: foo', 'Expires: @+3600'),
];

const age: readonly Case[] = [
  { clause: '§5.1 Age goes on', steps: [{ says: { fields: ['Cache-Control: max-age=3600', 'Age: 1800'] }, has: { age: /^180\d$/ } }, { from: 1, has: { age: /^180\d$/ } }] },
  goes('§4.2.3 Age above the lifetime', 'Cache-Control: max-age=3600', 'Age: 7200'),
  goes('§4.2 Age equal to the lifetime', 'Cache-Control: max-age=3600', 'Age: 3600'),
  goes('§4.2.3 Age above what Expires gives', 'Expires: @+3600', 'Age: 7200'),
  goes('§5.1 the first of a list', 'Cache-Control: max-age=3600', 'Age: 7200, 0'),
  stays('§5.1 the first of a list is young', 'Cache-Control: max-age=3600', 'Age: 0, 7200'),
  goes('§5.1 the first of two lines', 'Cache-Control: max-age=3600', 'Age: 7200', 'Age: 0'),
  stays('§5.1 the first of two lines is young', 'Cache-Control: max-age=3600', 'Age: 0', 'Age: 7200'),
  stays('§5.1 negative: ignored', 'Cache-Control: max-age=3600', 'Age: -7200'),
  stays('§5.1 letters: ignored', 'Cache-Control: max-age=3600', 'Age: abc'),
  stays('§5.1 digits, then letters: ignored', 'Cache-Control: max-age=3600', 'Age: 7200a'),
  stays('§5.1 a fraction: ignored', 'Cache-Control: max-age=3600', 'Age: 7200.0'),
  stays('§5.1 quoted: ignored', 'Cache-Control: max-age=3600', 'Age: "7200"'),
  stays('§5.1 a parameter: ignored', 'Cache-Control: max-age=3600', 'Age: 7200;foo=bar'),
  stays('§5.1 empty: ignored', 'Cache-Control: max-age=3600', 'Age:'),
  goes('§1.2.2 Age of 2^31', 'Cache-Control: max-age=3600', 'Age: 2147483648'),
  goes('§1.2.2 Age without end', 'Cache-Control: max-age=3600', `Age: ${'9'.repeat(50)}`),
  goes('§4.2.3 Age of 2^31 is not below any lifetime', 'Cache-Control: max-age=99999999999', 'Age: 99999999999'),
  { clause: '§4.2.3 apparent_age: an old Date', steps: [{ says: { fields: ['Cache-Control: max-age=3600', 'Date: @-1800'] } }, { from: 1, has: { age: /^1[78]\d\d$/ } }] },
  goes('§4.2.3 apparent_age above the lifetime', 'Cache-Control: max-age=3600', 'Date: @-7200'),
  goes('§4.2.3 the larger of both: Date', 'Cache-Control: max-age=3600', 'Date: @-7200', 'Age: 1'),
  goes('§4.2.3 the larger of both: Age', 'Cache-Control: max-age=3600', 'Date: @-1', 'Age: 7200'),
  stays('§4.2.3 a Date of the future makes nothing younger than new', 'Cache-Control: max-age=3600', 'Date: @+7200'),
  goes('§4.2.3 not with an Age either', 'Cache-Control: max-age=3600', 'Date: @+7200', 'Age: 7200'),
  { clause: '§4.2.3 the delay of the answer counts', steps: [{ says: { fields: ['Cache-Control: max-age=3600', 'Age: 10'], delayMs: 1100 } }, { from: 1, has: { age: /^1[12]$/ } }] },
  { clause: '§4.2.3 the time in the cache counts', steps: [{ says: { fields: ['Cache-Control: max-age=3600'] } }, { from: 1, afterMs: 1100, has: { age: /^[12]$/ } }] },
  { clause: '§4.2 a second of lifetime is over after it', steps: [{ says: { fields: ['Cache-Control: max-age=1'] } }, { afterMs: 1200, says: {} }] },
];

const heuristics: readonly Case[] = [
  ...[200, 203, 204, 300, 301, 308, 404, 405, 410, 414, 501].map((status) => statusStays(status, 'Last-Modified: @-864000')),
  ...[201, 202, 302, 303, 307, 400, 401, 403, 409, 418, 422, 451, 499, 500, 502, 503, 504, 505, 599].map((status) => statusGoes(status, 'Last-Modified: @-864000')),
  ...[200, 201, 203, 204, 299, 300, 301, 302, 303, 307, 308, 400, 401, 403, 404, 405, 409, 410, 414, 418, 422, 451, 499, 500, 501, 502, 503, 504, 505, 599]
    .map((status) => statusStays(status, 'Cache-Control: max-age=3600')),
  ...[302, 307, 418, 500, 503, 599].map((status) => statusStays(status, 'Expires: @+3600')),
  ...[302, 418, 503, 599].map((status) => statusStays(status, 'Cache-Control: public', 'Last-Modified: @-864000')),
  ...[302, 404, 503].map((status) => statusStays(status, 'Cache-Control: s-maxage=3600')),
  ...[200, 302, 404, 503].map((status) => statusGoes(status, 'Cache-Control: no-store')),
  goes('§4.2.2 modified just now', 'Last-Modified: @+0'),
  goes('§4.2.2 modified in the future', 'Last-Modified: @+3600'),
  goes('§4.2.2 Last-Modified is no date', 'Last-Modified: yesterday'),
  goes('§5.2.2.2 must-revalidate does not make it stale, but nothing makes it fresh', 'Cache-Control: must-revalidate'),
  goes('§4.2.2 an Age above a tenth of the time since', 'Last-Modified: @-36000', 'Age: 7200'),
];

const pragma: readonly Case[] = [
  stays('§5.4 Pragma says nothing in a response', 'Cache-Control: max-age=3600', 'Pragma: no-cache'),
  stays('§5.4 not with Expires', 'Expires: @+3600', 'Pragma: no-cache'),
  stays('§5.4 not with a heuristic', 'Last-Modified: @-864000', 'Pragma: no-cache'),
];

export const freshnessCases: readonly Case[] = [...maxAge, ...shared, ...expires, ...age, ...heuristics, ...pragma];
