import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { gaps, holds, ifRangeOf, isCombinable, isComplete, partOf, partsMax, withPart } from '../../cache/policy/parts.ts';
import type { StoredBody } from '../../cache/store/object.ts';
import { dateAt, fieldsIn, receivedMs, variantWith } from './policy-messages.ts';

function body(offset: number, end: number): StoredBody {
  return { record: `${offset}-${end}`, offset, bytes: end - offset };
}

t.test('§3.3: which part a 206 is', (t) => {
  const rows: readonly (readonly [name: string, response: readonly string[], part: unknown])[] = [
    ['of a known whole', ['Content-Range: bytes 0-4/10'], { from: 0, to: 4, size: 10 }],
    ['of an unknown whole', ['Content-Range: bytes 5-9/*'], { from: 5, to: 9, size: -1 }],
    ['with its length', ['Content-Range: bytes 5-9/10', 'Content-Length: 5'], { from: 5, to: 9, size: 10 }],
    ['with another length', ['Content-Range: bytes 5-9/10', 'Content-Length: 6'], undefined],
    ['with two lengths', ['Content-Range: bytes 5-9/10', 'Content-Length: 5', 'Content-Length: 6'], undefined],
    ['without Content-Range', [], undefined],
    ['of two Content-Ranges', ['Content-Range: bytes 0-4/10', 'Content-Range: bytes 5-9/10'], undefined],
    ['unsatisfied', ['Content-Range: bytes */10'], undefined],
    ['beyond the whole', ['Content-Range: bytes 5-10/10'], undefined],
    ['backwards', ['Content-Range: bytes 4-3/10'], undefined],
    ['in another unit', ['Content-Range: lines 0-4/10'], undefined],
    ['several parts', ['Content-Type: Multipart/byteranges; boundary=x', 'Content-Range: bytes 0-4/10'], undefined],
  ];
  for (const [name, response, part] of rows) t.same(partOf({ status: 206, fields: fieldsIn(response) }), part, name);
  t.equal(partOf({ status: 200, fields: fieldsIn(['Content-Range: bytes 0-4/10']) }), undefined, 'only a 206 has one (RFC 9110 §14.4)');
  t.end();
});

t.test('§3.4: "if they all share the same strong validator"', (t) => {
  const day = `Last-Modified: ${dateAt(-86_400)}`;
  const now = `Last-Modified: ${dateAt(0)}`;
  const rows: readonly (readonly [name: string, stored: readonly string[], received: readonly string[], can: boolean])[] = [
    ['the same tag', ['ETag: "a"'], ['ETag: "a"'], true],
    ['another tag', ['ETag: "a"'], ['ETag: "b"'], false],
    ['another tag, the same date', ['ETag: "a"', day], ['ETag: "b"', day], false],
    ['weak tags', ['ETag: W/"a"'], ['ETag: W/"a"'], false],
    ['weak tags, the same date', ['ETag: W/"a"', day], ['ETag: W/"a"', day], false],
    ['one weak tag', ['ETag: "a"'], ['ETag: W/"a"'], false],
    ['no validator', [], [], false],
    ['the same date', [day], [day], true],
    ['a date too young to be strong', [now], [now], false],
    ['a tag on one side', ['ETag: "a"', day], [day], false],
    ['a tag on the other side', [day], ['ETag: "a"', day], false],
    ['another coding', ['ETag: "a"', 'Content-Encoding: gzip'], ['ETag: "a"'], false],
  ];
  for (const [name, stored, received, can] of rows) {
    t.equal(isCombinable(variantWith(stored), { status: 206, fields: fieldsIn(received) }, { from: 0, to: 4, size: 10 }, receivedMs), can, name);
  }
  t.end();
});

t.test('§3.4: and are of one whole', (t) => {
  const response = { status: 206, fields: fieldsIn(['ETag: "a"']) };
  const known = variantWith(['ETag: "a"'], { bytes: 10, bodies: [body(0, 5)] });
  const unknown = variantWith(['ETag: "a"'], { bytes: -1, bodies: [body(0, 5)] });
  t.equal(isCombinable(known, response, { from: 5, to: 9, size: 10 }, receivedMs), true);
  t.equal(isCombinable(known, response, { from: 5, to: 9, size: 11 }, receivedMs), false);
  t.equal(isCombinable(known, response, { from: 5, to: 9, size: -1 }, receivedMs), true);
  t.equal(isCombinable(known, response, { from: 5, to: 10, size: -1 }, receivedMs), false, 'beyond its end');
  t.equal(isCombinable(unknown, response, { from: 5, to: 9, size: 10 }, receivedMs), true);
  t.equal(isCombinable(unknown, response, { from: 0, to: 3, size: 4 }, receivedMs), false, 'shorter than what is there');
  t.equal(isCombinable(unknown, response, { from: 5, to: 9, size: -1 }, receivedMs), true);
  t.equal(isCombinable({ ...known, status: 404 }, response, { from: 5, to: 9, size: 10 }, receivedMs), false);
  t.equal(isCombinable({ ...known, invalid: true }, response, { from: 5, to: 9, size: 10 }, receivedMs), false);
  t.end();
});

