// The answer to a peer that had reset its connection by the time the answer was planned was in no log.
import t from 'tap';
import { Client, requestText } from '../client.ts';
import { serve, until } from '../serving.ts';

t.test('it is logged as aborted', async (t) => {
  const { place, server, lines } = await serve(t, { root: t.testdir({ 'a.txt': 'a' }), accessLog: 'json' });
  let served = 0;
  await until(async () => {
    const client = await Client.open(place);
    await client.send(requestText('/a.txt'));
    client.reset();
    served = (await server.counts())['requests']!;
    return served >= 20;
  }, 'some were planned');
  await until(async () => (await server.counts())['connections'] === 0, 'all are gone');
  served = (await server.counts())['requests']!;
  await until(() => lines().length === served, `a line for each of ${served} answers`);
  t.pass(`${lines().filter((line) => line.includes('"incomplete":"aborted"')).length} of them aborted`);
});
