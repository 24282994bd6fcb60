import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { canonicalQuery, parseNoVarySearch } from '../../http/no-vary-search.ts';

t.test('rules', (t) => {
  const rows: [string, boolean, 'matter' | 'ignored', string[]][] = [
    ['key-order', false, 'ignored', []],
    ['key-order=?1', false, 'ignored', []],
    ['params', true, 'matter', []],
    ['params=?1', true, 'matter', []],
    ['params=("a")', true, 'ignored', ['a']],
    ['params=("utm_source" "utm_medium" "utm_campaign")', true, 'ignored', ['utm_source', 'utm_medium', 'utm_campaign']],
    ['params, except=("x")', true, 'matter', ['x']],
    ['params, except=()', true, 'matter', []],
    ['params, key-order, except=("x")', false, 'matter', ['x']],
    ['key-order, params=("a")', false, 'ignored', ['a']],
    ['key-order, params=?0', false, 'ignored', []],
    ['key-order, params=()', false, 'ignored', []],
    ['key-order, unknown=1', false, 'ignored', []],
    ['key-order;x=1, params=("a";y);z', false, 'ignored', ['a']],
    ['key-order=?0, key-order', false, 'ignored', []],
    // Names are urlencoded.
    ['params=("%C3%A9+%E6%B0%97")', true, 'ignored', ['\u00e9 \u6c17']],
    ['params=("a&b" "c=d" "?" "" "%" "%2" "%zz" "%26")', true, 'ignored', ['a&b', 'c=d', '?', '', '%', '%2', '%zz', '&']],
    ['params=("%ff")', true, 'ignored', ['\ufffd']],
    ['params=("__proto__" "constructor")', true, 'ignored', ['__proto__', 'constructor']],
  ];
  for (const [value, ordered, kind, parameters] of rows) t.strictSame(parseNoVarySearch(value), { ordered, names: kind, parameters: new Set(parameters) }, value);
  t.end();
});

t.test('no rules', (t) => {
  const values = [
    undefined, '', ' ',
    // The draft's list of invalid ones.
    'unknown-key', 'key-order="not a boolean"', 'params="not a boolean or inner list"', 'params=(not-a-string)', 'params=("a"), except=("x")', 'params=(), except=()',
    'params=?0, except=("x")', 'params, except=(not-a-string)', 'params, except="not an inner list"', 'params, except=?1', 'except=("x")', 'except=()',
    // Those that say nothing.
    'params=?0', 'params=()', 'key-order=?0', 'key-order=?0, params=()',
    // Other types, and no Dictionary.
    'key-order=1', 'key-order=yes', 'key-order=()', 'params=1', 'params=("a" b)', 'params=(%"a")', 'params, except=("a" 1)', 'key-order, params=x', 'key-order, except', 'key-order,',
    'key-order, params=(', 'Key-Order', 'params=("a"', 'params=("\xe9")',
  ];
  for (const value of values) t.equal(parseNoVarySearch(value), undefined, JSON.stringify(value ?? 'absent'));
  t.end();
});

/** Of each row all queries are one; of two rows they are not. */
const classes: readonly (readonly [value: string, classes: readonly (readonly string[])[]])[] = [
  ['', [[''], ['?'], ['?a=b&&&c'], ['?a=b&c='], ['?a=b&c'], ['?%61=b'], ['?a=b']]],
  // The draft's equivalences under any rule.
  [
    'key-order',
    [
      ['', '?', '?&', '?&&&'],
      ['?a=x', '?%61=%78', '?a=x&&&&', '?&a=x', '?a=%78'],
      ['?a=%c3%a9', '?a=%C3%A9', '?a=\xc3\xa9', '?a=\xc3%a9'],
      ['?a=%f6', '?a=%ef%bf%bd', '?a=\xf6'],
      ['?a=', '?a'],
      ['?a=%20', '?a=+', '?a=+&'],
      ['?a=%2B', '?a=%2b'],
      ['?a=1&b=2', '?b=2&a=1'],
      ['?a=1&a=2'],
      ['?a=2&a=1'],
      ['?a=1&b=1&a=2', '?a=1&a=2&b=1', '?b=1&a=1&a=2'],
      ['?a=1&b=1&a=2&b=2', '?b=1&b=2&a=1&a=2'],
      ['?=1', '?=1&'],
      ['?='],
      ['??a=1', '?%3Fa=1'],
      ['?a==1', '?a=%3D1'],
      ['?a%3D=1'],
      ['?a%26b=1'],
      ['?a&b=1', '?b=1&a='],
      ['?a;b=1'],
      ['?A=x'],
      ['?a=X'],
      ['?%=%', '?%25=%25'],
      ['?%zz', '?%25zz='],
      ['?__proto__=1'],
    ],
  ],
  ['params=("a")', [['', '?', '?a', '?a=1', '?%61=1&a=2&&'], ['?b=1', '?a=1&b=1', '?b=1&a'], ['?b=1&c=1', '?b=1&a=1&c=1'], ['?c=1&b=1'], ['?A=1'], ['?aa=1'], ['?a%20=1']]],
  ['params', [['', '?', '?a=1', '?b&c', '?%ff']]],
  ['params, except=("x")', [['', '?y=1', '?X=1'], ['?x=1', '?y=2&x=1', '?x=1&y=3&y'], ['?x=1&x=2', '?x=1&z&x=2'], ['?x=2&x=1'], ['?x', '?x=', '?%78'], ['?x=2']]],
  ['params, except=("x" "y")', [['?x=1&y=2', '?x=1&z&y=2'], ['?y=2&x=1']]],
  ['params, except=("x" "y"), key-order', [['?x=1&y=2', '?y=2&x=1', '?z&y=2&x=1'], ['?x=1']]],
  ['params=("%C3%A9+%E6%B0%97")', [['', '?%C3%A9%20%E6%B0%97=3', '?\xc3\xa9+\xe6\xb0\x97=2', '?%C3%A9+%E6%B0%97=4'], ['?%C3%A9=1'], ['?\xe9+%E6%B0%97=1']]],
  ['params=("?" "")', [['', '??=1', '?=1', '?%3f'], ['?a']]],
];

