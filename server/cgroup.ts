// What the cgroup grants, versions 1 and 2 (cgroups(7)). Reads files only; what is absent grants everything.
import { readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { dirname } from 'node:path';

const ROOT = '/sys/fs/cgroup';

function read(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch {
    return undefined; // not mounted, or not ours to read: no limit is known
  }
}

/** Paths of the hierarchy a controller is in, innermost first. */
function hierarchy(controller: string): string[] {
  const lines = (read('/proc/self/cgroup') ?? '').split('\n').map((line) => line.split(':'));
  const v1 = lines.find(([, controllers]) => controllers?.split(',').includes(controller));
  const v2 = lines.find(([number]) => number === '0');
  const base = v1 ? `${ROOT}/${controller}` : ROOT;
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
  const quota = Math.min(...hierarchy('cpu').map(quotaOf));
  return Math.max(1, Math.min(availableParallelism(), Math.floor(quota)));
}

/** Bytes of memory that the cgroup allows; Infinity without a limit. */
export function grantedMemory(): number {
  const limits = hierarchy('memory').map((path) => {
    const text = read(`${path}/memory.max`) ?? read(`${path}/memory.limit_in_bytes`);
    const bytes = text === undefined || text === 'max' ? Infinity : Number(text);
    return bytes >= 2 ** 60 ? Infinity : bytes; // version 1 says "no limit" with a huge number
  });
  return Math.min(...limits);
}
