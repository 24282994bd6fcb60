// What goes to disk and comes back: of one coordinator, with memory that has room for little.
import t from 'tap';
import type { Variant } from '../../cache/store/object.ts';
import { until } from '../serving.ts';
import { TierDesk } from './tier-desk.ts';
import { KEY, SMALL, filesOf, rested, variants } from './tier-questions.ts';

const NEW_HEAD: Variant['fields'] = [['content-type', 'text/html']];

t.test('warm, cool, and warm again', async (t) => {
  const desk = await TierDesk.open(t, SMALL);
  const stored = await desk.keep(KEY, { tags: ['x'] });
  await desk.settled();
  for (let round = 0; round < 3; ++round) {
    await desk.crowd();
    const [found] = await variants(desk);
    t.match(found, { fields: stored.fields, requestMs: stored.requestMs, tags: ['x'], bytes: stored.bytes, bodies: [{ record: (await filesOf(desk))[0]!, offset: 0 }] });
    t.not(found?.id, stored.id, 'an id of its own');
  }
  t.ok(await desk.isSound(KEY));
  t.equal(desk.count('diskFinds'), 3);
  t.equal(desk.count('diskWrites'), 1);
  t.equal(desk.records.get(stored.bodies[0]!.record)?.references, 0, 'memory has let its bytes go');
  await rested(t, desk);
});

t.test('memory has no room for it before it is written', async (t) => {
  const desk = await TierDesk.open(t, SMALL);
  const lift = desk.hold('begin');
  for (let i = 0; i < 10; ++i) await desk.keep(`http://other/${i}`);
  const stored = await desk.keep(KEY);
  await desk.crowd();
  t.match(await variants(desk), [{ bodies: stored.bodies }], 'its bytes are held');
  await desk.crowd();
  lift();
  await desk.settled();
  t.equal((await filesOf(desk)).length, 1);
  t.ok(await desk.isSound(KEY));
  await rested(t, desk);
});

t.test('what is newer takes its place, whatever is being done', async (t) => {
  // What is held back while it comes; the first is written before.
  for (const slow of [undefined, 'begin', 'put'] as const) {
    for (const crowded of [false, true]) {
      for (const kind of ['keep', 'keepFile'] as const) {
        const name = `${kind}${crowded ? ', crowded' : ''}, ${slow ?? 'nothing'} is slow`;
        const desk = await TierDesk.open(t, SMALL);
        const lift = slow ? desk.hold(slow) : () => undefined;
        await desk.keep(KEY);
        if (slow) await desk.held(slow);
        else await desk.settled();
        if (crowded) await desk.crowd();
        const keeping = desk[kind](KEY, { fields: NEW_HEAD });
        // It is looked for on disk before, where memory has it no more, and that waits for its turn.
        if (crowded) lift();
        const newer = await keeping;
        if (crowded) await desk.crowd();
        lift();
        await desk.settled();
        t.match(await variants(desk), [{ fields: NEW_HEAD, bytes: newer.bytes }], name);
        await desk.crowd();
        t.match(await variants(desk), [{ fields: NEW_HEAD }], name);
        t.ok(await desk.isSound(KEY), name);
        t.equal((await filesOf(desk)).length, 1, name);
        await rested(t, desk);
        await desk.restart();
        t.match(await variants(desk), [{ fields: NEW_HEAD }], `${name}: after a start`);
        await desk.close();
      }
    }
  }
});

t.test('variants', async (t) => {
  const desk = await TierDesk.open(t, SMALL);
  for (const value of ['a', 'b', 'c']) await desk.keep(KEY, { varyNames: ['x'], varyValues: [value] });
  await desk.settled();
  t.equal((await filesOf(desk)).length, 3);
  await desk.crowd();
  t.strictSame((await variants(desk)).map(({ varyValues: [value] }) => value), ['c', 'b', 'a'], 'the newest first');
  await desk.keep(KEY, { varyNames: ['x'], varyValues: ['b'], fields: NEW_HEAD });
  await desk.settled();
  await desk.crowd();
  t.match(await variants(desk), [{ varyValues: ['b'], fields: NEW_HEAD }, { varyValues: ['c'] }, { varyValues: ['a'] }]);
  t.equal((await filesOf(desk)).length, 3, 'one was replaced');
  await rested(t, desk);
});

