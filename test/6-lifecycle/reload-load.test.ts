// Reloads while requests come: together on all workers, none of them fails, and nothing is left.
import { readdirSync } from 'node:fs';
import t from 'tap';
import type { ServerOptions } from '../../server/index.ts';
import { ask, Client, requestText } from '../client.ts';
import { serve, until } from '../serving.ts';
import { bodyOf, origin, version } from './reloading.ts';

t.test('no worker answers by the old one after another has answered by the new one', async (t) => {
  const { server, place } = await serve(t, { workers: 4, ...version('0') });
  const clients = await Promise.all(Array.from({ length: 32 }, () => Client.open(place)));
  let newest = 0;
  let late = 0;
  let over = false;
  const seen = new Set<number>();
  const asking = clients.map(async (client) => {
    while (!over) {
      // Sent after somebody has had this answer.
      const least = newest;
      const number = Number(await bodyOf(client, '/version'));
      if (number < least) late += 1;
      newest = Math.max(newest, number);
      seen.add(number);
    }
  });
  for (let number = 1; number <= 20; ++number) await server.reload({ workers: 4, ...version(String(number)) });
  over = true;
  await Promise.all(asking);
  t.equal(late, 0);
  t.ok(seen.size > 2, `${seen.size} policies were seen`);
  t.equal(await bodyOf(clients[0]!, '/version'), '20');
  const { accepted } = await server.counts();
  t.equal(accepted, clients.length, 'over the connections that were there');
  for (const client of clients) client.destroy();
});

t.test('nothing is left of what was in force', async (t) => {
  const root = t.testdir(Object.fromEntries(Array.from({ length: 20 }, (_, i) => [`${i}.txt`, `file ${i}`])));
  const { url } = await origin(t, (_, response) => response.setHeader('Cache-Control', 'no-store').end('origin'));
  const options: ServerOptions = { workers: 2, root, precompressed: true, routes: [{ path: '/api/*', proxy: url }, { path: '/sub/*', root }] };
  const { server, place } = await serve(t, options);
  const descriptors = (): number => readdirSync('/proc/self/fd').length;
  const round = async (): Promise<void> => {
    for (const target of ['/1.txt', '/2.txt', '/sub/3.txt', '/api/x']) t.equal((await ask(place, target)).status === 500, false);
    await server.reload(options);
  };
  const settled = async (): Promise<readonly [number, number]> => {
    await until(async () => (await server.counts())['files'] === 0, 'files of policies that are gone are let go');
    return [(await server.counts())['files']!, descriptors()];
  };
  for (let i = 0; i < 5; ++i) await round();
  const [filesBefore, before] = await settled();
  for (let i = 0; i < 60; ++i) await round();
  const [files] = await settled();
  t.equal(files, filesBefore);
  await until(() => descriptors() <= before + 2, `descriptors: ${before} before`);
  t.ok(descriptors() <= before + 2, `${descriptors()} descriptors, ${before} before`);
});

t.test('no request fails, whatever is under way', async (t) => {
  const root = t.testdir({ 'a.txt': 'a'.repeat(100_000), 'b.txt': 'b' });
  const { url } = await origin(t, (_, response) => response.setHeader('Cache-Control', 'max-age=1').end('c'.repeat(30_000)));
  const options = (text: string): ServerOptions => ({ workers: 2, root, routes: [{ path: '/api/*', proxy: url }, { path: '/version', respond: { body: text } }] });
  const { server, place, reports } = await serve(t, options('0'));
  let over = false;
  let answered = 0;
  const wrong: string[] = [];
  const lengths: Readonly<Record<string, number>> = { '/a.txt': 100_000, '/b.txt': 1, '/api/x': 30_000 };
  const targets = Object.keys(lengths);
  const asking = Array.from({ length: 16 }, async (_, n) => {
    let client = await Client.open(place);
    for (let i = n; !over; ++i) {
      const target = targets[i % targets.length]!;
      await client.send(requestText(target));
      const { status, body } = await client.reply();
      if (status !== 200 || body.length !== lengths[target]) wrong.push(`${target} ${status} ${body.length}`);
      answered += 1;
      if (i % 10 === 0) {
        client.destroy();
        client = await Client.open(place);
      }
    }
    client.destroy();
  });
  for (let i = 1; i <= 20; ++i) await server.reload(options(String(i)));
  over = true;
  await Promise.all(asking);
  t.strictSame(wrong, []);
  t.ok(answered > 20, `${answered} answers`);
  t.strictSame(reports.filter(({ name }) => !/^lease/.test(name)), []);
});
