// Fields of a site's answers: how long caches keep them, what the operator adds to every one, CORS, and digests.
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import * as zlib from 'node:zlib';
import t from 'tap';
import { ask, type Reply } from '../client.ts';
import { serve } from '../serving.ts';
import type { SiteOptions } from '../../server/site-options.ts';

const BODY = 'const answer = 42;\n'.repeat(200);
const files = {
  'index.html': 'home', 'app.js': BODY, 'app-BsKq1Z8a.js': BODY, 'photo.png': 'png', 'sw.js': 'worker', 'data.json': '{}', 'site.webmanifest': '{}', '404.html': 'none', folder: { 'x.txt': 'x' },
};
const YEAR = 'public, max-age=31536000, immutable';

const cachingCases: readonly (readonly [site: SiteOptions, values: Readonly<Record<string, string | undefined>>])[] = [
  [{}, { '/': 'no-cache', '/app.js': undefined, '/app-BsKq1Z8a.js': YEAR, '/photo.png': undefined, '/sw.js': 'no-cache', '/site.webmanifest': 'no-cache', '/nothing': undefined }],
  [{ maxAgeS: 60 }, { '/': 'no-cache', '/app.js': 'public, max-age=60', '/app-BsKq1Z8a.js': YEAR, '/photo.png': 'public, max-age=60', '/sw.js': 'no-cache', '/nothing': undefined, '/folder': undefined }],
  [{ maxAgeS: 60, immutable: true }, { '/': 'no-cache', '/app.js': 'public, max-age=60, immutable', '/app-BsKq1Z8a.js': YEAR, '/nothing': undefined }],
  [{ maxAgeS: 0 }, { '/app.js': 'public, max-age=0', '/': 'no-cache' }],
  [{ immutable: true }, { '/app.js': undefined, '/app-BsKq1Z8a.js': YEAR }],
  [{ headers: { 'cache-control': 'private, no-store' } }, { '/': 'private, no-store', '/app.js': 'private, no-store', '/app-BsKq1Z8a.js': 'private, no-store' }],
];

t.test('Cache-Control', async (t) => {
  const root = t.testdir(files);
  for (const [site, values] of cachingCases) {
    const { place } = await serve(t, { root, site });
    for (const [target, value] of Object.entries(values)) {
      const reply = await ask(place, target);
      t.equal(reply.fields.get('cache-control'), value, `${target} with ${JSON.stringify(site)}`);
      if (reply.status !== 200) continue;
      const same = await ask(place, target, { fields: { 'If-None-Match': reply.fields.get('etag')! } });
      t.strictSame([same.status, same.fields.get('cache-control')], [304, value]);
      t.equal((await ask(place, target, { fields: { Range: 'bytes=0-0' } })).fields.get('cache-control'), value);
    }
  }
});

type Asked = Parameters<typeof ask>[2];

/** One for each kind of answer. */
const kinds: readonly (readonly [status: number, target: string, asked?: Asked])[] = [
  [200, '/'], [200, '/', { method: 'HEAD' }], [206, '/app.js', { fields: { Range: 'bytes=0-0' } }], [206, '/app.js', { fields: { Range: 'bytes=0-0,4-5' } }],
  [304, '/', { fields: { 'If-None-Match': '*' } }], [412, '/', { fields: { 'If-Match': '"x"' } }], [416, '/photo.png', { fields: { Range: 'bytes=99-' } }],
  [301, '/folder'], [404, '/nothing'], [404, '/nothing', { method: 'HEAD' }], [406, '/app.js', { fields: { 'Accept-Encoding': '*;q=0' } }], [200, '/folder/'],
  [400, '/%zz'],
];
/** These are made before a site is looked at. */
const early: readonly (readonly [status: number, target: string, asked?: Asked])[] = [[405, '/', { method: 'POST' }], [405, '/', { method: 'DELETE' }], [204, '/', { method: 'OPTIONS' }], [200, '/healthz']];

function valuesOf({ fields }: Reply, names: readonly string[]): (string | undefined)[] {
  return names.map((name) => fields.get(name));
}

