// The answer to a peer that had reset its connection by the time the answer was planned was in no log.
import t from 'tap';
import { Client, requestText } from '../client.ts';
import { serve, until } from '../serving.ts';

t.test('it is logged as aborted', async (t) => {
  const { place, server, lines } = await serve(t, { root: t.testdir({ 'a.txt': 'a' }), accessLog: 'json' });
  // Small answers are sent at once or never: none is aborted on its way.
  await until(async () => {
    const client = await Client.open(place);
    await client.send(requestText('/a.txt'));
    client.reset();
    return lines().some((line) => line.includes('"incomplete":"aborted"'));
  }, 'a peer that was gone in time');
  await until(async () => (await server.counts())['connections'] === 0, 'all are gone');
  t.match(lines().map((line) => JSON.parse(line) as unknown).find((record) => (record as { incomplete?: string }).incomplete), { target: '/a.txt', status: 200, incomplete: 'aborted' });
});
