// Who fills, who waits, and what becomes of those who wait.
import t from 'tap';
import { Coordinator } from '../../cache/store/coordinator.ts';
import { Generations } from '../../cache/store/generations.ts';
import type { ToStoreUser } from '../../cache/store/messages.ts';
import { Desk, type Said } from './coordinator-desk.ts';

const KEY = 'http://host/a';

const kinds = (said: readonly Said[]): string[] => said.map(({ worker, message }) => `${worker} ${message.type}`);

t.test('nothing is stored, and nobody means to ask the origin', (t) => {
  const desk = new Desk();
  const [said] = desk.hear(0, { type: 'ask', ticket: 1, key: KEY, version: -1, flight: undefined });
  t.same(said, { worker: 0, message: { type: 'object', ticket: 1, object: undefined, version: -1, generation: 0 } });
  t.equal(desk.count('flights'), 0);
  t.end();
});

t.test('one fills, the others wait, and get the object in the order in which they came', (t) => {
  const desk = new Desk();
  const flight = desk.fill(0, KEY);
  for (const worker of [2, 1, 0, 2]) t.equal(desk.ask(worker, KEY), undefined, `${worker} waits`);
  t.equal(desk.count('waiters'), 4);
  t.equal(desk.count('collapsed'), 4);
  const variant = desk.variant();
  const said = desk.hear(0, { type: 'stored', flight, key: KEY, variant, replaces: [] });
  t.same(kinds(said), ['2 object', '1 object', '0 object', '2 object']);
  for (const { message } of said) t.match(message, { object: { key: KEY, variants: [variant] }, generation: desk.generations.at(desk.generations.slotOf(KEY)) });
  t.match(desk.coordinator.counts(), { flights: 0, waiters: 0, fills: 1, objects: 1, bodies: 1, stored: 1 });
  t.end();
});

t.test('another name is another flight, of the same key', (t) => {
  const desk = new Desk();
  t.not(desk.fill(0, KEY, -1, `${KEY} gzip`), desk.fill(0, KEY, -1, `${KEY} br`));
  t.equal(desk.count('flights'), 2);
  t.end();
});

t.test('who has another version looks again before anything is asked for', (t) => {
  const desk = new Desk();
  desk.store(KEY, desk.variant());
  const { version } = desk.peek(KEY);
  t.match(desk.ask(1, KEY), { type: 'object', version });
  t.match(desk.ask(1, KEY, version - 1), { type: 'object', version });
  t.equal(desk.count('flights'), 0);
  t.match(desk.ask(1, KEY, version), { type: 'fill' });
  desk.purge({ by: 'key', key: KEY });
  t.match(desk.ask(1, KEY, version), { type: 'object', object: undefined, version: -1 }, 'what it has is stored no more');
  t.end();
});

t.test('a head is shared at once, with those who wait and with those who come', (t) => {
  const desk = new Desk();
  const flight = desk.fill(0, KEY);
  desk.ask(1, KEY);
  desk.ask(2, KEY);
  const arriving = { variant: desk.variant(), record: 'r1', bytes: 100 };
  t.same(kinds(desk.hear(0, { type: 'head', flight, arriving })), ['1 follow', '2 follow']);
  t.match(desk.ask(3, KEY), { type: 'follow', arriving });
  t.equal(desk.hear(0, { type: 'stored', flight, key: KEY, variant: arriving.variant, replaces: [] }).length, 0, 'they have been told');
  t.match(desk.ask(3, KEY), { type: 'object', object: { key: KEY } });
  t.equal(desk.count('followed'), 3);
  t.end();
});

t.test('a fill that breaks off behind its head', (t) => {
  const desk = new Desk();
  const flight = desk.fill(0, KEY);
  desk.hear(0, { type: 'head', flight, arriving: { variant: desk.variant(), record: 'r1', bytes: -1 } });
  t.equal(desk.hear(0, { type: 'released', flight, aloneForMs: 0, failed: true }).length, 0);
  t.match(desk.ask(1, KEY), { type: 'fill' }, 'nobody follows it any more');
  t.end();
});

