/** Where things are, seen from dist/bench/. */
import { fileURLToPath } from 'node:url';

export const PACKAGE_ROOT = fileURLToPath(new URL('../../', import.meta.url));
export const PAGECAST = fileURLToPath(new URL('../server/cli/main.js', import.meta.url));
export const FLOOR_SOURCE = fileURLToPath(new URL('../../bench/floor.c', import.meta.url));
export const HERD_SOURCE = fileURLToPath(new URL('../../bench/herd.c', import.meta.url));
export const HANDSHAKE_SOURCE = fileURLToPath(new URL('../../bench/handshake.c', import.meta.url));
export const DOCUMENT = fileURLToPath(new URL('../../docs/BENCHMARKS.md', import.meta.url));

/** A compiled program of this folder that runs as a process of its own. */
export function helper(name: string): string {
  return fileURLToPath(new URL(name, import.meta.url));
}
