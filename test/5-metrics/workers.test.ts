// Nothing that is counted goes back: not when a worker dies, not while one does not answer, not at the end.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { workersOf, upset } from '../6-lifecycle/workers.ts';
import { proxied, settled } from '../5-cache/through.ts';
import { converse } from '../5-cache/talking.ts';
import { ask, Client, requestText } from '../client.ts';
import { serve, shortFolder, until } from '../serving.ts';
import { valueIn } from './exposition-text.ts';
import { counted, scrape, wentBack } from './scrape.ts';

for (const how of ['throws', 'is terminated'] as const) {
  t.test(`a worker that ${how}`, async (t) => {
    const root = t.testdir({ 'a.txt': 'a' });
    const { place, server } = await serve(t, { root, workers: 1 });
    for (let round = 0; round < 10; ++round) await ask(place, '/a.txt');
    await ask(place, '/nothing');
    const before = await scrape(server);
    const seen = await Client.open(place);
    await seen.send(requestText('/a.txt'));
    await seen.reply();
    const [worker] = workersOf(root);
    if (how === 'throws') upset(worker!);
    else void worker!.terminate();
    t.equal(await seen.end(), 'reset');
    await until(async () => valueIn(await scrape(server), 'pagecast_workers_replaced_total') === 1, 'its successor');
    const after = await scrape(server);
    t.strictSame(wentBack(before, after), []);
    t.equal(valueIn(after, 'pagecast_answers_total', '{cache="none",status="200"}'), 11, 'also what it had answered after it was last asked');
    t.equal((await ask(place, '/a.txt')).status, 200);
    const later = await scrape(server);
    t.strictSame(wentBack(after, later), []);
    t.equal(valueIn(later, 'pagecast_answers_total', '{cache="none",status="200"}'), 12, 'the next one counts on');
    await until(async () => valueIn(await scrape(server), 'pagecast_connections') === 0, 'no connection: those of the dead are not counted on');
    await server.close();
    t.strictSame(wentBack(later, await scrape(server)), [], 'nor when the server is closed');
  });
}

t.test('one that dies while it is asked', async (t) => {
  const root = t.testdir({ 'a.txt': 'a' });
  const { place, server } = await serve(t, { root, workers: 2 });
  await Promise.all(Array.from({ length: 20 }, () => ask(place, '/a.txt')));
  const before = await scrape(server);
  upset(workersOf(root)[0]!);
  const all = await Promise.all(Array.from({ length: 5 }, () => scrape(server)));
  for (const during of all) t.strictSame(wentBack(before, during), []);
  t.equal(valueIn(all.at(-1)!, 'pagecast_answers_total', '{cache="none",status="200"}'), 20);
});

t.test('one whose loop is blocked', async (t) => {
  const folder = shortFolder(t);
  const lock = new SharedArrayBuffer(4);
  const hooks = join(folder, 'hooks.mjs');
  // Workers share no memory with this thread but files: it waits for one to appear.
  writeFileSync(hooks, `import { existsSync } from 'node:fs';
    export default { request: ({ path }) => { while (path === '/block' && !existsSync(${JSON.stringify(join(folder, 'go'))})) Atomics.wait(new Int32Array(new SharedArrayBuffer(${lock.byteLength})), 0, 0, 5); } };`);
  const { origin, serving } = await proxied(t);
  await serving.server.close();
  origin.tell('/a', [{ fields: ['Cache-Control: max-age=60'], body: 'a' }]);
  origin.tell('/block', [{ fields: ['Cache-Control: no-store'], body: 'b' }]);
  const { place, server } = await serve(t, { proxy: { urls: [origin.url], hooks } });
  await converse(place, { method: 'GET', target: '/a', lines: [] });
  await settled({ ...serving, server });
  const before = await scrape(server);
  const blocked = converse(place, { method: 'GET', target: '/block', lines: [] });
  await until(async () => valueIn(await scrape(server), 'pagecast_workers_silent') === 1, 'a worker that does not answer');
  const during = await scrape(server);
  t.strictSame(wentBack(before, during), [], 'it is measured by what is known of it');
  t.equal(valueIn(during, 'pagecast_store_objects'), 1, 'and main by itself');
  writeFileSync(join(folder, 'go'), '');
  t.equal((await blocked).body, 'b');
  await until(async () => valueIn(await scrape(server), 'pagecast_workers_silent') === 0, 'its answer');
  const after = await scrape(server);
  t.strictSame(wentBack(during, after), []);
  t.strictSame(counted(after, 'pagecast_answers_total'), { '{cache="miss",status="200"}': 1, '{cache="pass",status="200"}': 1 });
  const late = valueIn(after, 'pagecast_loop_lag_seconds', '_count{thread="worker-0"}') - valueIn(after, 'pagecast_loop_lag_seconds', '_bucket{le="0.5",thread="worker-0"}');
  t.ok(late >= 1, 'the lag of its loop tells of it');
});
