// What the cgroup grants, versions 1 and 2 (cgroups(7)). Reads files only; what is absent grants everything.
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';

/** Where the kernel tells it. */
export interface CgroupPlaces {
  readonly root: string;
  /** As /proc/self/cgroup. */
  readonly self: string;
}

const KERNEL: CgroupPlaces = { root: '/sys/fs/cgroup', self: '/proc/self/cgroup' };

/** Memory of one level of the hierarchy, the process's own or one above it (version 2). */
export interface MemoryLevel {
  /** memory.high or memory.max, the lower one; Infinity: there is none. */
  readonly limitBytes: number;
  /** Of all that is in it, page cache included. */
  readonly usedBytes: number;
  /** Pages of files on disk, which the kernel takes back when it needs them. Memory without a file (memfd, tmpfs) is not among them. */
  readonly pageCacheBytes: number;
  /** How often a limit was reached, so far. */
  readonly limited: number;
  /** Share of the last ten seconds in which something in it waited for memory, in percent (PSI, some avg10); 0 where the kernel does not tell. */
  readonly stallPercent: number;
}

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined; // not mounted, or not ours to read: no limit is known
  }
}

/** Paths of the hierarchy a controller is in, innermost first. */
function hierarchy(controller: string, { root, self }: CgroupPlaces): string[] {
  const lines = (read(self) ?? '').split('\n').map((line) => line.split(':'));
  const v1 = lines.find(([, controllers]) => controllers?.split(',').includes(controller));
  const v2 = lines.find(([number]) => number === '0');
  const base = v1 ? `${root}/${controller}` : root;
  const paths: string[] = [];
  for (let path = (v1 ?? v2)?.[2] ?? '/'; ; path = dirname(path)) {
    paths.push(path === '/' ? base : `${base}${path}`);
    if (path === '/') return paths;
  }
}

function quotaOf(path: string): number {
  const [quota, period] = (read(`${path}/cpu.max`) ?? '').split(' ');
  if (quota && period && quota !== 'max') return Number(quota) / Number(period);
  const quotaV1 = Number(read(`${path}/cpu.cfs_quota_us`) ?? -1);
  const periodV1 = Number(read(`${path}/cpu.cfs_period_us`) ?? 0);
  return quotaV1 > 0 && periodV1 > 0 ? quotaV1 / periodV1 : Infinity;
}

/** CPUs that this process may use: affinity and quota, whole, at least 1. */
export function grantedCpus(): number {
  const quota = Math.min(...hierarchy('cpu', KERNEL).map(quotaOf));
  return Math.max(1, Math.min(availableParallelism(), Math.floor(quota)));
}

/** Bytes of memory that the cgroup and all above it allow; Infinity without a limit. */
export function grantedMemory(places = KERNEL): number {
  return Math.min(...hierarchy('memory', places).map((path) => limitOf(path, 'memory.max', 'memory.high', 'memory.limit_in_bytes')));
}

/** The lowest of those that there are. */
function limitOf(path: string, ...names: readonly string[]): number {
  const limits = names.map((name) => {
    const text = read(`${path}/${name}`);
    const bytes = text === undefined || text === 'max' ? Infinity : Number(text);
    return bytes >= 2 ** 60 || Number.isNaN(bytes) ? Infinity : bytes; // version 1 says "no limit" with a huge number
  });
  return Math.min(...limits);
}

/** What the kernel tells of memory, innermost level first; empty where there is no cgroup of version 2 with that controller. */
export function memoryLevels(places = KERNEL): MemoryLevel[] {
  return hierarchy('memory', places).flatMap((path) => {
    const used = Number(read(`${path}/memory.current`) ?? NaN);
    if (Number.isNaN(used)) return [];
    const [stat, events] = [read(`${path}/memory.stat`) ?? '', read(`${path}/memory.events`) ?? ''];
    return [{
      limitBytes: limitOf(path, 'memory.max', 'memory.high'),
      usedBytes: used,
      pageCacheBytes: Math.min(used, numberIn(stat, 'active_file') + numberIn(stat, 'inactive_file')),
      limited: numberIn(events, 'high') + numberIn(events, 'max'),
      stallPercent: Number(/^some avg10=([\d.]+)/m.exec(read(`${path}/memory.pressure`) ?? '')?.[1] ?? 0),
    }];
  });
}

/** Of a flat keyed file; 0 where it is not there. */
function numberIn(text: string, name: string): number {
  const line = text.split('\n').find((one) => one.startsWith(`${name} `));
  const value = Number(line?.slice(name.length + 1) ?? 0);
  return Number.isFinite(value) ? value : 0;
}
