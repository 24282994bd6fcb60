// Attacks on a shared cache: keys that two requests should not share, answers that one client makes for others, requests in requests.
import t from 'tap';
import { Client } from '../client.ts';
import { until } from '../serving.ts';
import { answerIn, converse, sendRaw } from './talking.ts';
import { proxied, settled } from './through.ts';

const LONG = 'Cache-Control: max-age=3600';

t.test('the authority is of the key, in whatever form it comes', async (t) => {
  const { origin, serving } = await proxied(t);
  const rows: readonly (readonly [name: string, head: string, isSame: boolean])[] = [
    ['the same', 'GET /a HTTP/1.1\r\nHost: site.example', true],
    ['in upper case', 'GET /a HTTP/1.1\r\nHost: SITE.Example', true],
    ['with the default port', 'GET /a HTTP/1.1\r\nHost: site.example:80', true],
    ['with an empty port', 'GET /a HTTP/1.1\r\nHost: site.example:', true],
    ['in absolute form', 'GET http://site.example/a HTTP/1.1\r\nHost: site.example', true],
    ['in absolute form, with another Host', 'GET http://site.example/a HTTP/1.1\r\nHost: evil.example', true],
    ['in absolute form, in upper case', 'GET HTTP://SITE.EXAMPLE/a HTTP/1.1\r\nHost: evil.example', true],
    ['another host', 'GET /a HTTP/1.1\r\nHost: evil.example', false],
    ['another port', 'GET /a HTTP/1.1\r\nHost: site.example:8080', false],
    ['another in absolute form', 'GET http://evil2.example/a HTTP/1.1\r\nHost: site.example', false],
    ['with a dot behind', 'GET /a HTTP/1.1\r\nHost: site.example.', false],
    ['a host that ends the same', 'GET /a HTTP/1.1\r\nHost: xsite.example', false],
    ['a path in the host\'s place', 'GET /a?site.example HTTP/1.1\r\nHost: evil3.example', false],
  ];
  origin.tell('/a', [{ fields: [LONG], body: 'of the site' }]);
  await sendRaw(serving.place, 'GET /a HTTP/1.1\r\nHost: site.example\r\nConnection: close\r\n\r\n');
  await settled(serving);
  for (const [name, head, isSame] of rows) {
    const seen = origin.tell('/a', [{ fields: [LONG], body: 'of another' }]);
    const answer = answerIn(await sendRaw(serving.place, `${head}\r\nConnection: close\r\n\r\n`), 'GET');
    await settled(serving);
    t.strictSame([answer.body, seen.length], isSame ? ['of the site', 0] : ['of another', 1], name);
    if (isSame) continue;
    const authority = /^GET http:\/\/([^/]+)/.exec(head)?.[1] ?? /Host: (\S+)/.exec(head)![1];
    t.equal(seen[0]?.fields.get('host'), authority, `${name}: the origin is told`);
    t.notMatch(seen[0]?.target, /^http/, `${name}: in origin form`);
  }
});

t.test('heads that two readers could understand differently reach no origin', async (t) => {
  const { origin, serving } = await proxied(t);
  const seen = origin.tell('/a', [{}]);
  const heads = [
    'Host: a\r\nHost: b', 'Host: a, b', 'Host: a b', 'Host: user@a', 'Host: a/b', 'Host : a', 'X: 1', 'Host: a\r\n X: folded', 'Host: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked', 'Host: a\r\nContent-Length: 1\r\nContent-Length: 2',
    'Host: a\r\nTransfer-Encoding: xchunked', 'Host: a\r\nTransfer-Encoding : chunked', 'Host: a\r\nTransfer-Encoding: chunked, identity', 'Host: a\r\nContent-Length: +1', 'Host: a\r\nContent-Length: 1, 1',
    'Host: a\r\nX: a\0b', 'Host: a\r\nX: a\rb', 'Host: a\r\nX Y: b', 'Host: a\nX: b\r\nTransfer-Encoding:\x0bchunked',
  ];
  for (const head of heads) {
    const bytes = await sendRaw(serving.place, `POST /a HTTP/1.1\r\n${head}\r\nConnection: close\r\n\r\n0\r\n\r\n`);
    t.match(bytes.toString('latin1'), /^HTTP\/1\.1 (?:400|501) /, JSON.stringify(head));
  }
  t.equal(seen.length, 0);
  t.equal(origin.strays.length, 0);
});

t.test('a request in the content of another stays content', async (t) => {
  const { origin, serving } = await proxied(t);
  const inner = 'GET /inner HTTP/1.1\r\nHost: localhost\r\n\r\n';
  const evil = origin.tell('/inner', [{ fields: [LONG], body: 'evil' }]);
  const seen = origin.tell('/a', [{}, {}]);
  await converse(serving.place, { method: 'POST', target: '/a', lines: [], content: inner });
  await sendRaw(serving.place, `POST /a HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\nTransfer-Encoding: chunked\r\n\r\n${inner.length.toString(16)}\r\n${inner}\r\n0\r\n\r\n`);
  t.equal(seen.length, 2);
  t.ok(seen.every(({ content }) => content.includes(inner)), 'all of it is content');
  t.equal(evil.length, 0);
});

