// Request bodies that an exchange wants, on real sockets: uploads that are larger than what is held, echoed in every way
// there is, and answers that are read while their request is still sent.
import { createHash, randomBytes } from 'node:crypto';
import t from 'tap';
import { layout } from '../../native/index.ts';
import { HELD_BYTES_MAX } from '../../server/body-reader.ts';
import { Client, requestText } from '../client.ts';
import { pause, until } from '../serving.ts';
import { together } from './site.ts';
import { post, serveUploads } from './uploading.ts';

t.test('large bodies, echoed whole, as they come, and growing', async (t) => {
  const { place } = serveUploads(t);
  const content = randomBytes(2 << 20);
  const digest = createHash('sha256').update(content).digest('hex');
  for (const path of ['/echo', '/stream', '/stream-later', '/growing']) {
    for (const sized of [true, false]) {
      const client = await Client.open(place);
      const sent = (async () => {
        await client.send(post(path, sized ? content.length : undefined));
        for (let at = 0, size = 1; at < content.length; at += size, size = Math.min(2 * size, 300_000)) {
          const piece = content.subarray(at, at + size);
          await client.send(sized ? piece : Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')]));
        }
        await client.send((sized ? '' : '0\r\n\r\n') + requestText('/none', { fields: { Connection: 'close' } }));
      })();
      const reply = await client.reply('POST');
      t.equal(createHash('sha256').update(reply.body).digest('hex'), digest, `${path}, ${sized ? 'sized' : 'in chunks'}`);
      t.equal((await client.reply()).status, 404, 'and the next one');
      await sent;
      await client.nothingMore();
    }
  }
});

t.test('an answer that comes early is readable, whatever the client goes on sending', async (t) => {
  const { place } = serveUploads(t, { discardBytesMax: 1000 });
  for (const [path, bytes] of [['/early', 16 << 20], ['/early', undefined], ['/first', 16 << 20]] as const) {
    const client = await Client.open(place);
    client.socket.pause();
    void client.send(post(path, bytes));
    const piece = Buffer.concat([Buffer.from('10000\r\n'), Buffer.alloc(65_536, '0'), Buffer.from('\r\n')]);
    for (let i = 0; i < 256; ++i) await client.send(piece);
    client.socket.resume();
    t.equal((await client.reply('POST')).status, path === '/early' ? 403 : 200);
    client.finish();
    await client.nothingMore();
  }
});

t.test('a client that sends all it can to an exchange that reads nothing is made to wait', async (t) => {
  const { place, areas, seen } = serveUploads(t);
  const client = await Client.open(place);
  const received = (): number => areas.counters[layout.counters.bytesReceived]!;
  await client.send(post('/never', 64 << 20));
  void client.send(Buffer.alloc(64 << 20));
  await until(() => received() >= HELD_BYTES_MAX, 'as much as is held');
  await pause(100);
  t.ok(received() < HELD_BYTES_MAX + 3 * 16_384, `${received()} bytes were taken`);
  client.reset();
  const body = seen.conversations[0]!.body!;
  await until(() => areas.counters[layout.counters.connections] === 0, 'the end');
  await t.rejects(body[Symbol.asyncIterator]().next(), { name: 'RequestBodyError', failure: 'gone' });
});

t.test('many at once, in pieces, on kept connections', async (t) => {
  const { place } = serveUploads(t);
  const faults: string[] = [];
  await together(Array.from({ length: 24 }, (_, i) => i), 8, async (i) => {
    const client = await Client.open(place);
    for (let n = 0; n < 6; ++n) {
      const content = randomBytes(1 + ((i * 7919 + n * 104_729) % 90_000));
      const path = ['/echo', '/stream', '/growing'][n % 3]!;
      void client.send(post(path, content.length));
      for (let at = 0; at < content.length; at += 20_000) {
        void client.send(content.subarray(at, at + 20_000));
        if (n % 2) await pause(1);
      }
      const { body } = await client.reply('POST');
      if (!body.equals(content)) faults.push(`${i}, ${n}: ${body.length} in place of ${content.length} bytes`);
      void client.send(requestText('/echo'));
      const plain = (await client.reply()).body.toString();
      if (plain !== 'GET without a body\n') faults.push(plain);
    }
    client.finish();
    await client.nothingMore();
  });
  t.strictSame(faults, []);
});

t.test('an exchange that throws at once, in wants() or find(): 500, and the end', async (t) => {
  const { place, reports } = serveUploads(t);
  for (const path of ['/wants-fails', '/find-fails']) {
    const client = await Client.open(place);
    await client.send(`${post(path, 3)}abc`);
    const reply = await client.reply('POST');
    t.equal(reply.status, 500, path);
    t.equal(reply.fields.get('connection'), 'close');
    await client.nothingMore();
  }
  t.strictSame(reports, ['exchangeFailed', 'exchangeFailed']);
});
