// Compression on the fly: what is compressed and what is not, once, and never of another version than the tag's.
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import t from 'tap';
import { ask, Client, requestText, type Place, type Reply } from '../client.ts';
import { pause, serve, until, type Serving } from '../serving.ts';

const decoders: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  identity: (bytes) => bytes, br: (bytes) => zlib.brotliDecompressSync(bytes), gzip: (bytes) => zlib.gunzipSync(bytes),
};

/** Text that compresses, and differs by its seed. */
function text(bytes: number, seed = 'x'): string {
  const words = createHash('sha512').update(seed).digest('hex').match(/.{1,5}/g)!;
  return Array.from({ length: Math.ceil(bytes / 6) }, (_, i) => words[(i * 7 + (i >> 3)) % words.length]!).join(' ').slice(0, bytes).padEnd(bytes, '.');
}

function codingOf({ fields }: Reply): string {
  return fields.get('content-encoding') ?? 'identity';
}

function plainOf(reply: Reply): string {
  return decoders[codingOf(reply)]!(reply.body).toString();
}

async function get(place: Place, path: string, accept: string, more: Readonly<Record<string, string>> = {}): Promise<Reply> {
  return ask(place, path, { fields: { 'Accept-Encoding': accept, ...more } });
}

async function countOf({ server }: Serving, name: string): Promise<number> {
  return (await server.counts())[name] ?? NaN;
}

const kinds: readonly (readonly [name: string, content: string | Buffer, coding: string])[] = [
  ['page.html', text(5000, 'page.html'), 'br'], ['app.js', text(5000, 'app.js'), 'br'], ['style.css', text(5000, 'style.css'), 'br'], ['data.json', text(5000, 'data.json'), 'br'], ['icon.svg', text(5000, 'icon.svg'), 'br'], ['code.wasm', text(5000, 'code.wasm'), 'br'],
  ['note.txt', text(1024, 'note.txt'), 'br'], ['short.txt', text(1023, 'short.txt'), 'identity'], ['empty.txt', '', 'identity'], ['photo.png', text(5000, 'photo.png'), 'identity'], ['video.mp4', text(5000, 'video.mp4'), 'identity'],
  ['font.woff2', text(5000, 'font.woff2'), 'identity'], ['pack.zip', text(5000, 'pack.zip'), 'identity'], ['pack.gz', text(5000, 'pack.gz'), 'identity'], ['book.pdf', text(5000, 'book.pdf'), 'identity'], ['noise.txt', randomBytes(5000), 'identity'],
  ['unknown', text(5000, 'unknown'), 'identity'], ['large.txt', text(600_000, 'large.txt'), 'br'],
];

t.test('what is worth it', async (t) => {
  const root = t.testdir({});
  for (const [name, content] of kinds) writeFileSync(join(root, name), content);
  const site = await serve(t, { root });
  for (const [name, content, coding] of kinds) {
    for (const accept of ['br, gzip', 'gzip', 'identity']) {
      const reply = await get(site.place, `/${name}`, accept);
      const expected = coding === 'identity' || accept === 'identity' ? 'identity' : accept === 'gzip' ? 'gzip' : 'br';
      t.strictSame([reply.status, codingOf(reply)], [200, expected], `${name} by ${accept}`);
      t.ok(decoders[codingOf(reply)]!(reply.body).equals(Buffer.from(content)), 'decoded it is the file');
      if (expected !== 'identity') t.ok(reply.body.length < content.length * 0.95, `${reply.body.length} of ${content.length} bytes`);
      const digest = createHash('sha256').update(reply.body).digest('base64');
      t.equal(reply.fields.get('repr-digest'), `sha-256=:${digest}:`);
      t.strictSame((await get(site.place, `/${name}`, accept, { 'If-None-Match': reply.fields.get('etag')! })).status, 304);
    }
  }
  t.equal(await countOf(site, 'compressed'), 2 * kinds.filter(([, , coding]) => coding === 'br').length, 'each once a coding');
});

