// Handlers: Request in, Response out; what they give, what they fail with, and contents both ways.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import t from 'tap';
import { Broken, Client, requestText } from '../client.ts';
import { pause, until } from '../serving.ts';
import { answered, breaking, failing } from './handler-cases.ts';
import { askRaw, bodyOf, serveRoutes } from './routing.ts';

const MIB = 1 << 20;

t.test('what they give', async (t) => {
  const { place, reports } = serveRoutes(t, { routes: answered.map(({ handle }, i) => ({ path: `/${i}`, handle })) });
  for (const [i, { name, method = 'GET', status, body, has = {}, lines = 0 }] of answered.entries()) {
    const reply = await askRaw(place, requestText(`/${i}`, { method }), method);
    t.equal(reply.status, status, name);
    if (body !== undefined) t.equal(reply.body.toString(), body, name);
    for (const [field, value] of Object.entries(has)) t.equal(reply.fields.get(field) ?? null, value, `${name}: ${field}`);
    t.equal(reply.names.filter((field) => /^set-cookie$/i.test(field)).length, lines, name);
  }
  t.strictSame(reports, []);
});

t.test('what they fail with', async (t) => {
  const { place, reports } = serveRoutes(t, { routes: failing.map(({ handle }, i) => ({ path: `/${i}`, handle })) });
  for (const [i, { name, method = 'GET', status, body = 'Internal Server Error\n', told }] of failing.entries()) {
    const reply = await askRaw(place, requestText(`/${i}`, { method }), method);
    t.strictSame([reply.status, reply.body.toString(), reply.fields.get('cache-control')], [status, body, 'no-store'], name);
    t.equal(reports.length, i + 1, `${name}: told once`);
    t.equal(reports[i]?.name, 'handlerFailed', name);
    t.match(reports[i]?.message, told!, name);
    t.match(reports[i]?.message, `routes[${i}].handle`, `${name}: which one`);
  }
});

t.test('what breaks in the middle', async (t) => {
  const { place, reports } = serveRoutes(t, { routes: breaking.map(({ handle }, i) => ({ path: `/${i}`, handle })) });
  for (const [i, { name, told }] of breaking.entries()) {
    const client = await Client.open(place);
    await client.send(requestText(`/${i}`));
    t.equal((await client.head()).status, 200, name);
    await t.rejects(client.reply(), Broken, name);
    await until(() => reports.length > i, 'the report');
    t.match(JSON.stringify(reports[i]), told!, name);
  }
});

t.test('the request, as it came', async (t) => {
  const { place } = serveRoutes(t, {
    routes: [{
      handle: async (request) => Response.json({ method: request.method, url: request.url, fields: [...request.headers], body: await request.text(), hasBody: request.body !== null }),
    }],
  });
  const seen = async (text: string): Promise<{ method: string; url: string; fields: [string, string][]; body: string; hasBody: boolean }> => JSON.parse((await askRaw(place, text)).body.toString()) as never;
  const one = await seen('POST /a/b%20c?d=%zz&e HTTP/1.1\r\nHost: Example.COM:8080\r\nX-A: 1\r\nx-a: 2\r\nConnection: X-Hop\r\nX-Hop: gone\r\nForwarded: for=192.0.2.9\r\nX-Forwarded-For: 192.0.2.9\r\nContent-Length: 5\r\nCookie: a=1\r\n\r\nhello');
  t.strictSame([one.method, one.url, one.body], ['POST', 'http://example.com:8080/a/b%20c?d=%zz&e', 'hello']);
  const fields = new Map(one.fields);
  t.strictSame(['x-a', 'x-hop', 'connection', 'x-forwarded-for', 'forwarded', 'cookie', 'content-length', 'host'].map((name) => fields.get(name)),
    ['1, 2', undefined, undefined, '127.0.0.1', 'for=127.0.0.1;host="Example.COM:8080";proto=http', 'a=1', '5', 'Example.COM:8080']);
  t.match(await seen('GET /x HTTP/1.1\r\nHost: a\r\n\r\n'), { method: 'GET', url: 'http://a/x', body: '', hasBody: false });
  t.match(await seen('GET /x HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc'), { method: 'GET', body: '', hasBody: false }, 'content of a GET has no meaning');
  t.match(await seen('DELETE / HTTP/1.0\r\n\r\n'), { method: 'DELETE', url: 'http://localhost/', hasBody: false });
  t.match(await seen('OPTIONS http://b.example/z HTTP/1.1\r\nHost: a\r\n\r\n'), { method: 'OPTIONS', url: 'http://b.example/z' });
  t.match(await seen('PROPFIND / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n'), { method: 'PROPFIND', body: 'abc', hasBody: true });
  t.equal((await askRaw(place, 'TRACE / HTTP/1.1\r\nHost: a\r\n\r\n')).status, 501);
  t.equal((await askRaw(place, 'GET / HTTP/1.1\r\nHost: 1.2.3.4.5.6\r\n\r\n')).status, 400, 'a host that no URL has');
});

