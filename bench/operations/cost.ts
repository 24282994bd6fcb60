/** What is paid for with each request: a second worker, and being watched. Cells that alternate, timed with wrk. */
import { truncateSync } from 'node:fs';
import { join } from 'node:path';
import type { Cores } from '../cpu.ts';
import { reasonOf } from '../errors.ts';
import { loadNamed } from '../fixtures.ts';
import type { Options } from '../options.ts';
import { PAGECAST } from '../paths.ts';
import { alternate, type Cell, type Outcome } from '../rounds.ts';
import { freePort, launched, untilAnswering, type Server, type Site } from '../servers.ts';
import { verify } from '../verify.ts';
import { Wrk, type LoadResult } from '../wrk.ts';
import { Observers } from './observers.ts';
import { REFERENCE, type CostCellName, type CostLoadName, type CostName, type CostRow } from './rows.ts';

const READY_TARGET = loadNamed('1k').fixtures[0]!.target;

interface Contender {
  readonly server: Server;
  /** Emptied before each run. */
  readonly logFile: string | null;
  /** Where it is watched. */
  readonly controlPort: number | null;
}

async function start(site: Site, name: CostName): Promise<Contender> {
  const port = await freePort();
  const isWatched = name === 'watched';
  const logFile = isWatched ? join(site.workDirectory, 'access.log') : null;
  const controlPort = isWatched ? await freePort() : null;
  const flags = logFile === null ? ['-q', '--control', 'off'] : ['--log-file', logFile, '--log-format', 'json', '--control', `${site.host}:${controlPort!}`];
  const command = [process.execPath, PAGECAST, site.root, '-p', String(port), '-H', site.host, '--workers', name === 'two' ? '2' : '1', ...flags];
  const server = launched(site, name, port, command);
  await untilAnswering(server, READY_TARGET);
  return { server, logFile, controlPort };
}

/** Watched from the beginning of a run to its end, so that opening the page is in it. */
async function watchedRun(host: string, port: number, run: () => Promise<LoadResult>, seconds: number): Promise<LoadResult> {
  const observers = new Observers({ host, port });
  let result: LoadResult;
  try {
    result = await run();
  } catch (error) {
    await observers.end().catch(() => undefined);
    throw error;
  }
  const { scrapes, snapshots } = await observers.end();
  // One a second each, but for one that is under way, or late.
  if (Math.min(scrapes, snapshots) < Math.max(1, seconds - 1)) throw new Error(`${scrapes} scrapes and ${snapshots} snapshots in ${seconds} s`);
  return result;
}

async function cellOf(contender: Contender, load: CostLoadName, site: Site, core: number): Promise<Cell> {
  const { server, logFile, controlPort } = contender;
  const name: CostCellName = `${server.name as CostName} ${load}`;
  const verified = await verify(server.address, loadNamed(load));
  const target = { name: server.name, address: server.address, load: loadNamed(load), verified };
  const wrk = new Wrk(site.scope, site.workDirectory, { core, namespace: null }, target);
  return {
    name, server,
    prepare: logFile === null ? null : () => truncateSync(logFile),
    load: (seconds) => (controlPort === null ? wrk.run(seconds) : watchedRun(site.host, controlPort, () => wrk.run(seconds), seconds)),
  };
}

/** Outcomes by the names of cells. */
export async function measureCost(rows: readonly CostRow[], site: Site, cores: Cores, { rounds, seconds }: Options): Promise<ReadonlyMap<string, Outcome>> {
  const outcomes = new Map<string, Outcome>();
  const names = new Set<CostName>([REFERENCE, ...rows.map(({ subject }) => subject)]);
  const contenders = new Map<CostName, Contender>();
  try {
    for (const name of names) contenders.set(name, await start(site, name));
    for (const load of new Set(rows.map((row) => row.load))) {
      const cells = await Promise.all([...contenders.values()].map((contender) => cellOf(contender, load, site, cores.load)));
      const group = await alternate(cells, { label: `workers and watchers, ${load}`, rounds, seconds, cores });
      for (const [name, outcome] of group) outcomes.set(name, outcome);
    }
  } catch (error) {
    for (const { subject, load } of rows) outcomes.set(`${subject} ${load}`, { reason: reasonOf(error) });
  } finally {
    for (const { server } of contenders.values()) await server.process.stop();
  }
  return outcomes;
}
