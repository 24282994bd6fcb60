// Numbers out of /proc. Null where a file is not there, or is not ours to read.
import { readFileSync } from 'node:fs';
import type { Bound } from '../facts.ts';

export function readText(path: string): string | null {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return null;
  }
}

/** The numbers of a file under /proc/sys. */
export function readNumbers(name: string): readonly number[] {
  return (readText(`/proc/sys/${name}`) ?? '').trim().split(/\s+/).filter((word) => /^\d+$/.test(word)).map(Number);
}

function boundOf(word: string): Bound | null {
  if (word === 'unlimited') return word;
  return /^\d+$/.test(word) ? Number(word) : null;
}

/** One line of /proc/self/limits (proc_pid_limits(5)): `Max open files   1024   1048576   files`. */
export function resourceLimit(limits: string, name: string): { readonly soft: Bound; readonly hard: Bound } | null {
  const line = limits.split('\n').find((each) => each.startsWith(`${name} `));
  const [softWord, hardWord] = line?.slice(name.length).trim().split(/\s+/) ?? [];
  const soft = boundOf(softWord ?? '');
  const hard = boundOf(hardWord ?? '');
  return soft === null || hard === null ? null : { soft, hard };
}

const CAP_LEASE = 28n; // linux/capability.h

/** Whether CAP_LEASE is effective, from /proc/self/status. */
export function mayLease(status: string): boolean {
  const mask = /^CapEff:\s*([0-9a-f]+)$/m.exec(status)?.[1];
  return mask !== undefined && ((BigInt(`0x${mask}`) >> CAP_LEASE) & 1n) === 1n;
}
