// server.reload(): another policy on all workers at once, or everything as it was.
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import type { ReloadError } from '../../server/index.ts';
import { ask, Client, requestText, type Place } from '../client.ts';
import { pause, serve, shortFolder, until } from '../serving.ts';
import { bodyOf, origin, version } from './reloading.ts';
import { upset, workersOf } from './workers.ts';

t.test('roots, answers and their fields are other ones; connections stay', async (t) => {
  const [one, two] = [t.testdir({ one: { 'a.txt': 'one' }, two: { 'a.txt': 'two' } })].flatMap((dir) => [join(dir, 'one'), join(dir, 'two')]);
  const { server, place } = await serve(t, { root: one! });
  const client = await Client.open(place);
  t.equal(await bodyOf(client, '/a.txt'), 'one');
  const reloaded = await server.reload({ workers: 1, root: two!, headers: { 'X-Policy': 'second' } });
  t.equal(reloaded.generation, 2);
  t.ok(reloaded.tookMs > 0);
  await client.send(requestText('/a.txt'));
  const reply = await client.reply();
  t.equal(reply.body.toString(), 'two');
  t.equal(reply.fields.get('x-policy'), 'second');
  t.equal(server.options.root, two);
  t.equal((await server.counts())['accepted'], 1, 'over the same connection');
  client.destroy();
});

t.test('what nobody says is what the machine has, and no change', async (t) => {
  const root = t.testdir({ 'a.txt': 'a' });
  const { server } = await serve(t, { root, limits: { connectionsMax: 500 } });
  await server.reload({ root, workers: 1, limits: { connectionsMax: 500, idleTimeoutMs: 1234 } });
  t.match(server.options.limits, { connectionsMax: 500, idleTimeoutMs: 1234 });
  t.equal(server.options.workers, 1);
});

t.test('a request is answered by what it began with', async (t) => {
  const root = t.testdir({ 'a.txt': 'file' });
  const answers: (() => void)[] = [];
  const { url, connections } = await origin(t, (request, response) => {
    if (request.url === '/slow') answers.push(() => response.end('slow'));
    else response.setHeader('Cache-Control', 'no-store').end('fast');
  });
  const { server, place } = await serve(t, { proxy: url });
  const slow = await Client.open(place);
  await slow.send(requestText('/slow'));
  await until(() => answers.length === 1, 'the origin is asked');
  // Its content is nobody's: it has been promised an answer by the old policy while it comes.
  const half = await Client.open(place);
  await server.reload({ workers: 1, root });
  t.equal((await ask(place, '/a.txt')).body.toString(), 'file');
  t.equal((await ask(place, '/slow')).status, 404);
  await pause(300);
  answers[0]!();
  t.equal((await slow.reply()).body.toString(), 'slow');
  await until(async () => (await connections()) === 0, 'connections to its origin are closed when the last request is done');
  await slow.send(requestText('/slow'));
  t.equal((await slow.reply()).status, 404, 'and the next one on its connection by the new one');
  slow.destroy();
  half.destroy();
});

t.test('content that is thrown away: the answer is still by the policy that has judged the head', async (t) => {
  const root = t.testdir({ 'a.txt': 'file' });
  const { url } = await origin(t, (_, response) => response.end('origin'));
  const { server, place } = await serve(t, { root });
  const client = await Client.open(place);
  await client.send('POST /a.txt HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nab');
  await until(async () => (await server.counts())['bytesReceived']! > 0, 'the head has come');
  await server.reload({ workers: 1, proxy: url });
  await client.send('cd');
  t.equal((await client.reply()).status, 405);
  await client.send('POST /a.txt HTTP/1.1\r\nHost: localhost\r\nContent-Length: 4\r\n\r\nabcd');
  t.equal((await client.reply()).body.toString(), 'origin');
  client.destroy();
});

t.test('what is stored stays, where keys mean the same', async (t) => {
  let asked = 0;
  const { url } = await origin(t, (_, response) => response.setHeader('Cache-Control', 'max-age=60').end(`answer ${++asked}`));
  const { server, place } = await serve(t, { workers: 2, proxy: url });
  t.equal((await ask(place, '/a')).body.toString(), 'answer 1');
  await server.reload({ workers: 2, proxy: url, headers: { 'X-New': 'yes' } });
  for (let i = 0; i < 8; ++i) {
    const reply = await ask(place, '/a');
    t.equal(reply.body.toString(), 'answer 1');
    t.equal(reply.fields.get('x-new'), 'yes');
  }
  t.equal(await server.purge({ by: 'key', key: 'http://localhost/a' }), 1);
  t.equal((await ask(place, '/a')).body.toString(), 'answer 2');
});

t.test('origins where there were none, and none where there were', async (t) => {
  const root = t.testdir({ 'a.txt': 'file' });
  const { url } = await origin(t, (_, response) => response.setHeader('Cache-Control', 'max-age=60').end('origin'));
  const { server, place } = await serve(t, { workers: 2, root });
  await server.reload({ workers: 2, proxy: url });
  t.equal((await ask(place, '/a.txt')).body.toString(), 'origin');
  t.match((await ask(place, '/a.txt')).fields.get('cache-status'), /hit/);
  await server.reload({ workers: 2, root });
  t.equal((await ask(place, '/a.txt')).body.toString(), 'file');
  await server.reload({ workers: 2, proxy: url });
  t.match((await ask(place, '/a.txt')).fields.get('cache-status'), /hit/, 'it is there still');
});

