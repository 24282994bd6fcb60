// `pagecast status`, `purge`, `drain`, `reload` and `explain --control`: a running server, asked from the command line.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ask } from '../client.ts';
import { result, running, type Running } from '../command.ts';
import { shortFolder } from '../serving.ts';
import { origin, type Answer } from './controlling.ts';

interface Caching {
  readonly server: Running;
  readonly url: string;
  readonly where: string;
  readonly dir: string;
  readonly status: (target: string) => Promise<string>;
}

async function caching(t: Test, ...args: string[]): Promise<Caching> {
  const dir = shortFolder(t);
  const from = await origin(t, (_, response) => response.setHeader('Cache-Control', 'max-age=3600, stale-while-revalidate=60').setHeader('Cache-Tag', 'x').end('x'));
  const where = `unix:${join(dir, 's')}`;
  const server = await running(t, ['--proxy', from, '-p', '0', '-H', '127.0.0.1', '--workers', '1', '--control', where, ...args]);
  const url = `http://127.0.0.1:${server.place.port}`;
  const status = async (target: string): Promise<string> => ((await ask(server.place, target, { fields: { Host: new URL(url).host } })) as Answer).fields.get('cache-status')!;
  await status('/a');
  await status('/b');
  return { server, url, where, dir, status };
}

t.test('told and asked', async (t) => {
  const { server, url, where, status } = await caching(t);
  const told = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await result(t, [...args, '--control', where]);
    t.equal(stderr, '', args.join(' '));
    t.equal(code, 0, args.join(' '));
    return stdout;
  };
  t.match(await told('status'), /phase +ready\n[^]*listeners +http:\/\/127\.0\.0\.1[^]*ready +1\n[^]*objects +2\n/);
  t.match(JSON.parse(await told('status', '--json')), { pid: server.pid, store: { objects: 2 } });
  t.match(JSON.parse(await told('explain', `${url}/a`)), { stored: { use: /^fresh/ } });
  t.match(JSON.parse(await told('explain', `${url}/a`, '-H', 'Cache-Control: no-cache', '--method', 'HEAD')), { request: { method: 'HEAD' }, cache: { requestDirectives: ['no-cache'] } });
  t.equal(await told('purge', `${url}/a`), '1 object purged\n');
  t.match(await status('/a'), /uri-miss/);
  t.equal(await told('purge', '--tag', 'x', '--soft'), '2 objects made stale\n');
  t.match(await status('/b'), /hit/);
  t.match(JSON.parse(await told('purge', '--prefix', `${url}/`, '--json')), { purged: 2, soft: false });
  t.equal(await told('purge', '--all'), '0 objects purged\n');
  t.match(await told('reload'), /generation +2\n/);
  t.equal(await told('drain'), 'it drains\n');
  t.match(await server.ended, { code: 0, signal: null });
  t.match(server.stderr(), /"event":"purge".*"by":"tag"/);
});

t.test('found by itself, and with a token', async (t) => {
  const dir = shortFolder(t);
  writeFileSync(join(dir, 'token'), 'correcthorse\n');
  const env = { PAGECAST_CONTROL: '', XDG_RUNTIME_DIR: dir };
  const start = (): Promise<Running> => running(t, [t.testdir({}), '-p', '0', '-H', '127.0.0.1', '--workers', '1', '--control-token-file', join(dir, 'token')], { env });
  const first = await start();
  t.match(await result(t, ['status'], { env }), { code: 1, stderr: /401 Unauthorized/ });
  t.match(await result(t, ['status', '--json', '--control-token-file', join(dir, 'token')], { env }), { code: 0, stdout: new RegExp(`"pid": ${first.pid}`) });
  t.match(await result(t, ['status', '--json'], { env: { ...env, PAGECAST_CONTROL_TOKEN: 'correcthorse' } }), { code: 0 });
  const second = await start();
  const several = await result(t, ['status'], { env });
  t.equal(several.code, 1);
  t.match(several.stderr, /2 servers are running, --control tells which: unix:\S+, unix:\S+\n$/);
  process.kill(second.pid, 'SIGKILL');
  await second.ended;
  t.match(await result(t, ['status'], { env: { ...env, PAGECAST_CONTROL_TOKEN: 'correcthorse' } }), { code: 0 }, 'a dead one does not count');
});

const refused: readonly (readonly [args: readonly string[], code: number, says: RegExp])[] = [
  [['status', '--control', 'unix:/nowhere/s'], 1, /unix:\/nowhere\/s: there is no such socket \(ENOENT\)/],
  [['status', '--control', '127.0.0.1:1'], 1, /127\.0\.0\.1:1: nothing listens there \(ECONNREFUSED\)/],
  [['drain', '--control', '1'], 1, /nothing listens there/],
  [['explain', '/', '--control', '1'], 1, /nothing listens there/],
  [['status', '--control', 'nonsense'], 2, /--control must be/],
  [['status', 'http://a/'], 2, /takes no URL/],
  [['drain', '--all'], 2, /takes no URL/],
  [['status', '--nonsense'], 2, /nonsense/],
  [['purge'], 2, /one of URL, --tag, --prefix and --all/],
  [['purge', 'http://a/', 'http://b/'], 2, /one of URL/],
  [['purge', 'http://a/', '--all'], 2, /one of URL/],
  [['purge', '--tag'], 2, /tag/],
  [['explain', '--control', '1'], 2, /needs one URL/],
  [['explain', '/', '--proxy', 'http://a', '--control', '1'], 2, /--proxy is for a server that does not run/],
  [['explain', '/', '-H', 'nonsense', '--control', '1'], 2, /-H must be/],
  [['status', '--control', '1', '--control-token-file', '/nowhere'], 2, /ENOENT/],
];

t.test('refused, in one line', async (t) => {
  for (const [args, code, says] of refused) {
    const ended = await result(t, args, { env: { PAGECAST_CONTROL: '' } });
    t.equal(ended.code, code, args.join(' '));
    t.match(ended.stderr, says, args.join(' '));
    t.match(ended.stderr, /^pagecast: [^\n]+\n$/, args.join(' '));
    t.equal(ended.stdout, '', args.join(' '));
  }
  t.match(await result(t, ['status', '--help']), { code: 0, stdout: /^Usage:\n/ });
});

t.test('whatever answers there, it is told what is wrong', async (t) => {
  const other = await origin(t, (_, response) => response.end('<html>'));
  const ended = await result(t, ['status', '--control', new URL(other).host]);
  t.equal(ended.code, 1);
  t.match(ended.stderr, /is no control plane: its answer is not JSON\n$/);
});
