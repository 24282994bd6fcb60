// Where a control plane is, and who may get there: options, sockets, tokens, and the command's own choice.
import { chmodSync, existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { createServer, ListenError, OptionsError, type ServerOptions } from '../../server/index.ts';
import { controlPlace } from '../../server/control/options.ts';
import { result, running } from '../command.ts';
import { shortFolder } from '../serving.ts';
import { controlled, placeOf, put } from './controlling.ts';

t.test('places', (t) => {
  const tcp = (host: string, port: number): object => ({ kind: 'tcp', host, port });
  const cases: readonly (readonly [text: string, place: object | undefined])[] = [
    ['auto', { kind: 'auto' }], ['unix:/run/x', { kind: 'unix', path: '/run/x' }], ['9000', tcp('127.0.0.1', 9000)], [':9000', tcp('127.0.0.1', 9000)], ['localhost:9000', tcp('127.0.0.1', 9000)], ['0', tcp('127.0.0.1', 0)],
    ['127.0.0.1:9000', tcp('127.0.0.1', 9000)], ['[::1]:9000', tcp('::1', 9000)], ['0.0.0.0:9000', tcp('0.0.0.0', 9000)], ['[::]:9000', tcp('::', 9000)], ['192.0.2.1:1', tcp('192.0.2.1', 1)],
    ...['', 'unix:', 'unix:x', 'unix:/a\0b', 'example.com:9000', 'example.com', '65536', '127.0.0.1:65536', '127.0.0.1', '::1:9000', '[127.0.0.1:9000', 'http://127.0.0.1:9000', 'fd:3', '-1', '127.0.0.1:', 'off', ' 9000'].map((text) => [text, undefined] as const),
  ];
  for (const [text, place] of cases) t.strictSame(controlPlace(text), place, JSON.stringify(text));
  t.end();
});

t.test('wrong options', (t) => {
  const dir = shortFolder(t);
  writeFileSync(join(dir, 'empty'), '\n');
  writeFileSync(join(dir, 'two'), 'one two\n');
  writeFileSync(join(dir, 'good'), 'one\n');
  const cases: readonly (readonly [control: unknown, says: RegExp])[] = [
    ['nonsense', /control/], [1, /control/], [null, /control/], [{ listen: 1 }, /control\.listen/], [{ listen: 'auto', more: 1 }, /unknown option "control\.more"/],
    ['0.0.0.0:9000', /needs a token/], ['[::]:9000', /needs a token/], ['192.0.2.1:9000', /needs a token/], [{ listen: '0.0.0.0:9000' }, /needs a token/],
    [{ listen: 'auto', token: '' }, /control\.token/], [{ listen: 'auto', token: 'a b' }, /control\.token/], [{ listen: 'auto', token: 'ä' }, /control\.token/], [{ listen: 'auto', token: 'x\n' }, /control\.token/], [{ listen: 'auto', token: 'x', tokenFile: 'y' }, /given twice/],
    [{ listen: 'auto', tokenFile: join(dir, 'nowhere') }, /control\.tokenFile.*ENOENT/], [{ listen: 'auto', tokenFile: join(dir, 'empty') }, /no token/], [{ listen: 'auto', tokenFile: join(dir, 'two') }, /no token/], [{ listen: 'auto', tokenFile: dir }, /EISDIR/],
  ];
  for (const [control, says] of cases) {
    const make = (): unknown => createServer({ root: dir, control } as ServerOptions);
    t.throws(make, { message: says }, JSON.stringify(control));
    t.throws(make, OptionsError);
    try {
      make();
    } catch (error) {
      t.notMatch(String(error), /a b|ä|one two/, 'no token is told');
    }
  }
  t.doesNotThrow(() => createServer({ root: dir, control: { listen: '0.0.0.0:9000', tokenFile: join(dir, 'good') } }));
  t.end();
});

t.test('nothing, where nothing is asked for', async (t) => {
  const server = createServer({ root: t.testdir({}), workers: 1 });
  await server.listen('127.0.0.1:0');
  t.equal(server.controlAddress, undefined);
  await server.close({ force: true });
});

t.test('a unix socket is for its owner', async (t) => {
  const path = join(shortFolder(t), 's');
  const before = process.umask(0);
  t.teardown(() => process.umask(before));
  const { server } = await controlled(t, { root: t.testdir({}), control: `unix:${path}` });
  t.equal((statSync(path).mode & 0o777).toString(8), '600');
  const second = createServer({ root: t.testdir({}), workers: 1, control: `unix:${path}` });
  await t.rejects(second.listen('127.0.0.1:0'), { code: 'EADDRINUSE' }, 'it is taken');
  t.equal(second.address(), null, 'nothing is left open');
  t.ok(existsSync(path), 'and the first one keeps it');
  await server.close();
  t.notOk(existsSync(path), 'gone with its server');
});

t.test('a port that is taken, a folder that is not there', async (t) => {
  const { server } = await controlled(t, { root: t.testdir({}) });
  const taken = String(placeOf(server.controlAddress!).port);
  for (const control of [taken, 'unix:/nowhere/at/all', `unix:/${'x'.repeat(200)}`]) {
    await t.rejects(createServer({ root: t.testdir({}), workers: 1, control }).listen('127.0.0.1:0'), ListenError, control.slice(0, 30));
  }
});

t.test('IPv6, and a token from a file', async (t) => {
  const dir = shortFolder(t);
  writeFileSync(join(dir, 'token'), 'correcthorse\n');
  const { control } = await controlled(t, { root: dir, control: { listen: '[::1]:0', tokenFile: join(dir, 'token') } });
  t.equal((await put(control, '/api/v1/status')).status, 401);
  t.equal((await put(control, '/api/v1/status', { lines: [`Host: [::1]:${control.port}`, 'Authorization: Bearer correcthorse'] })).status, 200);
});

t.test('the command', async (t) => {
  const dir = shortFolder(t);
  const site = t.testdir({ 'a.txt': 'a' });
  const base = [site, '-p', '0', '-H', '127.0.0.1', '--workers', '1'];
  const told = (server: { readonly told: object }): string | undefined => (server.told as { readonly control?: string }).control;
  await t.test('has a socket called after its port, by itself', async (t) => {
    const server = await running(t, base, { env: { PAGECAST_CONTROL: '', XDG_RUNTIME_DIR: dir } });
    const path = join(dir, 'pagecast', `${server.place.port}.sock`);
    t.equal(told(server), `unix:${path}`);
    t.equal((statSync(join(dir, 'pagecast')).mode & 0o777).toString(8), '700');
    t.match((await put({ host: path, port: -1 }, '/api/v1/status')).json, { pid: server.pid });
    process.kill(server.pid, 'SIGTERM');
    await server.ended;
    t.notOk(existsSync(path));
    t.equal(server.stderr(), '');
  });
  await t.test('a dead one is replaced, a living one is not', async (t) => {
    const unix = join(dir, 'u.sock');
    const first = await running(t, [site, '-l', `unix:${unix}`, '--workers', '1'], { env: { PAGECAST_CONTROL: 'auto', XDG_RUNTIME_DIR: dir } });
    t.equal(told(first), `unix:${join(dir, 'pagecast', 'u.sock')}`, 'called after the socket of the site');
    process.kill(first.pid, 'SIGKILL');
    await first.ended;
    const again = await running(t, [site, '-l', `unix:${unix}`, '--workers', '1'], { env: { PAGECAST_CONTROL: 'auto', XDG_RUNTIME_DIR: dir } });
    t.equal(told(again), told(first));
  });
  await t.test('is off where it is told so', async (t) => {
    t.equal(told(await running(t, [...base, '--control', 'off'])), undefined);
  });
  await t.test('a token from the environment', async (t) => {
    const server = await running(t, [...base, '--control', '0.0.0.0:0'], { env: { PAGECAST_CONTROL_TOKEN: 'correcthorse' } });
    const place = { ...placeOf(told(server)!), host: '127.0.0.1' };
    t.equal((await put(place, '/api/v1/status')).status, 401);
    t.equal((await put(place, '/api/v1/status', { lines: ['Host: localhost', 'Authorization: Bearer correcthorse'] })).status, 200);
    t.notMatch(server.stdout() + server.stderr(), 'correcthorse');
  });
  for (const [args, code, says] of [
    [['--control', 'nonsense'], 2, /control/], [['--control', '0.0.0.0:0'], 2, /needs a token/], [['--control', '0.0.0.0:0', '--control-token-file', '/nowhere'], 2, /ENOENT/], [['--control', 'unix:/nowhere/x'], 1, /cannot listen on unix:\/nowhere\/x/],
  ] as const) {
    const ended = await result(t, [...base, ...args]);
    t.equal(ended.code, code, args.join(' '));
    t.match(ended.stderr, says, args.join(' '));
  }
});

t.test('no folder that it may write to: it serves all the same', { skip: process.getuid?.() === 0 ? 'root may write anywhere' : false }, async (t) => {
  const dir = shortFolder(t);
  mkdirSync(join(dir, 'pagecast'));
  chmodSync(join(dir, 'pagecast'), 0o500);
  const server = await running(t, [t.testdir({}), '-p', '0', '-H', '127.0.0.1', '--workers', '1'], { env: { PAGECAST_CONTROL: 'auto', XDG_RUNTIME_DIR: dir } });
  t.equal((server.told as { readonly control?: string }).control, undefined);
});
