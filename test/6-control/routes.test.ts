// Every route, asked properly.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ReloadError } from '../../server/index.ts';
import { ask, type Place } from '../client.ts';
import { shortFolder } from '../serving.ts';
import { controlled, origin, put, type Controlled } from './controlling.ts';

interface Caching extends Controlled {
  /** URL of the site, without a slash at its end. */
  readonly url: string;
  /** What the site answers a GET with: `hit` or why not. */
  readonly status: (target: string, fields?: Readonly<Record<string, string>>) => Promise<string>;
}

async function caching(t: Test, ...targets: readonly string[]): Promise<Caching> {
  const from = await origin(t, (request, response) => {
    response.setHeader('Cache-Control', 'max-age=3600, stale-while-revalidate=60');
    response.setHeader('Cache-Tag', `all, ${request.url!.slice(1).split('/')[0]!}`);
    if (request.url!.startsWith('/varied')) response.setHeader('Vary', 'Accept-Language, Cookie');
    response.end(`${request.url!} ${request.headers['accept-language'] ?? ''}`);
  });
  const all = await controlled(t, { proxy: from });
  const url = `http://127.0.0.1:${all.site.port}`;
  const status = async (target: string, fields: Readonly<Record<string, string>> = {}): Promise<string> => (await ask(all.site, target, { fields: { Host: new URL(url).host, ...fields } })).fields.get('cache-status')!;
  for (const target of targets) t.match(await status(target), /stored/, `${target} is stored`);
  return { ...all, url, status };
}

t.test('status', async (t) => {
  const { control, url, server } = await caching(t, '/a');
  const { status, json, fields } = await put(control, '/api/v1/status');
  t.equal(status, 200);
  t.match(fields.get('content-type'), /^application\/json/);
  t.match(json, {
    version: /^\d+\.\d+\.\d+/, pid: process.pid, phase: 'ready', draining: false, workers: { configured: 1, ready: 1, replaced: 0 }, listeners: [url],
    sites: [{ hosts: [], origins: [/^http:\/\/127\.0\.0\.1:\d+$/] }], store: { objects: 1, fills: 1 },
  });
  t.ok(Math.abs(Date.parse(String(json['startedAt'])) - Date.now()) < 60_000);
  t.equal(server.phase, 'ready');
});

t.test('the status of a folder', async (t) => {
  const root = t.testdir({ 'a.txt': 'a' });
  const { control } = await controlled(t, { root });
  const { json } = await put(control, '/api/v1/status');
  t.match(json, { sites: [{ hosts: [], root }] });
  t.equal(json['store'], undefined);
  t.strictSame((await put(control, '/api/v1/objects')).json, { objects: [] });
  t.match(await put(control, '/api/v1/purge', { method: 'POST', content: { everything: true } }), { status: 200, json: { purged: 0, soft: false } });
});

t.test('config', async (t) => {
  const { control } = await caching(t);
  const { status, json } = await put(control, '/api/v1/config');
  t.equal(status, 200);
  t.match(json, { workers: 1, graceMs: 10_000, proxy: { origins: { balance: 'round-robin' } }, control: { place: { kind: 'tcp', host: '127.0.0.1' } } });
});

t.test('objects: a page after the other', async (t) => {
  const targets = Array.from({ length: 25 }, (_, i) => `/${i % 2 === 0 ? 'even' : 'odd'}/${i}`);
  const { control, url } = await caching(t, ...targets);
  for (const [query, wanted] of [['', targets], [`&prefix=${encodeURIComponent(`${url}/even/`)}`, targets.filter((one) => one.startsWith('/even'))], ['&tag=odd', targets.filter((one) => one.startsWith('/odd'))], ['&tag=none', []]] as const) {
    const keys: string[] = [];
    let pages = 0;
    for (let next: string | undefined = ''; next !== undefined; ++pages) {
      const { status, json } = await put(control, `/api/v1/objects?limit=4${query}${next === '' ? '' : `&cursor=${next}`}`);
      t.equal(status, 200);
      const objects = json['objects'] as readonly { readonly key: string; readonly state: string; readonly tags: readonly string[] }[];
      t.ok(objects.length <= 4);
      for (const object of objects) {
        keys.push(object.key);
        t.match(object, { state: 'fresh', variants: 1, tags: ['all', /^(?:even|odd)$/] });
      }
      next = json['next'] as string | undefined;
    }
    t.strictSame(keys.sort(), wanted.map((target) => `${url}${target}`).sort(), `${query}: all, and each once`);
    t.ok(pages <= 8, `${pages} pages`);
  }
  const upper = await put(control, `/api/v1/objects?prefix=${encodeURIComponent(`${url.replace('http', 'HTTPS')}/even/`)}`);
  t.equal((upper.json['objects'] as unknown[]).length, 13, 'schemes and case of hosts do not matter');
});

