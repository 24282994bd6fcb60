// The Fastify plugin in the place of @fastify/static: the examples of its README, and what is Fastify's: hooks, handlers, errors, log.
import { once } from 'node:events';
import { truncateSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { PassThrough, Transform, type Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import Fastify, { type FastifyInstance, type FastifyServerOptions } from 'fastify';
import t, { type Test } from 'tap';
import { layout } from '../../native/index.ts';
import { Carrier } from '../../server/doors/carrier.ts';
import pagecast, { type FastifyOptions } from '../../server/doors/fastify.ts';
import { until } from '../serving.ts';
import { descriptors } from './listening.ts';

const LARGE = 12 << 20;
const folder = t.testdir({
  public: { 'index.html': 'home', 'myHtml.html': '<p>mine', 'main.js': 'main', 'main.js.gz': 'zipped', '.env': 'SECRET', sub: { 'index.html': 'sub' }, bare: { 'a.txt': 'a' }, 'large.bin': Buffer.alloc(LARGE, 'l'), 'favicon.ico': 'icon' },
  build: { 'myHtml.html': '<p>built' },
  modules: { 'm.js': 'module', 'index.html': 'modules' },
  docs: { 'index.html': 'docs', '404.html': 'no docs', 'odd:name.txt': 'odd' },
});
const root = join(folder, 'public');

async function app(t: Test, options?: FastifyOptions, more?: (app: FastifyInstance) => void, settings: FastifyServerOptions = {}): Promise<FastifyInstance> {
  const made = Fastify(settings) as FastifyInstance;
  t.teardown(() => made.close());
  if (options) await made.register(pagecast, options);
  more?.(made);
  await made.ready();
  return made;
}

async function listening(app: FastifyInstance): Promise<number> {
  await app.listen({ port: 0, host: '127.0.0.1' });
  return (app.server.address() as AddressInfo).port;
}

t.test('usage', async (t) => {
  const made = await app(t, { root, prefix: '/public/' }, (made) => {
    made.get('/another/path', (_, reply) => { reply.sendFile('myHtml.html'); });
    made.get('/another/patch-async', async (_, reply) => reply.sendFile('myHtml.html'));
    made.get('/path/with/different/root', (_, reply) => { reply.sendFile('myHtml.html', join(folder, 'build')); });
    made.get('/path/without/cache', (_, reply) => { reply.sendFile('myHtml.html', { cacheControl: false }); });
    made.get('/both', (_, reply) => { reply.sendFile('myHtml.html', join(folder, 'build'), { maxAge: '1d', immutable: true }); });
    made.get('/gone', (_, reply) => { reply.sendFile('none.html'); });
    made.get('/out', (_, reply) => { reply.sendFile('../build/myHtml.html'); });
    made.post('/post', (_, reply) => { reply.sendFile('myHtml.html'); });
  });
  for (const [url, status, body] of [
    ['/public/myHtml.html', 200, '<p>mine'], ['/public/', 200, 'home'], ['/public/sub/', 200, 'sub'], ['/public/sub', 200, 'sub'], ['/public/bare', 404], ['/public/none', 404], ['/public', 404], ['/public/.env', 404],
    ['/public/%2e%2e/build/myHtml.html', 404], ['/public/../build/myHtml.html', 404], ['/another/path', 200, '<p>mine'], ['/another/patch-async', 200, '<p>mine'], ['/path/with/different/root', 200, '<p>built'],
    ['/path/without/cache', 200, '<p>mine'], ['/both', 200, '<p>built'], ['/gone', 404], ['/out', 404],
  ] as const) {
    const reply = await made.inject(url);
    t.equal(reply.statusCode, status, url);
    if (body !== undefined) t.equal(reply.body, body, url);
    const head = await made.inject({ method: 'HEAD', url });
    t.equal(head.statusCode, status, `HEAD ${url}`);
    if (status === 200) t.equal(head.headers['content-length'], reply.headers['content-length'], `HEAD ${url}`);
    t.equal(head.body, '');
  }
  t.equal((await made.inject('/path/without/cache')).headers['cache-control'], undefined);
  t.equal((await made.inject('/both')).headers['cache-control'], 'public, max-age=86400, immutable');
  t.match((await made.inject('/public/none')).json(), { error: 'Not Found' });
  t.match(await made.inject({ method: 'POST', url: '/post', payload: { a: 1 } }), { statusCode: 200, body: '<p>mine' });
});

t.test('multiple prefixed roots', async (t) => {
  const made = await app(t, { root });
  const other = Fastify();
  t.teardown(() => other.close());
  await other.register(pagecast, { root });
  await other.register(pagecast, { root: join(folder, 'modules'), prefix: '/node_modules/', decorateReply: false });
  t.equal((await other.inject('/main.js')).body, 'main');
  t.equal((await other.inject('/node_modules/m.js')).body, 'module');
  await t.rejects(async () => {
    const twice = Fastify();
    await twice.register(pagecast, { root });
    await twice.register(pagecast, { root, prefix: '/b' });
  }, { code: 'FST_ERR_DEC_ALREADY_PRESENT' });
  t.ok(made.hasReplyDecorator('sendFile'), 'what is decorated is for whoever registers it');
  const several = await app(t, { root: [join(folder, 'modules'), root] });
  t.equal((await several.inject('/')).body, 'modules', 'the first that has it');
  t.equal((await several.inject('/main.js')).body, 'main');
});

t.test('sending a file with content-disposition header', async (t) => {
  const made = await app(t, { root, prefix: '/public/' }, (made) => {
    made.get('/path', (_, reply) => { reply.download('myHtml.html', 'custom-filename.html'); });
    made.get('/async', async (_, reply) => reply.download('myHtml.html', 'custom-filename.html'));
    made.get('/cache', (_, reply) => { reply.download('myHtml.html', { cacheControl: false }); });
    made.get('/both', (_, reply) => { reply.download('myHtml.html', 'a "b"\\ü.html', { cacheControl: false }); });
    made.get('/split', (_, reply) => { reply.download('myHtml.html', 'a\r\nX-Split: 1'); });
    made.get('/encoded', (_, reply) => { reply.download('myHtml.html', 'a%20b'); });
  });
  for (const url of ['/path', '/async']) t.match(await made.inject(url), { statusCode: 200, body: '<p>mine', headers: { 'content-disposition': 'attachment; filename="custom-filename.html"' } });
  const cache = await made.inject('/cache');
  t.equal(cache.headers['content-disposition'], 'attachment; filename="myHtml.html"');
  t.equal(cache.headers['cache-control'], undefined);
  t.equal((await made.inject('/both')).headers['content-disposition'], 'attachment; filename="a \\"b\\"\\\\?.html"; filename*=UTF-8\'\'a%20%22b%22%5C%C3%BC.html');
  t.equal((await made.inject('/split')).headers['x-split'], undefined);
  t.match((await made.inject('/encoded')).headers['content-disposition'], /filename\*=UTF-8''a%2520b$/);
});

t.test('managing cache-control headers', async (t) => {
  const made = await app(t, { root, maxAge: '30d', immutable: true, index: false }, (made) => {
    made.get('/', (_, reply) => { reply.sendFile('index.html', { maxAge: 0, immutable: false }); });
    made.get('/favicon.ico', (_, reply) => { reply.sendFile('favicon.ico', { maxAge: '1d', immutable: false }); });
  });
  t.equal((await made.inject('/main.js')).headers['cache-control'], 'public, max-age=2592000, immutable');
  t.match(await made.inject('/'), { body: 'home', headers: { 'cache-control': 'public, max-age=0' } });
  t.match(await made.inject('/favicon.ico'), { body: 'icon', headers: { 'cache-control': 'public, max-age=86400' } });
  t.equal((await made.inject('/sub/')).statusCode, 404, 'no index');
});

t.test('handling 404s in an encapsulated context', async (t) => {
  const made = Fastify();
  t.teardown(() => made.close());
  await made.register(async (child) => {
    await child.register(pagecast, { root: join(folder, 'docs'), wildcard: false });
    child.setNotFoundHandler((_, reply) => reply.code(404).type('text/html').sendFile('404.html'));
  }, { prefix: '/docs' });
  await made.ready();
  for (const url of ['/docs/', '/docs/index.html']) t.match(await made.inject(url), { statusCode: 200, body: 'docs' }, url);
  t.match(await made.inject('/docs/odd:name.txt'), { statusCode: 200, body: 'odd' });
  t.match(await made.inject({ url: '/docs/none', headers: { range: 'bytes=0-1', 'if-none-match': '*' } }), { statusCode: 404, body: 'no docs' }, 'whole, whatever the request says of another file');
  t.notOk(made.hasReplyDecorator('sendFile'), 'nothing gets out of the context');
});

t.test('options', async (t) => {
  const seen: unknown[] = [];
  const made = await app(t, {
    root, prefix: '/p', redirect: true, dotfiles: 'deny', etag: false, lastModified: false, acceptRanges: false, contentType: false, preCompressed: false, constraints: { host: 'example.com' },
    setHeaders: (reply, path, stats) => { reply.header('x-file', `${path.slice(root.length)} ${stats.size}`); }, onFile: (path) => void seen.push(path.slice(root.length)), allowedPath: (path, _, request) => path !== '/favicon.ico' || request.headers['x-key'] === '1',
  });
  const ask = (url: string, headers: Record<string, string> = {}) => made.inject({ url, headers: { host: 'example.com', ...headers } });
  t.match(await ask('/p'), { statusCode: 301, headers: { location: '/p/' } });
  t.match(await ask('/p/sub?x=1'), { statusCode: 301, headers: { location: '/p/sub/?x=1' } });
  t.equal((await ask('/p/.env')).statusCode, 403);
  const { headers, statusCode, body } = await ask('/p/main.js', { range: 'bytes=0-1', 'accept-encoding': 'gzip' });
  t.match({ statusCode, body }, { statusCode: 200, body: 'main' });
  for (const name of ['etag', 'last-modified', 'accept-ranges', 'content-encoding']) t.equal(headers[name], undefined, name);
  t.not(headers['content-type'], 'text/javascript; charset=utf-8');
  t.equal(headers['x-file'], '/main.js 4');
  t.strictSame(seen, ['/main.js']);
  t.equal((await ask('/p/favicon.ico')).statusCode, 404);
  t.equal((await ask('/p/favicon.ico', { 'x-key': '1' })).statusCode, 200);
  t.equal((await ask('/p/main.js', { host: 'other.com' })).statusCode, 404);
});

t.test('options that mean nothing here say what to do', async (t) => {
  for (const [options, message] of [
    [{ root, list: true }, /listing/], [{ root, globIgnore: ['x'] }, /allowedPath/], [{ root, index: ['a', 'b'] }, /one name/], [{}, /root/], [{ root: 'public' }, /absolute/], [{ root, maxAge: 'soon' }, /maxAge/],
    [{ root, extensions: ['txt'] }, /html/], [{ root, setHeaders: 1 }, /function/], [{ root, rot: 1 }, /rot/], [{ root: '/nowhere/at/all' }, /nowhere/], [{ root, proxy: 'http://a' }, /createServer/], [{ root, wildcard: '**' }, /true or false/],
  ] as const) {
    const made = Fastify();
    await t.rejects(async () => made.register(pagecast, options as FastifyOptions), { name: 'OptionsError', message }, JSON.stringify(options));
  }
  const silent = await app(t, { serve: false }, (made) => {
    made.get('/any', (_, reply) => { reply.sendFile(join(root, 'main.js')); });
  });
  t.equal((await silent.inject('/main.js')).statusCode, 404);
  t.equal((await silent.inject('/any')).body, 'main', 'an absolute path, where there is no root');
});

t.test('hooks see the answer, and may put something in between', async (t) => {
  const lines: string[] = [];
  const stream = new PassThrough();
  stream.on('data', (line: Buffer) => lines.push(...line.toString().split('\n').filter((one) => one !== '')));
  const seen: string[] = [];
  const made = await app(t, { root }, (made) => {
    made.addHook('onSend', async (request, _, payload) => {
      seen.push(`onSend ${request.url} ${typeof (payload as Readable | undefined)?.pipe}`);
      if (request.url === '/large.bin?path') t.equal((payload as Readable & { path: string }).path, join(root, 'large.bin'));
      if (request.url === '/large.bin?other') return 'other';
      if (request.url !== '/large.bin?loud') return payload;
      return (payload as Readable).pipe(new Transform({ transform: (chunk: Buffer, _encoding, done) => done(null, chunk.toString().toUpperCase()) }));
    });
    made.addHook('onResponse', async (request, reply) => void seen.push(`onResponse ${request.url} ${reply.statusCode}`));
  }, { logger: { stream } });
  const port = await listening(made);
  const ask = async (path: string): Promise<Buffer> => {
    const [message] = (await once(get({ host: '127.0.0.1', port, path, agent: false }), 'response')) as [IncomingMessage];
    return buffer(message);
  };
  const { counters } = Carrier.get().areas;
  const copied = (): number => counters[layout.counters.bytesCopied]! + counters[layout.counters.bytesSendfile]!;
  t.equal((await ask('/main.js')).toString(), 'main');
  const before = copied();
  t.ok((await ask('/large.bin?path')).equals(Buffer.alloc(LARGE, 'l')));
  t.equal(copied() - before, LARGE, 'by the engine, on the socket');
  t.ok((await ask('/large.bin?loud')).equals(Buffer.alloc(LARGE, 'L')));
  t.equal((await ask('/large.bin?other')).toString(), 'other');
  await until(() => seen.filter((one) => one.startsWith('onResponse')).length === 4, 'responses');
  t.ok(seen.includes('onSend /large.bin?path function'));
  await until(() => lines.filter((line) => line.includes('request completed')).length === 4, 'lines of the log');
});

t.test('clients that go away, and files that end too early', async (t) => {
  const files = t.testdir({ 'large.bin': Buffer.alloc(LARGE, 'l') });
  const lines: string[] = [];
  const stream = new PassThrough();
  stream.on('data', (line: Buffer) => lines.push(line.toString()));
  const made = await app(t, { root: files, protect: 'off' }, undefined, { logger: { stream } });
  const port = await listening(made);
  const begun = async (): Promise<IncomingMessage> => {
    const request = get({ host: '127.0.0.1', port, path: '/large.bin', agent: false });
    request.on('error', () => undefined);
    const [message] = (await once(request, 'response')) as [IncomingMessage];
    message.on('error', () => undefined);
    await once(message, 'readable');
    return message;
  };
  t.equal((await buffer(await begun())).length, LARGE);
  await new Promise((resolve) => setTimeout(resolve, 100));
  t.equal((await buffer(await begun())).length, LARGE);
  await until(() => new Promise((resolve) => made.server.getConnections((_, count) => resolve(count === 0))), 'no connections');
  const before = descriptors();
  for (let i = 0; i < 100; ++i) (await begun()).destroy();
  await until(() => descriptors() <= before, `${before} descriptors again`);
  const cut = await begun();
  truncateSync(join(files, 'large.bin'), 10);
  cut.resume();
  await new Promise((resolve) => cut.once('close', resolve));
  t.notOk(cut.complete);
  await until(() => lines.some((line) => line.includes('a file ended before its answer did')), 'a line of the log');
});
