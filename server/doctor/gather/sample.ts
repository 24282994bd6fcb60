// A regular file with something in it, to try out what can only be seen on a file that is really there.
import { lstatSync, opendirSync } from 'node:fs';
import { join } from 'node:path';

/** Names looked at before the search is given up: a doctor does not walk a tree. */
const ENTRIES_MAX = 2_000;

function isServed(path: string): boolean {
  try {
    const status = lstatSync(path);
    return status.isFile() && status.size > 0;
  } catch {
    return false;
  }
}

/** Relative to `root`, breadth first, dotfiles left out as the server does; '' where there is none. */
export function findSample(root: string): string {
  const waiting = [''];
  let seen = 0;
  for (let next = waiting.shift(); next !== undefined && seen < ENTRIES_MAX; next = waiting.shift()) {
    try {
      const directory = opendirSync(join(root, next));
      try {
        for (let entry = directory.readSync(); entry && ++seen < ENTRIES_MAX; entry = directory.readSync()) {
          // A name that is no UTF-8 cannot be told to the kernel from a string.
          if (entry.name.startsWith('.') || entry.name.includes('\u{fffd}')) continue;
          const path = join(next, entry.name);
          if (entry.isFile() && isServed(join(root, path))) return path;
          if (entry.isDirectory()) waiting.push(path);
        }
      } finally {
        directory.closeSync();
      }
    } catch {
      continue; // not ours to list
    }
  }
  return '';
}
