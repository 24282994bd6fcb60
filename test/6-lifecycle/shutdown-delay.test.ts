// Between the first signal and the end of accepting: not ready any more, and everybody is served.
import t from 'tap';
import { put } from '../6-control/controlling.ts';
import { ask, Client, requestText } from '../client.ts';
import { until } from '../serving.ts';
import { exited, upgradable } from './upgrading.ts';

const args = ['-p', '0', '-H', '127.0.0.1', '--workers', '1'];

t.test('served, but not ready; a second signal does not wait', async (t) => {
  const { server, control } = await upgradable(t, [t.testdir({ 'a.txt': 'a' }), ...args, '--shutdown-delay', '3600']);
  process.kill(server.pid, 'SIGTERM');
  await until(async () => (await put(control, '/readyz')).status === 503, 'not ready');
  for (let i = 0; i < 5; ++i) t.equal((await ask(server.place, '/a.txt')).status, 200);
  process.kill(server.pid, 'SIGTERM');
  t.equal(await exited(server), 0);
});

t.test('then it drains', async (t) => {
  const { server } = await upgradable(t, [t.testdir({ 'a.txt': 'a' }), ...args, '--shutdown-delay', '1']);
  const kept = await Client.open(server.place);
  await kept.send(requestText('/a.txt'));
  t.notOk((await kept.reply()).fields.has('connection'), 'it goes on');
  process.kill(server.pid, 'SIGTERM');
  t.equal(await exited(server), 0);
  await kept.nothingMore();
  kept.destroy();
});

t.test('a request on its way when it begins to drain, on a connection that is kept', async (t) => {
  const { server } = await upgradable(t, [t.testdir({ 'a.txt': 'a' }), ...args]);
  const kept = await Client.open(server.place);
  const ask = async (): Promise<string | undefined> => {
    await kept.send(requestText('/a.txt'));
    return (await kept.reply()).fields.get('connection');
  };
  t.equal(await ask(), undefined);
  process.kill(server.pid, 'SIGTERM');
  await until(async () => (await ask()) === 'close', 'it is told');
  await kept.nothingMore();
  t.equal(await exited(server), 0);
});
