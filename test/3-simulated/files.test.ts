// Files that change, vanish, shrink or cannot be read at any moment, and kernels that lack what we would like to have.
import { createHash } from 'node:crypto';
import t from 'tap';
import { contentOf } from '../simulated/content.ts';
import type { Peer } from '../simulated/peer.ts';
import { get } from '../simulated/request.ts';
import { run } from '../simulated/run.ts';
import { ROOT, type Site } from '../simulated/site.ts';
import type { FaultName, Features } from '../simulated/world.ts';

const MiB = 1 << 20;
const path = (name: string): string => `${ROOT}/${name}`;
const etagOf = (content: Buffer): string => `"${createHash('sha256').update(content).digest().subarray(0, 18).toString('base64url')}"`;

async function ask(site: Site, peer: Peer, target: string): Promise<{ status: number; body: Buffer; etag: string | undefined }> {
  peer.forget();
  peer.say(get(target));
  await site.settle(true);
  const { status, body, fields } = peer.responses(['GET'])[0]!;
  return { status, body, etag: fields.get('etag') };
}

t.test('replaced, removed in the middle of an answer: it goes on from the version it began with', (t) => run(t, { arenaFileBytesMax: 0, openFilesMax: 1 }, async (site) => {
  const old = site.put('a', 1, 300_000);
  const slow = site.connect({ sendBytesMax: 10_000 })!;
  slow.say(get('/a'));
  await site.settle();
  const fresh = site.put('a', 2, 200_000);
  site.advance(100);
  const quick = site.connect()!;
  quick.say(get('/a'));
  await site.settle();
  quick.read();
  t.same(quick.responses(['GET'])[0]!.body, fresh);
  site.world.remove(path('a'));
  await site.dropEntries();
  t.equal(site.engine.census().files, 1, 'held by the answer under way alone');
  await site.settle(true);
  t.same(slow.responses(['GET'])[0]!.body, old);
  t.equal(site.engine.census().files, 0);
}));

t.test('shrunk in the middle of an answer: reset, counted, told; never padded', (t) => run(t, { arenaFileBytesMax: 0, protect: 'off' }, async (site) => {
  const whole = site.put('a', 1, 300_000);
  for (const size of [250_000, 0]) {
    site.world.put(path('a'), whole, -1);
    site.advance(100);
    const peer = site.connect({ sendBytesMax: 10_000 })!;
    peer.say(get('/a'));
    await site.settle();
    site.world.truncate(path('a'), size);
    await site.settle(true);
    t.ok(peer.is('RESET'));
    const { responses, partial } = peer.parse(['GET']);
    t.equal(responses.length, 0);
    t.same(partial!.body, whole.subarray(0, partial!.body.length), 'what was sent was true');
  }
  t.equal(site.counter('filesShortened'), 2);
  t.equal(site.reported('fileShortened'), 2);
}));

t.test('a look that takes long: what it finds is as old as its beginning', (t) => run(t, {}, async (site) => {
  site.put('a', 1, 100);
  const [first, joins, later] = [site.connect()!, site.connect()!, site.connect()!];
  first.say(get('/a'));
  await site.turn();
  site.world.poolStep(); // looked at, and not told yet
  const fresh = site.put('a', 2, 200);
  site.advance(150);
  joins.say(get('/a'));
  await site.turn();
  site.world.poolStep();
  await site.turn();
  later.say(get('/a'));
  await site.settle(true);
  t.same(joins.responses(['GET'])[0]!.body, fresh, 'for who waited for it, 150 ms after the change');
  t.same(later.responses(['GET'])[0]!.body, fresh, 'for who came after');
}));

t.test('the clock is set back: changes are seen all the same, of a file and of the path to the root', (t) => run(t, {}, async (site) => {
  const peer = site.connect()!;
  site.put('a', 1, 100);
  t.same((await ask(site, peer, '/a')).body, contentOf(1, 100));
  site.setBack(3_600_000);
  const fresh = site.put('a', 2, 200);
  site.advance(100);
  t.same((await ask(site, peer, '/a')).body, fresh);
  site.world.remove(ROOT);
  site.world.put(path('a'), contentOf(3, 300), -1);
  site.advance(100);
  t.same((await ask(site, peer, '/a')).body, contentOf(3, 300));
}));

