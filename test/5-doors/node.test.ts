// What is the node door's own: next(), mounts, what middleware has set before, and ends that come too early.
import { once } from 'node:events';
import { truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { createServer, get, type ClientRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect as connectHttp2, createSecureServer } from 'node:http2';
import { createServer as createSecure, request as requestSecurely } from 'node:https';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { buffer, text } from 'node:stream/consumers';
import t, { type Test } from 'tap';
import { layout } from '../../native/index.ts';
import { Carrier } from '../../server/doors/carrier.ts';
import { pagecast, type DoorReport, type NodeOptions } from '../../server/doors/node.ts';
import { certificate as cert, key } from '../5-proxy/origin-certificate.ts';
import { pause, until } from '../serving.ts';
import { descriptors, listening } from './listening.ts';

type Incoming = IncomingMessage & { originalUrl?: string };

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

async function ask(port: number, path: string, { method = 'GET', headers = {} }: { method?: string; headers?: Record<string, string> } = {}): Promise<Answer> {
  const request = get({ host: '127.0.0.1', port, path, method, headers, agent: false });
  const [message] = (await once(request, 'response')) as [IncomingMessage];
  return { status: message.statusCode!, headers: message.headers, body: await text(message) };
}

/** As Connect and Express mount a handler: they take the path away, and call it with a next(). */
async function mounted(t: Test, path: string, options: NodeOptions, before?: (response: ServerResponse) => void): Promise<number> {
  const handler = pagecast(options);
  return listening(t, createServer((request: Incoming, response) => {
    before?.(response);
    request.originalUrl = request.url!;
    if (path !== '' && !/^[/?]|^$/.test(request.url!.slice(path.length))) return void response.writeHead(404).end('elsewhere');
    const rest = request.url!.slice(path.length);
    request.url = rest.startsWith('/') ? rest : `/${rest}`;
    handler(request, response, (error) => void response.writeHead(error === undefined ? 299 : 500).end('next'));
  }));
}

const root = t.testdir({ 'index.html': 'home', 'app.js': 'app', sub: { 'index.html': 'sub' }, '404.html': 'none', _redirects: '/old /app.js\n/out https://example.com/x\n' });

t.test('next() for what there is nothing for', async (t) => {
  const port = await mounted(t, '', { root });
  for (const [path, method, status] of [['/', 'GET', 200], ['/none', 'GET', 299], ['/none', 'HEAD', 299], ['/app.js', 'POST', 299], ['/app.js', 'OPTIONS', 299], ['/%zz', 'GET', 299], ['/sub', 'GET', 301], ['/../x', 'GET', 299]] as const) {
    t.equal((await ask(port, path, { method })).status, status, `${method} ${path}`);
  }
  const own = await mounted(t, '', { root, fallthrough: false });
  t.match(await ask(own, '/none'), { status: 404, body: 'none' });
  t.equal((await ask(own, '/app.js', { method: 'POST' })).status, 405);
  const alone = await listening(t, createServer(pagecast({ root, fallthrough: true })));
  t.match(await ask(alone, '/none'), { status: 404 }, 'without a next() there is nobody else');
});

t.test('preflights are answered where the site is open to others', async (t) => {
  const headers = { Origin: 'http://a', 'Access-Control-Request-Method': 'GET' };
  t.equal((await ask(await mounted(t, '', { root, cors: true }), '/x', { method: 'OPTIONS', headers })).status, 204);
  t.equal((await ask(await mounted(t, '', { root }), '/x', { method: 'OPTIONS', headers })).status, 299);
});

t.test('below a path', async (t) => {
  const port = await mounted(t, '/docs', { root });
  t.match(await ask(port, '/docs/app.js'), { status: 200, body: 'app' });
  t.match(await ask(port, '/docs/sub?a=b'), { status: 301, headers: { location: '/docs/sub/?a=b' }, body: 'Moved to /docs/sub/?a=b\n' });
  t.match(await ask(port, '/docs/old'), { status: 301, headers: { location: '/docs/app.js' } });
  t.match(await ask(port, '/docs/out'), { status: 301, headers: { location: 'https://example.com/x' } });
  t.match(await ask(port, '/docs?x'), { status: 301, headers: { location: '/docs/?x' } }, 'relative links would lead beside it');
  t.match(await ask(port, '/docs/'), { status: 200, body: 'home' });
  t.match(await ask(port, '/docs/sub', { method: 'HEAD' }), { status: 301, headers: { 'content-length': '20' }, body: '' });
  const odd = await mounted(t, '//host', { root });
  t.match(await ask(odd, '//host/sub'), { headers: { location: '/host/sub/' } }, 'no Location names another host');
});

t.test('fields that were set before', async (t) => {
  const port = await mounted(t, '', { root }, (response) => {
    response.setHeader('X-Powered-By', 'them');
    response.setHeader('Vary', ['Origin', 'accept-encoding']);
    response.setHeader('Content-Type', 'wrong/type');
  });
  const { headers } = await ask(port, '/app.js');
  t.equal(headers['x-powered-by'], 'them');
  t.match(headers['content-type'], /^text\/javascript/);
  t.equal(headers.vary, 'Origin, accept-encoding');
});

t.test('options that mean nothing here', (t) => {
  for (const [options, message] of [[{ root, proxy: 'http://a' }, /proxy.*createServer/], [{ root, listen: 80 }, /listen/], [{ root, rot: 1 }, /rot/], [{ root: '/nowhere/at/all' }, /root/]] as const) {
    t.throws(() => pagecast(options as NodeOptions), { name: 'OptionsError', message });
  }
  t.end();
});

t.test('HTTP/1.0', async (t) => {
  const port = await listening(t, createServer(pagecast({ root })));
  const client = connect(port, '127.0.0.1');
  client.write('GET /app.js HTTP/1.0\r\n\r\n');
  t.match(await text(client), /^HTTP\/1\.1 200 OK\r\n[^]*\r\n\r\napp$/);
});

t.test('a request that our own parser refuses', async (t) => {
  const port = await listening(t, createServer(pagecast({ root })));
  const { status, headers, body } = await ask(port, `/${'a'.repeat(8200)}`);
  t.equal(status, 414);
  t.equal(headers.connection, 'close');
  t.match(body, /too long/);
});

/** Bodies of two versions, so that a mix of them is seen. */
const LARGE = 24 << 20;
const version = (letter: string): Buffer => Buffer.alloc(LARGE, letter);

interface SlowDoor {
  readonly name: string;
  /** Begins to read a file, and goes on when it is told. */
  readonly open: (t: Test, handler: ReturnType<typeof pagecast>) => Promise<{ goOn(): Promise<Buffer>; readonly whole: () => boolean }>;
}

async function slowly(request: ClientRequest): Promise<{ goOn(): Promise<Buffer>; whole: () => boolean }> {
  request.on('error', () => undefined);
  const [message] = (await once(request, 'response')) as [IncomingMessage];
  message.on('error', () => undefined);
  await once(message, 'readable');
  return { goOn: () => gathered(message), whole: () => message.complete };
}

async function gathered(stream: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of stream) chunks.push(chunk);
  } catch {
    // it was broken off
  }
  return Buffer.concat(chunks);
}

