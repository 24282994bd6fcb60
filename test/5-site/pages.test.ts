// Pages of errors, who may see a site, and one folder for each host.
import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ask, Client, requestText, type Place } from '../client.ts';
import { running } from '../command.ts';
import { pause, serve, until } from '../serving.ts';

async function told(place: Place, target: string, fields: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<[number, string]> {
  const reply = await ask(place, target, { fields, method });
  return [reply.status, reply.body.toString()];
}

t.test('pages of errors', async (t) => {
  const root = t.testdir({ 'index.html': 'home', '404.html': 'not here', '4xx.html': 'some error', 'app.js': 'x'.repeat(2000), folder: { '404.html': 'never' } });
  const { place } = await serve(t, { root });
  t.strictSame(await told(place, '/nothing'), [404, 'not here']);
  t.strictSame(await told(place, '/folder/nothing'), [404, 'not here'], 'that of the root');
  t.strictSame(await told(place, '/app.js', { 'Accept-Encoding': '*;q=0' }), [406, 'some error']);
  t.strictSame(await told(place, '/', {}, 'POST'), [405, 'Method Not Allowed\n'], 'a method is judged before the site is');
  t.strictSame(await told(place, '/%zz'), [400, 'Bad Request\n']);
  t.strictSame(await told(place, '/404.html'), [200, 'not here'], 'asked for by its name it is a file');
  const reply = await ask(place, '/nothing', { fields: { 'If-None-Match': '*', Range: 'bytes=0-1', 'Accept-Encoding': 'br' } });
  t.strictSame([reply.status, reply.fields.get('content-type'), reply.fields.get('content-length')], [404, 'text/html; charset=utf-8', '8']);
  for (const name of ['etag', 'last-modified', 'cache-control', 'accept-ranges', 'repr-digest', 'content-encoding', 'content-range']) t.notOk(reply.fields.has(name), name);
  const head = await ask(place, '/nothing', { method: 'HEAD' });
  t.strictSame([head.status, head.fields.get('content-length'), head.body.length], [404, '8', 0]);
});

t.test('they change, go and come back', async (t) => {
  const root = t.testdir({ '404.html': 'first' });
  const { place } = await serve(t, { root });
  t.strictSame(await told(place, '/x'), [404, 'first']);
  for (const text of ['second', '', 'third version']) {
    writeFileSync(join(root, '404.html'), text);
    await pause(150);
    t.strictSame(await told(place, '/x'), [404, text]);
  }
  rmSync(join(root, '404.html'));
  writeFileSync(join(root, '4xx.html'), 'any');
  await pause(150);
  t.strictSame(await told(place, '/x'), [404, 'any']);
  rmSync(join(root, '4xx.html'));
  mkdirSync(join(root, '404.html'));
  await pause(150);
  t.strictSame(await told(place, '/x'), [404, 'Not Found\n'], 'a folder is no page');
  rmSync(join(root, '404.html'), { recursive: true });
  symlinkSync('/etc/hostname', join(root, '404.html'));
  await pause(150);
  t.strictSame(await told(place, '/x'), [404, 'Not Found\n'], 'nor a link out of the root');
});

const drop = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups'];
const mayDrop = spawnSync(drop[0]!, [...drop.slice(1), 'true']).status === 0;
const skip = mayDrop ? false : 'needs setpriv, and to be root, to run a server as nobody';

t.test('what may not be read', { skip }, async (t) => {
  const root = mkdtempSync('/tmp/pagecast-pages-');
  t.teardown(() => rmSync(root, { recursive: true }));
  chmodSync(root, 0o755);
  for (const [name, text] of [['index.html', 'home'], ['403.html', 'forbidden'], ['404.html', 'not here'], ['app.js', 'x'.repeat(3000)], ['_headers', '/*\n  X-Site: yes\n']] as const) writeFileSync(join(root, name), text);
  for (const name of ['closed.html', 'app.js.br']) writeFileSync(join(root, name), 'secret', { mode: 0o600 });
  mkdirSync(join(root, 'closed'), { mode: 0o700 });
  const { place } = await running(t, [root, '-p', '0', '-H', '127.0.0.1', '--workers', '1', '--browse', '--spa'], { before: drop, cwd: '/' });
  for (const target of ['/closed.html', '/closed/', '/closed/x.txt', '/closed/x']) t.strictSame(await told(place, target), [403, 'forbidden'], target);
  t.equal((await ask(place, '/closed')).status, 301);
  const page = await ask(place, '/closed.html');
  t.strictSame([page.fields.get('x-site'), page.fields.has('etag')], ['yes', false]);
  const script = await ask(place, '/app.js', { fields: { 'Accept-Encoding': 'br' } });
  t.strictSame([script.status, script.body.includes('secret')], [200, false], 'a sibling that cannot be read is none');
  chmodSync(join(root, '403.html'), 0o600);
  await pause(150);
  t.strictSame(await told(place, '/closed.html'), [403, 'Forbidden\n'], 'the page itself cannot be read');
  chmodSync(join(root, '_headers'), 0o600);
  await pause(300);
  t.equal((await ask(place, '/app.js')).fields.get('x-site'), 'yes', 'rules that cannot be read stay in force');
});

t.test('users', async (t) => {
  const { place } = await serve(t, { root: t.testdir({ 'index.html': 'home', '401.html': 'sign in' }), site: { health: '/healthz' }, access: { users: ['jane:correct horse', 'joe:a:b'], realm: 'the "site"' } });
  const by = (pair: string): Record<string, string> => ({ Authorization: `Basic ${Buffer.from(pair).toString('base64')}` });
  for (const [fields, status] of [
    [{}, 401], [by('jane:correct horse'), 200], [by('joe:a:b'), 200], [by('jane:wrong'), 401], [by('joe:a'), 401], [by('joe:correct horse'), 401], [by(':'), 401], [by(''), 401],
    [{ Authorization: 'Basic' }, 401], [{ Authorization: 'Basic %%%' }, 401], [{ Authorization: 'Bearer x' }, 401], [{ Authorization: `Basic ${'A'.repeat(8000)}` }, 401],
  ] as const) {
    const reply = await ask(place, '/', { fields });
    t.equal(reply.status, status, JSON.stringify(fields).slice(0, 60));
    if (status === 401) t.strictSame([reply.fields.get('www-authenticate'), reply.fields.get('cache-control')], ['Basic realm="the \\"site\\"", charset="UTF-8"', 'no-store']);
  }
  for (const target of ['/nothing', '/%zz', '/index.html', '/healthz/', '/healthz/../', '//healthz', '/%68ealthz']) t.equal((await ask(place, target)).status, 401, `${target}: nothing is told`);
  for (const target of ['/healthz', '/healthz?x=1']) t.strictSame(await told(place, target), [200, 'ok\n']);
  t.strictSame(await told(place, '/healthz', {}, 'HEAD'), [200, '']);
  t.strictSame(await told(place, '/', {}, 'HEAD'), [401, '']);
});

t.test('addresses', async (t) => {
  const root = t.testdir({ 'index.html': 'home' });
  const health = '/healthz';
  for (const [access, status] of [
    [{ allow: ['127.0.0.0/8'] }, 200], [{ allow: ['10.0.0.0/8'] }, 403], [{ deny: ['127.0.0.1'] }, 403], [{ deny: ['10.0.0.1'] }, 200], [{ allow: ['127.0.0.1'], deny: ['127.0.0.0/8'] }, 403], [{ allow: ['::1'] }, 403],
  ] as const) {
    const { place } = await serve(t, { root, access, site: { health } });
    t.equal((await ask(place, '/')).status, status, JSON.stringify(access));
    t.equal((await ask(place, '/', { fields: { 'X-Forwarded-For': '10.0.0.1', Forwarded: 'for=10.0.0.1' } })).status, status, 'what the client says of itself counts for nothing');
    t.equal((await ask(place, health)).status, 200);
  }
});

t.test('a rate, of all workers together', async (t) => {
  const { place } = await serve(t, { root: t.testdir({ 'index.html': 'home' }), workers: 2, site: { health: '/healthz' }, access: { rateLimit: { perSecond: 0.01, burst: 8 } } });
  const statuses: number[] = [];
  for (let i = 0; i < 24; ++i) statuses.push((await ask(place, '/')).status);
  t.strictSame(statuses, [...Array<number>(8).fill(200), ...Array<number>(16).fill(429)]);
  const refused = await ask(place, '/');
  t.match(refused.fields.get('retry-after'), /^[1-9]\d*$/);
  t.equal(refused.fields.get('cache-control'), 'no-store');
  t.equal((await ask(place, '/healthz')).status, 200);
});

t.test('hosts', async (t) => {
  const site = (name: string): Record<string, string | Record<string, string>> => ({
    'index.html': name, '404.html': `no ${name}`, _headers: `/*\n  X-Site: ${name}\n`, _redirects: '/old /new 301\n', '.well-known': { 'about.txt': `known ${name}` }, '.env': 'secret', 'big.js': name.repeat(800),
  });
  const root = t.testdir({ 'a.test': site('a'), 'b.test': site('b'), 'index.html': 'root', 'file.txt': 'root', '.well-known': { 'about.txt': 'root' }, _headers: '/*\n  X-Root: yes\n', '127.0.0.1': { 'index.html': 'by address' } });
  symlinkSync('a.test', join(root, 'alias.test'));
  symlinkSync('/etc', join(root, 'etc.test'));
  const { place } = await serve(t, { root, site: { virtualHosts: true } });
  const cases: readonly (readonly [host: string, target: string, status: number, body: string])[] = [
    ['a.test', '/', 200, 'a'], ['b.test', '/', 200, 'b'], ['A.TEST', '/', 200, 'a'], ['a.test:8080', '/', 200, 'a'], ['a.test.', '/', 200, 'a'], ['a.test.:80', '/', 200, 'a'], ['a.test:', '/', 200, 'a'],
    ['127.0.0.1', '/', 200, 'by address'], ['alias.test', '/', 200, 'a'], ['b.test', '/nothing', 404, 'no b'], ['a.test', '/.well-known/about.txt', 200, 'known a'], ['b.test', '/.well-known/about.txt', 200, 'known b'],
    ['a.test', '/.env', 404, 'no a'], ['a.test', '/../b.test/', 404, 'no a'], ['a.test', '/%2e%2e/b.test/', 404, 'no a'], ['a.test', '/_headers', 404, 'no a'], ['a.test', '/_redirects', 404, 'no a'],
    ['c.test', '/', 421, 'Misdirected Request\n'], ['etc.test', '/hostname', 421, 'Misdirected Request\n'], ['file.txt', '/', 421, 'Misdirected Request\n'],
    ['_headers', '/', 421, 'Misdirected Request\n'], ['.well-known', '/about.txt', 421, 'Misdirected Request\n'], ['a..test', '/', 421, 'Misdirected Request\n'],
  ];
  for (const [host, target, status, body] of cases) {
    t.strictSame(await told(place, target, { Host: host }), [status, body], `${host} ${target}`);
    t.strictSame(await told(place, target, { Host: host }, 'HEAD'), [status, ''], `HEAD ${host} ${target}`);
  }
  for (const host of ['', '..', '../b.test', 'a.test/../b.test', 'a.test%2f', 'a.test\\b', '.', '/', 'a.test:99999', 'a.test:x', '[::1', 'a b', 'a.test,b.test', '*', 'x'.repeat(300)]) {
    const { status } = await ask(place, '/', { fields: { Host: host } });
    t.ok(status === 421 || status === 400, `${host.slice(0, 20)}: ${status}`);
  }
  const reply = await ask(place, '/', { fields: { Host: 'b.test' } });
  t.strictSame([reply.fields.get('x-site'), reply.fields.has('x-root')], ['b', false], 'each has its own rules');
  t.equal((await ask(place, '/old', { fields: { Host: 'a.test' } })).fields.get('location'), '/new', 'without the folder');
  const big = await Promise.all(['a', 'b', 'a', 'b'].map(async (name) => (await ask(place, '/big.js', { fields: { Host: `${name}.test`, 'Accept-Encoding': 'gzip' } })).fields.get('etag')));
  t.strictSame([big[0] === big[2], big[1] === big[3], big[0] === big[1]], [true, true, false]);
  const absolute = await Client.open(place);
  await absolute.send('GET http://b.test/ HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n');
  t.equal((await absolute.reply()).body.toString(), 'b', 'the target counts before Host (RFC 9112 §3.2.2)');
  absolute.destroy();
});

t.test('what is told of a path stays within its site', async (t) => {
  const root = t.testdir({ 'a.test': { 'index.html': 'a' }, 'a.test.internal': { 'secret.txt': 'secret' } });
  const { place } = await serve(t, { root, site: { virtualHosts: true, about: '/about-server' } });
  const statusOf = async (path: string): Promise<unknown> => {
    const { body } = await ask(place, `/about-server?path=${path}`, { fields: { Host: 'a.test' } });
    return (JSON.parse(body.toString()) as { status: unknown }).status;
  };
  t.equal(await statusOf('/'), 200);
  for (const path of ['/../a.test.internal/secret.txt', '/%2e%2e/a.test.internal/secret.txt', '/secret.txt']) t.equal(await statusOf(path), 404, path);
  t.not(await statusOf('.internal/secret.txt'), 200, 'a path begins with a slash');
});

t.test('health while the server drains', async (t) => {
  const { server, place } = await serve(t, { root: t.testdir({ 'index.html': 'home' }), site: { health: '/healthz' }, graceMs: 3000 });
  const client = await Client.open(place);
  await client.send(`${requestText('/healthz')}${requestText('/healthz').slice(0, 10)}`);
  t.equal((await client.reply()).status, 200);
  await until(async () => (await server.counts())['connections'] === 1, 'it is open');
  const closed = server.close();
  await pause(50);
  await client.send(requestText('/healthz').slice(10));
  const last = await client.reply();
  t.strictSame([last.status, last.fields.get('connection')], [200, 'close'], 'a request that had begun is answered');
  await client.nothingMore();
  await closed;
});
