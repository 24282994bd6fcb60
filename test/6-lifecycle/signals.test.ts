// SIGTERM and SIGINT: the first drains, the second ends. SIGUSR1 reopens the log. A terminal gets another port.
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { connect, createServer as createSocketServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ask, Broken, Client, requestText, type Place } from '../client.ts';
import { MAIN, running, type Running } from '../command.ts';
import { pause, until } from '../serving.ts';

const BODY = randomBytes(24 << 20);

/** A server with a download under way that its client does not read on yet. */
async function downloading(t: Test, ...args: string[]): Promise<{ server: Running; client: Client }> {
  const dir = t.testdir({ 'small.txt': 'small' });
  writeFileSync(join(dir, 'large.bin'), BODY);
  const server = await running(t, [dir, '-p', '0', '-H', '127.0.0.1', '--workers', '2', ...args]);
  const client = await Client.open(server.place);
  await client.send(requestText('/large.bin'));
  await client.head();
  client.socket.pause();
  await pause(50);
  return { server, client };
}

function refused(place: Place): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(place);
    socket.once('connect', () => resolve(false)).once('connect', () => socket.destroy());
    socket.once('error', (error: NodeJS.ErrnoException) => resolve(error.code === 'ECONNREFUSED'));
  });
}

for (const signal of ['SIGTERM', 'SIGINT'] as const) {
  t.test(`${signal} drains`, async (t) => {
    const { server, client } = await downloading(t);
    const idle = await Client.open(server.place);
    await idle.send(requestText('/small.txt'));
    await idle.reply();
    const half = await Client.open(server.place);
    await half.send(requestText('/small.txt').slice(0, -2));
    await pause(50);
    process.kill(server.pid, signal);
    await idle.nothingMore();
    t.pass('who is idle is closed in good order');
    await until(() => refused(server.place), 'new connections are refused');
    await half.send('\r\n');
    const last = await half.reply();
    t.equal(`${last.body.toString()} ${last.fields.get('connection')!}`, 'small close', 'a request that had begun is answered, the last one');
    await half.nothingMore();
    client.socket.resume();
    t.ok((await client.reply()).body.equals(BODY), 'the download is finished');
    client.finish();
    t.match(await server.ended, { code: 0, signal: null });
    const lines = server.stdout().trim().split('\n').slice(1).map((line) => JSON.parse(line) as { target: string; incomplete?: string });
    t.strictSame(lines.map(({ target, incomplete }) => [target, incomplete]).sort(), [['/large.bin', undefined], ['/small.txt', undefined], ['/small.txt', undefined]], 'every line was written before the end');
    t.equal(server.stderr(), '');
  });
}

t.test('a second signal ends it', async (t) => {
  const { server, client } = await downloading(t, '--grace-period', '3600');
  process.kill(server.pid, 'SIGTERM');
  await until(() => refused(server.place), 'it drains');
  await pause(100);
  t.equal(server.child.exitCode, null, 'it waits for the download');
  process.kill(server.pid, 'SIGINT');
  t.match(await server.ended, { code: 0, signal: null });
  client.socket.resume();
  await t.rejects(client.reply(), Broken, 'the download does not look finished');
});

t.test('the grace period ends it', async (t) => {
  const { server, client } = await downloading(t, '--grace-period', '0');
  process.kill(server.pid, 'SIGTERM');
  t.match(await server.ended, { code: 0, signal: null });
  client.socket.resume();
  await t.rejects(client.reply(), Broken);
});

t.test('signals at once, and under load', async (t) => {
  const dir = t.testdir({ 'small.txt': 'small' });
  const server = await running(t, [dir, '-p', '0', '-H', '127.0.0.1', '--workers', '2', '--grace-period', '1']);
  let answered = 0;
  const crowd = Array.from({ length: 20 }, async () => {
    for (;;) {
      try {
        await ask(server.place, '/small.txt');
        ++answered;
      } catch {
        return;
      }
    }
  });
  await until(() => answered > 200, 'some load');
  for (let i = 0; i < 5; ++i) process.kill(server.pid, i % 2 === 0 ? 'SIGTERM' : 'SIGINT');
  t.match(await server.ended, { code: 0, signal: null });
  await Promise.all(crowd);
  t.equal(server.stderr(), '', 'nothing to complain about');
});

