import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { parseAge } from '../../http/age.ts';

const rows: readonly (readonly [value: string | undefined, seconds: number | undefined])[] = [
  [undefined, undefined],
  ['0', 0],
  ['60', 60],
  ['0060', 60],
  [' 60\t', 60],
  ['2147483648', 2_147_483_648],
  ['99999999999999999999', 2_147_483_648],
  // §5.1: the first member of a list.
  ['60, 120', 60],
  ['7200,0', 7200],
  ['0, 7200', 0],
  ['0, 0', 0],
  ['60, x', 60],
  [', 60', 60],
  // Something other than a non-negative integer: ignored.
  ['', undefined],
  [' ', undefined],
  [',', undefined],
  ['abc', undefined],
  ['-7200', undefined],
  ['+1', undefined],
  ['7200.0', undefined],
  ['1e3', undefined],
  ['60s', undefined],
  ['60;x', undefined],
  ['"60"', undefined],
  ['6 0', undefined],
  ['x, 60', undefined],
  ['-1, 60', undefined],
];

t.test('Age', (t) => {
  for (const [value, seconds] of rows) t.equal(parseAge(value), seconds, JSON.stringify(value ?? 'absent'));
  t.end();
});

t.test('any text: seconds, or nothing', (t) => {
  fc.assert(
    fc.property(fc.oneof(fc.string(), fc.stringMatching(/^[0-9, .+-]{0,16}$/)), (text) => {
      const seconds = parseAge(text);
      assert.ok(seconds === undefined || (Number.isInteger(seconds) && seconds >= 0 && seconds <= 2_147_483_648));
    }),
  );
  t.equal(parseAge('1,'.repeat(500_000)), 1);
  t.end();
});
