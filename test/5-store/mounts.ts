// Filesystems of our own, gone with their test.
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmdirSync, statfsSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { storeFolder } from './objects.ts';

/** In memory. */
export function mounted(t: Test, ...options: readonly string[]): string {
  const folder = storeFolder(t);
  mkdirSync(folder);
  execFileSync('mount', ['-t', 'tmpfs', '-o', options.join(','), 'pagecast-test', folder], { stdio: 'ignore' });
  t.teardown(() => {
    execFileSync('umount', ['-l', folder]);
  });
  return folder;
}

/** Nothing below it can be changed, until what is returned is called. */
export function readOnly(t: Test, path: string): () => void {
  execFileSync('mount', ['--bind', path, path]);
  execFileSync('mount', ['-o', 'remount,ro,bind', path]);
  let isOver = false;
  const end = (): void => {
    if (!isOver) execFileSync('umount', ['-l', path]);
    isOver = true;
  };
  t.teardown(end);
  return end;
}

/** Leaves so many bytes free. */
export function fill(folder: string, freeBytes: number): void {
  const path = join(folder, 'filling');
  writeFileSync(path, '');
  const free = statfsSync(folder);
  writeFileSync(path, Buffer.alloc(Math.max(0, free.bavail * free.bsize - freeBytes)));
}

function mayMount(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'pagecast-mount-'));
  try {
    execFileSync('mount', ['-t', 'tmpfs', 'pagecast-test', folder], { stdio: 'ignore' });
    execFileSync('umount', ['-l', folder]);
    return true;
  } catch {
    return false;
  } finally {
    rmdirSync(folder);
  }
}

/** Why nothing can be mounted, or false. */
export const mountObstacle = mayMount() ? false : 'this process may not mount';
