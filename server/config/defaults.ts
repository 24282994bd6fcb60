// What is so where nothing is said, as a config would say it. Bounds of memory are of the machine; grantedMemory() is Infinity without a limit.
import type { ArenaLimits, FileLimits, GuardLimits, MemoryLimits } from '../options.ts';
import { loopLimits, type LoopLimits } from '../limits.ts';

const MIB = 1 << 20;
const FILES_OPEN_MAX = 4096;
const FILES_OPEN_MIN = 16;
const MISSING_MAX = 4096;
/** Of each object that a worker has at hand, the path and the page of that name. */
const MISSING_BEFORE_ORIGINS = 32_768;
/** Descriptors of a worker that are neither files nor connections of clients. */
const DESCRIPTORS_OF_ITS_OWN = 64;
const CONNECTIONS_MIN = 16;

export const memoryDefaults: MemoryLimits = { floorShare: 0.25, stallPercentMax: 10 };

export const cacheDefaults = { rangeFillBytesMax: 16 * MIB, aloneMs: 10_000 } as const;

export const STORE_BYTES_MAX = 10 * 1024 * MIB;

export const clusterDefaults = { stream: 'pagecast', staleMaxMs: 5_000, timeoutMs: 2_000, entriesMax: 100_000, queueMax: 65_536, reload: false } as const;

export const tracingDefaults = { serviceName: 'pagecast', sampleRatio: 1, headers: {} } as const;

export function cacheBytesMax(grantedBytes: number): number {
  return Math.max(MIB, Math.min(256 * MIB, Math.floor(grantedBytes / 4)));
}

export function arenaDefaults(grantedBytes: number): ArenaLimits {
  return { bytesMax: Math.min(64 * MIB, Math.floor(grantedBytes / 8)), fileBytesMax: 32 << 10 };
}

export function guardDefaults(grantedBytes: number): GuardLimits {
  return {
    privateMaxBytes: 8 * MIB, privateMaxTotalBytes: Math.min(256 * MIB, Math.floor(grantedBytes / 4)),
    snapshotDir: '', snapshotMaxBytes: Math.min(128 * MIB, Math.floor(grantedBytes / 8)),
    writerDelayMaxMs: 1000, readerWaitMaxMs: 500, staleMaxMs: 5000, unknownPeer: 'probe', unsentMaxBytes: 256 << 10,
  };
}

/** @param share descriptors that one worker may have. */
export function fileDefaults(share: number, beforeOrigins: boolean): FileLimits {
  return { openMax: Math.min(FILES_OPEN_MAX, Math.max(FILES_OPEN_MIN, share >> 2)), missingMax: beforeOrigins ? MISSING_BEFORE_ORIGINS : MISSING_MAX };
}

/** @param openMax files that one worker keeps open: one that is private has two descriptors. */
export function loopDefaults(share: number, openMax: number): LoopLimits {
  return { ...loopLimits, connectionsMax: Math.min(loopLimits.connectionsMax, Math.max(CONNECTIONS_MIN, share - 2 * openMax - DESCRIPTORS_OF_ITS_OWN)) };
}