t.test('SIGUSR1 reopens --log-file', async (t) => {
  const dir = t.testdir({ site: { 'a.txt': 'a' } });
  const log = join(dir, 'logs/access.log');
  const server = await running(t, [join(dir, 'site'), '-p', '0', '-H', '127.0.0.1', '--log-file', log]);
  const told = (file: string): string[] => (existsSync(file) ? readFileSync(file, 'utf8').split('\n').filter((line) => line !== '').map((line) => (JSON.parse(line) as { target: string }).target) : []);
  await ask(server.place, '/a.txt?1');
  await until(() => told(log).length === 1, 'the first line');
  renameSync(log, `${log}.1`);
  await ask(server.place, '/a.txt?2');
  await until(() => told(`${log}.1`).length === 2, 'the second line, still in the old file');
  process.kill(server.pid, 'SIGUSR1');
  await until(() => existsSync(log), 'a new file');
  await ask(server.place, '/a.txt?3');
  process.kill(server.pid, 'SIGTERM');
  t.match(await server.ended, { code: 0 });
  t.strictSame(told(`${log}.1`), ['/a.txt?1', '/a.txt?2']);
  t.strictSame(told(log), ['/a.txt?3']);
  t.notMatch(server.stderr(), /Debugger/, 'and no debugger');
});

t.test('SIGUSR1 without --log-file does nothing', async (t) => {
  const server = await running(t, [t.testdir({ 'a.txt': 'a' }), '-p', '0', '-H', '127.0.0.1']);
  process.kill(server.pid, 'SIGUSR1');
  await pause(50);
  t.equal((await ask(server.place, '/a.txt')).body.toString(), 'a');
  t.equal(server.stderr(), '');
});

const hasScript = spawnSync('script', ['--version']).status === 0;

t.test('on a terminal', { skip: hasScript ? false : 'needs script(1), to make a terminal' }, async (t) => {
  const dir = t.testdir({ 'a.txt': 'a' });
  const taken = createSocketServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  t.teardown(() => taken.close());
  const { port } = taken.address() as AddressInfo;
  const onTerminal = (...args: string[]): { screen: () => string; end: (signal: NodeJS.Signals) => void; ended: Promise<number | null> } => {
    const words = ['env', '-u', 'NODE_OPTIONS', process.execPath, MAIN, dir, '--workers', '1', ...args].map((word) => `'${word}'`).join(' ');
    const child = spawn('script', ['-qefc', words, '/dev/null'], { stdio: ['pipe', 'pipe', 'inherit'], detached: true, env: { PATH: process.env['PATH'], TERM: 'xterm' } });
    let screen = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (screen += text));
    const end = (signal: NodeJS.Signals): void => void process.kill(-child.pid!, signal);
    t.teardown(() => {
      try {
        end('SIGKILL');
      } catch {
        // it has ended
      }
    });
    return { screen: () => screen, end, ended: new Promise((resolve) => child.once('close', (code) => resolve(code))) };
  };

  const moved = onTerminal('-p', String(port), '-H', '127.0.0.1');
  await until(() => moved.screen().includes('Ctrl-C stops'), 'the banner');
  t.match(moved.screen(), new RegExp(`port ${port} is taken: the next free one was picked`));
  const url = /http:\/\/localhost:(\d+)/.exec(moved.screen())!;
  t.ok(Number(url[1]) > port && Number(url[1]) <= port + 20, `${url[1]!} in place of ${port}`);
  const place = { host: '127.0.0.1', port: Number(url[1]) };
  await ask(place, '/a.txt', { fields: { 'User-Agent': '\x9b2J' } });
  await until(() => /200.*GET \/a\.txt/.test(moved.screen()), 'a pretty line');
  moved.end('SIGHUP');

  const strict = onTerminal('-p', String(port), '-H', '127.0.0.1', '--strict-port');
  t.equal(await strict.ended, 1, '--strict-port fails there too');
  t.match(strict.screen(), /^pagecast: cannot listen on 127\.0\.0\.1:\d+: the address is in use \(EADDRINUSE\)\r\n$/);

  const plain = onTerminal('-p', '0');
  await until(() => plain.screen().includes('Ctrl-C stops'), 'the banner');
  t.match(plain.screen(), /http:\/\/localhost:\d+/, 'localhost by default');
  t.match(plain.screen(), /-H :: lets other machines in/);
  t.notMatch(plain.screen(), /Network:/);
  plain.end('SIGHUP');
});
