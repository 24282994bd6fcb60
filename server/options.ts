// Options of a server: checked once, at start, all at once, with every default and bound in one place. Resolved
// options are plain data, so that workers get them as they are.
import { statSync, accessSync, constants } from 'node:fs';
import { resolve } from 'node:path';
import { grantedCpus, grantedMemory } from './cgroup.ts';
import type { GateOptions } from './access/gate.ts';
import { loopLimits, type LoopLimits } from './limits.ts';
import { resolveCache, resolveProxy, type CacheOptions, type ProxyOptions, type ResolvedCache, type ResolvedProxy } from './proxy-options.ts';
import { resolveAccess, resolveSite, type AccessOptions, type ResolvedSite, type SiteOptions } from './site-options.ts';
import type { LogFormat } from './log/format.ts';

export interface ServerOptions {
  /** The folder to serve. Default: the current directory. */
  readonly root?: string;
  /** What a request for a directory gets. Default `index.html`. */
  readonly index?: string;
  /** Serve names that begin with a dot. Default false; `/.well-known` is always served. */
  readonly dotfiles?: boolean;
  /** Follow symbolic links `inside` the root (default), or `none`. Nothing outside the root is ever served. */
  readonly symlinks?: 'inside' | 'none';
  /** Threads that serve; 1 to 256. Default: the CPUs that the cgroup grants. */
  readonly workers?: number;
  /** Access log line format, or false (default) for no access log. */
  readonly accessLog?: LogFormat | false;
  /** File mode of unix sockets, such as 0o660. Default: what the umask leaves. */
  readonly socketMode?: number;
  /** TCP congestion control of connections, such as `bbr`. Default: the system's; `reno` on loopback addresses, where pacing is nothing but timers. */
  readonly congestionControl?: string;
  /** Milliseconds that answers under way may take after close(). Default 10 000. */
  readonly graceMs?: number;
  /** How files are protected against change in mid-answer. Default `auto`: the cheapest that holds. */
  readonly protect?: Protect;
  readonly limits?: Partial<LoopLimits>;
  readonly files?: Partial<FileLimits>;
  readonly arena?: Partial<ArenaLimits>;
  readonly guard?: Partial<GuardLimits>;
  readonly site?: SiteOptions;
  /** Origins to stand before, in place of a folder. */
  readonly proxy?: string | readonly string[] | ProxyOptions;
  readonly cache?: CacheOptions;
  readonly access?: AccessOptions;
}

export interface FileLimits {
  /** Files that one worker keeps open between requests. Default 4096, less where descriptors are few. */
  readonly openMax: number;
  /** Paths that one worker remembers as not being a file. Default 4096. */
  readonly missingMax: number;
}

export interface ArenaLimits {
  /** Memory for copies of hot small files, of the process; bytes. Default 64 MiB; under 8 MiB there is no arena. */
  readonly bytesMax: number;
  /** The largest file that is copied; bytes, at most 2 MiB. Default 32 KiB. */
  readonly fileBytesMax: number;
}

/** What keeps the bytes of an answer of one version; docs/decisions/0007. */
export type Protect = 'auto' | 'sealed' | 'lease' | 'copy' | 'verify' | 'off';

export interface GuardLimits {
  /** The largest file that is read (and hashed) once per version, and may be copied; bytes. Default 8 MiB. */
  readonly privateMaxBytes: number;
  /** Memory of all private copies together, without the arena; bytes, of the process. Default 256 MiB, or a quarter of what the cgroup grants. */
  readonly privateMaxTotalBytes: number;
  /** A folder on the root's filesystem where snapshots are cloned (FICLONE: XFS, Btrfs). Default '': snapshots are made in memory. */
  readonly snapshotDir: string;
  /** Memory of all snapshots together; bytes, of the process. Default 128 MiB, or an eighth of what the cgroup grants. */
  readonly snapshotMaxBytes: number;
  /** The longest that a writer is held back, in milliseconds. Default 1000. */
  readonly writerDelayMaxMs: number;
  /** The longest that a request waits for a writer to close, in milliseconds. Default 500. */
  readonly readerWaitMaxMs: number;
  /** For how long the last whole version of a file is served while somebody writes it, in milliseconds. Default 5000. */
  readonly staleMaxMs: number;
  /** Peers behind a veth, bridge or tunnel, who may be on this host: `probe` the page cache when a writer comes (default), or always `copy`. */
  readonly unknownPeer: 'probe' | 'copy';
  /** Bytes not yet sent that a connection may have queued (TCP_NOTSENT_LOWAT) once it is sent a leased file's pages. 0: the system's. Default 256 KiB. */
  readonly unsentMaxBytes: number;
}

