// What is made of it that a request came by TLS: redirects, fields, keys of the cache, what origins and handlers are told.
import { createServer } from 'node:http';
import { connect } from 'node:net';
import type { AddressInfo } from 'node:net';
import { connect as secure } from 'node:tls';
import t from 'tap';
import { Client, requestText } from '../client.ts';
import { binaries, lines } from '../1-http/proxy-protocol-cases.ts';
import { serve, shortFolder } from '../serving.ts';
import { Authority } from './authority.ts';
import { asked, serveSecure, skip } from './serving.ts';

t.test('plain HTTP that leads to https', { skip }, async (t) => {
  const authority = new Authority(t);
  const { cert, key } = authority.issue();
  const root = t.testdir({ 'a.txt': 'alpha\n', '.well-known': { 'acme-challenge': { token: 'proof\n' } } });
  const { server } = await serve(t, { root, workers: 2, tls: { certificates: [{ cert, key }], redirectFrom: ['127.0.0.1:0'], hsts: { maxAgeS: 600, includeSubDomains: true } } });
  const [over, plain] = server.addresses();
  const client = await Client.open(plain!);
  for (const [method, target, host, status, location] of [
    ['GET', '/a.txt', 'a.test', 301, `https://a.test:${over!.port}/a.txt`], ['GET', '/x/../y?z=%20#', 'A.Test:80', 400, undefined], ['GET', '/x/../y?z=%20', 'A.Test:80', 301, `https://A.Test:${over!.port}/x/../y?z=%20`],
    ['HEAD', '/', '[::1]:8080', 301, `https://[::1]:${over!.port}/`], ['POST', '/form?a', 'a.test', 308, `https://a.test:${over!.port}/form?a`], ['OPTIONS', '*', 'a.test', 308, `https://a.test:${over!.port}/`],
    ['GET', 'http://b.test/abs', 'a.test', 301, `https://b.test:${over!.port}/abs`], ['GET', '/.well-known/acme-challenge/token', 'a.test', 200, undefined],
  ] as const) {
    const one = await Client.open(plain!);
    await one.send(`${method} ${target} HTTP/1.1\r\nHost: ${host}\r\n${method === 'POST' ? 'Content-Length: 3\r\n\r\nabc' : '\r\n'}`);
    const reply = await one.reply(method);
    t.same([reply.status, reply.fields.get('location'), reply.fields.get('strict-transport-security')], [status, location, undefined], `${method} ${target} of ${host}`);
    one.destroy();
  }
  client.destroy();
  const old = await Client.open(plain!);
  await old.send('GET / HTTP/1.0\r\n\r\n');
  t.equal((await old.reply()).status, 400, 'nobody knows where to');
  old.destroy();
  for (const path of ['/a.txt', '/missing', '/%']) {
    const one = await Client.openSecure(over!);
    await one.send(requestText(path));
    t.equal((await one.reply()).fields.get('strict-transport-security'), 'max-age=600; includeSubDomains', path);
    one.destroy();
  }
});

t.test('on port 443 no port is said', { skip }, async (t) => {
  const { HttpsRedirect } = await import('../../server/tls/https-redirect.ts');
  const { RequestHead } = await import('../../http/head.ts');
  const head = new RequestHead();
  const bytes = new Uint8Array(Buffer.from('GET /a HTTP/1.1\r\nHost: a.test:80\r\n\r\n'));
  t.equal(head.parse(bytes, 0, bytes.length), bytes.length);
  t.match(Object.fromEntries(new HttpsRedirect(443).known(head).fields), { Location: 'https://a.test/a' });
});

