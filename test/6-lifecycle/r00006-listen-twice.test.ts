// Two calls of listen() at once both listened, and one of the two could never be closed; a close() while listen() was
// under way was forgotten.
import t from 'tap';
import { createServer } from '../../server/index.ts';
import { Client } from '../client.ts';

t.test('two at once', async (t) => {
  const server = createServer({ root: t.testdir({}), workers: 1 });
  const [first, second] = await Promise.allSettled([server.listen('127.0.0.1:0'), server.listen('127.0.0.1:0')]);
  t.equal(first.status, 'fulfilled');
  t.equal(second.status, 'rejected');
  await server.close();
});

for (const force of [false, true]) {
  for (const turns of [0, 1, 3, 10, 40]) {
    t.test(`close() ${turns} turns after listen()${force ? ', forced' : ''}`, async (t) => {
      const server = createServer({ root: t.testdir({}), workers: 2 });
      const listening = server.listen('127.0.0.1:0').catch((error: unknown) => error);
      for (let i = 0; i < turns; ++i) await new Promise((resolve) => setImmediate(resolve));
      const address = server.address();
      await server.close({ force });
      await listening;
      t.equal(server.address(), null);
      if (address) await t.rejects(Client.open(address), { code: 'ECONNREFUSED' });
    });
  }
}
