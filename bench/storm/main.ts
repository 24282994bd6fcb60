/** Entry of `npm run storm`: files are rewritten by every means while they are downloaded, and no completed answer may show it. */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { twoCores } from '../cpu.ts';
import { mergeDocument } from '../document.ts';
import { reasonOf } from '../errors.ts';
import { machineFacts } from '../machine.ts';
import { createNetwork, networkObstacle, type Network } from '../network.ts';
import { findTool, Scope } from '../processes.ts';
import { say } from '../report.ts';
import { makeFilesystem, type Filesystem, type NoFilesystem } from './filesystems.ts';
import { MEANS, type Means } from './means.ts';
import { readOptions, USAGE, UsageError, type Options, type Place } from './options.ts';
import { runRow, type Grounds, type Outcome, type RowOrder } from './row.ts';
import { printable, rowCells, sectionOf, settingsOf, tablesOf, type Row } from './tables.ts';
import { judge, passed } from './verdict.ts';
import { tornOf } from './witness.ts';
import { compileWriter } from './writers.ts';

/** Rarely needed: it ends with the third torn answer. Writers that truncate tear least, the pages that are queued stay as they were. */
const CONTROL_ANSWERS = 15_000;
const CONTROL_TORN = 3;
const CONTENDER_ANSWERS_MAX = 5000;
const CONTENDER_MEANS = ['pwrite', 'truncate', 'cp', 'rename'];
const STALL_MS = { long: [1000, 5000], short: [500, 1500] } as const;

/** Namespaces, or why there are none. */
function networkOf(scope: Scope, from: readonly Place[]): { network: Network | null; obstacle: string | null } {
  if (!from.includes('veth')) return { network: null, obstacle: null };
  const cores = twoCores();
  const obstacle = networkObstacle(['ip', 'ethtool']) ?? (cores === null ? 'it needs two cores' : null);
  if (obstacle !== null) return { network: null, obstacle };
  try {
    return { network: createNetwork(scope, cores!), obstacle: null };
  } catch (error) {
    return { network: null, obstacle: reasonOf(error) };
  }
}

class Storm {
  readonly rows: Row[] = [];
  readonly contender: Row[] = [];
  readonly notes = new Set<string>();
  readonly #grounds: Grounds;
  readonly #options: Options;
  readonly #obstacle: string | null;

  constructor(grounds: Grounds, options: Options, obstacle: string | null) {
    this.#grounds = grounds;
    this.#options = options;
    this.#obstacle = obstacle;
  }

