// A cgroup that runs out of memory: how much is used of the bounds, and what is let go.
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { native } from '../../native/index.ts';
import { grantedMemory, memoryLevels, type CgroupPlaces } from '../../server/cgroup.ts';
import { MemoryKeeper } from '../../server/memory-keeper.ts';
import { MemoryPressure } from '../../server/memory-pressure.ts';
import { Desk } from '../5-cache/coordinator-desk.ts';
import { ask, Client, requestText } from '../client.ts';
import { serve, until } from '../serving.ts';
import { level, pressureCases } from './memory-cases.ts';
import { workersOf } from './workers.ts';

const LIMITS = { floorShare: 0.25, stallPercentMax: 10 };
const MIB = 1 << 20;

/** A folder as the kernel shows it; files by level, from the root down. */
function cgroups(t: Test, levels: Readonly<Record<string, Readonly<Record<string, string>>>>, own: string): CgroupPlaces {
  const root = t.testdir({});
  for (const [path, files] of Object.entries(levels)) {
    mkdirSync(join(root, path), { recursive: true });
    for (const [name, text] of Object.entries(files)) writeFileSync(join(root, path, name), `${text}\n`);
  }
  const self = join(root, 'self');
  writeFileSync(self, `0::${own}\n`);
  return { root, self };
}

t.test('what is granted is the least of all levels', (t) => {
  const granted = (levels: Readonly<Record<string, Readonly<Record<string, string>>>>, own: string): number => grantedMemory(cgroups(t, levels, own));
  t.equal(granted({ a: { 'memory.max': 'max', 'memory.high': 'max' } }, '/a'), Infinity);
  t.equal(granted({ 'a': { 'memory.max': '1000' }, 'a/b': { 'memory.max': '2000' } }, '/a/b'), 1000, 'one above');
  t.equal(granted({ 'a': { 'memory.max': '1000' }, 'a/b': { 'memory.max': 'max' }, 'a/b/c': {} }, '/a/b/c'), 1000, 'the nearest that has one');
  t.equal(granted({ a: { 'memory.max': '2000', 'memory.high': '1500' } }, '/a'), 1500, 'what is throttled is not granted');
  t.equal(granted({ '': { 'memory.max': '700' } }, '/not/to/be/seen'), 700, 'in a container, whose own is the root');
  t.equal(granted({ a: { 'memory.max': 'nonsense' } }, '/a'), Infinity);
  t.equal(grantedMemory({ root: '/nowhere', self: '/nowhere' }), Infinity);
  t.end();
});

t.test('what the kernel tells', (t) => {
  const places = cgroups(t, {
    '': {}, // the root of all has no memory.current
    'a': { 'memory.current': '5000', 'memory.max': '9000', 'memory.stat': 'anon 1\nactive_file 4000\ninactive_file 3000', 'memory.events': 'low 0\nhigh 2\nmax 3\noom 0', 'memory.pressure': 'some avg10=12.34 avg60=1.00 avg300=0.00 total=1\nfull avg10=99.00 avg60=0.00 avg300=0.00 total=0' },
    'a/b': { 'memory.current': '1000' },
  }, '/a/b');
  t.strictSame(memoryLevels(places), [
    { limitBytes: Infinity, usedBytes: 1000, pageCacheBytes: 0, limited: 0, stallPercent: 0 },
    { limitBytes: 9000, usedBytes: 5000, pageCacheBytes: 5000, limited: 5, stallPercent: 12.34 },
  ]);
  t.strictSame(memoryLevels({ root: '/nowhere', self: '/nowhere' }), []);
  t.end();
});

t.test('how much is used', (t) => {
  t.ok(pressureCases.length > 15, `${pressureCases.length} cases`);
  for (const { what, looks, share, cause, floorShare = LIMITS.floorShare } of pressureCases) {
    const pressure = new MemoryPressure({ ...LIMITS, floorShare });
    const changes = looks.filter((levels) => pressure.look(levels)).length;
    t.equal(pressure.share.toFixed(3), share.toFixed(3), what);
    t.equal(pressure.cause, cause, what);
    t.equal(changes > 0, share < 1 || looks.length > 100, `${what}: ${changes} changes`);
  }
  t.end();
});

