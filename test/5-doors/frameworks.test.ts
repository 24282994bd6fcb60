// pagecast/node where it is documented to be of use: in Express, in Connect and in Vite's preview, with what else stands there.
import express from 'express';
import { randomBytes } from 'node:crypto';
import { truncateSync } from 'node:fs';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { createGzip, gunzipSync } from 'node:zlib';
import t, { type Test } from 'tap';
import { pagecast, type DoorReport } from '../../server/doors/node.ts';
import { sendFile } from '../../server/doors/sendfile.ts';
import { ask, Broken, Client, requestText, type Place } from '../client.ts';
import { pause, until } from '../serving.ts';
import { frameworks, previewed, type Framework, type Middleware } from './frameworks.ts';
import { descriptors, listening } from './listening.ts';

const MIB = 1 << 20;
const large = randomBytes(3 * MIB + 1);
const prose = 'a line that compresses well\n'.repeat(20_000);
const root = t.testdir({
  site: { 'index.html': 'home', 'app.js': 'app', 'with space.txt': 'space', 'ü.txt': 'umlaut', sub: { 'index.html': 'sub' }, 'large.bin': large, 'prose.txt': prose, _redirects: '/old /app.js\n/out https://example.com/x\n' },
  other: { 'other.txt': 'other', 'app.js': 'the other app' },
});
const site = join(root, 'site');
const other = join(root, 'other');

/** Routes of an application behind a site. */
const application: Middleware = (request, response, next) => {
  if (request.url === '/throws') return next(new Error('of the application'));
  if (request.url?.startsWith('/api') !== true) return next();
  void text(request).then((content) => response.end(`${request.method!} ${request.url!.slice(0, 20)} ${content}`));
};

interface Row {
  readonly ask: string;
  readonly fields?: Readonly<Record<string, string>>;
  readonly status: number;
  readonly body?: string;
  readonly has?: Readonly<Record<string, string>>;
}

/** What is asked of a site below a path, with that path before each target and in each Location. */
const rows = (base: string): readonly Row[] => [
  { ask: 'GET /', status: 200, body: 'home' },
  { ask: 'GET /app.js?v=1', status: 200, body: 'app', has: { 'content-length': '3', 'content-type': 'text/javascript; charset=utf-8' } },
  { ask: 'HEAD /app.js', status: 200, body: '', has: { 'content-length': '3' } },
  { ask: 'GET /app.js', fields: { 'If-None-Match': '*' }, status: 304, body: '' },
  { ask: 'GET /app.js', fields: { 'If-Match': '"other"' }, status: 412 },
  { ask: 'GET /app.js', fields: { Range: 'bytes=1-' }, status: 206, body: 'pp', has: { 'content-range': 'bytes 1-2/3' } },
  { ask: 'GET /app.js', fields: { Range: 'bytes=3-' }, status: 416, has: { 'content-range': 'bytes */3' } },
  { ask: 'GET /with%20space.txt', status: 200, body: 'space' },
  { ask: 'GET /%C3%BC.txt', status: 200, body: 'umlaut' },
  { ask: 'GET /%61pp.js', status: 200, body: 'app' },
  { ask: 'GET /sub/', status: 200, body: 'sub' },
  { ask: 'GET /sub?a=%20b', status: 301, body: `Moved to ${base}/sub/?a=%20b\n`, has: { location: `${base}/sub/?a=%20b` } },
  { ask: 'HEAD /sub', status: 301, body: '', has: { location: `${base}/sub/` } },
  { ask: 'GET /old', status: 301, has: { location: `${base}/app.js` } },
  { ask: 'GET /out', status: 301, has: { location: 'https://example.com/x' } },
  ...['GET /none', 'HEAD /none', 'GET /%zz', 'GET /sub/../app.js', 'GET /%2e%2e/other/other.txt', 'GET /.git/config', 'POST /app.js', 'DELETE /app.js', 'OPTIONS /app.js', 'GET /_redirects'].map((asked) => ({ ask: asked, status: 404 })),
];

async function holds(t: Test, place: Place, base: string): Promise<void> {
  for (const { ask: asked, fields = {}, status, body, has = {} } of rows(base)) {
    const [method, target] = asked.split(' ') as [string, string];
    const reply = await ask(place, base + target, { method, fields });
    t.equal(reply.status, status, asked);
    if (body !== undefined) t.equal(reply.body.toString(), body, asked);
    for (const [name, value] of Object.entries(has)) t.equal(reply.fields.get(name), value, `${asked}: ${name}`);
  }
}

