// Sizes, names and folders beyond the usual: a file of 100 GB, names in any encoding, thousands of names, and paths that change what they are.
import { closeSync, ftruncateSync, mkdirSync, mkdtempSync, openSync, renameSync, rmSync, symlinkSync, unlinkSync, utimesSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ask, Client, requestText } from '../client.ts';
import { pause, serve } from '../serving.ts';

/** On a disk: what keeps tests' folders may not have sparse files of this size. */
function diskFolder(t: Test): string {
  const folder = mkdtempSync('/var/tmp/pagecast-large-');
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

const SIZE = 100 * 2 ** 30;
const MARKS: readonly (readonly [offset: number, text: string])[] = [[0, 'begin'], [2 ** 31 - 2, 'two31'], [2 ** 32 - 2, 'two32'], [2 ** 36 + 7, 'two36'], [SIZE - 5, 'ending'.slice(1)]];

t.test('a file of 100 GB', async (t) => {
  const root = diskFolder(t);
  const file = openSync(join(root, 'large.bin'), 'w');
  ftruncateSync(file, SIZE);
  for (const [offset, mark] of MARKS) writeSync(file, mark, offset);
  closeSync(file);
  utimesSync(join(root, 'large.bin'), 1e9, 1e9);
  await pause(2100); // the tag is strong when no change can hide behind it
  const { place } = await serve(t, { root });
  const head = await ask(place, '/large.bin', { method: 'HEAD' });
  t.strictSame([head.status, head.fields.get('content-length')], [200, String(SIZE)]);
  const etag = head.fields.get('etag')!;
  t.match(etag, /^"/);
  for (const [offset, mark] of MARKS) {
    for (const ifRange of [{}, { 'If-Range': etag }, { 'If-Range': new Date(1e12).toUTCString() }]) {
      const end = offset + mark.length - 1;
      const part = await ask(place, '/large.bin', { fields: { Range: `bytes=${offset}-${end}`, ...ifRange } });
      t.strictSame([part.status, part.body.toString(), part.fields.get('content-range')], [206, mark, `bytes ${offset}-${end}/${SIZE}`]);
    }
  }
  const suffix = await ask(place, '/large.bin', { fields: { Range: 'bytes=-5' } });
  t.strictSame([suffix.body.toString(), suffix.fields.get('content-range')], ['nding', `bytes ${SIZE - 5}-${SIZE - 1}/${SIZE}`]);
  const open = await ask(place, '/large.bin', { fields: { Range: `bytes=${SIZE - 1}-` } });
  t.equal(open.body.toString(), 'g');
  const several = await ask(place, '/large.bin', { fields: { Range: `bytes=0-4,${2 ** 32 - 2}-${2 ** 32 + 2},-5` } });
  t.strictSame([several.status, ...['begin', 'two32', 'nding'].map((mark) => several.body.includes(mark))], [206, true, true, true]);
  const beyond = await ask(place, '/large.bin', { fields: { Range: `bytes=${SIZE}-` } });
  t.strictSame([beyond.status, beyond.fields.get('content-range')], [416, `bytes */${SIZE}`]);
  t.equal((await ask(place, '/large.bin', { method: 'HEAD', fields: { Range: 'bytes=0-0', 'If-Range': '"other"' } })).status, 200);
  const client = await Client.open(place);
  await client.send(requestText('/large.bin', { fields: { Range: `bytes=${2 ** 32 - 2}-`, 'If-Range': etag } }));
  const begun = await client.head();
  t.strictSame([begun.status, begun.fields.get('content-length')], [206, String(SIZE - 2 ** 32 + 2)], 'more than can be sent at once, given up by the client');
  client.reset();
  t.equal((await ask(place, '/large.bin', { method: 'HEAD' })).status, 200);
});

/** Names are bytes. */
const names: readonly (readonly [name: Buffer, target: string])[] = [
  [Buffer.from('caf\xe9.txt', 'latin1'), '/caf%E9.txt'], [Buffer.from('\x93\xfa\x96\x7b.txt', 'latin1'), '/%93%FA%96%7B.txt'], [Buffer.from('caf\u00e9-nfc.txt'), '/caf%C3%A9-nfc.txt'],
  [Buffer.from('cafe\u0301-nfd.txt'), '/cafe%CC%81-nfd.txt'], [Buffer.from('\u{1f600}.txt'), '/%F0%9F%98%80.txt'], [Buffer.from(`${'n'.repeat(251)}.txt`), `/${'n'.repeat(251)}.txt`],
  [Buffer.from(`${'\u00e9'.repeat(125)}.txt`), `/${'%C3%A9'.repeat(125)}.txt`], [Buffer.from('a b+c&d=e;f,g.txt'), '/a%20b+c&d=e;f,g.txt'], [Buffer.from('100%.txt'), '/100%25.txt'], [Buffer.from('q?h#.txt'), '/q%3Fh%23.txt'],
  [Buffer.from('line\nfeed.txt'), '/line%0Afeed.txt'], [Buffer.from('<b>"\'&.txt'), '/%3Cb%3E%22%27&.txt'], [Buffer.from('\xff\xfe.txt', 'latin1'), '/%FF%FE.txt'], [Buffer.from('-rf'), '/-rf'], [Buffer.from('~'), '/~'],
];

t.test('names', async (t) => {
  const root = diskFolder(t);
  for (const [name, target] of names) writeFileSync(Buffer.concat([Buffer.from(`${root}/`), name]), target);
  const { place } = await serve(t, { root, site: { listing: true } });
  for (const [, target] of names) t.equal((await ask(place, target)).body.toString(), target, target.slice(0, 40));
  for (const target of ['/caf%C3%A9.txt', '/cafe-nfd.txt', '/%CC%81', `/${'n'.repeat(252)}.txt`, `/${'%C3%A9'.repeat(126)}.txt`]) t.equal((await ask(place, target)).status, 404, `${target.slice(0, 30)} is another name`);
  const page = (await ask(place, '/')).body.toString();
  const links = [...page.matchAll(/<tr><td><a href="([^"]*)"/g)].map(([, href]) => new URL(href!.replaceAll('&amp;', '&'), 'http://site.test/').pathname);
  t.equal(links.length, names.length);
  for (const link of links) t.equal((await ask(place, link)).status, 200, `the link ${link.slice(0, 40)}`);
  const json = JSON.parse((await ask(place, '/', { fields: { Accept: 'application/json' } })).body.toString()) as { names: { href: string; size: number }[] };
  for (const { href, size } of json.names) t.equal((await ask(place, new URL(href, 'http://site.test/').pathname)).body.length, size, href.slice(0, 40));
});

t.test('a folder of 5,000 files', async (t) => {
  const root = diskFolder(t);
  for (let i = 0; i < 5000; ++i) writeFileSync(join(root, `file-${i}.txt`), '');
  const { place } = await serve(t, { root, site: { listing: true } });
  const reply = await ask(place, '/');
  t.equal(reply.status, 200);
  t.equal(reply.body.toString().match(/<tr><td><a href/g)?.length, 4000);
  t.match(reply.body.toString(), 'There are more names in this folder');
  const json = JSON.parse((await ask(place, '/', { fields: { Accept: 'application/json' } })).body.toString()) as { names: object[]; truncated: boolean };
  t.strictSame([json.names.length, json.truncated], [4000, true]);
});

t.test('listings', async (t) => {
  const root = t.testdir({ folder: { 'b.txt': '12', 'a.txt': '1234', sub: {}, '.hidden': 'x' }, indexed: { 'index.html': 'index' }, docs: { 'x.txt': 'x' }, empty: {} });
  symlinkSync('/etc', join(root, 'folder/out'));
  symlinkSync('a.txt', join(root, 'folder/link'));
  const { place } = await serve(t, { root, site: { listing: true } });
  const order = async (query: string): Promise<string[]> => [...(await ask(place, `/folder/${query}`)).body.toString().matchAll(/<tr><td><a href="\.\/([^"]*)"/g)].map(([, href]) => href!);
  t.strictSame((await order('')).filter((name) => /^[ab]|sub/.test(name)), ['sub/', 'a.txt', 'b.txt']);
  t.strictSame((await order('?sort=size')).filter((name) => /^[ab]/.test(name)), ['b.txt', 'a.txt']);
  t.strictSame((await order('?sort=name&order=desc')).filter((name) => /^[ab]/.test(name)), ['b.txt', 'a.txt']);
  t.notOk((await order('')).some((name) => /hidden/.test(name)), 'no dotfiles');
  for (const [accept, type] of [[undefined, 'text/html; charset=utf-8'], ['*/*', 'text/html; charset=utf-8'], ['application/json', 'application/json'], ['application/json;q=0.5, text/html', 'text/html; charset=utf-8'], ['image/png', 'text/html; charset=utf-8']] as const) {
    const reply = await ask(place, '/folder/', { fields: accept === undefined ? {} : { Accept: accept } });
    t.strictSame([reply.status, reply.fields.get('content-type'), reply.fields.get('vary'), reply.fields.get('cache-control')], [200, type, 'Accept', 'no-cache'], accept ?? 'nothing');
    const head = await ask(place, '/folder/', { method: 'HEAD', fields: accept === undefined ? {} : { Accept: accept } });
    t.strictSame([head.status, head.fields.get('content-length'), head.body.length], [200, String(reply.body.length), 0]);
  }
  t.equal((await ask(place, '/indexed/')).body.toString(), 'index');
  t.equal((await ask(place, '/empty/')).status, 200);
  t.equal((await ask(place, '/folder')).fields.get('location'), '/folder/');
  for (const target of ['/folder/out/', '/folder/nothing/', '/folder/a.txt/', '/folder/../', '/.hidden/']) t.equal((await ask(place, target)).status, 404, target);
  const off = await serve(t, { root });
  t.equal((await ask(off.place, '/folder/')).status, 404);
});

t.test('a path that becomes something else', async (t) => {
  const root = t.testdir({ other: { 'index.html': 'other index' }, 'target.txt': 'target' });
  const { place } = await serve(t, { root, site: { listing: true } });
  const path = join(root, 'thing');
  const kinds: readonly (readonly [what: string, make: () => void, status: number, body: string | undefined])[] = [
    ['nothing', () => undefined, 404, undefined], ['a file', () => writeFileSync(path, 'file'), 200, 'file'], ['a folder', () => mkdirSync(path), 301, undefined],
    ['a link to a file', () => symlinkSync('target.txt', path), 200, 'target'], ['a link to a folder', () => symlinkSync('other', path), 301, undefined], ['a link out', () => symlinkSync('/etc/hostname', path), 404, undefined],
    ['a link to itself', () => symlinkSync('thing', path), 404, undefined], ['an empty file', () => writeFileSync(path, ''), 200, ''], ['a large file', () => writeFileSync(path, Buffer.alloc(20 << 20)), 200, undefined],
  ];
  for (const before of kinds) {
    for (const after of kinds) {
      for (const [what, make, status, body] of [before, after]) {
        rmSync(path, { recursive: true, force: true });
        make();
        await pause(105);
        const reply = await ask(place, '/thing', { method: body === undefined ? 'HEAD' : 'GET' });
        if (reply.status !== status || (body !== undefined && reply.body.toString() !== body)) t.fail(`${before[0]} became ${after[0]}: ${what} is answered ${reply.status}`);
      }
    }
  }
  t.pass(`${kinds.length ** 2} changes`);
});

t.test('the root is another folder', async (t) => {
  const base = t.testdir({ a: { 'index.html': 'a', 'x.js': 'a'.repeat(3000), _headers: '/*\n  X-Root: a\n' }, b: { 'index.html': 'b', 'x.js': 'b'.repeat(3000), _headers: '/*\n  X-Root: b\n' } });
  const root = join(base, 'current');
  symlinkSync('a', root);
  const { place } = await serve(t, { root });
  for (const name of ['a', 'b', 'a', 'b']) {
    symlinkSync(name, join(base, 'next'));
    renameSync(join(base, 'next'), root);
    await pause(150);
    for (const accept of ['gzip', 'identity']) {
      const page = await ask(place, '/');
      t.strictSame([page.body.toString(), page.fields.get('x-root')], [name, name]);
      const head = await ask(place, '/x.js', { method: 'HEAD', fields: { 'Accept-Encoding': accept } });
      const body = await ask(place, '/x.js', { fields: { 'Accept-Encoding': accept } });
      t.equal(head.fields.get('etag'), body.fields.get('etag'));
      if (accept === 'identity') t.equal(body.body.toString(), name.repeat(3000));
    }
  }
  unlinkSync(root);
  await pause(150);
  t.equal((await ask(place, '/')).status, 404, 'no root');
});
