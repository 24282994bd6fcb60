// What is stored is found again: in the same process, and in the next one.
import { createHash, randomBytes } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { fileBytesOf } from '../../cache/store/disk/checksums.ts';
import { decodeHead, encodeHead, headName } from '../../cache/store/disk/head-file.ts';
import type { Variant } from '../../cache/store/object.ts';
import { certain, filesBelow, found, FRESHNESS, object, openStore, scanned, storeBody, storeFolder, variant, verdicts } from './objects.ts';

const MIB = 1 << 20;
const EPOCH = { log: 'a', sequence: 3 };

for (const named of [false, true]) {
  for (const bytes of [0, 1, MIB - 1, MIB, MIB + 1, 3 * MIB + 17]) {
    t.test(`a body of ${bytes} bytes, ${named ? 'arriving under a name' : 'without a name'}`, async (t) => {
      const folder = storeFolder(t);
      const store = await openStore(t, folder, { named });
      if (named) t.equal(store.arriving, 'named');
      const content = randomBytes(bytes);
      const body = await storeBody(store, content);
      t.strictSame(readFileSync(store.pathOf(body.record)).subarray(0, bytes), content, 'the file begins with it');
      t.equal(statSync(store.pathOf(body.record)).size, fileBytesOf(bytes));
      t.equal(statSync(store.pathOf(body.record)).mode & 0o777, 0o600);
      t.strictSame(await verdicts(store, body), Array(Math.ceil(bytes / MIB)).fill(true));
      const stored = object('http://a/', variant({ bytes, bodies: [body] }));
      t.equal(certain(await store.put(stored)).fileBytes, statSync(join(folder, 'heads', headName('http://a/').slice(0, 2), headName('http://a/'))).size);
      t.strictSame(await found(store, 'http://a/'), stored);
      await store.close();

      const next = await openStore(t, folder);
      t.strictSame(await found(next, 'http://a/'), stored, 'and after a start');
      t.strictSame(await verdicts(next, body), Array(Math.ceil(bytes / MIB)).fill(true));
      const { objects, summary } = await scanned(next);
      t.match(summary, { complete: true, objects: 1, headsRemoved: 0, bodiesRemoved: 0, arrivingRemoved: 0 });
      t.equal(objects[0]!.bytes, summary.bytes);
      t.strictSame(await next.evict('http://a/'), true);
      t.strictSame(await next.evict('http://a/'), false);
      t.equal(await found(next, 'http://a/'), undefined);
      t.equal(await next.removeBody(body.record), true);
      t.equal(await next.removeBody(body.record), false);
      await next.close();
      t.strictSame(await filesBelow(folder), ['pagecast-store', 'purges'], 'nothing is left of it');
    });
  }
}

t.test('pieces of any length make the same file as one', async (t) => {
  const store = await openStore(t, storeFolder(t));
  const content = randomBytes(2 * MIB + 5);
  const file = certain(await store.begin());
  const appended: Promise<unknown>[] = [];
  for (let at = 0, take = 1; at < content.length; at += take, take = take * 3 + 1) appended.push(file.append(content.subarray(at, at + take)));
  const { id, bytes } = certain(await file.finish());
  t.strictSame(new Set(await Promise.all(appended)), new Set([undefined]));
  t.equal(bytes, content.length);
  t.strictSame(await verdicts(store, { record: id, offset: 0, bytes }), [true, true, true]);
  t.throws(() => file.append(content), 'it is over');
  const other = certain(await store.begin());
  await other.append(content);
  await other.abandon();
  t.equal(await verdicts(store, { record: other.id, offset: 0, bytes: content.length }), 'missing', 'abandoned');
});