/** Middleware that compresses what is written behind it, by putting itself before write() and end(): what `compression` does. */
const compressing: Middleware = (_request, response, next) => {
  const [write, end] = [response.write.bind(response), response.end.bind(response)];
  const gzip = createGzip();
  const begin = (): void => {
    if (response.headersSent) return;
    response.setHeader('Content-Encoding', 'gzip');
    response.removeHeader('Content-Length');
    gzip.on('data', (piece: Buffer) => write(piece)).on('end', () => end());
    response.flushHeaders();
  };
  Object.assign(response, {
    write: (piece: Uint8Array): boolean => {
      begin();
      return gzip.write(piece);
    },
    end: (piece: Uint8Array = new Uint8Array(0)): void => {
      begin();
      gzip.end(piece);
    },
  });
  gzip.on('drain', () => response.emit('drain'));
  next();
};

const marking: Middleware = (_request, response, next) => {
  response.setHeader('X-Before', 'kept');
  next();
};

const sending: Middleware = (_request, response) => {
  response.setHeader('Content-Length', prose.length);
  void sendFile(response, join(site, 'prose.txt')).then(() => response.end());
};

function frameworkTests(t: Test, { serve }: Framework): void {
  t.test('everywhere', async (t) => {
    const { place, heard } = await serve(t, pagecast({ root: site }), application);
    await holds(t, place, '');
    t.strictSame(heard, [], 'nothing of it is an error to the framework');
    t.equal((await ask(place, '/api?x')).body.toString(), 'GET /api?x ');
  });

  t.test('below a path', async (t) => {
    const { place, heard } = await serve(t, ['/mounted', pagecast({ root: site })], application);
    await holds(t, place, '/mounted');
    t.strictSame(heard, []);
    t.equal((await ask(place, '/mounted?x')).fields.get('location'), '/mounted/?x', 'relative links would lead beside it');
    t.equal((await ask(place, '/mountedx/app.js')).status, 404, 'another path');
    t.equal((await ask(place, '/app.js')).status, 404);
    t.equal((await ask(place, '/api')).body.toString(), 'GET /api ');
    t.equal((await ask(place, 'http://a.example/mounted/app.js')).body.toString(), 'app', 'RFC 9112 §3.2.2');
    t.equal((await ask(place, 'http://a.example/mounted/sub?x')).fields.get('location'), '/mounted/sub/?x');
    t.equal((await ask(place, 'http://a.example/mounted?x')).fields.get('location'), '/mounted/?x');
    t.equal((await ask(place, '//mounted/sub')).status, 404);
  });

  t.test('several', async (t) => {
    const { place } = await serve(t, ['/a', pagecast({ root: site })], ['/a', pagecast({ root: other })], ['/b/c', pagecast({ root: other })], pagecast({ root: site }));
    for (const [target, body] of [['/a/app.js', 'app'], ['/a/other.txt', 'other'], ['/b/c/app.js', 'the other app'], ['/app.js', 'app'], ['/a/', 'home']] as const) {
      t.equal((await ask(place, target)).body.toString(), body, target);
    }
    t.equal((await ask(place, '/b/c')).status, 404, 'there is nothing that a slash would lead to');
    t.equal((await ask(place, '/a/none')).status, 404);
  });

  t.test('contents are for the application, and so is what the site would refuse', async (t) => {
    const { place, heard } = await serve(t, pagecast({ root: site }), application);
    const client = await Client.open(place);
    for (const method of ['POST', 'PUT', 'PATCH', 'PROPFIND']) {
      await client.send(`${method} /api HTTP/1.1\r\nHost: a\r\nContent-Length: 7\r\n\r\ncontent`);
      t.equal((await client.reply()).body.toString(), `${method} /api content`);
    }
    await client.send('POST /api HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n');
    t.equal((await client.reply()).body.toString(), 'POST /api abc');
    const many = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`X-${i}`, 'x']));
    for (const [method, target, fields] of [['GET', `/api?${'x'.repeat(9000)}`, {}], ['POST', `/api?${'x'.repeat(9000)}`, {}], ['GET', '/api', many]] as const) {
      await client.send(requestText(target, { method, fields }));
      t.equal((await client.reply()).body.toString(), `${method} ${target.slice(0, 20)} `, `${method}, ${target.length} bytes, ${Object.keys(fields).length} fields`);
    }
    client.destroy();
    t.strictSame(heard, []);
  });

  t.test('errors', async (t) => {
    const folder = t.testdir({ 'large.bin': Buffer.alloc(24 * MIB, 'a') });
    const reports: DoorReport[] = [];
    const { place, heard } = await serve(t, ['/site', pagecast({ root: folder, protect: 'off', onReport: (report) => reports.push(report) })], application);
    t.strictSame([(await ask(place, '/throws')).status, String(heard.pop())], [500, 'Error: of the application']);
    const client = await Client.open(place);
    await client.send(requestText('/site/large.bin'));
    await client.head();
    client.socket.pause();
    truncateSync(join(folder, 'large.bin'), 5000);
    client.socket.resume();
    await t.rejects(client.reply(), Broken, 'a file that was cut off never looks whole');
    await until(() => reports.length > 0, 'the report');
    t.strictSame([reports[0]!.name, heard], ['fileShortened', []], 'it is told where reports go: the answer has begun');
  });

  t.test('a large file, on a connection that goes on, and for many', async (t) => {
    const { place } = await serve(t, marking, ['/m', pagecast({ root: site })]);
    const client = await Client.open(place);
    for (let round = 0; round < 3; ++round) {
      await client.send(requestText('/m/large.bin') + requestText('/m/large.bin', { fields: { Range: 'bytes=1000000-2999999' } }));
      const whole = await client.reply();
      t.ok(whole.body.equals(large), 'byte for byte');
      t.equal(whole.fields.get('x-before'), 'kept');
      t.ok((await client.reply()).body.equals(large.subarray(1_000_000, 3_000_000)), 'a part of it');
    }
    client.destroy();
    for (const { body } of await Promise.all(Array.from({ length: 12 }, () => ask(place, '/m/large.bin')))) t.ok(body.equals(large));
  });

  t.test('clients that go away in the middle', async (t) => {
    const { place, heard } = await serve(t, pagecast({ root: site }));
    for (let asked = 0; asked < 2; ++asked) {
      await ask(place, '/large.bin');
      await pause(100); // so that the second look at the file goes by way of the root
    }
    const before = descriptors();
    for (let round = 0; round < 10; ++round) {
      const clients = await Promise.all(Array.from({ length: 10 }, () => Client.open(place)));
      for (const client of clients) await client.send(requestText('/large.bin'));
      await clients[0]!.head();
      for (const client of clients) client.reset();
    }
    await until(() => descriptors() <= before, `${before} descriptors again`);
    t.ok((await ask(place, '/large.bin')).body.equals(large));
    t.strictSame(heard, [], 'it is no error of anybody\'s');
  });

  t.test('behind middleware that changes what is written', async (t) => {
    const { place } = await serve(t, compressing, pagecast({ root: site, compress: false }), sending);
    for (const target of ['/prose.txt', '/large.bin', '/app.js', '/none']) {
      const { body, fields } = await ask(place, target);
      t.equal(fields.get('content-encoding'), 'gzip', target);
      t.ok(gunzipSync(body).equals(target === '/large.bin' ? large : Buffer.from(target === '/app.js' ? 'app' : prose)), target);
    }
  });
}

