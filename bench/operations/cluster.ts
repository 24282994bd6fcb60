/** Three machines and a Redis: how long a purge on one takes to be true on all, also where a line was cut meanwhile. */
import { join } from 'node:path';
import type { Cores } from '../cpu.ts';
import { networkObstacle } from '../network.ts';
import { sleep, type Scope } from '../processes.ts';
import { createHub } from './hub.ts';
import { about, Machine, redisProgram, startRedis } from './machines.ts';
import { CLUSTER_ROWS, type OperationJudged } from './rows.ts';
import { attempted, isUnmeasured, judgedOf } from './seen.ts';
import { VersionedOrigin } from './versioned-origin.ts';

const MACHINES = 3;
const ROUNDS = 20;
/** In turn: shorter and longer than what TCP sends again soon, than a question may take, and than what is stored is trusted without Redis. */
const CUT_MS = [200, 500, 900, 1400, 2000, 3000, 5500, 7500];
/** Purged there, and asked for on both sides. */
const NEAR = '/near';
const FAR = '/far';
const BETWEEN_MS = 100;
const AGAIN = 3;

interface Spread {
  readonly purgedMs: readonly number[];
  readonly healedMs: readonly number[];
}

class Cluster {
  readonly #machines: readonly Machine[];
  readonly #origin: VersionedOrigin;

  constructor(machines: readonly Machine[], origin: VersionedOrigin) {
    this.#machines = machines;
    this.#origin = origin;
  }

  /** Milliseconds from the call until no machine has what was purged. */
  async purge(by: Machine): Promise<number> {
    await this.#warm();
    const version = ++this.#origin.version;
    const begun = performance.now();
    const purged = purge(by, NEAR, 200);
    await Promise.all([purged, ...this.#machines.map((machine) => machine.until(NEAR, version))]);
    const took = performance.now() - begun;
    await this.#stays([NEAR], version);
    return took;
  }

  /** Milliseconds from the healing until what was purged on either side is gone from both. */
  async heal(cut: Machine, forMs: number): Promise<number> {
    const others = this.#machines.filter((machine) => machine !== cut);
    await this.#warm();
    cut.spoke.cut();
    let begun: number;
    let purged: Promise<unknown>;
    const version = ++this.#origin.version;
    try {
      await sleep(forMs / 2);
      // The one that is cut off waits for Redis (503), but it may be healed before it answers.
      purged = Promise.all([purge(others[0]!, NEAR, 200), purge(cut, FAR, 200, 503)]);
      purged.catch(() => undefined);
      await sleep(forMs / 2);
    } finally {
      cut.spoke.heal();
      begun = performance.now();
    }
    await Promise.all([cut.until(NEAR, version), ...others.map((machine) => machine.until(FAR, version))]);
    const took = performance.now() - begun;
    await purged;
    await this.#stays([NEAR, FAR], version);
    return took;
  }

  /** All have what there is. */
  async #warm(): Promise<void> {
    for (const path of [NEAR, FAR]) for (const machine of this.#machines) await machine.ask(path);
  }

  async #stays(paths: readonly string[], version: number): Promise<void> {
    for (let again = 0; again < AGAIN; again += 1) {
      await sleep(BETWEEN_MS);
      for (const path of paths) for (const machine of this.#machines) await machine.has(path, version);
    }
  }
}

async function purge(machine: Machine, path: string, ...statuses: readonly number[]): Promise<void> {
  const { status, body } = await machine.ask(path, 'PURGE');
  if (!statuses.includes(status)) throw new Error(`PURGE was answered ${status} ${body}`);
}

async function spread(cluster: Cluster, machines: readonly Machine[]): Promise<Spread> {
  const purgedMs: number[] = [];
  const healedMs: number[] = [];
  // They may not all have joined before.
  for (const machine of machines) await about('at first', cluster.purge(machine));
  for (let round = 0; round < ROUNDS; round += 1) {
    const machine = machines[round % machines.length]!;
    const cutMs = CUT_MS[round % CUT_MS.length]!;
    purgedMs.push(await about(`round ${round}`, cluster.purge(machine)));
    healedMs.push(await about(`round ${round}, cut for ${cutMs} ms`, cluster.heal(machine, cutMs)));
    process.stderr.write(`\rbench: ${round + 1} of ${ROUNDS} partitions `);
  }
  process.stderr.write('\n');
  return { purgedMs, healedMs };
}

async function measured(scope: Scope, directory: string, cores: Cores): Promise<Spread> {
  const obstacle = networkObstacle(['ip']);
  const program = redisProgram();
  if (obstacle !== null || program === null) throw new Error(obstacle ?? 'redis-server is not installed');
  const originPath = join(directory, 'origin.sock');
  const origin = await VersionedOrigin.listen(scope, originPath);
  const hub = createHub(scope, MACHINES);
  const redis = startRedis(scope, program, hub, directory);
  const machines: Machine[] = [];
  try {
    for (const [index, spoke] of hub.spokes.entries()) {
      machines.push(await Machine.start({ scope, directory, name: `machine${index}`, spoke, originPath, core: cores.server }));
    }
    return await spread(new Cluster(machines, origin), machines);
  } finally {
    for (const machine of machines) await machine.stop();
    await redis.stop();
  }
}

export async function measureCluster(scope: Scope, directory: string, cores: Cores): Promise<OperationJudged[]> {
  const outcome = await attempted(() => measured(scope, directory, cores));
  return [judgedOf(CLUSTER_ROWS.purge, isUnmeasured(outcome) ? outcome : outcome.purgedMs), judgedOf(CLUSTER_ROWS.healed, isUnmeasured(outcome) ? outcome : outcome.healedMs)];
}
