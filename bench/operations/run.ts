/** The operations section: what workers and watchers cost, and what clients and other machines see of what operators do. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Origin } from '../cache-contenders.ts';
import { printedCacheRow, tallyCache } from '../cache-rows.ts';
import { twoCores, type Cores } from '../cpu.ts';
import type { Section } from '../document.ts';
import { writeFixtures } from '../fixtures.ts';
import { machineFacts } from '../machine.ts';
import type { Options } from '../options.ts';
import { pinSelf, type Scope } from '../processes.ts';
import { say, type Report } from '../report.ts';
import { noiseOf, type Outcome } from '../rounds.ts';
import type { Site } from '../servers.ts';
import { missingLoadTool } from '../wrk.ts';
import { measureCluster } from './cluster.ts';
import { measureCost } from './cost.ts';
import { measureReloads } from './reloads.ts';
import { COST_ROWS, judgeCost, OPERATIONS_PARTS, type OperationJudged, type OperationsPart } from './rows.ts';
import { measureUpgrades } from './upgrades.ts';

interface Results {
  readonly judged: readonly OperationJudged[];
  readonly outcomes: ReadonlyMap<string, Outcome>;
}

async function results(site: Site, cores: Cores, options: Options): Promise<Results> {
  const isWanted = (part: OperationsPart): boolean => options.rows === null || options.rows.has(part);
  const judged: OperationJudged[] = [];
  const conclude = (rows: readonly OperationJudged[]): void => {
    for (const row of rows) say(printedCacheRow(row));
    judged.push(...rows);
  };
  const costs = COST_ROWS.filter(({ part }) => isWanted(part));
  const outcomes = costs.length > 0 ? await measureCost(costs, site, cores, options) : new Map<string, Outcome>();
  conclude(costs.map((row) => judgeCost(row, outcomes)));
  const origin = await Origin.start(site, cores);
  if (isWanted('reload')) conclude(await measureReloads(site, origin.address, cores));
  if (isWanted('upgrade')) conclude(await measureUpgrades(site, origin.address, cores));
  await origin.server.process.stop();
  if (isWanted('cluster')) conclude(await measureCluster(site.scope, site.workDirectory, cores));
  return { judged, outcomes };
}

function sectionOf(facts: readonly string[], judged: readonly OperationJudged[], { rounds, seconds }: Options): Section {
  return {
    id: 'operations',
    title: 'Operations (--operations)',
    facts,
    tables: [
      {
        caption: `The bars; ${tallyCache(judged).text}.`,
        columns: ['row', 'measured', 'against the bar', 'verdict'],
        rows: judged.map(({ title, figures, comparison, verdict }) => [title, figures.join('; '), comparison, verdict]),
      },
    ],
    method: `Servers are pinned to one core, clients, origin and the bench to the other. **Cost**: CPU of the server process per request, \`wrk -t1 -c64\`, runs
of ${seconds} s that alternate, ${rounds} rounds after a warm-up round, medians. Watched means: an access log in JSON, to a file; /metrics asked for each second, as Prometheus
asks; and the page for operators, opened and its events read as a browser reads them. All of it is begun and ended with each run.
**Reload**: two workers; a config file whose version is in an answer. From the call, or the signal, until what it says is in force; then sixteen connections must all be
answered by it. **Load**: twelve clients without a pause, eight that think up to 200 ms, four with a connection for each request, two that read 32 MiB slowly; files of
1 KiB to 1 MiB, and what an origin has, stored and not. Each answer must be a 200 with the very bytes that are expected; a connection may end behind an answer that announced it,
and nowhere else. Reloads by the control plane and by SIGHUP in turn; upgrades likewise, by SIGUSR2, the next up to a second after another process serves. **Machines**: three
network namespaces around one with Redis, and a server with its default options in each. A purge on one while all have an older version, until all answer with the new one; a line
that is cut for 0.2 to 7.5 s, in which both sides purge something, until both have the new versions. Twenty rounds of each; bars are for the worst.`,
  };
}

export async function runOperations(scope: Scope, options: Options): Promise<Report> {
  const cores = twoCores();
  const absent = missingLoadTool();
  if (cores === null || absent !== null) {
    say(`operations cannot be measured: ${cores === null ? 'it takes two cores' : `${absent ?? ''} is not installed`}`);
    return { passed: false, section: null };
  }
  const facts = machineFacts(['wrk']);
  pinSelf(cores.load);
  const workDirectory = scope.directory();
  const root = join(workDirectory, 'site');
  mkdirSync(root);
  writeFixtures(root);
  const site: Site = { scope, root, workDirectory, host: '127.0.0.1', placement: { core: cores.server, namespace: null } };
  const { judged, outcomes } = await results(site, cores, options);
  const noise = noiseOf(outcomes);
  if (noise.disturbed) say(noise.text);
  const { text, passed } = tallyCache(judged);
  say(text);
  const isComplete = OPERATIONS_PARTS.every((part) => options.rows === null || options.rows.has(part));
  return { passed, section: isComplete && passed ? sectionOf([...facts, noise.text], judged, options) : null };
}
