// What is kept, in what order, how long, and who is told when it is not.
import t from 'tap';
import type { Variant } from '../../cache/store/object.ts';
import { Desk } from './coordinator-desk.ts';

const KEY = 'http://host/a';
const stored = (desk: Desk, key = KEY): number[] => desk.peek(key).object?.variants.map(({ id }) => id) ?? [];

/** A body of `bytes` in a record of its own. */
function sized(desk: Desk, bytes: number, about: Partial<Variant> = {}): Variant {
  const variant = desk.variant({ bytes, ...about });
  return { ...variant, bodies: [{ record: `r${variant.id}`, offset: 0, bytes }] };
}

t.test('variants are the newest first; one that is selected in the same way goes', (t) => {
  const desk = new Desk();
  const one = (varyNames: string[], varyValues: string[]): Variant => desk.variant({ varyNames, varyValues });
  for (const variant of [one(['a'], ['1']), one(['a'], ['2']), one(['a', 'b'], ['1', '2']), one(['a'], ['1']), one([], []), one(['b'], ['2']), one([], [])]) desk.store(KEY, variant);
  t.same(stored(desk), [7, 6, 4, 3, 2]);
  t.same([...desk.held].sort(), ['r2', 'r3', 'r4', 'r6', 'r7']);
  t.same(desk.faults, []);
  t.end();
});

t.test('what it replaces goes, also where the new one cannot be stored', (t) => {
  const desk = new Desk({ bytesMax: 100_000 });
  const a = desk.variant({ varyNames: ['x'], varyValues: ['a'] });
  const b = desk.variant({ varyNames: ['x'], varyValues: ['b'] });
  desk.store(KEY, a);
  desk.store(KEY, b);
  let flight = desk.fill(0, KEY, desk.peek(KEY).version);
  desk.hear(0, { type: 'stored', flight, key: KEY, variant: desk.variant({ varyNames: ['x'], varyValues: ['c'] }), replaces: [a.id, 99] });
  t.same(stored(desk), [3, 2]);
  const { version } = desk.peek(KEY);
  flight = desk.fill(0, KEY, version);
  desk.hear(0, { type: 'stored', flight, key: KEY, variant: sized(desk, 100_000, { varyNames: ['x'], varyValues: ['b'] }), replaces: [] });
  t.same(stored(desk), [3]);
  t.ok(desk.peek(KEY).version > version);
  t.same([...desk.held], ['r3']);
  t.end();
});

t.test('as many variants as there may be', (t) => {
  const desk = new Desk({ variantsMax: 3 });
  for (let i = 0; i < 10; i++) desk.store(KEY, desk.variant({ varyNames: ['x'], varyValues: [`${i}`] }));
  t.same(stored(desk), [10, 9, 8]);
  t.same([...desk.held], ['r8', 'r9', 'r10']);
  t.same(desk.faults, []);
  t.end();
});

t.test('variants that are too large together: the oldest go', (t) => {
  const desk = new Desk({ bytesMax: 100_000 });
  for (let i = 0; i < 5; i++) desk.store(KEY, sized(desk, 40_000, { varyNames: ['x'], varyValues: [`${i}`] }));
  t.same(stored(desk), [5, 4]);
  t.equal(desk.held.size, 2);
  t.ok(desk.count('bytes')! <= 100_000);
  t.same(desk.faults, []);
  t.end();
});

t.test('a head that has grown too large', (t) => {
  const desk = new Desk({ bytesMax: 100_000 });
  const variant = desk.variant();
  desk.store(KEY, variant);
  const flight = desk.fill(0, KEY, desk.peek(KEY).version);
  desk.hear(0, { type: 'refreshed', flight, key: KEY, variants: [{ ...variant, fields: [['x', 'y'.repeat(100_000)]] }], dropped: [] });
  t.match(desk.peek(KEY), { object: undefined, version: -1 });
  t.match(desk.coordinator.counts(), { objects: 0, bytes: 0, bodies: 0 });
  t.same(desk.faults, []);
  t.end();
});

