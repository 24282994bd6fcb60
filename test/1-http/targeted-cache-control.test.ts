import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { type CacheDirectives, NO_DIRECTIVES, parseCacheControl } from '../../http/cache-control.ts';
import { parseTargeted } from '../../http/targeted-cache-control.ts';

const malformed = Number.NaN;

/** undefined: the field is ignored. */
const cases: readonly (readonly [value: string, directives: Partial<CacheDirectives> | undefined])[] = [
  // RFC 9213 §2.1, §3.1.
  ['max-age=60', { maxAge: 60 }],
  ['max-age=600', { maxAge: 600 }],
  ['none', {}],
  ['no-store', { noStore: true }],
  ['max-age=60, must-revalidate, no-cache, private', { maxAge: 60, mustRevalidate: true, noCache: true, private: true }],
  ['max-age=3600, stale-while-revalidate=60, stale-if-error=86400', { maxAge: 3600, staleWhileRevalidate: 60, staleIfError: 86_400 }],
  ['s-maxage=5, public, immutable, proxy-revalidate', { sMaxAge: 5, public: true, immutable: true, proxyRevalidate: true }],
  ['no-store, must-understand', { noStore: true, mustUnderstand: true }],
  ['foobar, max-age=3600', { maxAge: 3600 }],
  // Parameters are ignored.
  ['max-age=60;x=1;y', { maxAge: 60 }],
  ['no-store;a="b"', { noStore: true }],
  // The last of a name counts, as in every Dictionary.
  ['max-age=60, max-age=10', { maxAge: 10 }],
  ['max-age=10, max-age=60', { maxAge: 60 }],
  // Names of fields: a String or a Token.
  ['no-cache="Set-Cookie, x-foo"', { noCache: ['set-cookie', 'x-foo'] }],
  ['private=set-cookie', { private: ['set-cookie'] }],
  ['no-cache=""', { noCache: true }],
  ['no-cache="a b"', { noCache: true }],
  ['no-cache=5', { noCache: true }],
  ['no-cache=("a" "b")', { noCache: true }],
  ['private=:AQ==:', { private: true }],
  // Numbers: an Integer, from 0.
  ['max-age=0', { maxAge: 0 }],
  ['max-age=-0', { maxAge: 0 }],
  ['max-age=0060', { maxAge: 60 }],
  ['max-age=2147483648', { maxAge: 2_147_483_648 }],
  ['max-age=99999999999', { maxAge: 2_147_483_648 }],
  ['max-age', { maxAge: malformed }],
  ['max-age=?1', { maxAge: malformed }],
  ['max-age=-1', { maxAge: malformed }],
  ['max-age=60.0', { maxAge: malformed }],
  ['max-age="60"', { maxAge: malformed }],
  ['max-age=@60', { maxAge: malformed }],
  ['max-age=(60)', { maxAge: malformed }],
  ['max-age=x60', { maxAge: malformed }],
  ['stale-if-error=1.5', { staleIfError: malformed }],
  // A false Boolean is the directive not being there.
  ['no-store=?0', {}],
  ['no-store=?0, max-age=5', { maxAge: 5 }],
  ['no-cache=?0, private=?0, public=?0, max-age=?0', {}],
  ['no-store=?1, public=?1', { noStore: true, public: true }],
  // What restricts counts with any argument, what permits without one.
  ['no-store="x"', { noStore: true }],
  ['must-revalidate=0', { mustRevalidate: true }],
  ['public=x', {}],
  ['must-understand=1', {}],
  ['immutable=x', { immutable: true }],
  // Empty, or no Dictionary: ignored.
  ['', undefined],
  ['  ', undefined],
  ['max-age=10000, &&&&&', undefined],
  ['max-age =100', undefined],
  ['max-age= 100', undefined],
  ['MaX-aGe=3600', undefined],
  ['max-age=60,', undefined],
  ['max-age=60,,no-store', undefined],
  ['max-age=60; private="', undefined],
  ['max-age=9999999999999999', undefined],
  ['"no-store"', undefined],
  ['no-store x', undefined],
];

t.test('directives', (t) => {
  for (const [value, directives] of cases) t.strictSame(parseTargeted(value), directives && { ...NO_DIRECTIVES, ...directives }, JSON.stringify(value));
  t.equal(parseTargeted(undefined), undefined);
  t.end();
});

t.test('what both grammars take means the same in both', (t) => {
  const member = fc.oneof(
    fc.tuple(fc.constantFrom('max-age', 's-maxage', 'stale-if-error'), fc.nat()).map(([name, seconds]) => `${name}=${seconds}`),
    fc.constantFrom('no-store', 'no-cache', 'private="a, b"', 'no-cache="x"', 'public', 'immutable', 'must-revalidate', 'foo', 'foo="bar"', 'must-understand'),
  );
  const members = fc.uniqueArray(member, { minLength: 1, selector: (text) => text.replace(/=.*/, '') });
  fc.assert(fc.property(members, (all) => { assert.deepEqual(parseTargeted(all.join(', ')), parseCacheControl(all.join(', '))); }));
  t.end();
});

t.test('any text: never throws', (t) => {
  const noise = fc.oneof(fc.string(), fc.stringMatching(/^(max-age|private)[=?@:("1.a ,;)]{0,8}$/));
  fc.assert(fc.property(noise, (text) => { assert.ok(['object', 'undefined'].includes(typeof parseTargeted(text))); }), { numRuns: 2_000 });
  t.end();
});
