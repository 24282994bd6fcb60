// What a cgroup tells, look by look, and what becomes of the share of memory that is used.
import type { MemoryLevel } from '../../server/cgroup.ts';
import type { Squeeze } from '../../server/memory-pressure.ts';

const MIB = 1 << 20;

/** 400 MiB, of which 100 are page cache, under a limit of 1 GiB; nobody waits. */
export function level(given: Partial<MemoryLevel> = {}): MemoryLevel {
  return { limitBytes: 1024 * MIB, usedBytes: 400 * MIB, pageCacheBytes: 100 * MIB, limited: 0, stallPercent: 0, ...given };
}

const FULL = level({ usedBytes: 1000 * MIB, pageCacheBytes: 10 * MIB });
const CACHE = level({ usedBytes: 1024 * MIB, pageCacheBytes: 700 * MIB });
const MOSTLY = { usedBytes: 900 * MIB, pageCacheBytes: 50 * MIB };

export interface PressureCase {
  readonly what: string;
  readonly looks: readonly (readonly MemoryLevel[])[];
  readonly share: number;
  readonly cause?: Squeeze;
  readonly floorShare?: number;
}

const times = (count: number, ...levels: MemoryLevel[]): MemoryLevel[][] => Array.from({ length: count }, () => levels);

export const pressureCases: readonly PressureCase[] = [
  { what: 'there is room', looks: times(100, level()), share: 1 },
  { what: 'no cgroup tells anything', looks: times(100), share: 1 },
  { what: 'there is no limit', looks: times(100, level({ limitBytes: Infinity, usedBytes: 2 ** 45, pageCacheBytes: 0 })), share: 1 },
  { what: 'what cannot be taken back is near the limit', looks: times(1, FULL), share: 0.8, cause: 'full' },
  { what: 'step by step', looks: times(3, FULL), share: 0.512, cause: 'full' },
  { what: 'down to the floor', looks: times(50, FULL), share: 0.25, cause: 'full' },
  { what: 'which is settable', looks: times(50, FULL), share: 0.6, cause: 'full', floorShare: 0.6 },
  { what: 'and may be all of it', looks: times(50, FULL), share: 1, floorShare: 1 },
  { what: 'page cache fills it: that is as it should be', looks: times(100, CACHE), share: 1 },
  { what: 'and its limit is reached all the time', looks: Array.from({ length: 100 }, (_, at) => [{ ...CACHE, limited: at * 7 }]), share: 1 },
  { what: 'a limit was reached before the first look', looks: times(50, level({ ...MOSTLY, limited: 9 })), share: 1 },
  { what: 'it is reached, and most of it cannot be taken back', looks: [[level(MOSTLY)], [level({ ...MOSTLY, limited: 1 })], [level({ ...MOSTLY, limited: 1 })]], share: 0.8, cause: 'limited' },
  { what: 'again and again', looks: Array.from({ length: 4 }, (_, at) => [level({ ...MOSTLY, limited: at })]), share: 0.512, cause: 'limited' },
  { what: 'a level above is full', looks: times(1, level(), FULL), share: 0.8, cause: 'full' },
  { what: 'something waits for memory', looks: times(1, level({ stallPercent: 10.5 })), share: 0.8, cause: 'stalled' },
  { what: 'less than it may', looks: times(50, level({ stallPercent: 10 })), share: 1 },
  { what: 'others wait, further out', looks: times(50, level(), level({ stallPercent: 90 })), share: 1 },
  { what: 'it grows back slowly', looks: [...times(1, FULL), ...times(10, level())], share: 0.85, cause: 'full' },
  { what: 'no sooner', looks: [...times(1, FULL), ...times(9, level())], share: 0.8, cause: 'full' },
  { what: 'to all of it', looks: [...times(50, FULL), ...times(150, level())], share: 1 },
  { what: 'it shrinks again on the way', looks: [...times(1, FULL), ...times(19, level()), ...times(1, FULL), ...times(9, level())], share: 0.68, cause: 'full' },
];
