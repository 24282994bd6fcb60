// Real servers as processes, on machines that are cut off from each other, and that stand still. They listen on unix sockets, and so does
// their origin: what is cut is the way to Redis alone.
import { writeFileSync } from 'node:fs';
import { request } from 'node:http';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { command, type Command } from '../command.ts';
import { pause, shortFolder, until } from '../serving.ts';
import { hubWith, withoutNamespaces } from './namespaces.ts';
import { Redis, withoutRedis } from './redis.ts';
import { VersionedOrigin } from './versioned-origin.ts';

const STALE_MAX_MS = 2000;
const PORT = 6379;

t.setTimeout(240_000);

interface Answer {
  readonly status: number;
  readonly body: string;
}

class Machine {
  readonly #socketPath: string;
  readonly running: Command;

  private constructor(socketPath: string, running: Command) {
    this.#socketPath = socketPath;
    this.running = running;
  }

  static async start(t: Test, folder: string, name: string, redis: string, before: readonly string[], store?: string): Promise<Machine> {
    const config = join(folder, `${name}.json`);
    const socketPath = join(folder, `${name}.sock`);
    writeFileSync(config, JSON.stringify({
      listen: `unix:${socketPath}`, workers: 1, proxy: `unix:${join(folder, 'origin.sock')}`, ...(store !== undefined && { store }),
      cluster: { redis, staleMaxMs: STALE_MAX_MS, timeoutMs: 500 },
    }));
    const running = command(t, ['-c', config], { before });
    const machine = new Machine(socketPath, running);
    await until(() => running.stdout().includes('"event":"listening"') || (running.child.exitCode !== null && Promise.reject(new Error(running.stderr()))), 'the listening line');
    return machine;
  }

  said(event: string): boolean {
    return `${this.running.stdout()}${this.running.stderr()}`.includes(`"${event}"`);
  }

  ask(path: string, method = 'GET'): Promise<Answer> {
    return new Promise((resolve, reject) => {
      request({ socketPath: this.#socketPath, path, method, headers: { host: 'example.com' }, agent: false }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => (body += text)).on('end', () => resolve({ status: response.statusCode!, body })).on('error', reject);
      }).on('error', reject).end();
    });
  }

  async has(path: string, version: number): Promise<boolean> {
    return (await this.ask(path)).body === `version ${version}`;
  }
}

async function place(t: Test): Promise<{ readonly folder: string; readonly origin: VersionedOrigin }> {
  const folder = shortFolder(t);
  return { folder, origin: await VersionedOrigin.listen(t, join(folder, 'origin.sock')) };
}

/** Purges of one reach the other. */
async function joined(origin: VersionedOrigin, one: Machine, others: readonly Machine[]): Promise<void> {
  await Promise.all([one, ...others].map((each) => each.ask('/join')));
  await until(async () => {
    origin.version += 1;
    if ((await one.ask('/join', 'PURGE')).status !== 200) return false;
    return (await Promise.all(others.map((each) => until(() => each.has('/join', origin.version), 'a purge', 1000).then(() => true, () => false)))).every(Boolean);
  }, 'machines that hear of each other', 60_000);
}

t.test('a machine that stands still serves nothing old when it goes on', { skip: withoutRedis(), timeout: 120_000 }, async (t) => {
  const { folder, origin } = await place(t);
  const redis = await Redis.start(t);
  const [one, still] = [await Machine.start(t, folder, 'one', `unix:${redis.path}`, []), await Machine.start(t, folder, 'still', `unix:${redis.path}`, [])];
  await joined(origin, one, [still]);
  for (let round = 0; round < 3; round++) {
    origin.version += 1;
    t.match(await one.ask('/a', 'PURGE'), { status: 200 });
    await until(() => still.has('/a', origin.version), 'the new version');
    await pause(STALE_MAX_MS); // what has just come is used for so long, whatever happens
    still.running.child.kill('SIGSTOP');
    origin.version += 1;
    t.match(await one.ask('/a', 'PURGE'), { status: 200 });
    await pause(STALE_MAX_MS + 100);
    // All of these are there when it goes on, before it can have heard anything.
    const answers = Promise.all(Array.from({ length: 10 }, () => still.ask('/a')));
    await pause(50);
    still.running.child.kill('SIGCONT');
    t.strictSame([...new Set((await answers).map(({ body }) => body))], [`version ${origin.version}`]);
  }
});

t.test('three machines, one of them cut off', { skip: withoutRedis() || withoutNamespaces(), timeout: 240_000 }, async (t) => {
  const { folder, origin } = await place(t);
  const { before, spokes: [first, second, third] } = hubWith(t, 3);
  const redis = await Redis.start(t, ['--bind', '0.0.0.0', '--protected-mode', 'no', '--port', String(PORT)], before);
  const spokes = [first!, second!, third!];
  const stores = spokes.map((_, i) => (i === 1 ? join(folder, 'store') : undefined));
  const machines = await Promise.all(spokes.map((spoke, i) => Machine.start(t, folder, `m${i}`, `redis://${spoke.hub}:${PORT}`, spoke.before, stores[i])));
  const [near, stored, far] = [machines[0]!, machines[1]!, machines[2]!];
  await joined(origin, near, [stored, far]);

  for (const purger of machines) {
    await Promise.all(machines.map((each) => each.ask('/a')));
    origin.version += 1;
    const startMs = performance.now();
    t.match(await purger.ask('/a', 'PURGE'), { status: 200 });
    for (const each of machines) await until(() => each.has('/a', origin.version), 'the new version');
    t.comment(`purged on all after ${Math.round(performance.now() - startMs)} ms`);
  }

  await Promise.all(machines.flatMap((each) => [each.ask('/a'), each.ask('/b')]));
  spokes[2]!.cut();
  await until(() => far.said('clusterOut'), 'the far one to be out');
  origin.version += 1;
  t.match(await near.ask('/a', 'PURGE'), { status: 200 });
  t.match(await far.ask('/b', 'PURGE'), { status: 503, body: /"unpublished":"queued"/ });
  await until(() => far.has('/a', origin.version), 'the new version, validated', 2 * STALE_MAX_MS);
  spokes[2]!.heal();
  const healedMs = performance.now();
  for (const each of machines) await until(() => each.has('/b', origin.version), 'the purge that waited');
  t.comment(`heard on all ${Math.round(performance.now() - healedMs)} ms after it was healed`);
  await until(() => far.said('clusterBack'), 'the far one to be back');

  stored.running.child.kill('SIGKILL');
  await killed(stored.running);
  origin.version += 1;
  t.match(await near.ask('/a', 'PURGE'), { status: 200 });
  const again = await Machine.start(t, folder, 'm1b', `redis://${second!.hub}:${PORT}`, second!.before, stores[1]);
  await until(() => again.has('/a', origin.version), 'the new version', 2 * STALE_MAX_MS);
  await joined(origin, near, [again, far]);

  await redis.kill();
  await redis.start();
  await joined(origin, far, [near, again]);
  t.pass('and go on when Redis has forgotten all');
});

/** The command ran by another one: all of its group. */
async function killed({ pid, ended }: Command): Promise<void> {
  process.kill(-pid, 'SIGKILL');
  await ended;
}