t.test('origins, handlers and keys', { skip }, async (t) => {
  const seen: string[] = [];
  const origin = createServer((request, response) => {
    seen.push(`${String(request.headers['x-forwarded-proto'])} ${String(request.headers['forwarded'])}`);
    response.writeHead(200, { 'cache-control': 'max-age=100' }).end('stored');
  });
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
  t.teardown(() => origin.close());
  const url = `http://127.0.0.1:${(origin.address() as AddressInfo).port}`;
  const { place, server } = await serveSecure(t, {}, { root: shortFolder(t), routes: [{ path: '/old', redirect: { to: 'https://a.test/old', status: 301 } }, { proxy: url }] });
  for (let i = 0; i < 3; ++i) {
    const { client, body } = await asked(place, {}, '/x');
    t.equal(body, 'stored');
    client.destroy();
  }
  t.equal(seen.length, 1, 'stored, and found again');
  t.match(seen[0], /^https .*proto=https/);
  t.equal(await server.purge({ by: 'key', key: 'https://a.test/x' }), 1, 'its key has the scheme');
  const { client, status } = await asked(place, {}, '/old');
  t.equal(status, 200, 'a redirect to where one is leads nowhere');
  client.destroy();
});

t.test('rules of _redirects know the scheme', { skip }, async (t) => {
  const root = t.testdir({ 'a.txt': 'alpha\n', '_redirects': 'http://a.test/* https://a.test/:splat 301!\n' });
  const { place } = await serveSecure(t, {}, { root });
  for (let i = 0; i < 2; ++i) {
    const { client, status } = await asked(place, {});
    t.equal(status, 200);
    client.destroy();
  }
});

t.test('a PROXY header before TLS', { skip }, async (t) => {
  const { place, lines: logged } = await serveSecure(t, {}, { proxyProtocol: ['127.0.0.1'], accessLog: 'json' });
  const headers = [...lines, ...binaries].filter(({ address, header }) => typeof address === 'string' && header.length < 120).slice(0, 8);
  t.ok(headers.length > 4);
  for (const { name, header, address } of headers) {
    for (const together of [true, false]) {
      const raw = connect({ host: place.host, port: place.port, noDelay: true });
      raw.write(Buffer.from(header, 'latin1'));
      if (!together) await new Promise((resolve) => setTimeout(resolve, 20));
      const client = secure({ socket: raw, rejectUnauthorized: false });
      client.write(requestText('/a.txt'));
      const text = await new Promise<string>((resolve) => client.once('data', (piece: Buffer) => resolve(String(piece))));
      t.match(text, /200 OK/, `${name}${together ? '' : ', then a moment'}`);
      client.destroy();
      t.type(address, 'string');
    }
  }
  const bad = await Client.open(place);
  await bad.send('PROXY nonsense\r\n');
  t.equal((await bad.reply()).status, 400, 'who is no proxy is told so in plain');
  bad.destroy();
  const plain = await Client.open(place);
  await plain.send(`PROXY TCP4 192.0.2.9 192.0.2.1 1 2\r\n${requestText('/a.txt')}`);
  const reply = await plain.reply();
  t.equal(reply.status, 400);
  t.match(reply.body.toString(), /https:/, 'plain HTTP behind it, too');
  plain.destroy();
  t.ok(logged().length >= 0);
});

t.test('tunnels', { skip }, async (t) => {
  const origin = createServer();
  origin.on('upgrade', (_request, socket) => {
    socket.write('HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
    socket.pipe(socket);
  });
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
  t.teardown(() => {
    origin.closeAllConnections();
    origin.close();
  });
  const { place } = await serveSecure(t, {}, { root: shortFolder(t), routes: [{ proxy: { urls: [`http://127.0.0.1:${(origin.address() as AddressInfo).port}`], upgrades: ['echo'] } }] });
  const client = await Client.openSecure(place);
  await client.send('GET / HTTP/1.1\r\nHost: a.test\r\nConnection: Upgrade\r\nUpgrade: echo\r\n\r\n');
  const head = await client.head();
  t.equal(head.status, 101);
  const sent = Buffer.alloc(300_000, 'tunnel ');
  void client.send(sent);
  const until = head.end + sent.length;
  while (client.received < until) await new Promise((resolve) => setImmediate(resolve));
  t.ok(client.unread.subarray(head.end).equals(sent));
  client.destroy();
});
