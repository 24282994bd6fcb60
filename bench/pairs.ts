/** Runs a table of pairs: starts its contenders, measures the cells of each name in turn, judges its rows, and makes its section. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { twoCores, type Cores } from './cpu.ts';
import type { Section, SectionId } from './document.ts';
import { reasonOf } from './errors.ts';
import { writeFixtures } from './fixtures.ts';
import { machineFacts, type Tool } from './machine.ts';
import type { Options } from './options.ts';
import { cellName, judgePair, printedPair, tallyPairs, type PairJudged, type PairOutcome, type PairRow, type Skipped } from './pair-rows.ts';
import { pinSelf, type Placement, type Scope } from './processes.ts';
import { say, type Report } from './report.ts';
import { alternate, isVoid, noiseOf, type Cell, type Outcome } from './rounds.ts';
import { admitted, isMissing, type Missing, type Server, type Site } from './servers.ts';
import { figure, withSpread } from './statistics.ts';
import { missingLoadTool } from './wrk.ts';

/** A file that everybody has. */
const READY_TARGET = '/16k.bin';

/** What a load needs, besides a server. */
export interface Ground {
  readonly site: Site;
  /** Of the load generator. */
  readonly load: Placement;
}

export interface PairTable {
  readonly id: SectionId;
  readonly title: string;
  readonly rows: readonly PairRow[];
  readonly tools: readonly Tool[];
  /** Who takes part in the rows of a name; by default those that they compare. Others are measured beside them. */
  readonly beside: Readonly<Record<string, readonly string[]>>;
  /** A program that this table cannot do without, and that is not there; or null. */
  missingTool(): string | null;
  /** Not awaited: whoever answers is. */
  start(contender: string, site: Site): Promise<Server | Missing>;
  /** A load of verified answers. Throws with what is wrong with them. */
  load(server: Server, name: string, ground: Ground): Promise<Cell['load'] | Skipped>;
  method(options: Options): string;
}

class Pairs {
  readonly #table: PairTable;
  readonly #options: Options;
  readonly #ground: Ground;
  readonly #contenders = new Map<string, Server | Missing>();
  readonly outcomes = new Map<string, PairOutcome>();

  constructor(table: PairTable, options: Options, ground: Ground) {
    this.#table = table;
    this.#options = options;
    this.#ground = ground;
  }

  /** Those who take part in rows of a name, each once. */
  #participants(name: string): string[] {
    const rows = this.#table.rows.filter((row) => row.name === name);
    return [...new Set([...rows.flatMap(({ subject, reference }) => [subject, reference]), ...(this.#table.beside[name] ?? [])])];
  }

  async start(names: readonly string[]): Promise<void> {
    for (const contender of new Set(names.flatMap((name) => this.#participants(name)))) {
      const server = await admitted(await this.#table.start(contender, this.#ground.site), READY_TARGET);
      if (isMissing(server)) say(`${contender}: missing: ${server.reason}`);
      this.#contenders.set(contender, server);
    }
  }

  async measure(name: string, cores: Cores): Promise<PairJudged[]> {
    const cells: Cell[] = [];
    for (const contender of this.#participants(name)) {
      const cell = await this.#cell(contender, name);
      if ('reason' in cell) this.outcomes.set(cellName(contender, name), cell);
      else cells.push(cell);
    }
    const { rounds, seconds } = this.#options;
    for (const [cell, outcome] of await alternate(cells, { label: name, rounds, seconds, cores })) this.outcomes.set(cell, outcome);
    return this.#table.rows.filter((row) => row.name === name).map((row) => judgePair(row, this.outcomes));
  }

  async #cell(contender: string, name: string): Promise<Cell | Skipped | { readonly reason: string }> {
    const server = this.#contenders.get(contender)!;
    if (isMissing(server)) return { reason: `missing: ${server.reason}` };
    try {
      const load = await this.#table.load(server, name, this.#ground);
      return typeof load === 'function' ? { name: cellName(contender, name), server, prepare: null, load } : load;
    } catch (error) {
      return { reason: `wrong answer: ${reasonOf(error)}` };
    }
  }

  async stop(): Promise<void> {
    for (const contender of this.#contenders.values()) if (!isMissing(contender)) await contender.process.stop();
  }
}

function sectionOf(table: PairTable, facts: readonly string[], judged: readonly PairJudged[], outcomes: ReadonlyMap<string, Outcome>, options: Options): Section {
  const measured = [...outcomes].flatMap(([name, outcome]) => (isVoid(outcome) ? [] : [{ name, outcome }]));
  return {
    id: table.id,
    title: table.title,
    facts,
    tables: [
      {
        caption: `The bars; ${tallyPairs(judged).text}. "≤" is about CPU for each of them, "≥" about how many there are for a second of CPU.`,
        columns: ['row', 'measured', 'against the bar', 'verdict'],
        rows: judged.map(({ title, figures, comparison, verdict }) => [title, figures.join('; '), comparison, verdict]),
      },
      {
        caption: 'All cells. The columns are those of the full table.',
        columns: ['server and load', 'CPU µs each', 'both cores µs each', 'per second', "server's share of its core", "others' CPU"],
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
    method: table.method(options),
  };
}

export async function runPairs(table: PairTable, scope: Scope, options: Options): Promise<Report> {
  const cores = twoCores();
  const absent = missingLoadTool() ?? table.missingTool();
  if (cores === null || absent !== null) {
    say(`this table cannot be run: ${cores === null ? 'it needs two cores' : `${absent ?? ''} is not installed`}`);
    return { passed: false, section: null };
  }
  const facts = machineFacts(table.tools);
  pinSelf(cores.load);
  const workDirectory = scope.directory();
  const root = join(workDirectory, 'site');
  mkdirSync(root);
  writeFixtures(root);
  const site: Site = { scope, root, workDirectory, host: '127.0.0.1', placement: { core: cores.server, namespace: null } };
  const pairs = new Pairs(table, options, { site, load: { core: cores.load, namespace: null } });

  const names = [...new Set(table.rows.map(({ name }) => name))].filter((name) => options.rows?.has(name) ?? true);
  await pairs.start(names);
  const judged: PairJudged[] = [];
  for (const name of names) {
    const rows = await pairs.measure(name, cores);
    for (const row of rows) say(printedPair(row));
    judged.push(...rows);
  }
  await pairs.stop();

  const noise = noiseOf(pairs.outcomes);
  if (noise.disturbed) say(noise.text);
  const { text, passed } = tallyPairs(judged);
  say(text);
  const complete = options.rows === null && judged.some(({ verdict }) => verdict !== 'void' && verdict !== 'skipped');
  return { passed, section: complete ? sectionOf(table, [...facts, noise.text], judged, pairs.outcomes, options) : null };
}