t.test('new heads of what is stored', (t) => {
  const desk = new Desk();
  const variants = ['a', 'b', 'c'].map((value) => desk.variant({ varyNames: ['x'], varyValues: [value] }));
  for (const variant of variants) desk.store(KEY, variant);
  const { version } = desk.peek(KEY);
  const flight = desk.fill(0, KEY, version);
  desk.ask(1, KEY, version);
  const refreshed = { ...variants[0]!, fields: [['etag', '"new"']] as const };
  const unknown = desk.variant();
  const said = desk.hear(0, { type: 'refreshed', flight, key: KEY, variants: [refreshed, unknown], dropped: [variants[1]!.id] });
  t.same(kinds(said), ['1 object']);
  t.same(desk.peek(KEY).object?.variants, [refreshed, variants[2]], 'newest first; what is not stored is not made to be');
  t.ok(desk.peek(KEY).version > version);
  t.same([...desk.held], ['r1', 'r3']);
  t.same(desk.faults, []);
  t.end();
});

t.test('heads of nothing change nothing', (t) => {
  const desk = new Desk();
  desk.store(KEY, desk.variant());
  const { version, generation } = desk.peek(KEY);
  const flight = desk.fill(0, KEY, version);
  desk.hear(0, { type: 'refreshed', flight, key: KEY, variants: [desk.variant()], dropped: [77] });
  t.match(desk.peek(KEY), { version, generation });
  const other = desk.fill(0, 'http://host/none');
  desk.hear(0, { type: 'refreshed', flight: other, key: 'http://host/none', variants: [desk.variant()], dropped: [] });
  t.equal(desk.peek('http://host/none').object, undefined);
  t.end();
});

t.test('the last variant is dropped', (t) => {
  const desk = new Desk();
  const variant = desk.variant();
  desk.store(KEY, variant);
  const flight = desk.fill(0, KEY, desk.peek(KEY).version);
  desk.hear(0, { type: 'refreshed', flight, key: KEY, variants: [variant], dropped: [variant.id] });
  t.match(desk.peek(KEY), { object: undefined, version: -1 });
  t.match(desk.coordinator.counts(), { objects: 0, bytes: 0, bodies: 0 });
  t.end();
});

t.test('nothing to share: those who wait go alone all together', (t) => {
  for (const failed of [false, true]) {
    const desk = new Desk();
    const flight = desk.fill(0, KEY);
    desk.ask(1, KEY);
    desk.ask(2, KEY);
    const said = desk.hear(0, { type: 'released', flight, aloneForMs: 0, failed });
    t.same(kinds(said), ['1 alone', '2 alone']);
    for (const { message } of said) t.match(message, { failed });
    t.match(desk.ask(1, KEY), { type: 'fill' }, 'the next one fills');
  }
  t.end();
});

t.test('a flight that is known to give nothing to share: nobody waits for it', (t) => {
  const desk = new Desk();
  const released = (aloneForMs: number): void => void desk.hear(0, { type: 'released', flight: desk.fill(0, KEY), aloneForMs, failed: false });
  released(500);
  const flight = desk.fill(1, KEY);
  for (const worker of [1, 2, 3]) t.match(desk.ask(worker, KEY), { type: 'alone', failed: false });
  t.match(desk.ask(2, KEY, -1, 'other'), { type: 'fill' }, 'another flight');
  desk.nowMs += 499;
  t.match(desk.ask(2, KEY), { type: 'alone' });
  desk.nowMs += 1;
  t.equal(desk.ask(2, KEY), undefined, 'the time is over, and it waits');
  t.equal(desk.hear(1, { type: 'stored', flight, key: KEY, variant: desk.variant(), replaces: [] }).length, 1);
  t.equal(desk.count('alone'), 0);
  t.end();
});

t.test('what is stored ends that others go alone', (t) => {
  const desk = new Desk();
  desk.hear(0, { type: 'released', flight: desk.fill(0, KEY), aloneForMs: 1e9, failed: false });
  const flight = desk.fill(0, KEY);
  t.match(desk.ask(1, KEY), { type: 'alone' });
  desk.hear(0, { type: 'stored', flight, key: KEY, variant: desk.variant(), replaces: [] });
  const { version } = desk.peek(KEY);
  desk.fill(0, KEY, version);
  t.equal(desk.ask(1, KEY, version), undefined, 'it waits');
  t.end();
});