const doors: readonly SlowDoor[] = [
  { name: 'node:http', open: async (t, handler) => {
    return slowly(get({ host: '127.0.0.1', port: await listening(t, createServer(handler)), path: '/large.bin', agent: false }));
  } },
  { name: 'node:https', open: async (t, handler) => {
    return slowly(requestSecurely({ host: '127.0.0.1', port: await listening(t, createSecure({ key, cert }, handler)), path: '/large.bin', agent: false, rejectUnauthorized: false }).end());
  } },
  { name: 'node:http2', open: async (t, handler) => {
    const session = connectHttp2(`https://127.0.0.1:${await listening(t, createSecureServer({ key, cert }, handler))}`, { rejectUnauthorized: false });
    t.teardown(() => session.destroy());
    const stream = session.request({ ':path': '/large.bin' });
    stream.on('error', () => undefined);
    await once(stream, 'readable');
    return { goOn: () => gathered(stream), whole: () => stream.rstCode === 0 };
  } },
];

t.test('a file that is rewritten in mid-answer', async (t) => {
  const folders = t.testdir(Object.fromEntries(doors.map(({ name }) => [name.replace(':', '-'), { 'large.bin': version('a') }])));
  for (const { name, open } of doors) {
    const folder = join(folders, name.replace(':', '-'));
    const file = join(folder, 'large.bin');
    utimesSync(file, 1e9, 1e9);
    const answer = await open(t, pagecast({ root: folder }));
    writeFileSync(file, version('b')); // waits until the door has let go of it
    const body = await answer.goOn();
    t.equal(body.indexOf('b'), -1, `${name}: not a byte of the other version in ${body.length}`);
    t.equal(answer.whole(), body.length === LARGE, `${name}: all of it, or seen to be not all`);
  }
});

