// What is refused: as a problem (RFC 9457), and without anything being changed.
import { STATUS_CODES } from 'node:http';
import t, { type Test } from 'tap';
import { ask, Client } from '../client.ts';
import { together } from '../4-wire/site.ts';
import { controlled, origin, put, type Answer, type Controlled } from './controlling.ts';
import { refusalCases, tokenCases, type RefusalCase } from './refusal-cases.ts';

const log = { level: 'info' as const, info: () => undefined };

async function withObject(t: Test, control: string | { readonly listen: string; readonly token: string }): Promise<Controlled> {
  const from = await origin(t, (_, response) => response.setHeader('Cache-Control', 'max-age=3600').setHeader('Cache-Tag', 'x').end('x'));
  const all = await controlled(t, { proxy: from, control }, { log });
  await ask(all.site, '/');
  return all;
}

function pathOf(target: string): string {
  return target.startsWith('/') ? `/api/v1${target}` : `/${target}`;
}

function check(t: Test, { name, status, detail, fields = {} }: RefusalCase, answer: Answer): void {
  const told = `${name}: ${answer.status} ${answer.text.slice(0, 200)}`;
  if (answer.status !== status) return void t.equal(answer.status, status, told);
  t.equal(answer.fields.get('content-type'), 'application/problem+json', told);
  t.match(answer.json, { type: 'about:blank', title: STATUS_CODES[status], status, detail: detail ?? /\w/ }, told);
  for (const [field, wanted] of Object.entries(fields)) t.match(answer.fields.get(field), wanted, `${told}: ${field}`);
  t.equal(answer.fields.get('access-control-allow-origin'), undefined, told);
  t.notMatch(answer.text, /correcthorse|node_modules|at .*\.js:/, told);
}

async function unchanged(t: Test, { server, site, reports }: Controlled): Promise<void> {
  t.match((await ask(site, '/')).fields.get('cache-status'), /hit/, 'what is stored is still there');
  t.equal(server.phase, 'ready');
  t.equal(log.level, 'info');
  t.strictSame(reports, [], 'and there is nothing to tell of');
}

t.test('on a loopback address', async (t) => {
  const all = await withObject(t, '127.0.0.1:0');
  await together(refusalCases, 8, async (row) => check(t, row, await put(all.control, pathOf(row.target), row)));
  t.ok(refusalCases.length >= 180, `${refusalCases.length} rows`);
  await unchanged(t, all);
});

for (const listen of ['127.0.0.1:0', '0.0.0.0:0']) {
  t.test(`where a token is wanted, on ${listen}`, async (t) => {
    const all = await withObject(t, { listen, token: 'correcthorse' });
    const place = { ...all.control, host: '127.0.0.1' };
    await together(tokenCases, 8, async (row) => check(t, row, await put(place, pathOf(row.target), row)));
    t.ok(tokenCases.length >= 25, `${tokenCases.length} rows`);
    await unchanged(t, all);
    const lines = ['Host: localhost', 'authorization: BEARER   correcthorse'];
    t.equal((await put(place, '/api/v1/status', { lines })).status, 200, 'with it, it answers');
    t.equal((await put(place, '/api/v1/purge', { method: 'POST', lines: [...lines, 'Content-Type: application/json; charset=utf-8'], content: { tag: 'y' } })).status, 200);
    for (const path of ['/livez', '/readyz', '/startupz']) t.equal((await put(place, path)).status, 200, `${path}: a probe has no token`);
    t.equal((await put(place, '/api/v1/status', { lines: ['Host: pagecast.example', ...lines.slice(1)] })).status, listen.startsWith('0') ? 200 : 403, 'by another name');
  });
}

t.test('allowed all the same', async (t) => {
  const all = await withObject(t, '127.0.0.1:0');
  const { port } = all.control;
  for (const host of ['localhost', `localhost:${port}`, 'LOCALHOST', 'localhost.', '127.0.0.1', `127.0.0.1:${port}`, '127.1.2.3', '[::1]', `[::1]:${port}`, '[::ffff:127.0.0.1]', 'localhost:9999']) {
    t.equal((await put(all.control, '/api/v1/status', { lines: [`Host: ${host}`] })).status, 200, host);
    t.equal((await put(all.control, '/api/v1/status', { lines: [`Host: ${host}`, `Origin: http://${host.toLowerCase()}`, 'Sec-Fetch-Site: same-origin'] })).status, 200, `its own page, ${host}`);
  }
  t.equal((await put(all.control, '/api/v1/status', { lines: ['Host: localhost', 'Sec-Fetch-Site: none'] })).status, 200, 'typed');
  t.equal((await put(all.control, '/livez', { lines: ['Host: localhost', 'Sec-Fetch-Site: cross-site', 'Sec-Fetch-Mode: navigate'] })).status, 200, 'a link');
  await unchanged(t, all);
});

const notHttp: readonly (readonly [name: string, bytes: string, status: number])[] = [
  ['nonsense', 'nonsense\r\n\r\n', 400],
  ['a NUL', 'GET /livez HTTP/1.1\r\nHost: local\0host\r\n\r\n', 400],
  ['a space before a colon', 'GET /livez HTTP/1.1\r\nHost : localhost\r\n\r\n', 400],
  ['two lengths', 'POST /api/v1/drain HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\nContent-Length: 3\r\n\r\n{}', 400],
  ['a length and chunks', 'POST /api/v1/drain HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n', 400],
  ['a head without end', `GET /livez HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}`, 431],
  ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 400],
];

t.test('what is no request', async (t) => {
  const all = await withObject(t, '127.0.0.1:0');
  for (const [name, bytes, status] of notHttp) {
    const client = await Client.open(all.control);
    await client.send(bytes);
    const reply = await client.reply();
    t.equal(reply.status, status, name);
    t.equal(reply.fields.get('content-type'), 'application/problem+json', name);
    t.match(JSON.parse(reply.body.toString()), { status }, name);
    t.equal(await client.end(), 'closed', name);
    client.destroy();
  }
  await unchanged(t, all);
});

t.test('a crowd is turned away, and the site does not notice', async (t) => {
  const all = await withObject(t, '127.0.0.1:0');
  const crowd = await Promise.all(Array.from({ length: 200 }, () => Client.open(all.control)));
  await Promise.all(crowd.map((client) => client.send('GET /livez HTTP/1.1\r\nHost:')));
  let left = crowd.length;
  for (const client of crowd) void client.end().then(() => (left -= 1));
  t.match((await ask(all.site, '/')).fields.get('cache-status'), /hit/);
  for (let i = 0; left > 64; ++i) {
    if (i > 1000) return void t.fail(`${left} connections are left`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  t.ok(left <= 64, `${left} of 200 were kept`);
  for (const client of crowd) client.destroy();
});
