// Streams that their clients give up: nothing of them stays, and their connection goes on.
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import t from 'tap';
import { until } from '../serving.ts';
import { serveSecure, skip } from '../5-tls/serving.ts';
import { ask, session } from './serving.ts';

t.test('answers and contents that are given up, as many as resets may be', { skip }, async (t) => {
  const origin = createServer((request, response) => { request.on('error', () => undefined).pipe(response); });
  t.teardown(() => { origin.close(); origin.closeAllConnections(); });
  origin.listen(0, '127.0.0.1');
  await once(origin, 'listening');
  const { place, lines, server } = await serveSecure(t, {}, {
    root: t.testdir({ 'large.bin': Buffer.alloc(9 << 20, 'large'), 'a.txt': 'alpha\n' }), routes: [{ path: '/o/*', proxy: { urls: [`http://127.0.0.1:${(origin.address() as AddressInfo).port}`] } }], accessLog: 'json',
  });
  const over = await session(t, place);
  for (let i = 0; i < 900; ++i) {
    const upload = i % 4 === 3;
    const stream = over.request(upload ? { ':method': 'POST', ':path': '/o/a' } : { ':path': ['/large.bin', '/a.txt', '/o/b'][i % 4]! }, { endStream: !upload });
    stream.on('error', () => undefined).resume();
    if (upload) stream.write(Buffer.alloc(1000));
    const closed = new Promise((resolve) => stream.once('close', resolve));
    if (i % 3 === 0) await Promise.race([once(stream, 'response').catch(() => undefined), closed]);
    stream.close(8);
    await closed;
  }
  t.equal((await ask(over, { ':path': '/a.txt' })).body.toString(), 'alpha\n', 'the connection is as it was');
  over.close();
  await until(async () => (await server.counts())['connections'] === 0, 'nothing is left of them');
  t.ok(lines().length > 0, 'those that were seen have their line');
});
