import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { combined } from '../../cache/policy/combining.ts';
import { partsMax } from '../../cache/policy/parts.ts';
import type { StoredBody, Variant } from '../../cache/store/object.ts';
import { receivedMs, variantWith } from './policy-messages.ts';

const ROOM = 4_000_000;

function body(offset: number, end: number): StoredBody {
  return { record: `${offset}-${end}`, offset, bytes: end - offset };
}

function part(bodies: readonly StoredBody[], more: Partial<Variant> = {}, fields: readonly string[] = ['ETag: "a"']): Variant {
  return variantWith(fields, { bytes: 1_000_000, bodies, ...more });
}

function extents({ bodies }: Variant): unknown {
  return bodies.map(({ offset, bytes }) => [offset, offset + bytes]);
}

t.test('§3.4: parts of one representation come together', (t) => {
  const stored = part([body(0, 5)], { id: 1, tags: ['x'] }, ['ETag: "a"', 'X-Old: 1', 'X-Both: 1']);
  const joined = combined(part([body(5, 9)], { id: 2, tags: ['y'] }, ['ETag: "a"', 'X-Both: 2']), [stored], ROOM);
  t.same(extents(joined), [[0, 5], [5, 9]]);
  t.equal(joined.id, 2, 'new heads of the one before are for the one before');
  t.same(joined.tags, ['x', 'y'], 'who purges either finds it');
  t.same(joined.fields.map(([name, value]) => `${name}: ${value}`), ['X-Old: 1', 'ETag: "a"', 'X-Both: 2']);
  t.equal(combined(part([body(5, 9)], { bytes: -1 }), [stored], ROOM).bytes, 1_000_000, 'the length is known from the other');
  t.equal(combined(part([body(5, 9)]), [{ ...stored, bytes: -1 }], ROOM).bytes, 1_000_000);
  t.end();
});

t.test('and of others do not', (t) => {
  const rows: readonly (readonly [name: string, stored: Variant])[] = [
    ['another tag', part([body(0, 5)], {}, ['ETag: "b"'])], ['a weak one', part([body(0, 5)], {}, ['ETag: W/"a"'])], ['none', part([body(0, 5)], {}, [])],
    ['another length', part([body(0, 5)], { bytes: 11 })], ['invalid', part([body(0, 5)], { invalid: true })], ['another variant', part([body(0, 5)], { varyNames: ['foo'], varyValues: ['1'] })],
  ];
  const received = part([body(5, 9)]);
  for (const [name, stored] of rows) t.equal(combined(received, [stored], ROOM), received, name);
  t.equal(combined(received, [], ROOM), received, 'nothing stored');
  const whole = part([body(0, 9)], { bytes: 9 });
  t.equal(combined(whole, [part([body(0, 5)], { bytes: 9 })], ROOM), whole, 'the whole needs no part');
  t.end();
});

t.test('what was asked for earlier takes the place of nothing', (t) => {
  const newer = part([body(0, 9)], { bytes: 9, responseMs: receivedMs + 1 }, ['ETag: "b"']);
  const late = part([body(2, 3)], { bytes: 9 });
  t.same(combined(late, [newer], ROOM), newer);
  t.not(combined(late, [newer], ROOM), newer, 'its bodies are held once more');
  t.equal(combined(late, [{ ...newer, invalid: true }], ROOM), late, 'unless it is invalid');
  const same = combined(part([body(2, 3)], {}, ['ETag: "a"', 'X: old']), [part([body(0, 1)], { responseMs: receivedMs + 1 }, ['ETag: "a"', 'X: new'])], ROOM);
  t.same([extents(same), same.responseMs, same.fields.at(-1)], [[[0, 1], [2, 3]], receivedMs + 1, ['X', 'new']], 'a late part of the same joins, and its head does not');
  const complete = combined(part([body(2, 3)], { bytes: 9 }), [part([body(0, 9)], { bytes: 9 })], ROOM);
  t.same(extents(complete), [[0, 9]], 'one of what is there adds nothing');
  t.end();
});

t.test('the parts of one take a quarter of the room at most: the nearest stay', (t) => {
  const stored = part([body(0, 400_000), body(500_000, 900_000)]);
  t.same(extents(combined(part([body(400_000, 500_000)]), [stored], 4_000_000)), [[0, 400_000], [400_000, 500_000], [500_000, 900_000]]);
  t.same(extents(combined(part([body(400_000, 450_000)]), [stored], 2_000_000)), [[0, 400_000], [400_000, 450_000]]);
  t.same(extents(combined(part([body(450_000, 500_000)]), [stored], 2_000_000)), [[450_000, 500_000], [500_000, 900_000]]);
  t.same(extents(combined(part([body(400_000, 500_000)]), [stored], 40_000)), [[400_000, 500_000]]);
  const many = part(Array.from({ length: partsMax }, (_, k) => body(k * 10, k * 10 + 5)));
  t.equal(combined(part([body(5000, 5005)]), [many], ROOM).bodies.length, partsMax);
  t.same(combined(part([body(5000, 5005)]), [many], ROOM).bodies[0]?.offset, 10);
  t.end();
});

t.test('parts in any order: disjoint, in order, the last one is there, and no more room is taken than there is', (t) => {
  const range = fc.tuple(fc.nat(2000), fc.integer({ min: 1, max: 400 })).map(([offset, bytes]) => body(offset, offset + bytes));
  fc.assert(
    fc.property(fc.array(range, { minLength: 1, maxLength: 120 }), (parts) => {
      let variant: Variant | undefined;
      for (const one of parts) {
        variant = combined(part([one]), variant ? [variant] : [], 4_000);
        const { bodies } = variant;
        assert.ok(bodies.length <= partsMax);
        for (const [index, { offset }] of bodies.entries()) assert.ok(index === 0 || offset >= bodies[index - 1]!.offset + bodies[index - 1]!.bytes);
        for (const { record, bytes, recordBytes, offset } of bodies) {
          const [start, end] = record.split('-').map(Number);
          assert.equal(recordBytes ?? bytes, end! - start!);
          assert.equal(offset, start);
        }
        assert.ok(bodies.reduce((sum, { bytes, recordBytes }) => sum + (recordBytes ?? bytes), 0) <= 1_000);
        for (let at = one.offset; at < one.offset + one.bytes; at += 7) assert.ok(bodies.some(({ offset, bytes }) => at >= offset && at < offset + bytes));
      }
    }),
    { numRuns: 300 },
  );
  t.end();
});
