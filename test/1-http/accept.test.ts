import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { acceptsType, isNavigation, preferredType } from '../../http/accept.ts';
import { acceptCases, navigationCases, preferenceCases } from './accept-cases.ts';

t.test('the quality of a type', (t) => {
  for (const [value, type, quality] of acceptCases) t.equal(acceptsType(value, type), quality, `${JSON.stringify(value ?? 'absent')} for ${type}`);
  t.end();
});

t.test('the preferred type', (t) => {
  for (const [value, offered, preferred] of preferenceCases) {
    t.equal(preferredType(value, offered), preferred, `${JSON.stringify(value ?? 'absent')} of ${offered.join(' ')}`);
  }
  t.end();
});

t.test('navigations', (t) => {
  for (const [name, [secFetchMode, secFetchDest, accept], navigation] of navigationCases) {
    t.equal(isNavigation({ secFetchMode, secFetchDest, accept }), navigation, name);
  }
  t.equal(isNavigation({}), false);
  t.end();
});

t.test('what is offered must be a type', (t) => {
  for (const type of ['', 'html', 'text/', '/html', 'text/html;q']) {
    t.throws(() => acceptsType('*/*', type), /not a media type/);
    t.throws(() => preferredType(undefined, [type]), /not a media type/);
  }
  t.end();
});

t.test('long values', (t) => {
  t.equal(acceptsType(`${'a/b,'.repeat(100_000)}text/html;q=0.5`, 'text/html'), 0.5);
  t.equal(acceptsType(`${'a/b;c="\\",'.repeat(100_000)}"`, 'text/html'), 1);
  t.equal(acceptsType(`text/html${';'.repeat(100_000)}q=0.5`, 'text/html'), 0.5);
  t.equal(acceptsType(`text/html;a="${'b'.repeat(100_000)}", text/html;q=0.5`, 'text/html'), 0.5);
  t.end();
});

const types = fc.constantFrom('text/html', 'text/css', 'image/png', 'text/*', 'image/*', '*/*');
const range = fc.record({ type: types, thousandths: fc.nat(1000) });
const comma = fc.constantFrom(',', ', ', ' ,\t', ' , , ');

t.test('against a naive oracle: the very type, then its wildcard, then any', (t) => {
  fc.assert(
    fc.property(fc.array(range, { minLength: 1, maxLength: 6 }), comma, fc.constantFrom('text/html', 'text/css', 'image/png'), (ranges, separator, type) => {
      const value = ranges.map((one) => `${one.type};q=${(one.thousandths / 1000).toFixed(3)}`).join(separator);
      const closest = [type, `${type.split('/')[0]!}/*`, '*/*'].map((name) => ranges.find((one) => one.type === name)).find((one) => one !== undefined);
      assert.equal(acceptsType(value, type), (closest?.thousandths ?? 0) / 1000, value);
    }),
    { numRuns: 2_000 },
  );
  t.end();
});

t.test('any text: a quality from 0 to 1, and what is preferred was offered', (t) => {
  const noise = fc.oneof(fc.string(), fc.stringMatching(/^[a/*;,q=".\\ 01]{0,30}$/));
  const offered = ['text/html', 'a/a', 'a/q;q=a'];
  fc.assert(
    fc.property(noise, (text) => {
      for (const type of offered) assert.ok(acceptsType(text, type) >= 0 && acceptsType(text, type) <= 1);
      const preferred = preferredType(text, offered);
      assert.ok(preferred === undefined || acceptsType(text, preferred) === Math.max(...offered.map((type) => acceptsType(text, type))));
      assert.equal(typeof isNavigation({ accept: text }), 'boolean');
    }),
    { numRuns: 2_000 },
  );
  t.end();
});
