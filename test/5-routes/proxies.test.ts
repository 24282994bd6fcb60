// Several origins behind one server: who is asked, and whose answer is stored for whom.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import t, { type Test } from 'tap';
import type { ProxyHooks } from '../../server/proxy/hook-api.ts';
import { requestText, type Place } from '../client.ts';
import { until } from '../serving.ts';
import { askRaw, bodyOf, serveRoutes } from './routing.ts';

interface Origin {
  readonly url: string;
  /** Targets that it was asked for. */
  readonly asked: string[];
}

/** Answers `name target`, which may be stored. */
async function origin(t: Test, name: string, fields: Readonly<Record<string, string>> = {}): Promise<Origin> {
  const asked: string[] = [];
  const server: Server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    response.writeHead(200, { 'Cache-Control': 'max-age=1000', 'X-Origin': name, ...fields });
    response.end(`${name} ${request.url}`);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, asked };
}

const BETA = { fields: { 'X-Beta': '1' } };

t.test('one URL, several origins: nobody gets what is another\'s', async (t) => {
  const [stable, beta, other] = await Promise.all([origin(t, 'stable'), origin(t, 'beta'), origin(t, 'other')]);
  const { place, coordination } = serveRoutes(t, {
    proxy: stable.url,
    routes: [{ path: '/*', requestHeaders: { 'X-Beta': '1' }, proxy: beta.url }, { path: '/o/*', proxy: other.url }],
  });
  for (let i = 0; i < 3; i++) {
    t.equal(await bodyOf(place, '/a?q'), 'stable /a?q');
    t.equal(await bodyOf(place, '/a?q', BETA), 'beta /a?q');
    t.equal(await bodyOf(place, '/o/a'), 'other /o/a');
  }
  t.strictSame([stable.asked, beta.asked, other.asked], [['GET /a?q'], ['GET /a?q'], ['GET /o/a']], 'each was asked once');
  t.equal(coordination.counts()['objects'], 3);

  t.equal(purged(await purge(place, '/a?q')), 2, 'a purge of the URL finds both');
  t.equal(await bodyOf(place, '/a?q', BETA), 'beta /a?q');
  t.equal(await bodyOf(place, '/a?q'), 'stable /a?q');
  t.strictSame([stable.asked.length, beta.asked.length, other.asked.length], [2, 2, 1]);
  t.equal(purged(await purge(place, '/a?q', BETA.fields)), 2, 'by whichever way it comes');
  await bodyOf(place, '/a?q', BETA);
  await bodyOf(place, '/a?q');
  t.equal(purged(await purge(place, '/*')), 3, 'all that begins so');
  await bodyOf(place, '/a?q', BETA);
  await bodyOf(place, '/a?q');
  t.equal(await coordination.purge({ by: 'key', key: 'http://localhost/a?q' }, false), 2, 'and from main');
});

t.test('a write through one route makes what the other has stored invalid', async (t) => {
  const [reads, writes] = await Promise.all([origin(t, 'reads'), origin(t, 'writes', { Location: '/named' })]);
  const { place } = serveRoutes(t, { routes: [{ method: ['GET', 'PURGE'], proxy: reads.url }, { proxy: writes.url }] });
  for (let i = 0; i < 2; i++) for (const path of ['/a', '/named', '/b']) await bodyOf(place, path);
  t.equal(reads.asked.length, 3);
  t.equal(await bodyOf(place, '/a', { method: 'POST', fields: { 'Content-Length': '0' } }), 'writes /a');
  for (const path of ['/a', '/named', '/b']) t.equal(await bodyOf(place, path), `reads ${path}`);
  t.strictSame(reads.asked.slice(3), ['GET /a', 'GET /named'], 'RFC 9111 §4.4: the URL, and what Location names');
});

t.test('rules for queries are of one origin each', async (t) => {
  const [told, silent] = await Promise.all([origin(t, 'told', { 'No-Vary-Search': 'params=("a")' }), origin(t, 'silent')]);
  const { place, coordination } = serveRoutes(t, { proxy: silent.url, routes: [{ requestHeaders: { 'X-Beta': '1' }, proxy: told.url }] });
  t.equal(await bodyOf(place, '/x?a=1', BETA), 'told /x?a=1');
  t.equal(await bodyOf(place, '/x?a=2', BETA), 'told /x?a=1', 'a does not matter there');
  t.equal(await bodyOf(place, '/x?a=1'), 'silent /x?a=1');
  t.equal(await bodyOf(place, '/x?a=2'), 'silent /x?a=2');
  t.equal(purged(await purge(place, '/x?a=9')), 1, 'under any query, where it is one');
  t.equal(await bodyOf(place, '/x?a=2', BETA), 'told /x?a=2');
  t.equal(await bodyOf(place, '/x?a=1'), 'silent /x?a=1');
  t.equal(silent.asked.length, 2);
  await until(() => coordination.counts()['flights'] === 0, 'the end of flights');
});

t.test('keys of hooks are of one proxy each', async (t) => {
  const [one, two] = await Promise.all([origin(t, 'one'), origin(t, 'two')]);
  const hooks: ProxyHooks = { key: () => 'home' };
  const { place, coordination } = serveRoutes(t, { routes: [{ path: '/1', proxy: { urls: [one.url], hooks } }, { path: '/2', proxy: { urls: [two.url], hooks } }] });
  t.equal(await bodyOf(place, '/1'), 'one /1');
  t.equal(await bodyOf(place, '/2'), 'two /2');
  t.equal(await bodyOf(place, '/1?again'), 'one /1');
  t.equal(await coordination.purge({ by: 'key', key: 'home' }, false), 2);
});

