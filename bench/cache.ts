/** The cache section: what a stored response costs, against varnish and nginx proxy_cache; a herd; a purge. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Origin, startCache, withEmptyProxy } from './cache-contenders.ts';
import { HERD_CLIENTS, measureHerd, type Herd } from './cache-herd.ts';
import { HitCell } from './cache-hits.ts';
import { measurePurge, PURGED_OBJECTS } from './cache-purge.ts';
import { HERD_ROWS, HIT_ROWS, judgeAlone, judgeHit, printedCacheRow, PURGE_ROWS, tallyCache } from './cache-rows.ts';
import type { AloneRow, CacheJudged, CacheName, CachePart, HitLoadName } from './cache-rows.ts';
import { twoCores, type Cores } from './cpu.ts';
import type { Section } from './document.ts';
import { reasonOf } from './errors.ts';
import { loadNamed, writeFixtures } from './fixtures.ts';
import { machineFacts } from './machine.ts';
import type { Options } from './options.ts';
import { pinSelf, type Scope } from './processes.ts';
import { say, type Report } from './report.ts';
import { alternate, isVoid, noiseOf, type Outcome } from './rounds.ts';
import { isMissing, type Missing, type Server, type Site } from './servers.ts';
import { figure, summarize, withSpread } from './statistics.ts';
import { varnishVersion } from './varnish.ts';
import { missingLoadTool } from './wrk.ts';

/** A herd takes ten seconds and a fill of 100,000 objects as long: rounds of either, at most. */
const ALONE_ROUNDS_MAX = 3;
const HERD_WARM_UPS = 2;
const HIT_LOADS: readonly HitLoadName[] = ['1k', '100k', '1m'];

class CacheTable {
  readonly #options: Options;
  readonly #site: Site;
  readonly #cores: Cores;
  readonly #origin: Origin;
  readonly #contenders = new Map<CacheName, Server | Missing>();
  readonly outcomes = new Map<string, Outcome>();

  constructor(options: Options, site: Site, cores: Cores, origin: Origin) {
    this.#options = options;
    this.#site = site;
    this.#cores = cores;
    this.#origin = origin;
  }

