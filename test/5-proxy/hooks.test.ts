// Hooks over real sockets: what request() and key() decide, and that nothing they do ends a worker.
import t from 'tap';
import { Client, requestText } from '../client.ts';
import { hookFailures } from './hook-failure-cases.ts';
import { hooked, originOf } from './hooking.ts';

t.test('request: rewritten', async (t) => {
  const site = await hooked(t, { hooks: `{
    request({ path, query }) {
      if (path === '/path') return { path: '/other' };
      if (path === '/query') return { query: query.drop('a') };
      if (path === '/text') return { query: 'x=1' };
      if (path === '/none') return { query: '' };
      if (path === '/fields') return { fields: { 'X-Set': 'yes', 'x-gone': null, Accept: 'text/html' } };
      if (path === '/host') return { fields: { Host: 'inner.example' } };
    },
  }` });
  t.equal(await site.text('/path?q=1'), '/other?q=1 #1', 'the query stays');
  t.equal(await site.text('/other?q=1'), '/other?q=1 #1', 'it is the other one, also in the cache');
  t.equal(await site.text('/query?a=1&b=2'), '/query?b=2 #2');
  t.equal(await site.text('/text?a=1'), '/text?x=1 #3');
  t.equal(await site.text('/none?a=1'), '/none #4');
  const client = await Client.open(site.place);
  t.teardown(() => client.destroy());
  await client.send(requestText('/fields', { fields: { 'X-Gone': '1', 'X-Kept': '2', Accept: '*/*', Connection: 'X-Set' } }));
  await client.reply();
  const sent = site.requests.at(-1)!.headers;
  t.match(sent, { 'x-set': 'yes', 'x-kept': '2', accept: 'text/html' }, 'also where the client has named it in Connection');
  t.notOk(sent['x-gone']);
  await site.ask('/host');
  t.equal(site.requests.at(-1)!.headers.host, 'inner.example');
  t.same(site.reports, []);
});

t.test('request: an absolute target, a body, HEAD', async (t) => {
  const site = await hooked(t, {
    hooks: `{ request: ({ path, host }) => (path === '/a' ? { path: '/b', fields: { 'X-Host': host } } : undefined) }`,
    answer: (request, response) => {
      let body = '';
      request.on('data', (chunk) => (body += String(chunk))).on('end', () => response.end(`${request.method!} ${request.url!} ${request.headers.host!} ${String(request.headers['x-host'])} ${body}`));
    },
  });
  t.equal(await site.text('http://outer.example/a?q', { fields: { Host: 'outer.example' } }), 'GET /b?q outer.example outer.example ');
  const reply = await site.ask('/a', { method: 'HEAD' });
  t.equal(reply.status, 200);
  t.equal(site.asked.at(-1), 'HEAD /b');
});

t.test('request: answered', async (t) => {
  const site = await hooked(t, { hooks: `{
    request({ path, method, address, url, query }) {
      const fields = { 'X-Method': method, 'X-Address': address, 'X-Url': url };
      if (path === '/text') return { respond: { status: 200, fields, body: 'h\\u00e9' } };
      if (path === '/bytes') return { respond: { status: 418, body: new Uint8Array([0, 255]), fields: { 'Content-Type': 'x/y', 'Set-Cookie': ['a=1', 'b=2'] } } };
      if (path === '/empty') return { respond: { status: 204 } };
      if (path === '/moved') return { respond: { status: 301, fields: { Location: '/text' } } };
      if (path === '/get') return { respond: { status: 200, body: query.get('n\\u00e4me') } };
    },
  }` });
  const text = await site.ask('/text?q');
  t.equal(text.body.toString(), 'hé');
  t.match(Object.fromEntries(text.fields), { 'content-type': 'text/plain; charset=utf-8', 'content-length': '3', 'x-method': 'GET', 'x-address': '127.0.0.1', 'x-url': 'http://localhost/text?q' });
  const bytes = await site.ask('/bytes');
  t.equal(bytes.status, 418);
  t.same([...bytes.body], [0, 255]);
  t.equal(bytes.fields.get('content-type'), 'x/y');
  const empty = await site.ask('/empty');
  t.equal(empty.status, 204);
  t.notOk(empty.fields.has('content-length'));
  t.match(Object.fromEntries((await site.ask('/moved')).fields), { location: '/text' });
  const head = await site.ask('/text', { method: 'HEAD' });
  t.equal(head.fields.get('content-length'), '3');
  t.equal(head.body.length, 0);
  t.equal(await site.text('/get?n%C3%A4me=a%20b+c'), 'a b c', 'a decoded parameter');
  t.same(site.asked, [], 'no origin was asked');
});

t.test('request: bypass', async (t) => {
  const site = await hooked(t, { hooks: `{ request: () => undefined, key: undefined }` });
  t.equal(await site.text('/a'), '/a #1');
  t.equal(await site.text('/a'), '/a #1');
  const bypassing = await hooked(t, { hooks: `{ request(request) { return request.field('cookie') === undefined ? undefined : { bypass: true }; } }` });
  t.equal(await bypassing.text('/a'), '/a #1');
  const reply = await bypassing.ask('/a', { fields: { Cookie: 'session=1' } });
  t.equal(reply.body.toString(), '/a #2');
  t.equal(reply.fields.get('cache-status'), 'pagecast;fwd=bypass;detail=hook');
  t.equal(await bypassing.text('/a', { fields: { Cookie: 'session=1' } }), '/a #3');
  t.equal(await bypassing.text('/a'), '/a #1', 'nothing of it was stored');
});

