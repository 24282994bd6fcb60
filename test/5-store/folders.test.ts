// What becomes a store, what is refused, and who may have it.
import { chmodSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { DiskStore } from '../../cache/store/disk/store.ts';
import { startFiller } from './filling.ts';
import { found, object, openStore, scanned, storeBody, storeFolder, verdicts } from './objects.ts';

t.test('a folder that is not there, with its parents', async (t) => {
  const folder = join(storeFolder(t), 'a', 'b');
  const store = await openStore(t, folder);
  t.equal(statSync(folder).mode & 0o777, 0o700);
  for (const name of ['heads', 'bodies', 'arriving']) t.equal(statSync(join(folder, name)).mode & 0o777, 0o700, name);
  for (const name of ['pagecast-store', 'purges', 'holder']) t.equal(statSync(join(folder, name)).mode & 0o777, 0o600, name);
  t.match(JSON.parse(readFileSync(join(folder, 'pagecast-store'), 'utf8')), { format: 'pagecast-store', version: 1, id: store.id });
  const { id } = store;
  await store.close();
  t.equal((await openStore(t, folder)).id, id, 'the same store');
});

t.test('what is not ours stays as it is', async (t) => {
  const folder = storeFolder(t);
  mkdirSync(join(folder, 'heads', 'ab'), { recursive: true });
  writeFileSync(join(folder, 'precious'), '');
  await t.rejects(DiskStore.open(folder), { name: 'StoreError', message: /is not empty and no store .*there is "(heads|precious)"/ });
  t.strictSame(readdirSync(folder).sort(), ['heads', 'precious']);
  writeFileSync(join(folder, 'pagecast-store'), '{"format":"pagecast-store","version":2,"id":"a","created":""}');
  await t.rejects(DiskStore.open(folder), { message: /has format 2, and this pagecast knows 1/ });
  for (const text of ['', '{', 'null', '{"format":"other"}']) {
    writeFileSync(join(folder, 'pagecast-store'), text);
    await t.rejects(DiskStore.open(folder), { message: /pagecast-store is damaged/ }, JSON.stringify(text));
  }
  writeFileSync(join(folder, 'file'), '');
  await t.rejects(DiskStore.open(join(folder, 'file')), { message: /cannot make .*file: it is no folder/ });
  await t.rejects(DiskStore.open(join(folder, 'file', 'below')), { message: /it is no folder/ });
  await t.rejects(DiskStore.open('/proc/self/nonesuch'), { name: 'StoreError' });
});

t.test('files of others in a store', async (t) => {
  const folder = storeFolder(t);
  const store = await openStore(t, folder);
  await store.put(object('k'));
  await store.close();
  const others = ['notes', 'arriving/notes', 'heads/ab/notes', `heads/ab/${'ab'.repeat(31)}`, 'bodies/ab/notes', `bodies/ab/${'AB'.repeat(16)}`];
  for (const name of others) {
    mkdirSync(join(folder, name, '..'), { recursive: true });
    writeFileSync(join(folder, name), 'precious');
  }
  symlinkSync('/etc', join(folder, 'bodies/cd'));
  const next = await openStore(t, folder);
  t.match((await scanned(next)).summary, { complete: true, objects: 1, bodiesRemoved: 0, headsRemoved: 0, arrivingRemoved: 0 });
  for (const name of others) t.ok(existsSync(join(folder, name)), name);
});

t.test('a new filesystem, and a store that was not made to the end', async (t) => {
  const folder = storeFolder(t);
  mkdirSync(join(folder, 'lost+found'), { recursive: true });
  mkdirSync(join(folder, 'arriving'));
  writeFileSync(join(folder, 'arriving', '0123abcd-0'), '{"format":"pag');
  const store = await openStore(t, folder);
  t.match((await scanned(store)).summary, { arrivingRemoved: 1, complete: true });
});

t.test('a store of its own for each process', async (t) => {
  const folder = storeFolder(t);
  const holder = startFiller(t, folder, 'hold');
  t.match(await holder.first, /^ready /);
  await t.rejects(DiskStore.open(folder), { name: 'StoreError', message: `${folder} is in use by process ${holder.child.pid!}: each process needs a store of its own` });
  const stop = new AbortController();
  const waiting = DiskStore.open(folder, { wait: true, signal: stop.signal });
  stop.abort();
  await t.rejects(waiting, { name: 'AbortError' }, 'who waits can be told to stop');
  const next = DiskStore.open(folder, { wait: true });
  holder.child.kill('SIGKILL');
  const store = await next;
  t.teardown(() => store.close());
  await t.rejects(DiskStore.open(folder), { message: new RegExp(`in use by process ${process.pid}`) }, 'not even twice in one process');
  rmSync(join(folder, 'holder'));
  await t.rejects(DiskStore.open(folder), { message: /in use by another process/ });
  writeFileSync(join(folder, 'holder'), '\u001b[2J');
  await t.rejects(DiskStore.open(folder), { message: /in use by another process/ });
});

t.test('several processes at once', async (t) => {
  for (let round = 0; round < 3; ++round) {
    const folder = storeFolder(t);
    const fillers = Array.from({ length: 3 }, () => startFiller(t, folder, 'hold'));
    const said = await Promise.all(fillers.map(({ first }) => first));
    t.equal(said.filter((line) => line.startsWith('ready ')).length, 1, said.join('; '));
    t.equal(said.filter((line) => / is in use by /.test(line)).length, 2);
    for (const { child } of fillers) child.kill('SIGKILL');
  }
  const folder = storeFolder(t);
  const waiters = Array.from({ length: 3 }, () => startFiller(t, folder, 'wait'));
  const said = await Promise.all(waiters.map(({ first }) => first));
  t.equal(new Set(said).size, 1, 'one store, made once');
  t.strictSame(await Promise.all(waiters.map(({ ended }) => ended)), [0, 0, 0]);
});

t.test('a folder that cannot be written to', { skip: process.getuid?.() === 0 && 'root writes everywhere' }, async (t) => {
  const folder = mkdtempSync(storeFolder(t));
  chmodSync(folder, 0o500);
  await t.rejects(DiskStore.open(folder), { message: /cannot write to .*permission is denied/ });
});

t.test('a folder that is taken away', async (t) => {
  const folder = storeFolder(t);
  for (const named of [true, false]) {
    const store = await openStore(t, folder, { named });
    for (const name of ['arriving', 'heads', 'bodies']) rmSync(join(folder, name), { recursive: true });
    t.match(await store.put(object('k')), { fileBytes: Number }, 'is made again');
    const body = await storeBody(store, Buffer.from('abc'));
    t.strictSame(await verdicts(store, body), [true]);
    rmSync(join(folder, 'arriving'), { recursive: true });
    t.strictSame(await verdicts(store, await storeBody(store, Buffer.from('abc'))), [true]);
    rmSync(folder, { recursive: true });
    t.equal(await store.put(object('k')), 'ENOENT', 'but not the store');
    t.equal(await store.begin(), 'ENOENT');
    t.notOk(existsSync(folder));
    await store.close();
    t.throws(() => store.purge({ by: 'everything' }, 'gone'), /closed/);
    await t.rejects(store.put(object('k')), /closed/);
    await t.rejects(store.evict('k'), /closed/);
    t.notOk(existsSync(folder));
  }
});

t.test('a scan that is ended, by its reader or by a signal', async (t) => {
  const folder = storeFolder(t);
  const store = await openStore(t, folder);
  for (let i = 0; i < 100; ++i) await store.put(object(`k${i}`));
  await store.close();
  writeFileSync(join(folder, 'arriving', '0123abcd-0'), '');
  const next = await openStore(t, folder);
  for await (const { bytes } of next.scan()) {
    t.ok(bytes > 0);
    break;
  }
  const stop = new AbortController();
  const progress: number[] = [];
  const { objects, summary } = await scanned(next, { signal: stop.signal, concurrency: 1, onProgress: ({ done, objects: count }) => {
    progress.push(done);
    if (count > 10) stop.abort();
  } });
  t.match(summary, { complete: false, arrivingRemoved: 0 });
  t.ok(objects.length > 10 && objects.length < 100, `${objects.length} objects`);
  t.strictSame(progress, [...progress].sort((one, other) => one - other));
  t.ok(existsSync(join(folder, 'arriving', '0123abcd-0')));
  t.equal((await scanned(next)).objects.length, 100);
  t.ok(await found(next, 'k5'), 'names are looked up meanwhile');
});
