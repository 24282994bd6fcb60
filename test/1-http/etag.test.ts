import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { formatEntityTag, matchesStrongly, matchesWeakly, parseEntityTag, parseEntityTags } from '../../http/etag.ts';

t.test('one entity tag', (t) => {
  t.same(parseEntityTag('"a"'), { weak: false, opaque: 'a' });
  t.same(parseEntityTag('W/"a"'), { weak: true, opaque: 'a' });
  t.same(parseEntityTag('""'), { weak: false, opaque: '' });
  t.same(parseEntityTag('W/""'), { weak: true, opaque: '' });
  t.same(parseEntityTag('"a,b\\"'), { weak: false, opaque: 'a,b\\' }, 'a comma; a backslash escapes nothing');
  t.same(parseEntityTag('"W/"'), { weak: false, opaque: 'W/' });
  t.same(parseEntityTag('"\xff!#~"'), { weak: false, opaque: '\xff!#~' });
  for (const text of ['', '"', 'W/', 'a', '"a', 'a"', 'w/"a"', 'W"a"', 'W /"a"', 'W/ "a"', '"a"b', ' "a"', '"a" ', '"a b"', '"a"b"', '"\t"', '"\x7f"', "'a'", '*', '"\u20ac"']) {
    t.equal(parseEntityTag(text), undefined, JSON.stringify(text));
  }
  t.end();
});

t.test('lists', (t) => {
  const a = { weak: false, opaque: 'a' };
  const b = { weak: true, opaque: 'b,c' };
  t.same(parseEntityTags('*'), { kind: 'any' });
  t.same(parseEntityTags('"a"'), { kind: 'tags', tags: [a] });
  t.same(parseEntityTags('"a",W/"b,c"'), { kind: 'tags', tags: [a, b] });
  t.same(parseEntityTags('"a" \t, W/"b,c"'), { kind: 'tags', tags: [a, b] });
  t.same(parseEntityTags(', ,"a",, ,W/"b,c",'), { kind: 'tags', tags: [a, b] }, 'empty elements');
  for (const text of ['', ',', ' , ', '"a" W/"b"', '"a""b"', '"a", *', '*, "a"', '**', 'a', '"a", b', '"a', '"a", "', '"a";x', '"a",W/', '"a b"']) {
    t.same(parseEntityTags(text), { kind: 'malformed' }, JSON.stringify(text));
  }
  t.end();
});

t.test('the table of RFC 9110 §8.8.3.2', (t) => {
  const rows: [string, string, boolean, boolean][] = [
    ['W/"1"', 'W/"1"', false, true],
    ['W/"1"', 'W/"2"', false, false],
    ['W/"1"', '"1"', false, true],
    ['"1"', '"1"', true, true],
  ];
  for (const [left, right, strong, weak] of rows) {
    t.equal(matchesStrongly(parseEntityTag(left)!, parseEntityTag(right)!), strong, `${left} ${right} strong`);
    t.equal(matchesStrongly(parseEntityTag(right)!, parseEntityTag(left)!), strong, `${right} ${left} strong`);
    t.equal(matchesWeakly(parseEntityTag(left)!, parseEntityTag(right)!), weak, `${left} ${right} weak`);
  }
  t.end();
});

const tag = fc.record({ weak: fc.boolean(), opaque: fc.stringMatching(/^[!#-~\x80-\xff]{0,12}$/) }, { noNullPrototype: true });
const separator = fc.constantFrom(',', ', ', ' ,', ',\t,', ' , , ');

t.test('parse(format(x)) is x', (t) => {
  fc.assert(fc.property(tag, (one) => { assert.deepEqual(parseEntityTag(formatEntityTag(one)), one); }));
  fc.assert(
    fc.property(fc.array(tag, { minLength: 1, maxLength: 6 }), separator, (tags, comma) => {
      assert.deepEqual(parseEntityTags(tags.map(formatEntityTag).join(comma)), { kind: 'tags', tags });
    }),
  );
  t.end();
});

t.test('any text gives one of the three kinds', (t) => {
  const noise = fc.oneof(fc.string(), fc.stringMatching(/^[W/",* a]{0,12}$/));
  fc.assert(
    fc.property(noise, (text) => {
      const list = parseEntityTags(text);
      if (list.kind === 'tags') for (const one of list.tags) assert.ok(text.includes(formatEntityTag(one)));
    }),
    { numRuns: 2_000 },
  );
  t.end();
});
