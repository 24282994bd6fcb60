// A folder before an origin: what there is a file for is sent, everything else is asked of the origin; as promptly as files come and go.
import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer as createRawServer } from 'node:net';
import { once } from 'node:events';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import type { RequestHead } from '../../http/head.ts';
import { headOf } from '../../server/cli/asking.ts';
import type { Exchange } from '../../server/exchange.ts';
import { FilesFirst } from '../../server/files-first.ts';
import type { ServerOptions } from '../../server/index.ts';
import { textPlan, type Plan } from '../../server/plan.ts';
import { NOTHING_HERE } from '../../server/static/nothing.ts';
import { ask, Client, requestText } from '../client.ts';
import { serve, shortFolder, until, type Serving } from '../serving.ts';
import { converse } from '../5-cache/talking.ts';
import { moduleOf, originOf } from './hooking.ts';
import { filesFirstSites, type FilesFirstCase } from './files-first-cases.ts';

interface Placed extends Serving {
  readonly root: string;
  /** What the origin was asked. */
  readonly asked: string[];
}

function folderOf(t: Test): string {
  const outer = shortFolder(t);
  const root = join(outer, 'root');
  for (const folder of ['docs', 'bare', '.git', '.well-known', 'odd/index.html', 'a.example']) mkdirSync(join(root, folder), { recursive: true });
  const files = {
    'index.html': 'home', 'about.html': 'about', 'app.js': 'const answer = 42;\n', 'app.js.gz': 'gzipped', '404.html': 'no such page', '.env': 'secret', 'forced.txt': 'forced',
    'docs/index.html': 'docs', 'bare/x.txt': 'x', '.git/config': 'secret', '.well-known/x': 'well known', 'a.example/index.html': 'site a',
    '_headers': '/*\n  X-Rule: all\n', '_redirects': '/old /new\n/shown/* /about.html 200\n/gone /about.html 410\n/bare/rule /r 302\n/forced.txt /f 302!\n/lost /lost.html 200\n/app.js /elsewhere 302\n',
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(root, name), text);
  writeFileSync(join(outer, 'out.txt'), 'outside');
  symlinkSync('../out.txt', join(root, 'out.txt'));
  return root;
}

async function placed(t: Test, options: ServerOptions = {}, proxy: object = {}): Promise<Placed> {
  const root = folderOf(t);
  const asked: string[] = [];
  const url = await originOf(t, (request, response) => {
    asked.push(`${request.method!} ${request.url!}`);
    let content = '';
    request.on('data', (chunk: Buffer) => (content += chunk.toString()));
    request.on('end', () => {
      response.setHeader('Cache-Control', 'max-age=60');
      response.end(`${request.method!} ${request.url!} ${content}`);
    });
  });
  return { ...(await serve(t, { root, proxy: { urls: [url], ...proxy }, ...options })), root, asked };
}

async function passes(t: Test, { place, asked }: Placed, one: FilesFirstCase): Promise<void> {
  const [first = '', second] = one.ask.split(' ');
  const [method, target] = second === undefined ? ['GET', first] : [first, second];
  const before = asked.length;
  const answer = await converse(place, { method, target, lines: one.fields ?? [], content: one.content });
  const name = `${one.ask.slice(0, 60)} ${JSON.stringify(one.fields ?? [])} ${one.content ?? ''}`;
  t.equal(answer.status, one.status ?? 200, name);
  t.ok(answer.complete, `${name}: complete`);
  for (const [field, wanted] of Object.entries(one.has ?? {})) {
    const value = answer.fields.get(field);
    t.ok(wanted === null ? value === undefined : typeof wanted === 'string' ? value === wanted : wanted.test(value ?? ''), `${name}: ${field}: ${String(value)}`);
  }
  if (one.file === undefined) {
    t.match(answer.fields.get('cache-status'), /^pagecast;/, `${name}: through the cache`);
    if (one.body === undefined) t.equal(answer.body, `${method} ${target} `, name);
    else t.equal(answer.body.trim(), one.body, name);
  } else {
    t.equal(asked.length, before, `${name}: the origin is not asked`);
    if (one.file !== '*') t.equal(answer.body, one.file, name);
  }
}

