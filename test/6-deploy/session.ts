// One life of the command, with something of everything that makes system calls: files small, large and compressed, ranges, an origin
// behind, a store on disk, a unix socket, the control plane, the log reopened, and the end by SIGTERM.
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer, get, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import type { Test } from 'tap';
import { ask } from '../client.ts';
import { running, type Ended } from '../command.ts';
import { shortFolder, until } from '../serving.ts';

/** Above guard.privateMaxBytes: sent from its own pages, under a lease. */
const LARGE_BYTES = 9 << 20;
const TEXT = 'what compresses well '.repeat(4000);

/** @param before words that run it: a loader, a tracer. */
export async function session(t: Test, before: readonly string[]): Promise<Ended> {
  const folder = shortFolder(t);
  const large = randomBytes(LARGE_BYTES);
  for (const name of ['site', 'store']) mkdirSync(join(folder, name));
  writeFileSync(join(folder, 'site/small.txt'), 'small');
  writeFileSync(join(folder, 'site/large.bin'), large);
  writeFileSync(join(folder, 'site/text.txt'), TEXT);
  const control = join(folder, 'control');
  const server = await running(t, [
    join(folder, 'site'), '--proxy', await origin(t), '--store', join(folder, 'store'), '--listen', '127.0.0.1:0', '--listen', `unix:${folder}/web`,
    '--control', `unix:${control}`, '--workers', '2', '--log-file', join(folder, 'log'),
  ], { before });
  const { place } = server;
  t.same((await ask(place, '/small.txt')).body.toString(), 'small', 'a small file');
  t.ok((await ask(place, '/large.bin')).body.equals(large), 'a large one');
  t.ok((await ask(place, '/large.bin', { fields: { Range: 'bytes=100-199' } })).body.equals(large.subarray(100, 200)), 'a part of it');
  await until(async () => (await ask(place, '/text.txt', { fields: { 'Accept-Encoding': 'br' } })).fields.get('content-encoding') === 'br', 'a compressed copy');
  t.same((await ask(place, '/made?1')).body.toString(), 'made /made?1', 'from the origin');
  await until(async () => /;\s*hit/.test((await ask(place, '/made?1')).fields.get('cache-status') ?? ''), 'a hit');
  t.equal((await ask(place, '/missing')).status, 404);
  t.equal((await ask({ host: join(folder, 'web'), port: -1 }, '/small.txt')).status, 200, 'over a unix socket');
  t.equal(await told(control, '/readyz'), 'ok\n');
  t.match(await told(control, '/metrics'), /^pagecast_workers 2$/m);
  // Of the server itself: a tracer before it would only let go of it.
  process.kill(server.told.pid, 'SIGUSR1');
  process.kill(server.told.pid, 'SIGTERM');
  return server.ended;
}

async function told(socketPath: string, path: string): Promise<string> {
  const [response] = (await once(get({ socketPath, path }), 'response')) as [IncomingMessage];
  return text(response);
}

async function origin(t: Test): Promise<string> {
  const server = createServer((request, response) => {
    if (request.url === '/missing') response.statusCode = 404;
    response.setHeader('Cache-Control', 'max-age=60');
    response.end(`made ${request.url!}`);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}
