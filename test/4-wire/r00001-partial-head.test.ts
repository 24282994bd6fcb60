// A part of a head that came behind a request was forgotten when its rest came while the answer was still under way:
// the rest was read as a request of its own, and refused.
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Client, requestText } from '../client.ts';
import { pause, serve, until } from '../serving.ts';

const LARGE_BYTES = 24 << 20;

t.test('its rest comes while an answer is under way', async (t) => {
  const root = t.testdir({ 'a.txt': 'alpha\n' });
  writeFileSync(join(root, 'large.bin'), randomBytes(LARGE_BYTES));
  const { place, server } = await serve(t, { root });
  const second = requestText('/a.txt');
  for (const cut of [1, 5, 16, second.length - 3, second.length - 1]) {
    const before = (await server.counts())['requests']!;
    const client = await Client.open(place);
    client.socket.pause();
    await client.send(requestText('/large.bin') + second.slice(0, cut));
    await until(async () => (await server.counts())['requests']! > before, 'the first request');
    await pause(20);
    await client.send(second.slice(cut));
    await pause(20);
    client.socket.resume();
    t.equal((await client.reply()).body.length, LARGE_BYTES);
    t.equal((await client.reply()).body.toString(), 'alpha\n', `cut at ${cut}`);
    client.destroy();
  }
});

t.test('it has the time of a head, not of an idle connection', async (t) => {
  const root = t.testdir({});
  writeFileSync(join(root, 'large.bin'), randomBytes(LARGE_BYTES));
  const { place } = await serve(t, { root, limits: { headTimeoutMs: 300, idleTimeoutMs: 3_600_000, sendTimeoutMs: 60_000 } });
  const client = await Client.open(place);
  client.socket.pause();
  await client.send(`${requestText('/large.bin')}GET /a`);
  await pause(100);
  client.socket.resume();
  t.equal((await client.reply()).body.length, LARGE_BYTES);
  t.equal((await client.reply()).status, 408, 'the head does not come');
  await client.nothingMore();
});
