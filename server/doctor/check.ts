// The shape of a judgement. Each check is a row of a table: pure, from facts to a verdict.
import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';
import type { Facts } from './facts.ts';

/** ok: all of it works. limited: a part of it does. missing: refused. unknown: it could not be tried. */
export type State = 'ok' | 'limited' | 'missing' | 'unknown';

export interface Verdict {
  readonly state: State;
  /** What was seen, in words. */
  readonly found: string;
  /** Where they differ from the check's own. */
  readonly cost?: string;
  readonly cure?: string;
}

export interface Check {
  readonly name: string;
  /** What it costs where it is missing. */
  readonly cost: string;
  readonly cure: string;
  judge(facts: Facts): Verdict;
}

export const ok = (found: string): Verdict => ({ state: 'ok', found });
export const limited = (found: string, more: Partial<Verdict> = {}): Verdict => ({ ...more, state: 'limited', found });
export const missing = (found: string, more: Partial<Verdict> = {}): Verdict => ({ ...more, state: 'missing', found });
export const unknown = (found: string, more: Partial<Verdict> = {}): Verdict => ({ ...more, state: 'unknown', found });

const { errno } = constants;

/** Whether an outcome of native/probes.ts is this error. */
export function isError(outcome: number | null, ...names: readonly (keyof typeof errno)[]): boolean {
  return outcome !== null && names.some((name) => outcome === -errno[name]);
}

export function errorName(outcome: number): string {
  return outcome === -errno.EOPNOTSUPP ? 'EOPNOTSUPP' : getSystemErrorName(outcome);
}

/** `6.18.44-generic` is [6, 18]. */
export function kernelVersion(release: string): readonly [number, number] {
  const [, major, minor] = /^(\d+)\.(\d+)/.exec(release) ?? [];
  return [Number(major ?? 0), Number(minor ?? 0)];
}

export function isKernelFrom(release: string, [major, minor]: readonly [number, number]): boolean {
  const [thisMajor, thisMinor] = kernelVersion(release);
  return thisMajor > major || (thisMajor === major && thisMinor >= minor);
}

/** Why a system call that came with this kernel is not there, and what helps. */
export function refusedCall(facts: Facts, outcome: number, since: readonly [number, number]): Verdict {
  const hidden = isError(outcome, 'EPERM') || isKernelFrom(facts.kernel.release, since);
  const cure = hidden ? "allow it in the container's seccomp profile (the default of a current runtime does)" : `a kernel from ${since.join('.')}`;
  return missing(`refused with ${errorName(outcome)}`, { cure });
}

const UNITS = ['bytes', 'KiB', 'MiB', 'GiB', 'TiB'];

export function sizeText(bytes: number): string {
  let unit = 0;
  for (; bytes >= 1024 && unit < UNITS.length - 1; ++unit) bytes /= 1024;
  return `${Number(bytes.toFixed(1))} ${UNITS[unit]!}`;
}
