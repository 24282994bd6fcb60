// What a purge finds, and that nothing of it comes back.
import type { Variant } from '../../cache/store/object.ts';
import t from 'tap';
import type { Purge, ToStoreUser } from '../../cache/store/messages.ts';
import { Desk } from './coordinator-desk.ts';
import { keys, prefixes } from './coordinator-prefix-cases.ts';

const KEY = 'http://host/a/b';
/** Each of them is of an object of this key and with this tag. */
const PURGES: readonly Purge[] = [{ by: 'key', key: KEY }, { by: 'tag', tag: 'one' }, { by: 'prefix', prefix: 'http://host/a/' }, { by: 'everything' }];
const OTHERS: readonly Purge[] = [{ by: 'key', key: `${KEY}/` }, { by: 'tag', tag: 'two' }, { by: 'prefix', prefix: 'http://host/b/' }];

const spent = (variant: Variant): Variant => ({ ...variant, freshness: { ...variant.freshness, lifetimeMs: 0 } });
/** No lifetime is left. */
const stale = (desk: Desk, key: string): boolean[] | undefined => desk.peek(key).object?.variants.map(({ freshness }) => freshness.lifetimeMs === 0);
const invalid = (desk: Desk, key: string): boolean[] | undefined => desk.peek(key).object?.variants.map((variant) => variant.invalid);

t.test('hard: the object is gone at once, and its body in a later turn at the latest', (t) => {
  for (const purge of PURGES) {
    const desk = new Desk();
    desk.store(KEY, desk.variant({ tags: ['one', 'other'] }));
    const { generation } = desk.peek(KEY);
    t.equal(desk.purge(purge), 1, purge.by);
    t.not(desk.generations.at(desk.generations.slotOf(KEY)), generation);
    t.equal(desk.count('objects'), 0);
    desk.turns();
    t.match(desk.coordinator.counts(), { objects: 0, bytes: 0, bodies: 0, tags: 0, purges: 1, purged: 1, evictions: 0 });
    t.equal(desk.held.size, 0);
    t.match(desk.peek(KEY), { object: undefined, version: -1 });
    t.equal(desk.purge(purge), 0, 'nothing is there any more');
    t.same(desk.faults, []);
  }
  t.end();
});

t.test('hard: nothing is seen of it before it has left', (t) => {
  for (const purge of PURGES) {
    const desk = new Desk();
    desk.store(KEY, desk.variant({ tags: ['one'] }));
    desk.purge(purge);
    t.match(desk.peek(KEY), { object: undefined, version: -1 }, purge.by);
    t.equal(desk.held.size, 0);
    desk.store(KEY, desk.variant({ tags: ['one'] }));
    desk.turns();
    t.same(invalid(desk, KEY), [false], 'what was stored after it stays');
    t.same(desk.faults, []);
  }
  t.end();
});

t.test('soft: it is kept, and stale', (t) => {
  for (const purge of PURGES) {
    const desk = new Desk();
    desk.store(KEY, desk.variant({ tags: ['one'] }));
    const { version, generation } = desk.peek(KEY);
    t.equal(desk.purge(purge, true), 1, purge.by);
    t.not(desk.generations.at(desk.generations.slotOf(KEY)), generation);
    t.match(desk.ask(0, KEY, version), { type: 'object' }, 'its version is another');
    t.same(stale(desk, KEY), [true]);
    desk.turns();
    t.equal(desk.held.size, 1);
    desk.store(KEY, desk.variant({ tags: ['one'] }));
    t.same(stale(desk, KEY), [false]);
    t.equal(desk.purge(purge, true), 1);
    t.equal(desk.purge(purge), 1, 'hard after soft');
    t.match(desk.peek(KEY), { object: undefined });
    t.equal(desk.purge(purge, true), 0, 'soft after hard brings nothing back');
    t.match(desk.peek(KEY), { object: undefined });
  }
  t.end();
});

t.test('others stay as they are', (t) => {
  for (const purge of OTHERS) {
    for (const soft of [false, true]) {
      const desk = new Desk();
      desk.store(KEY, desk.variant({ tags: ['one'] }));
      const { version } = desk.peek(KEY);
      t.equal(desk.purge(purge, soft), 0, purge.by);
      t.equal(desk.peek(KEY).version, version);
    }
  }
  t.end();
});