t.test('changed in place while it is loaded, after any system call: body and ETag are of one version', (t) => run(t, {}, async (site) => {
  const [before, after] = [contentOf(1, 60_000), contentOf(2, 60_000)];
  for (let calls = 0; calls < 16; ++calls) {
    site.world.overwrite(path('a'), before);
    site.world.put(path('a'), before, -1);
    site.advance(200);
    const peer = site.connect()!;
    peer.say(get('/a'));
    await site.turn();
    site.world.later(calls);
    site.world.overwrite(path('a'), after);
    while (site.world.poolStep());
    site.world.settleLater();
    await site.settle(true);
    const { body, fields } = peer.responses(['GET'])[0]!;
    t.ok(body.equals(before) || body.equals(after), `${calls} calls later`);
    t.equal(fields.get('etag'), etagOf(body));
  }
}));

t.test('a file that cannot be read: 500 where that is known in time, else a reset', (t) => run(t, { hashBytesMax: 1000, arenaFileBytesMax: 1000 }, async (site) => {
  const small = site.put('small', 1, 1000);
  const large = site.put('large', 2, 100_000);
  const peer = site.connect({ nearness: 'network' })!;
  site.force('readFailed');
  t.equal((await ask(site, peer, '/small')).status, 500);
  site.advance(100);
  t.same((await ask(site, peer, '/small')).body, small);
  t.same((await ask(site, peer, '/large')).body, large);
  site.force('sendfileFailed');
  peer.say(get('/large'));
  await site.settle(true);
  t.ok(peer.is('RESET'));
}));

t.test('the pool is full: 503 for who waits for it, retried for what is under way', (t) => run(t, { hashBytesMax: 1000, arenaFileBytesMax: 1000 }, async (site) => {
  const content = site.put('a', 1, 100_000);
  const peer = site.connect()!;
  site.force('poolFull');
  t.equal((await ask(site, peer, '/a')).status, 503);
  site.advance(100);
  site.world.evict(path('a'));
  site.force('poolFull', 3, 1); // its open is let in, its read-ahead is not
  t.same((await ask(site, peer, '/a')).body, content);
  t.equal(site.counter('readAheads'), 4);
}));

t.test('no descriptor for a file: others are closed, and it is tried again', (t) => run(t, {}, async (site) => {
  for (let i = 0; i < 5; ++i) site.put(`f${i}`, i, 100);
  const peer = site.connect()!;
  for (let i = 0; i < 4; ++i) await ask(site, peer, `/f${i}`);
  t.equal(site.openEntries, 4);
  site.force('openNoDescriptor', 1, 1); // the root is opened, the file is not
  peer.forget();
  peer.say(get('/f4'));
  await site.settle(true);
  site.advance(2);
  await site.settle(true);
  t.same(peer.responses(['GET'])[0]!.body, contentOf(4, 100));
  t.equal(site.openEntries, 1);
}));

t.test('a race with a rename somewhere, a name that is not in the kernel\'s cache: asked again, not told', (t) => run(t, {}, async (site) => {
  const content = site.put('a', 1, 100);
  const peer = site.connect()!;
  site.force('openRaced', 3);
  t.same((await ask(site, peer, '/a')).body, content);
  site.advance(100);
  site.force('cacheMissed', 2);
  t.same((await ask(site, peer, '/a')).body, content);
}));

const kernels: readonly (readonly [string, Partial<Features>])[] = [
  ['without openat2 (before 5.6, or seccomp)', { openat2: false }],
  ['without RESOLVE_CACHED (before 5.12)', { resolveCached: false }],
  ['without cachestat (before 6.5)', { cachestat: false }],
  ['whose cachestat counts nothing (overlayfs)', { cachestatCounts: false }],
  ['without cachestat and RWF_NOWAIT', { cachestat: false, readNowait: false }],
];
for (const [name, features] of kernels) {
  t.test(`a kernel ${name} serves the same`, (t) => run(t, { features, hashBytesMax: 1000, arenaFileBytesMax: 1000 }, async (site) => {
    const small = site.put('small', 1, 1000);
    const large = site.put('folder/large', 2, 2 * MiB + 7);
    site.world.evict(path('folder/large'));
    const peer = site.connect({ sendBytesMax: 50_000 })!;
    t.same((await ask(site, peer, '/small')).body, small);
    t.same((await ask(site, peer, '/folder/large')).body, large);
    t.equal((await ask(site, peer, '/none')).status, 404);
    if (features.readNowait !== false) t.equal(site.world.census().coldSends, 0, 'no send waited for the disk');
    const next = site.put('small', 3, 500);
    site.advance(100);
    t.same((await ask(site, peer, '/small')).body, next, 'changes are seen');
  }));
}

