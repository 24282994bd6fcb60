// Which requests are sent again, where to, and which are not.
import { createServer } from 'node:net';
import { once } from 'node:events';
import t from 'tap';
import { ask, bodyOf, get, originsOf, until } from './origin-asking.ts';
import { answer, FIN, RawOrigin, RST, type Script } from './raw-origin.ts';

const POST = get('/', { method: 'POST', idempotent: false });

/** A port that nobody listens on. */
async function deadUrl(): Promise<string> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  return `http://127.0.0.1:${typeof address === 'object' ? (address?.port ?? 0) : 0}`;
}

t.test('no connection: another origin, whatever the method, and the body whole', async (t) => {
  const origin = await RawOrigin.listen([[20, answer('hi')]]);
  const origins = originsOf({ urls: [await deadUrl(), { url: await deadUrl(), weight: 5 }, origin.url] });
  t.equal((await ask(origins)).body, 'hi');
  t.equal((await ask(origins, get('/', { ...POST, body: bodyOf(['hello'], 5) }))).body, 'hi');
  await until(() => origin.received.join('').endsWith('hello'));
  t.equal(origins.counts()['failed.connect'], 0, 'what was repaired is no failure');
  t.ok(origins.counts()['retried']! >= 2);
  await origins.close();
  await origin.close();
});

t.test('no origin at all', async (t) => {
  const reports: string[] = [];
  const origins = originsOf({ urls: [await deadUrl(), await deadUrl()] }, (name, _message, facts) => reports.push(`${name} ${facts?.['failure'] ?? ''}`));
  const { failure } = await ask(origins);
  t.match(failure, { kind: 'connect', status: 502, beforeHead: true, text: 'The origin cannot be reached.', detail: /ECONNREFUSED/ });
  t.equal(origins.counts()['retried'], 1, 'each is tried once');
  t.same(reports, ['originFailed connect', 'originFailed connect']);
  await origins.close();
});

t.test('a name that does not exist', async (t) => {
  const origins = originsOf({ urls: ['http://origin.invalid:80'] });
  t.match((await ask(origins)).failure, { kind: 'connect', status: 502 });
  await origins.close();
});

const firsts: readonly (readonly [name: string, script: Script, retried: boolean])[] = [
  ['closed before an answer', [FIN], true],
  ['reset before an answer', [RST], true],
  ['silent', [], true],
  ['a part of a head', ['HTTP/1.1 2', FIN], false],
  ['an interim head', ['HTTP/1.1 103 E\r\n\r\n', FIN], false],
  ['100', ['HTTP/1.1 100 C\r\n\r\n', FIN], false],
  ['broken', ['garbage\r\n\r\n'], false],
  ['500', ['HTTP/1.1 500 E\r\nContent-Length: 0\r\n\r\n'], false],
  ['a part of a body', ['HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhi', FIN], false],
];

t.test('what one origin does, and whether another is asked', async (t) => {
  for (const [name, script, retried] of firsts) {
    const bad = await RawOrigin.listen([script]);
    const good = await RawOrigin.listen([[answer('good')]]);
    // The heavier one is asked first.
    const origins = originsOf({ urls: [good.url, { url: bad.url, weight: 2 }], headTimeoutMs: 100 });
    t.equal((await ask(origins)).body === 'good', retried, name);
    t.equal(good.requests, retried ? 1 : 0);
    await origins.close();
    const again = originsOf({ urls: [good.url, { url: bad.url, weight: 2 }], headTimeoutMs: 100 });
    await ask(again, POST);
    t.equal(good.requests, retried ? 1 : 0, `${name}: a POST is not sent twice`);
    await again.close();
    const once = originsOf({ urls: [good.url, { url: bad.url, weight: 2 }], headTimeoutMs: 100 });
    await ask(once, get('/', { method: 'PUT', body: bodyOf(['hello'], 5) }));
    t.equal(good.requests, retried ? 1 : 0, `${name}: nor a body that was begun`);
    await once.close();
    await bad.close();
    await good.close();
  }
});

t.test('a connection that the origin closed while it lay idle: the same origin, anew', async (t) => {
  // What closes a connection as a request arrives is, to us, what closed it just before.
  const origin = await RawOrigin.listen([[answer('1')], [FIN], [answer('2')]]);
  const origins = originsOf({ urls: [origin.url] });
  t.equal((await ask(origins)).body, '1');
  t.equal((await ask(origins)).body, '2');
  t.equal(origin.sockets.length, 2);
  t.equal(origins.counts()['retried'], 1);
  t.equal(origins.states()[0]?.well, true);
  origin.script([answer('1')], [FIN]);
  await ask(origins);
  t.equal((await ask(origins, POST)).story, 'closed before head', 'a POST is not, because it may have been carried out');
  origin.script([FIN]);
  t.equal((await ask(origins)).story, 'closed before head', 'nor what fails on a new connection');
  t.equal(origin.requests, 1);
  await origins.close();
  await origin.close();
});

t.test('idle connections that are closed are not used', async (t) => {
  const origin = await RawOrigin.listen([[answer('hi')]]);
  const origins = originsOf({ urls: [origin.url] });
  await Promise.all([ask(origins), ask(origins), ask(origins)]);
  await until(() => origins.counts()['connections'] === 3);
  for (const socket of origin.sockets) socket.end();
  await until(() => origins.counts()['connections'] === 0);
  t.equal((await ask(origins, POST)).body, 'hi');
  t.equal(origins.counts()['retried'], 0);
  await origins.close();
  await origin.close();
});

t.test('bytes on an idle connection belong to no request', async (t) => {
  const origin = await RawOrigin.listen([[answer('1')], [answer('2')]]);
  const origins = originsOf({ urls: [origin.url] });
  await ask(origins);
  origin.sockets[0]!.write(answer('evil'));
  await until(() => origins.counts()['connections'] === 0);
  t.equal((await ask(origins)).body, '2');
  await origins.close();
  await origin.close();
});

t.test('no more than the retries allowed', async (t) => {
  const origins = originsOf({ urls: await Promise.all(Array.from({ length: 6 }, deadUrl)), retriesMax: 3 });
  await ask(origins);
  t.equal(origins.counts()['retried'], 3);
  await origins.close();
});
