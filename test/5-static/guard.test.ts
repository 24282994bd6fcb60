// What is answered while files change: whole versions, or nothing that looks finished.
import { spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { appendFileSync, chmodSync, closeSync, ftruncateSync, mkdtempSync, openSync, renameSync, rmSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ask, Broken, Client, requestText } from '../client.ts';
import { running } from '../command.ts';
import type { Protect } from '../../server/options.ts';
import { pause, serve, until } from '../serving.ts';

const MiB = 1 << 20;
const drop = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
const mayDrop = spawnSync(drop[0]!, [...drop.slice(1), 'true']).status === 0;
const mayLimit = spawnSync('prlimit', ['--sigpending=0', 'true']).status === 0;

/** A folder that belongs to nobody, whom a server without privileges may take leases as. */
function folder(t: Test): string {
  const root = mkdtempSync('/var/tmp/pagecast-guard-');
  chmodSync(root, 0o755);
  t.teardown(() => rmSync(root, { recursive: true }));
  return root;
}

function loaded(counts: Readonly<Record<string, number>>): string[] {
  return Object.entries(counts).flatMap(([name, count]) => (/^loaded/.test(name) && count > 0 ? [name] : []));
}

const modes: readonly (readonly [protect: Protect, expected: readonly string[]])[] = [
  ['auto', ['loadedSealed', 'loadedLease']],
  ['sealed', ['loadedSealed', 'loadedLease']],
  ['lease', ['loadedLease']],
  ['copy', ['loadedCopy', 'loadedVerify']],
  ['verify', ['loadedVerify']],
  ['off', ['loadedOff', 'loadedSealed']],
];

for (const [protect, expected] of modes) {
  t.test(`--protect ${protect}`, async (t) => {
    const root = folder(t);
    const bodies = { 'small.txt': randomBytes(100), 'middle.bin': randomBytes(MiB), 'large.bin': randomBytes(9 * MiB) };
    for (const [name, body] of Object.entries(bodies)) writeFileSync(join(root, name), body);
    await pause(60); // a file that was changed just now is not trusted without a lease
    const { place, server } = await serve(t, { root, protect });
    for (let round = 0; round < 3; ++round) {
      for (const [name, body] of Object.entries(bodies)) {
        t.ok((await ask(place, `/${name}`)).body.equals(body), name);
        const part = await ask(place, `/${name}`, { fields: { Range: 'bytes=10-90' } });
        t.ok(part.status === 206 && part.body.equals(body.subarray(10, 91)), `a part of ${name}`);
      }
      await pause(60);
    }
    t.strictSame(loaded(await server.counts()).sort(), [...expected].sort());
  });
}

t.test('hot files become private, once', async (t) => {
  const root = folder(t);
  writeFileSync(join(root, 'hot.bin'), randomBytes(MiB));
  const { place, server } = await serve(t, { root });
  const before = (await server.counts())['privateCopies']!;
  for (let i = 0; i < 6; ++i) {
    await ask(place, '/hot.bin');
    await pause(60);
  }
  const { privateCopies, bytesPrivate } = await server.counts();
  t.equal(privateCopies, before + 1);
  t.ok(bytesPrivate! >= 3 * MiB, `${bytesPrivate!} bytes were sent from sealed memory`);
});

t.test('a log that is always open: each request gets what is there, at once', async (t) => {
  const root = folder(t);
  const path = join(root, 'app.log');
  writeFileSync(path, 'first line\n'.repeat(10_000));
  const { place } = await serve(t, { root });
  await ask(place, '/app.log');
  const log = openSync(path, 'a');
  t.teardown(() => closeSync(log));
  let length = 110_000;
  for (let i = 0; i < 8; ++i) {
    writeSync(log, `line ${i}\n`);
    length += 7;
    await pause(110);
    const startedMs = performance.now();
    const { status, body } = await ask(place, '/app.log');
    t.equal(`${status} ${body.length}`, `200 ${length}`, `after line ${i}`);
    if (i > 0) t.ok(performance.now() - startedMs < 400, 'without waiting for a writer that does not close');
  }
});

t.test('while a writer is inside, the last whole version; when it is out, the next', async (t) => {
  const root = folder(t);
  const path = join(root, 'page.bin');
  const before = Buffer.alloc(MiB, 1);
  const after = Buffer.alloc(MiB, 2);
  writeFileSync(path, before);
  const { place } = await serve(t, { root });
  for (let i = 0; i < 4; ++i) {
    await ask(place, '/page.bin');
    await pause(60); // private by then
  }
  const writer = openSync(path, 'r+');
  writeSync(writer, after, 0, MiB / 2, 0);
  for (let i = 0; i < 3; ++i) {
    t.ok((await ask(place, '/page.bin')).body.equals(before), 'whole');
    await pause(60);
  }
  writeSync(writer, after, MiB / 2, MiB / 2, MiB / 2);
  closeSync(writer);
  await until(async () => (await ask(place, '/page.bin')).body.equals(after), 'the next version', 500);
});

t.test('without a version to fall back to, a request waits for the writer to close', async (t) => {
  const root = folder(t);
  const path = join(root, 'new.bin');
  const writer = openSync(path, 'w');
  writeSync(writer, Buffer.alloc(MiB, 1));
  const { place } = await serve(t, { root });
  const answer = ask(place, '/new.bin');
  await pause(150);
  writeSync(writer, Buffer.alloc(MiB, 1));
  closeSync(writer);
  t.equal((await answer).body.length, 2 * MiB);
});

t.test('a file that is being written all the time, and was never whole: 503, not half of it', async (t) => {
  const root = folder(t);
  const path = join(root, 'busy.bin');
  const writer = openSync(path, 'w');
  let value = 0;
  const rewrite = (): void => void writeSync(writer, Buffer.alloc(MiB, ++value), 0, MiB, 0);
  rewrite();
  const timer = setInterval(rewrite, 20);
  const { place } = await serve(t, { root });
  const { status, fields } = await ask(place, '/busy.bin');
  t.equal(`${status} ${fields.get('retry-after') ?? ''}`, '503 1');
  clearInterval(timer);
  await pause(1100); // quiet, though still open
  t.equal((await ask(place, '/busy.bin')).status, 200);
  closeSync(writer);
});

t.test('emptied by open(O_RDONLY|O_TRUNC), which no lease tells of: reset, or whole, never mixed', { skip: spawnSync('python3', ['-V']).status === 0 ? false : 'needs python3' }, async (t) => {
  const root = folder(t);
  const path = join(root, 'large.bin');
  const body = randomBytes(24 * MiB);
  writeFileSync(path, body);
  const { place } = await serve(t, { root });
  const client = await Client.open(place);
  client.socket.pause();
  await client.send(requestText('/large.bin'));
  await pause(100);
  t.equal(spawnSync('python3', ['-c', `import os; os.open(${JSON.stringify(path)}, os.O_RDONLY | os.O_TRUNC)`]).status, 0);
  client.socket.resume();
  const outcome = await client.reply().then((reply) => reply.body.equals(body), (error: unknown) => error instanceof Broken);
  t.ok(outcome);
  client.destroy();
});

t.test('files of others, and no CAP_LEASE', { skip: mayDrop ? false : 'needs setpriv, and to be root, to run a server as nobody' }, async (t) => {
  const root = folder(t);
  const small = randomBytes(MiB);
  const large = randomBytes(24 * MiB);
  writeFileSync(join(root, 'small.bin'), small);
  writeFileSync(join(root, 'large.bin'), large);
  await pause(80);
  const { place } = await running(t, [root, '-p', '0', '-H', '127.0.0.1', '--workers', '1'], { before: drop, cwd: '/' });
  t.ok((await ask(place, '/small.bin')).body.equals(small), 'copied');
  t.ok((await ask(place, '/large.bin')).body.equals(large), 'verified at its end');
  const client = await Client.open(place);
  client.socket.pause();
  await client.send(requestText('/large.bin'));
  await pause(150);
  const writer = openSync(join(root, 'large.bin'), 'r+');
  writeSync(writer, randomBytes(100), 0, 100, 23 * MiB);
  closeSync(writer);
  client.socket.resume();
  const broken = await client.reply().then(() => undefined, (error: unknown) => error);
  t.ok(broken instanceof Broken, 'changed in mid-body: it does not look finished');
  await pause(150);
  t.equal((await ask(place, '/large.bin')).body.length, 24 * MiB, 'and the next is whole');
  client.destroy();
});

t.test('no realtime signal can be queued (RLIMIT_SIGPENDING): breaks are found all the same', { skip: mayLimit ? false : 'needs prlimit(1)' }, async (t) => {
  const root = folder(t);
  for (let i = 0; i < 20; ++i) writeFileSync(join(root, `${i}.bin`), Buffer.alloc(MiB, 1));
  const { place } = await running(t, [root, '-p', '0', '-H', '127.0.0.1', '--workers', '1'], { before: ['prlimit', '--sigpending=0'], cwd: '/' });
  for (let i = 0; i < 20; ++i) await ask(place, `/${i}.bin`);
  const startedMs = Date.now();
  for (let i = 0; i < 20; ++i) writeFileSync(join(root, `${i}.bin`), Buffer.alloc(MiB, 2));
  t.ok(Date.now() - startedMs < 10_000, `twenty writers waited ${Date.now() - startedMs} ms, not the kernel's 45 s each`);
  await pause(120);
  for (let i = 0; i < 20; ++i) t.equal((await ask(place, `/${i}.bin`)).body[0], 2);
});

t.test('rename is seen, and who was being answered gets the old file', async (t) => {
  const root = folder(t);
  const path = join(root, 'large.bin');
  const body = randomBytes(24 * MiB);
  writeFileSync(path, body);
  const { place, server } = await serve(t, { root });
  const client = await Client.open(place);
  client.socket.pause();
  await client.send(requestText('/large.bin'));
  await until(async () => (await server.counts())['sendsBlocked']! > 0, 'the socket is full');
  writeFileSync(`${path}.new`, 'new');
  renameSync(`${path}.new`, path);
  await pause(110);
  t.equal((await ask(place, '/large.bin')).body.toString(), 'new');
  client.socket.resume();
  t.ok((await client.reply()).body.equals(body));
  client.destroy();
});

t.test('writers are let in at the limit, whoever is reading', async (t) => {
  const root = folder(t);
  const path = join(root, 'large.bin');
  writeFileSync(path, randomBytes(24 * MiB));
  // No snapshot may be made: who is not done is reset.
  const { place, server } = await serve(t, { root, guard: { snapshotMaxBytes: 0, privateMaxBytes: 64 << 10, writerDelayMaxMs: 300 } });
  const client = await Client.open(place);
  client.socket.pause();
  await client.send(requestText('/large.bin'));
  await until(async () => (await server.counts())['sendsBlocked']! > 0, 'the socket is full');
  const startedMs = Date.now();
  const writer = openSync(path, 'r+');
  t.ok(Date.now() - startedMs < 1000, `it waited ${Date.now() - startedMs} ms`);
  ftruncateSync(writer, 10);
  closeSync(writer);
  client.socket.resume();
  const broken = await client.reply().then(() => undefined, (error: unknown) => error);
  t.ok(broken instanceof Broken, 'the answer does not look finished');
  appendFileSync(path, 'x');
  client.destroy();
});