t.test('what is missing', (t) => {
  const bodies = [body(2, 4), body(6, 8)];
  t.same(gaps(bodies, { start: 0, end: 10 }), [{ start: 0, end: 2 }, { start: 4, end: 6 }, { start: 8, end: 10 }]);
  t.same(gaps(bodies, { start: 2, end: 4 }), []);
  t.same(gaps(bodies, { start: 3, end: 7 }), [{ start: 4, end: 6 }]);
  t.same(gaps(bodies, { start: 4, end: 6 }), [{ start: 4, end: 6 }]);
  t.same(gaps(bodies, { start: 9, end: 10 }), [{ start: 9, end: 10 }]);
  t.same(gaps([], { start: 0, end: 1 }), [{ start: 0, end: 1 }]);
  t.same(gaps([], { start: 3, end: 3 }), []);
  t.ok(holds([body(0, 2), body(2, 4)], { start: 1, end: 3 }), 'over a border');
  t.end();
});

t.test('complete', (t) => {
  t.ok(isComplete(variantWith([])));
  t.ok(isComplete(variantWith([], { bytes: 0, bodies: [] })));
  t.ok(isComplete(variantWith([], { bytes: 4, bodies: [body(0, 2), body(2, 4)] })));
  t.notOk(isComplete(variantWith([], { bytes: 4, bodies: [body(0, 2)] })));
  t.notOk(isComplete(variantWith([], { bytes: -1, bodies: [body(0, 2)] })));
  t.end();
});

t.test('one more part', (t) => {
  const rows: readonly (readonly [name: string, bodies: readonly StoredBody[], part: StoredBody, offsets: readonly (readonly [number, number])[]])[] = [
    ['the first', [], body(0, 5), [[0, 5]]],
    ['behind', [body(0, 5)], body(5, 9), [[0, 5], [5, 9]]],
    ['before', [body(5, 9)], body(0, 5), [[0, 5], [5, 9]]],
    ['between', [body(0, 2), body(6, 8)], body(3, 5), [[0, 2], [3, 5], [6, 8]]],
    ['the same', [body(0, 5)], body(0, 5), [[0, 5]]],
    ['inside', [body(0, 5)], body(1, 3), [[0, 5]]],
    ['around', [body(1, 2), body(3, 4)], body(0, 5), [[0, 5]]],
    ['over the end', [body(0, 5)], body(3, 8), [[0, 3], [3, 8]]],
    ['over the beginning', [body(3, 8)], body(0, 5), [[0, 3], [3, 8]]],
    ['over both', [body(0, 4), body(6, 9)], body(2, 7), [[0, 2], [2, 6], [6, 9]]],
    ['over a border that is there', [body(0, 4), body(4, 8)], body(2, 6), [[0, 4], [4, 8]]],
    ['nothing', [body(0, 4)], body(9, 9), [[0, 4]]],
  ];
  for (const [name, bodies, part, offsets] of rows) t.same(withPart(bodies, part)?.map(({ offset, bytes }) => [offset, offset + bytes]), offsets, name);
  const many = Array.from({ length: partsMax }, (_, k) => body(k * 4, k * 4 + 2));
  t.equal(withPart(many, body(1000, 1001)), undefined, 'too many');
  t.equal(withPart(many, body(0, 1000))?.length, 1, 'one in place of all');
  t.end();
});

t.test('parts in any order: disjoint, in order, and all that came is there', (t) => {
  const range = fc.tuple(fc.nat(60), fc.nat(20)).map(([offset, bytes]) => body(offset, offset + bytes));
  fc.assert(
    fc.property(fc.array(range, { maxLength: 12 }), (parts) => {
      const came = new Set<number>();
      let bodies: readonly StoredBody[] = [];
      for (const part of parts) {
        bodies = withPart(bodies, part) ?? assert.fail('too many');
        for (let at = part.offset; at < part.offset + part.bytes; at++) came.add(at);
      }
      const there = bodies.flatMap(({ offset, bytes }) => Array.from({ length: bytes }, (_, k) => offset + k));
      assert.deepEqual(there, [...came].sort((a, b) => a - b));
      for (const { record, offset, bytes } of bodies) {
        const [start, end] = record.split('-').map(Number);
        assert.ok(start === offset && offset + bytes <= end! && bytes > 0, 'from the first byte of its record on');
      }
      const missing = gaps(bodies, { start: 0, end: 90 }).reduce((sum, gap) => sum + gap.end - gap.start, 0);
      assert.equal(missing, 90 - came.size);
    }),
    { numRuns: 1_000 },
  );
  t.end();
});

t.test('RFC 9110 §13.1.5: If-Range', (t) => {
  const day = dateAt(-86_400);
  t.equal(ifRangeOf(variantWith(['ETag: "a"', `Last-Modified: ${day}`])), '"a"');
  t.equal(ifRangeOf(variantWith(['ETag: W/"a"', `Last-Modified: ${day}`])), undefined, 'a client MUST NOT generate one with a weak tag, nor with a date beside a tag');
  t.equal(ifRangeOf(variantWith([`Last-Modified: ${day}`])), day);
  t.equal(ifRangeOf(variantWith([`Last-Modified: ${dateAt(0)}`])), undefined, 'a weak date');
  t.equal(ifRangeOf(variantWith([])), undefined);
  t.end();
});
