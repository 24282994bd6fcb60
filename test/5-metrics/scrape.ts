// What a server's metrics say, read strictly.
import type { Server } from '../../server/index.ts';
import { readExposition, type Families } from './exposition-text.ts';

export async function scrape(server: Server): Promise<Families> {
  return readExposition((await server.metrics()).text);
}

/** Of one counter, its samples that are not 0. */
export function counted(families: Families, name: string): Record<string, number> {
  return Object.fromEntries([...(families.get(name)?.samples ?? [])].filter(([, value]) => value > 0));
}

/** By their names: counters, and what only grows of histograms. */
export function sumsIn(families: Families): Map<string, number> {
  const sums = [...families.values()].filter(({ type }) => type !== 'gauge');
  return new Map(sums.flatMap(({ name, samples }) => [...samples].map(([key, value]) => [name + key, value] as const)));
}

/** What is less than it was, or not there any more. */
export function wentBack(before: Families, after: Families): string[] {
  const now = sumsIn(after);
  return [...sumsIn(before)].filter(([name, value]) => !(now.get(name)! >= value)).map(([name, value]) => `${name}: ${value}, then ${String(now.get(name))}`);
}
