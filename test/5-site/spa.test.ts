// A single-page application: which requests get its shell, and which get the 404 that a script or an image has to see.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ask } from '../client.ts';
import { pause, serve } from '../serving.ts';

const SHELL = '<!doctype html><title>shell</title>';
const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8';
const files = {
  'index.html': SHELL, 'about.html': 'about', 'app.js': 'app', '_internal.txt': 'x', docs: { 'index.html': 'docs' }, empty: { 'note.txt': 'note' }, 'v1.0': 'a file',
};

type Fields = Readonly<Record<string, string>>;

/** For a path without a file. */
const clients: readonly (readonly [who: string, fields: Fields, shell: boolean])[] = [
  ['a navigation', { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'document', Accept: BROWSER }, true],
  ['a navigation of a frame', { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'iframe', Accept: BROWSER }, true],
  ['a navigation passed on by a service worker', { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'empty', Accept: BROWSER }, true],
  ['a browser over plain HTTP', { Accept: BROWSER }, true],
  ['curl', { Accept: '*/*' }, true],
  ['who accepts text', { Accept: 'text/*' }, true],
  ['who says nothing', {}, true],
  ['who has an empty Accept', { Accept: '' }, true],
  ['fetch() of the same origin', { 'Sec-Fetch-Mode': 'same-origin', 'Sec-Fetch-Dest': 'empty', Accept: '*/*' }, false],
  ['fetch() by cors', { 'Sec-Fetch-Mode': 'cors', 'Sec-Fetch-Dest': 'empty', Accept: '*/*' }, false],
  ['fetch() that asks for HTML', { 'Sec-Fetch-Mode': 'cors', Accept: 'text/html' }, false],
  ['an image', { 'Sec-Fetch-Mode': 'no-cors', 'Sec-Fetch-Dest': 'image', Accept: 'image/avif,*/*;q=0.8' }, false],
  ['an embed', { 'Sec-Fetch-Mode': 'navigate', 'Sec-Fetch-Dest': 'embed', Accept: BROWSER }, false],
  ['a client of an API', { Accept: 'application/json' }, false],
  ['an image over plain HTTP', { Accept: 'image/avif,image/webp,image/*' }, false],
  ['who refuses HTML', { Accept: 'text/html;q=0, */*' }, false],
];

t.test('who gets the shell', async (t) => {
  const { place } = await serve(t, { root: t.testdir(files), site: { spa: true } });
  for (const [who, fields, shell] of clients) {
    for (const method of ['GET', 'HEAD']) {
      const reply = await ask(place, '/route/of/the/app', { method, fields });
      t.equal(reply.status, shell ? 200 : 404, `${method} of ${who}`);
      t.equal(reply.body.toString(), method === 'HEAD' ? '' : shell ? SHELL : 'Not Found\n');
      if (!shell) continue;
      t.equal(reply.fields.get('cache-control'), 'no-cache');
      t.equal(reply.fields.get('content-type'), 'text/html; charset=utf-8');
      t.equal(reply.fields.get('content-length'), String(SHELL.length));
    }
  }
});

const paths: readonly (readonly [target: string, status: number, body: string])[] = [
  ['/', 200, SHELL], ['/route', 200, SHELL], ['/route/', 200, SHELL], ['/a/b/c', 200, SHELL], ['/user/jane.doe', 200, SHELL], ['/v1.2', 200, SHELL],
  ['/route?id=1', 200, SHELL], ['/route?file=app.js', 200, SHELL], ['/caf%C3%A9', 200, SHELL], ['/caf%E9', 200, SHELL], ['/no.such.extension.', 200, SHELL],
  ['/empty/', 200, SHELL],
  ['/app.js', 200, 'app'], ['/about', 200, 'about'], ['/about.html', 200, 'about'], ['/docs/', 200, 'docs'], ['/v1.0', 200, 'a file'], ['/empty/note.txt', 200, 'note'],
  ['/old.js', 404, 'Not Found\n'], ['/old.css', 404, 'Not Found\n'], ['/old.png', 404, 'Not Found\n'], ['/old.html', 404, 'Not Found\n'], ['/old.json?x=/route', 404, 'Not Found\n'],
  ['/a/b/old.woff2', 404, 'Not Found\n'], ['/favicon.ico', 404, 'Not Found\n'], ['/old.js/', 404, 'Not Found\n'], ['/app.js/', 404, 'Not Found\n'],
  ['/%zz', 400, 'Bad Request\n'],
];

