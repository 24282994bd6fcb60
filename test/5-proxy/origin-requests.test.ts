// What goes out to an origin: the bytes on the wire.
import t from 'tap';
import type { OriginRequest } from '../../server/proxy/origin/request.ts';
import { ask, begin, bodyOf, get, originsOf, until } from './origin-asking.ts';
import { answer, FIN, RawOrigin } from './raw-origin.ts';

const LONG = 'x'.repeat(300_000);

const wireCases: readonly (readonly [name: string, request: Partial<OriginRequest>, wire: string])[] = [
  ['GET', {}, 'GET /a?b HTTP/1.1\r\nhost: example.com\r\nconnection: keep-alive\r\n\r\n'],
  ['fields in order, repeated, in their case, nothing added', { fields: [['X-b', '1'], ['Host', 'h:1'], ['Cookie', 'a=1'], ['x-B', ''], ['Cookie', 'b=2']] }, 'GET /a?b HTTP/1.1\r\nhost: h:1\r\nconnection: keep-alive\r\nX-b: 1\r\nCookie: a=1\r\nx-B: \r\nCookie: b=2\r\n\r\n'],
  ['bytes', { path: '/\xe4%C3', fields: [['Host', 'h'], ['X', '\xe4\xff\t!']] }, 'GET /\xe4%C3 HTTP/1.1\r\nhost: h\r\nconnection: keep-alive\r\nX: \xe4\xff\t!\r\n\r\n'],
  ['fields of the connection stay here', { fields: [['Host', 'h'], ['Connection', 'close, X-Y'], ['Keep-Alive', 'timeout=5'], ['TE', 'trailers'], ['Transfer-Encoding', 'gzip'], ['Upgrade', 'h2c'], ['Expect', '100-continue'], ['Content-Length', '9'], ['Proxy-Connection', 'close']] }, 'GET /a?b HTTP/1.1\r\nhost: h\r\nconnection: keep-alive\r\n\r\n'],
  ['a method of its own', { method: 'REPORT' }, 'REPORT /a?b HTTP/1.1\r\nhost: example.com\r\nconnection: keep-alive\r\n\r\n'],
  ['POST without a body', { method: 'POST' }, 'POST /a?b HTTP/1.1\r\nhost: example.com\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n'],
  ['POST with an empty body', { method: 'POST', body: bodyOf([], 0) }, 'POST /a?b HTTP/1.1\r\nhost: example.com\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n'],
  ['POST of a known length', { method: 'POST', body: bodyOf(['hel', '', 'lo'], 5) }, 'POST /a?b HTTP/1.1\r\nhost: example.com\r\nconnection: keep-alive\r\ncontent-length: 5\r\n\r\nhello'],
  ['POST of an unknown length', { method: 'POST', body: bodyOf(['hel', 'lo'], -1) }, 'POST /a?b HTTP/1.1\r\nhost: example.com\r\nconnection: keep-alive\r\ntransfer-encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\n\r\n'],
  ['a body of an unknown length that is empty', { method: 'PUT', body: bodyOf([], -1) }, 'PUT /a?b HTTP/1.1\r\nhost: example.com\r\nconnection: keep-alive\r\ncontent-length: 0\r\n\r\n'],
  ['GET with a body', { body: bodyOf(['hello'], 5) }, 'GET /a?b HTTP/1.1\r\nhost: example.com\r\nconnection: keep-alive\r\ncontent-length: 5\r\n\r\nhello'],
  ['DELETE with a body of an unknown length', { method: 'DELETE', body: bodyOf(['hello'], -1) }, 'DELETE /a?b HTTP/1.1\r\nhost: example.com\r\nconnection: keep-alive\r\ntransfer-encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n'],
  ['HEAD closes, because its answer could have a body', { method: 'HEAD' }, 'HEAD /a?b HTTP/1.1\r\nhost: example.com\r\nconnection: close\r\n\r\n'],
  ['a long body', { method: 'PUT', body: bodyOf([LONG, LONG], 600_000) }, `PUT /a?b HTTP/1.1\r\nhost: example.com\r\nconnection: keep-alive\r\ncontent-length: 600000\r\n\r\n${LONG}${LONG}`],
];

t.test('the bytes of a request', async (t) => {
  for (const [name, request, wire] of wireCases) {
    const origin = await RawOrigin.listen([[30, answer('hi')]]);
    const origins = originsOf({ urls: [origin.url] });
    const { failure } = await ask(origins, get('/a?b', request));
    t.equal(failure, undefined, name);
    await until(() => origin.received[0]!.length >= wire.length);
    t.ok(origin.received[0] === wire, name, { found: origin.received[0]!.slice(0, 300) });
    await origins.close();
    await origin.close();
  }
});