/** Of the tests that want nothing else; each has paths of its own. */
const shared = await placed(t);

for (const { what, site, cases } of filesFirstSites) {
  t.test(what, async (t) => {
    const before = Object.keys(site).length === 0 ? shared : await placed(t, { site });
    // The second time what the first has found is known.
    for (let round = 0; round < 2; ++round) for (const one of cases) await passes(t, before, one);
  });
}

t.test('what is known of both is answered in one go', async (t) => {
  const { place, asked } = shared;
  const before = asked.length;
  const targets = ['/go', '/', '/go', '/app.js', '/go/x', '/go'];
  const client = await Client.open(place);
  for (let round = 0; round < 2; ++round) {
    await client.send(targets.map((target) => requestText(target)).join(''));
    const bodies: string[] = [];
    for (const target of targets) bodies.push(`${target}: ${(await client.reply()).body.toString()}`);
    t.strictSame(bodies, ['/go: GET /go ', '/: home', '/go: GET /go ', '/app.js: const answer = 42;\n', '/go/x: GET /go/x ', '/go: GET /go ']);
  }
  client.destroy();
  t.strictSame(asked.slice(before), ['GET /go', 'GET /go/x'], 'the origin is asked once for each');
});

t.test('nobody is asked who need not be, and nothing waits for what is known', async (t) => {
  const plans = { file: textPlan(200, [], 'file'), origin: textPlan(200, [], 'origin') };
  const asked: string[] = [];
  let found: Plan | undefined = NOTHING_HERE;
  let stored: Plan | undefined = plans.origin;
  const files: Exchange = { known: () => (asked.push('files.known'), found), find: () => (asked.push('files.find'), Promise.resolve(plans.file)) };
  const origins: Exchange = { wants: ({ methodText }) => methodText === 'POST', known: () => (asked.push('origins.known'), stored), find: () => (asked.push('origins.find'), Promise.resolve(plans.origin)) };
  const both = new FilesFirst(files, origins, new Set());
  const [get, post] = ['GET', 'POST'].map((method) => headOf(method, '/', [['Host', 'h']], '/')) as [RequestHead, RequestHead];
  const peer = { address: '127.0.0.1' };
  const conversation = { body: undefined, interim: () => undefined, whenGone: () => undefined };
  t.strictSame([both.wants(get), both.wants(post)], [false, true], 'content is for the origins');
  t.equal(both.known(get, 0, peer), plans.origin);
  t.equal(both.known(post, 0, peer), plans.origin);
  t.strictSame(asked.splice(0), ['files.known', 'origins.known', 'origins.known']);
  stored = undefined;
  t.equal(both.known(get, 0, peer), undefined);
  t.equal(await both.find(get, 0, peer, conversation), plans.origin);
  t.strictSame(asked.splice(0), ['files.known', 'origins.known', 'files.known', 'origins.find']);
  found = undefined;
  t.equal(both.known(get, 0, peer), undefined);
  t.equal(await both.find(get, 0, peer, conversation), plans.file);
  t.strictSame(asked.splice(0), ['files.known', 'files.known', 'files.find'], 'what is not known of the folder is asked of nobody else');
  found = plans.file;
  t.equal(both.known(get, 0, peer), plans.file);
  t.strictSame(asked, ['files.known']);
});

t.test('a site for each host: one that has no folder is the origin\'s', async (t) => {
  const { place } = await placed(t, { site: { virtualHosts: true } });
  const text = async (host: string, target: string): Promise<string> => (await ask(place, target, { fields: { Host: host } })).body.toString();
  t.equal(await text('a.example', '/'), 'site a');
  t.equal(await text('a.example', '/none'), 'GET /none ');
  t.equal(await text('b.example', '/'), 'GET / ');
  t.equal(await text('..', '/'), 'GET / ');
});

