// Routes with an answer of their own: redirects, and answers that are always the same.
import t from 'tap';
import { Client, requestText } from '../client.ts';
import { redirectCases } from './redirect-cases.ts';
import { askRaw, bodyOf, serveRoutes } from './routing.ts';

t.test('where they lead', async (t) => {
  for (const { path, to, ask, location } of redirectCases) {
    await t.test(`${path ?? 'everything'} to ${to}: ${ask}`, async (t) => {
      const { place } = serveRoutes(t, { routes: [{ ...(path !== undefined && { path }), redirect: { to } }, { respond: { body: 'here' } }] });
      const reply = await askRaw(place, requestText(ask));
      t.strictSame([reply.status, reply.fields.get('location')], location === undefined ? [200, undefined] : [302, location]);
    });
  }
});

t.test('status, methods, HEAD', async (t) => {
  const statuses = [301, 302, 303, 307, 308] as const;
  const { place } = serveRoutes(t, { headers: { 'X-Site': 'a' }, routes: statuses.map((status) => ({ path: `/${status}`, redirect: { to: '/to', status } })) });
  for (const status of statuses) {
    const reply = await askRaw(place, requestText(`/${status}`));
    t.strictSame([reply.status, reply.fields.get('location'), reply.fields.get('x-site')], [status, '/to', 'a']);
  }
  const posted = await askRaw(place, 'POST /308 HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\n\r\nabc');
  t.equal(posted.status, 308);
  t.equal((await askRaw(place, requestText('/301', { method: 'HEAD' }), 'HEAD')).body.length, 0);
});

t.test('answers that are always the same', async (t) => {
  const { place } = serveRoutes(t, {
    headers: { 'Cache-Control': 'public, max-age=60', 'X-Site': 'a' },
    routes: [
      { path: '/text', respond: { body: 'café' } },
      { path: '/bytes', respond: { body: new Uint8Array([0, 255]), headers: { 'Content-Type': 'application/octet-stream', 'Cache-Control': 'no-store' } } },
      { path: '/gone', respond: { status: 410 } },
      { path: '/empty', respond: { status: 204 } },
      { path: '/cookies', respond: { headers: { 'Set-Cookie': ['a=1', 'b=2'] } } },
      { path: '/large', respond: { body: 'x'.repeat(3 << 20) } },
    ],
  });
  const text = await askRaw(place, requestText('/text'));
  t.strictSame([text.status, text.body.toString('utf8'), text.fields.get('content-type'), text.fields.get('cache-control')], [200, 'café', 'text/plain; charset=utf-8', 'public, max-age=60']);
  const bytes = await askRaw(place, requestText('/bytes'));
  t.strictSame([[...bytes.body], bytes.fields.get('cache-control'), bytes.fields.get('x-site')], [[0, 255], 'no-store', 'a'], 'what it says itself is nearer');
  t.equal((await askRaw(place, requestText('/gone'))).status, 410);
  const empty = await askRaw(place, requestText('/empty'));
  t.strictSame([empty.status, empty.fields.get('content-length')], [204, undefined]);
  t.equal((await askRaw(place, requestText('/cookies'))).names.filter((name) => name === 'Set-Cookie').length, 2);
  t.equal((await bodyOf(place, '/large')).length, 3 << 20);
  const head = await askRaw(place, requestText('/large', { method: 'HEAD' }), 'HEAD');
  t.strictSame([head.body.length, head.fields.get('content-length')], [0, String(3 << 20)]);
  const client = await Client.open(place);
  await client.send(requestText('/text') + requestText('/gone') + requestText('/text', { method: 'POST', fields: { 'Content-Length': '2' } }) + 'ab' + requestText('/empty'));
  t.strictSame([(await client.reply()).status, (await client.reply()).status, (await client.reply()).status, (await client.reply()).status], [200, 410, 200, 204]);
  client.destroy();
});
