/** The full table: pagecast, nginx and the C floor on one core, wrk on the other, and what pagecast weighs and how it starts. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { twoCores, type Cores } from './cpu.ts';
import type { Section } from './document.ts';
import { reasonOf } from './errors.ts';
import { loadNamed, writeFixtures, type LoadName } from './fixtures.ts';
import { descriptorShortage } from './idle-clients.ts';
import { machineFacts, systemCongestionControl } from './machine.ts';
import { measureMemory } from './memory.ts';
import type { Options } from './options.ts';
import { pinSelf, type Scope } from './processes.ts';
import { say, type Report } from './report.ts';
import { alternate, isVoid, noiseOf, type Cell, type Outcome } from './rounds.ts';
import { judgeAbsolute, judgeRatio, printed, ROWS, tally } from './rows.ts';
import type { AbsoluteRow, CellName, ContenderName, Judged, RatioRow, Row } from './rows.ts';
import { isMissing, startFloor, startNginx, startPagecast, untilAnswering } from './servers.ts';
import type { Missing, Server, Site } from './servers.ts';
import { measureStart, writeLargeTree } from './start.ts';
import { figure, summarize, withSpread, type Summary } from './statistics.ts';
import { verify, type Verified } from './verify.ts';
import { missingLoadTool, Wrk } from './wrk.ts';

/** Starts are cheap and memory does not jitter like time: rounds for those rows, at most. */
const START_ROUNDS_MAX = 5;
const MEMORY_ROUNDS_MAX = 3;
const CELL_COLUMNS = [
  'server and load',
  'CPU µs per request',
  'both cores µs per request',
  'requests/s',
  "server's share of its core",
  "others' CPU",
];
const SMALL_TARGET = loadNamed('1k').fixtures[0]!.target;

class FullTable {
  readonly #options: Options;
  readonly #site: Site;
  readonly #cores: Cores;
  readonly #contenders = new Map<ContenderName, Server | Missing>();
  readonly outcomes = new Map<string, Outcome>();

  constructor(options: Options, site: Site, cores: Cores) {
    this.#options = options;
    this.#site = site;
    this.#cores = cores;
  }

