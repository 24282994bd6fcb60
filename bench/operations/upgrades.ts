/** Upgrades: another process in place of the one that serves, again and again, and what a load sees of it. */
import type { Cores } from '../cpu.ts';
import type { Address } from '../probe.ts';
import { sleep } from '../processes.ts';
import type { Site } from '../servers.ts';
import type { LoadReport } from './load-site.ts';
import { Operated } from './operated.ts';
import { judgeOperation, UPGRADE_ROWS, type OperationJudged } from './rows.ts';
import { attempted, isUnmeasured, judgedLoad, judgedOf } from './seen.ts';
import { Load } from './under-load.ts';

const UPGRADES = 20;
/** Up to that long after one serves the next one is started: the one before may still drain, or not. */
const BETWEEN_MS = 1000;

interface Upgraded {
  readonly seen: LoadReport;
  /** Of each, until another process answers on the control plane. */
  readonly tookSeconds: readonly number[];
}

async function upgraded(server: Operated, byApi: boolean): Promise<number> {
  const before = await server.pid();
  const begun = performance.now();
  if (byApi) await server.told('upgrade');
  else process.kill(before, 'SIGUSR2');
  await server.untilOther(before);
  return (performance.now() - begun) / 1000;
}

async function underLoad(server: Operated, site: Site, core: number): Promise<Upgraded> {
  const load = await Load.start(site.scope, core, server.address);
  try {
    const tookSeconds: number[] = [];
    for (let round = 0; round < UPGRADES; round += 1) {
      tookSeconds.push(await upgraded(server, round % 2 === 0));
      process.stderr.write(`\rbench: ${round + 1} of ${UPGRADES} upgrades `);
      await sleep((BETWEEN_MS * round) / UPGRADES);
    }
    process.stderr.write('\n');
    return { seen: await load.report(), tookSeconds };
  } finally {
    await load.stop();
  }
}

export async function measureUpgrades(site: Site, origin: Address, cores: Cores): Promise<OperationJudged[]> {
  const server = await attempted(() => Operated.start(site, origin));
  if (isUnmeasured(server)) return Object.values(UPGRADE_ROWS).map((row) => judgeOperation(row, server));
  try {
    const outcome = await attempted(() => underLoad(server, site, cores.load));
    const [failed, slowest] = judgedLoad(UPGRADE_ROWS, isUnmeasured(outcome) ? outcome : outcome.seen);
    return [failed!, judgedOf(UPGRADE_ROWS.took, isUnmeasured(outcome) ? outcome : outcome.tookSeconds), slowest!];
  } finally {
    await server.stop();
  }
}
