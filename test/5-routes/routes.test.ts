// The first route that is for a request answers it, and no spelling of a path gets around one.
import t from 'tap';
import { requestText } from '../client.ts';
import { oddReadings } from '../../server/routes/path-readings.ts';
import { bypassPaths, harmlessPaths, routeCases, routes } from './route-cases.ts';
import { askRaw, bodyOf, serveRoutes } from './routing.ts';

t.test('in order', async (t) => {
  const { place } = serveRoutes(t, { routes });
  for (const { ask, fields = {}, route, status = route === undefined ? 404 : 200 } of routeCases) {
    const [method = '', target = ''] = ask.split(' ');
    const reply = await askRaw(place, requestText(target, { method, fields }), method);
    const name = `${ask} ${JSON.stringify(fields)}`;
    t.equal(reply.status, status, name);
    t.equal(reply.fields.get('x-route'), route, name);
    if (route !== undefined) t.equal(reply.body.toString(), method === 'HEAD' ? '' : route, name);
  }
});

t.test('what another method would get is told', async (t) => {
  const { place } = serveRoutes(t, { routes: [{ path: '/a', method: 'GET', respond: {} }, { path: '/a', method: 'PUT', respond: {} }, { path: '/b', method: 'POST', respond: {} }] });
  const refused = await askRaw(place, requestText('/a', { method: 'POST' }));
  t.strictSame([refused.status, refused.fields.get('allow')], [405, 'GET, PUT, HEAD, OPTIONS']);
  const asked = await askRaw(place, requestText('/b', { method: 'OPTIONS' }), 'OPTIONS');
  t.strictSame([asked.status, asked.fields.get('allow')], [204, 'POST, OPTIONS']);
  t.equal((await askRaw(place, requestText('/c', { method: 'POST' }))).status, 404);
  const head = await askRaw(place, requestText('/b', { method: 'HEAD' }), 'HEAD');
  t.strictSame([head.status, head.body.length], [405, 0]);
});

t.test('answers that depend on fields say so', async (t) => {
  const { place } = serveRoutes(t, {
    routes: [
      { path: '/a/*', requestHeaders: { 'X-Beta': '1' }, respond: { body: 'beta' } },
      { path: '/a/b', requestHeaders: { 'X-Kind': true, Accept: /json/ }, respond: { body: 'kind', headers: { Vary: 'Accept-Language, x-beta' } } },
      { path: '/a/*', respond: { body: 'rest' } },
      { path: '/other', respond: { body: 'other' } },
    ],
  });
  const vary = async (target: string, fields = {}): Promise<string | undefined> => (await askRaw(place, requestText(target, { fields }))).fields.get('vary');
  t.equal(await vary('/a/x'), 'x-beta');
  t.equal(await vary('/a/x', { 'X-Beta': '1' }), 'x-beta');
  t.equal(await vary('/a/b'), 'x-beta, x-kind, accept');
  t.equal(await vary('/a/b', { 'X-Kind': '', Accept: 'text/json' }), 'Accept-Language, x-beta, x-kind, accept', 'none twice');
  t.equal(await vary('/other'), undefined);
  t.equal(await vary('/nowhere'), undefined);
});

t.test('no way around a route', async (t) => {
  const admin = { path: '/admin/*', access: { users: ['a:b'] }, respond: { body: 'admin' } };
  for (const others of [[{ path: '/public/*', respond: { body: 'let in' } }, { respond: { body: 'let in' } }], [{ path: '/public/*', respond: { body: 'let in' } }]]) {
    const { place } = serveRoutes(t, { routes: [admin, ...others] });
    for (const path of bypassPaths) {
      const reply = await askRaw(place, requestText(path));
      t.ok([401, 404].includes(reply.status), `${path}: ${reply.status} ${reply.body.toString('latin1')}`);
    }
  }
});

t.test('nothing else is refused', async (t) => {
  const { place } = serveRoutes(t, { routes: [{ path: '/admin/*', respond: { body: 'admin' } }, { path: '/public/*', respond: { body: 'public' } }, { respond: { body: 'rest' } }] });
  for (const [path, route] of harmlessPaths) t.equal(await bodyOf(place, path), route, path);
});

t.test('no way around a folder: what is looked up is what was matched', async (t) => {
  const root = t.testdir({ admin: { 'x': 'secret' }, public: { y: 'public' } });
  const { place } = serveRoutes(t, { root, routes: [{ path: '/admin/*', access: { users: ['a:b'] }, root }] });
  t.equal(await bodyOf(place, '/public/y'), 'public');
  t.equal(await bodyOf(place, '/admin/x', { fields: { Authorization: 'Basic YTpi' } }), 'secret');
  for (const path of bypassPaths) {
    const reply = await askRaw(place, requestText(path));
    t.notMatch(reply.body.toString(), /secret/, path);
    t.ok([400, 401, 404].includes(reply.status), `${path}: ${reply.status}`);
  }
});

t.test('long odd paths are read once', (t) => {
  for (const unit of ['/..', '/.', '%2F', ';/', '\\', '%2e%2e/', '//', '/a/..']) {
    const readings = oddReadings(`/${unit.repeat(200_000 / unit.length)}`);
    t.ok(readings?.loose.startsWith('/'), unit);
  }
  t.end();
});