t.test('hooks are asked once for what has no file, and not for files', async (t) => {
  const hooks = moduleOf(t, `let number = 0;
    export default { request: ({ path }) => (path.startsWith('/slow') ? Promise.resolve({ path: '/r' + ++number }) : path.startsWith('/n') ? { path: '/r' + ++number } : undefined) };`);
  const { place } = await placed(t, {}, { hooks });
  const text = async (target: string): Promise<string> => (await ask(place, target)).body.toString();
  t.equal(await text('/n1'), 'GET /r1 ', 'nothing is known of the folder');
  t.equal(await text('/n1'), 'GET /r2 ', 'all of it is');
  t.equal(await text('/slow'), 'GET /r3 ');
  t.equal(await text('/slow'), 'GET /r4 ');
  t.equal(await text('/about'), 'about');
  t.equal(await text('/n2'), 'GET /r5 ');
});

t.test('a purge is of the origin\'s, and a file is none', async (t) => {
  const { place, asked, server } = shared;
  const ofPurged = (): number => asked.filter((line) => line === 'GET /purged').length;
  await ask(place, '/purged');
  await until(async () => (await server.counts())['flights'] === 0, 'it is stored');
  await ask(place, '/purged');
  t.equal(ofPurged(), 1);
  t.strictSame(JSON.parse((await ask(place, '/purged', { method: 'PURGE' })).body.toString()), { purged: 1 });
  await ask(place, '/purged');
  t.equal(ofPurged(), 2);
  t.strictSame(JSON.parse((await ask(place, '/app.js', { method: 'PURGE' })).body.toString()), { purged: 0 });
});

t.test('files while the origin is away', async (t) => {
  const closed = createRawServer().listen(0, '127.0.0.1');
  await once(closed, 'listening');
  const { port } = closed.address() as { port: number };
  closed.close();
  const { place } = await serve(t, { root: folderOf(t), proxy: { urls: [`http://127.0.0.1:${port}`], retriesMax: 0 } });
  t.equal((await ask(place, '/')).body.toString(), 'home');
  t.equal((await ask(place, '/none')).status, 502);
  t.equal((await ask(place, '/')).status, 200);
});

t.test('a shell leaves nothing to the origin', async (t) => {
  await t.rejects(placed(t, { site: { spa: true } }), { name: 'OptionsError', message: /spa.* answers whatever is no file/ });
});

t.test('upload to a path while a file comes to be there', async (t) => {
  const { place, root } = shared;
  const client = await Client.open(place);
  await client.send('GET /late.txt HTTP/1.1\r\nHost: h\r\nContent-Length: 4\r\n\r\nab');
  writeFileSync(join(root, 'late.txt'), 'file');
  await client.send('cd');
  const first = await client.reply();
  t.ok(['GET /late.txt abcd', 'file'].includes(first.body.toString()), first.body.toString());
  await client.send(requestText('/'));
  t.equal((await client.reply()).body.toString(), 'home', 'the next one is read from where it begins');
  client.destroy();
});

t.test('files that appear and disappear', async (t) => {
  const { place, root } = shared;
  const text = async (target: string): Promise<string> => (await ask(place, target)).body.toString();
  const becomes = (target: string, wanted: string): Promise<void> => until(async () => (await text(target)) === wanted, `${target}: ${wanted}`);
  t.equal(await text('/new.txt'), 'GET /new.txt ');
  writeFileSync(join(root, 'new.txt'), 'a file');
  await becomes('/new.txt', 'a file');
  rmSync(join(root, 'new.txt'));
  await becomes('/new.txt', 'GET /new.txt ');
  mkdirSync(join(root, 'later'));
  t.equal(await text('/later/'), 'GET /later/ ');
  writeFileSync(join(root, 'later/index.html'), 'an index');
  await becomes('/later/', 'an index');
  await becomes('/later', 'Moved to /later/\n');
  rmSync(join(root, 'later'), { recursive: true });
  await becomes('/later', 'GET /later ');
  writeFileSync(join(root, '_redirects'), '/api/* /moved 302\n');
  await becomes('/api/x', 'Moved to /moved\n');
  rmSync(join(root, '_redirects'));
  await becomes('/api/x', 'GET /api/x ');
});
