// What response() makes of the answers of an origin: lifetimes, tags, fields, and whether they are stored at all.
import t from 'tap';
import { until } from '../serving.ts';
import { hooked } from './hooking.ts';

interface Row {
  readonly name: string;
  /** Statements on `response`. */
  readonly hook: string;
  readonly status?: number;
  readonly fields: Readonly<Record<string, string | readonly string[]>>;
  readonly asks?: Readonly<Record<string, string>>;
  /** Whether the second request is answered from the store. */
  readonly stored: boolean;
  /** Cache-Status of the first. */
  readonly detail?: string;
}

const rows: readonly Row[] = [
  { name: 'a lifetime where the origin says none', hook: 'response.ttlS = 60', fields: {}, stored: true },
  { name: 'in place of no-cache', hook: 'response.ttlS = 60', fields: { 'Cache-Control': 'no-cache' }, stored: true },
  { name: 'in place of max-age', hook: 'response.ttlS = 60', fields: { 'Cache-Control': 'max-age=0, must-revalidate' }, stored: true },
  { name: 'in place of s-maxage', hook: 'response.ttlS = 60', fields: { 'Cache-Control': 's-maxage=0' }, stored: true },
  { name: 'in place of Expires', hook: 'response.ttlS = 60', fields: { Expires: '0' }, stored: true },
  { name: 'in place of a targeted field', hook: 'response.ttlS = 60', fields: { 'CDN-Cache-Control': 'max-age=0', 'Cache-Control': 'no-store' }, stored: true },
  { name: 'from when it came', hook: 'response.ttlS = 60', fields: { Age: '900', 'Cache-Control': 'max-age=1000' }, stored: true },
  { name: 'of an error', hook: 'response.ttlS = 60', status: 404, fields: {}, stored: true },
  { name: 'of a status that is not stored by itself', hook: 'response.ttlS = 60', status: 302, fields: { Location: '/b' }, stored: true },
  { name: 'less than a second', hook: 'response.ttlS = 0.9', fields: {}, stored: true },
  { name: 'none', hook: 'response.ttlS = 0', fields: { 'Cache-Control': 'max-age=60' }, stored: false, detail: 'no-freshness' },
  { name: 'not in place of no-store', hook: 'response.ttlS = 60', fields: { 'Cache-Control': 'no-store' }, stored: false, detail: 'no-store' },
  { name: 'not in place of private', hook: 'response.ttlS = 60', fields: { 'Cache-Control': 'private, max-age=9' }, stored: false, detail: 'private' },
  { name: 'not in place of Vary: *', hook: 'response.ttlS = 60', fields: { Vary: '*' }, stored: false, detail: 'vary-star' },
  { name: 'not for who is authenticated', hook: 'response.ttlS = 60', fields: { 'Cache-Control': 'max-age=9' }, asks: { Authorization: 'Basic eA==' }, stored: false, detail: 'authorization' },
  { name: 'for who is, where the origin allows it', hook: 'response.ttlS = 60', fields: { 'Cache-Control': 's-maxage=0' }, asks: { Authorization: 'Basic eA==' }, stored: true },
  { name: 'not 429', hook: 'response.ttlS = 60', status: 429, fields: {}, stored: false, detail: 'status' },
  { name: 'private, taken away', hook: "response.delete('cache-control'); response.ttlS = 60", fields: { 'Cache-Control': 'private' }, stored: true },
  { name: 'no-store, replaced', hook: "response.set('Cache-Control', 'max-age=60')", fields: { 'Cache-Control': 'no-store' }, stored: true },
  { name: 'Vary, taken away', hook: "response.delete('Vary')", fields: { Vary: '*', 'Cache-Control': 'max-age=60' }, stored: true },
  { name: 'stale while it is validated', hook: 'response.ttlS = 0; response.staleWhileRevalidateS = 60', fields: {}, stored: true },
  { name: 'the same, against must-revalidate', hook: 'response.staleWhileRevalidateS = 60', fields: { 'Cache-Control': 'max-age=0, must-revalidate', ETag: '"a"' }, stored: true },
  { name: 'not stored', hook: 'response.store = false', fields: { 'Cache-Control': 'max-age=60' }, stored: false, detail: 'hook' },
  { name: 'nothing said', hook: '', fields: { 'Cache-Control': 'max-age=60' }, stored: true },
  { name: 'cookies away', hook: "response.delete('set-cookie', 'Set-Cookie2')", fields: { 'Set-Cookie': ['a=1', 'b=2'], 'Last-Modified': 'Sun, 06 Nov 1994 08:49:37 GMT' }, stored: true },
];

t.test('lifetimes and storing', async (t) => {
  const hooks = rows.map(({ hook }) => `(response) => { ${hook} }`).join(', ');
  const site = await hooked(t, {
    hooks: `((all) => ({ response(response) { all[Number(response.request.path.slice(1))](response); } }))([${hooks}])`,
    answer: (request, response, number) => {
      const { status = 200, fields } = rows[Number(request.url!.slice(1))]!;
      response.writeHead(status, fields as Record<string, string | string[]>);
      response.end(`#${number}`);
    },
  });
  for (const [index, { name, asks = {}, stored, detail, fields }] of rows.entries()) {
    const first = await site.ask(`/${index}`, { fields: asks });
    const second = await site.ask(`/${index}`, { fields: asks });
    t.equal(second.body.toString() === first.body.toString(), stored, name);
    if (detail !== undefined) t.equal(first.fields.get('cache-status'), `pagecast;fwd=uri-miss;detail=${detail}`, name);
    const said = fields['Cache-Control'];
    if (said !== undefined && !/Cache-Control|cache-control/.test(rows[index]!.hook)) t.equal(second.fields.get('cache-control'), said, `${name}: clients are told what the origin said`);
  }
  t.ok(rows.length > 20);
  t.same(site.reports, []);
});

