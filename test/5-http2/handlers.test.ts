// Handlers and hooks over HTTP/2: Request in, Response out, as over HTTP/1.1; what fails, and who goes, is of its stream alone.
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import type { ClientHttp2Session } from 'node:http2';
import { join } from 'node:path';
import t from 'tap';
import { Client, requestText } from '../client.ts';
import { running } from '../command.ts';
import { until } from '../serving.ts';
import { moduleOf, originOf } from '../5-proxy/hooking.ts';
import { serveSecure, skip } from '../5-tls/serving.ts';
import { answer, ask, session } from './serving.ts';

const sum = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

/** Functions are of their worker: what becomes of their requests is asked for by requests. */
const CONFIG = `
const ended = [];
const opened = [];
const noting = (name, request) => request.signal.addEventListener('abort', () => ended.push(name + ': ' + request.signal.reason.name));
const streamed = (...chunks) => new ReadableStream({
  async pull(controller) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    const chunk = chunks.shift();
    if (chunk === undefined) controller.close();
    else if (chunk instanceof Error) controller.error(chunk);
    else controller.enqueue(new TextEncoder().encode(chunk));
  },
});
export default {
  workers: 1,
  tls: { selfSigned: true },
  routes: [
    { path: '/streamed', handle: () => new Response(streamed('one ', 'two'), { headers: [['Set-Cookie', 'a=1'], ['Set-Cookie', 'b=2'], ['Connection', 'X-Hop'], ['X-Hop', '1'], ['X-Kept', '1']] }) },
    { path: '/sized', handle: () => new Response(streamed('one ', 'two'), { headers: { 'Content-Length': '7' } }) },
    { path: '/empty', handle: () => new Response(null, { status: 204 }) },
    { path: '/waiting', handle: () => new Response(new ReadableStream({
      async pull(controller) {
        await new Promise((resolve) => opened.push(resolve));
        controller.enqueue(new TextEncoder().encode('data: 1\\n\\n'));
        controller.close();
      },
    })) },
    { path: '/open', handle: () => new Response(String(opened.splice(0).map((open) => open()).length)) },
    { path: '/echo', handle: (request) => new Response(request.body) },
    { path: '/told', handle: async (request) => Response.json({ method: request.method, url: request.url, fields: [...request.headers], hasBody: request.body !== null, body: await request.text() }) },
    { path: '/ignores', handle: () => new Response('ignored') },
    { path: '/throws', handle: () => { throw new Error('of purpose'); } },
    { path: '/rejects', handle: async (request) => { await request.text(); throw new Error('of purpose'); } },
    { path: '/no-response', handle: () => 'text' },
    { path: '/breaks', handle: () => new Response(streamed('one', new Error('broken'))) },
    { path: '/short', handle: () => new Response(streamed('one'), { headers: { 'Content-Length': '7' } }) },
    { path: '/long', handle: () => new Response(streamed('one', 'two'), { headers: { 'Content-Length': '5' } }) },
    { path: '/never', handle: (request) => (noting('never', request), new Promise(() => undefined)) },
    { path: '/reading', handle: async (request) => (noting('reading', request), new Response(await request.text())) },
    { path: '/streaming', handle: (request) => {
      noting('streaming', request);
      return new Response(new ReadableStream({
        async pull(controller) {
          await new Promise((resolve) => setTimeout(resolve, 1));
          controller.enqueue(new Uint8Array(1000));
        },
        cancel: () => void ended.push('cancelled'),
      }));
    } },
    { path: '/ended', handle: () => Response.json(ended) },
  ],
};
`;

const folder = t.testdir({ 'pagecast.config.mjs': CONFIG });
const { place, stdout, stderr } = await running(t, ['-c', join(folder, 'pagecast.config.mjs'), '--listen', '127.0.0.1:0'], { cwd: folder });

t.test('what a handler gives', async (t) => {
  const over = await session(t, place);
  t.equal(over.alpnProtocol, 'h2');
  const streamed = await ask(over, { ':path': '/streamed' });
  t.strictSame([streamed.status, streamed.body.toString(), streamed.code], [200, 'one two', 0]);
  const { headers } = streamed;
  t.strictSame([headers['set-cookie'], headers['x-kept'], headers['x-hop'], headers.connection, headers['transfer-encoding'], headers['content-length']], [['a=1', 'b=2'], '1', undefined, undefined, undefined, undefined]);
  const sized = await ask(over, { ':path': '/sized' });
  t.strictSame([sized.body.toString(), sized.headers['content-length']], ['one two', '7']);
  for (const path of ['/streamed', '/sized', '/empty']) {
    const { status, body, code, headers: { 'content-length': length } } = await ask(over, { ':path': path, ':method': 'HEAD' });
    t.strictSame([status, body.length, code, length], [path === '/empty' ? 204 : 200, 0, 0, path === '/sized' ? '7' : undefined], `HEAD ${path}`);
  }
  const waiting = over.request({ ':path': '/waiting' });
  const answered = answer(waiting);
  await once(waiting, 'response');
  t.pass('a head does not wait for its body');
  await until(async () => (await ask(over, { ':path': '/open' })).body.toString() === '1', 'the body to be asked for');
  t.equal((await answered).body.toString(), 'data: 1\n\n');
});