t.test('heads that have grown too large together', (t) => {
  const desk = new Desk({ bytesMax: 100_000 });
  const variants = ['a', 'b'].map((value) => desk.variant({ varyNames: ['x'], varyValues: [value] }));
  for (const variant of variants) desk.store(KEY, variant);
  const grown = variants.map((variant) => ({ ...variant, fields: [['x', 'y'.repeat(60_000)]] as const }));
  desk.hear(0, { type: 'refreshed', flight: desk.fill(0, KEY, desk.peek(KEY).version), key: KEY, variants: grown, dropped: [] });
  t.same(stored(desk), [1]);
  t.same([...desk.held], ['r1']);
  t.same(desk.faults, []);
  t.end();
});

t.test('a record of several variants is held once, until the last of them goes', (t) => {
  const desk = new Desk();
  const bodies = [{ record: 'shared', offset: 0, bytes: 100 }, { record: 'shared', offset: 200, bytes: 50 }];
  for (const value of ['a', 'b']) desk.store(KEY, desk.variant({ bodies, varyNames: ['x'], varyValues: [value] }));
  desk.store(`${KEY}b`, desk.variant({ bodies }));
  t.same([...desk.held], ['shared']);
  t.equal(desk.count('bodies'), 1);
  desk.store(KEY, desk.variant({ varyNames: ['x'], varyValues: ['a'] }));
  t.equal(desk.purge({ by: 'key', key: `${KEY}b` }), 1);
  t.ok(desk.held.has('shared'));
  desk.store(KEY, desk.variant({ varyNames: ['x'], varyValues: ['b'] }));
  t.notOk(desk.held.has('shared'));
  t.same(desk.faults, []);
  t.end();
});

t.test('no bytes, no record', (t) => {
  const desk = new Desk();
  desk.store(KEY, desk.variant({ bytes: 0, bodies: [] }));
  t.same(stored(desk), [1]);
  t.match(desk.coordinator.counts(), { objects: 1, bodies: 0 });
  t.end();
});

t.test('room for so many objects: the least recently used goes', (t) => {
  const desk = new Desk({ objectsMax: 3 });
  for (const key of ['a', 'b', 'c']) desk.store(key, desk.variant());
  desk.hear(0, { type: 'used', keys: ['a', 'none'] });
  desk.ask(0, 'b');
  desk.store('d', desk.variant());
  t.same(['a', 'b', 'c', 'd'].filter((key) => desk.peek(key).object), ['a', 'b', 'd']);
  t.same([...desk.held], ['r1', 'r2', 'r4']);
  t.match(desk.coordinator.counts(), { objects: 3, evictions: 1 });
  t.end();
});

t.test('room for so many bytes', (t) => {
  const desk = new Desk({ bytesMax: 100_000 });
  for (let i = 0; i < 20; i++) desk.store(`${KEY}${i}`, sized(desk, 20_000));
  t.equal(desk.count('objects'), 4);
  t.equal(desk.count('evictions'), 16);
  t.equal(desk.held.size, 4);
  desk.store('large', sized(desk, 90_000));
  t.match(desk.coordinator.counts(), { objects: 1, evictions: 20 });
  t.same([...desk.held], ['r21']);
  t.ok(desk.count('bytes')! <= 100_000);
  t.same(desk.faults, []);
  t.end();
});

t.test('heads count, too', (t) => {
  const desk = new Desk({ bytesMax: 1 << 20 });
  for (let i = 0; i < 100; i++) desk.store(`${KEY}${i}`, desk.variant({ bytes: 0, bodies: [], fields: [['x', 'y'.repeat(50_000)]], tags: ['z'.repeat(5000)], varyNames: ['v'], varyValues: ['w'.repeat(5000)] }));
  t.equal(desk.count('objects'), 17);
  t.end();
});

