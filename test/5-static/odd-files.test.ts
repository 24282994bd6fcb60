// What is no regular file, what may not be read, and files that change while they are being sent.
import { execFileSync, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, chmodSync, mkdirSync, mkdtempSync, rmSync, truncateSync, unlinkSync, writeFileSync } from 'node:fs';
import { createServer as createSocketServer } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ask, Broken, Client, requestText } from '../client.ts';
import { running } from '../command.ts';
import type { Protect } from '../../server/options.ts';
import { pause, serve, shortFolder, until, type Serving } from '../serving.ts';

t.test('no regular file: 404, at once', async (t) => {
  const root = shortFolder(t);
  writeFileSync(join(root, 'file.txt'), 'x');
  execFileSync('mkfifo', [join(root, 'fifo')]);
  const socket = createSocketServer().listen(join(root, 'socket'));
  t.teardown(() => socket.close());
  const device = spawnSync('mknod', [join(root, 'zero'), 'c', '1', '5']).status === 0;
  const { place } = await serve(t, { root });
  const targets = ['/fifo', '/socket', '/fifo/', '/socket/x', ...(device ? ['/zero'] : [])];
  for (let round = 0; round < 2; ++round) {
    for (const target of targets) t.equal((await ask(place, target)).status, 404, target);
    await pause(60);
  }
  if (!device) t.pass('a device', { skip: 'mknod needs CAP_MKNOD' });
  t.equal((await ask(place, '/file.txt')).status, 200, 'the pool is not stuck in any of them');
});

const drop = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
const mayDrop = spawnSync(drop[0]!, [...drop.slice(1), 'true']).status === 0;

t.test('what may not be read: 403, until it may', { skip: mayDrop ? false : 'needs setpriv, and to be root, to run a server as nobody' }, async (t) => {
  const root = mkdtempSync('/tmp/pagecast-unreadable-');
  t.teardown(() => rmSync(root, { recursive: true }));
  chmodSync(root, 0o755);
  for (const name of ['open.txt', 'closed.txt']) writeFileSync(join(root, name), name);
  mkdirSync(join(root, 'closed'));
  writeFileSync(join(root, 'closed/file.txt'), 'below');
  chmodSync(join(root, 'closed.txt'), 0o600);
  chmodSync(join(root, 'closed'), 0o700);
  const { place } = await running(t, [root, '-p', '0', '-H', '127.0.0.1', '--workers', '1'], { before: drop, cwd: '/' });
  const statuses = async (): Promise<number[]> => Promise.all(['/open.txt', '/closed.txt', '/closed/file.txt', '/closed/', '/closed'].map(async (target) => (await ask(place, target)).status));
  t.strictSame(await statuses(), [200, 403, 403, 403, 301]);
  chmodSync(join(root, 'closed.txt'), 0o644);
  chmodSync(join(root, 'closed'), 0o755);
  await pause(120);
  t.strictSame(await statuses(), [200, 200, 200, 404, 301], 'opened');
  chmodSync(join(root, 'closed.txt'), 0o600);
  chmodSync(join(root, 'closed'), 0o700);
  await pause(120);
  t.strictSame(await statuses(), [200, 403, 403, 403, 301], 'and closed again, though it was open here');
});

const LARGE_BYTES = 24 << 20;

/** A client that asked for a large file and reads nothing yet, while the server has begun to send. */
async function stalled(t: Test, guard: { readonly privateMaxBytes: number }, protect: Protect = 'auto'): Promise<{ site: Serving; client: Client; path: string; body: Buffer }> {
  const root = t.testdir({ 'small.txt': 'small' });
  const path = join(root, 'large.bin');
  const body = randomBytes(LARGE_BYTES);
  writeFileSync(path, body);
  const site = await serve(t, { root, accessLog: 'json', guard, protect });
  const client = await Client.open(site.place);
  client.socket.pause();
  await client.send(requestText('/large.bin'));
  await until(async () => (await site.server.counts())['sendsBlocked']! > 0, 'the server has filled the socket');
  return { site, client, path, body };
}

