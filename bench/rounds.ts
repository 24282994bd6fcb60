/**
 * Alternating runs: A B C, A B C, … so that a noisy minute hits every contender. The first round warms up (JIT, page
 * cache, file caches) and is thrown away.
 */
import { coreTime, ownCpuSeconds, processCpuNanoseconds, softirqThreads, type Cores } from './cpu.ts';
import { reasonOf } from './errors.ts';
import type { Server } from './servers.ts';
import { sleep } from './processes.ts';
import { summarize, type Summary } from './statistics.ts';
import type { LoadResult } from './wrk.ts';

/** Connections of the last run are closed within this; closing belongs to the run that opened them. */
const SETTLE_MS = 50;
/** A load that shares its core lets answers pile up: at 1 MiB, nginx cost 185 µs with a compiler beside wrk, 338 alone. */
const OTHERS_SHARE_MAX = 0.1;

/** One contender under one load. */
export interface Cell {
  readonly name: string;
  readonly server: Server;
  /** What must be set before each run (an offload bit), or null. */
  readonly prepare: (() => void) | null;
  load(seconds: number): Promise<LoadResult>;
}

/** Readings of the kernel's accounts; a sample is the difference of two. */
interface Accounts {
  readonly serverNanoseconds: number;
  readonly coreSeconds: number;
  readonly interruptSeconds: number;
  readonly bothCoresSeconds: number;
  /** The bench, the load, and softirqs that the kernel moved to a thread of its own. */
  readonly ownSeconds: number;
}

interface Sample extends Accounts {
  readonly result: LoadResult;
}

/** What a cell's rounds came to, each value per round, summed up. */
export interface Measured {
  readonly microsecondsPerRequest: Summary;
  readonly requestsPerSecond: Summary;
  /** The server process's share of its core. Far below 1: the load was the limit. */
  readonly utilization: Summary;
  /** All that either core did, the load generator's part included. */
  readonly bothCoresMicroseconds: Summary;
  /** Cores' worth of CPU that neither the server nor the load nor the bench took: a noisy machine. */
  readonly others: Summary;
  readonly cpuSecondsPerGigabyte: Summary;
  readonly coreSecondsPerGigabyte: Summary;
  readonly interruptSecondsPerGigabyte: Summary;
  readonly gigabitsPerSecond: Summary;
}

export interface Void {
  readonly reason: string;
}

export type Outcome = Measured | Void;

export function isVoid(outcome: Outcome): outcome is Void {
  return 'reason' in outcome;
}

/** Whose accounts are read: the cores, or null when nothing is pinned, and their ksoftirqd. */
interface Watched {
  readonly cores: Cores | null;
  readonly softirqPids: readonly number[];
}

function readAccounts(pid: number, { cores, softirqPids }: Watched): Accounts {
  const server = cores === null ? null : coreTime(cores.server);
  const load = cores === null ? null : coreTime(cores.load);
  return {
    serverNanoseconds: processCpuNanoseconds(pid),
    coreSeconds: server?.busySeconds ?? 0,
    interruptSeconds: server?.interruptSeconds ?? 0,
    bothCoresSeconds: (server?.busySeconds ?? 0) + (load?.busySeconds ?? 0),
    ownSeconds: ownCpuSeconds() + softirqPids.reduce((sum, softirq) => sum + processCpuNanoseconds(softirq) / 1e9, 0),
  };
}

async function sample(cell: Cell, seconds: number, watched: Watched): Promise<Sample> {
  cell.prepare?.();
  const pid = cell.server.measuredPid();
  const before = readAccounts(pid, watched);
  const result = await cell.load(seconds);
  await sleep(SETTLE_MS);
  const after = readAccounts(pid, watched);
  return {
    serverNanoseconds: after.serverNanoseconds - before.serverNanoseconds,
    coreSeconds: after.coreSeconds - before.coreSeconds,
    interruptSeconds: after.interruptSeconds - before.interruptSeconds,
    bothCoresSeconds: after.bothCoresSeconds - before.bothCoresSeconds,
    ownSeconds: after.ownSeconds - before.ownSeconds,
    result,
  };
}

function othersShare({ bothCoresSeconds, serverNanoseconds, ownSeconds, result }: Sample): number {
  return Math.max(0, bothCoresSeconds - serverNanoseconds / 1e9 - ownSeconds) / result.seconds;
}

function measured(samples: readonly Sample[]): Measured {
  const each = (value: (sample: Sample) => number): Summary => summarize(samples.map(value));
  return {
    microsecondsPerRequest: each(({ serverNanoseconds, result }) => serverNanoseconds / 1000 / result.requests),
    requestsPerSecond: each(({ result }) => result.requests / result.seconds),
    utilization: each(({ serverNanoseconds, result }) => serverNanoseconds / 1e9 / result.seconds),
    bothCoresMicroseconds: each(({ bothCoresSeconds, result }) => (bothCoresSeconds * 1e6) / result.requests),
    others: each(othersShare),
    cpuSecondsPerGigabyte: each(({ serverNanoseconds, result }) => serverNanoseconds / result.bytes),
    coreSecondsPerGigabyte: each(({ coreSeconds, result }) => (coreSeconds / result.bytes) * 1e9),
    interruptSecondsPerGigabyte: each(({ interruptSeconds, result }) => (interruptSeconds / result.bytes) * 1e9),
    gigabitsPerSecond: each(({ result }) => (result.bytes * 8) / 1e9 / result.seconds),
  };
}

export interface Schedule {
  /** For the progress line. */
  readonly label: string;
  readonly rounds: number;
  readonly seconds: number;
  /** Whose system-wide time is sampled too; null: nothing is pinned, so no core is the server's. */
  readonly cores: Cores | null;
}

export interface Noise {
  readonly disturbed: boolean;
  readonly text: string;
}

/** What others took at worst: whether the figures are fit to be published. */
export function noiseOf(outcomes: ReadonlyMap<string, Outcome>): Noise {
  let worst = { name: 'any cell', share: 0 };
  for (const [name, outcome] of outcomes) {
    if (!isVoid(outcome) && outcome.others.median > worst.share) worst = { name, share: outcome.others.median };
  }
  const disturbed = worst.share >= OTHERS_SHARE_MAX;
  const amount = `other processes took ${(worst.share * 100).toFixed(0)} % of a core at worst (${worst.name})`;
  return { disturbed, text: disturbed ? `noise: DISTURBED, ${amount}: run it on a quiet machine` : `noise: ${amount}` };
}

/** One error voids a cell for good: what it measured before is not half a truth. */
export async function alternate(cells: readonly Cell[], schedule: Schedule): Promise<ReadonlyMap<string, Outcome>> {
  const samples = new Map<string, Sample[]>(cells.map(({ name }) => [name, []]));
  const voids = new Map<string, string>();
  const { label, rounds, seconds, cores } = schedule;
  const watched = { cores, softirqPids: cores === null ? [] : softirqThreads(cores) };
  process.stderr.write(`bench: ${label}: ${rounds} rounds and a warm-up of ${cells.length} cells × ${seconds} s\n`);
  for (let round = 0; round <= rounds; round += 1) {
    for (const cell of cells) {
      if (voids.has(cell.name)) continue;
      try {
        const taken = await sample(cell, seconds, watched);
        if (round > 0) samples.get(cell.name)!.push(taken);
      } catch (error) {
        voids.set(cell.name, reasonOf(error));
      }
    }
  }
  return new Map(
    cells.map(({ name }): [string, Outcome] => {
      const reason = voids.get(name);
      return [name, reason === undefined ? measured(samples.get(name)!) : { reason }];
    }),
  );
}