  async startContenders(): Promise<void> {
    for (const name of ['static', 'proxy', 'proxy-default-cc', 'varnish', 'nginx-cache'] as const) {
      const contender = await startCache(name, this.#site, this.#origin);
      if (isMissing(contender)) say(`${name}: missing: ${contender.reason}`);
      this.#contenders.set(name, contender);
    }
  }

  /** Verifies everybody, one after the other, then times them in turn. */
  async measureHits(loadName: HitLoadName): Promise<void> {
    const cells: HitCell[] = [];
    for (const [name, server] of this.#contenders) {
      // One segment is never paced.
      if (name === 'proxy-default-cc' && loadName === '1k') continue;
      const cell = await this.#cell(name, server, loadName);
      if ('reason' in cell) this.outcomes.set(`${name} ${loadName}`, cell);
      else cells.push(cell);
    }
    const { rounds, seconds } = this.#options;
    const outcomes = await alternate(cells, { label: `hits ${loadName}`, rounds, seconds, cores: this.#cores });
    for (const cell of cells) this.outcomes.set(cell.name, cell.whole(outcomes.get(cell.name)!));
  }

  async #cell(name: CacheName, server: Server | Missing, loadName: HitLoadName): Promise<HitCell | { readonly reason: string }> {
    if (isMissing(server)) return { reason: `missing: ${server.reason}` };
    try {
      return await HitCell.verified(name, server, loadNamed(loadName), this.#origin, this.#site, this.#cores.load);
    } catch (error) {
      return { reason: `wrong answer: ${reasonOf(error)}` };
    }
  }

  async stop(): Promise<void> {
    for (const contender of this.#contenders.values()) if (!isMissing(contender)) await contender.process.stop();
  }
}

/** One judged row per figure; a round that could not be measured voids them all. */
async function judgeFigures<Name extends string>(
  rows: Readonly<Record<Name, AloneRow>>,
  rounds: number,
  measure: (round: number) => Promise<Readonly<Record<Name, number>>>,
): Promise<CacheJudged[]> {
  const taken: Readonly<Record<Name, number>>[] = [];
  let failure: { readonly reason: string } | null = null;
  try {
    for (let round = 0; round < rounds; round += 1) taken.push(await measure(round));
  } catch (error) {
    failure = { reason: reasonOf(error) };
  }
  const names = Object.keys(rows) as Name[];
  return names.map((name) => judgeAlone(rows[name], failure ?? summarize(taken.map((values) => values[name]))));
}

async function judgeHerd(site: Site, origin: Origin, cores: Cores, rounds: number): Promise<CacheJudged[]> {
  process.stderr.write(`bench: herd: ${rounds} rounds of ${HERD_CLIENTS} clients\n`);
  return withEmptyProxy(site, origin, async (server) => {
    // As all servers: warm. What is cold is the object.
    for (let warmUp = 0; warmUp < HERD_WARM_UPS; warmUp += 1) await measureHerd(site, origin, server, cores, rounds + warmUp);
    return judgeFigures(HERD_ROWS, rounds, async (round) => {
      const measured: Herd = await measureHerd(site, origin, server, cores, round);
      const { originRequests, firstByteMs, endsPercent, spreadMs } = measured;
      return { requests: originRequests, firstByte: firstByteMs, ends: endsPercent, spread: spreadMs };
    });
  });
}

async function judgePurge(site: Site, origin: Origin, rounds: number): Promise<CacheJudged[]> {
  process.stderr.write(`bench: purge: ${rounds} rounds of ${PURGED_OBJECTS} objects\n`);
  return judgeFigures(PURGE_ROWS, rounds, async () => {
    const measured = await withEmptyProxy(site, origin, (server) => measurePurge(server, origin));
    const { purgeMs, slowestMeanwhileMs, slowestAfterMs, slowestBeforeMs } = measured;
    return { purge: purgeMs, meanwhile: slowestMeanwhileMs, afterwards: slowestAfterMs, before: slowestBeforeMs };
  });
}

function sectionOf(facts: readonly string[], judged: readonly CacheJudged[], outcomes: ReadonlyMap<string, Outcome>, options: Options): Section {
  const measured = [...outcomes].flatMap(([name, outcome]) => (isVoid(outcome) ? [] : [{ name, outcome }]));
  return {
    id: 'cache',
    title: 'Stored responses, against varnish and nginx proxy_cache (--cache)',
    facts,
    tables: [
      {
        caption: `The bars; ${tallyCache(judged).text}.`,
        columns: ['row', 'measured', 'against the bar', 'verdict'],
        rows: judged.map(({ title, figures, comparison, verdict }) => [title, figures.join('; '), comparison, verdict]),
      },
      {
        caption: 'All hits. The columns are those of the full table.',
        columns: ['server and load', 'CPU µs per request', 'both cores µs per request', 'requests/s', "server's share of its core", "others' CPU"],
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
    method: methodOf(options),
  };
}

function methodOf({ seconds, rounds }: Options): string {
  return `As in the full table: one core for the server, \`wrk -t1 -c64\` on the other, runs of ${seconds} s that alternate,
${rounds} rounds after a warm-up. Every cache stands in front of the same origin (node:http, max-age=3600 and an ETag) and may use 1 GB of memory;
static is pagecast with the same bytes as files. Before a cache is timed its answers are compared with the files, it must say itself
that they are hits, and the origin must have had exactly one request; a request that reaches the origin during a run voids the row.
The cost is that of the whole process tree: varnishd's manager and nginx's master are added to the process that answers.
varnishd: the built-in VCL, malloc storage, one thread pool, no reader of its log, which it keeps in memory. nginx: one worker,
proxy_cache in memory (/dev/shm, where there is room) with sendfile, open_file_cache and proxy_cache_lock (bench/nginx.ts).
proxy-default-cc: with the system's congestion control, which varnish and nginx have too.
The herd: ${HERD_CLIENTS} clients, connected before, ask at once for 10 MiB that nobody has asked for, from an origin that gives 1 MB/s; bodies
are compared, by one process in C (bench/herd.c), on the origin's core; ${HERD_WARM_UPS} herds before, for other objects, warm the server. The purge:
method PURGE with a Cache-Tag, of ${PURGED_OBJECTS} objects of 1 KiB, while four connections ask for another object; time until the answer.
Bars of rows with one server are for the worst round.`;
}

async function judgeAll(options: Options, site: Site, cores: Cores, table: CacheTable, origin: Origin): Promise<CacheJudged[]> {
  const wanted = (part: CachePart): boolean => options.rows === null || options.rows.has(part);
  const judged: CacheJudged[] = [];
  const conclude = (rows: readonly CacheJudged[]): void => {
    for (const row of rows) say(printedCacheRow(row));
    judged.push(...rows);
  };
  const loads = HIT_LOADS.filter(wanted);
  if (loads.length > 0) await table.startContenders();
  for (const load of loads) {
    await table.measureHits(load);
    conclude(HIT_ROWS.filter((row) => row.load === load).map((row) => judgeHit(row, table.outcomes)));
  }
  await table.stop();
  const rounds = Math.min(options.rounds, ALONE_ROUNDS_MAX);
  if (wanted('herd')) conclude(await judgeHerd(site, origin, cores, rounds));
  if (wanted('purge')) conclude(await judgePurge(site, origin, rounds));
  return judged;
}

export async function runCache(scope: Scope, options: Options): Promise<Report> {
  const cores = twoCores();
  const absent = missingLoadTool();
  if (cores === null || absent !== null) {
    say(`the cache table cannot be run: ${cores === null ? 'it needs two cores' : `${absent ?? ''} is not installed`}`);
    return { passed: false, section: null };
  }
  const facts = [...machineFacts(['nginx', 'wrk']), `cache: ${varnishVersion()}`];
  pinSelf(cores.load);
  const workDirectory = scope.directory();
  const root = join(workDirectory, 'site');
  mkdirSync(root);
  writeFixtures(root);
  const placement = { core: cores.server, namespace: null };
  const site: Site = { scope, root, workDirectory, host: '127.0.0.1', placement };
  const origin = await Origin.start(site, cores);
  const table = new CacheTable(options, site, cores, origin);
  const judged = await judgeAll(options, site, cores, table, origin);
  await origin.server.process.stop();

  const noise = noiseOf(table.outcomes);
  if (noise.disturbed) say(noise.text);
  const { text, passed } = tallyCache(judged);
  say(text);
  const complete = options.rows === null && judged.some(({ verdict }) => verdict !== 'void');
  return { passed, section: complete ? sectionOf([...facts, noise.text], judged, table.outcomes, options) : null };
}