t.test('many on one connection, each content where it belongs', async (t) => {
  const { place } = serveRoutes(t, {
    routes: [
      { path: '/read', handle: async (request) => new Response(await request.text()) },
      { path: '/echo', handle: (request) => new Response(request.body) },
      { path: '/ignore', handle: () => new Response('ignored') },
    ],
  });
  const client = await Client.open(place);
  const paths = ['/read', '/ignore', '/echo', '/ignore', '/read', '/echo'];
  for (const [i, path] of paths.entries()) await client.send(`POST ${path} HTTP/1.1\r\nHost: a\r\nContent-Length: 6\r\n\r\nbody ${i}`);
  for (const [i, path] of paths.entries()) t.equal((await client.reply()).body.toString(), path === '/ignore' ? 'ignored' : `body ${i}`);
  client.destroy();
});

t.test('a head does not wait for its body', async (t) => {
  let open: () => void = () => undefined;
  const { place } = serveRoutes(t, { routes: [{ handle: () => new Response(new ReadableStream({
    async pull(controller) {
      await new Promise<void>((resolve) => (open = resolve));
      controller.enqueue(new TextEncoder().encode('data: 1\n\n'));
      controller.close();
    },
  }), { headers: { 'Content-Type': 'text/event-stream' } }) }] });
  const client = await Client.open(place);
  await client.send(requestText('/'));
  t.equal((await client.head()).fields.get('content-type'), 'text/event-stream', 'before there is an event');
  open();
  t.equal((await client.reply()).body.toString(), 'data: 1\n\n');
  client.destroy();
});

t.test('what fetch() gives is given on', async (t) => {
  const text = 'compressed '.repeat(10_000);
  const origin = createServer((request, response) => {
    const packed = gzipSync(text);
    response.writeHead(200, request.url === '/plain' ? { 'Content-Length': text.length } : { 'Content-Encoding': 'gzip', 'Content-Length': packed.length, 'X-From': 'origin' });
    response.end(request.url === '/plain' ? text : packed);
  });
  origin.listen(0, '127.0.0.1');
  await once(origin, 'listening');
  t.teardown(() => {
    origin.closeAllConnections();
    origin.close();
  });
  const { place } = serveRoutes(t, { routes: [{ handle: (request) => fetch(`http://127.0.0.1:${(origin.address() as AddressInfo).port}${new URL(request.url).pathname}`, { signal: request.signal }) }] });
  const packed = await askRaw(place, requestText('/packed'));
  t.strictSame([packed.status, packed.fields.get('content-encoding'), packed.fields.get('x-from'), packed.body.toString()], [200, undefined, 'origin', text], 'decoded by fetch()');
  const plain = await askRaw(place, requestText('/plain'));
  t.strictSame([plain.fields.get('content-length'), plain.body.toString()], [String(text.length), text]);
});

