// A worker hangs while something else is under way: it holds nothing up.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { loadConfig, type ServerOptions } from '../../server/index.ts';
import { ask, Broken } from '../client.ts';
import { running } from '../command.ts';
import { pause, serve, shortFolder, until } from '../serving.ts';
import { asking, serveHanging } from './hanging.ts';
import { origin } from './reloading.ts';

t.jobs = 2;

t.test('it does not hold up a drain', { buffered: true }, async (t) => {
  const { server, place } = await serveHanging(t, { graceMs: 3_600_000 });
  await asking(place, '/spin');
  await pause(100);
  await server.close();
  t.pass('it has ended, long before the time of grace');
});

t.test('nor a reload that comes when it hangs: its successor is asked', { buffered: true }, async (t) => {
  const { server, place, file } = await serveHanging(t, { limits: { workerHungMs: 3000 } });
  const hung = await asking(place, '/spin');
  await pause(1500);
  const { config, module } = await loadConfig(file);
  const { generation } = await server.reload({ ...(config as ServerOptions), workers: 2, limits: { workerHungMs: 2000 } }, { module });
  t.equal(generation, 2);
  t.equal(await hung.end(), 'reset');
  t.match(await server.counts(), { workersHung: 1 });
});

t.test('a config that hangs the workers is refused, and the one before serves on', { buffered: true }, async (t) => {
  const { server, place, file } = await serveHanging(t);
  writeFileSync(file, `import { isMainThread } from 'node:worker_threads';\nif (!isMainThread) for (;;);\nexport default { routes: [{ path: '/worker', handle: () => new Response('never') }] };\n`);
  const next = await loadConfig(file);
  await t.rejects(server.reload({ ...(next.config as ServerOptions), workers: 2, limits: { workerHungMs: 1000 } }, { module: next.module }), { name: 'ReloadError', message: /died while it prepared/ });
  await until(async () => (await ask(place, '/worker')).body.toString() === 'here', 'the one before');
});

t.test('what it asked an origin for is handed on to who waits for it on another worker', { buffered: true }, async (t) => {
  const folder = shortFolder(t);
  const [hooks, once] = [join(folder, 'hooks.mjs'), join(folder, 'once')];
  writeFileSync(once, '');
  writeFileSync(hooks, `import { rmSync } from 'node:fs';
    export default { response: () => { try { rmSync(${JSON.stringify(once)}); } catch { return; } for (;;); } };`);
  const asked: string[] = [];
  const { url } = await origin(t, (request, response) => {
    asked.push(request.url!);
    setTimeout(() => response.setHeader('Cache-Control', 'max-age=60').end('from the origin'), 300);
  });
  const { server, place } = await serve(t, { workers: 2, proxy: { urls: [url], hooks }, limits: { workerHungMs: 1000 } });
  const clients = await Promise.all(Array.from({ length: 24 }, () => asking(place, '/a')));
  const ends = await Promise.all(clients.map((client) => client.reply().then(({ body }) => body.toString(), (error: unknown) => (error instanceof Broken ? error.how : String(error)))));
  t.strictSame(new Set(ends), new Set(['reset', 'from the origin']), 'those of the hung one are reset, the others are answered');
  t.strictSame(asked, ['/a', '/a'], 'the origin is asked once more');
  t.match(await server.counts(), { workersHung: 1, handedOn: 1, stored: 1 });
  for (const client of clients) client.destroy();
});

t.test('a process that is stopped, and goes on, has no hung worker', { buffered: true }, async (t) => {
  const folder = shortFolder(t);
  const config = join(folder, 'pagecast.config.json');
  writeFileSync(config, JSON.stringify({ limits: { workerHungMs: 1000 }, workers: 2, listen: '127.0.0.1:0', routes: [{ path: '/', respond: { body: 'here' } }] }));
  const { child, place, stderr, stdout } = await running(t, ['-c', config]);
  for (let round = 0; round < 3; ++round) {
    child.kill('SIGSTOP');
    await pause(2500);
    child.kill('SIGCONT');
    await pause(700);
    t.equal((await ask(place, '/')).body.toString(), 'here');
  }
  t.notMatch(stderr() + stdout(), /workerHung|workerDied/);
});
