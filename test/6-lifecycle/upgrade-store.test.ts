// Another process in place of one that has a store on disk: nobody is refused, what is stored goes over, and what was purged stays purged.
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { ask } from '../client.ts';
import { put } from '../6-control/controlling.ts';
import { running, type Running } from '../command.ts';
import { shortFolder, until } from '../serving.ts';
import { holderOf, Numbers, purging, staysPurged, type Outcome } from './purging.ts';
import { ended, upgradable } from './upgrading.ts';

const UPGRADES = 3;

function flagsOf(url: string, store: string | undefined): readonly string[] {
  return ['-P', url, ...(store === undefined ? [] : ['--store', store]), '-p', '0', '-H', '127.0.0.1', '--workers', '2', '--purge-from', '127.0.0.1'];
}

function isRight(t: Test, { failed, wrong, done }: Outcome): void {
  t.strictSame(failed, []);
  t.strictSame(wrong, []);
  for (const way of ['read', 'purge', 'purgeTag', 'purgeSoft', 'control', 'post']) t.ok(done[way]! > UPGRADES, `${way}: ${done[way] ?? 0}`);
}

for (const hasStore of [true, false]) {
  t.test(`several in a row, purges going on, ${hasStore ? 'with a store on disk' : 'in memory'}`, { timeout: 120_000 }, async (t) => {
    const numbers = await Numbers.listen(t);
    const store = join(shortFolder(t), 'store');
    const { server, control, pid, upgrade } = await upgradable(t, flagsOf(numbers.url, hasStore ? store : undefined));
    const seen = [server.pid];
    const load = purging(numbers, server.place, control);
    for (let i = 0; i < UPGRADES; ++i) {
      const answer = await upgrade();
      t.equal(answer.status, 200, answer.text);
      seen.push(await pid());
      if (hasStore) t.equal(holderOf(store), seen.at(-1), 'who serves has the store');
    }
    isRight(t, await load.stop());
    t.equal(new Set(seen).size, UPGRADES + 1);
  });
}

t.test('what was stored goes over, and is written on', async (t) => {
  const numbers = await Numbers.listen(t);
  const store = join(shortFolder(t), 'store');
  const { server, control, upgrade } = await upgradable(t, flagsOf(numbers.url, store));
  for (let i = 0; i < 200; ++i) await ask(server.place, `/only-${i}`);
  const { questions } = numbers;
  t.equal((await upgrade()).status, 200);
  for (let i = 0; i < 200; ++i) t.match((await ask(server.place, `/only-${i}`)).fields.get('cache-status'), /hit/);
  t.equal(numbers.questions, questions, 'the origin is asked for nothing');
  const stored = (await put(control, '/api/v1/status')).json['store'] as Record<string, number>;
  t.equal(stored['diskObjects'], 200);
});

/** The process that was started by that one; it has one at most. */
function childOf(pid: number): number | undefined {
  const path = `/proc/${pid}/task/${pid}/children`;
  const text = existsSync(path) ? readFileSync(path, 'utf8').trim() : '';
  return text === '' ? undefined : Number(text);
}

/** As short as it may last. */
async function moment(holds: () => boolean): Promise<void> {
  const endMs = Date.now() + 30_000;
  while (!holds() && Date.now() < endMs) await new Promise((resolve) => setImmediate(resolve));
}

type Moment = 'it was started' | 'nobody has the store' | 'it has the store';

async function reached(what: Moment, { pid }: Running, store: string): Promise<number> {
  await moment(() => childOf(pid) !== undefined);
  const next = childOf(pid)!;
  if (what === 'nobody has the store') await moment(() => holderOf(store) !== pid);
  if (what === 'it has the store') await moment(() => holderOf(store) === next);
  return next;
}

for (const what of ['it was started', 'nobody has the store', 'it has the store'] as const) {
  t.test(`the new one is killed when ${what}`, { timeout: 120_000 }, async (t) => {
    const numbers = await Numbers.listen(t);
    const store = join(shortFolder(t), 'store');
    const flags = flagsOf(numbers.url, store);
    const { server, control, upgrade } = await upgradable(t, flags);
    const load = purging(numbers, server.place, control);
    const asked = upgrade().then(({ status }) => status, () => 0);
    const next = await reached(what, server, store);
    process.kill(next, 'SIGKILL');
    const status = await asked;
    if (what === 'it was started') t.equal(status, 500);
    if (status === 500) {
      await until(() => holderOf(store) === server.pid, 'the store is back');
      t.equal((await put(control, '/api/v1/status')).json['pid'], server.pid);
      await new Promise((resolve) => setTimeout(resolve, 300));
      const { failed, wrong } = await load.stop();
      t.strictSame(wrong, []);
      // What the new one had accepted by then, and purges that it did not confirm before it was killed: they were answered 503.
      t.ok(failed.every((text) => /reset|closed|^(control|purge)/i.test(text)), failed.join());
      t.equal((await upgrade()).status, 200, 'and then it goes well');
    } else {
      t.comment('it was alone by then');
      t.strictSame((await load.stop()).wrong, []);
    }
    for (const pid of [server.pid, next, holderOf(store) ?? next]) ended(pid, 'SIGKILL');
    const again = await running(t, flags);
    await staysPurged(t, numbers, again.place);
  });

  // Before that it is no upgrade.
  if (what === 'it was started') continue;
  t.test(`the one before is killed when ${what}`, { timeout: 120_000 }, async (t) => {
    const numbers = await Numbers.listen(t);
    const store = join(shortFolder(t), 'store');
    const { server, control, upgrade } = await upgradable(t, flagsOf(numbers.url, store));
    const load = purging(numbers, server.place, control);
    upgrade().catch(() => undefined); // whom it asks is killed
    const next = await reached(what, server, store);
    t.teardown(() => ended(next, 'SIGKILL'));
    process.kill(server.pid, 'SIGKILL');
    await until(() => holderOf(store) === next, 'it has the store');
    await until(async () => (await ask(server.place, '/1').catch(() => undefined))?.status === 200, 'it serves');
    t.strictSame((await load.stop()).wrong, []);
    await staysPurged(t, numbers, server.place);
    await until(async () => (await put(control, '/api/v1/status').catch(() => undefined))?.json['phase'] === 'ready', 'it is ready');
  });
}