t.test('by prefix: as startsWith has it', (t) => {
  let found = 0;
  for (const prefix of prefixes) {
    const desk = new Desk();
    for (const key of keys) desk.store(key, desk.variant());
    const expected = keys.filter((key) => !key.startsWith(prefix));
    t.equal(desk.purge({ by: 'prefix', prefix }), keys.length - expected.length, prefix.slice(0, 100));
    t.same(keys.filter((key) => desk.peek(key).object), expected);
    found += keys.length - expected.length;
  }
  t.ok(found > prefixes.length, `${found} were found`);
  t.end();
});

t.test('by tag: variants that do not have it stay', (t) => {
  for (const soft of [false, true]) {
    const desk = new Desk();
    const variants = [['one'], ['two'], ['one', 'two'], []].map((tags, index) => desk.variant({ tags, varyNames: ['x'], varyValues: [`${index}`] }));
    for (const variant of variants) desk.store(KEY, variant);
    t.equal(desk.purge({ by: 'tag', tag: 'one' }, soft), 1);
    if (soft) t.same(desk.peek(KEY).object?.variants, [variants[3], spent(variants[2]!), variants[1], spent(variants[0]!)]);
    else t.same(desk.peek(KEY).object?.variants, [variants[3], variants[1]]);
    t.same([...desk.held], soft ? ['r1', 'r2', 'r3', 'r4'] : ['r2', 'r4']);
    t.equal(desk.purge({ by: 'tag', tag: 'two' }), 1);
    t.equal(desk.purge({ by: 'tag', tag: 'two' }), 0);
    t.equal(desk.purge({ by: 'everything' }), 1);
    desk.turns();
    t.match(desk.coordinator.counts(), { objects: 0, bodies: 0, tags: 0 });
    t.same(desk.faults, []);
  }
  t.end();
});

t.test('by tag: one that all variants have, in whatever state they are', (t) => {
  for (const soft of [false, true]) {
    const desk = new Desk();
    for (const value of ['a', 'b']) desk.store(KEY, desk.variant({ tags: ['one', 'one'], varyNames: ['x'], varyValues: [value] }));
    desk.purge({ by: 'everything' }, true);
    t.equal(desk.purge({ by: 'tag', tag: 'one' }, soft), 1);
    t.same(stale(desk, KEY), soft ? [true, true] : undefined);
  }
  const desk = new Desk();
  for (const value of ['a', 'b']) desk.store(KEY, desk.variant({ tags: ['one'], varyNames: ['x'], varyValues: [value] }));
  desk.purge({ by: 'prefix', prefix: 'http://host/' });
  t.equal(desk.purge({ by: 'tag', tag: 'one' }), 0, 'gone already');
  t.same(desk.faults, []);
  t.end();
});

t.test('a tag that an object has no longer', (t) => {
  const desk = new Desk();
  desk.store(KEY, desk.variant({ tags: ['one'] }));
  desk.store(KEY, desk.variant({ tags: ['two'] }));
  t.equal(desk.purge({ by: 'tag', tag: 'one' }), 0);
  t.same(invalid(desk, KEY), [false]);
  t.equal(desk.count('tags'), 1);
  t.end();
});

t.test('an unsafe method came: invalid, not gone', (t) => {
  const desk = new Desk();
  for (const key of ['a', 'b', 'c']) desk.store(key, desk.variant());
  desk.hear(0, { type: 'invalidate', ticket: 1, keys: ['a', 'c', 'none'] });
  t.same(['a', 'b', 'c'].map((key) => invalid(desk, key)), [[true], [false], [true]]);
  t.match(desk.coordinator.counts(), { invalidations: 2, purges: 0, purged: 0 });
  t.end();
});

t.test('a worker purges, and is answered when it is done', (t) => {
  const desk = new Desk();
  desk.store(KEY, desk.variant());
  t.same(desk.hear(3, { type: 'purge', ticket: 9, purge: { by: 'everything' }, soft: false }), [{ worker: 3, message: { type: 'purged', ticket: 9, objects: 1 } }]);
  t.equal(desk.peek(KEY).object, undefined);
  t.end();
});