t.test('request: an origin', async (t) => {
  const second = await originOf(t, (request, response) => void response.end(`second ${request.url!}`));
  const first = await originOf(t, (request, response) => void response.end(`first ${request.url!}`));
  const site = await hooked(t, {
    hooks: `{ request({ path }) { return path === '/n' ? { origin: 'b' } : path === '/u' ? { origin: '${first}' } : path === '/x' ? { origin: 'nowhere' } : { origin: 'dead' }; } }`,
    proxy: { urls: [{ url: first, name: 'a' }, { url: second, name: 'b' }, { url: 'http://127.0.0.1:1', name: 'dead' }] },
  });
  for (let i = 0; i < 4; ++i) {
    t.equal(await site.text('/n'), 'second /n', 'by its name');
    t.equal(await site.text('/u'), 'first /u', 'by its URL');
  }
  t.equal((await site.ask('/x')).status, 500, 'one that there is not');
  t.equal((await site.ask('/dead')).status, 502, 'one that is not well has no other in its place');
  t.match(site.reports.find(({ name }) => name === 'hookFailed')?.message, /there is no origin "nowhere"/);
});

t.test('request: a promise', async (t) => {
  const site = await hooked(t, { hooks: `{
    async request(request) {
      await new Promise((resolve) => setTimeout(resolve, 20));
      if (request.path === '/reject') throw new Error('too late');
      return { path: request.path + '/late', fields: { 'X-Seen': request.method + request.url + request.field('x-mine') } };
    },
  }` });
  const client = await Client.open(site.place);
  t.teardown(() => client.destroy());
  // What comes next overwrites the bytes that the first was read from.
  await client.send(requestText('/first', { fields: { 'X-Mine': '1' } }) + requestText('/second', { fields: { 'X-Mine': '2' } }) + requestText('/reject'));
  t.equal((await client.reply()).body.toString(), '/first/late #1');
  t.equal((await client.reply()).body.toString(), '/second/late #2');
  t.equal((await client.reply()).status, 500);
  t.same(site.requests.map(({ headers }) => headers['x-seen']), ['GEThttp://localhost/first1', 'GEThttp://localhost/second2']);
  t.equal(await site.text('/first'), '/first/late #1', 'from the cache');
  t.equal(site.reports.length, 1);
});

t.test('each request is decided once', async (t) => {
  const site = await hooked(t, { hooks: `(() => {
    let calls = 0;
    return { request: ({ path }) => { ++calls; return path === '/calls' ? { respond: { status: 200, body: String(calls) } } : path === '/p' ? Promise.resolve() : undefined; } };
  })()` });
  await site.ask('/miss');
  await site.ask('/miss');
  await site.ask('/p');
  await site.ask('/post', { method: 'DELETE' });
  t.equal(await site.text('/calls'), '5');
});

t.test('key', async (t) => {
  const site = await hooked(t, { hooks: `{
    key({ path, query }) {
      if (path === '/drop') return query.drop('utm_*').sort();
      if (path === '/one') return 'one';
      if (path === '/two') return 'one';
    },
  }` });
  t.equal(await site.text('/drop?b=1&utm_source=x&a=2'), '/drop?b=1&utm_source=x&a=2 #1');
  t.equal(await site.text('/drop?a=2&b=1'), '/drop?b=1&utm_source=x&a=2 #1', 'the same');
  t.equal(await site.text('/drop?a=2&b=3'), '/drop?a=2&b=3 #2', 'another');
  t.equal(await site.text('/one'), '/one #3');
  t.equal(await site.text('/two'), '/one #3');
  t.equal(await site.purge('one'), 1);
  t.equal(await site.text('/two'), '/two #4');
  t.equal((await site.ask('/one', { method: 'PURGE' })).status, 200);
  t.equal(await site.text('/one'), '/one #5', 'PURGE of a URL is of its key');
});

t.test('hits are answered in the turn that they come in', async (t) => {
  const site = await hooked(t, { hooks: `{ request: () => ({ fields: { 'X-A': '1' } }), key: ({ query }) => query.sort(), response: (response) => response.delete('x-b') }` });
  await site.ask('/a?b&a');
  const client = await Client.open(site.place);
  t.teardown(() => client.destroy());
  await client.send(requestText('/a?a&b').repeat(50));
  for (let i = 0; i < 50; ++i) t.match((await client.reply()).fields.get('cache-status'), /^pagecast;hit/);
  t.equal(site.asked.length, 1);
});

t.test('whatever fails is a 500, told, and not stored', async (t) => {
  // One server for all of them: the path says which.
  const all = hookFailures.map(([hooks]) => `(${hooks})`).join(',\n');
  const of = (hook: string, request: string): string => `(given) => all[Number(given.${request}path.slice(1))].${hook}?.(given)`;
  const site = await hooked(t, { hooks: `((all) => ({ request: ${of('request', '')}, key: ${of('key', '')}, response: ${of('response', 'request.')} }))([${all}])` });
  t.ok(hookFailures.length > 40, `${hookFailures.length} rows`);
  for (const [index, [hooks, says]] of hookFailures.entries()) {
    const before = site.reports.length;
    for (const method of ['GET', 'GET', 'HEAD']) {
      const reply = await site.ask(`/${index}`, { method });
      t.equal(reply.status, 500, hooks);
      t.equal(reply.fields.get('cache-control'), 'no-store');
      t.notMatch(reply.body.toString(), says, 'nothing of it is told to the client');
    }
    const told = site.reports.slice(before);
    t.same(told.map(({ name }) => name), ['hookFailed', 'hookFailed', 'hookFailed'], 'nothing else has failed');
    t.match(told[0]?.message, says, hooks);
    t.equal(told[0]?.facts['path'], `/${index}`);
  }
});