const unsendableCases: readonly (readonly [name: string, request: Partial<OriginRequest>])[] = [
  ['CONNECT', { method: 'CONNECT', path: 'example.com:80' }],
  ['OPTIONS *', { method: 'OPTIONS', path: '*' }],
  ['a path with a space', { path: '/a b' }],
  ['a path with a line end', { path: '/a\r\nX: y' }],
  ['a path beyond bytes', { path: '/\u0100' }],
  ['no path', { path: '' }],
  ['no method', { method: '' }],
  ['a method with a space', { method: 'GET /x' }],
  ['a value with a line end', { fields: [['Host', 'h'], ['X', 'a\r\nY: b']] }],
  ['a value with NUL', { fields: [['X', '\0']] }],
  ['a value beyond bytes', { fields: [['X', '\u0100']] }],
  ['a name that is no token', { fields: [['X Y', 'z']] }],
  ['two hosts', { fields: [['Host', 'a'], ['host', 'b']] }],
  ['a host with a line end', { fields: [['Host', 'a\r\nX: y']] }],
];

t.test('what cannot be sent is refused, and the connection is not harmed', async (t) => {
  const origin = await RawOrigin.listen([[answer('hi')]]);
  const origins = originsOf({ urls: [origin.url], connectionsMax: 1 });
  await ask(origins);
  for (const [name, request] of unsendableCases) {
    const { failure } = await ask(origins, get('/', request));
    t.equal(failure?.kind, 'unsendable', name);
    t.equal(failure?.status, 502);
  }
  t.equal((await ask(origins)).body, 'hi');
  t.equal(origin.received.join('').match(/HTTP\/1\.1/g)?.length, 2, 'nothing of them was sent');
  t.equal(origin.sockets.length, 1);
  t.throws(() => origins.ask(get('/', { upgrade: 'websocket' }), { interim: () => undefined, head: () => undefined, data: () => undefined, end: () => undefined, failed: () => undefined }));
  await origins.close();
  await origin.close();
});

t.test('bodies that break', async (t) => {
  const origin = await RawOrigin.listen([[]]);
  const origins = originsOf({ urls: [origin.url] });
  const failing = async function* (): AsyncGenerator<string> {
    yield 'hel';
    await new Promise((resolve) => setImmediate(resolve));
    throw new Error('the client is gone');
  };
  const cases = [bodyOf(failing(), 5), bodyOf(failing(), -1), bodyOf(['hel'], 5), bodyOf(['hello!'], 5)];
  for (const [index, body] of cases.entries()) {
    const { story, failure } = await ask(origins, get('/', { method: 'PUT', body }));
    t.equal(story, 'cancelled before head', String(index));
    t.equal(failure?.status, 503);
  }
  t.equal(origins.counts()['retried'], 0, 'never again with a part of a body');
  t.equal(origins.states()[0]?.well, true, 'it is not the fault of the origin');
  await origins.close();
  await origin.close();
});

t.test('an answer before the end of the body', async (t) => {
  let ended = false;
  const endless = async function* (): AsyncGenerator<string> {
    try {
      for (;;) {
        yield LONG;
        await new Promise((resolve) => setImmediate(resolve));
      }
    } finally {
      ended = true;
    }
  };
  const origin = await RawOrigin.listen([['HTTP/1.1 413 No\r\nContent-Length: 2\r\n\r\nno'], [answer('next')]]);
  const origins = originsOf({ urls: [origin.url] });
  const { story } = await ask(origins, get('/', { method: 'PUT', body: bodyOf(endless(), -1) }));
  t.equal(story, '413 length, data, end');
  await until(() => ended);
  t.equal((await ask(origins)).body, 'next');
  t.equal(origin.sockets.length, 2, 'the connection with half a request is not used again');
  await origins.close();
  await origin.close();
});

t.test('a body is pulled no faster than the origin reads', async (t) => {
  let pulled = 0;
  const counted = async function* (): AsyncGenerator<string> {
    for (; pulled < 1_000; pulled++) {
      yield LONG;
      await new Promise((resolve) => setImmediate(resolve));
    }
  };
  const origin = await RawOrigin.listen([[FIN]]);
  const origins = originsOf({ urls: [origin.url], headTimeoutMs: 300 });
  origin.script([]);
  const recorder = begin(origins, get('/', { method: 'PUT', body: bodyOf(counted(), -1) }));
  await until(() => origin.sockets.length === 1);
  origin.sockets[0]!.pause();
  await recorder.over;
  t.equal(recorder.story, 'timeout-head before head', 'an origin that does not read is given up');
  t.ok(pulled < 100, `${pulled} chunks were pulled`);
  await origins.close();
  await origin.close();
});