for (const framework of frameworks) {
  t.test(framework.name, (t) => {
    frameworkTests(t, framework);
    t.end();
  });
}

t.test('Express: routers in routers, parameters, targets of another\'s choice', async (t) => {
  const app = express();
  app.use('/v1', express.Router().use('/:who/files', express.Router().use('/deep', pagecast({ root: site }))));
  app.use('/spa', express.Router().use(pagecast({ root: other })));
  app.use((request, _response, next) => {
    if (!request.path.includes('.')) request.url = '/';
    next();
  });
  app.use(pagecast({ root: site }));
  const place = { host: '127.0.0.1', port: await listening(t, createServer(app)) };
  t.equal((await ask(place, '/v1/a%2Fb/files/deep/app.js')).body.toString(), 'app');
  t.equal((await ask(place, '/v1/a%2Fb/files/deep/sub')).fields.get('location'), '/v1/a%2Fb/files/deep/sub/', 'as it was written');
  t.equal((await ask(place, '/V1/X/FILES/Deep/sub')).fields.get('location'), '/V1/X/FILES/Deep/sub/');
  t.equal((await ask(place, '/v1/x/files/deep?q')).fields.get('location'), '/v1/x/files/deep/?q');
  t.equal((await ask(place, '/spa/other.txt')).body.toString(), 'other');
  const page = await ask(place, '/users/1?tab=2');
  t.strictSame([page.status, page.body.toString()], [200, 'home'], 'a path that was rewritten, and taken away by nobody');
});

t.test('Vite\'s preview: before its own files, and behind them', async (t) => {
  const early = await previewed(t, ({ middlewares }) => void middlewares.use('/files', pagecast({ root: site })));
  await holds(t, early, '/files');
  t.ok((await ask(early, '/files/large.bin')).body.equals(large));
  // Behind its middleware that compresses, and that takes `base` away.
  const late = await previewed(t, ({ middlewares }) => () => void middlewares.use(pagecast({ root: site, compress: false })), { base: '/base/', appType: 'custom' });
  const fields = { 'Accept-Encoding': 'gzip' };
  const packed = await ask(late, '/base/prose.txt', { fields });
  t.strictSame([packed.fields.get('content-encoding'), gunzipSync(packed.body).toString() === prose], ['gzip', true]);
  t.ok((await ask(late, '/base/large.bin', { fields })).body.equals(large));
  t.equal((await ask(late, '/base/sub')).fields.get('location'), '/base/sub/');
  t.equal((await ask(late, '/base/none')).status, 404);
});
