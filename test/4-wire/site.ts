// The site that the wire tests ask.
import type { Test } from 'tap';
import type { ServerOptions } from '../../server/index.ts';
import { serve, type Serving } from '../serving.ts';

export const files = { 'index.html': '<p>home\n', 'a.txt': 'alpha\n', 'b.txt': 'beta\n', 'empty.txt': '', dir: { 'index.html': '<p>dir\n' } };

/** One worker, small bounds. */
export function serveSite(t: Test, options: ServerOptions = {}): Promise<Serving> {
  return serve(t, { root: t.testdir(files), ...options, limits: { discardBytesMax: 4096, ...options.limits } });
}

/** Runs `one` for every item, some at the same time. */
export async function together<T>(items: readonly T[], atOnce: number, one: (item: T) => Promise<void>): Promise<void> {
  let next = 0;
  const lane = async (): Promise<void> => {
    while (next < items.length) await one(items[next++]!);
  };
  await Promise.all(Array.from({ length: atOnce }, lane));
}
