// What is answered over TLS is what is answered without: bodies of every size, ranges, conditionals, and bodies that grow.
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { Client, requestText } from '../client.ts';
import { pause, serve, shortFolder, until } from '../serving.ts';
import { Authority } from './authority.ts';
import { serveSecure, skip } from './serving.ts';

const SIZES = [0, 1, 1023, 1399, 1400, 1401, 14_000, 16_383, 16_384, 16_385, 32_768, 32_769, 65_536, 65_537, 100_000, 1 << 20, (1 << 20) + 1, (9 << 20) + 7];

for (const maxVersion of ['TLSv1.2', 'TLSv1.3'] as const) {
  t.test(`bodies of every size, ${maxVersion}`, { skip }, async (t) => {
    const root = shortFolder(t);
    const bodies = SIZES.map((size) => randomBytes(size));
    for (const [i, body] of bodies.entries()) writeFileSync(join(root, `${SIZES[i]!}.bin`), body);
    const { place, server } = await serveSecure(t, {}, { root });
    const client = await Client.openSecure(place, { maxVersion });
    for (let round = 0; round < 2; ++round) {
      for (const [i, body] of bodies.entries()) {
        await client.send(requestText(`/${SIZES[i]!}.bin`));
        const reply = await client.reply();
        if (!reply.body.equals(body)) t.fail(`${SIZES[i]!} bytes, round ${round}`);
      }
    }
    void client.send(bodies.map((_, i) => requestText(`/${SIZES[i]!}.bin`)).join(''));
    for (const body of bodies) if (!(await client.reply()).body.equals(body)) t.fail(`${body.length} bytes in a pipeline`);
    client.destroy();
    const { bytesEncrypted, bytesSendfile } = await server.counts();
    t.ok(bytesEncrypted! > 3 * SIZES.reduce((sum, size) => sum + size, 0), 'all of it was encrypted');
    t.equal(bytesSendfile, 0);
  });
}

t.test('the same answers as without TLS', { skip }, async (t) => {
  const root = shortFolder(t);
  writeFileSync(join(root, 'a.bin'), randomBytes(200_000));
  const site = await serveSecure(t, {}, { root });
  const plain = await serve(t, { root });
  const { fields } = await asking(await Client.open(plain.place), 'GET', []);
  const etag = fields.get('etag')!;
  for (const [method, lines] of [
    ['GET', []], ['HEAD', []], ['GET', ['Range: bytes=0-0']], ['GET', ['Range: bytes=100000-']], ['GET', ['Range: bytes=-1']], ['GET', ['Range: bytes=0-99,150000-150099']], ['GET', ['Range: bytes=300000-']],
    ['GET', [`If-None-Match: ${etag}`]], ['GET', [`If-Range: ${etag}`, 'Range: bytes=5-9']], ['GET', ['If-Range: "other"', 'Range: bytes=5-9']], ['GET', ['If-Match: "other"']], ['OPTIONS', []], ['POST', ['Content-Length: 0']],
  ] as const) {
    const [over, without] = await Promise.all([Client.openSecure(site.place), Client.open(plain.place)].map(async (client) => asking(await client, method, lines)));
    const told = `${method} ${lines.join(', ')}`;
    const boundary = (text: string): string => text.replace(/boundary=[^;]+/, 'boundary');
    t.equal(over!.status, without!.status, told);
    t.same([...over!.fields].filter(([name]) => name !== 'date').map(([, value]) => boundary(value)), [...without!.fields].filter(([name]) => name !== 'date').map(([, value]) => boundary(value)), told);
    t.equal(over!.body.length, without!.body.length, told);
    if (over!.fields.get('content-type')?.startsWith('multipart') !== true) t.ok(over!.body.equals(without!.body), told);
  }
});

async function asking(client: Client, method: string, lines: readonly string[]): Promise<Awaited<ReturnType<Client['reply']>>> {
  await client.send(`${method} /a.bin HTTP/1.1\r\nHost: h\r\n${lines.map((line) => `${line}\r\n`).join('')}\r\n`);
  const reply = await client.reply(method);
  client.destroy();
  return reply;
}

t.test('answers that end with the connection, and requests with content', { skip }, async (t) => {
  const origin = createServer((request, response) => {
    const hash = createHash('sha256');
    request.on('data', (piece: Buffer) => hash.update(piece)).on('end', () => response.end(`${String(request.headers['x-forwarded-proto'])} ${hash.digest('hex')}`));
  });
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
  t.teardown(() => origin.close());
  const { place } = await serveSecure(t, {}, { root: shortFolder(t), routes: [{ path: '/up', proxy: `http://127.0.0.1:${(origin.address() as AddressInfo).port}` }, { respond: { body: 'always' } }] });
  const content = randomBytes(3 << 20);
  const client = await Client.openSecure(place);
  void client.send(Buffer.concat([Buffer.from(`POST /up HTTP/1.1\r\nHost: h\r\nContent-Length: ${content.length}\r\n\r\n`), content]));
  t.equal((await client.reply()).body.toString(), `https ${createHash('sha256').update(content).digest('hex')}`);
  await client.send('GET / HTTP/1.0\r\n\r\n');
  t.equal((await client.reply()).body.toString(), 'always');
  await client.nothingMore(); // close_notify, then FIN: anything else is an error of the client's TLS
});

t.test('a body that arrives while it is sent', { skip }, async (t) => {
  const pieces = Array.from({ length: 20 }, () => randomBytes(40_000));
  const origin = createServer((request, response) => {
    response.writeHead(200, request.url === '/length' ? { 'content-length': 800_000, 'cache-control': 'max-age=60' } : { 'cache-control': 'max-age=60' });
    void (async () => {
      for (const piece of pieces) {
        response.write(piece);
        await pause(3);
      }
      response.end();
    })();
  });
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
  t.teardown(() => origin.close());
  const { place } = await serveSecure(t, {}, { root: shortFolder(t), routes: [{ proxy: `http://127.0.0.1:${(origin.address() as AddressInfo).port}` }] });
  const whole = Buffer.concat(pieces);
  for (const path of ['/length', '/chunks']) {
    const bodies = await Promise.all(Array.from({ length: 5 }, async () => {
      const client = await Client.openSecure(place);
      await client.send(requestText(path));
      const { body } = await client.reply();
      client.destroy();
      return body;
    }));
    for (const body of bodies) t.ok(body.equals(whole), path);
  }
});

t.test('peers that read slowly get all of it', { skip }, async (t) => {
  const root = shortFolder(t);
  const large = randomBytes(12 << 20);
  writeFileSync(join(root, 'large.bin'), large);
  const { place, server } = await serveSecure(t, {}, { root });
  const client = await Client.openSecure(place);
  await client.send(requestText('/large.bin').repeat(2));
  client.socket.pause();
  await until(async () => (await server.counts())['sendsBlocked']! > 0, 'a socket that is full');
  client.socket.resume();
  for (let i = 0; i < 2; ++i) t.ok((await client.reply()).body.equals(large));
  client.destroy();
});

t.test('on a unix socket', { skip }, async (t) => {
  const authority = new Authority(t);
  const { cert, key } = authority.issue();
  const path = join(shortFolder(t), 's.sock');
  const { place } = await serve(t, { root: t.testdir({ 'a.txt': 'alpha\n' }), tls: { certificates: [{ cert, key }] } }, `unix:${path}`);
  const client = await Client.openSecure(place, { ca: authority.certText, servername: 'a.test', rejectUnauthorized: true });
  await client.send(requestText('/a.txt'));
  t.equal((await client.reply()).body.toString(), 'alpha\n');
  client.destroy();
});
