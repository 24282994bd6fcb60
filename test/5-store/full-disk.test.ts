// A disk that is full, read-only or out of inodes: a value, a counter, and nothing left behind.
import { execFileSync } from 'node:child_process';
import { statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { DiskStore } from '../../cache/store/disk/store.ts';
import { isFault } from '../../cache/store/disk/faults.ts';
import { mounted, mountObstacle, readOnly } from './mounts.ts';
import { filesBelow, found, object, openStore, scanned, storeBody, variant, verdicts } from './objects.ts';

const MIB = 1 << 20;

const skip = mountObstacle;

for (const named of [false, true]) {
  t.test(`no space, ${named ? 'with names' : 'without names'}`, { skip }, async (t) => {
    const folder = mounted(t, 'size=6m');
    const store = await openStore(t, join(folder, 'store'), { named });
    const body = await storeBody(store, Buffer.alloc(MIB));
    const stored = object('k', variant({ bytes: MIB, bodies: [body] }));
    await store.put(stored);
    const before = await filesBelow(folder);

    const large = await store.begin();
    if (isFault(large)) throw new Error(large);
    let fault: string | undefined;
    for (let i = 0; i < 10 && fault === undefined; ++i) fault = await large.append(Buffer.alloc(MIB, 1));
    t.equal(fault, 'ENOSPC');
    t.equal(await large.append(Buffer.alloc(1)), 'ENOSPC', 'and it stays so');
    t.equal(await large.finish(), 'ENOSPC');
    t.strictSame(await filesBelow(folder), before, 'nothing is left of it');
    t.strictSame(await verdicts(store, body), [true]);

    writeFileSync(join(folder, 'filling'), Buffer.alloc(MIB));
    const free = statfsSync(folder);
    writeFileSync(join(folder, 'filling'), Buffer.alloc(MIB + free.bavail * free.bsize));
    t.equal(statfsSync(folder).bavail, 0);
    t.match(await store.space(), { freeBytes: 0 });
    t.equal(await store.put(object('new')), 'ENOSPC');
    t.equal(await store.put({ ...stored, variants: [variant({ id: 9 })] }), 'ENOSPC');
    t.equal(await found(store, 'k'), undefined, 'not what was there before what could not be stored');
    t.strictSame((await filesBelow(folder)).filter((name) => /arriving|heads/.test(name)), []);
    t.equal(await store.purge({ by: 'key', key: 'k' }, 'gone').synced, undefined, 'there is room for a purge');
    t.ok((store.counts()['ENOSPC'] ?? 0) >= 3);
  });
}

t.test('a purge that finds no room takes all with it', { skip }, async (t) => {
  const folder = mounted(t, 'size=2m');
  const store = await openStore(t, join(folder, 'store'));
  await store.put(object('kept'));
  await store.put(object('gone'));
  const free = statfsSync(folder);
  writeFileSync(join(folder, 'filling'), Buffer.alloc(free.bavail * free.bsize));
  const outcomes = await Promise.all(Array.from({ length: 700 }, (_, index) => store.purge({ by: 'key', key: index === 0 ? 'gone' : `${'k'.repeat(200)}${index}` }, 'gone').synced));
  t.strictSame(new Set(outcomes), new Set([undefined]), 'each one holds');
  t.match(store.counts(), { removed: 1, ENOSPC: 1 });
  t.ok(await found(store, 'kept'), 'now');
  await store.close();
  writeFileSync(join(folder, 'filling'), '');
  const next = await openStore(t, join(folder, 'store'));
  t.equal(await found(next, 'gone'), undefined);
  t.equal(await found(next, 'kept'), undefined);
  await next.put(object('kept'));
  await next.purge({ by: 'key', key: 'other' }, 'gone').synced;
  t.match((await scanned(next)).summary, { complete: true, objects: 1 });
});

t.test('a log that cannot be made shorter stays, and is gone on with', { skip }, async (t) => {
  const folder = mounted(t, 'size=2m');
  let store = await openStore(t, join(folder, 'store'));
  for (const key of ['kept', 'gone', 'later']) await store.put(object(key));
  await store.purge({ by: 'key', key: 'gone' }, 'gone').synced;
  const free = statfsSync(folder);
  writeFileSync(join(folder, 'filling'), Buffer.alloc(free.bavail * free.bsize));
  for (let start = 0; start < 2; ++start) {
    t.match((await scanned(store)).summary, { complete: true, objects: 2 });
    t.match(store.counts(), { removed: 0 });
    await store.close();
    // There is no room to make it anew at the start, either.
    store = await openStore(t, join(folder, 'store'));
    t.equal(await found(store, 'gone'), undefined);
    t.ok(await found(store, 'kept'));
    t.ok(await found(store, 'later'));
  }
  t.equal(await store.purge({ by: 'key', key: 'later' }, 'gone').synced, undefined);
  t.match(store.counts(), { removed: 0 });
  await store.close();
  store = await openStore(t, join(folder, 'store'));
  t.equal(await found(store, 'later'), undefined);
  t.ok(await found(store, 'kept'));
});

t.test('no inodes', { skip }, async (t) => {
  const folder = mounted(t, 'size=4m', 'nr_inodes=20');
  const store = await openStore(t, join(folder, 'store'));
  let fault: unknown;
  for (let i = 0; i < 30 && fault === undefined; ++i) {
    const outcome = await store.put(object(`k${i}`));
    if (isFault(outcome)) fault = outcome;
  }
  t.equal(fault, 'ENOSPC');
  t.equal(await store.begin(), 'ENOSPC');
  t.strictSame((await filesBelow(folder)).filter((name) => name.includes('arriving')), []);
});

t.test('a disk that becomes read-only', { skip }, async (t) => {
  const folder = mounted(t, 'size=4m');
  let store = await openStore(t, join(folder, 'store'));
  const body = await storeBody(store, Buffer.from('abc'));
  await store.put(object('k', variant({ bytes: 3, bodies: [body] })));
  await store.close();
  execFileSync('mount', ['-o', 'remount,ro', folder]);
  await t.rejects(DiskStore.open(join(folder, 'store')), { name: 'StoreError', message: /read-only/ });
  execFileSync('mount', ['-o', 'remount,rw', folder]);
  store = await openStore(t, join(folder, 'store'));
  // The marker and the log are open for writing, and no mount of theirs becomes read-only; the folders beside them do.
  for (const name of ['heads', 'bodies', 'arriving']) readOnly(t, join(folder, 'store', name));
  t.ok(await found(store, 'k'), 'is read');
  t.strictSame(await verdicts(store, body), [true]);
  t.equal(await store.put(object('k')), 'EROFS');
  t.equal(await store.begin(), 'EROFS');
  t.equal(await store.evict('k'), 'EROFS');
  t.equal(await store.removeBody(body.record), 'EROFS');
  t.equal((await scanned(store)).summary.objects, 1);
  t.equal(await store.purge({ by: 'key', key: 'k' }, 'gone').synced, undefined);
  t.match((await scanned(store)).summary, { complete: false, objects: 0 }, 'what purges said cannot be carried out');
  t.equal(await found(store, 'k'), undefined, 'but holds');
});