t.test('what was asked for before a purge is not stored behind it', (t) => {
  for (const purge of PURGES) {
    for (const soft of [false, true]) {
      const desk = new Desk();
      const flight = desk.fill(0, KEY);
      desk.ask(1, KEY);
      desk.purge(purge, soft);
      const said = desk.hear(0, { type: 'stored', flight, key: KEY, variant: desk.variant({ tags: ['one'] }), replaces: [] });
      t.match(said, [{ worker: 1, message: { type: 'object', object: undefined, version: -1 } }], `${purge.by}: who waited looks again`);
      t.match(desk.coordinator.counts(), { overtaken: 1, stored: 0, objects: 0, bodies: 0 });
    }
  }
  for (const purge of OTHERS) {
    const desk = new Desk();
    const flight = desk.fill(0, KEY);
    desk.purge(purge);
    desk.hear(0, { type: 'stored', flight, key: KEY, variant: desk.variant({ tags: ['one'] }), replaces: [] });
    t.same(invalid(desk, KEY), [false], `${purge.by} of something else`);
  }
  t.end();
});

t.test('the same with an unsafe method, and with what validates', (t) => {
  const desk = new Desk();
  const variant = desk.variant();
  desk.store(KEY, variant);
  let flight = desk.fill(0, KEY, desk.peek(KEY).version);
  desk.hear(1, { type: 'invalidate', ticket: 1, keys: [KEY] });
  desk.hear(0, { type: 'refreshed', flight, key: KEY, variants: [variant], dropped: [] });
  t.same(invalid(desk, KEY), [true], 'a 304 to a request from before');
  flight = desk.fill(0, KEY, desk.peek(KEY).version);
  desk.hear(0, { type: 'refreshed', flight, key: KEY, variants: [variant], dropped: [] });
  t.same(invalid(desk, KEY), [false], 'and to one from behind it');
  flight = desk.fill(0, KEY, desk.peek(KEY).version);
  desk.hear(1, { type: 'invalidate', ticket: 1, keys: [KEY] });
  desk.hear(0, { type: 'stored', flight, key: KEY, variant: desk.variant(), replaces: [variant.id] });
  t.same(invalid(desk, KEY), [true]);
  t.end();
});

t.test('a 304 that takes the purged tag away', (t) => {
  const desk = new Desk();
  const variant = desk.variant({ tags: ['one'] });
  desk.store(KEY, variant);
  const flight = desk.fill(0, KEY, desk.peek(KEY).version);
  desk.purge({ by: 'tag', tag: 'one' }, true);
  desk.hear(0, { type: 'refreshed', flight, key: KEY, variants: [{ ...variant, tags: [] }], dropped: [] });
  t.same(stale(desk, KEY), [true]);
  t.end();
});

t.test('who asks behind a purge joins nothing from before it', (t) => {
  for (const purge of PURGES) {
    const desk = new Desk();
    const before = desk.fill(0, KEY);
    const arriving = { variant: desk.variant({ tags: ['one'] }), record: 'r1', bytes: 100 };
    desk.hear(0, { type: 'head', flight: before, arriving });
    t.match(desk.ask(1, KEY), { type: 'follow' });
    const slot = desk.generations.slotOf(KEY);
    const generation = desk.generations.at(slot);
    desk.purge(purge);
    t.not(desk.generations.at(slot), generation, `${purge.by}: who follows must not let others in`);
    const after = desk.fill(1, KEY);
    t.not(after, before);
    t.equal(desk.ask(2, KEY), undefined, 'waits for the new one');
    t.equal(desk.hear(0, { type: 'stored', flight: before, key: KEY, variant: arriving.variant, replaces: [] }).length, 0);
    t.equal(desk.peek(KEY).object, undefined);
    t.match(desk.hear(1, { type: 'stored', flight: after, key: KEY, variant: desk.variant({ tags: ['one'] }), replaces: [] }), [{ worker: 2, message: { type: 'object', object: { key: KEY } } }]);
    t.same(invalid(desk, KEY), [false]);
  }
  t.end();
});

