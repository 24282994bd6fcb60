// A server that was just full shed the connection that it had accepted last: full was taken for one too many, and a new
// connection, whose time for its first request is the shortest, for the one that had been idle longest.
import t from 'tap';
import { Client, requestText } from '../client.ts';
import { pause, until } from '../serving.ts';
import { serveSite } from './site.ts';

t.test('full is not too many', async (t) => {
  const { place, server } = await serveSite(t, { limits: { connectionsMax: 10 } });
  const clients = await Promise.all(Array.from({ length: 10 }, () => Client.open(place)));
  await until(async () => (await server.counts())['accepted'] === 10, 'all ten');
  await pause(50);
  for (const client of clients) {
    await client.send(requestText('/a.txt'));
    t.equal((await client.reply()).status, 200);
  }
  t.match(await server.counts(), { connectionsShed: 0, acceptRefused: 0, connections: 10 });
  for (const client of clients) client.destroy();
});

t.test('who came last goes last', async (t) => {
  const { place, server } = await serveSite(t, { limits: { connectionsMax: 12, headTimeoutMs: 5000, idleTimeoutMs: 60_000 } });
  const old: Client[] = [];
  for (let i = 0; i < 11; ++i) {
    const client = await Client.open(place);
    await client.send(requestText('/a.txt'));
    await client.reply();
    old.push(client);
  }
  await pause(20);
  const silent = await Client.open(place);
  await until(async () => (await server.counts())['accepted'] === 12, 'the silent one');
  const late = await Client.open(place);
  await late.send(requestText('/a.txt'));
  t.equal((await late.reply()).status, 200, 'the one too many is served');
  await silent.send(requestText('/a.txt'));
  t.equal((await silent.reply()).status, 200, 'the one that had said nothing yet, too');
  await old[0]!.nothingMore();
  t.pass('the oldest was closed');
  for (const client of [...old, silent, late]) client.destroy();
});
