/** The quick table: pagecast beside npm's servers, with nothing that npm does not bring. No bars: it is for a first look. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { runAutocannon } from './autocannon.ts';
import { twoCores, type Cores } from './cpu.ts';
import type { Section } from './document.ts';
import { reasonOf } from './errors.ts';
import { loadNamed, writeFixtures, type Load } from './fixtures.ts';
import { machineFacts } from './machine.ts';
import type { Options } from './options.ts';
import { helper } from './paths.ts';
import { findTool, pinSelf, type Scope } from './processes.ts';
import { say, type Report } from './report.ts';
import { alternate, isVoid, noiseOf, type Cell, type Noise, type Outcome } from './rounds.ts';
import { admitted, freePort, isMissing, launched, startPagecast } from './servers.ts';
import type { Missing, Server, Site } from './servers.ts';
import { withSpread } from './statistics.ts';
import { verify } from './verify.ts';

const LOADS: readonly Load[] = [loadNamed('1k'), loadNamed('16k'), loadNamed('1m')];

const CONTENDERS: readonly { readonly name: string; readonly program: string }[] = [
  { name: 'uWebSockets.js (Buffer)', program: 'contenders/uws.js' },
  { name: 'node:http (Buffer)', program: 'contenders/node-http.js' },
  { name: 'sirv', program: 'contenders/sirv.js' },
  { name: '@fastify/static', program: 'contenders/fastify-static.js' },
];

async function startAll(site: Site): Promise<(Server | Missing)[]> {
  const { target } = LOADS[0]!.fixtures[0]!;
  const contenders = [await admitted(await startPagecast(site), target)];
  for (const { name, program } of CONTENDERS) {
    const port = await freePort();
    const command = [process.execPath, helper(program), site.host, String(port), site.root];
    contenders.push(await admitted(launched(site, name, port, command), target));
  }
  return contenders;
}

async function measureLoad(
  load: Load,
  servers: readonly Server[],
  site: Site,
  options: Options,
  cores: Cores | null,
): Promise<ReadonlyMap<string, Outcome>> {
  const cells: Cell[] = [];
  const outcomes = new Map<string, Outcome>();
  for (const server of servers) {
    try {
      const { bytesPerAnswer } = await verify(server.address, load);
      const target = { address: server.address, fixture: load.fixtures[0]!, bytesPerAnswer };
      const placement = { core: cores?.load ?? null, namespace: null };
      const cell = { name: server.name, server, prepare: null };
      cells.push({ ...cell, load: (seconds) => runAutocannon(site.scope, placement, target, seconds) });
    } catch (error) {
      outcomes.set(server.name, { reason: `wrong answer: ${reasonOf(error)}` });
    }
  }
  const { rounds, seconds } = options;
  for (const [name, outcome] of await alternate(cells, { label: load.title, rounds, seconds, cores })) outcomes.set(name, outcome);
  return outcomes;
}

interface Line {
  readonly load: string;
  readonly contender: string;
  readonly outcome: Outcome;
  readonly skipped: boolean;
  /** Its median over pagecast's, or null. */
  readonly ratio: number | null;
}

function lines(load: Load, contenders: readonly (Server | Missing)[], outcomes: ReadonlyMap<string, Outcome>): Line[] {
  const base = outcomes.get('pagecast');
  const baseMedian = base === undefined || isVoid(base) ? null : base.microsecondsPerRequest.median;
  return contenders.map((contender) => {
    const outcome = isMissing(contender) ? { reason: `skipped: ${contender.reason}` } : outcomes.get(contender.name)!;
    const ratio = isVoid(outcome) || baseMedian === null ? null : outcome.microsecondsPerRequest.median / baseMedian;
    return { load: load.title, contender: contender.name, outcome, skipped: isMissing(contender), ratio };
  });
}

function cellsOf({ load, contender, outcome, ratio }: Line): string[] {
  if (isVoid(outcome)) return [load, contender, outcome.reason, '', ''];
  return [
    load,
    contender,
    withSpread(outcome.microsecondsPerRequest),
    ratio === null ? '' : ratio.toFixed(2),
    outcome.requestsPerSecond.median.toFixed(0),
  ];
}

function printed(line: Line): string {
  const [load = '', contender = '', cost = '', ratio = ''] = cellsOf(line);
  const unit = isVoid(line.outcome) ? '' : ' µs';
  return `${load.padEnd(8)}${contender.padEnd(26)}${cost}${unit}${ratio === '' ? '' : `   ${ratio} of pagecast`}`;
}

function sectionOf(facts: readonly string[], all: readonly Line[], options: Options, pinned: boolean): Section {
  return {
    id: 'quick',
    title: "Beside npm's servers (--quick)",
    facts,
    tables: [
      {
        caption: 'Server CPU per request. No bars here.',
        columns: ['file', 'server', 'CPU µs per request', "over pagecast's", 'requests/s'],
        rows: all.map(cellsOf),
      },
    ],
    method: `One process each, autocannon with 64 keep-alive connections as the load, ${
      pinned ? 'server and load pinned to a core each' : 'NOT pinned to cores'
    };
answers compared with the files first; runs of ${options.seconds} s alternate, ${options.rounds} rounds after a warm-up
round. autocannon is itself JavaScript and slower than most of these servers: they idle between bursts, wake up for smaller
ones than under wrk, and so cost more per request than in the full table. Compare rows with each other only.`,
  };
}

export async function runQuick(scope: Scope, options: Options): Promise<Report> {
  const cores = findTool('taskset') === null ? null : twoCores();
  if (cores === null) say('not pinned: taskset or a second core is missing; the figures are noisier');
  else pinSelf(cores.load);
  const facts = machineFacts([]);
  const workDirectory = scope.directory();
  const root = join(workDirectory, 'site');
  mkdirSync(root);
  writeFixtures(root);
  const placement = { core: cores?.server ?? null, namespace: null };
  const site: Site = { scope, root, workDirectory, host: '127.0.0.1', placement };

  const contenders = await startAll(site);
  const servers = contenders.filter((contender): contender is Server => !isMissing(contender));
  for (const contender of contenders) if (isMissing(contender)) say(`${contender.name}: skipped: ${contender.reason}`);
  const all: Line[] = [];
  const everything = new Map<string, Outcome>();
  for (const load of LOADS) {
    const outcomes = await measureLoad(load, servers, site, options, cores);
    const rows = lines(load, contenders, outcomes);
    for (const row of rows) say(printed(row));
    for (const [name, outcome] of outcomes) everything.set(`${load.title} ${name}`, outcome);
    all.push(...rows);
  }
  for (const server of servers) await server.process.stop();

  const noise: Noise = cores === null ? { disturbed: false, text: 'noise: not known, nothing is pinned' } : noiseOf(everything);
  if (noise.disturbed) say(noise.text);
  const measured = all.filter(({ outcome }) => !isVoid(outcome)).length;
  // A contender that cannot be loaded here is no failure of the bench; a wrong answer is, and so is a missing pagecast.
  const failed = all.some(({ outcome, skipped, contender }) => (skipped ? contender === 'pagecast' : isVoid(outcome)));
  say(`${measured} cells measured, ${all.length - measured} void or skipped`);
  const section = measured === 0 ? null : sectionOf([...facts, noise.text], all, options, cores !== null);
  return { passed: measured > 0 && !failed, section };
}
