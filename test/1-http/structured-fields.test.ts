import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { isStructuredToken, type Item, type ListMember, parseDictionary, parseItem, parseList, type SerialisableItem, serialiseItem } from '../../http/structured-fields.ts';
import { dictionaryCases, itemCases, listCases } from './structured-field-cases.ts';

t.test('items', (t) => {
  for (const [text, item] of itemCases) t.strictSame(written(parseItem(text)), item, JSON.stringify(text));
  t.end();
});

t.test('an item as the only member of a list and of a dictionary', (t) => {
  for (const [text, item] of itemCases) {
    if (item === undefined) continue;
    t.strictSame(written(parseList(text)?.[0]), item, JSON.stringify(text));
    t.strictSame(written(parseDictionary(`a=${text.trim()}`)?.get('a')), item, JSON.stringify(text));
  }
  t.end();
});

t.test('lists', (t) => {
  for (const [text, members] of listCases) t.strictSame(parseList(text)?.map(written), members, JSON.stringify(text));
  t.end();
});

t.test('dictionaries', (t) => {
  for (const [text, members] of dictionaryCases) {
    const parsed = parseDictionary(text);
    t.strictSame(parsed && Object.fromEntries([...parsed].map(([key, member]) => [key, written(member)])), members, JSON.stringify(text));
  }
  t.equal(parseDictionary('constructor=1')?.get('constructor')?.kind, 'integer');
  t.equal(parseDictionary('a=1')?.get('constructor'), undefined);
  t.end();
});

t.test('serialised', (t) => {
  t.equal(serialiseItem({ kind: 'token', value: 'a/b' }), 'a/b');
  t.equal(serialiseItem({ kind: 'string', value: 'a "b" \\' }), '"a \\"b\\" \\\\"');
  t.equal(serialiseItem({ kind: 'integer', value: -0 }), '0');
  t.equal(serialiseItem({ kind: 'boolean', value: true }), '?1');
  const one: SerialisableItem = { kind: 'integer', value: -1 };
  t.equal(serialiseItem(one, [['a', { kind: 'boolean', value: true }], ['*b', { kind: 'boolean', value: false }], ['c', one]]), '-1;a;*b=?0;c=-1');
  for (const value of [1e15, -1e15, 1.5, Number.NaN, Number.POSITIVE_INFINITY]) t.throws(() => serialiseItem({ kind: 'integer', value }), /not an sf-integer/);
  for (const value of ['\t', '\n', '\x7f', '\xe9', '\u20ac']) t.throws(() => serialiseItem({ kind: 'string', value }), /not an sf-string/);
  for (const value of ['', '1', 'a b', 'a"', '\xe9', 'a\n']) {
    t.throws(() => serialiseItem({ kind: 'token', value }), /not an sf-token/);
    t.equal(isStructuredToken(value), false);
  }
  for (const key of ['', 'A', '1', 'a b', 'a\n', 'a=']) t.throws(() => serialiseItem(one, [[key, one]]), /not a key/);
  t.end();
});

t.test('long values', (t) => {
  t.equal(parseList('1, '.repeat(100_000)), undefined);
  t.equal(parseList(`${'1, '.repeat(100_000)}1`)?.length, 100_001);
  t.equal(parseList(`${' '.repeat(1_000_000)}1`)?.length, 1);
  t.equal(parseList(`1${' '.repeat(1_000_000)}`)?.length, 1);
  t.equal(parseItem(`"${'\\"'.repeat(500_000)}"`)?.value, '"'.repeat(500_000));
  t.equal(parseItem(`"${'\\"'.repeat(500_000)}`), undefined);
  t.equal(parseItem(`%"${'%c3%a9'.repeat(100_000)}"`)?.value, '\u00e9'.repeat(100_000));
  t.equal((parseItem(`:${'AAAA'.repeat(250_000)}:`)?.value as Uint8Array).length, 750_000);
  t.equal(parseItem(`:${'AAAA'.repeat(250_000)}`), undefined);
  t.equal(parseItem('1'.repeat(1_000_000)), undefined);
  t.equal(parseItem('a'.repeat(1_000_000))?.kind, 'token');
  t.equal(parseDictionary('a'.repeat(1_000_000))?.size, 1);
  t.equal(parseItem(`1${';a'.repeat(200_000)}`)?.parameters.size, 1);
  t.equal(parseList('('.repeat(1_000_000)), undefined);
  t.equal(parseList(`(${'1 '.repeat(200_000)}`), undefined);
  t.end();
});

const serialisable: fc.Arbitrary<SerialisableItem> = fc.oneof(
  fc.integer({ min: -999_999_999_999_999, max: 999_999_999_999_999 }).map((value) => ({ kind: 'integer' as const, value })),
  fc.stringMatching(/^[ -~]{0,12}$/).map((value) => ({ kind: 'string' as const, value })),
  fc.stringMatching(/^[A-Za-z*][A-Za-z0-9!#$%&'*+.^_`|~:/-]{0,8}$/).map((value) => ({ kind: 'token' as const, value })),
  fc.boolean().map((value) => ({ kind: 'boolean' as const, value })),
);
const key = fc.stringMatching(/^[a-z*][a-z0-9_.*-]{0,6}$/);

t.test('parse(serialise(x)) is x', (t) => {
  fc.assert(
    fc.property(serialisable, fc.uniqueArray(fc.tuple(key, serialisable), { maxLength: 4, selector: ([name]) => name }), (item, parameters) => {
      const text = serialiseItem(item, parameters);
      const parsed = parseItem(text);
      assert.deepEqual(parsed, { ...item, parameters: new Map(parameters) }, text);
      assert.deepEqual(parseList(`${text}, ${text}`), [parsed, parsed]);
      assert.deepEqual(parseDictionary(`a, b=${text}`)?.get('b'), parsed);
    }),
    { numRuns: 1_000 },
  );
  t.end();
});

t.test('any text: never throws, and a list of two parses if and only if each does', (t) => {
  const noise = fc.oneof(fc.string(), fc.stringMatching(/^[a1"\\:?@%();=. ,-]{0,16}$/));
  fc.assert(
    fc.property(noise, noise, (one, other) => {
      parseItem(one);
      parseDictionary(one);
      if (/["(:%]/.test(one + other) || [one, other].some((text) => /^[ \t]*$/.test(text))) return;
      const both = parseList(`${one},${other}`);
      assert.equal(both !== undefined, parseList(one) !== undefined && parseList(other.replace(/^[ \t]+/, '')) !== undefined, JSON.stringify([one, other]));
    }),
    { numRuns: 3_000 },
  );
  t.end();
});

/** As the cases are written. */
function written(member: ListMember | undefined): unknown {
  if (member === undefined) return undefined;
  const parameters = Object.fromEntries([...member.parameters].map(([name, value]) => [name, [value.kind, value.value]]));
  const rest = member.parameters.size === 0 ? [] : [parameters];
  if (member.kind === 'inner-list') return [member.kind, member.items.map((item: Item) => written(item)), ...rest];
  return [member.kind, member.kind === 'bytes' ? Buffer.from(member.value).toString('hex') : member.value, ...rest];
}
