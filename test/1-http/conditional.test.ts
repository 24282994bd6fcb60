import t from 'tap';
import { evaluate, ifRangeHolds, type Preconditions, type Validators, type Verdict } from '../../http/conditional.ts';
import { formatDate } from '../../http/date.ts';
import { RequestHead } from '../../http/head.ts';
import { latin1Bytes } from '../../http/latin1.ts';

const modifiedMs = Date.UTC(2026, 0, 1, 12, 0, 0);
const nowMs = modifiedMs + 86_400_000;
const before = formatDate(modifiedMs - 1000);
const same = formatDate(modifiedMs);
const after = formatDate(modifiedMs + 1000);

const strong: Validators = { etag: '"v1"', lastModifiedMs: modifiedMs };
const weak: Validators = { etag: 'W/"v1"', lastModifiedMs: modifiedMs };
const dateless: Validators = { etag: '"v1"', lastModifiedMs: Number.NaN };

type Row = [name: string, conditions: Preconditions, validators: Validators | undefined, get: Verdict, put: Verdict];

const rows: Row[] = [
  ['nothing asked', {}, strong, 'proceed', 'proceed'],
  ['nothing asked of nothing', {}, undefined, 'proceed', 'proceed'],

  ['If-Match, the same', { ifMatch: '"v0", "v1"' }, strong, 'proceed', 'proceed'],
  ['If-Match, another', { ifMatch: '"v0"' }, strong, 'failed', 'failed'],
  ['If-Match, weak asked', { ifMatch: 'W/"v1"' }, strong, 'failed', 'failed'],
  ['If-Match, weak held', { ifMatch: '"v1"' }, weak, 'failed', 'failed'],
  ['If-Match, both weak', { ifMatch: 'W/"v1"' }, weak, 'failed', 'failed'],
  ['If-Match, *', { ifMatch: '*' }, strong, 'proceed', 'proceed'],
  ['If-Match, * of nothing', { ifMatch: '*' }, undefined, 'failed', 'failed'],
  ['If-Match of nothing', { ifMatch: '"v1"' }, undefined, 'failed', 'failed'],
  ['If-Match, malformed', { ifMatch: 'v1' }, strong, 'failed', 'failed'],
  ['If-Match, malformed at its end', { ifMatch: '"v1", x' }, strong, 'failed', 'failed'],
  ['If-Match, empty', { ifMatch: '' }, strong, 'failed', 'failed'],

  ['If-Unmodified-Since, before', { ifUnmodifiedSince: before }, strong, 'failed', 'failed'],
  ['If-Unmodified-Since, the same', { ifUnmodifiedSince: same }, strong, 'proceed', 'proceed'],
  ['If-Unmodified-Since, after', { ifUnmodifiedSince: after }, strong, 'proceed', 'proceed'],
  ['If-Unmodified-Since, malformed', { ifUnmodifiedSince: 'yesterday' }, strong, 'proceed', 'proceed'],
  ['If-Unmodified-Since, no date held', { ifUnmodifiedSince: before }, dateless, 'proceed', 'proceed'],
  ['If-Unmodified-Since of nothing', { ifUnmodifiedSince: before }, undefined, 'proceed', 'proceed'],
  ['If-Unmodified-Since beside If-Match', { ifMatch: '"v1"', ifUnmodifiedSince: before }, strong, 'proceed', 'proceed'],

  ['If-None-Match, the same', { ifNoneMatch: '"v0", "v1"' }, strong, 'not-modified', 'failed'],
  ['If-None-Match, another', { ifNoneMatch: '"v0"' }, strong, 'proceed', 'proceed'],
  ['If-None-Match, weak asked', { ifNoneMatch: 'W/"v1"' }, strong, 'not-modified', 'failed'],
  ['If-None-Match, weak held', { ifNoneMatch: '"v1"' }, weak, 'not-modified', 'failed'],
  ['If-None-Match, *', { ifNoneMatch: '*' }, strong, 'not-modified', 'failed'],
  ['If-None-Match, * of nothing', { ifNoneMatch: '*' }, undefined, 'proceed', 'proceed'],
  ['If-None-Match of nothing', { ifNoneMatch: '"v1"' }, undefined, 'proceed', 'proceed'],
  ['If-None-Match, malformed', { ifNoneMatch: 'v1' }, strong, 'proceed', 'proceed'],
  ['If-None-Match, part of one', { ifNoneMatch: '"v"' }, strong, 'proceed', 'proceed'],
  ['If-None-Match, in quotes of another', { ifNoneMatch: '"x,"v1""' }, strong, 'proceed', 'proceed'],

  ['If-Modified-Since, before', { ifModifiedSince: before }, strong, 'proceed', 'proceed'],
  ['If-Modified-Since, the same', { ifModifiedSince: same }, strong, 'not-modified', 'proceed'],
  ['If-Modified-Since, after', { ifModifiedSince: after }, strong, 'not-modified', 'proceed'],
  ['If-Modified-Since, malformed', { ifModifiedSince: 'tomorrow' }, strong, 'proceed', 'proceed'],
  ['If-Modified-Since, two dates', { ifModifiedSince: `${after}, ${after}` }, strong, 'proceed', 'proceed'],
  ['If-Modified-Since, no date held', { ifModifiedSince: after }, dateless, 'proceed', 'proceed'],
  ['If-Modified-Since of nothing', { ifModifiedSince: after }, undefined, 'proceed', 'proceed'],
  ['If-Modified-Since beside If-None-Match', { ifNoneMatch: '"v0"', ifModifiedSince: after }, strong, 'proceed', 'proceed'],
  ['If-Modified-Since beside a malformed If-None-Match', { ifNoneMatch: 'v0', ifModifiedSince: after }, strong, 'proceed', 'proceed'],

  ['412 before 304', { ifMatch: '"v0"', ifNoneMatch: '"v1"' }, strong, 'failed', 'failed'],
  ['412 by date before 304', { ifUnmodifiedSince: before, ifNoneMatch: '"v1"' }, strong, 'failed', 'failed'],
  ['304 after If-Match', { ifMatch: '"v1"', ifNoneMatch: '"v1"' }, strong, 'not-modified', 'failed'],
  ['304 by date after If-Match', { ifMatch: '*', ifModifiedSince: same }, strong, 'not-modified', 'proceed'],
  ['304 after If-Unmodified-Since', { ifUnmodifiedSince: same, ifModifiedSince: same }, strong, 'not-modified', 'proceed'],
];

