// Workers: all of them serve, one that dies is replaced, and what is queued on its listener waits for the next.
import { randomBytes } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import t from 'tap';
import { upset, workersOf } from './workers.ts';
import { createServer } from '../../server/index.ts';
import { ask, Broken, Client, requestText } from '../client.ts';
import { pause, serve, shortFolder, until } from '../serving.ts';

interface WorkerCounts {
  readonly type: string;
  readonly counts: Readonly<Record<string, number>>;
}

t.test('a record that only the dead one used is dropped', async (t) => {
  const root = t.testdir({ 'a.txt': 'a' });
  const { place, server } = await serve(t, { root, workers: 1 });
  await ask(place, '/a.txt');
  t.equal((await server.counts())['files'], 1);
  void workersOf(root)[0]!.terminate();
  await until(async () => (await server.counts())['workersReplaced'] === 1, 'its successor');
  await until(async () => (await server.counts())['files'] === 0, 'nobody holds the file any more');
  t.equal((await ask(place, '/a.txt')).body.toString(), 'a');
});

t.jobs = 4; // the others, at once

t.test('all of them serve', { buffered: true }, async (t) => {
  for (const where of ['127.0.0.1:0', 'unix']) {
    const root = t.testdir({ 'a.txt': 'a' });
    const { place, server } = await serve(t, { root, workers: 3 }, where === 'unix' ? `unix:${join(shortFolder(t), 's')}` : where);
    const accepted = new Map<number, number>();
    for (const [index, worker] of workersOf(root).slice(-3).entries()) worker.on('message', ({ type, counts }: WorkerCounts) => type === 'counts' && accepted.set(index, counts['accepted']!));
    await until(async () => {
      await Promise.all(Array.from({ length: 40 }, () => ask(place, '/a.txt')));
      await server.counts();
      return [...accepted.values()].filter((count) => count > 0).length === 3;
    }, `each of three workers accepts on ${where}`);
    t.pass(`${where}: ${[...accepted.values()].join(', ')} connections`);
    await server.close();
  }
});

for (const [how, harm] of [['throws', upset], ['is terminated', (worker: Worker): void => void worker.terminate()]] as const) {
  t.test(`one that ${how} is replaced; connections that were queued survive`, { buffered: true }, async (t) => {
    const root = t.testdir({ 'a.txt': 'a' });
    writeFileSync(join(root, 'large.bin'), randomBytes(12 << 20));
    const { place, server, reports } = await serve(t, { root, workers: 2 });
    const asked = await Promise.all(Array.from({ length: 20 }, async () => {
      const client = await Client.open(place);
      client.socket.pause();
      await client.send(requestText('/large.bin'));
      return client;
    }));
    await until(async () => (await server.counts())['requests'] === 20, 'twenty downloads');
    harm(workersOf(root)[0]!);
    // A connection that it accepts while it is being ended dies with it, rightly.
    await until(() => reports.length > 0, 'its death');
    // Its half of these wait in its listener's queue.
    const late = await Promise.all(Array.from({ length: 60 }, async () => (await ask(place, '/a.txt')).body.toString()));
    t.strictSame(new Set(late), new Set(['a']), 'sixty that came after it was gone are all served');
    const ends = await Promise.all(asked.map(async (client) => {
      client.socket.resume();
      return client.reply().then(() => 'whole', (error: unknown) => (error instanceof Broken ? 'broken' : String(error)));
    }));
    t.strictSame(new Set(ends), new Set(['whole', 'broken']), 'its own connections ended with it, those of the other did not');
    t.match(reports, [{ name: 'workerDied', facts: { worker: 0 } }], 'reported');
    if (how === 'throws') t.match(reports[0]!.facts['error'], /TypeError[\s\S]*worker/, 'with what it threw');
    t.equal((await server.counts())['workersReplaced'], 1, 'counted');
    for (const client of asked) client.destroy();
    t.equal(workersOf(root).length, 3);
    await server.close();
  });
}

t.test('one that keeps dying does not spin', { buffered: true }, async (t) => {
  const root = t.testdir({ 'a.txt': 'a' });
  const { place } = await serve(t, { root, workers: 1 });
  upset(workersOf(root)[0]!);
  await until(() => workersOf(root).length === 2, 'its successor');
  upset(workersOf(root)[1]!);
  t.equal((await ask(place, '/a.txt')).body.toString(), 'a', 'whoever comes in between waits');
  t.equal(workersOf(root).length, 3);
});

t.test('it is not replaced while the server closes', { buffered: true }, async (t) => {
  const root = t.testdir({});
  const server = createServer({ root, workers: 2 });
  await server.listen('127.0.0.1:0');
  upset(workersOf(root)[0]!);
  await pause(20);
  const closing = server.close();
  const begun = workersOf(root).length; // 3 where it had lived long enough to be replaced at once
  await closing;
  await pause(1100);
  t.equal(workersOf(root).length, begun);
});
