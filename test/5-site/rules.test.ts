// _headers and _redirects of a site that is served: in force, never shown, read again when they change, and harmless whatever they say.
import { mkdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ask, type Place } from '../client.ts';
import { pause, serve, until } from '../serving.ts';

const files = {
  'index.html': 'home', 'about.html': 'about', 'app.js': 'script', 'new.html': 'new', 'gone-page.html': 'gone for good', docs: { 'index.html': 'docs', 'a.html': 'page a' }, 'secret.txt': 'secret',
};

/** Status, and what it leads to: a location, or the body. */
async function told(place: Place, target: string, fields: Readonly<Record<string, string>> = {}): Promise<[number, string]> {
  const reply = await ask(place, target, { fields });
  return [reply.status, reply.fields.get('location') ?? reply.body.toString()];
}

t.test('they are not served under any name', async (t) => {
  const root = t.testdir({ ...files, _headers: '/x\n  A: b\n', _redirects: '/x /y\n/leak /_headers 200\n/leak2 /%5Fredirects 200\n/leak3 /_redirects 404\n/leak4 /./_headers 200\n' });
  const { place } = await serve(t, { root, site: { listing: true } });
  const names = ['/_headers', '/_redirects', '/%5Fheaders', '/%5fredirects', '/_header%73', '//_headers', '/_headers.html', '/_headers/', '/_headers?x', '/leak', '/leak2', '/leak3', '/leak4', '/_headers.br'];
  for (const target of names) {
    for (const asked of [{}, { method: 'HEAD' }, { fields: { Range: 'bytes=0-1' } }, { fields: { 'If-None-Match': '*' } }, { fields: { 'Accept-Encoding': 'br, gzip' } }]) {
      const reply = await ask(place, target, asked);
      t.equal(reply.status, 404, `${target} ${JSON.stringify(asked)}`);
      t.notOk(reply.fields.has('etag'));
    }
  }
  const off = await serve(t, { root, site: { rules: false } });
  t.strictSame((await told(off.place, '/_redirects'))[0], 200, 'rules: false');
  t.equal((await told(off.place, '/x'))[0], 404);
});

t.test('in a folder below they are files', async (t) => {
  const root = t.testdir({ ...files, folder: { _headers: 'a file', 'x.txt': 'x' }, _headers: '/x\n  A: b\n' });
  const { place } = await serve(t, { root, site: { listing: true } });
  t.strictSame(await told(place, '/folder/_headers'), [200, 'a file']);
  t.match((await ask(place, '/folder/')).body.toString(), '_headers', 'listed, too');
});

t.test('they are read again: changed, made, removed', async (t) => {
  const root = t.testdir(files);
  const { place } = await serve(t, { root });
  const headers = join(root, '_headers');
  const redirects = join(root, '_redirects');
  const field = async (): Promise<string | undefined> => (await ask(place, '/app.js')).fields.get('x-version');
  t.strictSame([await field(), (await told(place, '/old'))[0]], [undefined, 404]);
  for (let version = 1; version <= 5; ++version) {
    writeFileSync(headers, `/*\n  X-Version: ${version}\n`);
    writeFileSync(redirects, `/old /new-${version} 302\n`);
    await pause(300);
    t.equal(await field(), String(version));
    t.strictSame(await told(place, '/old'), [302, `/new-${version}`]);
  }
  rmSync(headers);
  await pause(300);
  t.strictSame([await field(), (await told(place, '/old'))[0]], [undefined, 302], 'one of them is gone');
  writeFileSync(headers, '');
  rmSync(redirects);
  mkdirSync(redirects);
  await pause(300);
  t.strictSame([await field(), (await told(place, '/old'))[0]], [undefined, 404], 'an empty file, and a folder of the name');
  writeFileSync(headers, '/*\n  X-Version: last\n');
  await pause(300);
  t.equal(await field(), 'last');
});

