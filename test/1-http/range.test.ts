import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { type ByteRange, contentRange, parseRange, unsatisfiedRange } from '../../http/range.ts';

/** "0-5 8-9", "ignore" or "unsatisfiable". */
function outcomeOf(value: string, size: number): string {
  const outcome = parseRange(value, size);
  return outcome.kind === 'ranges' ? outcome.ranges.map(({ start, end }) => `${start}-${end}`).join(' ') : outcome.kind;
}

const rows: [value: string, size: number, outcome: string][] = [
  ['bytes=0-0', 10, '0-1'],
  ['bytes=0-4', 10, '0-5'],
  ['bytes=9-9', 10, '9-10'],
  ['bytes=0-9', 10, '0-10'],
  ['bytes=0-10', 10, '0-10'],
  ['bytes=5-99999999999999999999', 10, '5-10'],
  ['bytes=5-', 10, '5-10'],
  ['bytes=-3', 10, '7-10'],
  ['bytes=-10', 10, '0-10'],
  ['bytes=-11', 10, '0-10'],
  ['bytes=-99999999999999999999999', 10, '0-10'],
  [`bytes=-${'9'.repeat(400)}`, 10, '0-10'],
  ['BYTES=1-2', 10, '1-3'],
  ['bytes=001-02', 10, '1-3'],
  ['bytes= 0-1, 4-5', 10, '0-2 4-6'],
  ['bytes=0-1\t,\t4-5 ', 10, '0-2 4-6'],
  ['bytes=,0-1,,4-5,', 10, '0-2 4-6'],
  ['bytes=4-5,0-1', 10, '4-6 0-2'],
  ['bytes=0-1,-1', 10, '0-2 9-10'],
  ['bytes=0-1,20-30', 10, '0-2'],
  ['bytes=20-30,0-1', 10, '0-2'],
  ['bytes=-0,0-1', 10, '0-2'],

  ['bytes=0-5,3-8', 10, '0-9'],
  ['bytes=3-8,0-5', 10, '0-9'],
  ['bytes=0-1,2-3', 10, '0-4'],
  ['bytes=0-1,3-4', 10, '0-2 3-5'],
  ['bytes=0-1,5-6,1-5', 10, '0-7'],
  ['bytes=8-8,0-1,5-6,1-5', 10, '8-9 0-7'],
  ['bytes=5-6,8-8,0-1,1-5', 10, '0-7 8-9'],
  ['bytes=0-,0-,0-', 10, '0-10'],
  ['bytes=0-0,-1,0-', 10, '0-10'],

  ['bytes=10-', 10, 'unsatisfiable'],
  ['bytes=10-20', 10, 'unsatisfiable'],
  ['bytes=10-20,30-40', 10, 'unsatisfiable'],
  ['bytes=-0', 10, 'unsatisfiable'],
  ['bytes=99999999999999999999-', 10, 'unsatisfiable'],
  ['bytes=9007199254740993-9007199254740994', 10, 'unsatisfiable'],
  ['bytes=0-', 0, 'unsatisfiable'],
  ['bytes=0-0', 0, 'unsatisfiable'],
  ['bytes=-0', 0, 'unsatisfiable'],

  ['bytes=-1', 0, 'ignore'],
  ['bytes=0-,-1', 0, 'ignore'],
  ['', 10, 'ignore'],
  ['bytes', 10, 'ignore'],
  ['bytes=', 10, 'ignore'],
  ['bytes=,', 10, 'ignore'],
  ['bytes= ', 10, 'ignore'],
  ['bytes=-', 10, 'ignore'],
  ['bytes=--1', 10, 'ignore'],
  ['bytes=1--2', 10, 'ignore'],
  ['bytes=5', 10, 'ignore'],
  ['bytes=a-b', 10, 'ignore'],
  ['bytes=0-b', 10, 'ignore'],
  ['bytes=0x0-0x1', 10, 'ignore'],
  ['bytes=+0-1', 10, 'ignore'],
  ['bytes=0-+1', 10, 'ignore'],
  ['bytes=1.0-2', 10, 'ignore'],
  ['bytes=1e0-2', 10, 'ignore'],
  ['bytes=5-4', 10, 'ignore'],
  ['bytes=50-40', 10, 'ignore'],
  ['bytes=0-1,5-4', 10, 'ignore'],
  ['bytes=0-1,x', 10, 'ignore'],
  ['bytes=0-1;4-5', 10, 'ignore'],
  ['bytes=0-1 4-5', 10, 'ignore'],
  ['bytes=0 -1', 10, 'ignore'],
  ['bytes=0- 1', 10, 'ignore'],
  ['bytes=0-1-2', 10, 'ignore'],
  ['bytes =0-1', 10, 'ignore'],
  [' bytes=0-1', 10, 'ignore'],
  ['bytes:0-1', 10, 'ignore'],
  ['lines=0-1', 10, 'ignore'],
  ['bytes=0-1, bytes=4-5', 10, 'ignore'],
  ['bytes=\u0660-1', 10, 'ignore'],
];

