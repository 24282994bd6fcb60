import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { canBeAddedTo, type CacheStatus, cacheStatus, KEY_CHARACTERS_MAX } from '../../http/cache-status.ts';
import { parseList } from '../../http/structured-fields.ts';

const rows: readonly (readonly [status: CacheStatus, member: string])[] = [
  // The examples of RFC 9211 §3, serialised as RFC 9651 §4.1.1.2 does.
  [{ hit: true }, 'ExampleCache;hit'],
  [{ hit: true, ttl: 376 }, 'ExampleCache;hit;ttl=376'],
  [{ hit: true, ttl: -412 }, 'ExampleCache;hit;ttl=-412'],
  [{ hit: false, fwd: 'uri-miss' }, 'ExampleCache;fwd=uri-miss'],
  [{ hit: false, fwd: 'stale', fwdStatus: 304 }, 'ExampleCache;fwd=stale;fwd-status=304'],
  [{ hit: false, fwd: 'uri-miss', collapsed: true }, 'ExampleCache;fwd=uri-miss;collapsed'],
  [{ hit: false, fwd: 'uri-miss', collapsed: false }, 'ExampleCache;fwd=uri-miss;collapsed=?0'],
  [{ hit: true, detail: 'MEMORY' }, 'ExampleCache;hit;detail=MEMORY'],
  // Everything.
  [
    { hit: false, fwd: 'vary-miss', fwdStatus: 200, stored: true, collapsed: true, ttl: 0, key: '/a?b="c"', detail: 'no store' },
    'ExampleCache;fwd=vary-miss;fwd-status=200;stored;collapsed;ttl=0;key="/a?b=\\"c\\"";detail="no store"',
  ],
  [{ hit: false, fwd: 'bypass', stored: false }, 'ExampleCache;fwd=bypass;stored=?0'],
  [{ hit: false, fwd: 'partial', stored: undefined, ttl: undefined }, 'ExampleCache;fwd=partial'],
  // §2.1: hit and fwd are exclusive; §2.3, §2.5, §2.6: only meaningful where fwd is.
  [{ hit: true, fwd: 'stale', fwdStatus: 304, stored: true, collapsed: true, ttl: 1 }, 'ExampleCache;hit;ttl=1'],
  [{ hit: false, fwdStatus: 304, stored: true, collapsed: true, detail: 'x' }, 'ExampleCache;detail=x'],
  [{ hit: false }, 'ExampleCache'],
  // The key is always a String; neither it nor a detail can break the field.
  [{ hit: true, key: 'a' }, 'ExampleCache;hit;key="a"'],
  [{ hit: true, key: '' }, 'ExampleCache;hit;key=""'],
  [{ hit: true, key: '/\xe9\r\n\0\x7f' }, 'ExampleCache;hit;key="/%e9%0d%0a%00%7f"'],
  [{ hit: true, detail: 'a\\b, c;d' }, 'ExampleCache;hit;detail="a\\\\b, c;d"'],
  [{ hit: true, detail: '' }, 'ExampleCache;hit;detail=""'],
  [{ hit: true, detail: '\t' }, 'ExampleCache;hit;detail="%09"'],
];

t.test('members', (t) => {
  for (const [status, member] of rows) t.equal(cacheStatus('ExampleCache', status), member);
  t.equal(cacheStatus('CDN Company Here', { hit: true, ttl: 545 }), '"CDN Company Here";hit;ttl=545');
  t.equal(cacheStatus('1', { hit: true }), '"1";hit');
  t.equal(cacheStatus('x', { hit: true, key: 'k'.repeat(100_000) }).length, 'x;hit;key=""'.length + KEY_CHARACTERS_MAX);
  t.throws(() => cacheStatus('caf\xe9', { hit: true }), /not an sf-string/);
  t.throws(() => cacheStatus('x', { hit: true, ttl: Number.NaN }), /not an sf-integer/);
  t.throws(() => cacheStatus('x', { hit: true, ttl: 0.5 }), /not an sf-integer/);
  t.end();
});

t.test('what is there', (t) => {
  const kept = [[], ['OriginCache; hit; ttl=1100'], ['a, "b";x'], ['a;hit , b'], ['1'], ['a', 'b;hit']];
  for (const lines of kept) t.equal(canBeAddedTo(lines), true, JSON.stringify(lines));
  for (const lines of [[''], ['  '], ['HIT from proxy'], ['"a'], ['a,'], ['a;hit='], [', b'], ['\xe9'], ['a', '"b'], ['"a', 'b"c']]) t.equal(canBeAddedTo(lines), false, JSON.stringify(lines));
  t.end();
});

t.test('whatever is in them, the field is a List with one more member', (t) => {
  const status = fc.record({ hit: fc.boolean(), fwd: fc.constantFrom('miss' as const, undefined), key: fc.string({ unit: 'binary' }), detail: fc.string({ unit: 'binary' }) });
  fc.assert(
    fc.property(fc.string(), status, (existing, one) => {
      const member = cacheStatus('pagecast', one);
      assert.equal(parseList(member)?.length, 1, member);
      if (canBeAddedTo([existing])) assert.equal(parseList(`${existing}, ${member}`)?.length, (parseList(existing)?.length ?? 0) + 1);
    }),
    { numRuns: 1_000 },
  );
  t.end();
});
