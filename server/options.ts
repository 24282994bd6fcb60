// Options of a server: checked once, at start, all at once, with every default and bound in one place. Resolved
// options are plain data, so that workers get them as they are.
import { resolve } from 'node:path';
import { passedSockets } from './activation.ts';
import { grantedCpus, grantedMemory } from './cgroup.ts';
import { PASSED } from './listen-spec.ts';
import type { GateOptions } from './access/gate.ts';
import { resolveControl, type ResolvedControl } from './control/options.ts';
import type { ServerMembers, SiteMembers } from './config/config.ts';
import { arenaDefaults, cacheBytesMax, clusterDefaults, fileDefaults, guardDefaults, loopDefaults, memoryDefaults, tracingDefaults } from './config/defaults.ts';
import { faultsOf, faultText, type Fault } from './config/faults.ts';
import { folderFault } from './config/folders.ts';
import { given } from './config/inherit.ts';
import { hoisted, RateTables, resolveMembers, resolveRoutes, resolveSites } from './config/resolve.ts';
import type { ResolvedCluster, ResolvedRateLimit, ResolvedSiteConfig, ResolvedTracing } from './config/resolved.ts';
import { configSchema } from './config/schema.ts';
import type { LoopLimits } from './limits.ts';
import { resolveCache, resolveStore, type CacheOptions, type ResolvedCache, type ResolvedProxy, type ResolvedStore } from './proxy-options.ts';
import type { ResolvedSite, SiteOptions } from './site-options.ts';
import { readTls } from './tls/certificates.ts';
import { resolveTls, type ResolvedTls } from './tls/options.ts';
import type { LogFormat } from './log/format.ts';

export interface ServerOptions extends Omit<SiteMembers, 'cache'>, ServerMembers {
  /** Threads that serve; 1 to 256. Default: the CPUs that the cgroup grants. */
  readonly workers?: number;
  /** Lines of the access log, or false for none. Default false; of the command: `pretty` on a terminal, else `json`. */
  readonly accessLog?: LogFormat | false;
  /** File mode of unix sockets, such as 0o660. Default: what the umask leaves. */
  readonly socketMode?: number;
  /** TCP congestion control of connections, such as `bbr`. Default: the system's; `reno` on loopback addresses, where pacing is nothing but timers. */
  readonly congestionControl?: string;
  /** Milliseconds that answers under way may take after close(). Default 10 000. */
  readonly graceMs?: number;
  /** Milliseconds from close() to its beginning, in which it is not ready any more but accepts: for a load balancer to hear of it. Default 0. */
  readonly shutdownDelayMs?: number;
  /** Milliseconds that a process which takes the place of this one has to come up; else this one goes on. Default 60 000. */
  readonly upgradeTimeoutMs?: number;
  /** Bounds of connections and requests. */
  readonly limits?: Partial<LoopLimits>;
  /** Bounds of what is kept open. */
  readonly files?: Partial<FileLimits>;
  /** Copies of hot small files. */
  readonly arena?: Partial<ArenaLimits>;
  /** What keeps answers of one version, docs/decisions/0007. */
  readonly guard?: Partial<GuardLimits>;
  /** When, and how far, what is kept in memory is made less. */
  readonly memory?: Partial<MemoryLimits>;
  /** The options of a site that may also stand beside it: `site: { spa: true }` is `spa: true`. */
  readonly site?: SiteOptions;
  /** What is stored of what origins answer, and how much of it. */
  readonly cache?: CacheOptions;
}

export interface FileLimits {
  /** Files that one worker keeps open between requests. Default 4096, less where descriptors are few. */
  readonly openMax: number;
  /** Paths that one worker remembers as not being a file. Default 4096; 32 768 before origins, whose paths they are. */
  readonly missingMax: number;
}

export interface ArenaLimits {
  /** Memory for copies of hot small files, of the process; bytes. Default 64 MiB, or an eighth of what the cgroup grants; under 8 MiB there is no arena. */
  readonly bytesMax: number;
  /** The largest file that is copied; bytes, at most 2 MiB. Default 32 KiB. */
  readonly fileBytesMax: number;
}

/** Of a server whose cgroup (version 2) runs out of memory. */
export interface MemoryLimits {
  /** Of `arena.bytesMax`, `cache.bytesMax` and `guard.privateMaxTotalBytes`, what is used in any case; 0.05 to 1. 1: nothing is ever made less. Default 0.25. */
  readonly floorShare: number;
  /** Share of ten seconds in which something in the cgroup may wait for memory (memory.pressure, some avg10), in percent; 100: it may always. Default 10. */
  readonly stallPercentMax: number;
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
  readonly shutdownDelayMs: number;
  readonly upgradeTimeoutMs: number;
  readonly protect: Protect;
  readonly limits: LoopLimits;
  readonly files: FileLimits;
  readonly arena: ArenaLimits;
  readonly guard: GuardLimits;
  readonly memory: MemoryLimits;
  readonly site: ResolvedSite;
  readonly proxy: ResolvedProxy | undefined;
  /** With `proxy`: what there is a file for below `root` is not asked of the origins. */
  readonly filesFirst: boolean;
  readonly cache: ResolvedCache;
  /** Undefined: everybody may ask for everything. */
  readonly access: GateOptions | undefined;
  readonly rateLimit: ResolvedRateLimit | undefined;
  /** As listen() takes them. */
  readonly listen: readonly (string | number)[];
  /** Undefined: plain HTTP. */
  readonly tls: ResolvedTls | undefined;
  /** Who may send a PROXY header, and must. */
  readonly proxyProtocol: readonly string[];
  readonly store: ResolvedStore | undefined;
  readonly control: ResolvedControl | undefined;
  readonly cluster: ResolvedCluster | undefined;
  readonly tracing: ResolvedTracing | undefined;
  /** Empty: everything is one site without routes, which these options are. */
  readonly sites: readonly ResolvedSiteConfig[];
}

