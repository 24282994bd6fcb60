import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { type ContentRange, parseContentRange, POSITION_UNKNOWN } from '../../http/content-range.ts';
import { contentRange, unsatisfiedRange } from '../../http/range.ts';

const rows: readonly (readonly [value: string, range: readonly [from: number, to: number, size: number]])[] = [
  // RFC 9110 §14.4.
  ['bytes 42-1233/1234', [42, 1233, 1234]],
  ['bytes 42-1233/*', [42, 1233, POSITION_UNKNOWN]],
  ['bytes */1234', [POSITION_UNKNOWN, POSITION_UNKNOWN, 1234]],
  ['bytes 0-499/1234', [0, 499, 1234]],
  ['bytes 734-1233/1234', [734, 1233, 1234]],
  ['bytes 0-0/1', [0, 0, 1]],
  ['bytes */0', [POSITION_UNKNOWN, POSITION_UNKNOWN, 0]],
  ['BYTES 0-99/200', [0, 99, 200]],
  ['bytes 00-099/0200', [0, 99, 200]],
  ['bytes 0-9007199254740990/9007199254740991', [0, 9_007_199_254_740_990, 9_007_199_254_740_991]],
];

const invalid = [
  '', 'bytes', 'bytes ', 'bytes 0-99', 'bytes 0-99/', 'bytes */*', 'bytes *', 'bytes /200', 'bytes -99/200', 'bytes 0-/200', 'bytes 0/200',
  // Before its beginning, and beyond the length.
  'bytes 99-0/200', 'bytes 0-200/200', 'bytes 0-0/0', 'bytes 1-0/*',
  'bytes  0-99/200', 'bytes\t0-99/200', 'bytes=0-99/200', 'bytes:0-99/200', ' bytes 0-99/200', 'bytes 0-99/200 ', 'bytes 0 -99/200', 'bytes 0-99 /200', 'bytes 0-99/ 200',
  'byte 0-99/200', 'items 0-99/200', '0-99/200', 'bytes 0-99/200, bytes 0-99/200', 'bytes 0-99,100-199/200', 'bytes +0-99/200', 'bytes 0--99/200', 'bytes 0x0-99/200',
  'bytes 0-99/200\n', 'bytes 0-9.5/200', 'bytes 0-99/9007199254740992', 'bytes 0-99999999999999999999/*', `bytes 0-${'9'.repeat(100_000)}/*`,
];

t.test('Content-Range', (t) => {
  for (const [value, [from, to, size]] of rows) t.strictSame(parseContentRange(value), { from, to, size }, value);
  for (const value of invalid) t.equal(parseContentRange(value), undefined, JSON.stringify(value.slice(0, 40)));
  t.equal(parseContentRange(undefined), undefined);
  t.end();
});

t.test('what we send we understand', (t) => {
  fc.assert(
    fc.property(fc.nat(), fc.nat(), fc.nat(), (from, length, rest) => {
      const size = from + length + 1 + rest;
      assert.deepEqual(parseContentRange(contentRange(from, from + length + 1, size)), { from, to: from + length, size } satisfies ContentRange);
      assert.deepEqual(parseContentRange(unsatisfiedRange(size)), { from: -1, to: -1, size } satisfies ContentRange);
    }),
  );
  t.end();
});

t.test('any text: a range within its size, or none', (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^bytes [0-9*]{1,3}-?[0-9]{0,3}\/[0-9*]{0,3}$/)), (text) => {
      const range = parseContentRange(text);
      if (range === undefined) return;
      assert.ok(range.from <= range.to && (range.size === POSITION_UNKNOWN || range.to < range.size));
      assert.ok(range.from !== POSITION_UNKNOWN || range.size !== POSITION_UNKNOWN);
    }),
    { numRuns: 2_000 },
  );
  t.end();
});
