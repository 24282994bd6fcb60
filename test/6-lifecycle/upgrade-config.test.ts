// A process with another configuration, in place of the one that serves.
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { put } from '../6-control/controlling.ts';
import { ask } from '../client.ts';
import { shortFolder } from '../serving.ts';
import { upgradable } from './upgrading.ts';

t.test('another configuration: more workers, fewer, other addresses', async (t) => {
  const dir = t.testdir({ 'a.txt': 'a' });
  const [first, second] = [join(shortFolder(t), 's'), join(shortFolder(t), 's')];
  const config = join(shortFolder(t), 'pagecast.config.json');
  const write = (workers: number, ...paths: string[]): void => writeFileSync(config, JSON.stringify({ root: dir, workers, listen: ['127.0.0.1:0', ...paths.map((path) => `unix:${path}`)] }));
  write(2, first);
  const { server, control, upgrade } = await upgradable(t, ['-c', config]);
  for (const [workers, ...paths] of [[4, first, second], [1, second], [3, first]] as const) {
    write(workers, ...paths);
    t.equal((await upgrade()).status, 200);
    t.match((await put(control, '/api/v1/status')).json, { workers: { configured: workers, ready: workers } });
    for (let i = 0; i < 12; ++i) t.equal((await ask(server.place, '/a.txt')).status, 200, `${workers} workers on the port that was free once`);
    for (const path of [first, second]) t.equal(existsSync(path), (paths as readonly string[]).includes(path), 'listens there, or not');
    for (const path of paths) t.equal((await ask({ host: path, port: -1 }, '/a.txt')).status, 200);
  }
});