/** Wrong options: every fault in one message. */
export class OptionsError extends Error {
  override readonly name = 'OptionsError';
  readonly faults: readonly Fault[];

  constructor(faults: string | readonly Fault[]) {
    super(typeof faults === 'string' ? faults : faults.map(faultText).join('; '));
    this.faults = typeof faults === 'string' ? [{ path: [], text: faults }] : faults;
  }
}

/**
 * Checks options and fills in defaults.
 * @param descriptors open files the process may have (RLIMIT_NOFILE); shared out between connections and files.
 * @throws OptionsError naming every fault.
 */
export function resolveOptions(options: ServerOptions, descriptors: number): ResolvedOptions {
  const faults = faultsOf(configSchema, options);
  if (faults.length > 0) throw new OptionsError(faults);
  const grantedBytes = grantedMemory();
  const config = given(hoisted(options));
  const { workers = grantedCpus(), sites = [] } = config;
  const share = Math.max(1, Math.floor(descriptors / workers));
  const files = { ...fileDefaults(share, hasOrigins(config)), ...given(config.files) };
  const store = resolveStore(config.store);
  const cache = resolveCache(given(config.cache), config.cache?.bytesMax ?? cacheBytesMax(grantedBytes), store);
  const resolving = { cache, tables: new RateTables() };
  const members = resolveMembers(config, resolving, []);
  const routes = resolveRoutes(config, resolving, []);
  const resolved: ResolvedOptions = {
    ...members,
    root: members.root ?? resolve('.'),
    cache,
    filesFirst: config.proxy !== undefined && config.root !== undefined,
    workers,
    accessLog: config.accessLog ?? false,
    socketMode: config.socketMode ?? -1,
    congestionControl: config.congestionControl,
    graceMs: config.graceMs ?? 10_000,
    shutdownDelayMs: config.shutdownDelayMs ?? 0,
    upgradeTimeoutMs: config.upgradeTimeoutMs ?? 60_000,
    limits: { ...loopDefaults(share, files.openMax), ...given(config.limits) },
    files,
    arena: { ...arenaDefaults(grantedBytes), ...given(config.arena) },
    guard: { ...guardDefaults(grantedBytes), ...given(config.guard) },
    memory: { ...memoryDefaults, ...given(config.memory) },
    listen: listenOf(config),
    tls: config.tls && resolveTls(config.tls),
    proxyProtocol: config.proxyProtocol ?? [],
    cluster: config.cluster && { ...clusterDefaults, ...given(config.cluster), redis: config.cluster.redis },
    tracing: config.tracing && { ...tracingDefaults, ...given(config.tracing), endpoint: config.tracing.endpoint },
    store,
    control: controlOf(config),
    sites: sites.length > 0 ? resolveSites(sites, config, resolving) : routes.length > 0 ? [{ hosts: [], options: { ...members, root: rootOf(config) }, routes }] : [],
  };
  const late = lateFaults(resolved, config);
  if (late.length > 0) throw new OptionsError(late);
  return resolved;
}

/** Where nothing else answers, the current folder does. */
function rootOf({ root, proxy, routes = [] }: ServerOptions): string | undefined {
  if (root !== undefined) return resolve(root);
  return proxy === undefined && routes.length === 0 ? resolve('.') : undefined;
}

function listenOf({ listen = passedSockets(process.env, process.pid).length > 0 ? PASSED : 8080 }: ServerOptions): readonly (string | number)[] {
  return typeof listen === 'object' ? listen : [listen];
}

function hasOrigins({ proxy, routes = [], sites = [] }: ServerOptions): boolean {
  return proxy !== undefined || [...routes, ...sites.flatMap((site) => [site, ...(site.routes ?? [])])].some((place) => place.proxy !== undefined);
}

function controlOf({ control }: ServerOptions): ResolvedControl | undefined {
  try {
    return resolveControl(control);
  } catch (error) {
    throw new OptionsError([{ path: ['control', 'tokenFile'], text: `: ${error instanceof Error ? error.message : String(error)}` }]);
  }
}

/** What is to be seen with every default filled in. */
function lateFaults({ root, cache, store, tls }: ResolvedOptions, config: ServerOptions): Fault[] {
  const most = store?.bytesMax ?? cache.bytesMax;
  const fault = config.sites === undefined && config.root === undefined ? folderFault(root) : undefined;
  return [
    ...(fault === undefined ? [] : [{ path: ['root'], text: `: ${fault}` }]),
    ...(tls ? readTls(tls, [], Date.now()).faults : []),
    ...(cache.limits.objectBytesMax > most ? [{ path: ['cache', 'objectBytesMax'], text: ` must not be above ${store ? 'store' : 'cache'}.bytesMax (${most})` }] : []),
    ...(config.cluster && !hasOrigins(config) ? [{ path: ['cluster'], text: ': it is for what origins answer, and there are none: proxy is missing' }] : []),
    ...(store && !hasOrigins(config) ? [{ path: ['store'], text: ': it is for what origins answer, and there are none: proxy is missing' }] : []),
  ];
}
