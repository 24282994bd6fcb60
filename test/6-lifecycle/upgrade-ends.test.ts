// A process that was to take the place of the one that serves: where it fails all is as it was, and the service manager knows which one it is.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { upgradeFault } from '../../server/upgrade.ts';
import { controlled, put } from '../6-control/controlling.ts';
import { ask } from '../client.ts';
import { shortFolder, until } from '../serving.ts';
import { hasPython, notifications } from './starter.ts';
import { exited, load, upgradable } from './upgrading.ts';

t.test('one that does not come up changes nothing', async (t) => {
  const dir = t.testdir({ 'a.txt': 'a' });
  const path = join(shortFolder(t), 's');
  const config = join(shortFolder(t), 'pagecast.config.ts');
  const write = (more: string): void => writeFileSync(config, `export default { root: ${JSON.stringify(dir)}, workers: 2, listen: ['127.0.0.1:0', 'unix:${path}'] ${more} };\n`);
  write('');
  const { server, control, pid, upgrade } = await upgradable(t, ['-c', config]);
  const one = load(server.place, true);
  const cases: readonly (readonly [string, RegExp])[] = [
    [', wrokers: 1', /wrokers/],
    [", listen: ['127.0.0.1:0', 'unix:/nowhere/at/all']", /cannot listen on unix:\/nowhere\/at\/all/],
    [', graceMs: await Promise.reject(new Error("of its own"))', /of its own/],
  ];
  for (const [more, why] of cases) {
    write(more);
    const answer = await upgrade();
    t.match(answer, { status: 500, json: { detail: why } }, more);
    t.equal(await pid(), server.pid);
    t.equal((await ask({ host: path, port: -1 }, '/a.txt')).status, 200, 'sockets keep their names');
  }
  t.match(server.stderr(), /"event":"upgradeFailed"/);
  t.strictSame((await one.stop()).failed, []);
  write('');
  t.match(await Promise.all([upgrade(), upgrade()]).then((both) => both.map(({ status }) => status).sort()), [200, 409], 'one at a time');
  t.not((await put(control, '/api/v1/status')).json['pid'], server.pid, 'and then it does');
});

t.test('one that takes too long', async (t) => {
  const dir = t.testdir({ 'a.txt': 'a' });
  const config = join(shortFolder(t), 'pagecast.config.ts');
  const write = (more: string): void => writeFileSync(config, `export default { root: ${JSON.stringify(dir)}, workers: 1, upgradeTimeoutMs: 1000, listen: '127.0.0.1:0' ${more} };\n`);
  write('');
  const { server, pid, upgrade } = await upgradable(t, ['-c', config]);
  write(', graceMs: await new Promise((resolve) => setTimeout(resolve, 3_600_000))');
  t.match(await upgrade(), { status: 500, json: { detail: /^the new process did not come up: it did not serve within 1 s$/ } });
  t.equal(await pid(), server.pid);
  t.equal((await ask(server.place, '/a.txt')).status, 200);
});

t.test('the service manager is told', { skip: hasPython ? false : 'needs python3 for a datagram socket' }, async (t) => {
  const name = join(shortFolder(t), 'n');
  const heard = await notifications(t, name);
  const { server, upgrade } = await upgradable(t, [t.testdir({}), '-p', '0', '-H', '127.0.0.1', '--workers', '1'], { env: { NOTIFY_SOCKET: name, WATCHDOG_USEC: '60000000' } });
  const next = Number((await upgrade()).json['pid']);
  await until(() => heard().some(({ pid, text }) => pid === next && text === 'WATCHDOG=1'), 'the new one');
  t.equal(await exited(server), 0);
  const words = heard().map(({ pid, text }) => `${pid === next ? 'new' : pid === server.pid ? 'old' : 'other'} ${text.split('=')[0]!}`);
  t.strictSame(words, ['old READY', 'old WATCHDOG', 'old RELOADING', 'old MAINPID', 'new READY', 'new WATCHDOG']);
  t.equal(heard()[3]!.text, `MAINPID=${next}`);
});

t.test('refused', async (t) => {
  t.match(upgradeFault(1), /container/);
  t.equal(upgradeFault(2), undefined);
  const { control } = await controlled(t, { root: t.testdir({}) });
  t.match(await put(control, '/api/v1/upgrade', { method: 'POST', content: {} }), { status: 501, json: { detail: /part of another program/ } });
});