t.test('a head ends it for its flight', (t) => {
  const desk = new Desk();
  desk.hear(0, { type: 'released', flight: desk.fill(0, KEY), aloneForMs: 1e9, failed: false });
  const flight = desk.fill(0, KEY);
  desk.hear(0, { type: 'head', flight, arriving: { variant: desk.variant(), record: 'r1', bytes: 100 } });
  t.match(desk.ask(1, KEY), { type: 'follow' });
  t.end();
});

t.test('a head without a length does not: only its end tells that it can be stored', (t) => {
  const desk = new Desk();
  desk.hear(0, { type: 'released', flight: desk.fill(0, KEY), aloneForMs: 1e9, failed: false });
  const flight = desk.fill(0, KEY);
  desk.hear(0, { type: 'head', flight, arriving: { variant: desk.variant(), record: 'r1', bytes: -1 } });
  t.match(desk.ask(1, KEY), { type: 'alone', failed: false });
  desk.hear(0, { type: 'stored', flight, key: KEY, variant: desk.variant(), replaces: [] });
  t.match(desk.ask(1, KEY), { type: 'object' });
  t.end();
});

t.test('flights that are known to give nothing are bounded', (t) => {
  const desk = new Desk({ aloneMax: 10 });
  for (let i = 0; i < 100; i++) desk.hear(0, { type: 'released', flight: desk.fill(0, `${KEY}${i}`), aloneForMs: 1e9, failed: false });
  t.equal(desk.count('alone'), 10);
  t.end();
});

t.test('what cannot be stored lets those who wait go alone', (t) => {
  const desk = new Desk({ bytesMax: 10_000 });
  desk.missing.add('lost');
  const cases = [
    ['tooLarge', desk.variant({ bytes: 10_000, bodies: [{ record: 'large', offset: 0, bytes: 10_000 }] })],
    ['bodiesMissing', desk.variant({ bodies: [{ record: 'there', offset: 0, bytes: 1 }, { record: 'lost', offset: 5, bytes: 1 }] })],
  ] as const;
  for (const [count, variant] of cases) {
    const flight = desk.fill(0, KEY);
    desk.ask(1, KEY);
    t.same(kinds(desk.hear(0, { type: 'stored', flight, key: KEY, variant, replaces: [] })), ['1 alone'], count);
    t.equal(desk.count(count), 1);
    t.equal(desk.held.size, 0);
  }
  t.match(desk.coordinator.counts(), { objects: 0, stored: 0, bodies: 0 });
  t.same(desk.faults, []);
  t.end();
});

t.test('a filler dies: the first who waits fills, the others go on waiting', (t) => {
  const desk = new Desk();
  const dead = desk.fill(0, KEY);
  for (const worker of [0, 1, 2, 0, 1]) desk.ask(worker, KEY);
  const before = desk.said.length;
  desk.coordinator.workerDied(0);
  const [said, ...more] = desk.said.slice(before);
  t.match(said, { worker: 1, message: { type: 'fill', ticket: 3 } });
  t.equal(more.length, 0);
  t.match(desk.coordinator.counts(), { flights: 1, waiters: 2, handedOn: 1 });
  const flight = said?.message.type === 'fill' ? said.message.flight : -1;
  t.not(flight, dead);
  t.equal(desk.hear(0, { type: 'stored', flight: dead, key: KEY, variant: desk.variant(), replaces: [] }).length, 0, 'of the dead: not heard');
  t.same(kinds(desk.hear(1, { type: 'stored', flight, key: KEY, variant: desk.variant(), replaces: [] })), ['2 object', '1 object']);
  t.end();
});

t.test('a filler dies with nobody who waits, or behind its head', (t) => {
  const desk = new Desk();
  desk.fill(0, KEY);
  desk.ask(0, KEY);
  const flight = desk.fill(0, `${KEY}b`);
  desk.ask(1, `${KEY}b`);
  desk.hear(0, { type: 'head', flight, arriving: { variant: desk.variant(), record: 'r1', bytes: 1 } });
  desk.coordinator.workerDied(0);
  t.match(desk.coordinator.counts(), { flights: 0, waiters: 0, handedOn: 0 });
  t.match(desk.ask(1, `${KEY}b`), { type: 'fill' });
  t.end();
});

t.test('one who waits dies', (t) => {
  const desk = new Desk();
  const flight = desk.fill(0, KEY);
  desk.ask(1, KEY);
  desk.ask(2, KEY);
  desk.coordinator.workerDied(1);
  t.same(kinds(desk.hear(0, { type: 'released', flight, aloneForMs: 0, failed: false })), ['2 alone']);
  t.end();
});

