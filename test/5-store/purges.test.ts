// A purge holds from the moment it is noted, in this process and in all that come after it.
import { copyFileSync, existsSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { decodeEpochs, encodeEpochs, ROOM_BYTES, withRoom } from '../../cache/store/disk/epoch-file.ts';
import type { PurgeRecord } from '../../cache/store/disk/purge-marks.ts';
import type { DiskStore } from '../../cache/store/disk/store.ts';
import type { Purge } from '../../cache/store/messages.ts';
import type { Variant } from '../../cache/store/object.ts';
import { certain, found, FRESHNESS, object, openStore, scanned, storeBody, storeFolder, variant } from './objects.ts';
import { purgeCases } from './purge-cases.ts';

const fresh = (members: Partial<Variant>): Variant => variant({ responseMs: Date.now(), ...members });
const OBJECTS = [
  object('http://a/1', fresh({ id: 1, tags: ['x', 'y'] })),
  object('http://a/2', fresh({ id: 1, tags: ['x'] }), fresh({ id: 2, tags: [], varyValues: ['image/*'] })),
  object('http://b/1', fresh({ id: 1, tags: [] })),
];

/** Of each object: its variants, '-' for one that is gone, 'i' for one that is invalid, 's' for one that is stale, 'v' for one that is neither. */
async function state(store: DiskStore): Promise<string> {
  const all = await Promise.all(OBJECTS.map(({ key }) => found(store, key)));
  return all.map((now, index) => OBJECTS[index]!.variants.map(({ id }) => {
    const left = now?.variants.find((other) => other.id === id);
    if (!left) return '-';
    return left.invalid ? 'i' : left.freshness.lifetimeMs < FRESHNESS.lifetimeMs ? 's' : 'v';
  }).join('')).join(' ');
}

for (const { purges, then } of purgeCases) {
  t.test(`${JSON.stringify(purges)}: ${then}`, async (t) => {
    const folder = storeFolder(t);
    let last: DiskStore | undefined;
    const reopened = async (): Promise<DiskStore> => {
      await last?.close();
      return (last = await openStore(t, folder));
    };
    const store = await reopened();
    for (const stored of OBJECTS) await store.put(stored);
    t.equal(await state(store), 'v vv v');
    for (const [purge, effect] of purges) t.equal(await store.purge(purge, effect).synced, undefined);
    t.equal(await state(store), then, 'at once');
    t.equal(await state(await reopened()), then, 'after a start');

    const next = await reopened();
    const { objects, summary } = await scanned(next);
    t.equal(summary.complete, true);
    t.equal(summary.purged, then.split(' ').filter((now, index) => now !== 'v vv v'.split(' ')[index]).length);
    t.equal(objects.length, then.split(' ').filter((now) => /[vis]/.test(now)).length);
    t.equal(await state(next), then, 'after a scan');
    await next.close();
    const log = decodeEpochs(readFileSync(join(folder, 'purges')));
    t.strictSame(log?.records, [], 'which has emptied the log');
    t.equal(log?.sequence, purges.length);
    t.equal(await state(await reopened()), then, 'and after another start');

    const again = await reopened();
    for (const stored of OBJECTS) await again.put(stored);
    t.equal(await state(again), 'v vv v', 'what is stored later is not concerned');
    await again.close();
    t.equal(await state(await reopened()), 'v vv v');
  });
}

t.test('heads that are stored between purges', async (t) => {
  const folder = storeFolder(t);
  const store = await openStore(t, folder);
  const purge: Purge = { by: 'prefix', prefix: 'http://a/' };
  // Written before it is noted, however late it comes to disk.
  const late = store.put(OBJECTS[0]!);
  const noted = store.purge(purge, 'gone');
  const after = store.put(OBJECTS[1]!);
  await Promise.all([late, noted.synced, after]);
  t.equal(await state(store), '- vv -');
  await Promise.all(Array.from({ length: 200 }, (_, index) => store.purge({ by: 'key', key: `http://c/${index}` }, 'invalid').synced));
  const { writes = 0 } = store.counts();
  t.ok(writes < 100, `purges share writes: ${writes}`);
  await store.close();
  const next = await openStore(t, folder);
  t.equal(await state(next), '- vv -');
  t.equal(next.purge(purge, 'invalid').sequence, 202, 'numbers go on');
});

t.test('the log, cut anywhere or with any byte changed: no purge is lost alone', async (t) => {
  const folder = storeFolder(t);
  const store = await openStore(t, folder);
  await store.put(OBJECTS[0]!);
  await store.put(OBJECTS[2]!);
  for (let i = 0; i < 4; ++i) await store.purge({ by: 'key', key: 'http://a/1' }, 'gone').synced;
  await store.close();
  const path = join(folder, 'purges');
  const whole = readFileSync(path);
  t.equal(whole.length, ROOM_BYTES);
  const used = whole.indexOf(0);
  t.equal(decodeEpochs(whole)?.sequence, 4);
  let looked = 0;
  for (let length = 0; length < whole.length; length += length < used + 10 ? 1 : 997) {
    if (decodeEpochs(whole.subarray(0, length)) !== undefined) t.fail(`cut at ${length}`);
    looked += 1;
  }
  for (let at = 0; at < used; ++at) {
    for (const bit of [1, 32, 128]) {
      const flipped = Buffer.from(whole);
      flipped[at]! ^= bit;
      if (decodeEpochs(flipped) !== undefined) t.fail(`byte ${at} ^ ${bit}`);
      looked += 1;
    }
  }
  t.ok(looked > used * 4);
  for (const length of [0, 1, 700, ROOM_BYTES - 1]) {
    writeFileSync(path, whole);
    truncateSync(path, length);
    const next = await openStore(t, folder);
    t.equal(await state(next), '- -- -', `${length} bytes: everything is forgotten`);
    t.equal(next.counts()['begunAnew'], 1);
    await next.close();
  }
  rmSync(path);
  const next = await openStore(t, folder);
  t.equal(await state(next), '- -- -', 'no log');
  t.match((await scanned(next)).summary, { objects: 0, headsRemoved: 2, complete: true });
});

t.test('what a crash leaves of a purge that nobody was told is done', (t) => {
  const records: PurgeRecord[] = Array.from({ length: 20 }, (_, index) => ({ sequence: index + 1, timeMs: 1, effect: 'gone', purge: { by: 'key', key: 'k'.repeat(index) } }));
  const lines = encodeEpochs('a1', 0, records);
  let torn = 0;
  for (let length = 1; length < lines.length; ++length) {
    const bytes = Buffer.alloc(withRoom(length));
    lines.copy(bytes, 0, 0, length);
    const found = decodeEpochs(bytes);
    const atEnd = lines[length - 1] === 10;
    const mayBeTorn = length % 512 === 0;
    if ((found !== undefined) !== (atEnd || mayBeTorn)) t.fail(`${length} bytes were written`);
    if (found?.torn === true) torn += 1;
    if (found) t.strictSame(found.records, records.slice(0, found.records.length));
  }
  t.ok(torn > 1, `${torn} torn ones`);
  t.end();
});

t.test('an older log in the place of the log', async (t) => {
  const folder = storeFolder(t);
  const store = await openStore(t, folder);
  copyFileSync(join(folder, 'purges'), join(folder, 'old'));
  await store.put(OBJECTS[0]!);
  await store.purge({ by: 'key', key: 'http://a/1' }, 'gone').synced;
  await store.put(OBJECTS[2]!);
  await store.close();
  copyFileSync(join(folder, 'old'), join(folder, 'purges'));
  const next = await openStore(t, folder);
  t.equal(await found(next, 'http://b/1'), undefined, 'a head that knows more than the log');
  t.equal(await state(next), '- -- -', 'and all others');
});

t.test('a log beyond its bound is forgotten, with all that was stored', async (t) => {
  const folder = storeFolder(t);
  const store = await openStore(t, folder, { purgeBytesMax: 4096 });
  await store.put(OBJECTS[2]!);
  let wanted = 0;
  for (let i = 0; store.counts()['begunAnew'] === 1; ++i) {
    t.equal(await state(store), '- -- v');
    if (store.wantsScan) wanted += 1;
    await store.purge({ by: 'key', key: `k${i}` }, 'gone').synced;
    if (i > 100) return void t.fail('it grows');
  }
  t.ok(wanted > 5, 'it was said before');
  t.equal(await state(store), '- -- -');
  await store.put(OBJECTS[1]!);
  await store.close();
  t.ok(statSync(join(folder, 'purges')).size <= ROOM_BYTES);
  t.equal(await state(await openStore(t, folder)), '- vv -');
});

t.test('a scan empties the log while there are purges', async (t) => {
  const folder = storeFolder(t);
  const store = await openStore(t, folder, { purgeBytesMax: 1 << 20 });
  for (let i = 0; i < 300; ++i) await store.put(object(`http://a/${i}`, variant({ tags: [`t${i % 10}`] })));
  await store.purge({ by: 'tag', tag: 't1' }, 'gone').synced;
  const scan = store.scan();
  let purged = 0;
  for (let step = await scan.next(); step.done !== true; step = await scan.next()) {
    if (purged < 5) certain((await store.purge({ by: 'tag', tag: `t${2 + purged++}` }, purged % 2 === 0 ? 'invalid' : 'gone').synced) ?? {});
  }
  await store.close();
  const next = await openStore(t, folder);
  const { objects } = await scanned(next);
  const counts = new Map<string, number>();
  for (const { tags, object: { variants } } of objects) {
    const kind = `${tags[0]!}${variants[0]!.invalid ? ' invalid' : ''}`;
    counts.set(kind, (counts.get(kind) ?? 0) + 1);
  }
  t.strictSame([...counts].sort(), [['t0', 30], ['t3 invalid', 30], ['t5 invalid', 30], ['t7', 30], ['t8', 30], ['t9', 30]]);
});

t.test('bodies of what was purged go with the scan', async (t) => {
  const folder = storeFolder(t);
  const store = await openStore(t, folder);
  const [kept, gone] = [await storeBody(store, Buffer.from('kept')), await storeBody(store, Buffer.from('gone'))];
  await store.put(object('k', variant({ tags: [], bodies: [kept], bytes: 4 }), variant({ id: 2, tags: ['x'], bodies: [gone, kept], bytes: 8 })));
  await store.purge({ by: 'tag', tag: 'x' }, 'gone').synced;
  t.match((await scanned(store)).summary, { purged: 1, bodiesRemoved: 1 }, 'also of this run: nothing else will name them');
  t.ok(existsSync(store.pathOf(kept.record)));
  t.notOk(existsSync(store.pathOf(gone.record)));
  t.match((await scanned(store)).summary, { purged: 0, bodiesRemoved: 0, objects: 1 });
});
