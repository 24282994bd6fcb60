// Entity tags: strong, equal for equal content everywhere and always, never equal for different content, whatever is
// done to timestamps.
import { randomBytes } from 'node:crypto';
import { copyFileSync, mkdirSync, renameSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ask, Client, requestText, type Place } from '../client.ts';
import { pause, serve } from '../serving.ts';

const STRONG = /^"[\x21\x23-\x7e]+"$/;
const WEAK = /^W\/"[\x21\x23-\x7e]+"$/;

async function tagOf(place: Place, target: string): Promise<string> {
  return (await ask(place, target)).fields.get('etag')!;
}

t.test('equal content has an equal tag: in every tier, on every worker, after a restart, under every name and time', async (t) => {
  const root = t.testdir({ copy: {} });
  await Promise.all(([['small', 1024], ['arena', 60_000], ['hashed', 300_000]] as const).map(async ([name, size]) => {
    const path = join(root, `${name}.bin`);
    writeFileSync(path, randomBytes(size));
    copyFileSync(path, join(root, 'copy', `${name}.bin`));
    utimesSync(join(root, 'copy', `${name}.bin`), 1, 1);
    const tags = new Set<string>();
    for (const options of [{ workers: 2 }, { workers: 1, arena: { fileBytesMax: 1 << 16 } }, { workers: 1, arena: { bytesMax: 0 } }, { workers: 1, arena: { fileBytesMax: 0 } }, { workers: 1, guard: { privateMaxBytes: 400_000 } }]) {
      const { place, server } = await serve(t, { root, ...options });
      for (let i = 0; i < 12; ++i) tags.add(await tagOf(place, `/${name}.bin`));
      tags.add(await tagOf(place, `/copy/${name}.bin`));
      tags.add(await tagOf(place, `/copy//${name}.bin?query`));
      await server.close();
    }
    t.equal(tags.size, 1, `${name}: one tag`);
    t.match([...tags][0], STRONG, 'and a strong one');
  }));
});

t.test('different content has a different tag, with the same size and a pinned mtime', async (t) => {
  const root = t.testdir({});
  const { place } = await serve(t, { root, guard: { privateMaxBytes: 100_000 } });
  await Promise.all([10, 50_000, 90_000, 400_000].map(async (size) => {
    const path = join(root, `${size}.bin`);
    const seen = new Map<string, Buffer>();
    for (let i = 0; i < 8; ++i) {
      const body = randomBytes(size);
      if (i % 2 === 0) writeFileSync(path, body); // in place
      else {
        writeFileSync(`${path}.new`, body);
        utimesSync(`${path}.new`, 1_000_000_000, 1_000_000_000);
        renameSync(`${path}.new`, path);
      }
      utimesSync(path, 1_000_000_000, 1_000_000_000);
      await pause(120);
      const { fields, body: got } = await ask(place, `/${size}.bin`);
      const tag = fields.get('etag')!;
      t.ok(got.equals(body), `${size} bytes, version ${i}: the new content`);
      t.equal(fields.get('last-modified'), 'Sun, 09 Sep 2001 01:46:40 GMT');
      t.notOk(seen.has(tag), 'under a new tag');
      seen.set(tag, body);
    }
  }));
});

t.test('the tag and the body are of one version while the file is being replaced', async (t) => {
  const root = t.testdir({});
  const versions = new Map<string, string>();
  const write = (i: number): void => {
    const body = String(i).padStart(6, '0').repeat(200);
    writeFileSync(join(root, 'new'), body);
    renameSync(join(root, 'new'), join(root, 'file.txt'));
  };
  write(0);
  const { place } = await serve(t, { root, workers: 2 });
  const endMs = Date.now() + 1000;
  let asked = 0;
  const readers = Array.from({ length: 4 }, async () => {
    const client = await Client.open(place);
    while (Date.now() < endMs) {
      await client.send(requestText('/file.txt'));
      const { fields, body } = await client.reply();
      const text = body.toString();
      if (text !== text.slice(0, 6).repeat(200)) t.fail('a body of two versions');
      const tag = fields.get('etag')!;
      if ((versions.get(tag) ?? text) !== text) t.fail('a tag of another version');
      versions.set(tag, text);
      ++asked;
    }
    client.destroy();
  });
  for (let i = 1; Date.now() < endMs; ++i) {
    write(i);
    await pause(3);
  }
  await Promise.all(readers);
  t.ok(versions.size > 5, `${versions.size} versions were seen in ${asked} answers`);
});

t.test('beyond privateMaxBytes: weak while it is young, then strong, and another one for each version', async (t) => {
  const root = t.testdir({ other: {} });
  const path = join(root, 'large.bin');
  const body = randomBytes(50_000);
  const { place } = await serve(t, { root, guard: { privateMaxBytes: 4096 }, arena: { fileBytesMax: 4096 } });
  writeFileSync(path, body);
  const young = await tagOf(place, '/large.bin');
  t.match(young, WEAK, 'weak while it could change again under the same times');
  t.equal((await ask(place, '/large.bin', { fields: { 'If-None-Match': young } })).status, 304, 'good enough for a 304');
  t.equal((await ask(place, '/large.bin', { fields: { 'If-Match': young } })).status, 412, 'not for If-Match');
  t.equal((await ask(place, '/large.bin', { fields: { Range: 'bytes=0-1', 'If-Range': young } })).status, 200, 'nor for If-Range');
  await pause(2100);
  const settled = await tagOf(place, '/large.bin');
  t.match(settled, STRONG, 'strong when it is old enough');
  t.equal(settled, young.slice(2), 'the same otherwise');
  t.equal((await ask(place, '/large.bin', { fields: { Range: 'bytes=0-1', 'If-Range': settled } })).body.toString('hex'), body.toString('hex', 0, 2), 'good for If-Range');
  const { place: again } = await serve(t, { root, guard: { privateMaxBytes: 4096 }, arena: { fileBytesMax: 4096 } });
  t.equal(await tagOf(again, '/large.bin'), settled, 'the same after a restart');

  const next = Buffer.from(body);
  next[0]! ^= 1;
  const { mtimeMs } = statSync(path);
  writeFileSync(path, next);
  utimesSync(path, mtimeMs / 1000, mtimeMs / 1000);
  await pause(120);
  t.not((await tagOf(place, '/large.bin')).replace('W/', ''), settled, 'same size, same mtime, another tag: ctime cannot be set back');
});

t.test('tags of folders and errors do not exist', async (t) => {
  const root = t.testdir({ 'file.txt': 'x' });
  mkdirSync(join(root, 'dir'));
  const { place } = await serve(t, { root });
  for (const target of ['/dir', '/dir/', '/no', '/%zz']) t.notOk((await ask(place, target)).fields.has('etag'), target);
});