for (const [what, privateMaxBytes] of [['a hashed file', LARGE_BYTES * 2], ['a file too large to be hashed', 1 << 20]] as const) {
  t.test(`${what} is truncated while it is being sent: who truncates waits a moment, the answer is whole`, async (t) => {
    const { site, client, path, body } = await stalled(t, { privateMaxBytes });
    truncateSync(path, 1000);
    client.socket.resume();
    t.ok((await client.reply()).body.equals(body), 'of one version, though that is gone');
    t.equal((await ask(site.place, '/large.bin')).body.length, 1000, 'the next one gets what is there');
    const { leaseBreaks, snapshots, ...counts } = await site.server.counts();
    t.ok(leaseBreaks! > 0 && snapshots! > 0, 'counted, for the process');
    t.match(counts, { filesShortened: 0, resets: 0, tornPrevented: 0 });
    t.match(site.reports, [{ name: 'leaseBroken', facts: { path: 'large.bin', answers: 1 } }], 'reported');
    client.destroy();
  });

  t.test(`${what} is truncated while it is being sent, unprotected: the connection is reset, never padded`, async (t) => {
    const { site, client, path, body } = await stalled(t, { privateMaxBytes }, 'off');
    truncateSync(path, 1000);
    client.socket.resume();
    const broken = await client.reply().then(() => undefined, (error: unknown) => error);
    t.ok(broken instanceof Broken, 'the answer does not look finished');
    t.ok((broken as Broken).bytes.length < body.length, `it ended after ${(broken as Broken).bytes.length} bytes`);
    await until(async () => (await site.server.counts())['connections'] === 0, 'the connection is gone');
    t.match(await site.server.counts(), { filesShortened: 1, resets: 1 }, 'counted');
    t.match(site.reports, [{ name: 'fileShortened', facts: { target: '/large.bin' } }], 'reported');
    await until(() => site.lines().length > 0, 'the line');
    t.match(JSON.parse(site.lines()[0]!), { target: '/large.bin', incomplete: 'fileShortened' }, 'logged');
    await pause(120);
    t.equal((await ask(site.place, '/large.bin')).body.length, 1000, 'the next one gets what is there');
  });

  t.test(`${what} is removed while it is being sent: the whole body`, async (t) => {
    const { site, client, path, body } = await stalled(t, { privateMaxBytes });
    unlinkSync(path);
    await pause(120);
    t.equal((await ask(site.place, '/large.bin')).status, 404, 'nobody else finds it');
    client.socket.resume();
    t.ok((await client.reply()).body.equals(body), 'who had asked gets all of it');
    client.destroy();
    await until(async () => (await site.server.counts())['files'] === 0, 'then its record is dropped');
    t.equal((await site.server.counts())['filesShortened'], 0);
  });

  t.test(`${what} grows while it is being sent: the whole body, of the length that was told`, async (t) => {
    const { client, path, body } = await stalled(t, { privateMaxBytes });
    appendFileSync(path, 'more');
    await client.send(requestText('/small.txt'));
    client.socket.resume();
    t.ok((await client.reply()).body.equals(body));
    t.equal((await client.reply()).body.toString(), 'small', 'nothing comes between');
    client.destroy();
  });
}

t.test('a small file is emptied between two requests of one connection', async (t) => {
  const root = t.testdir({ 'file.txt': 'x'.repeat(1000) });
  const { place } = await serve(t, { root });
  const client = await Client.open(place);
  for (let i = 0; i < 20; ++i) {
    await client.send(requestText('/file.txt'));
    const { status, body } = await client.reply();
    if (status !== 200 || ![0, 1000].includes(body.length)) t.fail(`${status} with ${body.length} bytes`);
    if (i % 2 === 0) truncateSync(join(root, 'file.txt'), 0);
    else writeFileSync(join(root, 'file.txt'), 'x'.repeat(1000));
    await pause(i);
  }
  client.destroy();
});