t.test('an evicted object: the generation has advanced, and those who had it are told in one message', (t) => {
  const desk = new Desk({ objectsMax: 2 });
  desk.store('a', desk.variant());
  desk.store('b', desk.variant());
  const versions = ['a', 'b'].map((key) => desk.peek(key).version);
  desk.turns();
  desk.ask(2, 'a');
  desk.ask(3, 'b');
  desk.hear(4, { type: 'used', keys: [] });
  const slot = desk.generations.slotOf('a');
  const generation = desk.generations.at(slot);
  desk.store('c', desk.variant(), 5);
  t.not(desk.generations.at(slot), generation);
  desk.store('d', desk.variant(), 5);
  const before = desk.said.length;
  t.equal(desk.turns(), 1);
  const said = desk.said.slice(before);
  t.match(said.map(({ worker }) => worker).sort((a, b) => a - b), [0, 2, 3, 99]);
  for (const { worker, message } of said) {
    const keys = worker === 2 ? ['a'] : worker === 3 ? ['b'] : ['a', 'b'];
    t.same(message, { type: 'evicted', keys, versions: keys.map((key) => versions[key === 'a' ? 0 : 1]!) });
  }
  t.equal(desk.turns(), 0);
  t.end();
});

t.test('a body that is replaced: those who had it are told, with the version that they have', (t) => {
  const desk = new Desk();
  desk.store(KEY, desk.variant(), 0);
  desk.ask(1, KEY);
  const { version } = desk.peek(KEY);
  desk.store(KEY, desk.variant(), 2);
  const before = desk.said.length;
  desk.turns();
  const told = desk.said.slice(before);
  t.same(told.map(({ worker }) => worker).sort((a, b) => a - b), [0, 1, 99], '2 has only what it stored');
  for (const { message } of told) t.same(message, { type: 'evicted', keys: [KEY], versions: [version] });
  t.end();
});

t.test('new heads of the same body: nothing is to be let go', (t) => {
  const desk = new Desk();
  const variant = desk.variant();
  desk.store(KEY, variant);
  desk.hear(0, { type: 'refreshed', flight: desk.fill(0, KEY, desk.peek(KEY).version), key: KEY, variants: [{ ...variant }], dropped: [] });
  t.equal(desk.turns(), 0);
  desk.purge({ by: 'key', key: KEY });
  desk.turns();
  t.match(desk.said.find(({ worker, message }) => worker === 0 && message.type === 'evicted'), { message: { keys: [KEY] } }, 'the filler is told when it goes');
  t.end();
});

t.test('who follows is told when what it followed goes; who died is not', (t) => {
  const desk = new Desk();
  const flight = desk.fill(0, KEY);
  const variant = desk.variant();
  desk.hear(0, { type: 'head', flight, arriving: { variant, record: 'r1', bytes: 100 } });
  desk.ask(40, KEY);
  desk.ask(41, KEY);
  desk.hear(0, { type: 'stored', flight, key: KEY, variant, replaces: [] });
  desk.coordinator.workerDied(41);
  desk.purge({ by: 'everything' });
  const before = desk.said.length;
  desk.turns();
  t.same(desk.said.slice(before).map(({ worker, message }) => `${worker} ${message.type}`), ['0 evicted', '40 evicted']);
  t.end();
});

t.test('two keys of one slot cost each other a question', (t) => {
  const desk = new Desk();
  const slot = desk.generations.slotOf('key 0');
  let other = 1;
  while (desk.generations.slotOf(`key ${other}`) !== slot) other += 1;
  desk.store('key 0', desk.variant());
  const { version, generation } = desk.peek('key 0');
  desk.store(`key ${other}`, desk.variant());
  t.not(desk.generations.at(slot), generation);
  t.equal(desk.peek('key 0').version, version);
  t.end();
});

t.test('what came is not stored, and what is stored is not current', (t) => {
  const desk = new Desk();
  const [old, other] = [desk.variant({ varyNames: ['a'], varyValues: ['1'] }), desk.variant({ varyNames: ['a'], varyValues: ['2'] })];
  for (const variant of [old, other]) desk.store(KEY, variant);
  const released = (variants: readonly number[]): void => {
    const flight = desk.fill(0, KEY, desk.peek(KEY).version);
    desk.hear(0, { type: 'released', flight, aloneForMs: 0, failed: false, superseded: { key: KEY, variants } });
  };
  const invalid = (): readonly (number | undefined)[] => desk.peek(KEY).object!.variants.filter((variant) => variant.invalid).map(({ id }) => id);
  released([-1]);
  t.same(invalid(), [], 'of none that is there');
  released([old.id]);
  t.same(invalid(), [old.id]);
  t.equal(desk.peek(KEY).object!.variants.length, 2);
  t.end();
});