t.test('they are read again where records are few, and used again', async (t) => {
  const root = t.testdir({ ...files, _headers: '/*\n  X-Version: 0\n' });
  for (let i = 0; i < 6; ++i) writeFileSync(join(root, `${i}.txt`), String(i));
  const { place } = await serve(t, { root, files: { openMax: 1 } });
  const stale: number[] = [];
  for (let version = 1; version <= 8; ++version) {
    await ask(place, '/app.js');
    await Promise.all([0, 1, 2, 3, 4, 5].map((i) => ask(place, `/${i}.txt`))); // the record of _headers leaves
    await pause(60);
    writeFileSync(join(root, '_headers'), `/*\n  X-Version: ${version}\n`);
    await pause(300);
    if ((await ask(place, '/app.js')).fields.get('x-version') !== String(version)) stale.push(version);
  }
  t.strictSame(stale, [], 'no change was missed');
});

t.test('what is wrong with them is told, by file and line', async (t) => {
  const root = t.testdir({ ...files, _headers: 'X-Early: no\n/*\n  Content-Length: 5\n  X-Good: yes\n  not a field\n', _redirects: '/a /b 999\n/c https://x.test/:d 200\n/ok /new\n/e\n' });
  const { place, reports } = await serve(t, { root });
  t.equal((await ask(place, '/app.js')).fields.get('x-good'), 'yes');
  t.strictSame(await told(place, '/ok'), [301, '/new']);
  await until(() => reports.length > 0, 'a report');
  const [report] = reports.filter(({ name }) => name === 'rulesIgnored');
  for (const place of ['_headers:1: ', '_headers:3: ', '_headers:5: ', '_redirects:1: ', '_redirects:2: ', '_redirects:4: ']) t.match(report!.message, place);
  t.match(report!.facts, { path: '/_headers', lines: 6 });
  await pause(200);
  for (let i = 0; i < 5; ++i) await ask(place, '/app.js');
  t.equal(reports.length, 1, 'once a version');
  writeFileSync(join(root, '_redirects'), '/a /b 999\n'.repeat(30));
  await pause(150);
  await ask(place, '/app.js');
  await until(() => reports.length > 1, 'a report of the next version');
  t.match(reports[1]!.message, /and \d+ more$/, 'not all of them');
});

t.test('a file that is too large to be read', async (t) => {
  const root = t.testdir({ ...files, _headers: '/*\n  X-Site: yes\n' });
  const { place, reports } = await serve(t, { root });
  t.equal((await ask(place, '/app.js')).fields.get('x-site'), 'yes');
  truncateSync(join(root, '_headers'), 20 << 20);
  await pause(150);
  for (let i = 0; i < 8; ++i) {
    t.equal((await ask(place, '/app.js')).fields.get('x-site'), 'yes', 'what was in force stays so');
    await pause(60);
  }
  const count = reports.filter(({ name }) => name === 'rulesIgnored').length;
  t.equal(count, 1, 'told once');
  writeFileSync(join(root, '_redirects'), '/old /new 302\n');
  await pause(300);
  t.strictSame(await told(place, '/old'), [302, '/new'], 'the other one is read all the same');
  writeFileSync(join(root, '_headers'), '/*\n  X-Site: again\n');
  await pause(300);
  t.equal((await ask(place, '/app.js')).fields.get('x-site'), 'again');
});

const redirects = `
/old /new.html 301
/temp /new.html 302
/keep/* /docs/:splat 308
/about.html /shadowed 301
/app.js /forced 301!
/forced-page /new.html 200!
/index.html /new.html 200!
/plain /about 200
/folder /docs 200
/folder-slash /docs/ 200
/page-a /docs/a 200
/gone /gone-page.html 410
/gone-quietly /nothing.html 410
/missing /nothing 200
/up /../secret.txt 200
/up2 /docs/../secret.txt 200
/up3 /%2e%2e/etc/passwd 200
/into/* /:splat 200
/site/* https://:splat.test/ 302
/item id=:id /docs/:id.html 200
/away/* https://other.test/:splat 302
/same/* //evil.com/:splat 302
/slash/* /:splat 302
/circle /circle2 200
/circle2 /circle 200
/teapot /about 418
`;