t.test('the keeper carries it out, and tells of it once', (t) => {
  let levels = [level({ usedBytes: 1020 * MIB, pageCacheBytes: 0 })];
  const reports: string[] = [];
  const shares: number[] = [];
  const keeper = new MemoryKeeper({ limits: LIMITS, squeezeStore: (share) => shares.push(share), shed: () => undefined, report: (name) => reports.push(name), levels: () => levels });
  const full = native.sealedMemory().privateBytesMax;
  for (let looks = 0; looks < 20; ++looks) keeper.look();
  t.equal(shares.at(-1), 0.25);
  t.strictSame(reports, ['memoryPressure']);
  t.equal(native.sealedMemory().privateBytesMax, full / 4);
  t.match(keeper.status(), { share: 0.25, cause: 'full', cgroup: { usedBytes: 1020 * MIB, pageCacheBytes: 0, limitBytes: 1024 * MIB } });
  t.equal(keeper.counts()['squeezed.full'], shares.length);
  levels = [level()];
  for (let looks = 0; looks < 200; ++looks) keeper.look();
  t.equal(shares.at(-1), 1);
  t.strictSame(reports, ['memoryPressure', 'memoryCalm']);
  t.equal(native.sealedMemory().privateBytesMax, full);
  levels = [level({ stallPercent: 50 })];
  keeper.look();
  keeper.end();
  t.equal(native.sealedMemory().privateBytesMax, full, 'whoever else is in this process has all of it');
  t.end();
});

t.test('the store lets go of what was used longest ago, by and by', (t) => {
  const desk = new Desk({ bytesMax: 10_000_000, objectsMax: 10_000 });
  for (let at = 0; at < 2000; ++at) desk.store(`http://host/${at}`, desk.variant());
  desk.turns();
  const bytes = desk.count('bytes')!;
  desk.coordinator.squeeze((bytes / 10_000_000) * 0.5);
  t.ok(desk.turns() > 1, 'in more than one turn');
  t.ok(desk.count('bytes')! <= bytes / 2);
  t.ok(desk.count('bytes')! > bytes / 2 - 10_000, 'and no more than that');
  t.equal(desk.peek('http://host/0').object, undefined);
  t.ok(desk.peek('http://host/1999').object);
  t.equal(desk.held.size, desk.count('objects'), 'its memory is let go');
  const large = { ...desk.variant({ bytes }), bodies: [{ record: 'large', offset: 0, bytes }] };
  desk.store('http://host/large', large);
  t.equal(desk.count('tooLarge'), 1, 'what there is no room for now makes nothing else go');
  t.ok(desk.peek('http://host/1999').object);
  desk.coordinator.squeeze(1);
  desk.store('http://host/large', { ...large, id: 99_999 });
  t.ok(desk.peek('http://host/large').object, 'and there is room again');
  t.same(desk.faults, []);
  t.end();
});

t.test('a server lets go of arena and private copies, and serves on', async (t) => {
  const root = t.testdir({});
  for (let at = 0; at < 24; ++at) writeFileSync(join(root, `${at}.bin`), Buffer.alloc(1 << 20, at));
  for (let at = 0; at < 900; ++at) writeFileSync(join(root, `${at}.txt`), Buffer.alloc(32_000, at));
  const { place } = await serve(t, { root, workers: 2, protect: 'sealed', arena: { bytesMax: 24 * MIB }, guard: { privateMaxTotalBytes: 32 * MIB } });
  const names = [...Array.from({ length: 900 }, (_, at) => `/${at}.txt`), ...Array.from({ length: 24 }, (_, at) => `/${at}.bin`)];
  const all = async (): Promise<void> => {
    const client = await Client.open(place);
    let wrong = 0;
    for (const name of names) {
      await client.send(requestText(name));
      const { body } = await client.reply();
      if (body.length !== (name.endsWith('.bin') ? 1 << 20 : 32_000) || body[0] !== parseInt(name.slice(1), 10) % 256 || body.at(-1) !== body[0]) wrong += 1;
    }
    client.destroy();
    t.equal(wrong, 0);
  };
  await all();
  const before = native.sealedMemory();
  t.ok(before.arenaBytes > 16 * MIB && before.privateBytes > 16 * MIB, JSON.stringify(before));
  const shedAll = (): void => {
    for (const worker of workersOf(root)) worker.postMessage({ type: 'shed', bytes: 1 << 30 });
  };
  native.squeeze(0.25);
  t.teardown(() => native.squeeze(1));
  await until(() => native.sealedMemory().arenaBytes <= 8 * MIB, 'the arena shrinks to its least');
  await until(() => (shedAll(), native.sealedMemory().privateBytes <= 8 * MIB), 'and private memory to a quarter');
  await all();
  t.ok(native.sealedMemory().arenaBytes <= 8 * MIB && native.sealedMemory().privateBytes <= 8 * MIB, 'as long as that is so');
  native.squeeze(1);
  await all();
  // What found no room stays as it is, until it is opened anew.
  writeFileSync(join(root, 'later.bin'), Buffer.alloc(6 << 20));
  const { body } = await ask(place, '/later.bin');
  t.equal(body.length, 6 << 20);
});