t.test('headers: on every answer', async (t) => {
  const headers = { 'X-Site': 'one', 'Permissions-Policy': 'camera=()', 'X-Name': 'caf\u00e9'.replace('\u00e9', 'e') };
  const { place } = await serve(t, { root: t.testdir(files), site: { headers, listing: true, health: '/healthz' } });
  const names = Object.keys(headers).map((name) => name.toLowerCase());
  for (const [status, target, asked] of kinds) {
    const reply = await ask(place, target, asked);
    t.equal(reply.status, status, `${target} ${JSON.stringify(asked)}`);
    t.strictSame(valuesOf(reply, names), Object.values(headers));
  }
  for (const [status, target, asked] of early) {
    const reply = await ask(place, target, asked);
    t.equal(reply.status, status, `${target} ${JSON.stringify(asked)}`);
    t.strictSame(valuesOf(reply, names), Object.values(headers), `${status}`);
  }
});

t.test('headers in place of the server\'s own', async (t) => {
  const headers = { 'content-type': 'text/x-own', 'X-Content-Type-Options': 'none', vary: 'Cookie' };
  const { place } = await serve(t, { root: t.testdir(files), site: { headers } });
  const reply = await ask(place, '/app.js');
  t.strictSame(valuesOf(reply, ['content-type', 'x-content-type-options', 'vary']), ['text/x-own', 'none', 'Accept-Encoding, Cookie']);
  const names = reply.names.map((name) => name.toLowerCase());
  t.equal(new Set(names).size, names.length, 'none comes twice');
  const multipart = await ask(place, '/app.js', { fields: { Range: 'bytes=0-0,4-5' } });
  t.match(multipart.fields.get('content-type'), /^multipart\/byteranges; boundary=/);
  t.ok(multipart.body.includes('Content-Type: text/x-own\r\n'), 'the type of the parts');
  const missing = await ask(place, '/nothing.js');
  t.equal(missing.fields.get('vary'), 'Cookie');
});

t.test('cors', async (t) => {
  const { place } = await serve(t, { root: t.testdir(files), site: { cors: true, listing: true, health: '/healthz' } });
  const names = ['access-control-allow-origin', 'access-control-expose-headers', 'timing-allow-origin'];
  for (const [status, target, asked] of kinds) {
    for (const origin of [{}, { Origin: 'https://other.test' }]) {
      const reply = await ask(place, target, { ...asked, fields: { ...asked?.fields, ...origin } });
      t.strictSame([reply.status, ...valuesOf(reply, names)], [status, '*', '*', '*'], `${target} ${JSON.stringify(asked)}`);
      t.notMatch(reply.fields.get('vary'), /origin/i, 'it does not depend on it');
    }
  }
  for (const [status, target, asked] of early) {
    const reply = await ask(place, target, asked);
    t.strictSame([reply.status, reply.fields.get(names[0]!)], [status, '*'], `${status} ${target}`);
  }
});

const preflights: readonly (readonly [fields: Readonly<Record<string, string>>, allowed: string | undefined])[] = [
  [{ Origin: 'https://a.test', 'Access-Control-Request-Method': 'GET' }, undefined],
  [{ Origin: 'null', 'Access-Control-Request-Method': 'GET', 'Access-Control-Request-Headers': 'range' }, 'range'],
  [{ Origin: 'https://a.test', 'Access-Control-Request-Method': 'PUT', 'Access-Control-Request-Headers': 'x-one,x-two' }, 'x-one,x-two'],
  [{ Origin: 'https://a.test', 'Access-Control-Request-Method': 'GET', 'Access-Control-Request-Headers': 'x:y' }, undefined],
  [{ Origin: 'https://a.test', 'Access-Control-Request-Method': 'GET', 'Access-Control-Request-Headers': 'a, '.repeat(2000) }, 'a, '.repeat(2000).trim()],
];

t.test('a preflight', async (t) => {
  const { place } = await serve(t, { root: t.testdir(files), site: { cors: true }, access: { users: ['a:b'] } });
  for (const [fields, allowed] of preflights) {
    const reply = await ask(place, '/app.js', { method: 'OPTIONS', fields });
    t.strictSame([reply.status, reply.fields.get('access-control-allow-origin'), reply.fields.get('access-control-allow-headers'), reply.body.length], [204, '*', allowed, 0], JSON.stringify(fields).slice(0, 80));
    t.match(reply.fields.get('access-control-allow-methods'), /\bGET\b.*\bHEAD\b/);
    t.match(reply.fields.get('access-control-max-age'), /^\d+$/);
  }
  t.equal((await ask(place, '/app.js', { method: 'OPTIONS' })).status, 401, 'OPTIONS without an origin is no preflight');
  const refused = await ask(place, '/app.js');
  t.strictSame([refused.status, refused.fields.get('access-control-allow-origin')], [401, '*'], 'a page may read that it is refused');
  const off = await serve(t, { root: t.testdir(files) });
  const plain = await ask(off.place, '/app.js', { method: 'OPTIONS', fields: preflights[0]![0] });
  t.strictSame([plain.status, plain.fields.get('access-control-allow-origin'), plain.fields.get('allow')], [204, undefined, 'GET, HEAD, OPTIONS']);
});

