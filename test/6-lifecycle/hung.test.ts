// A worker whose loop does not come round is ended and replaced, and nobody else notices.
import t from 'tap';
import { loadConfig, type ServerOptions } from '../../server/index.ts';
import { ask, Client } from '../client.ts';
import { pause, until } from '../serving.ts';
import { asking, HANGS, serveHanging } from './hanging.ts';
import { bodyOf } from './reloading.ts';

t.jobs = 2;

t.test('requests on the other one go on; the hung one is replaced, and answers again', { buffered: true }, async (t) => {
  const { server, place, reports } = await serveHanging(t);
  const clients = await Promise.all(Array.from({ length: 16 }, () => Client.open(place)));
  for (const client of clients) t.equal(await bodyOf(client, '/worker'), 'here');
  const hung = await asking(place, '/spin');
  let isOver = false;
  const going = Promise.all(clients.map(async (client) => {
    let answers = 0;
    try {
      while (!isOver) if ((await bodyOf(client, '/worker')) === 'here') answers += 1;
    } catch { /* its worker is the one */ }
    return answers;
  }));
  t.equal(await hung.end(), 'reset', 'who has hung it is let go');
  await until(async () => (await server.counts())['workersHung'] === 1, 'it is counted');
  isOver = true;
  const answers = await going;
  t.ok(Math.max(...answers) > 10, `${Math.max(...answers)} answers meanwhile on one connection`);
  await Promise.all(Array.from({ length: 40 }, async () => t.equal((await ask(place, '/worker')).body.toString(), 'here')));
  t.match(reports, [{ name: 'workerHung', facts: { stack: HANGS[0]![1] } }], 'told once, with its stack');
  t.ok(Number(reports[0]!.facts['ms']) >= 1000);
  t.match(await server.counts(), { workersHung: 1, workersReplaced: 1 });
  t.match((await server.metrics()).text, /^pagecast_workers_hung_total 1$/m);
  for (const client of clients) client.destroy();
});

for (const [path, stack] of HANGS) {
  t.test(`the only worker, in ${path}`, { buffered: true }, async (t) => {
    const { server, place, reports } = await serveHanging(t, { workers: 1 });
    const hung = await asking(place, path);
    await pause(300); // it is in there, and accepts nobody
    const late = ask(place, '/worker');
    t.equal(await hung.end(), 'reset');
    t.equal((await late).body.toString(), 'here', 'who came meanwhile has waited for the next one');
    t.match(reports, [{ name: 'workerHung', facts: { worker: 0, stack } }]);
    t.match(await server.counts(), { workersHung: 1, workersReplaced: 1 });
  });
}

t.test('one that is busy for less than its bound is left alone', { buffered: true }, async (t) => {
  const { server, place } = await serveHanging(t, { limits: { workerHungMs: 6000 } });
  for (let round = 0; round < 2; ++round) t.equal((await ask(place, '/busy')).body.toString(), 'done');
  t.match(await server.counts(), { workersHung: 0, workersReplaced: 0 });
});

t.test('with 0 nobody is looked at; a reload sets a bound', { buffered: true }, async (t) => {
  const { server, place, file } = await serveHanging(t, { limits: { workerHungMs: 0 } });
  t.equal((await ask(place, '/busy')).body.toString(), 'done');
  const hung = await asking(place, '/busy');
  t.equal((await hung.reply()).body.toString(), 'done');
  t.match(await server.counts(), { workersHung: 0 });
  const { config, module } = await loadConfig(file);
  await server.reload({ ...(config as ServerOptions), workers: 2, limits: { workerHungMs: 1000 } }, { module });
  const spins = await asking(place, '/spin');
  t.equal(await spins.end(), 'reset');
});

t.test('one in a call of the kernel is given up, and another one takes its place', { buffered: true }, async (t) => {
  const { server, place, reports } = await serveHanging(t, { workers: 1 });
  const hung = await asking(place, '/kernel');
  await until(async () => (await server.counts())['workersReplaced'] === 1, 'its successor');
  t.equal((await ask(place, '/worker')).body.toString(), 'here');
  t.match(reports, [{ name: 'workerHung', facts: { worker: 0 } }]);
  t.equal(await hung.end(), 'reset', 'when the call has returned');
  await pause(100);
  t.equal((await ask(place, '/worker')).body.toString(), 'here', 'its end is nobody\'s');
  t.match(await server.counts(), { workersHung: 1, workersReplaced: 1 });
});