t.test('RFC 9110 §13.2.2, row by row', (t) => {
  for (const [name, conditions, validators, get, put] of rows) {
    t.equal(evaluate(conditions, validators, nowMs, true), get, `GET: ${name}`);
    t.equal(evaluate(conditions, validators, nowMs, false), put, `PUT: ${name}`);
  }
  t.end();
});

t.test('If-Range, RFC 9110 §13.1.5', (t) => {
  const holds = (value: string | undefined, validators: Validators, dateMs = nowMs): boolean => ifRangeHolds(value, validators, dateMs);
  t.equal(holds(undefined, strong), true, 'absent');
  t.equal(holds('"v1"', strong), true, 'the same');
  t.equal(holds('"v0"', strong), false, 'another');
  t.equal(holds('W/"v1"', strong), false, 'weak asked');
  t.equal(holds('"v1"', weak), false, 'weak held');
  t.equal(holds('W/"v1"', weak), false, 'both weak');
  t.equal(holds('"v1", "v0"', strong), false, 'a list');
  t.equal(holds('*', strong), false, '*');
  t.equal(holds('', strong), false, 'empty');
  t.equal(holds(same, strong), true, 'the date');
  t.equal(holds(before, strong), false, 'an earlier date');
  t.equal(holds(after, strong), false, 'a later date');
  t.equal(holds('yesterday', strong), false, 'malformed');
  t.equal(holds(same, dateless), false, 'no date held');
  t.equal(holds('yesterday', dateless), false, 'malformed, and no date held');
  t.equal(holds(same, strong, modifiedMs), false, 'within its second');
  t.equal(holds(same, strong, modifiedMs + 999), false, 'still within');
  t.equal(holds(same, strong, modifiedMs + 1000), true, 'a second later');
  t.equal(holds(same, strong, modifiedMs - 5000), false, 'from the future');
  t.end();
});

t.test('the short cut of returning visitors agrees with the whole evaluation', (t) => {
  const cases: Row[] = [
    ...rows,
    ['the one tag', { ifNoneMatch: '"v1"' }, strong, 'not-modified', 'failed'],
    ['the one tag, weak', { ifNoneMatch: 'W/"v1"' }, weak, 'not-modified', 'failed'],
    ['the one tag and a date', { ifNoneMatch: '"v1"', ifModifiedSince: before }, strong, 'not-modified', 'failed'],
    ['the one tag and If-Match', { ifNoneMatch: '"v1"', ifMatch: '"v0"' }, strong, 'failed', 'failed'],
    ['the one tag and If-Unmodified-Since', { ifNoneMatch: '"v1"', ifUnmodifiedSince: before }, strong, 'failed', 'failed'],
  ];
  let taken = 0;
  for (const [name, conditions, validators, get] of cases) {
    if (!validators) continue;
    const lines = Object.entries(conditions).map(([key, value]) => `${key.replaceAll(/[A-Z]/g, '-$&')}: ${String(value)}\r\n`).join('');
    const head = new RequestHead();
    const bytes = latin1Bytes(`GET / HTTP/1.1\r\nHost: a\r\n${lines}\r\n`);
    t.equal(head.parse(bytes, 0, bytes.length), bytes.length);
    if (!head.revalidates(latin1Bytes(validators.etag))) continue;
    t.equal(get, 'not-modified', name);
    taken++;
  }
  t.equal(taken, 3, 'it is taken where there is nothing to parse');
  const twice = latin1Bytes('GET / HTTP/1.1\r\nHost: a\r\nIf-None-Match: "v1"\r\nIf-None-Match: "v1"\r\n\r\n');
  const head = new RequestHead();
  head.parse(twice, 0, twice.length);
  t.notOk(head.revalidates(latin1Bytes('"v1"')), 'two lines are a list');
  t.end();
});
