// Requests over HTTP/2: files of every way of sending, several at once, contents both ways, what an origin sends, what is told of it.
import { execFile } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { once } from 'node:events';
import { connect, type AddressInfo } from 'node:net';
import { connect as secure } from 'node:tls';
import { promisify } from 'node:util';
import t, { type Test } from 'tap';
import { Client, requestText } from '../client.ts';
import { until } from '../serving.ts';
import { tlsOf, serveSecure, skip } from '../5-tls/serving.ts';
import { answer, ask, session } from './serving.ts';

const MIB = 1 << 20;
const large = randomBytes(9 * MIB);
const sum = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function originOf(t: Test, listener: RequestListener): Promise<{ readonly url: string; readonly heads: IncomingMessage[] }> {
  const heads: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    heads.push(request);
    listener(request, response);
  });
  t.teardown(() => { server.close(); server.closeAllConnections(); });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, heads };
}

t.test('files, small and large, one after the other and all at once', { skip }, async (t) => {
  const files: Record<string, Buffer> = { 'one.bin': randomBytes(1), 'arena.bin': randomBytes(30_000), 'private.bin': randomBytes(300_000), 'large.bin': large, 'empty.bin': Buffer.alloc(0) };
  const { place, lines } = await serveSecure(t, {}, { root: t.testdir(files), accessLog: 'combined' });
  const over = await session(t, place);
  t.equal(over.alpnProtocol, 'h2');
  for (let round = 0; round < 2; ++round) {
    for (const [name, bytes] of Object.entries(files)) {
      const { status, headers, body, code } = await ask(over, { ':path': `/${name}` });
      t.strictSame([status, headers['content-length'], code, sum(body)], [200, String(bytes.length), 0, sum(bytes)], name);
    }
  }
  const names = Object.keys(files);
  const answers = await Promise.all(Array.from({ length: 100 }, (_, i) => ask(over, { ':path': `/${names[i % 3]!}` })));
  answers.forEach(({ body }, i) => t.equal(sum(body), sum(files[names[i % 3]!]!), `at once: ${i}`));
  const part = await ask(over, { ':path': '/large.bin', range: 'bytes=1000000-6999999' });
  t.strictSame([part.status, sum(part.body)], [206, sum(large.subarray(1_000_000, 7_000_000))]);
  const head = await ask(over, { ':path': '/large.bin', ':method': 'HEAD' });
  t.strictSame([head.status, head.headers['content-length'], head.body.length], [200, String(large.length), 0]);
  await until(() => lines().length === 112, 'every line of the log');
  t.match(lines()[0], /"GET \/one\.bin HTTP\/2\.0" 200 1 /);
});

t.test('fields of an answer: what HTTP/1.1 says, without what is of a connection', { skip }, async (t) => {
  const { place } = await serveSecure(t, { hsts: { maxAgeS: 60 } }, { headers: { 'X-One': 'a' } });
  const { headers } = await ask(await session(t, place), { ':path': '/a.txt' });
  const client = await Client.openSecure(place);
  await client.send(requestText('/a.txt'));
  const { fields } = await client.reply();
  client.destroy();
  const own = Object.fromEntries(Object.entries(headers).filter(([name]) => !name.startsWith(':') && name !== 'date'));
  t.strictSame(own, Object.fromEntries([...fields].filter(([name]) => name !== 'date' && name !== 'connection')));
  t.equal(headers['strict-transport-security'], 'max-age=60');
  t.match(headers['date'], / GMT$/);
});

t.test('whoever does not ask for it, and where it is off: HTTP/1.1', { skip }, async (t) => {
  for (const http2 of [true, false]) {
    const { place } = await serveSecure(t, { http2 });
    for (const [offered, spoken] of [[['http/1.1'], 'http/1.1'], [['h2', 'http/1.1'], http2 ? 'h2' : 'http/1.1'], [[], false]] as const) {
      const client = await Client.openSecure(place, { ALPNProtocols: [...offered] });
      t.equal(tlsOf(client).alpnProtocol, spoken, `${offered.join()}, ${http2 ? 'on' : 'off'}`);
      if (spoken !== 'h2') {
        await client.send(requestText('/a.txt'));
        t.equal((await client.reply()).body.toString(), 'alpha\n');
      }
      client.destroy();
    }
    // Prior knowledge is none here, RFC 9113 §3.3.
    const client = await Client.openSecure(place);
    await client.send('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');
    t.equal((await client.reply()).status, 505);
    client.destroy();
  }
});

