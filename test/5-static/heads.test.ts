// Heads: HEAD's equals GET's, types by name, and what every answer carries.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ask } from '../client.ts';
import { serve } from '../serving.ts';

const types: Readonly<Record<string, string>> = {
  'a.html': 'text/html; charset=utf-8', 'a.HTML': 'text/html; charset=utf-8', 'a.css': 'text/css; charset=utf-8', 'a.js': 'text/javascript; charset=utf-8', 'a.mjs': 'text/javascript; charset=utf-8',
  'a.txt': 'text/plain; charset=utf-8', 'a.md': 'text/markdown; charset=utf-8', 'a.csv': 'text/csv; charset=utf-8', 'a.xml': 'application/xml', 'a.json': 'application/json', 'a.map': 'application/json',
  'a.webmanifest': 'application/manifest+json', 'a.wasm': 'application/wasm', 'a.pdf': 'application/pdf', 'a.svg': 'image/svg+xml', 'a.png': 'image/png', 'a.jpg': 'image/jpeg', 'a.webp': 'image/webp', 'a.avif': 'image/avif',
  'a.ico': 'image/vnd.microsoft.icon', 'a.woff2': 'font/woff2', 'a.mp4': 'video/mp4', 'a.mp3': 'audio/mpeg', 'a.zip': 'application/zip', 'a.tar.gz': 'application/gzip', 'a.unheard-of': 'application/octet-stream',
  noextension: 'application/octet-stream', 'ends.': 'application/octet-stream', 'a.b.c.html': 'text/html; charset=utf-8', 'b.html.bak': 'application/octet-stream',
};

t.test('types', async (t) => {
  const root = t.testdir({});
  for (const name of Object.keys(types)) writeFileSync(join(root, name), 'x');
  const { place } = await serve(t, { root });
  for (const [name, type] of Object.entries(types)) {
    const { fields } = await ask(place, `/${name}`);
    t.equal(fields.get('content-type'), type, name);
    t.equal(fields.get('x-content-type-options'), 'nosniff');
  }
});

t.test('HEAD gives the head of GET', async (t) => {
  const { place } = await serve(t, { root: t.testdir({ 'index.html': 'home', 'file.txt': 'file', 'empty.txt': '', 'large.bin': Buffer.alloc(3 << 20), dir: { 'index.html': 'dir' }, bare: {}, '404.html': 'lost' }) });
  for (const target of ['/', '/file.txt', '/empty.txt', '/large.bin', '/dir', '/dir/', '/bare', '/bare/', '/no', '/.env', '/%zz', '/file.txt?query']) {
    for (const fields of [{}, { 'If-None-Match': '*' }, { 'If-Match': '"x"' }, { 'If-Modified-Since': new Date().toUTCString() }]) {
      const got = await ask(place, target, { fields });
      const head = await ask(place, target, { method: 'HEAD', fields });
      t.equal(head.status, got.status, `${target} ${Object.keys(fields).join()}: ${got.status}`);
      t.strictSame(head.names, got.names, 'the same fields in the same order');
      for (const [name, value] of got.fields) if (name !== 'date') t.equal(head.fields.get(name), value, name);
    }
  }
});

t.test('an index with a name in UTF-8', async (t) => {
  const { place } = await serve(t, { root: t.testdir({ 'índice–ß.html': 'hola' }), index: 'índice–ß.html' });
  t.equal((await ask(place, '/')).body.toString(), 'hola');
});

t.test('another index', async (t) => {
  const { place } = await serve(t, { root: t.testdir({ 'index.html': 'no', 'home.htm': 'yes', dir: { 'index.html': 'no' } }), index: 'home.htm' });
  t.equal((await ask(place, '/')).body.toString(), 'yes');
  t.equal((await ask(place, '/dir/')).status, 404);
  t.equal((await ask(place, '/index.html')).body.toString(), 'no', 'by its name it is a file');
});
