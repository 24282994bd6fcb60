// What a span says of a request, and of what was asked of an origin for it.
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo } from 'node:net';
import { hostname } from 'node:os';
import { join } from 'node:path';
import t from 'tap';
import { VERSION } from '../../server/version.ts';
import { ask, Client, requestText } from '../client.ts';
import { proxied, settled } from '../5-cache/through.ts';
import { converse } from '../5-cache/talking.ts';
import { valueIn } from '../5-metrics/exposition-text.ts';
import { scrape } from '../5-metrics/scrape.ts';
import { serve, shortFolder, until } from '../serving.ts';
import { CLIENT, Collector, ERROR, SERVER } from './collector.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const PARENT = 'b7ad6b7169203331';
const SAMPLED = `traceparent: 00-${TRACE}-${PARENT}-01`;
/** Span.flags: whether the parent is remote is known; it is. */
const [KNOWN, REMOTE] = [0x100, 0x300];

t.test('of a file', async (t) => {
  const collector = await Collector.listen(t);
  const root = t.testdir({ 'a.txt': 'twelve bytes', 'large.bin': 'x'.repeat(100_000) });
  const tracing = { endpoint: collector.endpoint, serviceName: 'shop', headers: { 'X-Key': 'of the collector' } };
  const { place, lines, reports } = await serve(t, { root, accessLog: 'json', tracing });
  const beganMs = Date.now();
  await ask(place, '/a.txt?x=1&sig=abc&y=%22', { fields: { 'User-Agent': 'of "the" test' } });
  await ask(place, '/large.bin', { method: 'HEAD' });
  await ask(place, '/large.bin');
  await ask(place, '/nothing', { method: 'DELETE' });
  await ask(place, '/a.txt', { method: 'BREW' });
  const spans = await collector.collects(5);
  t.strictSame(collector.faults, []);

  const [request] = collector.received;
  t.match(request, { method: 'POST', url: '/v1/traces', headers: { 'content-type': 'application/json', 'user-agent': `pagecast/${VERSION}`, 'x-key': 'of the collector' } });
  t.strictSame(request!.resource, { 'service.name': 'shop', 'host.name': hostname(), 'process.pid': process.pid });
  const [first] = spans;
  t.strictSame({ name: first!.name, kind: first!.kind, flags: first!.flags, parent: first!.parentSpanId, state: first!.traceState, status: first!.status },
    { name: 'GET', kind: SERVER, flags: KNOWN | 3, parent: undefined, state: undefined, status: 0 });
  t.strictSame(first!.attributes, {
    'http.request.method': 'GET', 'url.scheme': 'http', 'url.path': '/a.txt', 'url.query': 'x=1&sig=REDACTED&y=%22', 'server.address': 'localhost', 'client.address': '127.0.0.1',
    'network.protocol.version': '1.1', 'user_agent.original': 'of "the" test', 'http.response.status_code': 200, 'pagecast.cache.result': 'none', 'pagecast.protection': 'sealed',
    'http.response.body.size': 12,
  });
  t.ok(first!.startMs >= beganMs - 1000 && first!.endMs <= Date.now() + 1000, 'it is told when');
  t.strictSame(spans.map(({ name, attributes }) => [name, attributes['http.request.method_original'], attributes['http.response.status_code'], attributes['http.response.body.size']]), [
    ['GET', undefined, 200, 12], ['HEAD', undefined, 200, 0], ['GET', undefined, 200, 100_000], ['DELETE', undefined, 405, attributesOf(spans, 3)['http.response.body.size']],
    ['HTTP', 'BREW', 501, attributesOf(spans, 4)['http.response.body.size']],
  ]);
  t.match(spans[2]!.attributes['pagecast.protection'], /^(?:sealed|lease|copy|verify)$/);
  t.equal(new Set(spans.map(({ traceId }) => traceId)).size, 5, 'each is a trace of its own');

  await until(() => lines().length === 5, 'the access log');
  const logged = lines().map((line) => JSON.parse(line) as Record<string, string>);
  t.strictSame(logged.map(({ trace_id, span_id }) => [trace_id, span_id]), spans.map(({ traceId, spanId }) => [traceId, spanId]), 'the log tells which one');
  t.strictSame(reports.filter(({ name }) => name === 'tracingFailed'), []);
});

function attributesOf(spans: Collector['spans'], index: number): Readonly<Record<string, string | number>> {
  return spans[index]!.attributes;
}