t.test('fields, tags and what a hook sees', async (t) => {
  const site = await hooked(t, {
    hooks: `{ response(response) {
      response.set('X-Seen', [response.request.method, response.request.url, String(response.status), response.field('X-ORIGIN'), response.tags.join()]);
      response.delete('x-origin', 'set-cookie');
      response.tags = [...response.tags, response.request.query.get('tag') ?? 'none'];
    } }`,
    answer: (_, response, number) => {
      response.writeHead(200, { 'Cache-Control': 'max-age=60', 'X-Origin': 'secret', 'Set-Cookie': 'a=1', 'Cache-Tag': 'x, y', 'Content-Type': 'text/css' });
      response.end(`#${number}`);
    },
  });
  for (const path of ['/a?tag=t', '/a?tag=t']) {
    const reply = await site.ask(path);
    t.equal(reply.body.toString(), '#1');
    t.same([...reply.fields.keys()].filter((name) => name === 'x-origin' || name === 'set-cookie'), [], 'for the client, too');
    t.equal(reply.fields.get('x-seen'), 'GET, http://localhost/a?tag=t, 200, secret, x,y');
    t.equal(reply.fields.get('content-type'), 'text/css');
  }
  t.equal((await site.ask('/', { method: 'PURGE', fields: { 'Cache-Tag': 't' } })).body.toString(), '{"purged":1}\n');
  t.equal(await site.text('/a?tag=t'), '#2');
  t.equal((await site.ask('/', { method: 'PURGE', fields: { 'Cache-Tag': 'y' } })).body.toString(), '{"purged":1}\n');
  const posted = await site.ask('/a?tag=t', { method: 'POST' });
  t.notOk(posted.fields.has('x-origin'), 'of what is passed through, too');
  t.equal(posted.body.toString(), '#3');
});

t.test('what a hook takes away of an answer is not brought back by a 304', async (t) => {
  const site = await hooked(t, {
    hooks: "{ response(response) { response.delete('X-Internal'); } }",
    answer: (request, response, number) => {
      response.setHeader('ETag', '"v"').setHeader('Cache-Control', 'max-age=0').setHeader('X-Internal', 'secret').setHeader('X-Round', String(number));
      if (request.headers['if-none-match'] === '"v"') return void response.writeHead(304).end();
      response.end(`#${number}`);
    },
  });
  for (const round of ['1', '2', '3']) {
    const reply = await site.ask('/a');
    t.strictSame([reply.body.toString(), reply.fields.get('x-round'), reply.fields.get('x-internal')], ['#1', round, undefined]);
  }
});

t.test('a validated answer is steered again', async (t) => {
  const site = await hooked(t, {
    hooks: `(() => { let validated = 0; return { response(response) {
      const isLater = response.field('x-round') !== '1';
      if (isLater) { response.ttlS = 60; response.tags = ['later']; response.set('X-Validated', String(++validated)); }
    } }; })()`,
    answer: (request, response, number) => {
      response.setHeader('ETag', '"v"').setHeader('Cache-Control', 'max-age=0').setHeader('X-Round', String(number));
      if (request.headers['if-none-match'] === '"v"') return void response.writeHead(304).end();
      response.end(`#${number}`);
    },
  });
  await site.ask('/a');
  const validated = await site.ask('/a');
  t.equal(validated.body.toString(), '#1');
  t.equal(validated.fields.get('x-validated'), '1');
  t.equal(validated.fields.get('cache-status'), 'pagecast;fwd=stale;fwd-status=304;stored');
  t.match((await site.ask('/a')).fields.get('cache-status'), /^pagecast;hit;ttl=(59|60)$/, 'fresh by the hook');
  t.equal((await site.ask('/', { method: 'PURGE', fields: { 'Cache-Tag': 'later' } })).body.toString(), '{"purged":1}\n');
});

t.test('a validation in the background is of the same key and origin', async (t) => {
  const site = await hooked(t, {
    hooks: `{ request: () => ({ path: '/inner', fields: { 'X-By': 'hook' } }), key: () => 'k', response(response) { response.ttlS = 0; response.staleWhileRevalidateS = 60; } }`,
    answer: (request, response, number) => void response.end(`${request.url!} ${String(request.headers['x-by'])} #${number}`),
  });
  t.equal(await site.text('/a'), '/inner hook #1');
  t.equal(await site.text('/b'), '/inner hook #1', 'stale');
  await until(() => site.asked.length >= 2, 'the validation');
  await until(async () => (await site.text('/c')) !== '/inner hook #1', 'the new one');
  t.same([...new Set(site.asked)], ['GET /inner']);
  t.same(site.reports, []);
});
