// Many requests at once on one connection: answered in order, each with its own bytes, also behind what takes long.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { closeSync, fsyncSync, mkdirSync, openSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Client, requestText } from '../client.ts';
import { serve } from '../serving.ts';
import { serveSite } from './site.ts';

t.test('a thousand requests in one piece', async (t) => {
  const { place } = await serveSite(t);
  const client = await Client.open(place);
  const targets = Array.from({ length: 1000 }, (_, i) => ['/a.txt', '/b.txt', '/no', '/', '/dir'][i % 5]!);
  void client.send(targets.map((target) => requestText(target)).join(''));
  const expected: Record<string, string> = { '/a.txt': '200 alpha\n', '/b.txt': '200 beta\n', '/no': '404 Not Found\n', '/': '200 <p>home\n', '/dir': '301 Moved to /dir/\n' };
  for (const [index, target] of targets.entries()) {
    const { status, body } = await client.reply();
    if (`${status} ${body.toString()}` !== expected[target]) t.fail(`answer ${index} to ${target}: ${status} ${body.toString()}`);
  }
  client.finish();
  await client.nothingMore();
});

t.test('three hundred different files that nobody has opened yet', async (t) => {
  const root = t.testdir({});
  const bodies = Array.from({ length: 300 }, (_, i) => `file ${i} ${'x'.repeat(i * 17)}`);
  for (const [i, body] of bodies.entries()) writeFileSync(join(root, `${i}.txt`), body);
  const { place } = await serve(t, { root, workers: 2, files: { openMax: 40 } });
  const client = await Client.open(place);
  void client.send(bodies.map((_, i) => requestText(`/${i}.txt`)).join(''));
  for (const [i, body] of bodies.entries()) {
    const reply = await client.reply();
    if (reply.body.toString() !== body) t.fail(`answer ${i} is not file ${i}`);
  }
  client.finish();
  await client.nothingMore();
});

t.test('behind a file that is not in memory', async (t) => {
  const root = t.testdir({ 'a.txt': 'alpha\n' });
  const cold = randomBytes(12 << 20);
  const path = join(root, 'cold.bin');
  const fd = openSync(path, 'w');
  writeFileSync(fd, cold);
  fsyncSync(fd);
  closeSync(fd);
  const { place, server } = await serve(t, { root, guard: { privateMaxBytes: 1 << 20 } });
  execFileSync('dd', [`if=${path}`, 'iflag=nocache', 'count=0'], { stdio: 'ignore' }); // POSIX_FADV_DONTNEED of all of it
  const client = await Client.open(place);
  void client.send(requestText('/cold.bin') + requestText('/a.txt') + requestText('/cold.bin', { fields: { Range: 'bytes=-5' } }) + requestText('/a.txt'));
  t.ok((await client.reply()).body.equals(cold), 'the cold file, whole');
  t.equal((await client.reply()).body.toString(), 'alpha\n', 'then the small one');
  t.ok((await client.reply()).body.equals(cold.subarray(-5)), 'then its end');
  t.equal((await client.reply()).body.toString(), 'alpha\n', 'then the small one');
  const { readAheads } = await server.counts();
  t.ok(readAheads! > 0, `${readAheads!} windows were read ahead by the pool`);
  client.finish();
  await client.nothingMore();
});

t.test('while the first answer is under way', async (t) => {
  const root = t.testdir({ 'a.txt': 'alpha\n' });
  const large = randomBytes(24 << 20);
  mkdirSync(join(root, 'd'));
  writeFileSync(join(root, 'large.bin'), large);
  const { place } = await serve(t, { root });
  const client = await Client.open(place);
  client.socket.pause();
  await client.send(requestText('/large.bin') + requestText('/a.txt').repeat(50));
  for (let i = 0; i < 200; ++i) await client.send(requestText('/a.txt').repeat(10)); // 100 KB while nothing is read
  client.socket.resume();
  t.ok((await client.reply()).body.equals(large), 'the large one');
  for (let i = 0; i < 2050; ++i) {
    const { body } = await client.reply();
    if (body.toString() !== 'alpha\n') t.fail(`answer ${i}: ${body.toString()}`);
  }
  client.finish();
  await client.nothingMore();
});