const LARGE = 12 << 20;
const parts: readonly (readonly [what: string, target: string, method: string, range: string | undefined, status: number])[] = [
  ['a part of a small file', '/a.txt', 'GET', 'bytes=2-5', 206], ['its end', '/a.txt', 'GET', 'bytes=-1', 206], ['two parts of it', '/a.txt', 'GET', 'bytes=0-1,4-5', 206],
  ['none', '/a.txt', 'GET', 'bytes=99-', 416], ['a part, its head alone', '/a.txt', 'HEAD', 'bytes=2-5', 200],
  ['a large file', '/large.bin', 'GET', undefined, 200], ['its head alone', '/large.bin', 'HEAD', undefined, 200],
  ['a part of it', '/large.bin', 'GET', `bytes=5-${LARGE - 6}`, 206], ['two of them', '/large.bin', 'GET', `bytes=0-1048575,${LARGE - (1 << 20)}-`, 206],
];

t.test('of parts, heads and large files', async (t) => {
  const collector = await Collector.listen(t);
  const root = t.testdir({ 'a.txt': 'twelve bytes' });
  writeFileSync(join(root, 'large.bin'), Buffer.alloc(LARGE, 7));
  const { place, server } = await serve(t, { root, protect: 'lease', tracing: { endpoint: collector.endpoint } });
  for (const [index, [what, target, method, range, status]] of parts.entries()) {
    const { body, status: answered } = await ask(place, target, { method, fields: range === undefined ? {} : { Range: range } });
    t.equal(answered, status, what);
    const span = (await collector.collects(index + 1))[index]!;
    t.match(span, { name: method, kind: SERVER, status: 0 }, what);
    t.match(span.attributes, { 'url.path': target, 'http.response.status_code': status, 'http.response.body.size': body.length }, `${what}: ${body.length} bytes`);
    if (target === '/large.bin' && method === 'GET') t.match(span.attributes['pagecast.protection'], /^(?:lease|copy|verify)$/, what);
  }
  t.ok(valueIn(await scrape(server), 'pagecast_sent_bytes_total', '{how="sendfile"}') + valueIn(await scrape(server), 'pagecast_sent_bytes_total', '{how="copied"}') > 2 * LARGE, 'by the way of large files');
  t.strictSame(collector.faults, []);
});

t.test('of what an origin was asked', async (t) => {
  const collector = await Collector.listen(t);
  const { origin, serving } = await proxied(t, { tracing: { endpoint: collector.endpoint }, accessLog: 'json' });
  const { place } = serving;
  const cases = [
    { what: 'a miss', says: [{ fields: ['Cache-Control: max-age=60', 'ETag: "a"'], body: 'four' }], lines: [SAMPLED, 'tracestate: foo=1 , bar=2'], result: 'miss', status: 200 },
    { what: 'a hit', says: [], lines: [SAMPLED], result: 'hit', status: 200 },
    { what: 'validated', says: [{ status: 304, fields: ['ETag: "a"', 'Cache-Control: max-age=60'] }], lines: [SAMPLED, 'Cache-Control: no-cache'], result: 'revalidated', status: 200 },
    { what: 'passed on', method: 'POST', says: [{ status: 201, body: 'made' }], lines: [SAMPLED], content: 'content', result: 'pass', status: 201 },
    { what: 'an error', says: [{ status: 500, fields: ['Cache-Control: no-store'], body: 'no' }], lines: [SAMPLED, 'Cache-Control: no-cache', 'Authorization: a'], result: 'pass', status: 500 },
    { what: 'no answer', method: 'POST', says: [{ how: 'silent' as const }], lines: [SAMPLED], result: 'failed', status: 502 },
  ];
  let collected = 0;
  for (const { what, method = 'GET', says, lines, content, result, status } of cases) {
    const seen = origin.tell('/a', says);
    const answer = await converse(place, { method, target: '/a?b=c', lines, content });
    t.equal(answer.status, status, what);
    await settled(serving);
    const spans = (await collector.collects(collected + 1 + says.length)).slice(collected);
    collected += spans.length;
    const server = spans.find(({ kind }) => kind === SERVER)!;
    const clients = spans.filter(({ kind }) => kind === CLIENT);
    t.match(server, { traceId: TRACE, parentSpanId: PARENT, name: method, flags: REMOTE | 1, status: status >= 500 ? ERROR : 0 }, what);
    t.match(server.attributes, { 'pagecast.cache.result': result, 'http.response.status_code': status, 'url.query': 'b=c' }, what);
    t.equal(server.attributes['error.type'], status >= 500 ? String(status) : undefined, what);
    t.equal(clients.length, says.length, `${what}: a span for each question`);
    t.equal(seen.length, says.length, what);
    for (const [index, client] of clients.entries()) {
      t.equal(seen[index]!.fields.get('traceparent'), `00-${TRACE}-${client.spanId}-01`, `${what}: the origin is told of it`);
      t.equal(seen[index]!.fields.get('tracestate'), lines[1]?.startsWith('tracestate') ? 'foo=1,bar=2' : undefined, what);
      t.match(client, { traceId: TRACE, parentSpanId: server.spanId, name: method, flags: KNOWN | 1, status: status >= 400 ? ERROR : 0 }, `${what}: its parent`);
      t.equal(client.attributes['url.full'], `${origin.url}/a?b=c`, what);
      t.equal(client.attributes['server.port'], Number(new URL(origin.url).port), what);
      t.equal(client.attributes['http.response.status_code'], says[index] && 'how' in says[index] ? undefined : (says[index] as { status?: number }).status ?? 200, what);
      t.equal(client.attributes['error.type'], status === 502 ? 'closed' : status === 500 ? '500' : undefined, what);
      t.ok(client.startMs >= server.startMs - 1 && client.endMs <= server.endMs + 1000, `${what}: within`);
    }
  }
  t.strictSame(collector.faults, []);
});

