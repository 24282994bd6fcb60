/**
 * A folder on each kind of filesystem: made for a run, mounted where needed, gone after it. Folder names carry our pid, so that
 * what a storm left behind that was killed hard can be told from what one that still runs is using.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, realpathSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { findTool, type Scope } from '../processes.ts';
import type { FilesystemName } from './options.ts';

const PREFIX = 'pagecast-storm';
const ON_DISK = '/var/tmp';
const IN_MEMORY = '/dev/shm';
const IMAGE_BYTES = 1 << 30;
const UNMOUNT_TRIES = 20;
const UNMOUNT_PAUSE_MS = 100;

export interface Filesystem {
  readonly name: FilesystemName;
  /** What it is and where, as the kernel says. */
  readonly kind: string;
  readonly folder: string;
}

/** A filesystem that is not to be had here, and why. */
export interface NoFilesystem {
  readonly name: FilesystemName;
  readonly reason: string;
}

function command(program: string, ...args: readonly string[]): void {
  const path = findTool(program);
  if (path === null) throw new Error(`${program} is not installed`);
  const { status, stderr, error } = spawnSync(path, args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`${program}: ${error?.message ?? stderr.trim().replaceAll('\n', ' ')}`);
}

/** Type of the filesystem of `path` (proc(5), /proc/pid/mounts): of the longest mount point above it, the last one mounted. */
function typeOf(path: string): string {
  const real = `${realpathSync(path)}/`;
  let best = { point: '', type: 'unknown' };
  for (const line of readFileSync('/proc/self/mounts', 'utf8').split('\n')) {
    const [, point = '', type = ''] = line.split(' ');
    if (point !== '' && real.startsWith(point === '/' ? '/' : `${point}/`) && point.length >= best.point.length) best = { point, type };
  }
  return best.type;
}

function unmount(point: string): void {
  for (let attempt = 0; attempt < UNMOUNT_TRIES; attempt += 1) {
    if (spawnSync('umount', [point]).status === 0) return;
    // Its users were ended a moment ago; this may run in an exit handler, which cannot wait in another way.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, UNMOUNT_PAUSE_MS);
  }
  command('umount', '--lazy', point);
}

/** Folders of storms whose process is gone. */
function removeStale(parent: string): void {
  for (const name of readdirSync(parent)) {
    const pid = new RegExp(`^${PREFIX}-(\\d+)-`).exec(name)?.[1];
    if (pid === undefined || existsSync(`/proc/${pid}`)) continue;
    const path = join(parent, name);
    const mounts = readFileSync('/proc/self/mounts', 'utf8').split('\n').map((line) => line.split(' ')[1] ?? '');
    for (const point of mounts.filter((mounted) => mounted.startsWith(`${path}/`))) unmount(point);
    rmSync(path, { recursive: true, force: true });
  }
}

function folderUnder(scope: Scope, parent: string): string {
  removeStale(parent);
  const path = mkdtempSync(join(parent, `${PREFIX}-${process.pid}-`));
  scope.defer(() => rmSync(path, { recursive: true, force: true }));
  return path;
}

function mount(scope: Scope, point: string, ...args: readonly string[]): void {
  mkdirSync(point);
  command('mount', ...args, point);
  scope.defer(() => unmount(point));
}

function overlay(scope: Scope, parent: string): { folder: string; kind: string } {
  const base = folderUnder(scope, parent);
  for (const layer of ['lower', 'upper', 'work']) mkdirSync(join(base, layer));
  const folder = join(base, 'merged');
  mount(scope, folder, '-t', 'overlay', 'overlay', '-o', `lowerdir=${base}/lower,upperdir=${base}/upper,workdir=${base}/work`);
  return { folder, kind: `${typeOf(folder)}, upper on ${typeOf(base)}` };
}

function overlayAnywhere(scope: Scope): { folder: string; kind: string } {
  try {
    return overlay(scope, ON_DISK);
  } catch {
    // An overlay cannot be the upper layer of another.
    return overlay(scope, IN_MEMORY);
  }
}

function xfs(scope: Scope): { folder: string; kind: string } {
  const base = folderUnder(scope, ON_DISK);
  const image = join(base, 'image');
  writeFileSync(image, '');
  truncateSync(image, IMAGE_BYTES);
  command('mkfs.xfs', '-q', '-m', 'reflink=1', image);
  const folder = join(base, 'mounted');
  mount(scope, folder, '-o', 'loop', image);
  return { folder, kind: `${typeOf(folder)} with reflinks, in an image` };
}

function plain(scope: Scope, parent: string): { folder: string; kind: string } {
  const folder = folderUnder(scope, parent);
  return { folder, kind: `${typeOf(folder)} (${parent})` };
}

const MAKERS: Record<FilesystemName, (scope: Scope) => { folder: string; kind: string }> = {
  ext4: (scope) => plain(scope, ON_DISK),
  tmpfs: (scope) => plain(scope, IN_MEMORY),
  overlayfs: overlayAnywhere,
  xfs,
};

/** The kind may not be what the name says: then the row says so. */
export function makeFilesystem(scope: Scope, name: FilesystemName): Filesystem | NoFilesystem {
  try {
    return { name, ...MAKERS[name](scope) };
  } catch (error) {
    return { name, reason: error instanceof Error ? error.message : String(error) };
  }
}