t.test('an origin behind it', { skip }, async (t) => {
  const origin = await originOf(t, (request, response) => {
    if (request.url === '/hints') response.writeEarlyHints({ link: '</a.css>; rel=preload' });
    if (request.url === '/kept') response.setHeader('Cache-Control', 'max-age=60');
    if (request.url === '/trailers') response.writeHead(200, { Trailer: 'X-Sum' }).addTrailers({ 'X-Sum': '42' });
    if (request.url === '/broken') response.write('some', () => request.socket.destroy());
    else request.pipe(response);
  });
  const { place, lines } = await serveSecure(t, {}, { proxy: { urls: [origin.url] }, accessLog: 'json' });
  const over = await session(t, place);
  for (const content of [Buffer.from('small'), large, Buffer.alloc(0)]) {
    for (const sized of [true, false]) {
      const { status, body, code } = await ask(over, { ':method': 'POST', ':path': '/echo', ...(sized && { 'content-length': content.length }) }, content);
      t.strictSame([status, code, sum(body)], [200, 0, sum(content)], `${content.length} bytes, ${sized ? 'with' : 'without'} a length`);
    }
  }
  const echoed = origin.heads[0]!.headers;
  t.strictSame([echoed['via'], echoed['x-forwarded-proto'], echoed.host], ['2 pagecast', 'https', `127.0.0.1:${place.port}`], 'what the origin is told');
  const cookies = await ask(over, { ':path': '/cookies', cookie: ['a=1', 'b=2'] });
  t.equal(cookies.status, 200);
  t.equal(origin.heads.at(-1)!.headers.cookie, 'a=1; b=2', 'RFC 9113 §8.2.3');
  t.strictSame((await ask(over, { ':path': '/hints' })).interims, [103]);
  const expecting = over.request({ ':method': 'POST', ':path': '/echo', expect: '100-continue', 'content-length': 4 });
  const expected = answer(expecting);
  await once(expecting, 'continue');
  expecting.end('late');
  t.strictSame([(await expected).body.toString(), (await expected).interims], ['late', [100]]);
  const trailed = await ask(over, { ':path': '/trailers', te: 'trailers' });
  t.strictSame([trailed.trailers?.['x-sum'], trailed.code], ['42', 0]);
  t.equal((await ask(over, { ':path': '/trailers' })).trailers, undefined, 'nobody has asked for them');
  const broken = await ask(over, { ':path': '/broken' });
  t.not(broken.code, 0, 'what breaks off is reset');
  const asked = origin.heads.length;
  await ask(over, { ':path': '/kept' });
  t.match((await ask(over, { ':path': '/kept' })).headers['cache-status'], /;hit;/);
  t.equal(origin.heads.length, asked + 1);
  await until(() => lines().length === 14, 'every line of the log');
  t.match(lines().map((line) => JSON.parse(line) as { version: string; incomplete?: string }), [{ version: '2.0' }]);
});

const curl = promisify(execFile);
const hasCurl = await curl('curl', ['--version']).then(({ stdout }) => stdout.includes('HTTP2'), () => false);

t.test('curl', { skip: hasCurl ? skip : 'there is no curl(1) that speaks HTTP/2' }, async (t) => {
  const { place } = await serveSecure(t);
  const { stdout } = await curl('curl', ['-sk', '--http2', '-w', '%{http_version} %{http_code}', `https://127.0.0.1:${place.port}/a.txt`]);
  t.equal(stdout, 'alpha\n2 200');
});

t.test('behind a PROXY header', { skip }, async (t) => {
  const { place, lines } = await serveSecure(t, {}, { proxyProtocol: ['127.0.0.1'], accessLog: 'json' });
  const raw = connect({ host: place.host, port: place.port });
  raw.write('PROXY TCP4 192.0.2.7 192.0.2.1 4711 443\r\n');
  const over = await session(t, place, { createConnection: () => secure({ socket: raw, ALPNProtocols: ['h2'], rejectUnauthorized: false }) });
  t.equal((await ask(over, { ':path': '/a.txt' })).body.toString(), 'alpha\n');
  await until(() => lines().length === 1, 'its line');
  t.match(JSON.parse(lines()[0]!), { peer: '192.0.2.7', version: '2.0', tls: 'TLSv1.3' });
});

t.test('contents that nobody wants', { skip }, async (t) => {
  const { place } = await serveSecure(t, {}, { limits: { discardBytesMax: 100_000 } });
  const over = await session(t, place);
  for (const bytes of [10, 90_000, 3 * MIB]) {
    const { status, code } = await ask(over, { ':method': 'POST', ':path': '/a.txt' }, Buffer.alloc(bytes));
    t.strictSame([status, code], [405, 0], `${bytes} bytes: answered, and no error`);
  }
  t.equal((await ask(over, { ':path': '/a.txt' })).status, 200);
});
