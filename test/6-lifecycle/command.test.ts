// The command line: what is refused, with one line and an exit code before anything listens, and what is understood.
import { execFileSync, spawnSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer as createSocketServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import t from 'tap';
import { ask } from '../client.ts';
import { MAIN, result, running } from '../command.ts';
import { shortFolder } from '../serving.ts';
import { together } from '../4-wire/site.ts';
import { commandCases } from './command-cases.ts';

t.test('refused', async (t) => {
  const dir = shortFolder(t);
  writeFileSync(join(dir, 'file.txt'), 'x');
  const taken = createSocketServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => taken.once('listening', resolve));
  t.teardown(() => taken.close());
  const words = (text: string): string => text.replaceAll('DIR', dir).replaceAll('FILE', join(dir, 'file.txt')).replaceAll('TAKEN', String((taken.address() as AddressInfo).port));
  t.ok(commandCases.length >= 55, `${commandCases.length} rows`);
  await together(commandCases, 4, async ({ args, env = {}, code, says }) => {
    const ended = await result(t, args.map(words), { env });
    const name = `${Object.entries(env).map(([key, value]) => `${key}=${value} `).join('')}pagecast ${args.join(' ').slice(0, 60)}`;
    t.equal(ended.code, code, `${name}: exit code`);
    t.match(ended.stderr, /^pagecast: [^\n]+\n$/, `${name}: one line`);
    t.match(ended.stderr.slice('pagecast: '.length, -1), says, `${name}: what it says`);
    t.equal(ended.stdout, '', 'and nothing else');
  });
  t.equal(statSync(join(dir, 'file.txt')).size, 1, 'nothing was done to the file');
});

const drop = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
const mayDrop = spawnSync(drop[0]!, [...drop.slice(1), 'true']).status === 0;

t.test('a root that may not be read, and a port that may not be had', { skip: mayDrop ? false : 'needs setpriv, and to be root, to run as nobody' }, async (t) => {
  const root = mkdtempSync('/tmp/pagecast-closed-');
  t.teardown(() => rmSync(root, { recursive: true }));
  for (const mode of [0o000, 0o100, 0o400]) {
    chmodSync(root, mode);
    const ended = await result(t, [root, '-p', '0'], { before: drop, cwd: '/' });
    t.equal(ended.code, 2, mode.toString(8));
    t.match(ended.stderr, /^pagecast: \[DIR\]: the folder \S+ cannot be read \(EACCES\)\n$/);
  }
  const start = Number(readFileSync('/proc/sys/net/ipv4/ip_unprivileged_port_start', 'utf8'));
  if (start < 2) return void t.pass('a privileged port', { skip: 'every port may be had here' });
  chmodSync(root, 0o755);
  const ended = await result(t, [root, '-H', '127.0.0.1', '-p', '1'], { before: drop, cwd: '/' });
  t.equal(ended.code, 1);
  t.match(ended.stderr, /^pagecast: cannot listen on 127\.0\.0\.1:1: not permitted \(EACCES\); .*CAP_NET_BIND_SERVICE\n$/);
});

t.test('help and version', async (t) => {
  const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string };
  for (const args of [['--version'], ['-v'], ['-v', '--port', '80']]) t.match(await result(t, args), { code: 0, stdout: `${version}\n`, stderr: '' });
  for (const args of [['--help'], ['-h'], ['/nowhere', '-h']]) {
    const help = await result(t, args);
    t.equal(help.code, 0);
    t.match(help.stdout, /^pagecast [\d.]+: serves a folder over HTTP\n/);
    for (const flag of ['-p, --port PORT', '-l, --listen WHERE', '--workers N', '--grace-period SECONDS', '-q, --quiet']) t.ok(help.stdout.includes(flag), flag);
  }
});

