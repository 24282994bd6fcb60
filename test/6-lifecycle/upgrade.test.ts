// Another process in place of the one that serves: nobody is refused, and nothing is lost.
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { ask, Client, requestText } from '../client.ts';
import { shortFolder, until } from '../serving.ts';
import { ended, exited, load, upgradable } from './upgrading.ts';

const UPGRADES = 5;

t.test('under load', async (t) => {
  const path = join(shortFolder(t), 's');
  const { server, pid, upgrade } = await upgradable(t, [t.testdir({ 'a.txt': 'a' }), '-l', '127.0.0.1:0', '-l', `unix:${path}`, '--workers', '2']);
  const loads = [load(server.place, false), load(server.place, true), load({ host: path, port: -1 }, false)];
  const seen = [server.pid];
  for (let i = 0; i < UPGRADES; ++i) {
    const answer = await upgrade();
    t.equal(answer.status, 200, answer.text);
    seen.push(Number(answer.json['pid']));
    await until(() => ended(seen.at(-2)!) || i === 0, 'the one before has ended');
  }
  for (const { failed, done } of await Promise.all(loads.map((one) => one.stop()))) {
    t.strictSame(failed, []);
    t.ok(done > UPGRADES, `${done} answers`);
  }
  t.equal(new Set(seen).size, UPGRADES + 1, 'each time another process');
  t.equal(await pid(), seen.at(-1));
  t.equal(await exited(server), 0);
  t.equal((await ask({ host: path, port: -1 }, '/a.txt')).status, 200, 'the name of the socket is there');
  process.kill(seen.at(-1)!, 'SIGTERM');
  await until(() => ended(seen.at(-1)!), 'the last one');
  t.notOk(existsSync(path), 'whoever has it in the end removes it');
});

t.test('by signal; a download that is under way is finished', async (t) => {
  const dir = t.testdir({ 'a.txt': 'a', 'large.bin': Buffer.alloc(24 << 20) });
  const { server, pid } = await upgradable(t, [dir, '-p', '0', '-H', '127.0.0.1', '--workers', '2']);
  const client = await Client.open(server.place);
  client.socket.pause();
  await client.send(requestText('/large.bin'));
  await until(async () => (await ask(server.place, '/a.txt')).status === 200, 'it is served');
  process.kill(server.pid, 'SIGUSR2');
  await until(async () => (await pid()) !== server.pid, 'another process');
  t.equal((await ask(server.place, '/a.txt')).body.toString(), 'a', 'it serves');
  t.equal(server.child.exitCode, null, 'the one before waits');
  client.socket.resume();
  t.equal((await client.reply()).body.length, 24 << 20);
  client.finish();
  t.equal(await exited(server), 0);
});