t.test('queries', (t) => {
  for (const [value, rows] of classes) {
    const rule = parseNoVarySearch(value);
    const forms = rows.map((queries) => new Set(queries.map((query) => canonicalQuery(query, rule))));
    for (const [k, form] of forms.entries()) t.equal(form.size, 1, `${value}: ${rows[k]!.join(' ')}`);
    t.equal(new Set(forms.flatMap((form) => [...form])).size, rows.length, `${value}: all differ`);
  }
  t.equal(canonicalQuery('?b=2&a=%20', undefined), '?b=2&a=%20');
  t.end();
});

t.test('long queries', (t) => {
  const rule = parseNoVarySearch('key-order');
  t.equal(canonicalQuery(`?${'b&a&'.repeat(16_383)}`, rule).length, 1 + 32_766 * 3 - 1);
  const long = `?${'b&a&'.repeat(20_000)}`;
  t.equal(canonicalQuery(long, rule), long, 'as it is');
  t.equal(canonicalQuery(`?${'&'.repeat(65_000)}`, rule), '');
  t.equal(parseNoVarySearch(`params=(${'"a" '.repeat(100_000)})`)?.parameters.size, 1);
  t.end();
});

t.test('against a naive oracle', (t) => {
  const piece = fc.constantFrom('a', 'b', '%61', 'c', '', '%ff', '+');
  const pair = fc.tuple(piece, fc.constantFrom('', '='), piece).map((parts) => parts.join(''));
  const query = fc.array(pair, { maxLength: 4 }).map((pairs) => `?${pairs.join('&')}`);
  const rules = fc.constantFrom('key-order', 'params=("a")', 'params', 'params, except=("b")', 'key-order, params=("a" "c")', 'key-order, params, except=("a" "b")');
  fc.assert(
    fc.property(query, query, rules, (one, other, value) => {
      const rule = parseNoVarySearch(value);
      const listed = /\((.*)\)/.exec(value)?.[1]?.split(' ').map((name) => name.slice(1, -1)) ?? [];
      const list = (text: string): [string, string][] => {
        const kept = [...new URLSearchParams(text)].filter(([name]) => (/params(,|$)/.test(value) ? listed.includes(name) : !listed.includes(name)));
        return value.includes('key-order') ? kept.sort(([a], [b]) => (a === b ? 0 : a < b ? -1 : 1)) : kept;
      };
      const same = JSON.stringify(list(one)) === JSON.stringify(list(other));
      assert.equal(canonicalQuery(one, rule) === canonicalQuery(other, rule), same, `${one} ${other} ${value}`);
      assert.equal(canonicalQuery(canonicalQuery(one, rule), rule), canonicalQuery(one, rule));
    }),
    { numRuns: 1_500 },
  );
  t.end();
});

t.test('any text: never throws', (t) => {
  const noise = fc.oneof(fc.string({ unit: 'binary' }), fc.stringMatching(/^(params|except|key-order)[=("a) ,?1]{0,8}(, except)?[=("a) ]{0,5}$/));
  fc.assert(
    fc.property(noise, fc.string({ unit: 'binary' }), (value, query) => {
      assert.equal(typeof canonicalQuery(`?${query}`, parseNoVarySearch(value)), 'string');
      assert.equal(typeof canonicalQuery(`?${query}`, { ordered: false, names: 'ignored', parameters: new Set(['a']) }), 'string');
    }),
    { numRuns: 1_000 },
  );
  t.end();
});