t.test('values of Range', (t) => {
  for (const [value, size, outcome] of rows) t.equal(outcomeOf(value, size), outcome, `${JSON.stringify(value.slice(0, 60))} of ${size}`);
  t.end();
});

t.test('at most 32 ranges, satisfiable or not', (t) => {
  const many = (count: number): string => `bytes=${Array.from({ length: count }, (_, k) => `${k * 2}-${k * 2}`).join()}`;
  t.equal(outcomeOf(many(32), 100).split(' ').length, 32);
  t.equal(outcomeOf(many(33), 100), 'ignore');
  t.equal(outcomeOf(many(33), 10), 'ignore');
  t.equal(parseRange('bytes=0-0,5-5', 10, { rangesMax: 1 }).kind, 'ignore');
  t.equal(outcomeOf(`bytes=${','.repeat(5_000)}0-0`, 10), '0-1', 'empty elements do not count');
  t.end();
});

t.test('Content-Range', (t) => {
  t.equal(contentRange(0, 500, 1234), 'bytes 0-499/1234');
  t.equal(contentRange(0, 1, 1), 'bytes 0-0/1');
  t.equal(unsatisfiedRange(1234), 'bytes */1234');
  t.end();
});

const position = fc.nat(30);
const spec = fc.oneof(
  fc.tuple(position, position).map(([first, last]) => ({ text: `${first}-${last}`, valid: first <= last, covers: (k: number) => k >= first && k <= last })),
  position.map((first) => ({ text: `${first}-`, valid: true, covers: (k: number) => k >= first })),
  position.map((suffix) => ({ text: `-${suffix}`, valid: true, covers: (k: number, size: number) => k >= size - suffix })),
);

function bytesIn(ranges: readonly ByteRange[]): number[] {
  return ranges.flatMap(({ start, end }) => Array.from({ length: end - start }, (_, k) => start + k));
}

t.test('against a naive oracle: the bytes that some range covers, once each', (t) => {
  fc.assert(
    fc.property(fc.array(spec, { minLength: 1, maxLength: 6 }), fc.integer({ min: 1, max: 25 }), (specs, size) => {
      const outcome = parseRange(`bytes=${specs.map(({ text }) => text).join(', ')}`, size);
      const covered = Array.from({ length: size }, (_, k) => k).filter((k) => specs.some(({ covers }) => covers(k, size)));
      const expected = specs.some(({ valid }) => !valid) ? 'ignore' : covered.length === 0 ? 'unsatisfiable' : 'ranges';
      assert.equal(outcome.kind, expected);
      if (outcome.kind !== 'ranges') return;
      assert.deepEqual(bytesIn(outcome.ranges).sort((a, b) => a - b), covered);
      for (const a of outcome.ranges) for (const b of outcome.ranges) assert.ok(a === b || a.end < b.start || b.end < a.start, 'none touch');
      const firstAsked = outcome.ranges.map((range) => specs.findIndex(({ covers }) => bytesIn([range]).some((k) => covers(k, size))));
      assert.deepEqual(firstAsked, firstAsked.toSorted((a, b) => a - b), 'in the order of first appearance');
    }),
    { numRuns: 2_000 },
  );
  t.end();
});

t.test('disjoint ranges keep the order they were asked in, and come back from Content-Range', (t) => {
  fc.assert(
    fc.property(fc.shuffledSubarray([0, 10, 20, 30, 40, 50], { minLength: 1 }), fc.integer({ min: 1, max: 9 }), (starts, length) => {
      const ranges = starts.map((start) => ({ start, end: start + length }));
      const outcome = parseRange(`bytes=${ranges.map(({ start, end }) => `${start}-${end - 1}`).join()}`, 60);
      assert.deepEqual(outcome, { kind: 'ranges', ranges });
      for (const { start, end } of ranges) {
        const [, first, last, size] = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(contentRange(start, end, 60)) ?? [];
        assert.deepEqual([Number(first), Number(last) + 1, Number(size)], [start, end, 60]);
      }
    }),
  );
  t.end();
});

t.test('any text: ranges lie within the size', (t) => {
  const noise = fc.oneof(fc.string(), fc.stringMatching(/^[0-9,\- \t]{0,20}$/));
  fc.assert(
    fc.property(noise, fc.nat(50), (text, size) => {
      const outcome = parseRange(`bytes=${text}`, size);
      if (outcome.kind !== 'ranges') return;
      assert.ok(outcome.ranges.length > 0);
      for (const { start, end } of outcome.ranges) assert.ok(start >= 0 && start < end && end <= size);
    }),
    { numRuns: 2_000 },
  );
  t.end();
});