t.test('heads of all kinds', (t) => {
  const body = { record: '0123456789abcdef0123456789abcdef', offset: 5, bytes: 7 };
  const variants: readonly Variant[] = [
    variant(),
    variant({ id: 7, status: 404, fields: [], varyNames: [], varyValues: [], tags: [], invalid: true }),
    variant({ bytes: -1, bodies: [body, { ...body, offset: 20 }] }),
    variant({ fields: Array.from({ length: 256 }, (_, code) => ['x', String.fromCharCode(code)] as const) }),
    variant({ freshness: { ...FRESHNESS, source: 'none', lifetimeMs: 0.5 } }),
  ];
  for (const key of ['http://a/', 'https://\u00e4/\ud800?\u{1f600}', '', '__proto__', 'x'.repeat(70_000)]) {
    const head = { epoch: EPOCH, object: object(key, ...variants) };
    t.strictSame(decodeHead(encodeHead(head)!), head, JSON.stringify(key.slice(0, 30)));
  }
  t.strictSame(decodeHead(encodeHead({ epoch: EPOCH, object: { key: 'k', variants: [] } })!)?.object.variants, []);
  const unfit: readonly [string, Partial<Variant>][] = [
    ['infinite', { freshness: { ...FRESHNESS, lifetimeMs: Infinity } }], ['no number', { responseMs: Number.NaN }], ['half a byte', { bytes: 0.5 }],
    ['no body', { bodies: [{ ...body, record: '../../etc/passwd' }] }], ['beyond', { bodies: [{ ...body, bytes: 2 ** 60 }] }],
  ];
  for (const [what, members] of unfit) t.equal(encodeHead({ epoch: EPOCH, object: object('k', variant(members)) }), undefined, what);
  t.equal(headName('http://a/'), createHash('sha256').update('http://a/').digest('hex'));
  t.end();
});

t.test('of what is written at once, the last stays', async (t) => {
  const store = await openStore(t, storeFolder(t));
  const heads = Array.from({ length: 50 }, (_, id) => object('k', variant({ id })));
  await Promise.all(heads.map((head) => store.put(head)));
  t.strictSame(await found(store, 'k'), heads.at(-1));
  const mixed = [store.put(heads[0]!), store.evict('k'), store.put(heads[1]!), store.put(heads[2]!), store.evict('k')];
  await Promise.all(mixed);
  t.equal(await found(store, 'k'), undefined);
  await Promise.all([store.evict('k'), store.put(heads[3]!), store.evict('k'), store.put(heads[4]!)]);
  t.strictSame(await found(store, 'k'), heads[4]);
});

t.test('a head that cannot be written leaves nothing of its key', async (t) => {
  const store = await openStore(t, storeFolder(t));
  await store.put(object('k'));
  t.equal(await store.put(object('k', variant({ responseMs: Number.NaN }))), 'EINVAL');
  t.equal(await found(store, 'k'), undefined);
  t.equal(await store.put(object('k', variant({ fields: [['x', 'y'.repeat(17 * MIB)]] }))), 'EFBIG');
  t.match(store.counts(), { EINVAL: 1, EFBIG: 1 });
});

t.test('two keys of one name: the later wins', async (t) => {
  const folder = storeFolder(t);
  const nameOf = (): string => 'ab'.repeat(32);
  const store = await openStore(t, folder, { nameOf });
  await store.put(object('one'));
  t.strictSame(await found(store, 'one'), object('one'));
  t.equal(await found(store, 'two'), undefined, "never the other's");
  await store.put(object('two'));
  t.equal(await found(store, 'one'), undefined);
  t.strictSame(await found(store, 'two'), object('two'));
  t.equal(await store.evict('one'), false, 'what is gone takes nothing with it');
  t.strictSame(await found(store, 'two'), object('two'));
  t.equal((await scanned(store)).summary.objects, 1);
});

t.test('durable', async (t) => {
  const folder = storeFolder(t);
  for (const named of [true, false]) {
    const store = await openStore(t, folder, { durable: true, named });
    const body = await storeBody(store, randomBytes(5));
    const stored = object('k', variant({ bytes: 5, bodies: [body] }));
    await store.put(stored);
    t.strictSame(await found(store, 'k'), stored);
    await store.close();
  }
});
