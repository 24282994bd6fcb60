// Every worker has the config that main has read, whatever becomes of its files: edited, half written, deleted, and also when it is
// replaced later.
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { upset, workersOf } from '../6-lifecycle/workers.ts';
import { createServer, loadConfig, type ServerOptions } from '../../server/index.ts';
import { ask, type Place } from '../client.ts';
import { originOf } from '../5-proxy/hooking.ts';
import { shortFolder, until } from '../serving.ts';
import { Linker } from '../../server/config/linker.ts';
import { snapshotOf } from '../../server/config/module-compiler.ts';

const CONFIG = `
  import { version } from './version.ts';
  import { threadId } from 'node:worker_threads';
  const seen = { count: 0 };
  export default {
    routes: [
      { path: '/lazy', handle: async () => new Response((await import('./lazy.ts')).lazy) },
      { handle: () => new Response(\`\${version} \${threadId} \${++seen.count}\`) },
    ],
  };
`;

async function serveFile(t: Test, file: string): Promise<Place> {
  const { config, module } = await loadConfig(file);
  const server = createServer({ ...(config as ServerOptions), workers: 1 }, {}, module);
  t.teardown(() => server.close({ force: true }));
  return (await server.listen('127.0.0.1:0'))[0]!;
}

async function said(place: Place, target = '/'): Promise<string> {
  return (await ask(place, target)).body.toString();
}

t.test('two workers, one policy; and a third one later', async (t) => {
  const folder = shortFolder(t);
  const file = join(folder, 'pagecast.config.ts');
  writeFileSync(file, CONFIG);
  writeFileSync(join(folder, 'version.ts'), 'export const version: string = "first";');
  writeFileSync(join(folder, 'lazy.ts'), 'export const lazy: string = "lazy";');
  const { config, module } = await loadConfig(file);
  // Between the evaluation and the start of workers.
  writeFileSync(join(folder, 'version.ts'), 'export const version: string = "second";');
  writeFileSync(file, 'export default { routes: [{ handle: () => new Resp');
  const server = createServer({ ...(config as ServerOptions), workers: 2 }, {}, module);
  t.teardown(() => server.close({ force: true }));
  const [place] = await server.listen('127.0.0.1:0');
  const threads = new Set<string>();
  const asked = async (): Promise<void> => {
    const [version, thread] = (await said(place!)).split(' ');
    t.equal(version, 'first');
    threads.add(thread!);
  };
  await until(async () => {
    await asked();
    return threads.size === 2;
  }, 'an answer of each worker');
  rmSync(folder, { recursive: true });
  const before = new Set(threads);
  for (const worker of workersOf(server.options.root)) upset(worker);
  await until(async () => (await server.counts())['workersReplaced'] === 2, 'two new workers');
  await until(async () => {
    await asked().catch(() => undefined); // connections of those that died are reset
    return [...threads].filter((thread) => !before.has(thread)).length === 2;
  }, 'an answer of each of them');
  t.equal(await said(place!, '/lazy'), 'lazy', 'also what is imported when it is needed');
});

t.test('hooks in a file, and in the config', async (t) => {
  const folder = shortFolder(t);
  const origin = await originOf(t, (request, response) => response.end(`origin ${request.url!}`));
  writeFileSync(join(folder, 'hooks.ts'), 'import { to } from "./to";\nexport default { request: (): object => ({ path: to }) };');
  writeFileSync(join(folder, 'to.ts'), 'export const to = "/rewritten";');
  writeFileSync(join(folder, 'pagecast.config.ts'), `export default {
    sites: [
      { hosts: ['file.example'], proxy: { urls: ['${origin}'], hooks: 'hooks.ts' } },
      { hosts: ['config.example'], proxy: { urls: ['${origin}'], hooks: { request: ({ path }) => ({ respond: { status: 200, body: 'hook ' + path } }) } } },
    ],
  };`);
  const place = await serveFile(t, join(folder, 'pagecast.config.ts'));
  rmSync(folder, { recursive: true });
  const of = async (host: string): Promise<string> => (await ask(place, '/x', { fields: { Host: host } })).body.toString();
  t.equal(await of('file.example'), 'origin /rewritten');
  t.equal(await of('config.example'), 'hook /x');
});

t.test('functions without a file cannot go to workers', (t) => {
  const handle = (): Response => new Response('x');
  t.throws(() => createServer({ routes: [{ handle }] }), { name: 'OptionsError', message: /^routes\[0\]\.handle: a function cannot go to the workers/ });
  t.throws(() => createServer({ proxy: { urls: ['http://h'], hooks: {} } }), { message: /^proxy\.hooks: a function cannot go/ });
  t.end();
});

t.test('a config that is another one each time it is made', async (t) => {
  const file = join(shortFolder(t), 'pagecast.config.ts');
  writeFileSync(file, 'import { isMainThread } from "node:worker_threads";\nexport default { routes: isMainThread ? [{ handle: () => new Response("x") }] : [] };');
  await t.rejects(serveFile(t, file), { name: 'ConfigError', message: /routes\[0\]\.handle is no function in every worker/ });
});

t.test('the environment is that of the moment', async (t) => {
  const file = join(shortFolder(t), 'pagecast.config.ts');
  writeFileSync(file, 'export default ({ env }) => ({ routes: [{ handle: () => new Response(env.SNAPSHOT_TEST) }] });');
  const { config, module } = await loadConfig(file, { SNAPSHOT_TEST: 'then' });
  process.env['SNAPSHOT_TEST'] = 'now';
  const server = createServer({ ...(config as ServerOptions), workers: 1 }, {}, module);
  t.teardown(() => server.close({ force: true }));
  t.equal(await said((await server.listen('127.0.0.1:0'))[0]!), 'then');
});

t.test('a snapshot is data, and runs as often as one likes', async (t) => {
  const folder = shortFolder(t);
  writeFileSync(join(folder, 'a.ts'), 'export default { id: Symbol(), at: import.meta.url };');
  const snapshot = structuredClone(snapshotOf(join(folder, 'a.ts')));
  const [first, second] = await Promise.all([new Linker(snapshot).run(), new Linker(snapshot).run()]);
  t.not(first['default'], second['default'], 'each run has its own');
  t.match(first['default'], { at: /^file:\/\/.*\/a\.ts$/ });
});