t.test('what an origin sends behind its answer is nobody\'s', async (t) => {
  const { origin, serving } = await proxied(t);
  const second = 'HTTP/1.1 200 OK\r\nCache-Control: max-age=3600\r\nContent-Length: 4\r\n\r\nevil';
  origin.tell('/a', [{ fields: [LONG, 'Content-Length: 4'], body: `good${second}` }]);
  t.equal((await converse(serving.place, { method: 'GET', target: '/a', lines: [] })).body, 'good');
  await settled(serving);
  const seen = origin.tell('/b', [{ fields: [LONG], body: 'own' }]);
  t.equal((await converse(serving.place, { method: 'GET', target: '/b', lines: [] })).body, 'own');
  t.equal(seen.length, 1);
});

t.test('line ends in a target, encoded or not, end no line', async (t) => {
  const { origin, serving } = await proxied(t);
  const seen = origin.tell('/a', Array.from({ length: 4 }, () => ({ body: 'x' })));
  for (const target of ['/a%0d%0aX-Evil:%201', '/a?x=%0d%0aX-Evil:%201', '/a%00', '/a;x=%0a']) {
    const answer = await converse(serving.place, { method: 'GET', target, lines: [] });
    t.ok(answer.status === 200 || answer.status === 400, target);
  }
  t.ok(seen.every(({ fields }) => !fields.has('x-evil')));
  t.match((await sendRaw(serving.place, 'GET /a\rX HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n')).toString('latin1'), /^HTTP\/1\.1 400 /);
});

t.test('pipelined requests are answered in order, each with its own', async (t) => {
  const { origin, serving } = await proxied(t);
  for (const [name, delayMs] of [['/a', 60], ['/b', 0], ['/c', 20]] as const) origin.tell(name, [{ fields: name === '/b' ? ['Cache-Control: no-store'] : [LONG], body: name, delayMs }, { body: `${name} again` }]);
  const client = await Client.open(serving.place);
  const get = (target: string): string => `GET ${target} HTTP/1.1\r\nHost: localhost\r\n\r\n`;
  await client.send(`${get('/a')}${get('/b')}POST /c HTTP/1.1\r\nHost: localhost\r\nContent-Length: 3\r\n\r\nabc${get('/a')}${get('/b')}`);
  const bodies: string[] = [];
  for (let i = 0; i < 5; i++) bodies.push((await client.reply()).body.toString());
  t.strictSame(bodies, ['/a', '/b', '/c', '/a', '/b again']);
  client.destroy();
});

t.test('thousands of variants, and one key', async (t) => {
  const { origin, serving } = await proxied(t);
  const count = 300;
  const seen = origin.tell('/a', Array.from({ length: 2 * count }, () => ({ fields: [LONG, 'Vary: Foo'], body: 'x'.repeat(1000) })));
  for (let i = 0; i < count; i++) t.equal((await converse(serving.place, { method: 'GET', target: '/a', lines: [`Foo: ${i}`] })).status, 200);
  await settled(serving);
  const counts = await serving.server.counts();
  t.ok((counts['bodies'] ?? 0) <= 64, `${String(counts['bodies'])} bodies are kept of ${count}`);
  t.equal(counts['objects'], 1);
  t.equal(seen.length, count);
  const last = await converse(serving.place, { method: 'GET', target: '/a', lines: [`Foo: ${count - 1}`] });
  t.match(last.fields.get('cache-status'), /^pagecast;hit/, 'the newest stays');
});

t.test('a Vary with a thousand names', async (t) => {
  const { origin, serving } = await proxied(t);
  const names = Array.from({ length: 1000 }, (_, i) => `X-${i}`).join(', ');
  const seen = origin.tell('/a', [{ fields: [LONG, `Vary: ${names}`], body: 'one' }, { fields: [LONG, `Vary: ${names}`], body: 'two' }]);
  t.equal((await converse(serving.place, { method: 'GET', target: '/a', lines: ['X-999: 1'] })).body, 'one');
  await settled(serving);
  t.equal((await converse(serving.place, { method: 'GET', target: '/a', lines: ['X-999: 2'] })).body, 'two');
  t.equal(seen.length, 2);
});

t.test('an error that one client provokes is not stored for the others', async (t) => {
  const { origin, serving } = await proxied(t);
  for (const status of [400, 408, 412, 413, 416, 417, 421, 425, 426, 428, 429, 431, 500, 502, 503, 504, 511]) {
    const path = `/s${status}`;
    const seen = origin.tell(path, [{ status }, { body: 'good' }]);
    await converse(serving.place, { method: 'GET', target: path, lines: [`X-Oversized: ${'a'.repeat(4000)}`] });
    await settled(serving);
    t.equal((await converse(serving.place, { method: 'GET', target: path, lines: [] })).body, 'good', String(status));
    t.equal(seen.length, 2);
  }
});

t.test('nothing reaches another connection of a client that goes in mid-body', async (t) => {
  const { origin, serving } = await proxied(t);
  const seen = origin.tell('/a', [{}, { body: 'fine' }]);
  const client = await Client.open(serving.place);
  await client.send('POST /a HTTP/1.1\r\nHost: localhost\r\nContent-Length: 100\r\n\r\nGET /evil HTTP/1.1\r\n');
  client.reset();
  t.equal((await converse(serving.place, { method: 'POST', target: '/b', lines: [], content: '' })).status, 500, 'the stray');
  await until(() => origin.strays.length === 1, 'it');
  t.notOk(origin.strays.some(({ target }) => target === '/evil'));
  t.ok(seen.length <= 1);
});
