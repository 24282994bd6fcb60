import t from 'tap';
import { hasWanted, wantedOf } from '../../cache/policy/wanted.ts';
import type { StoredBody } from '../../cache/store/object.ts';
import { dateAt, requestWith, variantWith } from './policy-messages.ts';

function body(offset: number, end: number): StoredBody {
  return { record: `${offset}-${end}`, offset, bytes: end - offset };
}

const RANGES = (...ranges: readonly (readonly [start: number, end: number])[]): unknown => ({ kind: 'ranges', ranges: ranges.map(([start, end]) => ({ start, end })) });
const DAY = dateAt(-86_400);

t.test('what a request asks for', (t) => {
  const known = variantWith(['ETag: "a"', `Last-Modified: ${DAY}`], { bytes: 10, bodies: [body(0, 5)] });
  const unknown = { ...known, bytes: -1 };
  const rows: readonly (readonly [lines: readonly string[], ofKnown: unknown, ofUnknown: unknown])[] = [
    [[], 'whole', 'whole'],
    [['Range: bytes=1-3'], RANGES([1, 4]), RANGES([1, 4])],
    [['Range: bytes=1-3, 7-8'], RANGES([1, 4], [7, 9]), RANGES([1, 4], [7, 9])],
    [['Range: bytes=7-'], RANGES([7, 10]), 'unresolved'],
    [['Range: bytes=-3'], RANGES([7, 10]), 'unresolved'],
    [['Range: bytes=1-3,-3'], RANGES([1, 4], [7, 10]), 'unresolved'],
    [['Range: bytes=8-99'], RANGES([8, 10]), RANGES([8, 100])],
    [['Range: bytes=10-'], 'unsatisfiable', 'unresolved'],
    [['Range: bytes=10-11'], 'unsatisfiable', RANGES([10, 12])],
    [['Range: bytes=-0'], 'unsatisfiable', 'unresolved'],
    [['Range: bytes=9007199254740991-9007199254740993'], 'unsatisfiable', 'unresolved'],
    [['Range: bytes=3-1'], 'whole', 'whole'],
    [['Range: lines=0-1'], 'whole', 'whole'],
    [['Range: bytes=1-3', 'If-Range: "a"'], RANGES([1, 4]), RANGES([1, 4])],
    [['Range: bytes=1-3', 'If-Range: "b"'], 'whole', 'whole'],
    [['Range: bytes=1-3', 'If-Range: W/"a"'], 'whole', 'whole'],
    [['Range: bytes=1-3', `If-Range: ${DAY}`], RANGES([1, 4]), RANGES([1, 4])],
    [['Range: bytes=1-3', `If-Range: ${dateAt(-86_399)}`], 'whole', 'whole'],
    [['Range: bytes=1-3', 'If-Range: '], 'whole', 'whole'],
  ];
  for (const [lines, ofKnown, ofUnknown] of rows) {
    for (const [variant, expected] of [[known, ofKnown], [unknown, ofUnknown]] as const) {
      t.same(wantedOf(requestWith(lines), variant), typeof expected === 'string' ? { kind: expected } : expected, `${lines.join('; ')} of ${variant.bytes}`);
    }
  }
  t.same(wantedOf(requestWith(['Range: bytes=1-3'], 'HEAD'), known), { kind: 'whole' }, 'RFC 9110 §14.2: of GET alone');
  t.same(wantedOf(requestWith(['Range: bytes=1-3']), { ...known, status: 404 }), { kind: 'whole' }, 'of a 404 there is no part');
  t.end();
});

t.test('§3.3: "wholly within the incomplete response"', (t) => {
  const bodies = [body(0, 5), body(5, 6), body(8, 9)];
  const rows: readonly (readonly [range: string | undefined, bytes: number, has: boolean])[] = [
    [undefined, 10, false], ['0-4', 10, true], ['3-5', 10, true], ['3-6', 10, false], ['0-0,8-8', 10, true], ['0-0,9-9', 10, false], ['8-', 10, false], ['8-', 9, true], ['-1', 9, true], ['-2', 9, false],
    ['10-', 10, true], ['8-8', -1, true], ['8-9', -1, false], ['10-', -1, false], ['-1', -1, false], ['20-30', -1, false],
  ];
  for (const [range, bytes, has] of rows) {
    t.equal(hasWanted(requestWith(range === undefined ? [] : [`Range: bytes=${range}`]), variantWith([], { bytes, bodies })), has, `${range ?? 'the whole'} of ${bytes}`);
  }
  t.ok(hasWanted(requestWith([]), variantWith([], { bytes: 6, bodies: bodies.slice(0, 2) })), 'a complete one has everything');
  t.ok(hasWanted(requestWith([], 'HEAD'), variantWith([], { bytes: 0, bodies: [] })));
  t.end();
});
