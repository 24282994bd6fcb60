// Trailers of an origin's answers (RFC 9110 §6.5, RFC 9112 §7.1.2): who gets them, which, and where they stay out of.
import t, { type Test } from 'tap';
import { serve, until, type Serving } from '../serving.ts';
import { FIN, RawOrigin, type Step } from './raw-origin.ts';
import { End } from './tunnel-origin.ts';

interface Trailed extends Serving {
  readonly origin: RawOrigin;
}

/** Chunks as they are sent, and the trailer section behind them. */
function chunked(chunks: readonly string[], trailers: string, ...fields: readonly string[]): string {
  const body = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join('');
  return `${['HTTP/1.1 200 OK', 'Cache-Control: no-store', 'Transfer-Encoding: chunked', ...fields].join('\r\n')}\r\n\r\n${body}0\r\n${trailers}\r\n`;
}

async function trailing(t: Test, ...scripts: readonly (readonly Step[])[]): Promise<Trailed> {
  const origin = await RawOrigin.listen(scripts);
  t.teardown(() => origin.close());
  return { origin, ...(await serve(t, { proxy: { urls: [origin.url], retriesMax: 0 } })) };
}

/** The answer to one request on a connection of its own, to its end, as text: without Date and Cache-Status. */
async function ask({ place }: Serving, head: string): Promise<string> {
  const client = await End.open(place);
  client.send(head);
  await until(() => client.ended || client.closed, 'the end of the answer');
  client.socket.destroy();
  return `${client.failed ? 'RESET ' : ''}${client.text.replaceAll(/^(?:Date|Cache-Status): .*\r\n/gm, '')}`;
}

const HEAD = 'HTTP/1.1 200 OK\r\nCache-Control: no-store\r\n';
const CLOSING = 'Connection: close\r\n\r\n';
const get = (...lines: readonly string[]): string => `${['GET /a HTTP/1.1', 'Host: h', 'Connection: close, TE', ...lines].join('\r\n')}\r\n\r\n`;

t.test('to clients that said so, in chunks, behind the body', async (t) => {
  const through = await trailing(t, [chunked(['hello', 'you'], 'X-Sum: 1\r\nETag: "a"\r\nX-Sum: 2\r\n', 'Trailer: X-Sum, ETag')]);
  const plain = /\r\n\r\n5\r\nhello\r\n3\r\nyou\r\n0\r\n\r\n$|\r\n\r\n8\r\nhelloyou\r\n0\r\n\r\n$/;
  for (const te of ['TE: trailers', 'TE: gzip, Trailers', 'te: gzip\r\nTE: trailers']) {
    const text = await ask(through, get(te));
    t.match(text, /\r\nX-Sum: 1\r\nETag: "a"\r\nX-Sum: 2\r\n\r\n$/, te);
    t.match(text.replace('X-Sum: 1\r\nETag: "a"\r\nX-Sum: 2\r\n', ''), plain, 'and nothing else is another one');
    t.ok(text.startsWith(`${HEAD}Trailer: X-Sum, ETag\r\nTransfer-Encoding: chunked\r\n${CLOSING}`), text);
  }
  for (const te of ['TE: gzip', 'TE:', 'TE: trailers;q=0', 'X-TE: trailers', 'TE: gzip;x="trailers"']) {
    const text = await ask(through, get(te));
    t.ok(text.startsWith(`${HEAD}Transfer-Encoding: chunked\r\n${CLOSING}`), `${te}: ${text}`);
    t.match(text, plain, te);
    t.notMatch(text, /x-sum/i, te);
  }
  for (const received of through.origin.received) t.notMatch(received, /^te:/im, 'TE is of one connection');
});

t.test('HTTP/1.0 has no place for them', async (t) => {
  const through = await trailing(t, [chunked(['hello'], 'X-Sum: 1\r\n', 'Trailer: X-Sum')]);
  t.equal(await ask(through, 'GET /a HTTP/1.0\r\nHost: h\r\nTE: trailers\r\n\r\n'), `${HEAD}${CLOSING}hello`);
});

t.test('without an announcement, without any, and announced ones that do not come', async (t) => {
  const through = await trailing(t);
  for (const [trailers, fields, announced] of [['X-Sum: 1\r\n', [], ''], ['', [], ''], ['', ['Trailer: X-Sum'], 'Trailer: X-Sum\r\n']] as const) {
    through.origin.script([chunked(['hello'], trailers, ...fields)]);
    t.equal(await ask(through, get('TE: trailers')), `${HEAD}${announced}Transfer-Encoding: chunked\r\n${CLOSING}5\r\nhello\r\n0\r\n${trailers}\r\n`);
  }
});

t.test('a body without content', async (t) => {
  const through = await trailing(t, [chunked([], 'X-Sum: 0\r\n')]);
  t.equal(await ask(through, get('TE: trailers')), `${HEAD}Transfer-Encoding: chunked\r\n${CLOSING}0\r\nX-Sum: 0\r\n\r\n`);
});

