// What a storm is like, all of it from its seed: which faults and how often, what the kernel has, how tight the limits
// are, what is done to files. Every fourth storm or so has no faults at all: there nothing may be excused.
import type { Random } from './random.ts';
import type { SiteOptions } from './site.ts';
import type { FaultName, Features, Nearness } from './world.ts';

const KiB = 1 << 10;
const MiB = 1 << 20;

/** Where clones are made. */
export const SNAPSHOTS = '/snapshots';

/** Probability a call at full strength. */
const STRENGTHS: Readonly<Record<FaultName, number>> = {
  interrupted: 0.03, sendShort: 0.1, sendBlocked: 0.08, sendfileShort: 0.3, sendfileFailed: 0.02, connectionReset: 0.003,
  pipeBroken: 0.006, edgeSpurious: 0.1, acceptInterrupted: 0.1, acceptAborted: 0.05, acceptNoDescriptor: 0.1, acceptNoFile: 0.05,
  acceptNoBuffer: 0.05, watchNoSpace: 0.05, watchNoMemory: 0.05, eventNoDescriptor: 0, cacheMissed: 0.2, openRaced: 0.2,
  openNoDescriptor: 0.05, readShort: 0.3, readFailed: 0.03, memoryNoDescriptor: 0.2, memoryNoMemory: 0.2, memoryWriteShort: 0.3, poolFull: 0.1,
  leaseDenied: 0.3, leaseUnsupported: 0.1, signalLate: 0.6, signalLost: 0.3, mapRefused: 0.3,
};

export interface Profile {
  readonly faults: ReadonlyMap<FaultName, number>;
  readonly options: SiteOptions & { readonly hashBytesMax: number; readonly arenaFileBytesMax: number };
  readonly clients: number;
  readonly steps: number;
  readonly fileBytesMax: number;
  /** What may happen to files besides being replaced and removed: open(O_RDONLY|O_TRUNC), and rewriting in place. */
  readonly empties: boolean;
  readonly rewrites: boolean;
  readonly nearnesses: readonly Nearness[];
  /** The clock jumps past deadlines. */
  readonly timeouts: boolean;
  /** How it ends: served to the end, drained, or with the engine taken away in the middle. */
  readonly ending: 'served' | 'drained' | 'stopped';
  /** Of a hundred steps, those in which the pool gets something done. */
  readonly poolSteps: number;
}

function features(random: Random): Features {
  return {
    openat2: random.chance(0.9), resolveCached: random.chance(0.9), cachestat: random.chance(0.85), cachestatCounts: random.chance(0.85),
    readNowait: random.chance(0.85), multigrain: true, reflink: random.chance(0.5), droppable: random.chance(0.8), descriptorsMax: random.chance(0.15) ? random.between(20, 60) : 1 << 20,
  };
}

export function profileOf(random: Random): Profile {
  const strength = random.of([0, 0, 0.2, 0.5, 1, 1]);
  const faults = new Map<FaultName, number>();
  for (const [name, probability] of Object.entries(STRENGTHS) as [FaultName, number][]) {
    if (strength > 0 && probability > 0 && random.chance(0.6)) faults.set(name, probability * strength);
  }
  const calm = faults.size === 0;
  const arenaBytesMax = random.of([0, 8 * MiB, 64 * MiB, 64 * MiB]);
  const hashBytesMax = random.of(arenaBytesMax === 8 * MiB ? [8 * MiB] : [KiB, 100 * KiB, 8 * MiB]);
  // With a small arena the files that it takes are large, so that it rolls over.
  const arenaFileBytesMax = Math.min(hashBytesMax, random.of(arenaBytesMax === 8 * MiB ? [64 * KiB, MiB, 2 * MiB] : [0, 4 * KiB, 64 * KiB, MiB]));
  const given = features(random);
  return {
    faults,
    options: {
      features: calm ? { ...given, descriptorsMax: 1 << 20 } : given,
      limits: { connectionsMax: calm ? 64 : random.of([4, 16, 64]), discardBytesMax: 4000 },
      openFilesMax: random.of([1, 3, 16]),
      missingPathsMax: random.of([1, 16]),
      arenaBytesMax, arenaFileBytesMax, hashBytesMax,
      backlogMax: random.of([2, 64]),
      protect: random.of(['auto', 'auto', 'auto', 'auto', 'auto', 'sealed', 'lease', 'copy', 'verify']),
      guard: {
        writerDelayMaxMs: random.of([0, 20, 1000]), snapshotMaxBytes: random.of([0, 300 * KiB, 64 * MiB, 64 * MiB]), privateMaxTotalBytes: random.of([0, 2 * MiB, 64 * MiB]),
        snapshotDir: random.chance(0.3) ? SNAPSHOTS : '', unknownPeer: random.of(['probe', 'probe', 'probe', 'copy']),
      },
    },
    clients: random.between(3, 30),
    steps: random.between(150, 800),
    fileBytesMax: random.of(arenaBytesMax === 8 * MiB ? [500 * KiB, 2500 * KiB] : [3 * KiB, 80 * KiB, 500 * KiB, 500 * KiB, 2500 * KiB]),
    empties: random.chance(0.2),
    rewrites: random.chance(0.8),
    nearnesses: random.of<readonly Nearness[]>([['host'], ['network'], ['unknown'], ['network', 'unknown', 'host'], ['network', 'unknown', 'host'], ['network', 'unknown', 'host']]),
    timeouts: random.chance(0.2),
    ending: random.of(['served', 'served', 'served', 'served', 'served', 'served', 'drained', 'stopped']),
    poolSteps: random.of([2, 14, 14, 14]),
  };
}
