// Request bodies that nobody wants: read and thrown away within the bound, beyond it answered and closed, and the answer
// is readable whatever the client goes on sending.
import t from 'tap';
import { Client, requestText } from '../client.ts';
import { serveSite } from './site.ts';

const MEBIBYTE = 1 << 20;

t.test('bodies up to the bound keep the connection', async (t) => {
  const { place, server } = await serveSite(t, { limits: { discardBytesMax: MEBIBYTE } });
  const client = await Client.open(place);
  for (const length of [1, 16_384, 65_537, MEBIBYTE]) {
    void client.send(requestText('/a.txt', { method: 'PUT', fields: { 'Content-Length': String(length) } }));
    void client.send(Buffer.alloc(length, 'GET / HTTP/1.1\r\n\r\n'));
    t.equal((await client.reply()).status, 405, `${length} bytes`);
  }
  void client.send(requestText('/a.txt', { fields: { 'Transfer-Encoding': 'chunked' } }));
  const chunk = `1000\r\n${'y'.repeat(4096)}\r\n`;
  for (let i = 0; i < 256; ++i) void client.send(chunk);
  void client.send('0\r\n\r\n');
  t.equal((await client.reply()).body.toString(), 'alpha\n', '256 chunks of a GET');
  void client.send(requestText('/b.txt', { fields: { Connection: 'close' } }));
  t.equal((await client.reply()).body.toString(), 'beta\n', 'and still in step');
  await client.nothingMore();
  t.equal((await server.counts())['accepted'], 1, 'all on one connection');
});

for (const [what, fields, status] of [
  ['sized', { 'Content-Length': String(16 * MEBIBYTE) }, 405],
  ['chunked', { 'Transfer-Encoding': 'chunked' }, 413],
] as const) {
  t.test(`a ${what} body beyond the bound is answered, and the answer is readable`, async (t) => {
    const { place } = await serveSite(t, { limits: { discardBytesMax: 1000 } });
    const client = await Client.open(place);
    void client.send(requestText('/a.txt', { method: 'POST', fields }));
    // All of it goes out before a byte of the answer is read.
    client.socket.pause();
    const piece = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65_536), Buffer.from('\r\n')]);
    for (let i = 0; i < 256; ++i) await client.send(piece);
    client.socket.resume();
    const reply = await client.reply();
    t.equal(reply.status, status);
    t.equal(reply.fields.get('connection'), 'close');
    client.finish();
    await client.nothingMore();
  });
}

t.test('Expect: 100-continue: the final answer comes without the body', async (t) => {
  const { place } = await serveSite(t);
  for (const [method, status] of [['PUT', 405], ['GET', 200]] as const) {
    const client = await Client.open(place);
    await client.send(requestText('/a.txt', { method, fields: { 'Content-Length': '100', Expect: '100-continue' } }));
    const reply = await client.reply();
    t.equal(reply.status, status, 'the first answer is final: no 100');
    t.equal(reply.fields.get('connection'), 'close');
    await client.nothingMore();
  }
});

t.test('a client that ends in the middle of its body gets no answer, and does no harm', async (t) => {
  const { place, server } = await serveSite(t);
  for (const bytes of [requestText('/', { method: 'PUT', fields: { 'Content-Length': '100' } }) + 'abc', 'GET /a.txt HT', requestText('/', { method: 'PUT', fields: { 'Transfer-Encoding': 'chunked' } }) + '5\r\nab']) {
    const client = await Client.open(place);
    await client.send(bytes);
    client.finish();
    await client.nothingMore();
    t.pass(JSON.stringify(bytes.slice(-9)));
  }
  t.equal((await server.counts())['requests'], 0, 'nothing was answered');
});
