// Whatever becomes of a file, it is a miss or a block that is not verified, never another answer.
import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { fileBytesOf, FOOTER_BYTES, SUM_BYTES } from '../../cache/store/disk/checksums.ts';
import { decodeHead, encodeHead, headName } from '../../cache/store/disk/head-file.ts';
import { found, object, openStore, scanned, storeBody, storeFolder, variant, verdicts } from './objects.ts';

const MIB = 1 << 20;

t.test('a head with any byte changed, or cut anywhere, is none', (t) => {
  const whole = encodeHead({ epoch: { log: 'a1', sequence: 2 }, object: object('http://a/', variant({ tags: ['\u00e9'] })) })!;
  let looked = 0;
  for (let at = 0; at < whole.length; ++at) {
    if (decodeHead(whole.subarray(0, at)) !== undefined) t.fail(`cut at ${at}`);
    for (const bit of [1, 2, 4, 8, 16, 32, 64, 128]) {
      const flipped = Buffer.from(whole);
      flipped[at]! ^= bit;
      if (decodeHead(flipped) !== undefined) t.fail(`byte ${at} ^ ${bit}`);
      looked += 1;
    }
  }
  for (const more of ['\n', '\0', ' ', whole.toString('latin1')]) t.equal(decodeHead(Buffer.concat([whole, Buffer.from(more)])), undefined, 'more than a head');
  t.ok(decodeHead(whole), 'as it was');
  t.equal(looked, whole.length * 8);
  for (const bytes of ['', '\n', 'pagecast-head 1 0 \n', 'x'.repeat(1000), `pagecast-head 1 ${'9'.repeat(400)} a\n`]) t.equal(decodeHead(Buffer.from(bytes)), undefined);
  t.end();
});

t.test('a head of another key in its place', async (t) => {
  const folder = storeFolder(t);
  const store = await openStore(t, folder);
  await store.put(object('one'));
  await store.put(object('two'));
  const pathOf = (key: string): string => join(folder, 'heads', headName(key).slice(0, 2), headName(key));
  copyFileSync(pathOf('one'), pathOf('two'));
  t.equal(await found(store, 'two'), undefined);
  t.ok(await found(store, 'one'));
  rmSync(pathOf('two'));
  symlinkSync(pathOf('one'), pathOf('two'));
  t.equal(await found(store, 'two'), undefined, 'a link');
  rmSync(pathOf('two'));
  mkdirSync(pathOf('two'));
  t.equal(await found(store, 'two'), undefined, 'a folder');
  t.equal(typeof (await store.put(object('two'))), 'string', 'is not replaced');
  t.match((await scanned(store)).summary, { objects: 1 });
});

t.test('a body that was edited, cut, made longer, or swapped with another one', async (t) => {
  const store = await openStore(t, storeFolder(t));
  const content = randomBytes(2 * MIB + 100);
  const one = await storeBody(store, content);
  const two = await storeBody(store, content);
  const path = store.pathOf(one.record);
  const whole = readFileSync(path);
  const edited = async (at: number): Promise<readonly boolean[] | string> => {
    const bytes = Buffer.from(whole);
    bytes[at]! ^= 1;
    writeFileSync(path, bytes);
    return verdicts(store, one);
  };
  for (const at of [0, 5, MIB - 1]) t.strictSame(await edited(at), [false, true, true], `byte ${at}`);
  for (const at of [MIB, 2 * MIB - 1]) t.strictSame(await edited(at), [true, false, true], `byte ${at}`);
  for (const at of [2 * MIB, content.length - 1]) t.strictSame(await edited(at), [true, true, false], `byte ${at}`);
  for (let at = 0; at < SUM_BYTES; ++at) t.strictSame(await edited(content.length + SUM_BYTES + at), [true, false, true], `its checksum, byte ${at}`);
  for (let at = 1; at <= FOOTER_BYTES; ++at) t.equal(await edited(whole.length - at), 'damaged', `the footer, ${at} from the end`);

  const swapped = Buffer.concat([whole.subarray(MIB, 2 * MIB), whole.subarray(0, MIB), whole.subarray(2 * MIB, content.length),
    whole.subarray(content.length + SUM_BYTES, content.length + 2 * SUM_BYTES), whole.subarray(content.length, content.length + SUM_BYTES), whole.subarray(content.length + 2 * SUM_BYTES)]);
  writeFileSync(path, swapped);
  t.strictSame(await verdicts(store, one), [false, false, true], 'blocks that changed places, with their checksums');

  for (const length of [0, 1, MIB, content.length, whole.length - FOOTER_BYTES, whole.length - 1, whole.length + 1]) {
    writeFileSync(path, whole);
    truncateSync(path, length);
    t.equal(await verdicts(store, one), 'damaged', `${length} bytes`);
  }
  writeFileSync(path, whole);
  const opened = await store.openBody(one);
  if (typeof opened === 'string') return void t.fail(opened);
  truncateSync(path, MIB + 1);
  t.strictSame([await opened.verify(0), await opened.verify(1), await opened.verify(2)], [false, false, false], 'cut while it is open: the checksums are gone, too');
  t.strictSame([await opened.verify(-1), await opened.verify(3), await opened.verify(0.5), await opened.verify(Number.NaN)], [false, false, false, false]);
  await opened.close();

  renameSync(store.pathOf(two.record), path);
  t.equal(await verdicts(store, one), 'damaged', 'of the same bytes, but another one');
  t.equal(await verdicts(store, two), 'missing');
  t.equal(await verdicts(store, { ...one, bytes: one.bytes - 1 }), 'damaged', 'of another length');
  t.equal(await verdicts(store, { ...one, record: '../../../../etc/passwd' }), 'missing');
  t.equal(fileBytesOf(content.length), whole.length);
  t.match(store.counts(), { bodiesMissing: 2 });
});

t.test('a head whose body is gone is found, and its body is missing', async (t) => {
  const folder = storeFolder(t);
  const store = await openStore(t, folder);
  const body = await storeBody(store, randomBytes(10));
  await store.put(object('k', variant({ bytes: 10, bodies: [body] })));
  rmSync(join(folder, 'bodies'), { recursive: true });
  t.ok(await found(store, 'k'));
  t.equal(await verdicts(store, body), 'missing');
  t.ok(await storeBody(store, randomBytes(10)), 'folders are made again');
  rmSync(join(folder, 'heads'), { recursive: true });
  t.equal(await found(store, 'k'), undefined);
  t.match(await store.put(object('k')), { fileBytes: Number });
});