t.test('what is validated behind an answer belongs to it', async (t) => {
  const collector = await Collector.listen(t);
  const { origin, serving } = await proxied(t, { tracing: { endpoint: collector.endpoint } });
  const seen = origin.tell('/a', [
    { fields: ['Cache-Control: max-age=0, stale-while-revalidate=100', 'ETag: "a"', 'Age: 1'], body: 'a' }, { status: 304, fields: ['ETag: "a"', 'Cache-Control: max-age=100'] },
  ]);
  await converse(serving.place, { method: 'GET', target: '/a', lines: [] });
  await settled(serving);
  await converse(serving.place, { method: 'GET', target: '/a', lines: [SAMPLED] });
  await until(() => seen.length === 2, 'the validation');
  const spans = await collector.collects(4);
  const server = spans.find(({ parentSpanId }) => parentSpanId === PARENT)!;
  const client = spans.find(({ parentSpanId }) => parentSpanId === server.spanId)!;
  t.equal(server.attributes['pagecast.cache.result'], 'stale');
  t.equal(seen[1]!.fields.get('traceparent'), `00-${TRACE}-${client.spanId}-01`);
  t.equal(client.attributes['http.response.status_code'], 304);
  t.strictSame(collector.faults, []);
});

t.test('one question for all who ask for the same: one span of it', async (t) => {
  const collector = await Collector.listen(t);
  const { origin, serving } = await proxied(t, { tracing: { endpoint: collector.endpoint }, workers: 2 });
  let go = (): void => undefined;
  const seen = origin.tell('/a', [{ fields: ['Cache-Control: max-age=60'], body: 'four', wait: new Promise<void>((resolve) => (go = resolve)) }]);
  const answers = Array.from({ length: 8 }, () => converse(serving.place, { method: 'GET', target: '/a', lines: [] }));
  await until(async () => (await serving.server.counts())['waiters'] === 7, 'all of them');
  go();
  await Promise.all(answers);
  const spans = await collector.collects(9);
  t.equal(seen.length, 1);
  const client = spans.filter(({ kind }) => kind === CLIENT);
  t.equal(client.length, 1);
  t.equal(spans.filter(({ spanId }) => spanId === client[0]!.parentSpanId).length, 1, 'of one of those who asked');
  t.equal(spans.filter(({ attributes }) => attributes['pagecast.cache.result'] === 'miss').length, 1);
});

t.test('a question that is put again is one span; where to is told', async (t) => {
  const collector = await Collector.listen(t);
  const path = `${shortFolder(t)}/o.sock`;
  const origin = createServer((_, response) => void response.end('o')).listen(path);
  await once(origin, 'listening');
  t.teardown(() => origin.close());
  const gone = createServer().listen(0, '127.0.0.1');
  await once(gone, 'listening');
  const { port } = gone.address() as AddressInfo;
  gone.close();
  await once(gone, 'close');
  const { place } = await serve(t, { proxy: { urls: [`http://127.0.0.1:${port}`, `unix:${path}:http://o.example`] }, tracing: { endpoint: collector.endpoint } });
  t.equal((await ask(place, '/a')).status, 200);
  const spans = await collector.collects(2);
  const client = spans.find(({ kind }) => kind === CLIENT)!;
  t.match(client.attributes, { 'url.full': 'http://o.example/a', 'server.address': path, 'network.transport': 'unix', 'http.request.resend_count': 1 });
  t.equal(client.status, 0);
});

