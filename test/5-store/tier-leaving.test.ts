// What leaves the disk, is lost or refused there: of one coordinator, with memory that has room for little.
import t from 'tap';
import type { Variant } from '../../cache/store/object.ts';
import { TierDesk } from './tier-desk.ts';
import { KEY, SMALL, filesOf, rested, variants } from './tier-questions.ts';

const NEW_HEAD: Variant['fields'] = [['content-type', 'text/html']];

t.test('one variant is lost, the others are not', async (t) => {
  const desk = await TierDesk.open(t, SMALL);
  for (const value of ['a', 'b', 'c']) await desk.keep(KEY, { varyNames: ['x'], varyValues: [value] });
  await desk.settled();
  await desk.crowd();
  const record = (await variants(desk)).find(({ varyValues: [value] }) => value === 'b')!.bodies[0]!.record;
  desk.hear(0, { type: 'lost', key: KEY, record });
  desk.hear(1, { type: 'lost', key: KEY, record }); // heard of twice
  await desk.settled();
  t.match((await variants(desk)).map(({ varyValues: [value] }) => value), ['c', 'a']);
  t.equal(desk.count('diskLost'), 1);
  t.equal((await filesOf(desk)).length, 2);
  t.ok(await desk.isSound(KEY));
  await rested(t, desk);
  for (const { bodies } of await variants(desk)) desk.hear(0, { type: 'lost', key: KEY, record: bodies[0]!.record });
  await desk.settled();
  t.equal(await desk.onDisk(KEY), undefined);
  t.equal(desk.count('diskLost'), 3);
  await rested(t, desk);
});

t.test('the disk refuses', async (t) => {
  for (const what of ['put', 'begin'] as const) {
    const desk = await TierDesk.open(t, SMALL);
    await desk.keep(KEY);
    await desk.settled();
    desk.refuses.set(what, 'ENOSPC');
    const newer = await desk.keep(KEY, { fields: NEW_HEAD });
    await desk.settled();
    t.match(await variants(desk), [{ bodies: [{ record: newer.bodies[0]!.record }] }], 'it is in memory');
    t.equal(desk.count('diskRefused'), 1);
    t.equal(desk.reports.length, 1);
    desk.refuses.clear();
    // Without a head there is nothing to be found: also what was there before is gone.
    if (what === 'begin') t.equal(await desk.onDisk(KEY), undefined);
    const flight = await desk.fill(KEY);
    const [held] = await variants(desk);
    desk.hear(0, { type: 'refreshed', flight, key: KEY, variants: [{ ...held!, fields: NEW_HEAD }], dropped: [] });
    await desk.settled();
    t.ok(await desk.isSound(KEY), 'tried again with the next');
    t.strictSame(await desk.litter(), []);
    t.strictSame(desk.faults, []);
  }
  const desk = await TierDesk.open(t, SMALL);
  desk.refuses.set('put', 'ENOSPC');
  await desk.keepFile(KEY);
  await desk.settled();
  t.strictSame(await variants(desk), [], 'what is on disk alone, and has no head, is stored no more');
  t.strictSame(await desk.litter(), []);
});

t.test('no more is held for the disk than there is room for', async (t) => {
  const desk = await TierDesk.open(t, { coordinator: { bytesMax: 200_000 }, disk: { waitingBytesMax: 30_000 } });
  await desk.keep(KEY);
  await desk.settled();
  const lift = desk.hold('begin');
  for (let i = 0; i < 60; ++i) await desk.keep(`http://other/${i}`);
  await desk.keep(KEY, { fields: NEW_HEAD });
  const held = [...desk.records.values()].reduce((sum, { bytes, references }) => sum + (references > 1 ? bytes.length : 0), 0);
  t.ok(held <= 30_000 + 8 * 7000, `${held} bytes`);
  t.ok(desk.count('diskNotWritten') > 10);
  lift();
  await desk.settled();
  t.equal(await desk.onDisk(KEY), undefined, 'what was there before is not what is stored');
  t.match(await variants(desk), [{ fields: NEW_HEAD }]);
  await rested(t, desk);
  await desk.keep('http://next/');
  await desk.settled();
  t.ok(await desk.isSound('http://next/'), 'there is room again');
});

t.test('what was not used for longest goes, with its bodies', async (t) => {
  const desk = await TierDesk.open(t, { ...SMALL, disk: { bytesMax: 40_000 } });
  for (let i = 0; i < 12; ++i) {
    await desk.keep(`http://h/${i}`, { varyNames: ['x'], varyValues: ['1'] });
    await desk.keep(`http://h/${i}`, { varyNames: ['x'], varyValues: ['2'] });
    desk.hear(0, { type: 'used', keys: ['http://h/0'] });
    await desk.settled();
  }
  t.ok(desk.count('diskBytes') <= 40_000);
  t.ok(desk.count('diskEvictions') >= 5);
  t.equal(desk.count('diskObjects'), (await desk.lookThrough()).objects.length);
  t.equal(desk.count('diskBytes'), (await desk.lookThrough()).summary.bytes);
  await desk.crowd();
  t.equal((await variants(desk, 'http://h/0')).length, 2, 'used again and again');
  t.equal((await variants(desk, 'http://h/11')).length, 2);
  t.strictSame(await variants(desk, 'http://h/1'), []);
  await rested(t, desk);
});