t.test('understood', async (t) => {
  const dir = t.testdir({ 'index.html': 'index', 'home.htm': 'home', '.env': 'dot', 'link.txt': t.fixture('symlink', 'index.html') });
  const base = ['-H', '127.0.0.1', '--workers', '1'];
  const text = async (place: Parameters<typeof ask>[0], target: string): Promise<string> => {
    const { status, body } = await ask(place, target);
    return `${status} ${body.toString().trim()}`;
  };

  await t.test('-p 0 tells the real port', async (t) => {
    const { place, told, stderr } = await running(t, [dir, '-p', '0', ...base]);
    t.ok(place.port > 0);
    t.strictSame(told, { ...told, urls: [`http://127.0.0.1:${place.port}`], root: dir, workers: 1 });
    t.equal(await text(place, '/'), '200 index');
    t.equal(await text(place, '/.env'), '404 Not Found');
    t.equal(stderr(), '', 'nothing to complain about');
  });
  await t.test('every address by default, IPv4 and IPv6', async (t) => {
    const { place, told } = await running(t, ['-p', '0', '--workers', '2'], { cwd: dir });
    t.match(told.urls[0], /^http:\/\/\[::\]:\d+$/);
    t.equal(await text({ host: '127.0.0.1', port: place.port }, '/'), '200 index', 'the current folder');
    t.equal(await text({ host: '::1', port: place.port }, '/'), '200 index');
  });
  await t.test('localhost is both of its addresses, on one port', async (t) => {
    const { told, place } = await running(t, [dir, '-p', '0', '-H', 'localhost', '--workers', '1']);
    t.strictSame(told.urls.map((url) => new URL(url).port), [String(place.port), String(place.port)]);
    for (const host of ['127.0.0.1', '::1']) t.equal(await text({ host, port: place.port }, '/'), '200 index', host);
  });
  await t.test('flags', async (t) => {
    const { place, told } = await running(t, [dir, '-p0', ...base, '--dotfiles', '--index=home.htm', '--symlinks', 'none']);
    t.equal(told.workers, 1);
    t.equal(await text(place, '/'), '200 home');
    t.equal(await text(place, '/.env'), '200 dot');
    t.equal(await text(place, '/link.txt'), '404 Not Found');
  });
  await t.test('the environment, below the command line', async (t) => {
    const { place } = await running(t, base, { env: { PAGECAST_ROOT: dir, PORT: '0', PAGECAST_DOTFILES: '1', PAGECAST_INDEX: 'home.htm', PAGECAST_SYMLINKS: 'inside' } });
    t.equal(await text(place, '/'), '200 home');
    t.equal(await text(place, '/.env'), '200 dot');
    const both = await running(t, [dir, '-p', '0', '--index', 'index.html', ...base], { env: { PAGECAST_ROOT: '/nowhere', PORT: '1', PAGECAST_INDEX: 'home.htm' } });
    t.equal(await text(both.place, '/'), '200 index');
    const order = await running(t, [dir, ...base], { env: { PAGECAST_PORT: '0', PORT: '1' } });
    t.ok(order.place.port > 1, 'PAGECAST_PORT comes before PORT');
  });
  await t.test('several addresses', async (t) => {
    const socket = join(shortFolder(t), 's');
    const { told } = await running(t, [dir, '-l', '127.0.0.1:0', '-l', `unix:${socket}`, '-l', '[::1]:0', '--workers', '2', '--socket-mode', '660']);
    t.equal(told.urls.length, 3);
    t.equal((statSync(socket).mode & 0o777).toString(8), '660');
    t.equal(await text({ host: '127.0.0.1', port: Number(new URL(told.urls[0]!).port) }, '/'), '200 index');
    t.equal(await text({ host: socket, port: -1 }, '/'), '200 index');
    t.equal(await text({ host: '::1', port: Number(new URL(told.urls[2]!).port) }, '/'), '200 index');
  });
  t.match(execFileSync(process.execPath, [MAIN, '-h'], { cwd: '/', encoding: 'utf8' }), /Usage/, 'from any folder');
});
