// The cache as a library: what is stored, used, validated and purged, with the reasons that Cache-Status gives.
import t from 'tap';
import { createCache, type CacheOptions } from '../../server/doors/cache.ts';
import { until } from '../serving.ts';

const URL_A = 'http://localhost/a';

interface Told {
  readonly status?: number;
  readonly headers?: Record<string, string>;
  readonly body?: string | null;
}

/** An origin that answers in turn, and remembers what it was asked. */
function originOf(...answers: (Told | Error)[]): { asked: Request[]; ask: (request: Request) => Promise<Response> } {
  const asked: Request[] = [];
  return {
    asked,
    ask: (request) => {
      asked.push(request);
      const told = answers.length > 1 ? answers.shift()! : answers[0]!;
      if (told instanceof Error) return Promise.reject(told);
      const { status = 200, headers = {}, body = 'body' } = told;
      return Promise.resolve(new Response(body, { status, headers }));
    },
  };
}

function request(headers: Record<string, string> = {}, init: RequestInit = {}): Request {
  return new Request(URL_A, { headers, ...init });
}

async function answered(response: Response): Promise<{ status: number; body: string; told: string }> {
  return { status: response.status, body: await response.text(), told: response.headers.get('cache-status') ?? '' };
}

t.test('a miss, then hits', async (t) => {
  const cache = createCache();
  const { asked, ask } = originOf({ headers: { 'Cache-Control': 'max-age=60', Age: '5', 'X-One': '1' } });
  t.match(await answered(await cache.handle(request(), ask)), { status: 200, body: 'body', told: 'pagecast;fwd=uri-miss;stored' });
  const hit = await cache.handle(request(), ask);
  t.match(hit.headers.get('cache-status'), /^pagecast;hit;ttl=5\d$/);
  t.match(hit.headers.get('age'), /^[56]$/);
  t.equal(hit.headers.get('x-one'), '1');
  t.equal(await hit.text(), 'body');
  const head = await cache.handle(request({}, { method: 'HEAD' }), ask);
  t.equal(head.headers.get('content-length'), '4');
  t.equal(await head.text(), '');
  t.equal(asked.length, 1);
  t.strictSame(cache.get(request()).use, 'fresh');
  t.equal(cache.size.objects, 1);
});

t.test('what is not stored, and why', async (t) => {
  const cases: readonly (readonly [reason: string, told: Told, asked?: Request, options?: CacheOptions])[] = [
    ['no-store', { headers: { 'Cache-Control': 'no-store' } }], ['private', { headers: { 'Cache-Control': 'private, max-age=9' } }], ['no-freshness', {}], ['vary-star', { headers: { 'Cache-Control': 'max-age=9', Vary: '*' } }],
    ['authorization', { headers: { 'Cache-Control': 'max-age=9' } }, request({ Authorization: 'Basic eDp5' })], ['method', { headers: { 'Cache-Control': 'max-age=9' } }, request({}, { method: 'POST', body: 'x' })],
    ['request-no-store', { headers: { 'Cache-Control': 'max-age=9' } }, request({ 'Cache-Control': 'no-store' })], ['partial-unusable', { status: 206, headers: { 'Cache-Control': 'max-age=9', 'Content-Range': 'bytes 0-3/9' } }],
    ['too-large', { headers: { 'Cache-Control': 'max-age=9', 'Content-Length': '4' } }, request(), { objectBytesMax: 3 }],
  ];
  for (const [reason, told, asked = request(), options = {}] of cases) {
    const cache = createCache(options);
    const { ask } = originOf(told);
    t.match(cache.put(asked.clone(), await ask(asked)), { stored: false, reason }, reason);
    t.match((await answered(await cache.handle(asked, ask))).told, `detail=${reason}`, `Cache-Status: ${reason}`);
    t.equal(cache.get(request()).use, 'miss', reason);
  }
});

t.test('variants', async (t) => {
  const cache = createCache();
  const { asked, ask } = originOf({ headers: { 'Cache-Control': 'max-age=60', Vary: 'Accept-Language' }, body: 'en' }, { headers: { 'Cache-Control': 'max-age=60', Vary: 'Accept-Language' }, body: 'de' });
  await answered(await cache.handle(request({ 'Accept-Language': 'en' }), ask));
  t.match(await answered(await cache.handle(request({ 'Accept-Language': 'de' }), ask)), { body: 'de', told: 'fwd=vary-miss' });
  t.match(await answered(await cache.handle(request({ 'Accept-Language': 'en' }), ask)), { body: 'en', told: ';hit' });
  t.match(await answered(await cache.handle(request({ 'Accept-Language': 'de' }), ask)), { body: 'de', told: ';hit' });
  t.equal(asked.length, 2);
});

t.test('validated', async (t) => {
  const cache = createCache();
  const { asked, ask } = originOf({ headers: { 'Cache-Control': 'no-cache', ETag: '"1"' } }, { status: 304, headers: { ETag: '"1"', 'X-New': 'yes' }, body: null }, { headers: { 'Cache-Control': 'no-cache', ETag: '"2"' }, body: 'other' });
  await answered(await cache.handle(request(), ask));
  t.match(cache.get(request()), { use: 'validate', reason: 'no-cache', conditions: [['If-None-Match', '"1"']] });
  const validated = await cache.handle(request(), ask);
  t.equal(validated.headers.get('x-new'), 'yes');
  t.match(await answered(validated), { status: 200, body: 'body', told: 'fwd=stale;fwd-status=304' });
  t.equal(asked[1]!.headers.get('if-none-match'), '"1"');
  t.match(await answered(await cache.handle(request(), ask)), { body: 'other' });
  t.match(cache.get(request()).conditions, [['If-None-Match', '"2"']]);
});

