// The end: readiness goes first, the control plane last, and it holds nothing back.
import { writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { Client, requestText, type Place } from '../client.ts';
import { running, type Running } from '../command.ts';
import { shortFolder, until } from '../serving.ts';
import { controlled, placeOf, put } from './controlling.ts';

function refused(place: Place): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(place.port < 0 ? { path: place.host } : place);
    socket.once('connect', () => {
      socket.destroy();
      resolve(false);
    });
    socket.once('error', () => resolve(true));
  });
}

/** With a download that does not end before it is read. */
async function downloading(t: Test, ...args: string[]): Promise<{ server: Running; control: Place; client: Client }> {
  const dir = shortFolder(t);
  writeFileSync(join(dir, 'large.bin'), Buffer.alloc(24 << 20));
  const control = { host: join(dir, 'control'), port: -1 };
  const server = await running(t, [dir, '-p', '0', '-H', '127.0.0.1', '--workers', '2', '--control', `unix:${control.host}`, ...args]);
  const client = await Client.open(server.place);
  t.teardown(() => client.destroy());
  client.socket.pause();
  await client.send(requestText('/large.bin'));
  await until(async () => (await put(control, '/metrics')).text.includes('pagecast_connections 1\n'), 'the download');
  return { server, control, client };
}

t.test('SIGTERM: not ready any more, alive to the end', async (t) => {
  const { server, control, client } = await downloading(t);
  t.equal((await put(control, '/readyz')).status, 200);
  process.kill(server.pid, 'SIGTERM');
  await until(() => refused(server.place), 'the site is closed');
  t.match(await put(control, '/readyz'), { status: 503, json: { detail: 'draining' } });
  t.equal((await put(control, '/livez')).status, 200);
  t.equal((await put(control, '/startupz')).status, 200);
  t.match((await put(control, '/api/v1/status')).json, { phase: 'draining', draining: true });
  const listener = await Client.open(control);
  await listener.send(requestText('/api/v1/events'));
  await listener.head();
  client.socket.resume();
  await client.reply();
  client.finish();
  t.match(await server.ended, { code: 0, signal: null }, 'whoever listens does not hold it back');
  await listener.end();
  listener.destroy();
  t.ok(await refused(control));
});

t.test('drain: the same, and the process ends', async (t) => {
  const { server, control, client } = await downloading(t);
  t.match(await put(control, '/api/v1/drain', { method: 'POST', content: {} }), { status: 202, json: { draining: true } });
  t.equal((await put(control, '/readyz')).status, 503, 'at once');
  t.equal((await put(control, '/api/v1/drain', { method: 'POST', content: {} })).status, 202, 'twice is once');
  client.socket.resume();
  t.equal((await client.reply()).body.length, 24 << 20, 'the download is finished');
  client.finish();
  t.match(await server.ended, { code: 0, signal: null });
  t.match(server.stderr(), /"msg":"the server drains, as it was told over the control plane"/);
});

t.test('a download that does not end is ended by a second signal', async (t) => {
  const { server, control } = await downloading(t, '--grace-period', '3600');
  await put(control, '/api/v1/drain', { method: 'POST', content: {} });
  await until(() => refused(server.place), 'it drains');
  process.kill(server.pid, 'SIGTERM');
  t.match(await server.ended, { code: 0, signal: null });
});

t.test('of a library, drain is close(); nothing listens then', async (t) => {
  const path = join(shortFolder(t), 's');
  const { server, control } = await controlled(t, { root: t.testdir({}), control: `unix:${path}` });
  const held = await Client.open(control);
  await held.send('POST /api/v1/purge HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{');
  t.equal((await put(control, '/api/v1/drain', { method: 'POST', content: {} })).status, 202);
  t.equal(server.phase, 'draining');
  await server.close();
  t.ok(await refused(control), 'the control plane is closed');
  await held.end();
  held.destroy();
});

t.test('not ready while it starts', async (t) => {
  const path = join(shortFolder(t), 's');
  const seen: string[] = [];
  const dir = t.testdir({});
  const state = { isOver: false };
  const started = running(t, [dir, '-p', '0', '-H', '127.0.0.1', '--workers', '1', '--control', `unix:${path}`]).finally(() => (state.isOver = true));
  while (!state.isOver) {
    try {
      const { status, json } = await put({ host: path, port: -1 }, '/readyz');
      seen.push(`${status} ${String(json['detail'])}`);
    } catch {
      seen.push('not there');
    }
  }
  await started;
  t.equal((await put({ host: path, port: -1 }, '/readyz')).status, 200);
  t.ok(seen.every((one) => ['not there', '503 starting', '503 no worker is ready', '200 undefined'].includes(one)), [...new Set(seen)].join(', '));
  t.ok(seen.length > 0);
});

t.test('forced: at once', async (t) => {
  const { server, control } = await controlled(t, { root: t.testdir({}) });
  const idle = await Client.open(placeOf(server.controlAddress!));
  await server.close({ force: true });
  await idle.end();
  idle.destroy();
  t.ok(await refused(control));
});