  async #admit(contender: Server | Missing): Promise<void> {
    let admitted = contender;
    if (!isMissing(contender)) {
      try {
        await untilAnswering(contender, SMALL_TARGET);
      } catch (error) {
        admitted = { name: contender.name, reason: reasonOf(error) };
        await contender.process.stop();
      }
    }
    if (isMissing(admitted)) say(`${admitted.name}: missing: ${admitted.reason}`);
    this.#contenders.set(contender.name as ContenderName, admitted);
  }

  async startContenders(): Promise<void> {
    await this.#admit(await startPagecast(this.#site));
    await this.#admit(await startPagecast(this.#site, 'pagecast-default-cc', ['--congestion-control', systemCongestionControl()]));
    await this.#admit(await startNginx(this.#site));
    await this.#admit(await startFloor(this.#site, await this.#pagecastAnswer()));
  }

  /** The floor must put as many bytes on the wire as pagecast does, so it sends pagecast's own; null when there are none. */
  async #pagecastAnswer(): Promise<Buffer | null> {
    const pagecast = this.#contenders.get('pagecast')!;
    if (isMissing(pagecast)) return null;
    try {
      return (await verify(pagecast.address, loadNamed('1k'))).sample;
    } catch {
      // A wrong answer is reported by its row.
      return null;
    }
  }

  /** The cell, or why there is none. */
  async #cell(name: CellName): Promise<Cell | { readonly reason: string }> {
    const [contenderName, loadName] = name.split(' ') as [ContenderName, LoadName];
    const server = this.#contenders.get(contenderName)!;
    if (isMissing(server)) return { reason: `missing: ${server.reason}` };
    const load = loadNamed(loadName);
    let verified: Verified;
    try {
      // The floor answers anything with pagecast's bytes: verified like the others, against the same file.
      verified = await verify(server.address, load);
    } catch (error) {
      return { reason: `wrong answer: ${reasonOf(error)}` };
    }
    const { scope, workDirectory } = this.#site;
    const placement = { core: this.#cores.load, namespace: null };
    const wrk = new Wrk(scope, workDirectory, placement, { name: contenderName, address: server.address, load, verified });
    return { name, server, prepare: null, load: (seconds) => wrk.run(seconds) };
  }

  async measureGroup(rows: readonly RatioRow[]): Promise<void> {
    const names = new Set(rows.flatMap(({ subject, reference, beside }) => [subject, reference, ...beside]));
    const cells: Cell[] = [];
    for (const name of names) {
      const cell = await this.#cell(name);
      if ('reason' in cell) this.outcomes.set(name, cell);
      else cells.push(cell);
    }
    const { rounds, seconds } = this.#options;
    const outcomes = await alternate(cells, { label: rows[0]!.group, rounds, seconds, cores: this.#cores });
    for (const [name, outcome] of outcomes) this.outcomes.set(name, outcome);
  }

  async stop(): Promise<void> {
    for (const contender of this.#contenders.values()) if (!isMissing(contender)) await contender.process.stop();
  }
}

/** Repeats a measurement, or says why it could not be done. */
async function repeated<T>(times: number, measure: () => Promise<T>): Promise<readonly T[] | { readonly reason: string }> {
  const values: T[] = [];
  try {
    for (let round = 0; round < times; round += 1) values.push(await measure());
    return values;
  } catch (error) {
    return { reason: reasonOf(error) };
  }
}

async function judgeAlone(rows: readonly AbsoluteRow[], site: Site, options: Options, cores: Cores): Promise<Judged[]> {
  const outcomes = new Map<AbsoluteRow['name'], Summary | { readonly reason: string }>();
  if (rows.some(({ name }) => name !== 'start')) {
    const shortage = descriptorShortage();
    const times = Math.min(options.rounds, MEMORY_ROUNDS_MAX);
    const memory =
      shortage === null ? await repeated(times, () => measureMemory(site, SMALL_TARGET, cores)) : { reason: shortage };
    const [idle, added] =
      'reason' in memory
        ? [memory, memory]
        : [summarize(memory.map((m) => m.idleMegabytes)), summarize(memory.map((m) => m.addedMegabytes))];
    outcomes.set('idle-rss', idle).set('idle-10k', added);
  }
  if (rows.some(({ name }) => name === 'start')) {
    const root = join(site.workDirectory, 'large-tree');
    writeLargeTree(root);
    const times = Math.min(options.rounds, START_ROUNDS_MAX);
    const starts = await repeated(times, () => measureStart({ ...site, root }));
    outcomes.set('start', 'reason' in starts ? starts : summarize(starts));
  }
  return rows.map((row) => judgeAbsolute(row, outcomes.get(row.name)!));
}

function isRatio(row: Row): row is RatioRow {
  return row.kind === 'ratio';
}

function sectionOf(facts: readonly string[], judged: readonly Judged[], table: FullTable, options: Options): Section {
  const measured = [...table.outcomes].flatMap(([name, outcome]) => (isVoid(outcome) ? [] : [{ name, outcome }]));
  return {
    id: 'table',
    title: 'Against nginx and the C floor',
    facts,
    tables: [
      {
        caption: `The bars; ${tally(judged).text}.`,
        columns: ['row', 'measured', 'against the bar', 'verdict'],
        rows: judged.map(({ row, figures, comparison, verdict }) => [row.title, figures.join('; '), comparison, verdict]),
      },
      {
        caption: `All cells. "Both cores" is all the work of a request, wrk's included: on loopback a part of TCP's work for large
answers (what an ACK sets off) runs on the load's core and is charged to wrk. A server whose share of its core is well below 1
waited for wrk. "Others' CPU" is what processes outside the bench took, in cores.`,
        columns: CELL_COLUMNS,
        rows: measured.map(({ name, outcome }) => [
          name,
          withSpread(outcome.microsecondsPerRequest),
          figure(outcome.bothCoresMicroseconds.median),
          outcome.requestsPerSecond.median.toFixed(0),
          outcome.utilization.median.toFixed(2),
          outcome.others.median.toFixed(2),
        ]),
      },
    ],
    method: `Every server is one worker pinned to one core; \`wrk -t1 -c64\` is pinned to the other; both on this machine,
over loopback, keep-alive, no access logs. Each contender's answers (status, Content-Length, the whole body, keep-alive, 304 for
its own ETag, 404) are compared with the files before it is timed. Runs of ${options.seconds} s alternate between the
contenders of a group, ${options.rounds} rounds after a warm-up round. CPU is the sum of \`/proc/PID/task/*/schedstat\` of the server
process (nginx: its worker). Any socket error, unexpected status or unexpected answer size voids the row. nginx runs with sendfile,
tcp_nopush and open_file_cache (bench/nginx.ts). pagecast-default-cc is pagecast with --congestion-control set to the system's,
which nginx and the floor have too; by default pagecast does not pace connections over loopback, and a pacing algorithm (bbr) costs
a timer for each segment. The floor is bench/floor.c: bare epoll, recv and send of the very bytes that
pagecast answers for 1 KiB. MB are 10^6 bytes; added RSS is measured from a server that has given one answer.`,
  };
}

export async function runTable(scope: Scope, options: Options): Promise<Report> {
  const cores = twoCores();
  const absent = missingLoadTool();
  if (cores === null || absent !== null) {
    say(`the full table cannot be run: ${cores === null ? 'it needs two cores' : `${absent ?? ''} is not installed`}`);
    return { passed: false, section: null };
  }
  const facts = machineFacts(['nginx', 'wrk', 'cc']);
  pinSelf(cores.load);
  const workDirectory = scope.directory();
  const root = join(workDirectory, 'site');
  mkdirSync(root);
  writeFixtures(root);
  const placement = { core: cores.server, namespace: null };
  const site: Site = { scope, root, workDirectory, host: '127.0.0.1', placement };

  const rows = ROWS.filter(({ name }) => options.rows === null || options.rows.has(name));
  const table = new FullTable(options, site, cores);
  const judged: Judged[] = [];
  const conclude = (row: Judged): void => {
    say(printed(row));
    judged.push(row);
  };
  const ratios = rows.filter(isRatio);
  if (ratios.length > 0) await table.startContenders();
  for (const group of new Set(ratios.map((row) => row.group))) {
    const members = ratios.filter((row) => row.group === group);
    await table.measureGroup(members);
    for (const row of members) conclude(judgeRatio(row, table.outcomes));
  }
  await table.stop();
  const alone = rows.filter((row) => !isRatio(row));
  for (const row of await judgeAlone(alone, site, options, cores)) conclude(row);

  const noise = noiseOf(table.outcomes);
  if (noise.disturbed) say(noise.text);
  const { text, passed } = tally(judged);
  say(text);
  const complete = options.rows === null && judged.some(({ verdict }) => verdict !== 'void');
  return { passed, section: complete ? sectionOf([...facts, noise.text], judged, table, options) : null };
}
