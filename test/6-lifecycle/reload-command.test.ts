// SIGHUP, `pagecast reload` and POST /api/v1/reload: the config file is read again.
import { spawn, spawnSync } from 'node:child_process';
import { readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ask, Client, requestText } from '../client.ts';
import { MAIN, result, running, type Running } from '../command.ts';
import { shortFolder, until } from '../serving.ts';

interface Configured {
  readonly dir: string;
  readonly write: (members: string) => void;
  readonly server: Running;
  readonly where: string;
  readonly field: () => Promise<string | undefined>;
}

const members = (text: string): string => `listen: ['127.0.0.1:0'], workers: 2, control: 'WHERE', ${text}`;

async function configured(t: Test, text: string, ...args: string[]): Promise<Configured> {
  const dir = shortFolder(t);
  const where = `unix:${join(dir, 's')}`;
  const write = (more: string): void => writeFileSync(join(dir, 'pagecast.config.ts'), `export default { ${members(more).replace('WHERE', where)} };\n`);
  write(text);
  // A flag would count before the file.
  const server = await running(t, args, { cwd: dir, env: { PAGECAST_CONTROL: '' } });
  const field = async (): Promise<string | undefined> => (await ask(server.place, '/')).fields.get('x-policy');
  return { dir, write, server, where, field };
}

const answer = (policy: string): string => `routes: [{ handle: () => new Response('hi', { headers: { 'X-Policy': '${policy}' } }) }]`;

t.test('SIGHUP: handlers are other ones, and connections stay', async (t) => {
  const { server, write, field } = await configured(t, answer('first'));
  t.equal(await field(), 'first');
  const client = await Client.open(server.place);
  write(answer('second'));
  t.equal(await field(), 'first', 'not before it is told');
  process.kill(server.pid, 'SIGHUP');
  await until(async () => (await field()) === 'second', 'the second one');
  await client.send(requestText('/'));
  t.equal((await client.reply()).fields.get('x-policy'), 'second');
  client.destroy();
  await until(() => server.stderr().includes('"event":"reloaded"'), 'it is told');
});

t.test('SIGHUP with a config that cannot be: everything that is wrong is told, and what was in force is', async (t) => {
  const { dir, server, write, field } = await configured(t, answer('first'));
  write('graceMs: -1, wrokers: 3, spa: 7');
  process.kill(server.pid, 'SIGHUP');
  await until(() => server.stderr().split('"event":"reloadFailed"').length === 4, 'three faults');
  for (const name of ['graceMs must be', 'wrokers', 'spa must be']) t.match(server.stderr(), name);
  writeFileSync(join(dir, 'pagecast.config.ts'), 'export default {');
  process.kill(server.pid, 'SIGHUP');
  await until(() => server.stderr().includes('pagecast.config.ts:1:'), 'where it is wrong');
  rmSync(join(dir, 'pagecast.config.ts'));
  process.kill(server.pid, 'SIGHUP');
  await until(() => server.stderr().includes('there is no file'), 'that it is gone');
  writeFileSync(join(dir, 'pagecast.config.json'), '{ "listen": ["127.0.0.1:0"] }');
  process.kill(server.pid, 'SIGHUP');
  await until(() => server.stderr().split('there is no file').length === 3, 'another file is not meant');
  t.equal(await field(), 'first');
  write(answer('second'));
  process.kill(server.pid, 'SIGHUP');
  await until(async () => (await field()) === 'second', 'and back again');
});

t.test('a config by a link that is moved, as volumes of Kubernetes are', async (t) => {
  const dir = shortFolder(t);
  for (const name of ['one', 'two']) writeFileSync(join(dir, `${name}.json`), JSON.stringify({ listen: ['127.0.0.1:0'], workers: 1, routes: [{ respond: { body: name } }] }));
  symlinkSync('one.json', join(dir, 'config.json'));
  const server = await running(t, ['-c', 'config.json'], { cwd: dir });
  const body = async (): Promise<string> => (await ask(server.place, '/')).body.toString();
  t.equal(await body(), 'one');
  symlinkSync('two.json', join(dir, 'next.json'));
  renameSync(join(dir, 'next.json'), join(dir, 'config.json'));
  process.kill(server.pid, 'SIGHUP');
  await until(async () => (await body()) === 'two', 'what the link leads to now');
});