export interface ResolvedOptions {
  readonly root: string;
  readonly index: string;
  readonly dotfiles: boolean;
  readonly symlinks: 'inside' | 'none';
  readonly workers: number;
  readonly accessLog: LogFormat | false;
  readonly socketMode: number;
  readonly congestionControl: string | undefined;
  readonly graceMs: number;
  readonly protect: Protect;
  readonly limits: LoopLimits;
  readonly files: FileLimits;
  readonly arena: ArenaLimits;
  readonly guard: GuardLimits;
  readonly site: ResolvedSite;
  readonly proxy: ResolvedProxy | undefined;
  readonly cache: ResolvedCache;
  /** Undefined: everybody may ask for everything. */
  readonly access: GateOptions | undefined;
}

/** Wrong options: every fault in one message. */
export class OptionsError extends Error {
  override readonly name = 'OptionsError';
}

type Bounds = Readonly<Record<string, readonly [min: number, max: number]>>;

const HOUR_MS = 3_600_000;
const TOP_BOUNDS: Bounds = { workers: [1, 256], socketMode: [-1, 0o777], graceMs: [0, HOUR_MS] };
const LIMIT_BOUNDS: Bounds = {
  connectionsMax: [1, 1 << 20], headTimeoutMs: [100, HOUR_MS], bodyTimeoutMs: [100, HOUR_MS], idleTimeoutMs: [100, HOUR_MS],
  sendTimeoutMs: [100, HOUR_MS], lingerTimeoutMs: [0, HOUR_MS], tunnelIdleTimeoutMs: [100, 7 * 24 * HOUR_MS], headBytesMax: [256, 1 << 20], fieldsMax: [1, 1000],
  targetBytesMax: [64, 1 << 19], discardBytesMax: [0, 1 << 30], bodyBytesMax: [0, 2 ** 50],
};
const FILE_BOUNDS: Bounds = { openMax: [1, 60_000], missingMax: [1, 1 << 20] };
const ARENA_BOUNDS: Bounds = { bytesMax: [0, 2 ** 40], fileBytesMax: [0, 2 << 20] };
const GUARD_BOUNDS: Bounds = {
  privateMaxBytes: [0, 2 ** 32], privateMaxTotalBytes: [0, 2 ** 40], snapshotMaxBytes: [0, 2 ** 40], writerDelayMaxMs: [0, 40_000],
  readerWaitMaxMs: [0, 60_000], staleMaxMs: [0, HOUR_MS], unsentMaxBytes: [0, 1 << 30],
};
const PROTECTS: readonly Protect[] = ['auto', 'sealed', 'lease', 'copy', 'verify', 'off'];

const KNOWN = new Set(['root', 'index', 'dotfiles', 'symlinks', 'workers', 'accessLog', 'socketMode', 'congestionControl', 'graceMs', 'protect', 'limits', 'files', 'arena', 'guard', 'site', 'proxy', 'cache', 'access']);

/**
 * Checks options and fills in defaults.
 * @param descriptors open files the process may have (RLIMIT_NOFILE); shared out between connections and files.
 * @throws OptionsError naming every fault.
 */
export function resolveOptions(options: ServerOptions, descriptors: number): ResolvedOptions {
  const faults: string[] = [];
  for (const key of Object.keys(options)) if (!KNOWN.has(key)) faults.push(`unknown option "${key}"`);
  const workers = options.workers ?? grantedCpus();
  const share = Math.max(1, Math.floor(descriptors / Math.max(1, workers)));
  const files = { openMax: Math.min(4096, Math.max(16, share >> 2)), missingMax: 4096, ...given(options.files) };
  // A file that is private has two descriptors.
  const limits = { ...loopLimits, connectionsMax: Math.min(loopLimits.connectionsMax, Math.max(16, share - 2 * files.openMax - 64)), ...given(options.limits) };
  const resolved: ResolvedOptions = {
    root: typeof (options.root ?? '.') === 'string' ? resolve(options.root ?? '.') : '',
    index: options.index ?? 'index.html',
    dotfiles: options.dotfiles ?? false,
    symlinks: options.symlinks ?? 'inside',
    workers,
    accessLog: options.accessLog ?? false,
    socketMode: options.socketMode ?? -1,
    congestionControl: options.congestionControl,
    graceMs: options.graceMs ?? 10_000,
    limits,
    files,
    arena: { bytesMax: 64 << 20, fileBytesMax: 32 << 10, ...given(options.arena) },
    protect: options.protect ?? 'auto',
    guard: { ...guardLimits(grantedMemory()), ...given(options.guard) },
    site: resolveSite(given(options.site), options.index ?? 'index.html', faults),
    proxy: resolveProxy(options.proxy, faults),
    cache: resolveCache(given(options.cache), grantedMemory(), faults),
    access: resolveAccess(given(options.access), options.site?.health, faults),
  };
  check(resolved, TOP_BOUNDS, '', faults, Object.keys(TOP_BOUNDS));
  check(resolved.limits, LIMIT_BOUNDS, 'limits.', faults);
  check(resolved.files, FILE_BOUNDS, 'files.', faults);
  check(resolved.arena, ARENA_BOUNDS, 'arena.', faults);
  const { snapshotDir, unknownPeer, ...numbers } = resolved.guard;
  check(numbers, GUARD_BOUNDS, 'guard.', faults);
  checkGuard(resolved.protect, snapshotDir, unknownPeer, faults);
  checkRelations(resolved, faults);
  if (resolved.root === '') faults.push(`root must be a path, not ${String(options.root)}`);
  else checkRoot(resolved.root, faults);
  if (faults.length > 0) throw new OptionsError(faults.join('; '));
  return resolved;
}