t.test('a part is one of the file, unless it names the copy', async (t) => {
  const content = text(5000);
  const { place } = await serve(t, { root: t.testdir({ 'app.js': content }) });
  const whole = await get(place, '/app.js', 'br');
  const plain = await get(place, '/app.js', 'identity');
  const part = await get(place, '/app.js', 'gzip, br', { Range: 'bytes=10-19' });
  t.strictSame([part.status, codingOf(part), part.body.toString(), part.fields.get('vary')], [206, 'identity', content.slice(10, 20), 'Accept-Encoding']);
  const own = await get(place, '/app.js', 'gzip, br', { Range: 'bytes=10-19', 'If-Range': whole.fields.get('etag')! });
  t.strictSame([own.status, codingOf(own), own.body], [206, 'br', whole.body.subarray(10, 20)]);
  const others = await get(place, '/app.js', 'gzip, br', { Range: 'bytes=10-19', 'If-Range': plain.fields.get('etag')! });
  t.strictSame([others.status, codingOf(others)], [206, 'identity']);
  const only = await get(place, '/app.js', 'br, identity;q=0', { Range: 'bytes=10-19' });
  t.strictSame([only.status, codingOf(only), only.body], [206, 'br', whole.body.subarray(10, 20)]);
});

t.test('off', async (t) => {
  const site = await serve(t, { root: t.testdir({ 'app.js': text(5000) }), site: { compress: false } });
  t.equal(codingOf(await get(site.place, '/app.js', 'br, gzip')), 'identity');
  t.equal((await get(site.place, '/app.js', 'br, identity;q=0')).status, 406);
  t.equal(await countOf(site, 'compressed'), 0);
});

t.test('hundreds of first requests', async (t) => {
  const content = text(400_000);
  const site = await serve(t, { root: t.testdir({ 'app.js': content }) });
  const clients = await Promise.all(Array.from({ length: 200 }, () => Client.open(site.place)));
  await Promise.all(clients.map((client) => client.send(requestText('/app.js', { fields: { 'Accept-Encoding': 'br', 'Connection': 'close' } }))));
  const replies = await Promise.all(clients.map((client) => client.reply()));
  t.ok(replies.every((reply) => reply.status === 200 && plainOf(reply) === content), 'all of them have the file');
  t.equal(await countOf(site, 'compressed'), 1);
});

t.test('fifty files at once', async (t) => {
  const root = t.testdir({});
  const names = Array.from({ length: 50 }, (_, i) => `file-${i}.txt`);
  for (const name of names) writeFileSync(join(root, name), text(20_000, name));
  for (const openMax of [4096, 4, 1]) { // an entry may leave the cache before its answer is made
    const site = await serve(t, { root, files: { openMax } });
    const asked = names.flatMap((name) => ['br', 'gzip', 'identity'].map((accept) => ({ name, accept })));
    const replies = await Promise.all(asked.map(async ({ name, accept }) => ({ name, accept, reply: await get(site.place, `/${name}`, accept) })));
    const failed = replies.filter(({ reply }) => reply.status !== 200).map(({ reply, name, accept }) => `${reply.status} for ${name} by ${accept}`);
    t.strictSame(failed, [], `${failed.length} of ${replies.length} failed with ${openMax} files open`);
    const answered = replies.filter(({ reply }) => reply.status === 200);
    t.strictSame(answered.filter(({ reply, name }) => plainOf(reply) !== text(20_000, name)).map(({ name }) => name), [], 'no wrong body');
    t.strictSame(answered.filter(({ reply, accept }) => codingOf(reply) !== accept).map(({ name }) => name), [], 'all as asked for');
    t.equal(site.reports.filter(({ name }) => name === 'exchangeFailed').length, failed.length);
  }
});