t.test('who waited before a purge follows what was asked for before it', (t) => {
  for (const purge of PURGES) {
    const desk = new Desk();
    const flight = desk.fill(0, KEY);
    desk.ask(1, KEY);
    desk.purge(purge);
    const arriving = { variant: desk.variant({ tags: ['one'] }), record: 'r1', bytes: 100 };
    t.match(desk.hear(0, { type: 'head', flight, arriving }), [{ worker: 1, message: { type: 'follow' } }], purge.by);
  }
  t.end();
});

t.test('that a tag was purged shows only with the head', (t) => {
  const desk = new Desk();
  const flight = desk.fill(0, KEY);
  desk.ask(1, KEY);
  desk.purge({ by: 'tag', tag: 'one' });
  t.equal(desk.ask(2, KEY), undefined, 'nobody knows yet that it has that tag');
  const arriving = { variant: desk.variant({ tags: ['one'] }), record: 'r1', bytes: 100 };
  const said = desk.hear(0, { type: 'head', flight, arriving });
  t.match(said, [{ worker: 1, message: { type: 'follow' } }, { worker: 2, message: { type: 'object', object: undefined } }]);
  t.match(desk.ask(2, KEY), { type: 'fill' });
  t.end();
});

t.test('a filler from before the purge dies', (t) => {
  const desk = new Desk();
  desk.fill(0, KEY);
  desk.ask(1, KEY);
  desk.purge({ by: 'key', key: KEY });
  const after = desk.fill(2, KEY);
  const before = desk.said.length;
  desk.coordinator.workerDied(0);
  t.match(desk.said.slice(before), [{ worker: 1, message: { type: 'object' } }], 'who waited looks again, and finds the new flight');
  t.equal(desk.count('flights'), 1);
  t.equal(desk.hear(2, { type: 'stored', flight: after, key: KEY, variant: desk.variant(), replaces: [] }).length, 0);
  t.equal(desk.count('objects'), 1);
  t.end();
});

t.test('more purges than can be remembered while somebody asks: nothing from before them is stored', (t) => {
  for (const [count, purgeOf] of [[66_000, (i: number) => ({ by: 'tag', tag: `t${i}` })], [300, (i: number) => ({ by: 'prefix', prefix: `p${i}` })]] as readonly [number, (i: number) => Purge][]) {
    const desk = new Desk();
    const flight = desk.fill(0, KEY);
    for (let i = 0; i < count; i++) desk.purge(purgeOf(i));
    desk.hear(0, { type: 'stored', flight, key: KEY, variant: desk.variant(), replaces: [] });
    t.equal(desk.count('overtaken'), 1);
    desk.store(KEY, desk.variant());
    t.equal(desk.count('objects'), 1, 'what is asked for after them is');
  }
  t.end();
});

t.test('everything: flights that went alone are asked for together again', (t) => {
  const desk = new Desk();
  desk.hear(0, { type: 'released', flight: desk.fill(0, KEY), aloneForMs: 1e9, failed: false });
  desk.purge({ by: 'everything' });
  desk.fill(0, KEY);
  t.equal(desk.ask(1, KEY), undefined, 'waits');
  t.end();
});

t.test('twenty thousand objects of one tag leave in turns', (t) => {
  const desk = new Desk({ objectsMax: 20_000 });
  const evicted: string[] = [];
  desk.listen = (worker: number, message: ToStoreUser) => {
    if (message.type === 'evicted') evicted.push(...message.keys);
    if (message.type === 'fill') desk.coordinator.hear(worker, { type: 'stored', flight: message.flight, key: `${KEY}${message.ticket}`, variant: desk.variant({ tags: ['one', `${message.ticket}`] }), replaces: [] });
  };
  for (let i = 0; i < 20_000; i++) desk.ask(0, `${KEY}${i + 1}`);
  t.equal(desk.purge({ by: 'tag', tag: 'one' }), 20_000);
  t.equal(desk.count('objects'), 0);
  t.ok(desk.turns() >= 40);
  t.equal(desk.held.size, 0);
  t.equal(new Set(evicted).size, 20_000);
  t.match(desk.coordinator.counts(), { bytes: 0, bodies: 0, tags: 0 });
  t.same(desk.faults, []);
  t.end();
});
