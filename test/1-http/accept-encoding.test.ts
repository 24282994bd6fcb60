import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { chooseCoding, parseAcceptEncoding, parseWeight, WEIGHT_MALFORMED, type Chosen, type Coding } from '../../http/accept-encoding.ts';
import { encodingCases } from './accept-encoding-cases.ts';

const everything: readonly Coding[] = ['br', 'zstd', 'gzip'];

t.test('values of Accept-Encoding', (t) => {
  for (const [value, all, gzip, nothing] of encodingCases) {
    const acceptance = parseAcceptEncoding(value);
    const name = JSON.stringify(value ?? 'absent');
    t.equal(chooseCoding(acceptance, everything), all, `${name}: br, zstd, gzip`);
    t.equal(chooseCoding(acceptance, ['gzip']), gzip, `${name}: gzip`);
    t.equal(chooseCoding(acceptance, []), nothing, `${name}: the file alone`);
    t.equal(chooseCoding(acceptance, [], false), 'none', `${name}: nothing at all`);
  }
  t.end();
});

t.test('the order among equals is the server’s', (t) => {
  const acceptance = parseAcceptEncoding('br, zstd, gzip');
  t.equal(chooseCoding(acceptance, ['gzip', 'zstd', 'br']), 'gzip');
  t.equal(chooseCoding(acceptance, ['zstd', 'br', 'gzip']), 'zstd');
  t.equal(chooseCoding(parseAcceptEncoding('*'), ['zstd', 'gzip']), 'zstd');
  t.equal(chooseCoding(parseAcceptEncoding('br;q=0.1, gzip;q=0.2'), ['br', 'zstd', 'gzip']), 'gzip');
  t.end();
});

t.test('where there is no plain file', (t) => {
  t.equal(chooseCoding(parseAcceptEncoding(undefined), ['gzip', 'br'], false), 'gzip', 'without the field any coding is acceptable');
  t.equal(chooseCoding(parseAcceptEncoding(''), ['gzip'], false), 'none');
  t.equal(chooseCoding(parseAcceptEncoding('identity'), ['gzip'], false), 'none');
  t.equal(chooseCoding(parseAcceptEncoding('identity, gzip;q=0.1'), ['gzip'], false), 'gzip');
  t.end();
});

t.test('weights', (t) => {
  const rows: [string, number][] = [
    ['0', 0], ['0.', 0], ['0.0', 0], ['0.000', 0], ['0.001', 1], ['0.5', 500], ['0.29', 290], ['0.999', 999], ['1', 1000], ['1.', 1000], ['1.000', 1000],
  ];
  for (const [text, weight] of rows) t.equal(parseWeight(text), weight, text);
  for (const text of ['', '.', '.5', '0.0000', '1.0000', '1.001', '2', '10', '01', '-0', '+1', ' 1', '1 ', '1e0', '0,5', '\u0661', '1\n', 'NaN']) {
    t.equal(parseWeight(text), WEIGHT_MALFORMED, JSON.stringify(text));
  }
  t.end();
});

t.test('thousands of members', (t) => {
  t.equal(chooseCoding(parseAcceptEncoding(`${'x,'.repeat(100_000)}gzip`), everything), 'gzip');
  t.equal(chooseCoding(parseAcceptEncoding(`gzip${';q=1'.repeat(100_000)}`), everything), 'identity');
  t.equal(chooseCoding(parseAcceptEncoding(`${'br;q=0.1,'.repeat(100_000)}gzip`), everything), 'gzip');
  t.equal(chooseCoding(parseAcceptEncoding(`gzip${' '.repeat(100_000)};q=0`), everything), 'identity');
  t.end();
});

const names = fc.constantFrom('br', 'zstd', 'gzip', 'identity', '*', 'deflate');
const member = fc.record({ name: names, thousandths: fc.option(fc.nat(1000)) });
const comma = fc.constantFrom(',', ', ', ' ,\t', ' , , ');

/** By the rules of §12.5.3, one after the other. */
function oracle(members: readonly { name: string; thousandths: number | null }[], available: readonly Coding[], identity: boolean): Chosen {
  const weight = (name: string): number | undefined => {
    const found = members.find((one) => one.name === name);
    return found && (found.thousandths ?? 1000);
  };
  const offers: { name: Chosen; weight: number; index: number }[] = available.map((name, index) => ({ name, weight: weight(name) ?? weight('*') ?? 0, index }));
  if (identity) offers.push({ name: 'identity', weight: weight('identity') ?? weight('*') ?? 0.5, index: offers.length });
  offers.sort((a, b) => b.weight - a.weight || a.index - b.index);
  const best = offers[0];
  return best === undefined || best.weight === 0 ? 'none' : best.name;
}

t.test('against a naive oracle', (t) => {
  const members = fc.array(member, { maxLength: 6 });
  fc.assert(
    fc.property(members, comma, fc.shuffledSubarray([...everything]), fc.boolean(), (list, separator, available, identity) => {
      const value = list.map(({ name, thousandths }) => (thousandths === null ? name : `${name};q=${(thousandths / 1000).toFixed(3)}`)).join(separator);
      assert.equal(chooseCoding(parseAcceptEncoding(value), available, identity), oracle(list, available, identity), value);
    }),
    { numRuns: 3_000 },
  );
  t.end();
});

t.test('any text: what is chosen is there, and no weight is out of range', (t) => {
  const noise = fc.oneof(fc.string(), fc.stringMatching(/^[gzipbrq=;,.01* x-]{0,30}$/));
  fc.assert(
    fc.property(noise, (text) => {
      const acceptance = parseAcceptEncoding(text);
      for (const weight of Object.values(acceptance)) assert.ok(Number.isInteger(weight) && weight >= 0 && weight <= 1000);
      assert.ok(['gzip', 'identity', 'none'].includes(chooseCoding(acceptance, ['gzip'])));
    }),
    { numRuns: 2_000 },
  );
  t.end();
});
