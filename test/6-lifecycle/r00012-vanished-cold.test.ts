// A peer that vanished while its cold file was looked up was counted among the requests and was in no log.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Client, requestText } from '../client.ts';
import { serve, until } from '../serving.ts';

t.test('each request has its line', async (t) => {
  const root = t.testdir({});
  for (let i = 0; i < 200; ++i) writeFileSync(join(root, `${i}.bin`), Buffer.alloc(1 << 20, i));
  const { place, server, lines } = await serve(t, { root, accessLog: 'json' });
  for (let i = 0; i < 200; ++i) {
    const client = await Client.open(place);
    await client.send(requestText(`/${i}.bin`));
    client.reset();
  }
  await until(async () => (await server.counts())['connections'] === 0, 'all are gone');
  const { requests } = await server.counts();
  t.ok(requests! > 0, `${requests!} of 200 were heard`);
  await until(() => lines().length >= requests!, 'as many lines');
  t.equal(lines().length, requests);
});
