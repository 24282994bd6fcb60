// How connections end: half-closed peers, timeouts, peers that take nothing, peers that are slow. What happens is
// asserted, never how fast.
import { createHash, randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Broken, Client, requestText } from '../client.ts';
import { pause, serve, until } from '../serving.ts';
import { serveSite } from './site.ts';

t.test('a half-closed client gets everything it asked for', async (t) => {
  const root = t.testdir({ 'a.txt': 'alpha\n' });
  const large = randomBytes(9 << 20);
  writeFileSync(join(root, 'large.bin'), large);
  const { place } = await serve(t, { root });
  const client = await Client.open(place);
  void client.send(requestText('/large.bin') + requestText('/a.txt').repeat(100) + requestText('/large.bin'));
  client.finish();
  t.ok((await client.reply()).body.equals(large), 'a large file that was not open yet');
  for (let i = 0; i < 100; ++i) if ((await client.reply()).body.toString() !== 'alpha\n') t.fail(`answer ${i}`);
  t.ok((await client.reply()).body.equals(large), 'and the last one');
  await client.nothingMore();
});

t.test('timeouts', async (t) => {
  const { place, server } = await serveSite(t, { limits: { headTimeoutMs: 150, idleTimeoutMs: 250, bodyTimeoutMs: 150, lingerTimeoutMs: 150 } });

  await t.test('nothing at all: closed without a word', async () => {
    const client = await Client.open(place);
    await client.nothingMore();
  });
  await t.test('half a head: 408', async (t) => {
    const client = await Client.open(place);
    await client.send('GET /a.txt HTTP/1.1\r\nHost: h\r\nX: ');
    const reply = await client.reply();
    t.equal(reply.status, 408);
    t.equal(reply.fields.get('connection'), 'close');
    await client.nothingMore();
  });
  await t.test('a head that drips: 408, whatever drips', async (t) => {
    const client = await Client.open(place);
    const drip = setInterval(() => void client.send('X: y\r\n'), 30);
    await client.send('GET /a.txt HTTP/1.1\r\nHost: h\r\n');
    t.equal((await client.reply()).status, 408);
    clearInterval(drip);
    client.finish();
    await client.nothingMore();
  });
  await t.test('half a body: 408', async (t) => {
    const client = await Client.open(place);
    await client.send(`${requestText('/', { method: 'PUT', fields: { 'Content-Length': '10' } })}abc`);
    t.equal((await client.reply()).status, 408);
    await client.nothingMore();
  });
  await t.test('idle after an answer: closed without a word', async (t) => {
    const client = await Client.open(place);
    await client.send(requestText('/a.txt'));
    t.equal((await client.reply()).status, 200);
    await client.nothingMore();
  });
  await t.test('idle after an answer, half a head: 408', async (t) => {
    const client = await Client.open(place);
    await client.send(`${requestText('/a.txt')}GET`);
    t.equal((await client.reply()).status, 200);
    t.equal((await client.reply()).status, 408);
    await client.nothingMore();
  });
  await t.test('a client that never closes after the last answer', async (t) => {
    const client = await Client.open(place);
    await client.send(requestText('/a.txt', { fields: { Connection: 'close' } }));
    t.equal((await client.reply()).status, 200);
    await until(async () => (await server.counts())['connections'] === 0, 'the server lets go');
    client.destroy();
  });
  t.match(await server.counts(), { 'refused.head-timeout': 3, 'refused.body-timeout': 1 }, 'counted');
});

t.test('a client that never reads is reset, counted and logged', async (t) => {
  const root = t.testdir({});
  writeFileSync(join(root, 'large.bin'), Buffer.alloc(32 << 20, 'x'));
  const { place, server, lines } = await serve(t, { root, accessLog: 'json', limits: { sendTimeoutMs: 300 } });
  const client = await Client.open(place);
  client.socket.pause();
  await client.send(requestText('/large.bin'));
  await until(async () => (await server.counts())['sendsStalled'] === 1, 'the stall');
  client.socket.resume();
  await t.rejects(client.reply(), Broken, 'the answer does not look finished');
  t.equal(await client.end(), 'reset');
  await until(() => lines().length > 0, 'the line');
  t.match(JSON.parse(lines()[0]!), { target: '/large.bin', status: 200, incomplete: 'stalled' });
  t.match(await server.counts(), { connections: 0, sendsStalled: 1, resets: 1 });
});

t.test('a slow reader gets every byte', async (t) => {
  const root = t.testdir({});
  const body = randomBytes(64 << 20);
  writeFileSync(join(root, 'large.bin'), body);
  const { place, server } = await serve(t, { root, limits: { sendTimeoutMs: 400 } });
  const client = await Client.open(place);
  await client.send(requestText('/large.bin', { fields: { Connection: 'close' } }));
  const hash = createHash('sha256');
  const head = await client.head();
  for (let i = 0; i < 12; ++i) { // together longer than the send timeout: it counts from the last byte taken
    client.socket.resume();
    await pause(2);
    client.socket.pause();
    await pause(100);
  }
  client.socket.resume();
  t.equal(head.fields.get('content-length'), String(body.length));
  const reply = await client.reply();
  t.equal(hash.update(reply.body).digest('hex'), createHash('sha256').update(body).digest('hex'), 'the same 64 MiB');
  await client.nothingMore();
  t.ok((await server.counts())['sendsBlocked']! > 0, 'it did make us wait');
});