t.test('the arena evicts: what was asked for lately stays, answers under way go on from the file', (t) => run(t, { arenaBytesMax: 8 * MiB, arenaFileBytesMax: 2 * MiB }, async (site) => {
  const contents = Array.from({ length: 12 }, (_, i) => site.put(`f${i}`, i, 1_300_000 + i));
  const peer = site.connect({ sendBytesMax: 4 * MiB })!;
  const slow = site.connect({ sendBytesMax: 10_000 })!;
  t.same((await ask(site, peer, '/f0')).body, contents[0]);
  slow.say(get('/f0')); // its first bytes are out of the arena
  await site.turn();
  slow.read();
  for (let i = 1; i < 12; ++i) {
    peer.forget();
    peer.say(get(`/f${i}`));
    for (let turns = 0; turns < 200; ++turns) {
      site.world.poolStep();
      await site.turn();
      peer.read();
    }
    t.same(peer.responses(['GET'])[0]!.body, contents[i]);
  }
  t.equal(site.engine.census().arenaBytes, 8 * MiB);
  await site.settle(true);
  t.same(slow.responses(['GET'])[0]!.body, contents[0]);
  // Evicted ones are brought back when they are asked for again.
  site.advance(100);
  const before = site.counter('bytesArena');
  await ask(site, peer, '/f0');
  t.same((await ask(site, peer, '/f0')).body, contents[0]);
  t.ok(site.counter('bytesArena') > before);
}));

t.test('the arena rolls over files that come and go', (t) => run(t, { arenaBytesMax: 8 * MiB, arenaFileBytesMax: 2 * MiB, openFilesMax: 3 }, async (site) => {
  const peer = site.connect({ sendBytesMax: 4 * MiB })!;
  for (let i = 0; i < 40; ++i) {
    const content = site.put(`f${i % 5}`, i, 600_000 + i * 20_000);
    site.advance(100);
    t.same((await ask(site, peer, `/f${i % 5}`)).body, content);
    if (i % 7 === 6) t.equal((await ask(site, peer, `/f${(i - 2) % 5}`)).status, 200);
  }
  t.ok(site.engine.census().arenaBytes <= 8 * MiB);
}));

for (const fault of ['memoryNoDescriptor', 'memoryNoMemory', 'memoryWriteShort', 'interrupted'] satisfies FaultName[]) {
  t.test(`private memory: ${fault}: the file is served all the same`, (t) => run(t, {}, async (site) => {
    for (let skip = 0; skip < 3; ++skip) {
      const content = site.put(`f${skip}`, skip, 50_000);
      site.force(fault, 2, skip);
      const peer = site.connect()!;
      t.same((await ask(site, peer, `/f${skip}`)).body, content);
      site.world.calm();
    }
  }));
}

t.test('one entry at most, many files: entries come and go under answers that use them', (t) => run(t, { openFilesMax: 1, arenaFileBytesMax: 0 }, async (site) => {
  const contents = Array.from({ length: 6 }, (_, i) => site.put(`f${i}`, i, 30_000));
  const peers = contents.map(() => site.connect({ sendBytesMax: 4000 })!);
  for (let round = 0; round < 2; ++round) peers.forEach((peer, i) => peer.say(get(`/f${(i + round) % 6}`)));
  await site.settle(true);
  peers.forEach((peer, i) => t.same(peer.responses(['GET', 'GET']).map(({ body }) => body), [contents[i], contents[(i + 1) % 6]]));
  t.equal(site.engine.census().files, 1);
}));