t.test('an object on disk alone that has to go is stored no more; one in memory stays', async (t) => {
  const desk = await TierDesk.open(t, { ...SMALL, disk: { bytesMax: 20_000 } });
  await desk.keepFile('http://h/file');
  await desk.keep('http://h/memory');
  await desk.settled();
  for (let i = 0; i < 10; ++i) {
    await desk.keep(`http://other/${i}`);
    await desk.settled();
  }
  t.strictSame(await variants(desk, 'http://h/file'), []);
  t.equal((await variants(desk, 'http://h/memory')).length, 1);
  t.equal((await variants(desk, 'http://h/memory'))[0]!.bodies[0]!.file, undefined);
  await rested(t, desk);
});

t.test('what is used a second time', async (t) => {
  const desk = await TierDesk.open(t, { ...SMALL, disk: { admit: 'second' } });
  await desk.keep(KEY);
  await desk.keep('http://h/once');
  await desk.keepFile('http://h/file');
  await desk.settled();
  t.equal(await desk.onDisk(KEY), undefined);
  t.ok(await desk.onDisk('http://h/file'), 'there is no other place for it');
  desk.hear(0, { type: 'used', keys: [KEY] });
  await desk.settled();
  t.ok(await desk.isSound(KEY));
  t.equal(await desk.onDisk('http://h/once'), undefined);
  await desk.keep(KEY, { fields: NEW_HEAD });
  await desk.settled();
  t.match(await desk.onDisk(KEY), { variants: [{ fields: NEW_HEAD }] }, 'what is there is kept as it is');
  desk.hear(0, { type: 'used', keys: ['http://nowhere/'] });
  await rested(t, desk);
});

t.test('what is newer than a second use that is being written', async (t) => {
  for (const slow of ['begin', 'put'] as const) {
    const desk = await TierDesk.open(t, { ...SMALL, disk: { admit: 'second' } });
    await desk.keep(KEY);
    const lift = desk.hold(slow);
    desk.hear(0, { type: 'used', keys: [KEY] });
    await desk.held(slow);
    await desk.keep(KEY, { fields: NEW_HEAD });
    lift();
    await desk.settled();
    await desk.crowd();
    t.match(await variants(desk), [{ fields: NEW_HEAD }], `${slow}: the disk has nothing older`);
    await rested(t, desk);
  }
});

t.test('a worker that dies while its question waits for the disk is not answered, nor is its successor', async (t) => {
  const desk = await TierDesk.open(t, SMALL);
  await desk.keep(KEY);
  await desk.settled();
  await desk.crowd();
  const lift = desk.hold('lookup');
  let answered = 0;
  void desk.ask(KEY, { worker: 3 }).then(() => (answered += 1));
  const other = desk.ask(KEY, { worker: 4 });
  await desk.held('lookup');
  desk.coordinator.workerDied(3);
  desk.hear(3, { type: 'used', keys: [] });
  lift();
  t.match(await other, { type: 'object', object: { key: KEY } });
  await desk.settled();
  t.equal(answered, 0);
  t.match(await desk.ask(KEY, { worker: 3 }), { type: 'object', object: { key: KEY } }, 'what it asks itself it is told');
});

t.test('a purge is forgotten while what it named waits to be written', async (t) => {
  const desk = await TierDesk.open(t, SMALL);
  const lift = desk.hold('begin');
  for (let i = 0; i < 10; ++i) await desk.keep(`http://other/${i}`);
  await desk.keep(KEY);
  await desk.crowd();
  desk.purge({ by: 'prefix', prefix: 'http://h/' });
  await desk.lookThrough();
  lift();
  await desk.settled();
  t.strictSame(await variants(desk), []);
  t.equal(await desk.onDisk(KEY), undefined);
});

t.test('objects whose variants differ in their tags are counted once', async (t) => {
  const desk = await TierDesk.open(t, SMALL);
  await desk.keep(KEY, { varyNames: ['x'], varyValues: ['1'], tags: ['a'] });
  await desk.keep(KEY, { varyNames: ['x'], varyValues: ['2'], tags: ['b'] });
  await desk.settled();
  t.equal(desk.purge({ by: 'tag', tag: 'a' }), 1);
  t.equal(desk.purge({ by: 'tag', tag: 'a' }), 0);
  t.match(await variants(desk), [{ varyValues: ['2'] }]);
  await desk.crowd();
  t.match(await variants(desk), [{ varyValues: ['2'] }]);
  t.equal(desk.purge({ by: 'tag', tag: 'b' }), 1);
  t.strictSame(await variants(desk), []);
  await rested(t, desk);
  t.match(desk.coordinator.counts(), { diskObjects: 0, diskBytes: 0 });
});

t.test('what waits is written before it ends', async (t) => {
  const desk = await TierDesk.open(t, SMALL);
  for (let i = 0; i < 50; ++i) await desk.keep(`http://h/${i}`);
  await desk.restart();
  for (let i = 0; i < 50; ++i) t.equal((await variants(desk, `http://h/${i}`)).length, 1);
  await rested(t, desk);
});