t.test('stale', async (t) => {
  const cache = createCache();
  const { asked, ask } = originOf({ headers: { 'Cache-Control': 'max-age=1, stale-while-revalidate=60', Age: '5' }, body: 'old' }, { headers: { 'Cache-Control': 'max-age=60' }, body: 'new' });
  await answered(await cache.handle(request(), ask));
  t.match(await answered(await cache.handle(request(), ask)), { body: 'old', told: 'stale-while-revalidate' });
  await until(() => cache.get(request()).use === 'fresh', 'the new one');
  t.equal(await (await cache.handle(request(), ask)).text(), 'new');
  t.equal(asked.length, 2);

  const failing = createCache();
  const broken = originOf({ headers: { 'Cache-Control': 'max-age=1, stale-if-error=60', Age: '5' }, body: 'old' }, { status: 503, body: 'no' }, new Error('nobody there'));
  await answered(await failing.handle(request(), broken.ask));
  t.match(await answered(await failing.handle(request(), broken.ask)), { status: 200, body: 'old', told: /fwd-status=503;ttl=-\d+;detail=stale-if-error/ });
  t.match(await answered(await failing.handle(request(), broken.ask)), { status: 200, body: 'old', told: 'detail=unreachable' });
  await t.rejects(createCache().handle(request(), broken.ask), { message: 'nobody there' });
});

t.test('purged and invalidated', async (t) => {
  const cache = createCache();
  const fresh = { 'Cache-Control': 'max-age=60' };
  const fill = async (path: string, headers: Record<string, string> = fresh): Promise<string> => (await answered(await cache.handle(new Request(`http://localhost${path}`), originOf({ headers }).ask))).told;
  await fill('/a', { ...fresh, 'Cache-Tag': 'one, two' });
  await fill('/b', { ...fresh, 'Surrogate-Key': 'two' });
  await fill('/c');
  t.equal(cache.purge({ by: 'tag', tag: 'one' }), 1);
  t.equal(cache.get(request()).use, 'miss');
  t.equal(cache.purge({ by: 'tag', tag: 'two' }, { soft: true }), 1);
  t.equal(cache.get(new Request('http://localhost/b')).use, 'validate');
  t.equal(cache.purge({ by: 'key', key: 'http://LOCALHOST:80/c#x' }), 1);
  t.match(await fill('/c'), 'uri-miss');
  t.equal(cache.purge({ by: 'prefix', prefix: 'http://localhost/' }), 2);
  await fill('/a');
  await answered(await cache.handle(request({}, { method: 'POST', body: 'x' }), originOf({ status: 201 }).ask));
  t.match(cache.get(request()), { use: 'validate', reason: 'invalidated' });
  t.equal(cache.purge({ by: 'everything' }), 1);
  t.equal(cache.size.bytes, 0);
});

t.test('what was asked for before a purge is not stored behind it', async (t) => {
  const cache = createCache();
  const late = await cache.handle(request(), originOf({ headers: { 'Cache-Control': 'max-age=60' } }).ask);
  cache.purge({ by: 'everything' });
  t.equal(await late.text(), 'body');
  t.equal(cache.get(request()).use, 'miss');
});

t.test('bodies that are not all are not stored', async (t) => {
  const headers = { 'Cache-Control': 'max-age=60' };
  const broken = (): Response => {
    let pulled = 0;
    return new Response(new ReadableStream<Uint8Array>({ pull: (controller) => (pulled++ === 0 ? controller.enqueue(Buffer.from('half')) : controller.error(new Error('cut'))) }), { headers });
  };
  const cache = createCache();
  await t.rejects((await cache.handle(request(), () => Promise.resolve(broken()))).text());
  t.equal(cache.get(request()).use, 'miss');
  await (await cache.handle(request(), () => Promise.resolve(new Response('half', { headers: { ...headers, 'Content-Length': '8' } })))).text();
  t.equal(cache.get(request()).use, 'miss', 'shorter than its Content-Length');
  const cancelled = await cache.handle(request(), () => Promise.resolve(new Response('whole', { headers })));
  await cancelled.body!.cancel();
  t.equal(cache.get(request()).use, 'miss', 'not read to its end');
});

t.test('bounds', async (t) => {
  const cache = createCache({ bytesMax: 100_000, objectBytesMax: 60_000 });
  for (let i = 0; i < 20; ++i) await (await cache.handle(new Request(`http://localhost/${i}`), originOf({ headers: { 'Cache-Control': 'max-age=60' }, body: 'x'.repeat(20_000) }).ask)).text();
  t.ok(cache.size.bytes <= 100_000 && cache.size.objects >= 3, `${cache.size.objects} objects of ${cache.size.bytes} bytes`);
  await (await cache.handle(new Request('http://localhost/large'), originOf({ headers: { 'Cache-Control': 'max-age=60' }, body: 'x'.repeat(60_001) }).ask)).text();
  t.equal(cache.get(new Request('http://localhost/large')).use, 'miss');
  t.match(await answered(await cache.handle(new Request('http://localhost/none', { headers: { 'Cache-Control': 'only-if-cached' } }), originOf(new Error('asked')).ask)), { status: 504 });
  for (const bytesMax of [0, -1, 1.5, Number.NaN]) t.throws(() => createCache({ bytesMax }), RangeError);
});
