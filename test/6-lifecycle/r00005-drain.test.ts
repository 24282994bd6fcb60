// While a server drained, new connections were neither accepted nor refused but left in the queue until its end; and a
// connection that had been opened in advance and never used held the drain up for the whole grace period.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Client, requestText } from '../client.ts';
import { pause, serve, until } from '../serving.ts';

t.test('who comes while it drains is refused at once', async (t) => {
  const root = t.testdir({});
  writeFileSync(join(root, 'large.bin'), Buffer.alloc(24 << 20));
  const { place, server } = await serve(t, { root, workers: 2, graceMs: 60_000 });
  const client = await Client.open(place);
  client.socket.pause();
  await client.send(requestText('/large.bin'));
  await until(async () => (await server.counts())['requests'] === 1, 'a download');
  const closing = server.close();
  await until(() => Client.open(place).then((late) => {
    late.destroy();
    return false;
  }, (error: unknown) => (error as NodeJS.ErrnoException).code === 'ECONNREFUSED'), 'refused');
  client.socket.resume();
  t.equal((await client.reply()).body.length, 24 << 20, 'the download goes on');
  client.destroy();
  await closing;
});

t.test('a connection that never asked for anything does not hold it up', async (t) => {
  const { place, server } = await serve(t, { root: t.testdir({}), graceMs: 3_600_000, limits: { headTimeoutMs: 3_600_000 } });
  const client = await Client.open(place);
  await until(async () => (await server.counts())['connections'] === 1, 'it is there');
  await server.close();
  await client.nothingMore();
  t.pass('closed');
});

t.test('a first request that was on its way is answered', async (t) => {
  const { place, server } = await serve(t, { root: t.testdir({ 'a.txt': 'a' }) });
  const client = await Client.open(place);
  await until(async () => (await server.counts())['connections'] === 1, 'it is there');
  const closing = server.close();
  await pause(30);
  await client.send(requestText('/a.txt'));
  t.equal((await client.reply()).fields.get('connection'), 'close');
  await client.nothingMore();
  await closing;
});