  async run(filesystem: Filesystem | NoFilesystem, means: Means, place: Place): Promise<void> {
    const name = 'reason' in filesystem ? filesystem.name : nameOf(filesystem);
    const row = { filesystem: name, means: means.name, place };
    const missing = means.tool !== null && findTool(means.tool) === null ? `${means.tool} is not installed` : null;
    const obstacle = 'reason' in filesystem ? filesystem.reason : (missing ?? (place === 'veth' ? this.#obstacle : null));
    if (obstacle !== null || 'reason' in filesystem) {
      this.#add({ ...row, outcome: null, control: null, verdict: { name: 'skipped', reason: obstacle ?? '' } });
      return;
    }
    const { protect, unknownPeer, answers, from } = this.#options;
    const order: RowOrder = {
      filesystem, means, place, contender: 'pagecast', protect, unknownPeer,
      answers: Math.ceil(answers / from.length), tornEnough: null,
    };
    try {
      const controlled = means.inPlace && !means.reportedOnly && protect !== 'off';
      const control = controlled ? await this.#blow({ ...order, protect: 'off', answers: CONTROL_ANSWERS, tornEnough: CONTROL_TORN }) : null;
      const outcome = await this.#blow(order);
      const verdict = judge(outcome, { means, place, protect, unknownPeer, control });
      this.#add({ ...row, outcome, control, verdict });
      // Where torn answers are expected, how they look is no news.
      if (verdict.name === 'failed') for (const sample of outcome.tally.samples) process.stderr.write(`  ${sample}\n`);
    } catch (error) {
      this.#add({ ...row, outcome: null, control: null, verdict: { name: 'void', reason: reasonOf(error) } });
    }
  }

  async runContender(filesystem: Filesystem, means: Means): Promise<void> {
    const { answers } = this.#options;
    const place = 'loopback';
    const order: RowOrder = {
      filesystem, means, place, contender: 'nginx', protect: null, unknownPeer: null,
      answers: Math.min(answers, CONTENDER_ANSWERS_MAX), tornEnough: null,
    };
    const row = { filesystem: `nginx, ${nameOf(filesystem)}`, means: means.name, place, control: null } as const;
    try {
      const outcome = await this.#blow(order);
      this.contender.push({ ...row, outcome, verdict: { name: 'reported', reason: `${tornOf(outcome.tally)} torn` } });
    } catch (error) {
      this.contender.push({ ...row, outcome: null, verdict: { name: 'skipped', reason: reasonOf(error) } });
    }
    say(rowCells(this.contender.at(-1)!).join('  '));
  }

  async #blow(order: RowOrder): Promise<Outcome> {
    const outcome = await runRow(this.#grounds, order);
    if (outcome.note !== null) this.notes.add(outcome.note);
    return outcome;
  }

  #add(row: Row): void {
    this.rows.push(row);
    say(rowCells(row).join('  '));
  }
}

/** The name that was asked for, and what it turned out to be when that is something else. */
function nameOf({ name, kind }: Filesystem): string {
  const type = name === 'overlayfs' ? 'overlay' : name;
  return kind.startsWith(type) ? name : `${name} (is ${kind})`;
}

function count(rows: readonly Row[]): string {
  const names = ['ok', 'seen', 'failed', 'void', 'reported', 'skipped'] as const;
  const counts = names.map((name) => `${rows.filter(({ verdict }) => verdict.name === name).length} ${name}`);
  return `storm: ${rows.length} rows: ${counts.join(', ')}`;
}

async function runAll(scope: Scope, options: Options): Promise<Storm> {
  const workDirectory = scope.directory();
  const writerProgram = await compileWriter(scope, workDirectory);
  const { network, obstacle } = networkOf(scope, options.from);
  const [stallMsMin, stallMsMax] = STALL_MS[options.short ? 'short' : 'long'];
  const storm = new Storm({ scope, writerProgram, workDirectory, network, stallMsMin, stallMsMax }, options, obstacle);
  const chosen = MEANS.filter(({ name }) => options.means.includes(name));
  const filesystems = options.filesystems.map((name) => makeFilesystem(scope, name));
  for (const filesystem of filesystems) {
    storm.notes.add(`${filesystem.name}: ${'reason' in filesystem ? `skipped: ${filesystem.reason}` : filesystem.kind}`);
    for (const means of chosen) for (const place of options.from) await storm.run(filesystem, means, place);
  }
  const [first] = filesystems.filter((filesystem): filesystem is Filesystem => !('reason' in filesystem));
  const contenderMeans = options.against === null ? [] : chosen.filter(({ name }) => CONTENDER_MEANS.includes(name));
  for (const means of contenderMeans) if (first !== undefined) await storm.runContender(first, means);
  return storm;
}

async function main(): Promise<number> {
  const options = readOptions(process.argv.slice(2));
  const facts = machineFacts(options.against === null ? ['cc'] : ['cc', 'nginx']);
  const scope = new Scope();
  const storm = await runAll(scope, options);
  const tables = tablesOf(storm.rows, storm.contender);
  for (const table of tables) say(`\n${printable(table)}`);
  for (const note of storm.notes) say(note);
  const verdict = passed(storm.rows.map((row) => row.verdict));
  say(`${count(storm.rows)}: ${verdict ? 'passed' : 'FAILED'}`);
  if (options.output !== null) {
    const existing = existsSync(options.output) ? readFileSync(options.output, 'utf8') : null;
    const section = sectionOf([...facts, settingsOf(options), ...storm.notes, count(storm.rows)], tables);
    writeFileSync(options.output, mergeDocument(existing, section));
    say(`wrote the section "${section.title}" of ${options.output}`);
  }
  scope.close();
  return verdict ? 0 : 1;
}

try {
  process.exit(await main());
} catch (error) {
  if (!(error instanceof UsageError)) throw error;
  process.stderr.write(`storm: ${error.message}\n${USAGE}`);
  process.exit(2);
}