t.test('which paths get it', async (t) => {
  const { place } = await serve(t, { root: t.testdir(files), site: { spa: true } });
  for (const [target, status, body] of paths) {
    const reply = await ask(place, target, { fields: { Accept: BROWSER } });
    t.equal(reply.status, status, target);
    t.equal(reply.body.toString(), body);
  }
  const folder = await ask(place, '/docs', { fields: { Accept: BROWSER } });
  t.strictSame([folder.status, folder.fields.get('location')], [301, '/docs/'], 'a folder is led to its slash');
});

t.test('routes that no file could have the name of', async (t) => {
  const { place } = await serve(t, { root: t.testdir(files), site: { spa: true } });
  for (const target of ['/user/a%2Fb', '/@scope%2Fname', `/route/${'x'.repeat(256)}`]) {
    t.equal((await ask(place, target, { fields: { Accept: BROWSER } })).status, 200, target.slice(0, 40));
  }
});

t.test('its tag, and the 304 by it', async (t) => {
  const root = t.testdir(files);
  const { place } = await serve(t, { root, site: { spa: true } });
  const first = await ask(place, '/route');
  const etag = first.fields.get('etag')!;
  t.equal(etag, (await ask(place, '/')).fields.get('etag'), 'it is the same representation');
  for (const target of ['/route', '/another/route?x', '/']) {
    const same = await ask(place, target, { fields: { 'If-None-Match': etag } });
    t.strictSame([same.status, same.fields.get('etag'), same.fields.get('cache-control'), same.body.length], [304, etag, 'no-cache', 0], target);
  }
  t.equal((await ask(place, '/route', { fields: { 'Sec-Fetch-Mode': 'cors', 'If-None-Match': etag } })).status, 404, 'not for a script');
  t.equal((await ask(place, '/route', { fields: { Range: 'bytes=0-8' } })).body.toString(), SHELL.slice(0, 9));
  writeFileSync(join(root, 'index.html'), 'a new shell');
  await pause(150);
  const renewed = await ask(place, '/route', { fields: { 'If-None-Match': etag } });
  t.strictSame([renewed.status, renewed.body.toString()], [200, 'a new shell']);
});

const shells: readonly (readonly [spa: string | boolean, index: string, status: number, body: string])[] = [
  ['200.html', 'index.html', 200, 'custom'], ['./200.html', 'index.html', 200, 'custom'], ['/200.html', 'index.html', 200, 'custom'], ['sub/a b.html', 'index.html', 200, 'below'],
  ['100%.html', 'index.html', 200, 'percent'], ['sub', 'index.html', 200, 'index below'], [true, 'home.html', 200, 'home'], [false, 'index.html', 404, 'Not Found\n'],
  ['nothing.html', 'index.html', 404, 'Not Found\n'], ['_headers', 'index.html', 404, 'Not Found\n'],
];

t.test('other shells', async (t) => {
  const root = t.testdir({
    'index.html': SHELL, '200.html': 'custom', 'home.html': 'home', '100%.html': 'percent', sub: { 'a b.html': 'below', 'index.html': 'index below' }, _headers: '/*\n  X-Site: yes\n',
  });
  for (const [spa, index, status, body] of shells) {
    const { place } = await serve(t, { root, index, site: { spa } });
    const reply = await ask(place, '/route');
    t.strictSame([reply.status, reply.body.toString()], [status, body], String(spa));
  }
});

t.test('it does not matter where the application is hosted: beside _redirects', async (t) => {
  const root = t.testdir({ ...files, _redirects: '/old /new 301\n/api/* /gone.txt 410\n/forced /about 200!\n', 'gone.txt': 'gone' });
  const { place } = await serve(t, { root, site: { spa: true } });
  const moved = await ask(place, '/old');
  t.strictSame([moved.status, moved.fields.get('location')], [301, '/new'], 'a rule counts before the shell');
  t.strictSame([(await ask(place, '/api/x')).status, (await ask(place, '/api/x')).body.toString()], [410, 'gone']);
  t.equal((await ask(place, '/forced')).body.toString(), 'about');
  t.equal((await ask(place, '/elsewhere')).body.toString(), SHELL);
});

t.test('its answers tell caches on what they depend', async (t) => {
  const { place } = await serve(t, { root: t.testdir(files), site: { spa: true } });
  for (const fields of [{ 'Sec-Fetch-Mode': 'navigate' }, { 'Sec-Fetch-Mode': 'cors' }] as const) {
    const { fields: sent } = await ask(place, '/route', { fields });
    for (const name of [/\bsec-fetch-mode\b/i, /\baccept\b(?!-)/i]) t.match(sent.get('vary') ?? '', name, JSON.stringify(fields));
  }
  t.notMatch((await ask(place, '/app.js')).fields.get('vary'), /sec-fetch/i, 'a file is the same for everybody');
});
