// Open files are bounded and shared, unknown paths push none of them out, and a hot answer costs no look at the disk.
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync, readlinkSync, rmSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { Client, requestText, type Place } from '../client.ts';
import { running } from '../command.ts';
import { pause, serve, until } from '../serving.ts';

function filled(root: string, count: number, bytes: number): void {
  for (let i = 0; i < count; ++i) writeFileSync(join(root, `${i}.txt`), String(i).padEnd(bytes, '.'));
}

/** Descriptors of this process that lead below the root. */
function openBelow(root: string): string[] {
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${fd}`);
      return target.startsWith(`${root}/`) ? [`${fd} ${target.slice(root.length)}`] : [];
    } catch {
      return []; // the one that reads the directory
    }
  });
}

async function burst(client: Client, targets: readonly string[]): Promise<string[]> {
  void client.send(targets.map((target) => requestText(target)).join(''));
  const answers: string[] = [];
  while (answers.length < targets.length) {
    const { status, body } = await client.reply();
    answers.push(`${status} ${body.toString()}`);
  }
  return answers;
}

async function getAll(place: Place, targets: readonly string[]): Promise<string[]> {
  const client = await Client.open(place);
  const answers = await burst(client, targets);
  client.destroy();
  return answers;
}

t.test('files.openMax bounds the descriptors, and every answer is right', async (t) => {
  const root = t.testdir({});
  filled(root, 500, 100_000); // beyond the arena's files: each needs its descriptor
  const { place, server } = await serve(t, { root, files: { openMax: 8 } });
  const targets = Array.from({ length: 1500 }, (_, i) => `/${(i * 7) % 500}.txt`);
  for (let at = 0; at < targets.length; at += 300) {
    const some = targets.slice(at, at + 300);
    t.strictSame(await getAll(place, some), some.map((target) => `200 ${/\d+/.exec(target)![0].padEnd(100_000, '.')}`), `${at} and on`);
  }
  await until(() => openBelow(root).length <= 8, 'the pool has closed what was evicted');
  t.ok(openBelow(root).length > 0, `${openBelow(root).length} are open`);
  t.ok((await server.counts())['files']! <= 8, 'records are bounded likewise');
});

t.test('one file under many names and on two workers is one record', async (t) => {
  const root = t.testdir({ 'file.txt': 'x' });
  const { place, server } = await serve(t, { root, workers: 2 });
  const names = ['/file.txt', '//file.txt', '/%66ile.txt', '/f%69le.txt', '/file%2etxt'];
  for (let i = 0; i < 20; ++i) await getAll(place, names);
  t.equal((await server.counts())['files'], 1);
  t.equal(openBelow(root).length, 1, 'and one descriptor');
});

t.test('twenty thousand missing paths push no file out', async (t) => {
  const root = t.testdir({});
  filled(root, 10, 70_000);
  const { place, server } = await serve(t, { root, files: { openMax: 10, missingMax: 500 } });
  const files = Array.from({ length: 10 }, (_, i) => `/${i}.txt`);
  await getAll(place, files);
  const before = openBelow(root);
  t.equal(before.length, 10);
  const client = await Client.open(place);
  for (let i = 0; i < 20_000; i += 500) {
    const answers = await burst(client, Array.from({ length: 500 }, (_, k) => `/missing/${i + k}?${k}`));
    if (!answers.every((answer) => answer === '404 Not Found\n')) t.fail('not all are missing');
  }
  client.destroy();
  t.strictSame(openBelow(root), before, 'the same descriptors are open');
  t.equal((await server.counts())['files'], 10);
});

t.test('a hot answer comes from the arena: counters', async (t) => {
  const root = t.testdir({ 'hot.txt': 'h'.repeat(1024) });
  const { place, server } = await serve(t, { root });
  const client = await Client.open(place);
  await burst(client, ['/hot.txt']);
  const before = await server.counts();
  for (let i = 0; i < 20; ++i) await burst(client, Array.from({ length: 50 }, () => '/hot.txt'));
  const after = await server.counts();
  t.equal(after['bytesArena']! - before['bytesArena']!, 1000 * 1024, 'a thousand bodies from the arena');
  t.equal(after['sendfileCalls']! - before['sendfileCalls']!, 0, 'no sendfile');
  t.equal(after['sendCalls']! - before['sendCalls']!, 1000, 'head and body in one sendmsg');
  client.destroy();
});

const mayTrace = spawnSync('strace', ['-f', '-o', '/dev/null', 'true']).status === 0;

t.test('a hot answer makes no open, stat, read or sendfile: strace', { skip: mayTrace ? false : 'needs strace, and to be allowed ptrace' }, async (t) => {
  const folder = mkdtempSync('/tmp/pagecast-strace-');
  t.teardown(() => rmSync(folder, { recursive: true }));
  writeFileSync(join(folder, 'hot.txt'), 'h'.repeat(1024));
  const calls = 'open,openat,openat2,stat,lstat,fstat,newfstatat,statx,pread64,preadv,preadv2,read,readv,sendfile,mmap';
  const { place } = await running(t, [folder, '-p', '0', '-H', '127.0.0.1', '--workers', '1'], {
    before: ['strace', '-f', '-y', '-qq', '--signal=none', '-e', `trace=${calls}`, '-o', join(folder, 'trace')],
  });
  const client = await Client.open(place);
  await burst(client, ['/hot.txt', '/hot.txt']);
  await pause(300); // what start-up still does in the background is over
  const traced = (): string[] => readFileSync(join(folder, 'trace'), 'latin1').split('\n').slice(0, -1);
  const from = traced().length;
  for (let i = 0; i < 40; ++i) await burst(client, Array.from({ length: 50 }, () => '/hot.txt'));
  const hot = traced().slice(from);
  const looks = hot.filter((line) => line.includes(folder)); // openat2 and fstat of the look that is taken every 40 ms
  t.ok(looks.length < 400, `2000 answers, ${looks.length} looks at names`);
  t.strictSame(looks.filter((line) => !/ (openat2|fstat|newfstatat)\(|resumed>/.test(line)), [], 'which open nothing and read nothing');
  t.notOk(hot.some((line) => /sendfile|pread|preadv/.test(line)), 'nothing is read, nothing goes by sendfile');
  client.destroy();
});
