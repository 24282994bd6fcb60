// From facts to rows. Pure: the same facts give the same rows.
import { type Check, type State } from './check.ts';
import { kernelChecks } from './checks/kernel.ts';
import { limitChecks } from './checks/limits.ts';
import { mountChecks } from './checks/mount.ts';
import { networkChecks } from './checks/network.ts';
import type { Facts } from './facts.ts';

export type Group = 'Kernel' | 'Mount' | 'Limits' | 'Network';

export interface Row {
  readonly group: Group;
  readonly name: string;
  readonly state: State;
  readonly found: string;
  /** What it costs where it is missing. */
  readonly cost: string;
  /** '' where nothing is to be cured, or it is not known whether. */
  readonly cure: string;
}

export function judge(facts: Facts): readonly Row[] {
  const groups: readonly (readonly [Group, readonly Check[]])[] = [
    ['Kernel', kernelChecks], ['Mount', mountChecks], ['Limits', limitChecks], ['Network', networkChecks(facts)],
  ];
  return groups.flatMap(([group, checks]) => checks.map((check) => {
    const { state, found, cost = check.cost, cure } = check.judge(facts);
    const known = state === 'limited' || state === 'missing';
    return { group, name: check.name, state, found, cost, cure: cure ?? (known ? check.cure : '') };
  }));
}

export function countStates(rows: readonly Row[]): Readonly<Record<State, number>> {
  const counts = { ok: 0, limited: 0, missing: 0, unknown: 0 };
  for (const { state } of rows) counts[state] += 1;
  return counts;
}