t.test('what does not end as planned', async (t) => {
  const collector = await Collector.listen(t);
  const { origin, serving } = await proxied(t, { tracing: { endpoint: collector.endpoint } });
  origin.tell('/a', [{ fields: ['Cache-Control: no-store'], body: 'x'.repeat(10_000), how: 'reset' }]);
  await converse(serving.place, { method: 'GET', target: '/a', lines: [SAMPLED] });
  const spans = await collector.collects(2);
  for (const span of spans) t.equal(span.status, ERROR);
  t.strictSame(spans.map(({ attributes }) => attributes['error.type']).sort(), ['aborted', 'closed']);

  let answer = (): void => undefined;
  origin.tell('/b', [{ wait: new Promise<void>((resolve) => (answer = resolve)) }]);
  const client = await Client.open(serving.place);
  await client.send(requestText('/b', { method: 'POST' }));
  await until(async () => (await serving.server.counts())['asked'] === 2, 'the question');
  client.socket.resetAndDestroy();
  const [, , one, other] = await collector.collects(4);
  answer();
  t.strictSame([one, other].map((span) => span!.kind).sort(), [SERVER, CLIENT]);
  t.equal([one, other].find((span) => span!.kind === SERVER)!.attributes['error.type'], 'aborted', 'the client has gone');
  t.strictSame(collector.faults, []);
});

t.test('whatever clients send', async (t) => {
  const collector = await Collector.listen(t);
  const { place, reports } = await serve(t, { root: t.testdir({ 'a.txt': 'a' }), tracing: { endpoint: collector.endpoint } });
  const every = Array.from({ length: 256 }, (_, byte) => String.fromCharCode(byte)).filter((character) => /[\t -~\x80-\xff]/.test(character)).join('').trim();
  const target = `/${'%22"<>|{}\\^`'.repeat(700)}?${'&sig=x'.repeat(10)}`;
  const heads = [
    `GET ${target.slice(0, 8000)} HTTP/1.1\r\nHost: h\r\nUser-Agent: ${every}\r\n\r\n`,
    'GET http://[::1]:8080/?Signature=a&x=Signature=b HTTP/1.1\r\nHost: other\r\n\r\n',
    "!#$%&'*+-.^_`|~ / HTTP/1.1\r\nHost: h:65535\r\n\r\n", 'OPTIONS * HTTP/1.1\r\nHost: h\r\n\r\n',
    `GET /a.txt HTTP/1.1\r\nHost: h\r\ntraceparent: ${every}\r\ntracestate: ${every}\r\n\r\n`,
    `GET /a.txt HTTP/1.1\r\nHost: h\r\nTRACEPARENT:\t${SAMPLED.slice(13)} \r\ntracestate: a=${'"'.repeat(200)}\r\n\r\n`,
    'PUT /a.txt HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\n\r\n12345', 'GET /a.txt HTTP/1.0\r\n\r\n',
  ];
  const client = await Client.open(place);
  void client.send(heads.join(''));
  for (const index of heads.keys()) await client.reply().catch((error: unknown) => t.fail(`${index}: ${String(error)}`));
  client.destroy();
  t.strictSame(reports, []);
  const spans = await collector.collects(heads.length);
  t.strictSame(collector.faults, []);
  t.strictSame(spans.map(({ name }) => name), ['GET', 'GET', 'HTTP', 'OPTIONS', 'GET', 'GET', 'PUT', 'GET'], 'each once, in their order');
  t.equal(spans[0]!.attributes['url.path'], target.slice(0, 1024), 'no text is long');
  t.equal(spans[0]!.attributes['user_agent.original'], every, 'and none is another one');
  t.match(spans[1]!.attributes, { 'server.address': '::1', 'server.port': 8080, 'url.path': '/', 'url.query': 'Signature=REDACTED&x=Signature=b' });
  t.match(spans[2]!.attributes, { 'http.request.method': '_OTHER', 'http.request.method_original': "!#$%&'*+-.^_`|~", 'server.port': 65535 });
  t.equal(spans[3]!.attributes['url.path'], '*');
  t.equal(spans[4]!.parentSpanId, undefined);
  t.match(spans[5], { traceId: TRACE, parentSpanId: PARENT, traceState: `a=${'"'.repeat(200)}` });
  t.equal(spans[7]!.attributes['server.address'], undefined);
  t.equal(spans[7]!.attributes['network.protocol.version'], '1.0');
});
