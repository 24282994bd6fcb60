// The flags of a cache before an origin, as a command.
import { writeFileSync } from 'node:fs';
import type { IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { originOf } from '../5-proxy/hooking.ts';
import { ask } from '../client.ts';
import { running, type CommandOptions, type Running } from '../command.ts';
import { shortFolder } from '../serving.ts';

interface Before extends Running {
  /** The URL of the origin. */
  readonly url: string;
  /** Of the last question to it. */
  readonly seen: () => IncomingHttpHeaders;
}

async function before(t: Test, args: (url: string) => readonly string[], options: CommandOptions = {}): Promise<Before> {
  let seen: IncomingHttpHeaders = {};
  const url = await originOf(t, (request, response) => {
    seen = request.headers;
    if (request.url === '/file') response.setHeader('X-Accel-Redirect', '/index.html');
    response.setHeader('Cache-Control', 'max-age=60');
    response.end(`origin ${request.url!}`);
  });
  return { ...(await running(t, [...args(url), '-H', '127.0.0.1', '-p', '0', '--workers', '1'], options)), url, seen: () => seen };
}

function folder(t: Test): string {
  const root = shortFolder(t);
  writeFileSync(join(root, 'index.html'), 'home');
  return root;
}

t.test('DIR and --proxy: the folder first', async (t) => {
  const root = folder(t);
  const { place, told, url, stderr } = await before(t, (origin) => [root, '-P', origin, '--header', 'X-Site: ours']);
  t.match(told, { root, origins: [url] });
  const [home, other] = [await ask(place, '/'), await ask(place, '/other')];
  t.strictSame([home.body.toString(), home.fields.get('x-site')], ['home', 'ours']);
  t.strictSame([other.body.toString(), other.fields.get('x-site')], ['origin /other', 'ours']);
  t.equal(stderr(), '');
});

t.test('--root, or its variable, is DIR', async (t) => {
  const root = folder(t);
  for (const started of [await before(t, (origin) => ['--root', root, '-P', origin]), await before(t, (origin) => ['-P', origin], { env: { PAGECAST_ROOT: root } })]) {
    t.equal((await ask(started.place, '/')).body.toString(), 'home');
    t.equal((await ask(started.place, '/other')).body.toString(), 'origin /other');
  }
});

t.test('--proxy alone: no folder, also not the current one', async (t) => {
  const root = folder(t);
  const { place, told, url } = await before(t, (origin) => ['-P', origin], { cwd: root });
  t.strictSame([told.root, (told as unknown as { origins: string[] }).origins], [undefined, [url]]);
  t.equal((await ask(place, '/')).body.toString(), 'origin /');
});

t.test('what the origin is told', async (t) => {
  const fields = { 'Host': 'client.test', 'X-Forwarded-For': '192.0.2.7', 'X-Forwarded-Proto': 'https' };
  const plain = await before(t, (origin) => ['-P', origin]);
  await ask(plain.place, '/a', { fields });
  t.match(plain.seen(), { 'host': 'client.test', 'x-forwarded-for': '127.0.0.1', 'x-forwarded-proto': 'http' });
  const keeping = await before(t, (origin) => ['-P', origin, '--host-header', 'keep', '--trusted-proxy', '192.0.2.0/24']);
  await ask(keeping.place, '/a', { fields });
  t.match(keeping.seen(), { 'host': 'client.test', 'x-forwarded-for': '127.0.0.1' });
  const trusting = await before(t, (origin) => ['-P', origin, '--host-header', 'app.internal:81', '--trusted-proxy', '192.0.2.0/24', '--trusted-proxy', '127.0.0.1']);
  await ask(trusting.place, '/a', { fields });
  t.match(trusting.seen(), { 'host': 'app.internal:81', 'x-forwarded-for': '192.0.2.7, 127.0.0.1', 'x-forwarded-proto': 'https', 'x-forwarded-host': 'client.test' });
});

t.test('who may purge', async (t) => {
  for (const [flags, status] of [[[], 200], [['--purge-from', '192.0.2.1'], 403], [['--purge-from', '192.0.2.1', '--purge-from', '127.0.0.0/8'], 200]] as const) {
    const { place } = await before(t, (origin) => ['-P', origin, ...flags]);
    t.equal((await ask(place, '/a', { method: 'PURGE' })).status, status, flags.join(' '));
  }
});

t.test('--sendfile-root', async (t) => {
  const { place } = await before(t, (origin) => ['-P', origin, '--sendfile-root', folder(t), '--cors']);
  const reply = await ask(place, '/file');
  t.strictSame([reply.body.toString(), reply.fields.get('access-control-allow-origin')], ['home', '*']);
});