t.test('the request, as it came, and as it comes over HTTP/1.1', async (t) => {
  const over = await session(t, place);
  const told = async (asked: Parameters<typeof ask>[1], content?: string): Promise<{ method: string; url: string; fields: [string, string][]; hasBody: boolean; body: string }> => JSON.parse((await ask(over, asked, content)).body.toString()) as never;
  const one = await told({ ':method': 'POST', ':path': '/told?d=%zz&e', ':authority': 'Example.COM:8443', 'x-a': ['1', '2'], cookie: ['a=1', 'b=2'], 'x-forwarded-for': '192.0.2.9', te: 'trailers', 'content-length': 5 }, 'hello');
  t.strictSame([one.method, one.url, one.hasBody, one.body], ['POST', 'https://example.com:8443/told?d=%zz&e', true, 'hello']);
  const client = await Client.openSecure(place);
  await client.send('POST /told?d=%zz&e HTTP/1.1\r\nHost: Example.COM:8443\r\nX-A: 1\r\nX-A: 2\r\nCookie: a=1; b=2\r\nX-Forwarded-For: 192.0.2.9\r\nTE: trailers\r\nContent-Length: 5\r\n\r\nhello');
  t.strictSame(one, JSON.parse((await client.reply()).body.toString()), 'in the order of the Fetch standard');
  client.destroy();
  t.equal(new Map(one.fields).get('cookie'), 'a=1; b=2', 'RFC 9113 §8.2.3');
  t.match(await told({ ':path': '/told' }), { method: 'GET', hasBody: false, body: '' });
  t.match(await told({ ':path': '/told', ':method': 'GET' }, 'abc'), { method: 'GET', hasBody: false, body: '' }, 'content of a GET has no meaning');
  t.match(await told({ ':path': '/told', ':method': 'DELETE' }), { method: 'DELETE', hasBody: false });
  t.match(await told({ ':path': '/told', ':method': 'POST' }, ''), { method: 'POST', body: '' });
  t.match(await told({ ':path': '/told', ':method': 'PROPFIND' }, 'abc'), { method: 'PROPFIND', hasBody: true, body: 'abc' });
});

t.test('contents, larger than any window, several at once', async (t) => {
  const over = await session(t, place);
  for (const length of [0, 1, 65_535, 65_536, 9 << 20]) {
    const content = randomBytes(length);
    for (const sized of [true, false]) {
      const { status, body, code } = await ask(over, { ':method': 'POST', ':path': '/echo', ...(sized && { 'content-length': length }) }, content);
      t.strictSame([status, code, sum(body)], [200, 0, sum(content)], `${length} bytes, ${sized ? 'with' : 'without'} a length`);
    }
  }
  const paths = ['/echo', '/ignores', '/reading', '/ignores', '/throws'];
  const answers = await Promise.all(Array.from({ length: 50 }, (_, i) => ask(over, { ':method': 'POST', ':path': paths[i % paths.length]! }, `content ${i} ${'.'.repeat(30_000)}`)));
  answers.forEach(({ status, body }, i) => {
    const path = paths[i % paths.length]!;
    t.equal(status, path === '/throws' ? 500 : 200);
    t.equal(body.toString().slice(0, 12), path === '/throws' ? 'Internal Ser' : path === '/ignores' ? 'ignored' : `content ${i} ${'.'.repeat(30)}`.slice(0, 12), `${i}: ${path}`);
  });
  const expecting = over.request({ ':method': 'POST', ':path': '/echo', expect: '100-continue', 'content-length': 4 });
  const expected = answer(expecting);
  await once(expecting, 'continue');
  expecting.end('late');
  t.strictSame([(await expected).body.toString(), (await expected).interims], ['late', [100]]);
  const refused = await ask(over, { ':method': 'POST', ':path': '/ignores', expect: '100-continue', 'content-length': 4 }, 'late');
  t.strictSame([refused.body.toString(), refused.interims], ['ignored', []], 'it is not asked for where nobody reads it');
});

