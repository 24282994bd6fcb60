/** Reloads: how long one takes while ten thousand connections are open, and what a load sees of a hundred. */
import type { Cores } from '../cpu.ts';
import { descriptorShortage, IdleClients } from '../idle-clients.ts';
import type { Address } from '../probe.ts';
import { sleep, type Scope } from '../processes.ts';
import type { Site } from '../servers.ts';
import { VERSION_TARGET, type LoadReport } from './load-site.ts';
import { Operated, Versions } from './operated.ts';
import { judgeOperation, RELOAD_ROWS, type OperationJudged } from './rows.ts';
import { attempted, isUnmeasured, judgedLoad, judgedOf } from './seen.ts';
import { Load } from './under-load.ts';

const UNDER_LOAD = 100;
/** Of each kind, with the connections open. */
const TIMED = 10;
/** Enough that each worker has some. */
const ASKING = 16;
const BETWEEN_MS = 100;
const BETWEEN_UNDER_LOAD_MS = 20;

/** @throws unless every connection, on whatever worker, is answered by it. */
async function inForce(versions: Versions, version: string): Promise<void> {
  const answered = [...(await versions.all())];
  if (answered.length !== 1 || answered[0] !== version) throw new Error(`version ${version} is in force, and ${answered.join(' and ')} answered`);
}

/** From the call to its answer. */
async function reloadByApi(server: Operated, versions: Versions): Promise<number> {
  const version = server.nextVersion();
  const begun = performance.now();
  await server.told('reload');
  const took = performance.now() - begun;
  await inForce(versions, version);
  return took;
}

/** From the signal to the first answer by what was read then: the others are by it, too. */
async function reloadBySignal(server: Operated, versions: Versions, pid: number): Promise<number> {
  const version = server.nextVersion();
  const begun = performance.now();
  process.kill(pid, 'SIGHUP');
  await versions.until(version);
  const took = performance.now() - begun;
  await inForce(versions, version);
  return took;
}

async function timed(server: Operated, scope: Scope, core: number): Promise<{ readonly api: readonly number[]; readonly signal: readonly number[] }> {
  const shortage = descriptorShortage();
  if (shortage !== null) throw new Error(shortage);
  const idle = await IdleClients.open(scope, core, server.address, VERSION_TARGET);
  const versions = await Versions.open(server.address, ASKING);
  try {
    const pid = await server.pid();
    const api: number[] = [];
    const signal: number[] = [];
    for (let round = 0; round < TIMED; round += 1) {
      api.push(await reloadByApi(server, versions));
      await sleep(BETWEEN_MS);
      signal.push(await reloadBySignal(server, versions, pid));
      await sleep(BETWEEN_MS);
    }
    await idle.stillOpen();
    return { api, signal };
  } finally {
    versions.close();
    await idle.stop();
  }
}

async function underLoad(server: Operated, scope: Scope, core: number): Promise<LoadReport> {
  const load = await Load.start(scope, core, server.address);
  const versions = await Versions.open(server.address, ASKING);
  try {
    const pid = await server.pid();
    for (let round = 0; round < UNDER_LOAD; round += 1) {
      if (round % 2 === 0) await reloadByApi(server, versions);
      else await reloadBySignal(server, versions, pid);
      await sleep(BETWEEN_UNDER_LOAD_MS);
    }
    return await load.report();
  } finally {
    versions.close();
    await load.stop();
  }
}

export async function measureReloads(site: Site, origin: Address, cores: Cores): Promise<OperationJudged[]> {
  const server = await attempted(() => Operated.start(site, origin));
  if (isUnmeasured(server)) return Object.values(RELOAD_ROWS).map((row) => judgeOperation(row, server));
  try {
    const times = await attempted(() => timed(server, site.scope, cores.load));
    const seen = await attempted(() => underLoad(server, site.scope, cores.load));
    return [
      judgedOf(RELOAD_ROWS.api, isUnmeasured(times) ? times : times.api),
      judgedOf(RELOAD_ROWS.signal, isUnmeasured(times) ? times : times.signal),
      ...judgedLoad(RELOAD_ROWS, seen),
    ];
  } finally {
    await server.stop();
  }
}
