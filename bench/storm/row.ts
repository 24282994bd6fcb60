/** One storm over one folder: writers, a server, readers; what was seen, and how long writers waited. */
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Network } from '../network.ts';
import { helper } from '../paths.ts';
import { run, type Placement, type Scope } from '../processes.ts';
import { FILES } from './content.ts';
import type { Filesystem } from './filesystems.ts';
import type { Means } from './means.ts';
import type { Place } from './options.ts';
import type { ReadersOrder, ReadersReport } from './order.ts';
import { startNginx, startPagecast, type Target, type TargetSite } from './targets.ts';
import type { Tally } from './witness.ts';
import { Writers, type Rewrite } from './writers.ts';

const STALE_AFTER_MS = 1000;
const DEADLINE_MS = 30_000;
const DEADLINE_MS_PER_ANSWER = 10;
const READERS_GRACE_MS = 10_000;
const HERE: Placement = { core: null, namespace: null };

export interface Grounds {
  readonly scope: Scope;
  readonly writerProgram: string;
  readonly workDirectory: string;
  /** Null where namespaces cannot be made. */
  readonly network: Network | null;
  readonly stallMsMin: number;
  readonly stallMsMax: number;
}

export interface RowOrder {
  readonly filesystem: Filesystem;
  readonly means: Means;
  readonly place: Place;
  readonly contender: 'pagecast' | 'nginx';
  readonly protect: string | null;
  readonly unknownPeer: string | null;
  readonly answers: number;
  /** Stop after so many torn answers; null: never. */
  readonly tornEnough: number | null;
}

export interface Delays {
  readonly count: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
}

export interface Outcome {
  readonly tally: Tally;
  readonly seconds: number;
  /** Why there are fewer answers than ordered, or null. */
  readonly reason: string | null;
  readonly rewrites: number;
  /** Null when no writer asked the kernel for anything. */
  readonly delays: Delays | null;
  /** Of writers of files that stalled readers ask for, and of the others. */
  readonly delaysStalled: Delays | null;
  readonly delaysOther: Delays | null;
  /** Older versions served more than a second after a newer one was closed that the same reader had seen. */
  readonly stale: number;
  readonly counters: Readonly<Record<string, number>>;
  readonly note: string | null;
}

function delaysOf(rewrites: readonly Rewrite[]): Delays | null {
  const sorted = rewrites.flatMap(({ delayMs }) => delayMs ?? []).sort((a, b) => a - b);
  if (sorted.length === 0) return null;
  const at = (share: number): number => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))]!;
  return { count: sorted.length, p50Ms: at(0.5), p99Ms: at(0.99), maxMs: sorted.at(-1)! };
}

function staleOf({ older }: Tally, rewrites: readonly Rewrite[]): number {
  const closed = new Map(rewrites.map(({ file, version, closedMs }) => [`${file} ${version}`, closedMs]));
  return older.filter(({ file, newest, atMs }) => atMs > (closed.get(`${file} ${newest}`) ?? Infinity) + STALE_AFTER_MS).length;
}

/** The readers, from their start to their report. */
async function read(grounds: Grounds, order: RowOrder, target: Target): Promise<ReadersReport> {
  const { answers, tornEnough, means, place } = order;
  const { stallMsMin, stallMsMax, network } = grounds;
  const deadlineMs = DEADLINE_MS + answers * DEADLINE_MS_PER_ANSWER;
  const { address } = target;
  const request: ReadersOrder = { address, answers, tornEnough, deadlineMs, stallMsMin, stallMsMax, emptyIsVersion: means.emptyIsVersion };
  const placement = place === 'veth' ? { core: null, namespace: network!.loadNamespace } : HERE;
  const command = [process.execPath, helper('storm/readers.js'), JSON.stringify(request)];
  const { exitCode, stdout, lastWords } = await run(grounds.scope, command, placement, deadlineMs + READERS_GRACE_MS);
  if (exitCode !== 0) throw new Error(`the readers failed: ${lastWords}`);
  return JSON.parse(stdout) as ReadersReport;
}

function start(grounds: Grounds, order: RowOrder, root: string): Promise<Target> {
  const { scope, workDirectory, network } = grounds;
  const veth = order.place === 'veth';
  const site: TargetSite = {
    scope,
    root,
    workDirectory,
    host: veth ? network!.serverAddress : '127.0.0.1',
    placement: veth ? { core: null, namespace: network!.serverNamespace } : HERE,
  };
  return order.contender === 'nginx' ? startNginx(site) : startPagecast(site, order);
}

async function storm(grounds: Grounds, order: RowOrder, folder: string, writers: Writers): Promise<Outcome> {
  const target = await start(grounds, order, join(folder, 'site'));
  writers.go();
  let counters: Readonly<Record<string, number>>;
  let report: ReadersReport;
  try {
    report = await read(grounds, order, target);
    writers.check();
    counters = await target.counts();
  } catch (error) {
    await target.stop();
    throw error;
  }
  // Writers that wait for the server are let in by its end at the latest.
  writers.tell();
  await target.stop();
  const rewrites = await writers.ended();
  const { tally, seconds, reason } = report;
  return {
    tally,
    seconds,
    reason,
    rewrites: rewrites.length,
    delays: delaysOf(rewrites),
    delaysStalled: delaysOf(rewrites.filter(({ file }) => FILES[file]!.stalledOn)),
    delaysOther: delaysOf(rewrites.filter(({ file }) => !FILES[file]!.stalledOn)),
    stale: staleOf(tally, rewrites),
    counters,
    note: target.note,
  };
}

/** @throws with the reason when the row could not be run to its end. */
export async function runRow(grounds: Grounds, order: RowOrder): Promise<Outcome> {
  const folder = mkdtempSync(join(order.filesystem.folder, 'row-'));
  const [root, staging] = [join(folder, 'site'), join(folder, 'staging')];
  for (const path of [root, staging]) mkdirSync(path);
  const logs = mkdtempSync(join(grounds.workDirectory, 'logs-'));
  let writers: Writers | null = null;
  try {
    writers = await Writers.start({ scope: grounds.scope, program: grounds.writerProgram, means: order.means, root, staging, logs });
    return await storm(grounds, order, folder, writers);
  } finally {
    writers?.kill();
    for (const path of [folder, logs]) rmSync(path, { recursive: true, force: true });
  }
}