t.test('a file that changes', async (t) => {
  const root = t.testdir({});
  const { place } = await serve(t, { root });
  const path = join(root, 'app.js');
  const tags = new Set<string>();
  for (let version = 0; version < 8; ++version) {
    writeFileSync(path, text(30_000 + version, `version ${version}`));
    await pause(120);
    for (const accept of ['br', 'gzip', 'identity']) {
      const reply = await get(place, '/app.js', accept);
      t.equal(plainOf(reply), text(30_000 + version, `version ${version}`), `version ${version} by ${accept}`);
      tags.add(reply.fields.get('etag')!);
    }
  }
  t.equal(tags.size, 24);
});

t.test('a file that changes under requests: every body is the one of its tag', async (t) => {
  const root = t.testdir({ 'app.js': text(50_000, 'version 0') });
  const { place } = await serve(t, { root });
  const bodies = new Map<string, string>();
  const versions = new Set(Array.from({ length: 20 }, (_, i) => text(50_000, `version ${i}`)));
  let done = false;
  const clients = ['br', 'gzip', 'identity', 'br, gzip'].map(async (accept) => {
    while (!done) {
      const reply = await get(place, '/app.js', accept);
      const [etag, body] = [reply.fields.get('etag')!, reply.body.toString('latin1')];
      if (reply.status !== 200 || !versions.has(plainOf(reply))) t.fail(`${reply.status}: no version`);
      if ((bodies.get(etag) ?? body) !== body) t.fail(`two bodies of ${etag}`);
      bodies.set(etag, body);
    }
  });
  for (let i = 1; i < 20; ++i) {
    writeFileSync(join(root, 'app.js'), text(50_000, `version ${i}`));
    await pause(60);
  }
  done = true;
  await Promise.all(clients);
  t.ok(bodies.size > 3, `${bodies.size} representations`);
});

t.test('who takes no identity gets the copy that there is, also when the file is looked at anew meanwhile', async (t) => {
  const content = randomBytes(3_000_000).toString('hex'); // some hundred milliseconds of work
  const root = t.testdir({ 'real.txt': content });
  symlinkSync(join(root, 'real.txt'), join(root, 'app.txt')); // an absolute link is resolved again each time
  const { place } = await serve(t, { root, site: { precompressed: false } });
  const first = get(place, '/app.txt', 'br, identity;q=0');
  const others: Promise<Reply>[] = [];
  for (let i = 0; i < 10; ++i) {
    await pause(45);
    others.push(get(place, '/app.txt', 'identity'));
  }
  const reply = await first;
  await Promise.all(others);
  t.strictSame([reply.status, codingOf(reply)], [200, 'br']);
  t.ok(plainOf(reply) === content);
});

t.test('copies are let go with their files', async (t) => {
  const root = t.testdir({ other: {} });
  const names = Array.from({ length: 12 }, (_, i) => `file-${i}.txt`);
  for (const name of names) writeFileSync(join(root, name), text(200_000, name));
  for (let i = 0; i < 4; ++i) writeFileSync(join(root, `other/${i}.png`), 'x');
  const site = await serve(t, { root, files: { openMax: 4 }, arena: { bytesMax: 0 } });
  const before = await countOf(site, 'privateBytes');
  for (const name of names) for (const accept of ['br', 'gzip']) t.equal(codingOf(await get(site.place, `/${name}`, accept)), accept);
  for (const name of names) rmSync(join(root, name));
  await until(async () => {
    for (let i = 0; i < 4; ++i) await ask(site.place, `/other/${i}.png`);
    return (await countOf(site, 'files')) <= 4 && (await countOf(site, 'privateBytes')) <= before + 4096;
  }, 'the memory is free');
  t.ok((await countOf(site, 'privateBytes')) <= before + 4096);
});

t.test('a folder beside the copies', async (t) => {
  const root = t.testdir({ 'app.js': text(5000) });
  mkdirSync(join(root, 'app.js.br'));
  const { place } = await serve(t, { root });
  const reply = await get(place, '/app.js', 'br');
  t.strictSame([codingOf(reply), plainOf(reply)], ['br', text(5000)], 'a sibling that is none: a copy is made');
});