t.test('securityHeaders', async (t) => {
  const { place } = await serve(t, { root: t.testdir(files), site: { securityHeaders: true, headers: { 'X-Frame-Options': 'DENY' }, listing: true } });
  for (const [status, target, asked] of kinds) {
    const reply = await ask(place, target, asked);
    t.equal(reply.status, status);
    t.strictSame(valuesOf(reply, ['x-frame-options', 'referrer-policy', 'cross-origin-opener-policy']), ['DENY', 'strict-origin-when-cross-origin', 'same-origin'], `${status} ${target}`);
    const policies = reply.names.filter((name) => name.toLowerCase() === 'content-security-policy').length;
    t.equal(policies, 1, 'one policy: two would both count');
    t.match(reply.fields.get('content-security-policy'), target === '/folder/' ? /^default-src 'none'/ : /^frame-ancestors 'self'/);
  }
});

function digestOf(bytes: Buffer | string): string {
  return `sha-256=:${createHash('sha256').update(bytes).digest('base64')}:`;
}

t.test('Repr-Digest', async (t) => {
  const root = t.testdir(files);
  const br = zlib.brotliCompressSync(Buffer.from(BODY));
  writeFileSync(join(root, 'app.js.br'), br);
  const { place } = await serve(t, { root });
  const cases: readonly (readonly [target: string, asked: Asked, status: number, digest: string | undefined])[] = [
    ['/app.js', {}, 200, digestOf(BODY)], ['/app.js', { method: 'HEAD' }, 200, digestOf(BODY)], ['/app.js', { fields: { Range: 'bytes=0-0' } }, 206, digestOf(BODY)],
    ['/app.js', { fields: { Range: 'bytes=0-0,4-5' } }, 206, digestOf(BODY)], ['/app.js', { fields: { 'Accept-Encoding': 'br' } }, 200, digestOf(br)],
    ['/app.js', { method: 'HEAD', fields: { 'Accept-Encoding': 'br' } }, 200, digestOf(br)], ['/app.js', { fields: { 'Accept-Encoding': 'br', Range: 'bytes=-1' } }, 206, digestOf(br)],
    ['/', {}, 200, digestOf('home')], ['/nothing', {}, 404, undefined], ['/folder', {}, 301, undefined], ['/app.js', { fields: { 'If-None-Match': '*' } }, 304, undefined],
    ['/app.js', { fields: { 'If-Match': '"x"' } }, 412, undefined], ['/photo.png', { fields: { Range: 'bytes=9-' } }, 416, undefined],
    ['/app.js', { fields: { 'Want-Repr-Digest': 'sha-256=0' } }, 200, undefined], ['/app.js', { method: 'HEAD', fields: { 'Want-Repr-Digest': 'sha-512=3, sha-256=0' } }, 200, undefined],
    ['/app.js', { fields: { 'Want-Repr-Digest': 'sha-256=0', Range: 'bytes=1-2' } }, 206, undefined], ['/app.js', { fields: { 'Want-Repr-Digest': 'sha-256=0', 'Accept-Encoding': 'br' } }, 200, undefined],
    ['/app.js', { fields: { 'Want-Repr-Digest': 'sha-256=10' } }, 200, digestOf(BODY)], ['/app.js', { fields: { 'Want-Repr-Digest': 'sha-512=3' } }, 200, digestOf(BODY)],
    ['/app.js', { fields: { 'Want-Repr-Digest': 'sha-256=0, (' } }, 200, digestOf(BODY)], ['/app.js', { fields: { 'Want-Repr-Digest': 'sha-256=11' } }, 200, digestOf(BODY)],
    ['/app.js', { fields: { 'Want-Repr-Digest': 'sha-256=1, sha-256=0' } }, 200, undefined], ['/app.js', { fields: { 'Want-Content-Digest': 'sha-256=0' } }, 200, digestOf(BODY)],
  ];
  for (const [target, asked, status, digest] of cases) {
    const reply = await ask(place, target, asked);
    t.strictSame([reply.status, reply.fields.get('repr-digest')], [status, digest], `${target} ${JSON.stringify(asked)}`);
    if (status === 200 && asked?.method !== 'HEAD') t.equal(reply.body.length, Number(reply.fields.get('content-length')));
  }
});
