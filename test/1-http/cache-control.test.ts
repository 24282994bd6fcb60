import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { NO_DIRECTIVES, parseCacheControl } from '../../http/cache-control.ts';
import { deltaSeconds, DELTA_SECONDS_MAX } from '../../http/delta-seconds.ts';
import { cacheControlCases } from './cache-control-cases.ts';

t.test('delta-seconds', (t) => {
  t.equal(DELTA_SECONDS_MAX, 2_147_483_648);
  t.equal(deltaSeconds('0'), 0);
  t.equal(deltaSeconds('00060'), 60);
  t.equal(deltaSeconds('2147483648'), DELTA_SECONDS_MAX);
  t.equal(deltaSeconds('2147483649'), DELTA_SECONDS_MAX);
  t.equal(deltaSeconds('9'.repeat(100_000)), DELTA_SECONDS_MAX);
  for (const text of ['', ' ', ' 1', '1 ', '1 2', '+1', '-1', '-0', '1.0', '1,0', '1e3', '0x1', '\u0661', 'Infinity', 'NaN', '1\0']) {
    t.ok(Number.isNaN(deltaSeconds(text)), JSON.stringify(text));
  }
  t.end();
});

t.test('directives', (t) => {
  for (const [value, directives] of cacheControlCases) t.strictSame(parseCacheControl(value), { ...NO_DIRECTIVES, ...directives }, JSON.stringify(value));
  t.equal(parseCacheControl(undefined), NO_DIRECTIVES);
  t.equal(parseCacheControl(''), NO_DIRECTIVES);
  t.end();
});

t.test('one shape', (t) => {
  const keys = Object.keys(NO_DIRECTIVES);
  for (const [value] of cacheControlCases) t.strictSame(Object.keys(parseCacheControl(value)), keys, JSON.stringify(value));
  t.end();
});

t.test('long values', (t) => {
  t.equal(parseCacheControl(`${'x="a, b", '.repeat(100_000)}max-age=5`).maxAge, 5);
  t.equal(parseCacheControl(`${','.repeat(1_000_000)}max-age=5`).maxAge, 5);
  t.equal(parseCacheControl(`${' '.repeat(1_000_000)}max-age=5`).maxAge, 5);
  t.equal(parseCacheControl(`x="${'\\"'.repeat(1_000_000)}", max-age=5`).maxAge, 5);
  t.equal(parseCacheControl(`"${'\\"",'.repeat(300_000)}no-store`).noStore, true, 'a string that does not end, again and again');
  t.equal(parseCacheControl(`"${'\\"\\", '.repeat(300_000)}no-store`).noStore, true, 'one string that does not end');
  t.equal(parseCacheControl('max-age=5,'.repeat(200_000)).maxAge, 5);
  const names = Array.from({ length: 50_000 }, (_, k) => `f${k}`);
  t.strictSame(parseCacheControl(names.map((name) => `no-cache="${name}"`).join()).noCache, names);
  t.end();
});

const name = fc.constantFrom('max-age', 's-maxage', 'no-store', 'no-cache', 'private', 'public', 'immutable', 'max-stale', 'x');
const argument = fc.constantFrom('', '=1', '=60', '="5"', '="a, b"', '=a', '=', '=x"', '="', ' =1', ';y', ' z', '=-1');

t.test('members are judged one by one: order does not matter, and what is malformed gives no permission', (t) => {
  const member = fc.tuple(name, argument.filter((text) => !/="$|"$/.test(text) || text === '="5"')).map((parts) => parts.join(''));
  fc.assert(
    fc.property(fc.array(member, { maxLength: 5 }), (members) => {
      const forwards = parseCacheControl(members.join(', '));
      const backwards = parseCacheControl([...members].reverse().join(','));
      assert.deepEqual({ ...backwards, noCache: sorted(backwards.noCache), private: sorted(backwards.private) }, { ...forwards, noCache: sorted(forwards.noCache), private: sorted(forwards.private) });
      assert.equal(forwards.public, members.includes('public'));
      assert.equal(forwards.noStore, members.some((text) => text.startsWith('no-store')));
      assert.equal(forwards.private !== false, members.some((text) => text.startsWith('private')));
    }),
    { numRuns: 2_000 },
  );
  t.end();
});

t.test('any text: never throws, numbers in range, and what is added can only restrict', (t) => {
  const noise = fc.oneof(fc.string({ unit: 'binary' }), fc.array(fc.oneof(name, argument, fc.constantFrom(',', '"', '\\', ' ', ';'))).map((parts) => parts.join('')));
  fc.assert(
    fc.property(noise, (text) => {
      const directives = parseCacheControl(text);
      for (const seconds of [directives.maxAge, directives.sMaxAge, directives.minFresh]) {
        assert.ok(seconds === undefined || Number.isNaN(seconds) || (Number.isInteger(seconds) && seconds >= 0 && seconds <= DELTA_SECONDS_MAX));
      }
      assert.equal(parseCacheControl(`${text}, no-store`).noStore || /["\\]/.test(text), true);
      assert.equal(parseCacheControl(`no-store,${text}`).noStore, true);
      assert.equal(parseCacheControl(`private,${text}`).private, true);
    }),
    { numRuns: 2_000 },
  );
  t.end();
});

function sorted(names: boolean | readonly string[]): boolean | readonly string[] {
  return typeof names === 'boolean' ? names : [...names].sort();
}