t.test('all die, one after the other', (t) => {
  const desk = new Desk();
  desk.fill(0, KEY);
  for (let worker = 1; worker < 50; worker++) desk.ask(worker, KEY);
  for (let worker = 0; worker < 50; worker++) desk.coordinator.workerDied(worker);
  t.match(desk.coordinator.counts(), { flights: 0, waiters: 0, handedOn: 49, workersDied: 50 });
  t.end();
});

t.test('what is said of flights that are over, or of others, is not heard', (t) => {
  const desk = new Desk();
  const flight = desk.fill(0, KEY);
  desk.ask(1, KEY);
  const variant = desk.variant();
  const arriving = { variant, record: 'r1', bytes: 100 };
  const messages = (number: number) => [
    { type: 'head', flight: number, arriving }, { type: 'stored', flight: number, key: KEY, variant, replaces: [] },
    { type: 'refreshed', flight: number, key: KEY, variants: [variant], dropped: [] }, { type: 'released', flight: number, aloneForMs: 5, failed: true },
  ] as const;
  for (const message of messages(flight)) t.equal(desk.hear(1, message).length, 0, `${message.type}, not of the filler`);
  for (const number of [flight + 1, 0, -1, NaN]) for (const message of messages(number)) t.equal(desk.hear(0, message).length, 0, `${message.type} of ${number}`);
  t.equal(desk.count('strays'), 20);
  t.match(desk.coordinator.counts(), { flights: 1, waiters: 1, objects: 0, bodies: 0, alone: 0 });
  desk.hear(0, { type: 'head', flight, arriving });
  t.equal(desk.hear(0, { type: 'head', flight, arriving }).length, 0, 'a second head');
  desk.hear(0, { type: 'released', flight, aloneForMs: 0, failed: false });
  for (const message of messages(flight)) desk.hear(0, message);
  t.equal(desk.count('strays'), 25);
  t.end();
});

t.test('twenty thousand keys that are asked for once', (t) => {
  const desk = new Desk();
  for (let i = 0; i < 20_000; i++) desk.hear(0, { type: 'released', flight: desk.fill(0, `${KEY}${i}`), aloneForMs: 0, failed: false });
  t.match(desk.coordinator.counts(), { flights: 0, waiters: 0, objects: 0, alone: 0, fills: 20_000 });
  t.end();
});

t.test('ten thousand who wait for one', (t) => {
  const desk = new Desk();
  const flight = desk.fill(0, KEY);
  for (let i = 0; i < 10_000; i++) desk.ask(i % 7, KEY);
  t.equal(desk.hear(0, { type: 'stored', flight, key: KEY, variant: desk.variant(), replaces: [] }).length, 10_000);
  t.end();
});

t.test('names that other objects have by nature', (t) => {
  const desk = new Desk();
  for (const key of ['__proto__', 'constructor', '', '\u0000', '\ud800']) {
    const flight = desk.fill(0, key);
    t.equal(desk.ask(1, key), undefined);
    t.equal(desk.hear(0, { type: 'stored', flight, key, variant: desk.variant({ tags: [key] }), replaces: [] }).length, 1);
    t.equal(desk.purge({ by: 'tag', tag: key }), 1);
    t.equal(desk.peek(key).object, undefined);
  }
  t.end();
});

t.test('later is the next turn, where nothing else is given', async (t) => {
  const told: ToStoreUser[] = [];
  const bodies = { hold: () => true, letGo: () => undefined };
  const coordinator = new Coordinator({ bytesMax: 1e6, objectsMax: 1, variantsMax: 1, aloneMax: 1, timeMs: () => 0, nowMs: () => 0 }, bodies, new Generations(Generations.create()), (_, message) => told.push(message));
  const desk = new Desk();
  for (const key of ['a', 'b']) {
    coordinator.hear(0, { type: 'ask', ticket: 1, key, version: -1, flight: key });
    const said = told.at(-1);
    coordinator.hear(0, { type: 'stored', flight: said?.type === 'fill' ? said.flight : -1, key, variant: desk.variant(), replaces: [] });
  }
  t.not(told.at(-1)?.type, 'evicted');
  await new Promise((resolve) => setImmediate(resolve));
  t.match(told.at(-1), { type: 'evicted', keys: ['a'] });
});