t.test('hooks are read anew', async (t) => {
  const dir = t.testdir({ 'hooks.mjs': 'export default { request: () => ({ respond: { status: 200, fields: { "X-Hook": "1" } } }) };' });
  const hooks = join(dir, 'hooks.mjs');
  const { url } = await origin(t, (_, response) => response.setHeader('Cache-Control', 'no-store').end('origin'));
  const { server, place } = await serve(t, { proxy: { urls: [url], hooks } });
  t.equal((await ask(place, '/')).fields.get('x-hook'), '1');
  writeFileSync(hooks, 'export default { request: () => ({ respond: { status: 200, fields: { "X-Hook": "2" } } }) };');
  t.equal((await ask(place, '/')).fields.get('x-hook'), '1', 'not before a reload');
  await server.reload();
  t.equal((await ask(place, '/')).fields.get('x-hook'), '2');
  writeFileSync(hooks, 'export default { request: () => (');
  await t.rejects(server.reload(), { name: 'ReloadError', message: /hooks\.mjs/ });
  t.equal((await ask(place, '/')).fields.get('x-hook'), '2');
});

t.test('listeners come and go, and others stay', async (t) => {
  const root = t.testdir({ 'a.txt': 'file' });
  const folder = shortFolder(t);
  const unix = (name: string): Place => ({ host: join(folder, name), port: -1 });
  const listen = ['127.0.0.1:0', `unix:${join(folder, 'one')}`];
  const { server } = await serve(t, { workers: 2, root, listen }, ...[]);
  await server.close();
  const again = await serve(t, { workers: 2, root }, ...listen);
  const { place } = again;
  const onUnix = await Client.open(unix('one'));
  t.equal(await bodyOf(onUnix, '/a.txt'), 'file');
  await again.server.reload({ workers: 2, root }, { where: ['127.0.0.1:0', `unix:${join(folder, 'two')}`, '127.0.0.2:0'] });
  const addresses = again.server.addresses();
  t.same(addresses[0], place, 'port 0 is still the port that it was');
  t.same(addresses.map(({ port }) => Math.sign(port)), [1, -1, 1]);
  for (const address of addresses) t.equal((await ask(address, '/a.txt')).body.toString(), 'file');
  t.same(readdirSync(folder), ['two']);
  await t.rejects(Client.open(unix('one')), { code: 'ENOENT' });
  t.equal(await bodyOf(onUnix, '/a.txt'), 'file', 'who was connected is');
  onUnix.destroy();
  await t.rejects(again.server.reload({ workers: 2, root }, { where: ['127.0.0.1:0', `unix:${join(folder, 'three')}`, '192.0.2.1:1'] }), { name: 'ReloadError', message: /192\.0\.2\.1:1/ });
  t.same(again.server.addresses(), addresses);
  t.same(readdirSync(folder), ['two'], 'nothing of it is left');
  for (const address of addresses) t.equal((await ask(address, '/a.txt')).body.toString(), 'file');
});

t.test('several at once are done in turn; none while it drains, or before it has started', async (t) => {
  const { server, place } = await serve(t, { ...version('0') });
  const all = await Promise.all(['1', '2', '3'].map((text) => server.reload({ workers: 1, ...version(text) })));
  t.strictSame(all.map(({ generation }) => generation), [2, 3, 4]);
  t.equal((await ask(place, '/version')).body.toString(), '3');
  const closed = server.close();
  await t.rejects(server.reload(), { name: 'ReloadError', kind: 'unavailable' });
  await closed;
  await t.rejects(server.reload(), { name: 'ReloadError', kind: 'unavailable' });
});

t.test('an end that comes in the middle of it', async (t) => {
  const { server } = await serve(t, { workers: 2, ...version('0') });
  const reloaded = server.reload({ workers: 2, ...version('1') }).then(() => 'done', (error: unknown) => (error as ReloadError).kind);
  await server.close({ force: true });
  t.match(await reloaded, /^(?:done|unavailable)$/);
});

t.test('a worker that is replaced has what is in force', async (t) => {
  const root = t.testdir({ 'a.txt': 'file' });
  const { server, place, reports } = await serve(t, { root, workers: 2 });
  await server.reload({ root, workers: 2, headers: { 'X-Policy': 'second' } });
  for (const worker of workersOf(root)) upset(worker);
  await until(async () => reports.filter(({ name }) => name === 'workerDied').length === 2 && (await server.counts())['workersReplaced'] === 2, 'both are replaced');
  await until(() => ask(place, '/a.txt').then(() => true, () => false), 'they serve');
  for (let i = 0; i < 8; ++i) t.equal((await ask(place, '/a.txt')).fields.get('x-policy'), 'second');
});

t.test('one that dies in the middle of it', async (t) => {
  const root = t.testdir({ 'a.txt': 'file' });
  const { server, place } = await serve(t, { root, workers: 2 });
  const reloaded = server.reload({ root, workers: 2, headers: { 'X-Policy': 'second' } }).then(() => 'second', () => undefined);
  upset(workersOf(root)[0]!);
  const expected = await reloaded;
  await until(() => ask(place, '/a.txt').then(() => true, () => false), 'they serve');
  for (let i = 0; i < 8; ++i) {
    const reply = await ask(place, '/a.txt').catch(() => undefined);
    if (reply) t.equal(reply.fields.get('x-policy'), expected, 'all have the same');
  }
});