t.test('pagecast reload', async (t) => {
  const { write, where, field, server } = await configured(t, answer('first'));
  write(answer('second'));
  const done = await result(t, ['reload', '--control', where, '--json']);
  t.match(done, { code: 0, stderr: '' });
  t.match(JSON.parse(done.stdout), { generation: 2, tookMs: Number });
  t.equal(await field(), 'second');
  write(`${answer('third')}, graceMs: -1, arena: { bytesMax: 1 << 24 }`);
  const wrong = await result(t, ['reload', '--control', where]);
  t.equal(wrong.code, 1);
  t.match(wrong.stderr, /422 [^\n]*\n {2}\S*pagecast\.config\.ts: graceMs must be [^\n]*\n$/);
  write(`${answer('third')}, arena: { bytesMax: 1 << 24 }, guard: { staleMaxMs: 1 }`);
  const frozen = await result(t, ['reload', '--control', where]);
  t.match(frozen.stderr, /422 [^\n]*\n {2}needs a restart: arena\.bytesMax \d+ -> 16777216\n {2}needs a restart: guard\.staleMaxMs 5000 -> 1\n$/);
  t.equal(await field(), 'second');
  t.equal(server.child.exitCode, null);
});

t.test('lines of the access log, and the file that they go to, are other ones', async (t) => {
  const { dir, write, server, field } = await configured(t, `${answer('first')}, accessLog: 'json', logFile: './one.log'`);
  await field();
  await until(() => readFileSync(join(dir, 'one.log'), 'utf8').startsWith('{"time"'), 'a line of JSON');
  write(`${answer('second')}, accessLog: 'combined', logFile: './two.log'`);
  process.kill(server.pid, 'SIGHUP');
  await until(async () => (await field()) === 'second', 'the second one');
  await until(async () => (await field(), /"GET \/ HTTP\/1\.1" 200/.test(readFileSync(join(dir, 'two.log'), 'utf8'))), 'a combined line in the other file');
  t.equal(server.child.exitCode, null);
});

t.test('with flags alone: what they name is read again', async (t) => {
  const dir = t.testdir({ 'a.txt': 'a' });
  const server = await running(t, [dir, '-p', '0', '-H', '127.0.0.1', '--workers', '1']);
  process.kill(server.pid, 'SIGHUP');
  await until(() => server.stderr().includes('"event":"reloaded"'), 'it is done');
  t.equal((await ask(server.place, '/a.txt')).body.toString(), 'a');
});

const PYTHON = `
import os, pty, signal, sys, time
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:])
text = b''
while b'Local' not in text: text += os.read(fd, 65536)
os.kill(pid, signal.SIGHUP)
while b'loaded anew' not in text: text += os.read(fd, 65536)
os.close(fd)
deadline = time.time() + 20
while time.time() < deadline:
    done, status = os.waitpid(pid, os.WNOHANG)
    if done:
        print('ended by', signal.Signals(os.WTERMSIG(status)).name if os.WIFSIGNALED(status) else os.WEXITSTATUS(status))
        sys.exit(0)
    time.sleep(0.05)
os.kill(pid, signal.SIGKILL)
print('it lives on')
`;

t.test('on a terminal SIGHUP is a reload, and the end where the terminal is gone', { skip: spawnSync('python3', ['--version']).status === 0 ? false : 'there is no python3 to make a terminal' }, async (t) => {
  const dir = t.testdir({ 'a.txt': 'a' });
  const env = { ...process.env, NODE_OPTIONS: '', PAGECAST_CONTROL: 'off', NODE_ENV: '' };
  const child = spawn('python3', ['-c', PYTHON, process.execPath, MAIN, dir, '-p', '0', '--workers', '1'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
  let told = '';
  child.stdout.on('data', (text: Buffer) => (told += text.toString()));
  t.teardown(() => child.kill('SIGKILL'));
  await new Promise((resolve) => child.once('close', resolve));
  t.equal(told, 'ended by SIGHUP\n');
});
