// More peers than there is room for, peers that vanish, and descriptors that run out: the longest idle make room, those
// with work keep their connections, and the counters say so.
import { randomBytes } from 'node:crypto';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ask, Client, requestText, type Place } from '../client.ts';
import { confined, type Confined } from '../confined.ts';
import { serve, until } from '../serving.ts';
import { serveSite, together } from './site.ts';

async function idleClients(place: Place, count: number, target = '/a.txt', status = 200): Promise<Client[]> {
  const clients: Client[] = [];
  for (let i = 0; i < count; ++i) {
    const client = await Client.open(place);
    await client.send(requestText(target));
    const reply = await client.reply();
    if (reply.status !== status) throw new Error(`client ${i}: ${reply.status}`);
    clients.push(client);
  }
  return clients;
}

t.test('more connections than limits.connectionsMax', async (t) => {
  const { place, server, reports } = await serveSite(t, { limits: { connectionsMax: 20 } });
  const idle = await idleClients(place, 20);
  const later = await idleClients(place, 5);
  t.equal(later.length, 5, 'five more are served');
  await idle[0]!.nothingMore();
  t.pass('the longest idle was closed in good order');
  await idle[19]!.send(requestText('/a.txt'));
  t.equal((await idle[19]!.reply()).status, 200, 'the one that was used last is still there');
  const counts = await server.counts();
  t.ok(counts['connectionsShed']! >= 5, `${counts['connectionsShed']!} shed`);
  t.ok(counts['acceptRefused']! >= 1, 'counted');
  t.ok(counts['connections']! <= 20, 'never more than the bound');
  t.ok(reports.some(({ name }) => name === 'acceptRefused'), 'reported');
  for (const client of [...idle, ...later]) client.destroy();
});

t.test('nobody is idle: the new one waits until somebody is done', async (t) => {
  const { place, server } = await serveSite(t, { limits: { connectionsMax: 2, headTimeoutMs: 60_000 } });
  const busy = [await Client.open(place), await Client.open(place)];
  for (const client of busy) await client.send('GET /a.txt HTTP/1.1\r\n');
  await until(async () => (await server.counts())['connections'] === 2, 'both');
  const waiting = await Client.open(place);
  await waiting.send(requestText('/a.txt'));
  await until(async () => (await server.counts())['acceptRefused']! > 0, 'the third is refused for now');
  await busy[0]!.send('Host: h\r\n\r\n');
  t.equal((await busy[0]!.reply()).status, 200, 'one with work is not shed');
  t.equal((await waiting.reply()).status, 200, 'and the new one is served after it');
  for (const client of [...busy, waiting]) client.destroy();
});

/** A server in a process with 90 descriptors, that believes in a thousand connections. */
function fewDescriptors(t: Test, root: string): Promise<Confined> {
  return confined(t, ['sh', '-c', 'ulimit -n 200; exec "$0" "$@"'], { root, workers: 1, limits: { connectionsMax: 1000 }, files: { openMax: 200 } });
}

t.test('descriptors run out', async (t) => {
  const root = t.testdir({ 'a.txt': 'alpha\n' });
  for (let i = 0; i < 100; ++i) writeFileSync(join(root, `${i}.txt`), `file ${i}\n`);
  const { place, pid, ...server } = await fewDescriptors(t, root);
  const before = readdirSync(`/proc/${pid}/fd`).length;
  t.ok(before < 60, `${before} descriptors before anybody comes`);

  const clients = await idleClients(place, 260);
  t.equal(clients.length, 260, 'each of 260 clients was served once');
  // Files need descriptors too: with all of them taken by connections, some of those make room.
  const asked = clients.at(-1)!;
  for (let i = 0; i < 100; ++i) {
    await asked.send(requestText(`/${i}.txt`));
    const { status, body } = await asked.reply();
    if (status !== 200 || body.toString() !== `file ${i}\n`) t.fail(`file ${i}: ${status}`);
  }
  const { counts } = await server.told();
  t.ok(counts['acceptRefused']! > 0, `accept found no descriptor ${counts['acceptRefused']!} times`);
  t.ok(counts['connectionsShed']! > 0, `${counts['connectionsShed']!} idle connections were closed`);
  t.equal(counts['accepted'], 260, 'all were accepted in the end');
  for (const client of clients) client.destroy();
  t.equal(await server.end(), 0, 'it ends in good order');
});

t.test('connections hold every descriptor, and no file is open', async (t) => {
  const { place, ...server } = await fewDescriptors(t, t.testdir({}));
  // A look at the disk needs a descriptor: each answer is 404, none 503.
  const clients = await idleClients(place, 260, '/missing', 404);
  t.ok((await server.told()).counts['connectionsShed']! > 0, 'idle connections made room');
  for (const client of clients) client.destroy();
  t.equal(await server.end(), 0);
});

t.test('peers that vanish', async (t) => {
  const { place, server } = await serveSite(t, { workers: 2 });
  await together(Array.from({ length: 1500 }, (_, i) => i), 50, async (i) => {
    const client = await Client.open(place);
    if (i % 3 === 0) void client.send(requestText('/a.txt').repeat(1 + (i % 7)));
    if (i % 3 === 1) void client.send('GET /a.t');
    client.reset();
  });
  t.equal((await ask(place, '/a.txt')).body.toString(), 'alpha\n', 'the others are served');
  await until(async () => (await server.counts())['connections'] === 0, 'no connection is left behind');
  t.equal((await server.counts())['workersReplaced'], 0, 'nobody died of it');
});

t.test('peers that vanish in the middle of a large answer', async (t) => {
  const { place, server } = await serve(t, { root: t.testdir({ 'large.bin': randomBytes(3 << 20), 'a.txt': 'alpha\n' }), workers: 2 });
  await together(Array.from({ length: 200 }, (_, i) => i), 20, async (i) => {
    const client = await Client.open(place);
    await client.send(requestText('/large.bin').repeat(3));
    if (i % 2 === 0) await client.head();
    client.reset();
  });
  t.equal((await ask(place, '/a.txt')).body.toString(), 'alpha\n');
  await until(async () => (await server.counts())['connections'] === 0, 'no connection is left behind');
  const { workersReplaced, files } = await server.counts();
  t.equal(workersReplaced, 0);
  // Two files; two workers that load one at the same moment make a record each.
  t.ok(files! <= 4, `and no file: ${files!} records`);
});
