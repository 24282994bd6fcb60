// Routes of Fastify that answer from the cache, and those that do not.
import { Readable } from 'node:stream';
import Fastify from 'fastify';
import t from 'tap';
import { createCache } from '../../server/doors/cache.ts';
import pagecast from '../../server/doors/fastify.ts';

t.test('a route that asks for it', async (t) => {
  const cache = createCache();
  const app = Fastify();
  t.teardown(() => app.close());
  let calls = 0;
  await app.register(pagecast, { serve: false, cache });
  const cached = { config: { cache: true } };
  app.get('/json', cached, (_, reply) => { reply.header('Cache-Control', 'max-age=60').header('Vary', 'Accept-Language').send({ calls: ++calls }); });
  app.get('/private', cached, (_, reply) => { reply.header('Cache-Control', 'private').send({ calls: ++calls }); });
  app.get('/stream', cached, (_, reply) => { reply.header('Cache-Control', 'max-age=60').send(Readable.from([String(++calls)])); });
  app.get('/plain', (_, reply) => { reply.header('Cache-Control', 'max-age=60').send({ calls: ++calls }); });
  const ask = async (url: string, headers = {}): Promise<[string, unknown]> => {
    const reply = await app.inject({ url, headers });
    return [reply.body, reply.headers['cache-status']];
  };
  t.strictSame(await ask('/json'), ['{"calls":1}', 'pagecast;fwd=uri-miss;stored']);
  t.match(await ask('/json'), ['{"calls":1}', /^pagecast;hit;ttl=/]);
  t.match(await ask('/json', { 'accept-language': 'de' }), ['{"calls":2}', /vary-miss;stored/]);
  t.match(await ask('/json', { 'cache-control': 'no-cache' }), ['{"calls":3}', /fwd=stale;stored/]);
  t.match(await ask('/json?other'), ['{"calls":4}', /uri-miss/]);
  t.match(await ask('/private'), ['{"calls":5}', /detail=private/]);
  t.match(await ask('/private'), ['{"calls":6}', /detail=private/]);
  t.strictSame(await ask('/stream'), ['7', undefined]);
  t.strictSame(await ask('/plain'), ['{"calls":8}', undefined]);
  t.strictSame(await ask('/plain'), ['{"calls":9}', undefined]);
  const hit = await app.inject('/json');
  t.match(hit.headers['content-type'], /^application\/json/);
  cache.purge({ by: 'everything' });
  t.match(await ask('/json'), ['{"calls":10}', /uri-miss/]);
});
