// A config with sites and routes, run by the command: two workers, one store, functions that each of them has.
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { requestText } from '../client.ts';
import { running } from '../command.ts';
import { until } from '../serving.ts';
import { askRaw } from './routing.ts';

const CONFIG = `
export default ({ env }) => ({
  workers: 2,
  proxyProtocol: ['192.0.2.0/24'],
  sites: [
    {
      hosts: ['api.example'],
      proxy: env.STABLE,
      routes: [
        { path: '/fail', handle: () => { throw new Error('of purpose'); } },
        { path: '/stray', handle: () => { void Promise.reject(new Error('nobody waits')); return new Response('stray'); } },
        { path: '/echo', handle: async (request) => new Response(await request.text(), { headers: { 'X-Of': new URL(request.url).host } }) },
        { requestHeaders: { 'X-Beta': /^(1|on)$/ }, proxy: env.BETA },
      ],
    },
    { root: './files', routes: [{ path: '/old/*', redirect: { to: '/:splat', status: 301 } }, { path: '/teapot', respond: { status: 418, body: 'short' } }] },
  ],
});
`;

async function origin(t: Test, name: string): Promise<{ readonly url: string; readonly asked: string[] }> {
  const asked: string[] = [];
  const server = createServer((request, response) => {
    asked.push(request.url!);
    response.writeHead(200, { 'Cache-Control': 'max-age=1000' }).end(name);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

t.test('sites and routes over two workers', async (t) => {
  const [stable, beta] = await Promise.all([origin(t, 'stable'), origin(t, 'beta')]);
  const folder = t.testdir({ 'pagecast.config.mjs': CONFIG, files: { 'index.html': '<p>home', a: 'a' } });
  const { place, stderr, stdout } = await running(t, ['-c', join(folder, 'pagecast.config.mjs'), '--listen', '127.0.0.1:0'], { cwd: folder, env: { STABLE: stable.url, BETA: beta.url } });
  const api = (target: string, fields: Readonly<Record<string, string>> = {}, method = 'GET'): ReturnType<typeof askRaw> => askRaw(place, requestText(target, { method, fields: { Host: 'api.example', ...fields } }), method);
  // Connections land on either worker.
  for (let i = 0; i < 20; i++) {
    t.equal((await api('/x')).body.toString(), 'stable');
    t.equal((await api('/x', { 'X-Beta': 'on' })).body.toString(), 'beta');
  }
  t.strictSame([stable.asked, beta.asked], [['/x'], ['/x']], 'stored for both workers, apart');
  t.strictSame(JSON.parse((await api('/x', {}, 'PURGE')).body.toString()), { purged: 2 });
  for (let i = 0; i < 10; i++) await Promise.all([api('/x'), api('/x', { 'X-Beta': '1' })]);
  t.strictSame([stable.asked.length, beta.asked.length], [2, 2]);

  for (let i = 0; i < 10; i++) {
    const echoed = await askRaw(place, 'POST /echo HTTP/1.1\r\nHost: api.example\r\nContent-Length: 5\r\n\r\nhello');
    t.strictSame([echoed.body.toString(), echoed.fields.get('x-of')], ['hello', 'api.example']);
    t.equal((await api('/fail')).status, 500);
    t.equal((await api('/stray')).body.toString(), 'stray');
  }
  // The log has the first of a kind.
  await until(() => /of purpose|nobody waits/.test(stderr() + stdout()), 'what the handlers failed with');
  t.notMatch(stderr() + stdout(), /workerDied/, 'no worker has ended for it');
  t.equal((await askRaw(place, requestText('/'))).body.toString(), '<p>home');
  t.equal((await askRaw(place, requestText('/old/a'))).fields.get('location'), '/a');
  t.equal((await askRaw(place, requestText('/teapot'))).status, 418);
  t.equal((await askRaw(place, `PROXY TCP4 192.0.2.1 192.0.2.2 1 2\r\n${requestText('/')}`)).status, 400, 'from one who is not listed');
});
