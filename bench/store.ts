/** The store section: what a store on disk with a million objects costs at a start, in memory, and at a purge. */
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { isHit, Origin } from './cache-contenders.ts';
import { connected, fill, measurePurge, PURGED_OBJECTS, type Purged } from './cache-purge.ts';
import { judgeAlone, printedCacheRow, STORE_ROWS, tallyCache, type CacheJudged } from './cache-rows.ts';
import { PLAIN_RECORD, plainTarget, taggedTarget } from './cache-site.ts';
import { twoCores, type Cores } from './cpu.ts';
import { reasonOf } from './errors.ts';
import { writeFixtures } from './fixtures.ts';
import { machineFacts } from './machine.ts';
import type { Options } from './options.ts';
import { requestHead, type Address } from './probe.ts';
import { pinSelf, sleep, type Scope } from './processes.ts';
import { say, type Report } from './report.ts';
import { freePort, isMissing, startProxy, untilAnswering, type Server, type Site } from './servers.ts';
import { summarize } from './statistics.ts';

const STARTS_MAX = 3;
/** That may wait to be written before more are asked for: far below what the server lets wait. */
const BATCH = 20_000;
const SETTLED_WAIT_MS = 120_000;
const SCAN_WAIT_MS = 1_800_000;
const POLL_MS = 200;
/** After a scan: what it leaves for the garbage collector is gone. */
const REST_MS = 30_000;

interface Stored {
  readonly server: Server;
  readonly control: Address;
}

/** What it has on disk. */
interface OnDisk {
  readonly objects: number;
  readonly waiting: number;
  readonly scanned: boolean;
}

class StoreBench {
  readonly #site: Site;
  readonly #origin: Origin;
  readonly #objects: number;
  readonly #port: number;

  constructor(site: Site, origin: Origin, objects: number, port: number) {
    this.#port = port;
    this.#site = site;
    this.#origin = origin;
    this.#objects = objects;
  }