const redirectCases: readonly (readonly [target: string, status: number, told: string | RegExp])[] = [
  ['/old', 301, '/new.html'], ['/old?x=1', 301, '/new.html?x=1'], ['/old/', 301, '/new.html'], ['/temp', 302, '/new.html'], ['/keep/a/b?c', 308, '/docs/a/b?c'],
  ['/about.html', 200, 'about'], ['/about', 200, 'about'], ['/app.js', 301, '/forced'], ['/forced-page', 200, 'new'], ['/index.html', 200, 'new'], ['/', 200, 'home'],
  ['/plain', 200, 'about'], ['/folder', 200, 'docs'], ['/folder-slash', 200, 'docs'], ['/page-a', 200, 'page a'], ['/gone', 410, 'gone for good'], ['/gone-quietly', 410, /^Gone\n$/],
  ['/missing', 404, 'Not Found\n'], ['/up', 404, 'Not Found\n'], ['/up2', 404, 'Not Found\n'], ['/up3', 404, 'Not Found\n'],
  ['/into/secret.txt', 200, 'secret'], ['/into/_redirects', 404, 'Not Found\n'], ['/into/%5Fredirects', 404, 'Not Found\n'], ['/into/..%2f..%2fetc/passwd', 404, 'Not Found\n'], ['/into/%2e%2e/%2e%2e/etc/passwd', 404, 'Not Found\n'],
  ['/into//etc/passwd', 404, 'Not Found\n'], ['/item?id=a', 200, 'page a'], ['/item?id=b', 404, 'Not Found\n'], ['/item?id=../new', 404, 'Not Found\n'], ['/item', 404, 'Not Found\n'],
  ['/away/x/y', 302, 'https://other.test/x/y'], ['/same/x', 404, 'Not Found\n'], ['/slash//evil.com/', 302, /^\/[^/]/], ['/slash/.evil.com/', 302, /^\/[^/]/],
  ['/site/evil.com', 404, 'Not Found\n'], ['/circle', 404, 'Not Found\n'], ['/teapot', 418, 'about'], ['/old%0d%0aX-Forged:1', 404, 'Not Found\n'], ['/keep/%0d%0aX-Forged:1', 308, /^\/docs\/%0d%0aX-Forged:1$/i],
];

t.test('redirects and rewrites', async (t) => {
  const { place } = await serve(t, { root: t.testdir({ ...files, _redirects: redirects }) });
  for (const [target, status, expected] of redirectCases) {
    for (const method of ['GET', 'HEAD']) {
      const reply = await ask(place, target, { method });
      t.equal(reply.status, status, `${method} ${target}`);
      t.notOk(reply.fields.has('x-forged'));
      const location = reply.fields.get('location');
      if (location !== undefined || method === 'GET') t.match(location ?? reply.body.toString(), expected);
    }
  }
});

t.test('rules for paths that no file could have the name of', async (t) => {
  const { place } = await serve(t, { root: t.testdir({ ...files, _redirects: '/slash/* /:splat 302\n/user/* /about 200\n/.old /new 301\n' }) });
  for (const [target, status] of [['/slash/%2Fevil.com/', 302], ['/slash/%5Cevil.com/', 302], ['/user/a%2Fb', 200], ['/.old', 301]] as const) {
    const reply = await ask(place, target);
    t.equal(reply.status, status, target);
    const location = reply.fields.get('location') ?? '/';
    t.equal(new URL(location, 'http://site.test').origin, 'http://site.test');
  }
});

t.test('a rewrite is answered like the file itself', async (t) => {
  const { place } = await serve(t, { root: t.testdir({ ...files, _redirects: '/plain /about 200\n/gone /gone-page.html 410\n' }) });
  const etag = (await ask(place, '/about')).fields.get('etag')!;
  t.equal((await ask(place, '/plain', { fields: { 'If-None-Match': etag } })).status, 304);
  t.strictSame([(await ask(place, '/plain', { fields: { Range: 'bytes=1-2' } })).body.toString()], ['bo']);
  const gone = await ask(place, '/gone', { fields: { 'If-None-Match': '*', Range: 'bytes=0-1' } });
  t.strictSame([gone.status, gone.body.toString(), gone.fields.get('etag'), gone.fields.get('accept-ranges')], [410, 'gone for good', undefined, undefined], 'an error is neither partial nor unchanged');
});

