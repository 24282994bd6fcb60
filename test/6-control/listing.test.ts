// Walks over what is stored: each object once, nothing that is gone, and a bounded number of rows in each step.
import t from 'tap';
import { Evictions } from '../../cache/store/evictions.ts';
import { Generations } from '../../cache/store/generations.ts';
import { HeldBodies } from '../../cache/store/held-bodies.ts';
import type { Variant } from '../../cache/store/object.ts';
import { FATES } from '../../cache/store/rows.ts';
import { StoredObjects, type Walk } from '../../cache/store/stored-objects.ts';

let lastId = 0;

function variant(tags: readonly string[]): Variant {
  return {
    id: ++lastId, status: 200, fields: [], requestMs: 0, responseMs: 0, varyNames: [], varyValues: [], bytes: 0, bodies: [], tags, invalid: false,
    freshness: { lifetimeMs: 1000, source: 'max-age', initialAgeMs: 0, noCache: false, noCacheNames: [], mustRevalidate: false, staleWhileRevalidateMs: 0, staleIfErrorMs: 0, immutable: false },
  };
}

function stored(objectsMax = 1_000_000): StoredObjects {
  return new StoredObjects({ bytesMax: 2 ** 40, objectsMax, variantsMax: 4, timeMs: () => 0 }, new HeldBodies({ hold: () => true, letGo: () => undefined }), new Generations(Generations.create()), new Evictions(), () => undefined);
}

function all(objects: StoredObjects, { prefix = '', tag, limit = 100 }: Partial<Walk> = {}): { readonly keys: string[]; readonly steps: number } {
  const keys: string[] = [];
  let steps = 0;
  for (let from: number | undefined = 0; from !== undefined; ++steps) {
    const walked = objects.walk({ prefix, tag, from, limit });
    keys.push(...walked.objects.map(({ key }) => key));
    from = walked.next;
  }
  return { keys, steps };
}

t.test('by prefix and by tag', (t) => {
  const objects = stored();
  for (let i = 0; i < 1000; ++i) objects.put(`http://a/${i % 10}/${i}`, variant([`t${i % 7}`, 'all']), [], 0);
  t.equal(new Set(all(objects).keys).size, 1000);
  t.equal(all(objects, { prefix: 'http://a/3/' }).keys.length, 100);
  t.equal(all(objects, { prefix: 'http://b/' }).keys.length, 0);
  t.equal(all(objects, { tag: 't3' }).keys.length, 143);
  t.equal(all(objects, { tag: 'all', limit: 1 }).keys.length, 1000);
  t.equal(all(objects, { tag: 't3', prefix: 'http://a/3/' }).keys.length, 15);
  t.equal(all(objects, { tag: 'none' }).keys.length, 0);
  t.end();
});

t.test('what is purged is not seen, from that moment', (t) => {
  const objects = stored();
  for (let i = 0; i < 100; ++i) objects.put(`http://a/${i}`, variant(i % 2 === 0 ? ['even'] : []), [], 0);
  objects.purgeTag('even', FATES.gone);
  t.equal(all(objects).keys.length, 50, 'before it has left');
  t.equal(objects.see('http://a/2'), undefined);
  objects.purgePrefix('http://a/1', FATES.stale);
  t.match(objects.see('http://a/11'), { fate: FATES.stale });
  objects.purgeKey('http://a/3', FATES.invalid);
  t.match(objects.see('http://a/3'), { fate: FATES.invalid });
  objects.sweep();
  t.equal(all(objects).keys.length, 50);
  t.end();
});

t.test('while objects come and go, what stays is met once', (t) => {
  const objects = stored();
  for (let i = 0; i < 1000; ++i) objects.put(`http://stays/${i}`, variant([]), [], 0);
  const keys: string[] = [];
  let n = 0;
  for (let from: number | undefined = 0; from !== undefined;) {
    const walked = objects.walk({ prefix: '', tag: undefined, from, limit: 10 });
    keys.push(...walked.objects.map(({ key }) => key).filter((key) => key.startsWith('http://stays/')));
    from = walked.next;
    if (n++ < 50) {
      objects.put(`http://comes/${n}`, variant([]), [], 0);
      objects.put(`http://stays/${n}`, variant([]), [], 0); // another version
      if (n > 5) objects.purgeKey(`http://comes/${n - 5}`, FATES.gone);
    }
  }
  t.equal(keys.length, 1000);
  t.equal(new Set(keys).size, 1000);
  t.end();
});

t.test('looking keeps nothing', (t) => {
  const objects = stored(10);
  for (let i = 0; i < 10; ++i) objects.put(`http://a/${i}`, variant([]), [], 0);
  all(objects);
  objects.see('http://a/0');
  objects.put('http://a/new', variant([]), [], 0);
  t.equal(objects.see('http://a/0'), undefined, 'the oldest has gone');
  t.end();
});

t.test('a step is bounded, however little it finds', (t) => {
  const objects = stored();
  for (let i = 0; i < 140_000; ++i) objects.put(`http://a/${i}`, variant(i === 139_999 ? ['last'] : []), [], 0);
  const { keys, steps } = all(objects, { tag: 'last' });
  t.strictSame(keys, ['http://a/139999']);
  t.equal(steps, 3);
  t.strictSame(objects.walk({ prefix: '', tag: undefined, from: 999_999_999, limit: 1 }), { objects: [], next: undefined }, 'a place that is none');
  t.end();
});