  /** @param folder of the store, of the work directory. */
  async start(folder: string): Promise<Stored> {
    const port = await freePort();
    const flags = ['--store', join(this.#site.workDirectory, folder), '--store-size', '100g', '--cache-size', '256m', '--control', `127.0.0.1:${port}`];
    const server = await startProxy(this.#site, this.#origin.address, 'proxy', flags, this.#port);
    if (isMissing(server)) throw new Error(server.reason);
    return { server, control: { host: '127.0.0.1', port } };
  }

  /** All objects, and those of the tag, and the purge of these while all are there. */
  async fillAndPurge({ server, control }: Stored): Promise<Purged> {
    for (const [targetOf, count] of [[plainTarget, this.#objects - PURGED_OBJECTS], [taggedTarget, PURGED_OBJECTS]] as const) {
      for (let from = 0; from < count; from += BATCH) {
        await fill(server.address, targetOf, from, Math.min(count, from + BATCH));
        await until(control, ({ waiting }) => waiting === 0, SETTLED_WAIT_MS);
        process.stderr.write(`\rbench: ${Math.min(count, from + BATCH)} of ${count} `);
      }
    }
    const { objects } = await onDisk(control);
    if (objects < this.#objects) throw new Error(`${objects} objects are on disk, of ${this.#objects}`);
    process.stderr.write('\n');
    return measurePurge(server, this.#origin);
  }

  /** Seconds from spawn to the first hit, which the origin must not hear of. */
  async firstHit(): Promise<{ readonly seconds: number; readonly stored: Stored }> {
    const target = plainTarget(Math.floor((this.#objects - PURGED_OBJECTS) / 2));
    const before = (await this.#origin.record(PLAIN_RECORD)).requests;
    const begun = performance.now();
    const stored = await this.start('store');
    await untilAnswering(stored.server, target);
    const seconds = (performance.now() - begun) / 1000;
    const { address } = stored.server;
    const { fields } = await connected(address, (connection) => connection.ask(requestHead(address, target)));
    const asked = (await this.#origin.record(PLAIN_RECORD)).requests - before;
    if (!isHit('proxy', fields) || asked !== 0) throw new Error(`the first answer was no hit: the origin was asked ${asked} times`);
    if ((await onDisk(stored.control)).scanned) throw new Error('the scan was over before the first hit');
    return { seconds, stored };
  }

  /** Once its scan is done and it has rested. */
  async memory({ server, control }: Stored): Promise<{ readonly bytes: number; readonly objects: number }> {
    await until(control, ({ scanned }) => scanned, SCAN_WAIT_MS);
    await sleep(REST_MS);
    return { bytes: residentBytes(server.process.pid), objects: (await onDisk(control)).objects };
  }
}

function residentBytes(pid: number): number {
  const kib = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'latin1'));
  if (!kib) throw new Error('no VmRSS');
  return Number(kib[1]) * 1024;
}

async function onDisk(control: Address): Promise<OnDisk> {
  const { body } = await connected(control, (connection) => connection.ask(requestHead(control, '/metrics')));
  const value = (name: string): number => Number(new RegExp(`^pagecast_store_disk_${name} (\\S+)$`, 'm').exec(body.toString('latin1'))?.[1] ?? Number.NaN);
  return { objects: value('objects'), waiting: value('waiting'), scanned: value('scanned') === 1 };
}

async function until(control: Address, holds: (there: OnDisk) => boolean, waitMs: number): Promise<void> {
  const deadline = performance.now() + waitMs;
  while (!holds(await onDisk(control))) {
    if (performance.now() > deadline) throw new Error(`the store did not come to rest: ${JSON.stringify(await onDisk(control))}`);
    await sleep(POLL_MS);
  }
}

async function measure(bench: StoreBench, { rounds }: Options): Promise<Record<keyof typeof STORE_ROWS, readonly number[]>> {
  const empty = await bench.start('empty');
  await untilAnswering(empty.server, plainTarget(0));
  const without = await bench.memory(empty);
  await empty.server.process.stop();
  const filled = await bench.start('store');
  await untilAnswering(filled.server, plainTarget(0));
  const purged = await bench.fillAndPurge(filled);
  await filled.server.process.stop();
  const starts: number[] = [];
  let last: Stored | undefined;
  for (let start = 0; start < Math.min(rounds, STARTS_MAX); start += 1) {
    await last?.server.process.stop();
    const { seconds, stored } = await bench.firstHit();
    starts.push(seconds);
    last = stored;
  }
  const { bytes, objects } = await bench.memory(last!);
  const memory = (bytes - without.bytes) / objects;
  await last?.server.process.stop();
  return { start: starts, memory: [memory], purge: [purged.purgeMs], meanwhile: [purged.slowestMeanwhileMs] };
}

async function judged(bench: StoreBench, options: Options): Promise<CacheJudged[]> {
  const names = Object.keys(STORE_ROWS) as (keyof typeof STORE_ROWS)[];
  try {
    const figures = await measure(bench, options);
    return names.map((name) => judgeAlone(STORE_ROWS[name], summarize(figures[name])));
  } catch (error) {
    return names.map((name) => judgeAlone(STORE_ROWS[name], { reason: reasonOf(error) }));
  }
}

function methodOf(objects: number): string {
  return `One worker and main on one core, clients and origin on the other. ${objects} objects of 1 KiB are asked for once each, ${PURGED_OBJECTS} of them
with a tag, no more at once than the disk takes; then PURGE with the tag, while four connections ask for another object. The server is stopped and
started: time from spawn to the first complete answer, which must be a hit that the origin does not hear of, with the scan not over by then. The files
are in the page cache as far as they are there. Memory: VmRSS half a minute after the scan, less that of a server with an empty store, for each object that is left;
most of it is the coordinator's. Bars are for the worst start.`;
}

export async function runStore(scope: Scope, options: Options): Promise<Report> {
  const cores: Cores | null = twoCores();
  if (cores === null) {
    say('the store cannot be measured: it needs two cores');
    return { passed: false, section: null };
  }
  if (options.objects <= PURGED_OBJECTS) throw new RangeError(`--objects: more than ${PURGED_OBJECTS}, which are purged`);
  pinSelf(cores.load);
  const workDirectory = scope.directory();
  const root = join(workDirectory, 'site');
  mkdirSync(root);
  writeFixtures(root);
  const site: Site = { scope, root, workDirectory, host: '127.0.0.1', placement: { core: cores.server, namespace: null } };
  const origin = await Origin.start(site, cores);
  const rows = await judged(new StoreBench(site, origin, options.objects, await freePort()), options);
  await origin.server.process.stop();
  for (const row of rows) say(printedCacheRow(row));
  const { text, passed } = tallyCache(rows);
  say(text);
  const table = {
    caption: `The bars; ${text}.`, columns: ['row', 'measured', 'against the bar', 'verdict'],
    rows: rows.map(({ title, figures, comparison, verdict }) => [title, figures.join('; '), comparison, verdict]),
  };
  const section = { id: 'store', title: `A store on disk with ${options.objects} objects (--store)`, facts: machineFacts([]), tables: [table], method: methodOf(options.objects) } as const;
  return { passed, section: passed ? section : null };
}