t.test('a 304 writes the head, and no body', async (t) => {
  for (const kind of ['keep', 'keepFile'] as const) {
    const desk = await TierDesk.open(t, SMALL);
    await desk[kind](KEY);
    await desk.settled();
    const before = await filesOf(desk);
    for (const crowded of [false, true]) {
      if (crowded) await desk.crowd();
      const flight = await desk.fill(KEY);
      const [held] = await variants(desk);
      desk.hear(0, { type: 'refreshed', flight, key: KEY, variants: [{ ...held!, fields: [['round', String(crowded)]] }], dropped: [] });
      await desk.settled();
      t.match(await desk.onDisk(KEY), { variants: [{ fields: [['round', String(crowded)]] }] });
      t.strictSame(await filesOf(desk), before);
    }
    await rested(t, desk);
  }
});

t.test('what a 304 drops, or a HEAD, leaves the disk, also where it waited to be written', async (t) => {
  for (const waits of [false, true]) {
    for (const kind of ['keep', 'keepFile'] as const) {
      const desk = await TierDesk.open(t, SMALL);
      const lift = waits ? desk.hold('begin') : () => undefined;
      if (waits) for (let i = 0; i < 10; ++i) await desk.keep(`http://other/${i}`);
      const stored = await desk[kind](KEY);
      if (!waits) await desk.settled();
      const flight = await desk.fill(KEY);
      desk.hear(0, { type: 'refreshed', flight, key: KEY, variants: [], dropped: [stored.id] });
      lift();
      await desk.settled();
      t.equal(await desk.onDisk(KEY), undefined);
      t.strictSame(await variants(desk), []);
      await rested(t, desk);
    }
  }
});

t.test('what it replaces leaves the disk, also where the new one cannot be stored', async (t) => {
  const desk = await TierDesk.open(t, SMALL);
  const old = await desk.keep(KEY);
  await desk.settled();
  const lost = desk.variant();
  desk.records.delete(lost.bodies[0]!.record);
  const flight = await desk.fill(KEY);
  desk.hear(0, { type: 'stored', flight, key: KEY, variant: lost, replaces: [old.id] });
  await desk.settled();
  t.equal(await desk.onDisk(KEY), undefined);
  t.equal(desk.count('bodiesMissing'), 1);
  await rested(t, desk);
});

t.test('a part takes the place of what it is no part of', async (t) => {
  const desk = await TierDesk.open(t, SMALL);
  await desk.keep(KEY);
  await desk.settled();
  const part = desk.variant();
  await desk.keep(KEY, { ...part, bytes: part.bytes + 10 });
  await desk.settled();
  t.match(await variants(desk), [{ bytes: part.bytes + 10 }], 'it is in memory');
  t.equal(await desk.onDisk(KEY), undefined, 'parts are not on disk, and what was there is another version');
  await rested(t, desk);
});

t.test('bodies that arrived in a file, and are not stored', async (t) => {
  const desk = await TierDesk.open(t, SMALL);
  for (const why of ['purged', 'stray', 'worker'] as const) {
    const variant = await desk.filed();
    const flight = await desk.fill(KEY, 1);
    if (why === 'purged') desk.purge({ by: 'key', key: KEY });
    if (why === 'worker') desk.coordinator.workerDied(1);
    desk.hear(1, { type: 'stored', flight: why === 'stray' ? flight + 1000 : flight, key: KEY, variant, replaces: [] });
    if (why === 'stray') desk.hear(1, { type: 'released', flight, aloneForMs: 0, failed: false });
    await desk.settled();
    t.strictSame(await variants(desk), [], why);
    await until(async () => (await desk.litter()).length === 0, `${why}: what is not stored to leave`);
  }
  t.match(desk.coordinator.counts(), { overtaken: 1, strays: 2 });
});