t.test('content that is not asked for is not waited for', async (t) => {
  const { place } = serveRoutes(t, { routes: [{ path: '/no', handle: () => new Response('no', { status: 403 }) }, { path: '/yes', handle: async (request) => new Response(await request.text()) }] });
  const refused = await Client.open(place);
  await refused.send('PUT /no HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 1000000\r\n\r\n');
  t.equal((await refused.reply()).status, 403, 'no 100 came before it');
  refused.destroy();
  const taken = await Client.open(place);
  await taken.send('PUT /yes HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 5\r\n\r\n');
  await until(() => taken.received > 0, 'a 100');
  t.equal(taken.unread.toString('latin1'), 'HTTP/1.1 100 Continue\r\n\r\n');
  taken.destroy();
});

t.test('100 MiB in and out, with little of it held', async (t) => {
  const chunk = randomBytes(MIB);
  const length = `Content-Length: ${100 * MIB}`;
  const { place } = serveRoutes(t, { routes: [
    { path: '/echo', handle: (request) => new Response(request.body, { headers: { 'Content-Length': request.headers.get('content-length')! } }) },
    { path: '/hash', handle: async (request) => {
      const hash = createHash('sha256');
      for await (const piece of request.body!) hash.update(piece as Uint8Array);
      return new Response(hash.digest('hex'));
    } },
  ] });
  const whole = createHash('sha256');
  for (let i = 0; i < 100; i++) whole.update(chunk);
  const expected = whole.digest('hex');
  const hashing = await Client.open(place);
  await hashing.send(`POST /hash HTTP/1.1\r\nHost: a\r\n${length}\r\n\r\n`);
  for (let i = 0; i < 100; i++) await hashing.send(chunk);
  t.equal((await hashing.reply()).body.toString(), expected);
  hashing.destroy();

  const { socket } = await Client.open(place);
  socket.removeAllListeners('data').pause();
  socket.write(`POST /echo HTTP/1.1\r\nHost: a\r\n${length}\r\n\r\n`);
  let sent = 0;
  const sending = (async (): Promise<void> => {
    for (; sent < 100; sent++) await new Promise((resolve) => socket.write(chunk, resolve));
  })();
  await pause(500);
  t.ok(sent < 40, `nobody reads, and after ${sent} MiB the client waits`);
  const back = createHash('sha256');
  let head = '';
  let received = 0;
  const done = new Promise<void>((resolve) => {
    socket.on('data', (data: Buffer) => {
      const end = received > 0 ? 0 : data.indexOf('\r\n\r\n') + 4;
      if (end > 0) head = data.toString('latin1', 0, end);
      received += data.length - end;
      back.update(data.subarray(end));
      if (received === 100 * MIB) resolve();
    });
  });
  socket.resume();
  await Promise.all([sending, done]);
  t.match(head, length);
  t.equal(back.digest('hex'), expected);
  socket.destroy();
});

t.test('a client that goes', async (t) => {
  const aborted: string[] = [];
  const noting = (name: string, request: Request): void => request.signal.addEventListener('abort', () => aborted.push(name));
  const { place, reports } = serveRoutes(t, {
    routes: [
      { path: '/never', handle: (request) => (noting('never', request), new Promise<Response>(() => undefined)) },
      { path: '/reading', handle: async (request) => (noting('reading', request), new Response(await request.text())) },
      { path: '/streaming', handle: (request) => {
        noting('streaming', request);
        return new Response(new ReadableStream({
          async pull(controller) {
            await pause(1);
            controller.enqueue(new Uint8Array(1000));
          },
          cancel: () => void aborted.push('cancelled'),
        }));
      } },
    ],
  });
  for (const [name, text] of [
    ['never', requestText('/never')],
    ['reading', 'POST /reading HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf'],
    ['streaming', requestText('/streaming')],
  ] as const) {
    const client = await Client.open(place);
    await client.send(text);
    if (name === 'streaming') await client.head();
    else await pause(20);
    client.reset();
    await until(() => aborted.includes(name), `the end of ${name}`);
  }
  await until(() => aborted.includes('cancelled'), 'the end of the body');
  t.strictSame(reports, [], 'nothing of it is a fault of a handler');
});

