// The door for uWebSockets.js answers what the burst engine answers; slow clients slow it down, and those that go away leave nothing.
import { once } from 'node:events';
import { truncateSync } from 'node:fs';
import { get, type IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type * as Uws from 'uWebSockets.js';
import t, { type Test } from 'tap';
import { pagecast, type DoorReport, type UwsOptions } from '../../server/doors/uws.ts';
import { pause, until } from '../serving.ts';
import { burst, conforms, overHttp1, siteOptions } from './conformance.ts';
import { descriptors } from './listening.ts';

/** The package has a binary for each version of Node, and asks for a new one. */
const uws = await import('uWebSockets.js').catch((error: unknown) => String(error));
const LARGE = 12 << 20;

async function listening({ App, us_listen_socket_close, us_socket_local_port }: typeof Uws, t: Test, options: UwsOptions, path?: string): Promise<number> {
  const app = App();
  pagecast(options).mount(app, path);
  return new Promise((resolve, reject) => app.listen('127.0.0.1', 0, (socket) => {
    if (socket === false) return reject(new Error('it cannot listen'));
    t.teardown(() => us_listen_socket_close(socket));
    resolve(us_socket_local_port(socket));
  }));
}

async function begun(port: number, path = '/large.bin'): Promise<IncomingMessage> {
  const request = get({ host: '127.0.0.1', port, path, agent: false });
  request.on('error', () => undefined);
  const [message] = (await once(request, 'response')) as [IncomingMessage];
  message.on('error', () => undefined);
  return message;
}

if (typeof uws === 'string') {
  t.test('uWebSockets.js', { skip: `it cannot be loaded: ${uws.split('\n')[0]!}` }, (t) => t.end());
} else {
  t.test('conformance', async (t) => {
    const options = siteOptions(t);
    const door = overHttp1({ host: '127.0.0.1', port: await listening(uws, t, options) });
    // Heads of more than 4 KiB are refused before they come to any route.
    t.ok(await conforms(t, { ...door, leavesOut: ({ ask }) => ask.length > 4000 }, await burst(t, options)) > 300);
  });

  t.test('below a path', async (t) => {
    const root = t.testdir({ 'a.txt': 'a', sub: { 'index.html': 'sub' } });
    const port = await listening(uws, t, { root }, '/docs');
    const ask = async (path: string): Promise<unknown> => {
      const { statusCode, headers: { location } } = await begun(port, path);
      return [statusCode, location];
    };
    t.strictSame(await ask('/docs/a.txt'), [200, undefined]);
    t.strictSame(await ask('/docs/sub?q'), [301, '/docs/sub/?q']);
    t.strictSame(await ask('/docs?q'), [301, '/docs/?q']);
    t.strictSame(await ask('/docs/none'), [404, undefined]);
  });

  t.test('slow, gone and broken', async (t) => {
    const root = t.testdir({ 'large.bin': Buffer.alloc(LARGE, 'l') });
    const reports: DoorReport[] = [];
    const port = await listening(uws, t, { root, protect: 'off', onReport: (report) => reports.push(report) });
    for (let i = 0; i < 2; ++i) {
      const message = await begun(port);
      await pause(100);
      t.ok((await buffer(message)).equals(Buffer.alloc(LARGE, 'l')));
    }
    await pause(100);
    const before = descriptors();
    for (let round = 0; round < 20; ++round) {
      const clients = Array.from({ length: 20 }, () => connect(port, '127.0.0.1').on('error', () => undefined));
      for (const client of clients) client.write('GET /large.bin HTTP/1.1\r\nHost: a\r\n\r\n');
      for (const client of clients.slice(0, 8)) client.resume();
      await pause(Math.random() * 15);
      for (const client of clients) client.resetAndDestroy();
    }
    await until(() => descriptors() <= before, `${before} descriptors again`);
    const cut = await begun(port);
    await once(cut, 'readable');
    truncateSync(join(root, 'large.bin'), 10);
    const closed = new Promise((resolve) => cut.once('close', resolve));
    cut.resume();
    await closed;
    t.notOk(cut.complete);
    await until(() => reports.length > 0, 'a report');
    t.match(reports, [{ name: 'fileShortened' }]);
  });
}
