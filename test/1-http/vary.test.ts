import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { RequestHead } from '../../http/head.ts';
import { latin1Bytes } from '../../http/latin1.ts';
import { canonicalPreferences } from '../../http/negotiation.ts';
import { FIELD_ABSENT, type SelectingFields, selectingValue, selectingValues, varyNames } from '../../http/vary.ts';
import { selectingCases } from './vary-cases.ts';

function having(value: string | undefined): SelectingFields {
  return { fieldNamed: () => value };
}

t.test('Vary', (t) => {
  const rows: [string | undefined, readonly string[] | '*'][] = [
    [undefined, []],
    ['', []],
    [' , ,', []],
    ['Accept-Encoding', ['accept-encoding']],
    ['accept-encoding, Accept-Language', ['accept-encoding', 'accept-language']],
    ['b,A , c\t,a,B', ['a', 'b', 'c']],
    ['X-Foo!#$', ['x-foo!#$']],
    ['__proto__, constructor', ['__proto__', 'constructor']],
    // §4.1: "a member "*" always fails to match".
    ['*', '*'],
    ['*, *', '*'],
    [', *', '*'],
    ['*, Foo', '*'],
    ['Foo, *', '*'],
    // A field name may have an asterisk in it.
    ['foo*', ['foo*']],
    // In doubt nothing matches.
    ['foo bar', '*'],
    ['foo;', '*'],
    ['foo: bar', '*'],
    ['"foo"', '*'],
    ['foo, "', '*'],
    ['foo/bar', '*'],
    ['f\xf6\xf6', '*'],
  ];
  for (const [value, names] of rows) t.strictSame(varyNames(value), names, JSON.stringify(value ?? 'absent'));
  t.equal(varyNames('a,'.repeat(200_000)).length, 1);
  t.end();
});

t.test('selecting values: equal where they match, and only there', (t) => {
  for (const [name, rows] of selectingCases) {
    const seen = new Map<string, string>();
    for (const row of rows) {
      const values = new Set(row.map((value) => selectingValue(name, having(value))));
      const [form] = values;
      t.equal(values.size, 1, `${name}: ${JSON.stringify(row)} are ${JSON.stringify([...values])}`);
      t.equal(seen.get(form!), undefined, `${name}: ${JSON.stringify(row)} match nothing else`);
      seen.set(form!, JSON.stringify(row));
    }
  }
  t.end();
});

t.test('of a request', (t) => {
  const head = new RequestHead();
  const bytes = latin1Bytes('GET / HTTP/1.1\r\nHost: a\r\nAccept-Encoding: br\r\nFoo: 1\r\nAccept-Encoding:\tgzip\r\nfoo: 2\r\nEmpty:\r\n\r\n');
  head.parse(bytes, 0, bytes.length);
  t.strictSame(selectingValues(['foo', 'accept-encoding', 'empty', 'bar'], head), ['1, 2', 'br,gzip', '', FIELD_ABSENT]);
  t.strictSame(selectingValues([], head), []);
  t.end();
});

t.test('a long value is not looked into', (t) => {
  const short = `en${',de'.repeat(340)}`;
  t.equal(selectingValue('accept-language', having(short)), 'en,de');
  const long = `EN${', de'.repeat(400)}`;
  t.equal(selectingValue('accept-language', having(` ${long} `)), long);
  t.equal(selectingValue('accept-encoding', having('a'.repeat(1_000_000))).length, 1_000_000);
  t.end();
});

const member = fc.tuple(fc.constantFrom('gzip', 'br', 'x-gzip', '*', 'En'), fc.constantFrom('', ';q=1', ';q=0.5', '; q=0.50', ';q=0', ';q=x'));
const comma = fc.constantFrom(',', ', ', '\t,', ',,');

t.test('once more changes nothing, and nothing gets longer', (t) => {
  const noise = fc.oneof(
    fc.string(),
    fc.stringMatching(/^[aB/*;,q=".\\ 01]{0,24}$/),
    fc.tuple(fc.array(member), comma).map(([members, separator]) => members.map((parts) => parts.join('')).join(separator)),
  );
  fc.assert(
    fc.property(fc.constantFrom('accept', 'accept-charset', 'accept-encoding', 'accept-language', 'prefer', 'x-foo'), noise, (name, value) => {
      const form = selectingValue(name, having(value));
      assert.equal(selectingValue(name, having(form)), form, JSON.stringify(value));
      assert.ok(form.length <= value.length);
      assert.notEqual(form, FIELD_ABSENT);
    }),
    { numRuns: 3_000 },
  );
  t.end();
});

t.test('the weight of each coding is kept, and nothing else is told apart', (t) => {
  const distinct = fc.uniqueArray(fc.tuple(fc.constantFrom('gzip', 'br', 'zstd', '*', 'foo'), fc.nat(1000)), { selector: ([name]) => name });
  fc.assert(
    fc.property(distinct, comma, fc.nat(), (weights, separator, shift) => {
      const write = (all: readonly (readonly [string, number])[]): string => all.map(([name, weight]) => `${name};q=${(weight / 1000).toFixed(3)}`).join(separator);
      const turned = [...weights.slice(shift % (weights.length + 1)), ...weights.slice(0, shift % (weights.length + 1))];
      const form = canonicalPreferences('accept-encoding', write(weights));
      assert.equal(canonicalPreferences('accept-encoding', write(turned)), form);
      const [first, ...rest] = weights;
      if (first === undefined) return;
      assert.notEqual(canonicalPreferences('accept-encoding', write([[first[0], first[1] === 0 ? 1 : first[1] - 1], ...rest])), form);
      assert.notEqual(canonicalPreferences('accept-encoding', write(rest)), form);
    }),
    { numRuns: 1_000 },
  );
  t.end();
});
