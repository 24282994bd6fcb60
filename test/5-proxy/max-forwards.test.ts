// What goes no further than this proxy: CONNECT, OPTIONS of the server itself, and what has been forwarded as often as it may be (RFC 9110 §7.6.2, §9.3.6,
// §9.3.7).
import t from 'tap';
import { hooked } from './hooking.ts';

const rows: readonly (readonly [method: string, fields: Readonly<Record<string, string>>, status: number, forwarded: string | undefined])[] = [
  ['OPTIONS', { 'Max-Forwards': '0' }, 204, undefined],
  ['TRACE', { 'Max-Forwards': '0' }, 501, undefined],
  ['OPTIONS', { 'Max-Forwards': '3' }, 200, '2'],
  ['OPTIONS', { 'Max-Forwards': '1' }, 200, '0'],
  ['OPTIONS', {}, 200, ''],
  ['OPTIONS', { 'Max-Forwards': 'x' }, 200, 'x'],
  ['POST', { 'Max-Forwards': '0' }, 200, '0'],
];

for (const [method, fields, status, forwarded] of rows) {
  t.test(`${method} ${JSON.stringify(fields)}`, async (t) => {
    const proxy = await hooked(t, {});
    const reply = await proxy.ask('/a', { method, fields });
    t.equal(reply.status, status);
    t.equal(proxy.requests.length, forwarded === undefined ? 0 : 1, 'how often the origin was asked');
    if (forwarded !== undefined) t.equal(proxy.requests[0]!.headers['max-forwards'] ?? '', forwarded);
  });
}

t.test('OPTIONS of the server itself, and of a resource', async (t) => {
  const proxy = await hooked(t, {});
  for (const target of ['*', 'http://site.example', 'http://site.example:81']) t.equal((await proxy.ask(target, { method: 'OPTIONS' })).status, 204, target);
  t.equal(proxy.requests.length, 0);
  for (const target of ['http://site.example/', 'http://site.example?', '/*']) t.equal((await proxy.ask(target, { method: 'OPTIONS' })).status, 200, target);
  t.strictSame(proxy.asked, ['OPTIONS /', 'OPTIONS /?', 'OPTIONS /*']);
});

t.test('CONNECT', async (t) => {
  const proxy = await hooked(t, {});
  const reply = await proxy.ask('other.example:443', { method: 'CONNECT' });
  t.equal(reply.status, 501);
  t.equal(proxy.requests.length, 0);
});