function guardLimits(grantedBytes: number): GuardLimits {
  return {
    privateMaxBytes: 8 << 20, privateMaxTotalBytes: Math.min(256 << 20, Math.floor(grantedBytes / 4)),
    snapshotDir: '', snapshotMaxBytes: Math.min(128 << 20, Math.floor(grantedBytes / 8)),
    writerDelayMaxMs: 1000, readerWaitMaxMs: 500, staleMaxMs: 5000, unknownPeer: 'probe', unsentMaxBytes: 256 << 10,
  };
}

/** A caller in JavaScript may pass anything. */
function checkGuard(protect: unknown, snapshotDir: unknown, unknownPeer: unknown, faults: string[]): void {
  if (!PROTECTS.includes(protect as Protect)) faults.push(`protect must be ${PROTECTS.join(', ')}, not "${String(protect)}"`);
  if (unknownPeer !== 'probe' && unknownPeer !== 'copy') faults.push(`guard.unknownPeer must be "probe" or "copy", not "${String(unknownPeer)}"`);
  if (typeof snapshotDir !== 'string') faults.push(`guard.snapshotDir must be a path, not ${String(snapshotDir)}`);
  else if (snapshotDir !== '' && !isWritableFolder(snapshotDir)) faults.push(`guard.snapshotDir ${snapshotDir} is not a folder that can be written`);
}

function isWritableFolder(path: string): boolean {
  try {
    accessSync(path, constants.W_OK | constants.X_OK);
    return statSync(path).isDirectory();
  } catch {
    return false; // said by the fault
  }
}

/** Without what is undefined: that is as good as absent. */
function given<T extends object>(options: T | undefined): Partial<T> {
  return Object.fromEntries(Object.entries(options ?? {}).filter(([, value]) => value !== undefined)) as Partial<T>;
}

function check(group: object, bounds: Bounds, prefix: string, faults: string[], only?: readonly string[]): void {
  for (const [key, value] of Object.entries(group) as [string, unknown][]) {
    const bound = bounds[key];
    if (!bound) {
      if (!only) faults.push(`unknown option "${prefix}${key}"`);
    } else if (typeof value !== 'number' || !Number.isInteger(value) || value < bound[0] || value > bound[1]) {
      faults.push(`${prefix}${key} must be a whole number from ${bound[0]} to ${bound[1]}, not ${String(value)}`);
    }
  }
}

function checkRelations(options: ResolvedOptions, faults: string[]): void {
  const { limits, arena, guard, index, symlinks } = options;
  if (limits.targetBytesMax >= limits.headBytesMax) faults.push('limits.targetBytesMax must be below limits.headBytesMax');
  if (arena.fileBytesMax > guard.privateMaxBytes) faults.push('arena.fileBytesMax must not be above guard.privateMaxBytes: only files that are read once are copied');
  // A caller in JavaScript may pass anything.
  const name: unknown = index;
  if (typeof name !== 'string' || /^\.{0,2}$|[/\0]/.test(name)) faults.push(`index must be a file name, not "${String(name)}"`);
  if (options.congestionControl !== undefined && !/^[\w-]{1,15}$/.test(options.congestionControl)) faults.push(`congestionControl must be a name such as "bbr", not "${options.congestionControl}"`);
  if (typeof (options.dotfiles as unknown) !== 'boolean') faults.push(`dotfiles must be true or false, not "${String(options.dotfiles)}"`);
  if (!['inside', 'none'].includes(symlinks)) faults.push(`symlinks must be "inside" or "none", not "${symlinks}": nothing outside the root is ever served`);
  if (options.accessLog !== false && !['pretty', 'json', 'combined'].includes(options.accessLog)) faults.push(`accessLog must be "pretty", "json", "combined" or false, not "${options.accessLog}"`);
}

function checkRoot(root: string, faults: string[]): void {
  try {
    if (!statSync(root).isDirectory()) faults.push(`the root ${root} is not a directory`);
    else accessSync(root, constants.R_OK | constants.X_OK);
  } catch (error) {
    const code = (error as NodeJS.ErrnoException).code;
    faults.push(code === 'ENOENT' ? `the root ${root} does not exist` : `the root ${root} cannot be read (${code ?? String(error)})`);
  }
}