t.test('lookup', async (t) => {
  const { control, url, status } = await caching(t, '/a?b=1');
  t.match(await status('/varied', { 'Accept-Language': 'de', Cookie: 'id=secret' }), /stored/);
  const lookup = (target: string): Promise<{ readonly status: number; readonly json: Readonly<Record<string, unknown>> }> => put(control, `/api/v1/objects/lookup?url=${encodeURIComponent(`${url}${target}`)}`);
  t.match(await lookup('/a?b=1'), { status: 200, json: { key: `${url}/a?b=1`, state: 'fresh', bytes: 7, variants: [{ status: 200, freshnessFrom: 'max-age', fields: [/Cache-Control: max-age=3600/i] }] } });
  const varied = await lookup('/varied');
  t.match(varied.json['variants'], [{ selectedBy: { 'accept-language': 'de', cookie: '***' } }]);
  t.notMatch(JSON.stringify(varied.json), 'secret');
  t.equal((await lookup('/b')).status, 404);
  t.equal((await put(control, `/api/v1/objects/lookup?key=${encodeURIComponent(`${url}/a?b=1`)}`)).status, 200);
});

t.test('DELETE of an object', async (t) => {
  const { control, url, status } = await caching(t, '/a', '/b');
  const target = `/api/v1/objects?url=${encodeURIComponent(`${url}/a`)}`;
  t.match(await put(control, target, { method: 'DELETE' }), { status: 200, json: { purged: 1, soft: false } });
  t.match(await status('/a'), /fwd=uri-miss/);
  t.match(await status('/b'), /hit/);
  await put(control, target, { method: 'DELETE', lines: ['Host: localhost', 'Content-Type: application/json'] });
  t.equal((await put(control, target, { method: 'DELETE' })).status, 404);
});

const purges: readonly (readonly [name: string, content: (url: string) => object, purged: number, left: readonly string[]])[] = [
  ['url', (url) => ({ url: `${url}/a/1` }), 1, ['/a/2', '/b/1']],
  ['url, https', (url) => ({ url: `${url.replace('http:', 'https:')}/a/1` }), 1, ['/a/2', '/b/1']],
  ['url that is not stored', (url) => ({ url: `${url}/c` }), 0, ['/a/1', '/a/2', '/b/1']],
  ['key', (url) => ({ key: `${url}/a/1` }), 1, ['/a/2', '/b/1']],
  ['tag', () => ({ tag: 'a' }), 2, ['/b/1']],
  ['prefix', (url) => ({ prefix: `${url}/a/` }), 2, ['/b/1']],
  ['everything', () => ({ everything: true }), 3, []],
];

for (const [name, content, purged, left] of purges) {
  t.test(`purge by ${name}`, async (t) => {
    const { control, url, status } = await caching(t, '/a/1', '/a/2', '/b/1');
    t.match(await put(control, '/api/v1/purge', { method: 'POST', content: content(url) }), { status: 200, json: { purged, soft: false } });
    for (const target of ['/a/1', '/a/2', '/b/1']) t.match(await status(target), left.includes(target) ? /pagecast;hit/ : /fwd=uri-miss/, target);
  });
}

t.test('a soft purge', async (t) => {
  const { control, url, status } = await caching(t, '/a/1');
  t.match(await put(control, '/api/v1/purge', { method: 'POST', content: { tag: 'a', soft: true } }), { status: 200, json: { purged: 1, soft: true } });
  t.match((await put(control, '/api/v1/objects')).json, { objects: [{ key: `${url}/a/1`, state: 'stale', ttlS: 0 }] }, 'before anybody has used it');
  t.match(await status('/a/1'), /hit/, 'stale-while-revalidate');
});

t.test('explain: what is stored now', async (t) => {
  const { control, url, status } = await caching(t, '/a');
  await status('/varied', { 'Accept-Language': 'de' });
  const explain = async (content: object): Promise<Readonly<Record<string, unknown>>> => (await put(control, '/api/v1/explain', { method: 'POST', content })).json;
  t.match(await explain({ url: `${url}/a` }), { request: { method: 'GET', route: 'proxy' }, cache: { key: `${url}/a` }, stored: { variants: 1, use: /^fresh/, freshnessFrom: 'max-age' } });
  t.match(await explain({ url: `${url}/a`, headers: { 'Cache-Control': 'no-cache' } }), { stored: { use: /^fresh|^validate: request-no-cache/ } });
  t.match(await explain({ url: `${url}/nowhere` }), { stored: { variants: 0 } });
  t.match(await explain({ url: `${url}/varied`, headers: { 'Accept-Language': 'fr' } }), { stored: { variants: 1, use: /no stored variant/ } });
  t.match(await explain({ url: `${url}/a`, method: 'POST' }), { request: { method: 'POST' }, cache: { fromCache: /^no/ } });
  await put(control, '/api/v1/purge', { method: 'POST', content: { tag: 'a', soft: true } });
  t.match(await explain({ url: `${url}/a` }), { stored: { use: /^stale-while-revalidate/, ttlS: 0 } });
  t.match(await status('/a'), /hit/, 'nothing was done to it');
});