t.test('fields by path', async (t) => {
  const headers = [
    '\ufeff# with a byte order mark, and CRLF', '/*', '  X-All: yes', '  Vary: Cookie', '/docs/*', '  X-Splat: <:splat>', '  Cache-Control: public, max-age=5', '/user/:name', '  X-Name: :name',
    '/app.js', '  ! X-Content-Type-Options', '  ! ETag', '  Content-Type: text/x-script', '  Set-Cookie: a=1', '  Set-Cookie: b=2', '/bare.js', '  ! Vary', '  ! Cache-Control', '',
  ].join('\r\n');
  const { place, reports } = await serve(t, { root: t.testdir({ ...files, 'bare.js': 'x'.repeat(2000), _headers: headers }), site: { maxAgeS: 9 } });
  const script = await ask(place, '/app.js');
  t.strictSame(['x-all', 'x-content-type-options', 'etag', 'content-type', 'set-cookie', 'vary'].map((name) => script.fields.get(name)), ['yes', undefined, undefined, 'text/x-script', 'a=1, b=2', 'Accept-Encoding, Cookie']);
  t.strictSame((await ask(place, '/docs/a')).fields.get('x-splat'), '<a>');
  t.strictSame((await ask(place, '/docs/a')).fields.get('cache-control'), 'public, max-age=5');
  t.equal((await ask(place, '/docs/nothing')).fields.get('cache-control'), undefined, 'what is not there is not kept');
  for (const name of ['%0d%0aX-Forged:1', '%0aX-Forged:%201', 'a%00b', '%E2%80%AE', '%FF']) {
    const reply = await ask(place, `/user/${name}`);
    t.strictSame([reply.status, reply.fields.has('x-forged'), reply.fields.get('x-all')], [404, false, 'yes'], name);
  }
  const bare = await ask(place, '/bare.js', { fields: { 'Accept-Encoding': 'gzip' } });
  t.strictSame([bare.fields.get('cache-control'), bare.fields.get('vary'), bare.fields.get('content-encoding')], [undefined, 'Accept-Encoding', 'gzip'], 'what the server itself depends on is not taken away');
  const unchanged = await ask(place, '/docs/a', { fields: { 'If-None-Match': (await ask(place, '/docs/a')).fields.get('etag')! } });
  t.strictSame([unchanged.status, unchanged.fields.get('cache-control'), unchanged.fields.get('x-all'), unchanged.fields.get('vary')], [304, 'public, max-age=5', 'yes', 'Accept-Encoding, Cookie']);
  t.strictSame(reports, []);
});

t.test('no rule says what the bytes are', async (t) => {
  const names = ['Content-Length', 'Content-Encoding', 'Content-Range', 'ETag', 'Last-Modified', 'Date', 'Connection', 'Transfer-Encoding'];
  const digests = ['Repr-Digest', 'Content-Digest'];
  const { place } = await serve(t, { root: t.testdir({ ...files, _headers: `/app.js\n${[...names, ...digests].map((name) => `  ${name}: forged\n`).join('')}` }) });
  const { fields, body } = await ask(place, '/app.js');
  t.equal(body.toString(), 'script');
  for (const name of names) t.not(fields.get(name.toLowerCase()), 'forged', name);
  for (const name of digests) t.not(fields.get(name.toLowerCase()), 'forged', name);
});

t.test('fields of many paths: each its own', async (t) => {
  const headers = Array.from({ length: 40 }, (_, i) => `/p${i}/*\n  X-Path: ${i}\n`).join('');
  const { place } = await serve(t, { root: t.testdir({ ...files, _headers: headers, _redirects: '/p*  /app.js 200\n/p:n/x /app.js 200\n' }) });
  for (let round = 0; round < 2; ++round) {
    const values = await Promise.all(Array.from({ length: 40 }, async (_, i) => (await ask(place, `/p${i}/x`)).fields.get('x-path')));
    t.strictSame(values, Array.from({ length: 40 }, (_, i) => String(i)));
  }
  t.equal((await ask(place, '/app.js')).fields.get('x-path'), undefined);
});