t.test('too late', async (t) => {
  let reason: unknown;
  let given: (response: Response) => void = () => undefined;
  let cancelled = false;
  const { place, reports } = serveRoutes(t, {
    limits: { handlerTimeoutMs: 100 },
    routes: [
      { path: '/never', handle: ({ signal }) => {
        signal.addEventListener('abort', () => {
          reason = signal.reason;
        });
        return new Promise<Response>((resolve) => (given = resolve));
      } },
      { path: '/upload', handle: async (request) => new Response(String((await request.arrayBuffer()).byteLength)) },
      { path: '/rejects', handle: () => pause(200).then(() => { throw new Error('nobody hears it'); }) },
    ],
  });
  const reply = await askRaw(place, requestText('/never'));
  t.equal(reply.status, 504);
  t.equal((reason as Error).name, 'TimeoutError');
  given(new Response(new ReadableStream({ cancel: () => void (cancelled = true) })));
  await until(() => cancelled, 'the body that nobody wants to be cancelled');
  t.equal((await askRaw(place, requestText('/rejects'))).status, 504);
  await pause(150);
  t.strictSame(reports.map(({ name, message }) => [name, /no Response within 100 ms/.test(message)]), [['handlerFailed', true], ['handlerFailed', true]]);
  const client = await Client.open(place);
  await client.send('POST /upload HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\n');
  for (let i = 0; i < 10; i++) {
    await pause(30);
    await client.send('x');
  }
  t.equal((await client.reply()).body.toString(), '10', 'content that comes slowly is no handler that is slow');
  client.destroy();
});

t.test('content that breaks off is nobody\'s fault here', async (t) => {
  const failures: string[] = [];
  const { place, reports } = serveRoutes(t, { routes: [{ handle: async (request) => new Response(await request.text().catch((error: unknown) => { failures.push(String(error)); throw error; })) }] });
  const malformed = await Client.open(place);
  await malformed.send('POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n');
  t.equal((await malformed.reply()).status, 400);
  malformed.destroy();
  const ended = await Client.open(place);
  await ended.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 10\r\n\r\nhalf');
  ended.finish();
  await ended.nothingMore();
  t.equal(failures.length, 2);
  t.strictSame(reports, []);
});

t.test('what a site says with every answer', async (t) => {
  const { place } = serveRoutes(t, {
    headers: { 'X-Site': 'site' }, securityHeaders: true, cors: true,
    routes: [
      { path: '/a', handle: () => new Response('a', { headers: { 'X-Site': 'own', 'X-Frame-Options': 'DENY' } }) },
      { path: '/b', handle: () => { throw new Error('b'); }, headers: { 'X-Site': 'route' } },
      { path: '/c', cors: false, handle: ({ method }) => new Response(method) },
    ],
  });
  const a = await askRaw(place, requestText('/a'));
  t.strictSame(['x-site', 'x-frame-options', 'access-control-allow-origin', 'referrer-policy'].map((name) => a.fields.get(name)), ['site', 'DENY', '*', 'strict-origin-when-cross-origin']);
  const b = await askRaw(place, requestText('/b'));
  t.strictSame([b.status, b.fields.get('x-site')], [500, 'route']);
  const preflight = { method: 'OPTIONS', fields: { Origin: 'http://other.example', 'Access-Control-Request-Method': 'PUT', 'Access-Control-Request-Headers': 'x-a' } };
  const c = await askRaw(place, requestText('/a', preflight), 'OPTIONS');
  t.strictSame([c.status, c.fields.get('access-control-allow-methods'), c.fields.get('access-control-allow-headers')], [204, 'GET, HEAD, OPTIONS, PUT', 'x-a']);
  t.equal(await bodyOf(place, '/c', preflight), 'OPTIONS', 'a route that has none of it answers preflights itself');
});