t.test('what fails is of its stream', async (t) => {
  const over = await session(t, place);
  for (const path of ['/throws', '/rejects', '/no-response']) {
    const { status, headers, body, code } = await ask(over, { ':method': 'POST', ':path': path }, 'content');
    t.strictSame([status, headers['cache-control'], body.toString(), code], [500, 'no-store', 'Internal Server Error\n', 0], path);
  }
  const head = await ask(over, { ':method': 'HEAD', ':path': '/throws' });
  t.strictSame([head.status, head.body.length], [500, 0]);
  for (const path of ['/breaks', '/short', '/long']) {
    const { status, code } = await ask(over, { ':path': path });
    t.strictSame([status, code], [200, 2], `${path}: INTERNAL_ERROR, for it must not look complete`);
  }
  t.equal((await ask(over, { ':path': '/ignores' })).body.toString(), 'ignored', 'the connection goes on');
  t.notOk(over.destroyed);
  await until(() => (stdout() + stderr()).includes('of purpose'), 'the operator to be told');
});

t.test('a client that goes: of one stream, and of all', async (t) => {
  const over = await session(t, place);
  const ended = async (from = over): Promise<string[]> => JSON.parse((await ask(from, { ':path': '/ended' })).body.toString()) as string[];
  const begin = async (from: ClientHttp2Session): Promise<ReturnType<ClientHttp2Session['request']>[]> => {
    const streams = ['/never', '/reading', '/streaming'].map((path) => from.request(path === '/reading' ? { ':path': path, ':method': 'POST', 'content-length': 10 } : { ':path': path }, { endStream: path !== '/reading' }));
    for (const stream of streams) stream.on('error', () => undefined).resume();
    streams[1]!.write('half'); // of a length: Node may end what it gives up, before it resets it
    await once(streams[2]!, 'response');
    return streams;
  };
  const all = ['cancelled', 'never: AbortError', 'reading: AbortError', 'streaming: AbortError'];
  for (const stream of await begin(over)) stream.close(8);
  await until(async () => (await ended()).length >= 4, 'the ends of all');
  t.strictSame((await ended()).sort(), all, 'as a client of HTTP/1.1 that has closed');
  const other = await session(t, place);
  await begin(other);
  other.destroy();
  await until(async () => (await ended()).length >= 8, 'the ends of those of the other connection');
  t.strictSame((await ended()).sort(), [...all, ...all].sort());
  const plain = await Client.openSecure(place);
  await plain.send(requestText('/never'));
  await ask(over, { ':path': '/ignores' });
  plain.destroy();
  await until(async () => (await ended()).length >= 9, 'the end of one over HTTP/1.1');
  t.strictSame((await ended()).at(-1), 'never: AbortError');
});

t.test('hooks', { skip }, async (t) => {
  const seen: (string | undefined)[] = [];
  const url = await originOf(t, (request, response) => {
    seen.push(`${request.method!} ${request.url!} ${String(request.headers['x-set'])}`);
    response.setHeader('X-Origin', 'secret').setHeader('Cache-Control', 'max-age=60').end('origin');
  });
  const hooks = moduleOf(t, `export default {
    async request({ method, path, url, address, field }) {
      if (path === '/told') return { respond: { status: 418, fields: { 'X-Url': url, 'X-Address': address, 'Set-Cookie': ['a=1', 'b=2'] }, body: method } };
      if (path === '/moved') return { path: '/other', fields: { 'X-Set': 'yes' } };
      if (path === '/throws') throw new Error('of purpose');
    },
    response(response) {
      response.delete('x-origin');
      response.set('X-Seen', response.request.method + ' ' + response.request.url);
    },
  };`);
  const { place: hooked, reports } = await serveSecure(t, {}, { proxy: { urls: [url], hooks } });
  const over = await session(t, hooked);
  const told = await ask(over, { ':path': '/told?q', ':authority': 'a.test' });
  t.strictSame([told.status, told.body.toString(), told.headers['x-url'], told.headers['x-address'], told.headers['set-cookie']], [418, 'GET', 'https://a.test/told?q', '127.0.0.1', ['a=1', 'b=2']]);
  const moved = await ask(over, { ':path': '/moved', ':authority': 'a.test' });
  t.strictSame([moved.body.toString(), moved.headers['x-origin'], moved.headers['x-seen'], seen], ['origin', undefined, 'GET https://a.test/other', ['GET /other yes']]);
  const thrown = await Promise.all(['GET', 'HEAD', 'POST'].map((method) => ask(over, { ':path': '/throws', ':method': method }, method === 'POST' ? 'content' : undefined)));
  t.strictSame(thrown.map(({ status, headers, code }) => [status, headers['cache-control'], code]), Array.from({ length: 3 }, () => [500, 'no-store', 0]));
  t.match((await ask(over, { ':path': '/moved', ':authority': 'a.test' })).headers['cache-status'], /;hit/, 'the connection goes on');
  t.strictSame(reports.map(({ name }) => name), ['hookFailed', 'hookFailed', 'hookFailed']);
});
