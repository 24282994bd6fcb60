// Content codings of files that somebody has compressed before: which one a client gets, and that each is a representation of its own.
import { mkdirSync, rmSync, symlinkSync, unlinkSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import t, { type Test } from 'tap';
import { ask } from '../client.ts';
import { pause, serve } from '../serving.ts';
import { choiceCases, hostileCodings } from './coding-cases.ts';

const SOURCE = 'The quick brown fox. '.repeat(200);
const SUFFIXES = { br: '.br', zstd: '.zst', gzip: '.gz' } as const;
/** What a sibling holds is its owner's affair: here it tells its name. */
const siblingBody = (coding: string): string => `these bytes are ${coding}`.repeat(3);

function folderWith(t: Test, codings: readonly (keyof typeof SUFFIXES)[], name = 'app.js'): string {
  const root = t.testdir({ [name]: SOURCE });
  for (const coding of codings) writeFileSync(join(root, name + SUFFIXES[coding]), siblingBody(coding));
  return root;
}

for (const [there, rows] of Object.entries(choiceCases)) {
  t.test(`siblings: ${there}`, async (t) => {
    const codings = there.split(' ').filter((coding) => coding in SUFFIXES) as (keyof typeof SUFFIXES)[];
    const { place } = await serve(t, { root: folderWith(t, codings), site: { compress: false } });
    for (const [accept, chosen] of rows) {
      const reply = await ask(place, '/app.js', { fields: accept === undefined ? {} : { 'Accept-Encoding': accept } });
      const told = reply.status === 200 ? reply.fields.get('content-encoding') ?? 'identity' : String(reply.status);
      t.equal(told, chosen, JSON.stringify(accept));
      if (chosen === '406') continue;
      t.equal(reply.body.toString(), chosen === 'identity' ? SOURCE : siblingBody(chosen));
      t.equal(reply.fields.get('vary'), 'Accept-Encoding');
      t.equal(reply.fields.get('content-type'), 'text/javascript; charset=utf-8', 'the type of the source');
      const head = await ask(place, '/app.js', { method: 'HEAD', fields: accept === undefined ? {} : { 'Accept-Encoding': accept } });
      t.strictSame([...head.fields].filter(([name]) => name !== 'date'), [...reply.fields].filter(([name]) => name !== 'date'), 'HEAD');
    }
  });
}

t.test('each has its own tag, for its own 304 and its own ranges', async (t) => {
  const { place } = await serve(t, { root: folderWith(t, ['br', 'gzip']), site: { compress: false } });
  const tags = new Map<string, string>();
  for (const coding of ['identity', 'br', 'gzip']) {
    const reply = await ask(place, '/app.js', { fields: { 'Accept-Encoding': coding } });
    t.match(reply.fields.get('etag'), /^"[^"]+"$/, 'strong');
    tags.set(coding, reply.fields.get('etag')!);
  }
  t.equal(new Set(tags.values()).size, 3);
  for (const [coding, etag] of tags) {
    const body = coding === 'identity' ? SOURCE : siblingBody(coding);
    const accept = { 'Accept-Encoding': coding };
    for (const [other, tag] of tags) {
      const same = other === coding;
      const conditional = await ask(place, '/app.js', { fields: { ...accept, 'If-None-Match': tag } });
      t.equal(conditional.status, same ? 304 : 200, `${coding} by the tag of ${other}`);
      t.strictSame([conditional.fields.get('etag'), conditional.fields.get('vary')], [etag, 'Accept-Encoding']);
      t.equal((await ask(place, '/app.js', { fields: { ...accept, 'If-Match': tag } })).status, same ? 200 : 412);
      const part = await ask(place, '/app.js', { fields: { ...accept, Range: 'bytes=5-9', 'If-Range': tag } });
      t.strictSame([part.status, part.body.toString()], same ? [206, body.slice(5, 10)] : [200, body], `range by the tag of ${other}`);
    }
    const part = await ask(place, '/app.js', { fields: { ...accept, Range: 'bytes=-4' } });
    t.strictSame([part.status, part.body.toString(), part.fields.get('content-range')], [206, body.slice(-4), `bytes ${body.length - 4}-${body.length - 1}/${body.length}`]);
    t.strictSame([part.fields.get('content-encoding') ?? 'identity', part.fields.get('etag'), part.fields.get('vary')], [coding, etag, 'Accept-Encoding']);
    const beyond = await ask(place, '/app.js', { fields: { ...accept, Range: `bytes=${body.length}-` } });
    t.strictSame([beyond.status, beyond.fields.get('content-range')], [416, `bytes */${body.length}`], 'of the coded length');
    const several = await ask(place, '/app.js', { fields: { ...accept, Range: 'bytes=0-1,4-5' } });
    t.equal(several.status, 206);
    t.equal(several.fields.get('content-encoding') ?? 'identity', coding);
    t.ok(several.body.includes(`Content-Range: bytes 4-5/${body.length}`), 'its parts count coded bytes, too');
  }
});

t.test('one that is older than its source is of another version', async (t) => {
  const root = folderWith(t, ['gzip']);
  const { place } = await serve(t, { root, site: { compress: false } });
  const coding = async (): Promise<string> => (await ask(place, '/app.js', { fields: { 'Accept-Encoding': 'gzip' } })).fields.get('content-encoding') ?? 'identity';
  const set = async (source: number, sibling: number): Promise<void> => {
    utimesSync(join(root, 'app.js'), source, source);
    utimesSync(join(root, 'app.js.gz'), sibling, sibling);
    await pause(150);
  };
  for (const [source, sibling, expected] of [[1000, 999, 'identity'], [1000, 1000, 'gzip'], [1000, 1001, 'gzip'], [2000, 1001, 'identity'], [2000, 2000.5, 'gzip']] as const) {
    await set(source, sibling);
    t.equal(await coding(), expected, `source of ${source}, sibling of ${sibling}`);
  }
  await set(1000.5, 1000);
  t.equal(await coding(), 'gzip', 'a compressor or an archive that keeps whole seconds');
  unlinkSync(join(root, 'app.js.gz'));
  await pause(150);
  t.equal(await coding(), 'identity', 'gone');
  writeFileSync(join(root, 'app.js.gz'), 'renewed');
  await pause(1100);
  t.equal((await ask(place, '/app.js', { fields: { 'Accept-Encoding': 'gzip' } })).body.toString(), 'renewed');
});

t.test('Last-Modified is that of the source', async (t) => {
  const root = folderWith(t, ['br']);
  utimesSync(join(root, 'app.js'), 1e9, 1e9);
  const { place } = await serve(t, { root, site: { compress: false } });
  const date = new Date(1e12).toUTCString();
  const reply = await ask(place, '/app.js', { fields: { 'Accept-Encoding': 'br' } });
  t.strictSame([reply.fields.get('content-encoding'), reply.fields.get('last-modified')], ['br', date]);
  t.equal((await ask(place, '/app.js', { fields: { 'Accept-Encoding': 'br', 'If-Modified-Since': date } })).status, 304);
});

t.test('siblings that are none', async (t) => {
  const root = t.testdir({ 'a.js': SOURCE, 'b.js': SOURCE, 'c.js': SOURCE, 'd.js': SOURCE, 'e.js': SOURCE, 'f.js.gz': 'alone', 'real.gz': 'linked bytes', 'photo.png': 'png', 'photo.png.gz': 'never' });
  mkdirSync(join(root, 'a.js.gz'));
  symlinkSync('/etc/hostname', join(root, 'b.js.gz'));
  symlinkSync('c.js.gz', join(root, 'c.js.gz'));
  writeFileSync(join(root, 'd.js.gz'), '');
  symlinkSync('real.gz', join(root, 'e.js.gz'));
  const { place } = await serve(t, { root, site: { compress: false } });
  const told = async (path: string): Promise<unknown[]> => {
    const { status, fields, body } = await ask(place, path, { fields: { 'Accept-Encoding': 'gzip' } });
    return [status, fields.get('content-encoding') ?? 'identity', body.toString().slice(0, 12)];
  };
  for (const name of ['a', 'b', 'c']) t.strictSame(await told(`/${name}.js`), [200, 'identity', SOURCE.slice(0, 12)], name);
  const empty = await ask(place, '/d.js', { fields: { 'Accept-Encoding': 'gzip' } });
  const whole = empty.fields.get('content-encoding') === undefined && empty.body.toString() === SOURCE;
  t.ok(whole, 'an empty file is no gzip of anything');
  t.strictSame(await told('/e.js'), [200, 'gzip', 'linked bytes'], 'a link inside the root');
  t.strictSame(await told('/f.js'), [404, 'identity', 'Not Found\n'], 'without a source');
  t.strictSame(await told('/photo.png'), [200, 'identity', 'png'], 'a type that is compressed already is not negotiated');
  const direct = await ask(place, '/f.js.gz', { fields: { 'Accept-Encoding': 'gzip' } });
  t.strictSame([direct.status, direct.fields.get('content-encoding'), direct.fields.get('content-type')], [200, undefined, 'application/gzip'], 'asked for by name it is a file like any other');
});

t.test('those of pages that are found under other names', async (t) => {
  const root = t.testdir({ 'index.html': 'home', 'index.html.gz': 'home.gz', docs: { 'index.html': 'docs', 'index.html.br': 'docs.br' }, 'about.html': 'about', 'about.html.gz': 'about.gz', '404.html': 'none', '404.html.gz': 'x' });
  writeFileSync(join(root, 'docs.br'), 'not this one');
  const { place } = await serve(t, { root, site: { compress: false, spa: true } });
  const cases = [['/', 'gzip', 'home.gz'], ['/docs/', 'br', 'docs.br'], ['/docs/index.html', 'br', 'docs.br'], ['/docs/index', 'br', 'docs.br'], ['/about', 'gzip', 'about.gz'], ['/route', 'gzip', 'home.gz'], ['/docs/', 'gzip', 'docs']] as const;
  for (const [target, accept, body] of cases) t.equal((await ask(place, target, { fields: { 'Accept-Encoding': accept } })).body.toString(), body, `${target} ${accept}`);
  const missing = await ask(place, '/nothing.js', { fields: { 'Accept-Encoding': 'gzip' } });
  t.strictSame([missing.status, missing.body.toString(), missing.fields.get('content-encoding')], [404, 'none', undefined]);
});

t.test('precompressed: false', async (t) => {
  const { place } = await serve(t, { root: folderWith(t, ['br', 'gzip']), site: { compress: false, precompressed: false } });
  const reply = await ask(place, '/app.js', { fields: { 'Accept-Encoding': 'br, gzip' } });
  t.strictSame([reply.fields.get('content-encoding'), reply.fields.get('vary'), reply.body.toString()], [undefined, undefined, SOURCE]);
});

t.test('whatever Accept-Encoding says: identity, a coding that it names, or 406', async (t) => {
  const root = t.testdir({ 'app.js': SOURCE });
  rmSync(join(root, 'app.js.gz'), { force: true });
  const { place } = await serve(t, { root });
  for (const [name, value, allowed] of hostileCodings) {
    const reply = await ask(place, '/app.js', { fields: { 'Accept-Encoding': value } });
    const coding = reply.fields.get('content-encoding') ?? 'identity';
    t.ok(allowed.includes(reply.status === 200 ? coding : String(reply.status)), `${name}: ${reply.status} ${coding}`);
    if (reply.status !== 200) continue;
    const plain = coding === 'br' ? zlib.brotliDecompressSync(reply.body) : coding === 'gzip' ? zlib.gunzipSync(reply.body) : reply.body;
    if (coding !== 'zstd') t.equal(plain.toString(), SOURCE);
  }
});