t.test('never what says where a message ends, or what it is (RFC 9110 §6.5.1), nor what Connection names', async (t) => {
  const bad = ['Transfer-Encoding: chunked', 'Host: evil', 'Set-Cookie: a=b', 'Cache-Control: max-age=1', 'Content-Type: text/evil', 'Location: /evil', 'Authorization: Basic x', 'Trailer: X', 'X-Hop: 1'];
  const through = await trailing(t, [chunked(['hello'], `X-A: 1\r\n${bad.join('\r\n')}\r\nX-B: 2\r\n`, `Trailer: X-A, ${bad.map((line) => line.slice(0, line.indexOf(':'))).join(', ')}, X-B`, 'Connection: x-hop')]);
  t.equal(await ask(through, get('TE: trailers')), `${HEAD}Trailer: X-A, X-B\r\nTransfer-Encoding: chunked\r\n${CLOSING}5\r\nhello\r\n0\r\nX-A: 1\r\nX-B: 2\r\n\r\n`);
});

t.test('every split of an answer with trailers', async (t) => {
  const answer = chunked(['hello'], 'X-Sum: 1\r\nX-Of: 2\r\n');
  const through = await trailing(t);
  const whole = `${HEAD}Transfer-Encoding: chunked\r\n${CLOSING}5\r\nhello\r\n0\r\nX-Sum: 1\r\nX-Of: 2\r\n\r\n`;
  for (let at = answer.indexOf('0\r\nX'); at < answer.length; ++at) {
    through.origin.script([answer.slice(0, at), 2, answer.slice(at)]);
    t.equal(await ask(through, get('TE: trailers')), whole, `at ${at}`);
  }
});

t.test('a trailer section that breaks off, or is none: the answer never looks whole', async (t) => {
  const through = await trailing(t);
  for (const script of [
    [chunked(['hello'], 'X-Sum: 1\r\n').slice(0, -2), FIN],
    [chunked(['hello'], 'X-Sum 1\r\n')],
    [chunked(['hello'], 'X-Sum: \0\r\n')],
    [chunked(['hello'], `X-Sum: ${'x'.repeat(200_000)}\r\n`)],
  ] as const) {
    through.origin.script(script);
    const text = await ask(through, get('TE: trailers'));
    t.notMatch(text, /\r\n0\r\n/, JSON.stringify(script[0].slice(0, 200)));
    t.notMatch(text, /x-sum/i);
  }
});

t.test('what is behind trailers is nobody\'s, and the connections go on', async (t) => {
  const through = await trailing(t, [chunked(['hello'], 'X-Sum: 1\r\n')]);
  const client = await End.open(through.place);
  const ask = 'GET /a HTTP/1.1\r\nHost: h\r\nTE: trailers\r\nConnection: TE\r\n\r\n';
  client.send(ask.repeat(3));
  await until(() => client.text.split('X-Sum: 1\r\n\r\n').length === 4, 'three answers');
  t.equal(client.text.replaceAll(/^(?:Date|Cache-Status): .*\r\n/gm, ''), `${HEAD}Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\nX-Sum: 1\r\n\r\n`.repeat(3));
  t.equal(through.origin.sockets.length, 1, 'one to the origin');
  client.socket.destroy();
});

t.test('HEAD, and answers with a length, have none', async (t) => {
  const through = await trailing(t, ['HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nTrailer: X-Sum\r\nContent-Length: 5\r\n\r\nhello']);
  t.equal(await ask(through, get('TE: trailers')), `HTTP/1.1 200 OK\r\nContent-Length: 5\r\nCache-Control: no-store\r\n${CLOSING}hello`);
  const head = await trailing(t, ['HTTP/1.1 200 OK\r\nCache-Control: no-store\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n']);
  t.equal(await ask(head, get('TE: trailers').replace('GET', 'HEAD')), `${HEAD}${CLOSING}`);
});

t.test('what is stored has none, nor the answer that it is stored from', async (t) => {
  const through = await trailing(t, [chunked(['hello'], 'X-Sum: 1\r\nCache-Control: no-store\r\nAge: 100\r\n', 'Trailer: X-Sum').replace('no-store', 'max-age=60')]);
  for (let i = 0; i < 3; ++i) {
    const text = await ask(through, get('TE: trailers'));
    t.match(text, /^HTTP\/1\.1 200 OK\r\n/);
    t.notMatch(text, /x-sum|trailer:|no-store|age: 100/i);
  }
  t.equal(through.origin.requests, 1);
});

t.test('trailers of a request are checked, and dropped', async (t) => {
  const through = await trailing(t, ['HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok'], []);
  const { origin } = through;
  const post = 'POST /a HTTP/1.1\r\nHost: h\r\nConnection: close\r\nTrailer: X-Sum\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n';
  t.match(await ask(through, `${post}X-Sum: 1\r\nContent-Length: 3\r\n\r\n`), /^HTTP\/1\.1 200 /);
  await until(() => origin.received[0]!.endsWith('5\r\nhello\r\n0\r\n\r\n'), 'the content');
  t.notMatch(origin.received[0], /x-sum|content-length/i);
  t.match(await ask(through, `${post}X-Sum 1\r\n\r\n`), /^HTTP\/1\.1 400 /);
});