t.test('rules of caching are of one route each', async (t) => {
  const { url, asked } = await origin(t, 'o', { 'Cache-Control': 'no-cache' });
  const { place } = serveRoutes(t, { proxy: url, routes: [{ path: '/kept/*', proxy: url, cache: { ttlS: 100 } }, { path: '/never/*', proxy: url, cache: { bypass: true, ttlS: 100 } }] });
  for (let i = 0; i < 3; i++) for (const path of ['/kept/a', '/never/a', '/a']) await bodyOf(place, path);
  t.strictSame(['kept', 'never'].map((name) => asked.filter((one) => one.includes(name)).length), [1, 3]);
  t.equal(asked.filter((one) => one === 'GET /a').length, 3);
});

t.test('who may ask, and how often, by route', async (t) => {
  const { url, asked } = await origin(t, 'o');
  const limit = { perSecond: 0.001, burst: 2, by: { header: 'X-Api-Key' } } as const;
  const { place } = serveRoutes(t, {
    access: { users: ['a:b'] }, health: '/health',
    routes: [
      { path: '/open/*', access: { users: [] }, proxy: url },
      { path: '/denied/*', access: { users: [], deny: ['127.0.0.0/8'] }, proxy: url },
      { path: '/limited/*', access: { users: [] }, rateLimit: limit, proxy: url },
      { path: '/both/*', rateLimit: { perSecond: 0.001, burst: 1 }, proxy: url },
      { proxy: url },
    ],
  });
  const status = async (target: string, fields: Readonly<Record<string, string>> = {}, method = 'GET'): Promise<number> => (await askRaw(place, requestText(target, { method, fields }), method)).status;
  const known = { Authorization: 'Basic YTpi' };
  t.equal(await status('/health'), 200);
  t.equal(await status('/a'), 401);
  t.equal(await status('/a', known), 200);
  t.equal(await status('/open/a'), 200);
  t.equal(await status('/denied/a', known), 403);
  t.equal(await status('/denied/a', { 'Content-Length': '0' }, 'POST'), 403);
  t.strictSame([await status('/limited/a', { 'X-Api-Key': 'k' }), await status('/limited/b', { 'x-api-key': 'k' }), await status('/limited/c', { 'X-Api-Key': 'k' })], [200, 200, 429]);
  t.equal(await status('/limited/a', { 'X-Api-Key': 'l' }), 200, 'another key');
  t.strictSame([await status('/limited/a'), await status('/limited/a'), await status('/limited/a')], [200, 200, 429], 'none: by address');
  t.equal(await status('/limited/a', { 'X-Api-Key': 'k', 'Content-Length': '1' }, 'POST'), 429, 'content is not waited for');
  t.strictSame([await status('/both/a'), await status('/both/a', known)], [401, 429], 'guesses of passwords count');
  t.notOk(asked.some((one) => one.includes('denied') || one.includes('both')), 'nobody was asked for what is refused');
  const behind = serveRoutes(t, { access: { users: ['a:b'] }, routes: [{ path: '/a', access: { users: [] }, respond: {} }] }).place;
  t.strictSame([(await askRaw(behind, requestText('/a'))).status, (await askRaw(behind, requestText('/b'))).status, (await askRaw(behind, requestText('/b', { fields: known }))).status], [200, 401, 404], 'what is not there is behind the gate of the site');
  const refused = await askRaw(place, requestText('/limited/a', { fields: { 'X-Api-Key': 'k' } }));
  t.match(refused.fields.get('retry-after'), /^\d+$/);
  t.equal(refused.fields.get('cache-control'), 'no-store');
});

t.test('several folders, and files before origins', async (t) => {
  const { url } = await origin(t, 'o');
  const a = t.testdir({ a: { 'index.html': '<p>a', 'x.txt': 'a' }, b: { 'b': { 'y.txt': 'b' } } });
  const { place, assembly } = serveRoutes(t, {
    files: { openMax: 64 },
    sites: [
      { hosts: ['both.example'], root: `${a}/a`, proxy: url, routes: [{ path: '/b/*', root: `${a}/b`, headers: { 'X-From': 'b' } }] },
      { hosts: ['a.example'], root: `${a}/a` },
      { hosts: ['b.example'], root: `${a}/b`, listing: true },
      { root: `${a}/a`, routes: [{ path: '/none', respond: {} }] },
    ],
  });
  const of = (host: string): { readonly fields: { readonly Host: string } } => ({ fields: { Host: host } });
  t.equal(await bodyOf(place, '/x.txt', of('both.example')), 'a');
  t.equal(await bodyOf(place, '/y.txt', of('both.example')), 'o /y.txt');
  t.equal(await bodyOf(place, '/b/y.txt', of('both.example')), 'b');
  t.equal((await askRaw(place, requestText('/b/y.txt', of('both.example')))).fields.get('x-from'), 'b');
  t.equal((await askRaw(place, requestText('/b/z.txt', of('both.example')))).status, 404, 'what a route\'s folder has not is not asked of the site');
  t.equal(await bodyOf(place, '/', of('a.example')), '<p>a');
  t.match(await bodyOf(place, '/', of('b.example')), /href="\.\/b\/"/);
  t.equal(await bodyOf(place, '/x.txt', of('else.example')), 'a');
  t.equal(assembly.sites.length, 5);
});

async function purge(place: Place, target: string, fields: Readonly<Record<string, string>> = {}): Promise<string> {
  return bodyOf(place, target, { method: 'PURGE', fields });
}

function purged(body: string): number {
  return (JSON.parse(body) as { readonly purged: number }).purged;
}
