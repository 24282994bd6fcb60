// A worker that was terminated in the middle of its tick ended the whole process: the addon threw an exception into an
// environment that was going down.
import t from 'tap';
import { createServer } from '../../server/index.ts';
import { Client, requestText } from '../client.ts';
import { pause } from '../serving.ts';

t.test('closed by force under load', async (t) => {
  const root = t.testdir({ 'a.txt': 'a' });
  for (let round = 0; round < 15; ++round) {
    const server = createServer({ root, workers: 2 });
    const [place] = await server.listen('127.0.0.1:0');
    const clients = await Promise.all(Array.from({ length: 8 }, () => Client.open(place!)));
    const pump = setInterval(() => {
      for (const client of clients) void client.send(requestText('/a.txt').repeat(50));
    }, 1);
    await pause(10 + round);
    await server.close({ force: true });
    clearInterval(pump);
    for (const client of clients) client.destroy();
  }
  t.pass('we are still here');
});