t.test('explain: a file, its protection and the rule that decides', async (t) => {
  const root = shortFolder(t);
  writeFileSync(join(root, 'a.html'), 'a');
  writeFileSync(join(root, '_redirects'), '/old /a.html 301\n');
  const { control, site } = await controlled(t, { root });
  const explain = async (url: string): Promise<Readonly<Record<string, unknown>>> => (await put(control, '/api/v1/explain', { method: 'POST', content: { url } })).json;
  const [file, rule] = await Promise.all([explain('/a.html'), explain('http://example.com/old')]);
  t.match(file, { request: { route: 'static', root }, answer: { status: 200, file: 'a.html', protection: /\w/, bytes: 1 } });
  t.match(rule, { answer: { status: 301 }, rules: { redirect: /_redirects:1/ } });
  t.equal((await ask(site, '/a.html')).body.toString(), 'a', 'the server is as it was');
});

t.test('reload', async (t) => {
  const { control } = await caching(t);
  t.match(await put(control, '/api/v1/reload', { method: 'POST', content: {} }), { status: 200, json: { generation: 2, tookMs: Number } });
  const faults = ['needs a restart: workers 2 -> 4', 'needs a restart: socketMode -1 -> 384'];
  const refusing = await controlled(t, { root: t.testdir({}) }, { onReload: () => Promise.reject(new ReloadError('refused', faults)) });
  t.match(await put(refusing.control, '/api/v1/reload', { method: 'POST', content: {} }), {
    status: 422, json: { title: 'Unprocessable Entity', detail: /^nothing has changed/, errors: faults.map((detail) => ({ detail })) },
  });
  const draining = await controlled(t, { root: t.testdir({}) }, { onReload: () => Promise.reject(new ReloadError('unavailable', ['the server drains'])) });
  t.match(await put(draining.control, '/api/v1/reload', { method: 'POST', content: {} }), { status: 409, json: { title: 'Conflict', detail: 'the server drains' } });
});

t.test('log level', async (t) => {
  const told: string[] = [];
  const log = { level: 'info' as const, info: (message: string, facts: object) => void told.push(`${message} ${JSON.stringify(facts)}`) };
  const { control } = await controlled(t, { root: t.testdir({}) }, { log });
  t.strictSame((await put(control, '/api/v1/log-level')).json, { level: 'info' });
  t.strictSame((await put(control, '/api/v1/log-level', { method: 'PUT', content: { level: 'debug' } })).json, { level: 'debug' });
  t.equal(log.level, 'debug');
  t.equal((await put(control, '/api/v1/log-level', { method: 'PUT', content: { level: 'loud' } })).status, 400);
  t.equal(log.level, 'debug');
  await put(control, '/api/v1/purge', { method: 'POST', content: { tag: 'x' } });
  t.match(told, [/purged.*"tag":"x".*"from":"127\.0\.0\.1"/], 'who purges is noted');
});

t.test('health and metrics', async (t) => {
  const { control } = await caching(t, '/a');
  for (const path of ['/livez', '/readyz', '/startupz']) t.match(await put(control, path), { status: 200, text: 'ok\n' }, path);
  t.match(await put(control, '/metrics'), { status: 200, text: /^# HELP pagecast_/m });
  const open = await put(control, '/metrics', { lines: ['Host: localhost', 'Accept: application/openmetrics-text; version=1.0.0'] });
  t.match(open.fields.get('content-type'), /^application\/openmetrics-text/);
  t.match(open.text, /# EOF\n$/);
});

t.test('HEAD: the same head, and nothing else', async (t) => {
  const { control } = await caching(t);
  for (const path of ['/livez', '/api/v1/status', '/api/v1/config', '/api/v1/objects', '/api/v1/events', '/metrics', '/api/v1/openapi.json']) {
    const head = await put(control, path, { method: 'HEAD' });
    t.equal(head.status, 200, path);
    t.equal(head.body.length, 0, path);
  }
});

t.test('every answer is of this page alone', async (t) => {
  const { control } = await caching(t);
  for (const path of ['/livez', '/api/v1/status', '/api/v1/nothing', '/metrics', '/%zz']) {
    const { fields } = await put(control, path);
    t.match(Object.fromEntries(fields), { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff', 'x-frame-options': 'DENY', 'content-security-policy': /default-src 'none'/, 'referrer-policy': 'no-referrer' }, path);
    t.equal(fields.get('access-control-allow-origin'), undefined, path);
  }
});

t.test('several questions on one connection, and over a unix socket', async (t) => {
  const place: Place = { host: join(shortFolder(t), 's'), port: -1 };
  const { control } = await controlled(t, { root: t.testdir({}), control: `unix:${place.host}` });
  t.strictSame(control, place);
  t.match(await put(control, '/api/v1/status', { lines: ['Host: whatever.example'] }), { status: 200, json: { phase: 'ready' } }, 'no browser gets here');
});
