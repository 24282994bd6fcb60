// What two processes that serve the same say to each other, and who has the store on disk; here both are in one process.
import { once } from 'node:events';
import { connect, createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { ToStoreUser } from '../../cache/store/messages.ts';
import { DiskStore } from '../../cache/store/disk/store.ts';
import { Coordination } from '../../server/coordination.ts';
import { resolveOptions } from '../../server/options.ts';
import { OurStore } from '../../server/our-store.ts';
import { Sibling, type Told } from '../../server/sibling.ts';
import { Siblings } from '../../server/siblings.ts';
import { shortFolder } from '../serving.ts';

const CONFIRM_MS = 200;
/** A purge of a URL is of a key, and of what is stored under other queries that may be the same. */
const NOTED = 2;
const key = (name: string): Told => ({ type: 'purge', purge: { by: 'key', key: `http://h/${name}` }, soft: false });

async function sockets(t: Test): Promise<readonly [Socket, Socket]> {
  const path = join(shortFolder(t), 'c');
  const server = createServer().listen(path);
  await once(server, 'listening');
  const one = connect(path);
  const [other] = (await once(server, 'connection')) as [Socket];
  server.close();
  t.teardown(() => [one, other].map((socket) => socket.destroy()));
  return [one, other];
}

/** One of a row: it notes what it is told. */
function member(objects: number): { readonly siblings: Siblings; readonly heard: Told[] } {
  const siblings = new Siblings();
  const heard: Told[] = [];
  siblings.carryOut = async (told, from) => {
    heard.push(told);
    const others = await siblings.tell(told, from);
    return { ...others, objects: Math.max(objects, others.objects) };
  };
  return { siblings, heard };
}

async function joined(t: Test, one: Siblings, other: Siblings): Promise<readonly [Sibling, Sibling]> {
  const [first, second] = (await sockets(t)).map((socket) => new Sibling(socket, CONFIRM_MS)) as [Sibling, Sibling];
  one.join(first);
  other.join(second);
  return [first, second];
}

t.test('a purge goes along the row, once to each', async (t) => {
  const row = [member(1), member(7), member(3)] as const;
  await joined(t, row[0].siblings, row[1].siblings);
  await joined(t, row[1].siblings, row[2].siblings);
  for (const [index, { siblings }] of row.entries()) {
    t.match(await siblings.tell(key(String(index))), { confirmed: true, objects: Math.max(...[1, 7, 3].filter((_, other) => other !== index)) });
    t.strictSame(row.map(({ heard }) => heard.splice(0).length), [0, 1, 2].map((other) => (other === index ? 0 : 1)));
  }
});

t.test('one that does not answer, one that is gone, one that says what is no message', async (t) => {
  const { siblings } = member(0);
  const [ours, theirs] = await sockets(t);
  const silent = new Sibling(ours, CONFIRM_MS);
  siblings.join(silent);
  theirs.resume();
  t.match(await siblings.tell(key('a')), { confirmed: false }, 'it may answer with it still');
  let isGone = false;
  silent.onGone = () => (isGone = true);
  const asked = siblings.tell(key('b')).then((confirmation) => ({ ...confirmation, isGone }));
  theirs.write('{"type":\n');
  t.match(await asked, { confirmed: true, isGone: true }, 'whoever is gone answers nobody');
  t.match(await siblings.tell(key('c')), { confirmed: true });
  await silent.gone;
  t.ok(siblings.isEmpty);
  silent.say({ type: 'ready' });
});

t.test('byte by byte, and more than a line may have', async (t) => {
  const [ours, theirs] = await sockets(t);
  const sibling = new Sibling(ours, 20_000);
  const heard: Told[] = [];
  sibling.onTold = async (told) => {
    heard.push(told);
    return Promise.resolve({ objects: 0, confirmed: true });
  };
  for (const byte of Buffer.from(`${JSON.stringify({ ...key('\u00e4\ud83d\ude00'), ticket: 1 })}\n`)) await new Promise<void>((resolve) => theirs.write(Buffer.from([byte]), () => setImmediate(resolve)));
  await once(theirs, 'data');
  t.match(heard, [key('\u00e4\ud83d\ude00')]);
  const far = new Sibling(theirs);
  const all: Told[] = [];
  far.onTold = async (told) => {
    all.push(told);
    return Promise.resolve({ objects: 5, confirmed: true });
  };
  t.match(await sibling.tell(key('x'.repeat(2 << 20))), { objects: 5, confirmed: true });
  t.match(all, [{ purge: { by: 'everything' } }], 'too much is never wrong');
  const sent = new Promise<void>((resolve) => ours.once('close', () => resolve()));
  far.say({ type: 'failed', message: 'y'.repeat(2 << 20) });
  await sent;
  t.pass('what would never end is not waited for');
});

// ---- the store ----

interface Side {
  readonly store: OurStore;
  readonly coordination: Coordination;
  readonly siblings: Siblings;
  readonly reports: string[];
}

async function side(t: Test, dir: string, take: boolean): Promise<Side> {
  const reports: string[] = [];
  const { cache, store: options } = resolveOptions({ proxy: 'http://127.0.0.1:9', store: { dir } }, 1024);
  const store = await OurStore.prepare(options!, (name, message) => reports.push(`${name}: ${message}`), 300);
  const siblings = new Siblings();
  const coordination = new Coordination(cache, (_: number, __: ToStoreUser) => undefined, [], { store, siblings });
  if (take) await store.take(false);
  t.teardown(() => store.close());
  return { store, coordination, siblings, reports };
}

/** What a start would find of purges. */
async function purgesIn(dir: string): Promise<number> {
  const disk = await DiskStore.open(dir, { wait: true });
  const { sequence } = disk.epoch;
  await disk.close();
  return sequence;
}

const purge = async ({ coordination }: Side, name: string): Promise<number> => coordination.purge({ by: 'key', key: `http://h/${name}` }, false);

t.test('a purge in any moment is noted before it is answered', async (t) => {
  const dir = join(shortFolder(t), 'store');
  const old = await side(t, dir, true);
  const next = await side(t, dir, false);
  const [ofOld] = await joined(t, old.siblings, next.siblings);
  ofOld.onGone = () => old.store.takeBack();
  // The new one has no store yet: whatever is purged, there or here, waits for it.
  let answered = 0;
  const waiting = [purge(next, 'a'), purge(old, 'b')].map((one) => one.then(() => (answered += 1)).catch((error: unknown) => error));
  await old.store.lend();
  const between = purge(old, 'c').catch((error: unknown) => error);
  await new Promise((resolve) => setTimeout(resolve, 10));
  t.equal(answered, 0);
  await next.store.take(true);
  await Promise.all([...waiting, between]);
  t.equal(answered, 2);
  await purge(old, 'd');
  await next.store.close();
  t.ok((await purgesIn(dir)) >= 4 * NOTED);
});

t.test('the new one is gone: the store is ours again, and what was purged meanwhile is noted', async (t) => {
  const dir = join(shortFolder(t), 'store');
  const old = await side(t, dir, true);
  const next = await side(t, dir, false);
  const [ofOld, ofNext] = await joined(t, old.siblings, next.siblings);
  ofOld.onGone = () => old.store.takeBack();
  await old.store.lend();
  const asked = purge(old, 'a');
  ofNext.say({ type: 'failed', message: 'y'.repeat(2 << 20) }); // which ends the channel
  await asked;
  await old.store.settled;
  await purge(old, 'b');
  await old.store.close();
  t.equal(await purgesIn(dir), 2 * NOTED);
  t.strictSame(old.reports, []);
});

t.test('somebody else has it by then: purges say that they cannot be noted', async (t) => {
  const dir = join(shortFolder(t), 'store');
  const old = await side(t, dir, true);
  await old.store.lend();
  const other = await DiskStore.open(dir);
  old.store.takeBack();
  await t.rejects(purge(old, 'a'), { name: 'PurgeError', unpublished: 'unconfirmed' });
  t.match(old.reports, [/^storeFailed: the store could not be taken back/]);
  await other.close();
});

t.test('lent, given back and lent again while purges come', async (t) => {
  const dir = join(shortFolder(t), 'store');
  const old = await side(t, dir, true);
  const purges: Promise<unknown>[] = [];
  for (let i = 0; i < 20; ++i) {
    purges.push(purge(old, `before ${i}`));
    const lent = old.store.lend();
    purges.push(purge(old, `while ${i}`));
    if (i % 2 === 0) await lent;
    old.store.takeBack();
    await lent;
    old.store.takeBack();
    purges.push(purge(old, `behind ${i}`));
  }
  await Promise.all(purges);
  await old.store.close();
  t.ok((await purgesIn(dir)) >= 60 * NOTED);
});
