// Sockets from a service manager: what its variables say, and that they are served.
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { native } from '../../native/index.ts';
import { passedSockets } from '../../server/activation.ts';
import { listenSpec, listenText } from '../../server/listen-spec.ts';
import { ask, Client, requestText } from '../client.ts';
import { command, result, running } from '../command.ts';
import { shortFolder, until } from '../serving.ts';
import { activationCases } from './activation-cases.ts';
import { AS_SYSTEMD } from './starter.ts';

const OPTIONS = { reusePort: false, v6Only: true, backlog: 16, congestionControl: '' };

t.test('variables', (t) => {
  for (const { name, environment, sockets } of activationCases) {
    const said = Object.fromEntries(Object.entries(environment).map(([key, value]) => [key, value.replace('PID', '4711')]));
    t.strictSame(passedSockets(said, 4711).map(({ fd, name }) => [fd, name]), sockets, name);
  }
  t.end();
});

t.test('names', (t) => {
  t.strictSame(listenSpec('fd:systemd'), { kind: 'passed', name: undefined });
  t.strictSame(listenSpec('fd:pagecast.socket'), { kind: 'passed', name: 'pagecast.socket' });
  t.strictSame(listenSpec('fd:3'), { kind: 'fd', fd: 3 });
  for (const text of ['fd:', 'fd:a:b', 'fd:\n', 'fd:ä', `fd:${'a'.repeat(256)}`, 'fd:123456789']) t.equal(listenSpec(text), undefined, text);
  for (const text of ['fd:systemd', 'fd:web', 'fd:7', 'unix:/run/a b', '[::1]:80', '[::]:8080', 'localhost:1']) t.equal(listenText(listenSpec(text)!), text);
  t.end();
});

t.test('passed sockets are what is listened on by default', async (t) => {
  const dir = t.testdir({ 'a.txt': 'a' });
  const path = join(shortFolder(t), 's');
  const fds = [native.listenTcp('127.0.0.1', 0, OPTIONS), native.listenUnix(path, -1, 16)] as const;
  for (const fd of fds) t.teardown(() => native.closeDescriptor(fd));
  const { port } = native.localAddress(fds[0]);
  const early = await Client.open({ host: '127.0.0.1', port });
  await early.send(requestText('/a.txt'));
  const server = await running(t, [dir, '--workers', '2'], { before: AS_SYSTEMD, stdio: ['ignore', 'pipe', 'pipe', ...fds], env: { LISTEN_FDS: '2', LISTEN_FDNAMES: 'web:local' } });
  t.strictSame(server.told.urls, [`http://127.0.0.1:${port}`, `unix:${path}`]);
  t.equal((await early.reply()).body.toString(), 'a', 'who came before it is served');
  t.equal((await ask({ host: path, port: -1 }, '/a.txt')).body.toString(), 'a');
  process.kill(server.pid, 'SIGTERM');
  t.match(await server.ended, { code: 0 });
  const late = await Client.open({ host: path, port: -1 });
  t.pass('the name of the socket stays: it is not ours');
  await late.send(requestText('/a.txt'));
  const next = command(t, [dir, '--workers', '1', '-l', 'fd:local'], { before: AS_SYSTEMD, stdio: ['ignore', 'pipe', 'pipe', ...fds], env: { LISTEN_FDS: '2', LISTEN_FDNAMES: 'web:local' } });
  t.equal((await late.reply()).body.toString(), 'a', 'by its name');
  next.child.kill('SIGTERM');
  t.match(await next.ended, { code: 0 });
});

t.test('a browser that is opened has neither the sockets nor what was said of them', async (t) => {
  const folder = shortFolder(t);
  const [program, told] = [join(folder, 'xdg-open'), join(folder, 'told')];
  writeFileSync(program, `#!/bin/sh\n{ echo "url $1"; env | sed 's/^/variable /'; for fd in /proc/$$/fd/*; do echo "descriptor $(readlink $fd)"; done; echo end; } >'${told}.part'; mv '${told}.part' '${told}'\n`, { mode: 0o755 });
  const fds = [native.listenTcp('127.0.0.1', 0, OPTIONS), native.listenTcp('127.0.0.1', 0, OPTIONS)] as const;
  for (const fd of fds) t.teardown(() => native.closeDescriptor(fd));
  const { port } = native.localAddress(fds[0]);
  // The second one is nobody's: it was passed, and is not listened on.
  await running(t, [t.testdir({ 'a.txt': 'a' }), '--workers', '1', '-l', 'fd:web', '--open'], {
    before: AS_SYSTEMD, stdio: ['ignore', 'pipe', 'pipe', ...fds],
    env: { LISTEN_FDS: '2', LISTEN_FDNAMES: 'web:other', PATH: `${folder}:${process.env['PATH']!}`, NOTIFY_SOCKET: '/nowhere', PAGECAST_BASIC_AUTH: 'ann:s3cret' },
  });
  await until(() => existsSync(told), 'the browser');
  const lines = readFileSync(told, 'utf8').split('\n');
  t.ok(lines.includes(`url http://127.0.0.1:${port}/`));
  t.ok(lines.some((line) => line.startsWith('variable PATH=')), 'the rest of the environment is there');
  t.strictSame(lines.filter((line) => /^variable (?:LISTEN_|NOTIFY_|PAGECAST_)/.test(line)), []);
  t.ok(lines.some((line) => line.startsWith('descriptor ')), 'it has descriptors');
  t.strictSame(lines.filter((line) => line.startsWith('descriptor socket:')), []);
});

t.test('what is listened on is said', async (t) => {
  const dir = t.testdir({ 'a.txt': 'a' });
  const fd = native.listenTcp('127.0.0.1', 0, OPTIONS);
  t.teardown(() => native.closeDescriptor(fd));
  const server = await running(t, [dir, '--workers', '1', '-p', '0', '-H', '127.0.0.1'], { before: AS_SYSTEMD, stdio: ['ignore', 'pipe', 'pipe', fd], env: { LISTEN_FDS: '1' } });
  t.not(server.place.port, native.localAddress(fd).port, 'a flag comes first');
});

t.test('a socket that was not passed, or does not listen', async (t) => {
  const dir = t.testdir({});
  const unnamed = await result(t, [dir, '-l', 'fd:systemd']);
  t.equal(unnamed.code, 1);
  t.match(unnamed.stderr, /^pagecast: cannot listen on fd:systemd: no socket of this name was passed/);
  const file = await result(t, [dir], { before: AS_SYSTEMD, stdio: ['ignore', 'pipe', 'pipe', 'pipe'], env: { LISTEN_FDS: '1' } });
  t.equal(file.code, 1);
  t.match(file.stderr, /^pagecast: cannot listen on fd:systemd: not a listening stream socket/);
});