t.test('a file that is cut off in mid-answer', async (t) => {
  const folders = t.testdir(Object.fromEntries(doors.map(({ name }) => [name.replace(':', '-'), { 'large.bin': version('a') }])));
  for (const { name, open } of doors) {
    const folder = join(folders, name.replace(':', '-'));
    const reports: DoorReport[] = [];
    const answer = await open(t, pagecast({ root: folder, protect: 'off', onReport: (report) => reports.push(report) }));
    truncateSync(join(folder, 'large.bin'), 5000);
    const body = await answer.goOn();
    t.ok(body.length < LARGE, `${name}: ${body.length} bytes`);
    t.notOk(answer.whole(), `${name}: and it does not look whole`);
    await until(() => reports.length > 0, 'a report');
    t.match(reports, [{ name: 'fileShortened', facts: { target: '/large.bin' } }]);
  }
});

t.test('plain HTTP leaves by sendfile(2), but where the guard copies for a peer on this host', async (t) => {
  const folder = t.testdir({ 'large.bin': version('a') });
  const { counters } = Carrier.get().areas;
  for (const [protect, counter] of [['off', layout.counters.bytesSendfile], ['lease', layout.counters.bytesCopied]] as const) {
    const port = await listening(t, createServer(pagecast({ root: folder, protect })));
    const before = counters[counter]!;
    t.equal((await ask(port, '/large.bin')).body.length, LARGE);
    t.equal(counters[counter]! - before, LARGE, protect);
    writeFileSync(join(folder, 'large.bin'), version('b')); // records are of the process: the next one is of another version
  }
});

t.test('clients that go away leave nothing behind', async (t) => {
  const folder = t.testdir({ 'large.bin': version('a') });
  for (const server of [createServer(pagecast({ root: folder })), createServer(pagecast({ root: folder, protect: 'off' }))]) {
    const port = await listening(t, server);
    for (let asked = 0; asked < 2; ++asked) {
      await ask(port, '/large.bin');
      await pause(100); // so that the second look at the file goes by way of the root
    }
    await until(() => new Promise((resolve) => server.getConnections((_, count) => resolve(count === 0))), 'no connections');
    const before = descriptors();
    for (let round = 0; round < 40; ++round) {
      const clients: Socket[] = Array.from({ length: 25 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
      for (const client of clients) client.write('GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n');
      for (const client of clients.slice(0, 8)) client.resume();
      await pause(Math.random() * 15);
      for (const client of clients) client.resetAndDestroy();
    }
    await until(() => descriptors() <= before, `${before} descriptors again`);
    t.equal((await ask(port, '/large.bin')).body.length, LARGE);
  }
});

t.test('closed', async (t) => {
  const handler = pagecast({ root });
  const port = await listening(t, createServer(handler));
  t.equal((await ask(port, '/app.js')).status, 200);
  handler.close();
  handler.close();
  t.match(await ask(port, '/app.js'), { status: 200, body: 'app' }, 'who comes all the same gets an answer');
});

t.test('many at once, on one connection', async (t) => {
  const port = await listening(t, createServer(pagecast({ root })));
  const client = connect(port, '127.0.0.1');
  client.write('GET /app.js HTTP/1.1\r\nHost: a\r\n\r\n'.repeat(200) + 'GET /app.js HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n');
  t.equal((await buffer(client)).toString('latin1').split('\r\n\r\napp').length - 1, 201);
});
