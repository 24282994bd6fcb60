// From arguments to what is to be served, where and how it is told: values are checked here, with the flag's name.
import { closeSync, constants, existsSync, mkdirSync, openSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import type { LogFormat } from '../log/format.ts';
import type { GuardLimits, ServerOptions } from '../options.ts';
import { UsageError, type Arguments, type FlagName } from './flags.ts';
import { accessOf, siteOf } from './site-settings.ts';
import { bytes, choice, whole } from './values.ts';

export interface Settings {
  readonly options: ServerOptions;
  /** As listen() takes them. */
  readonly where: readonly string[];
  /** The port may be another one when it is taken. */
  readonly mayMove: boolean;
  readonly quiet: boolean;
  /** Show it in a browser. */
  readonly open: boolean;
  readonly logFile: string | undefined;
}

/** @throws UsageError */
export function settingsOf(args: Arguments, terminal: boolean): Settings {
  const one = (name: FlagName): string | undefined => args.values.get(name)?.[0];
  const [dir, ...more] = args.positionals;
  if (more.length > 0) throw new UsageError(`one folder is served at a time: "${more[0]!}" is too much`);
  if (dir !== undefined && args.values.has('root')) throw new UsageError('the folder is given twice, as [DIR] and as --root');
  const quiet = args.values.has('quiet');
  const symlinks = choice('symlinks', one('symlinks'), ['inside', 'none'] as const, 'nothing outside the root is ever served');
  const format = choice('log-format', one('log-format'), ['pretty', 'json', 'combined'] as const);
  const workers = whole('workers', one('workers'), 1, 256);
  const grace = whole('grace-period', one('grace-period'), 0, 3600);
  const mode = one('socket-mode');
  if (mode !== undefined && !/^0?[0-7]{3}$/.test(mode)) throw new UsageError(`--socket-mode must be three octal digits such as 660, not "${mode}"`);
  const proxy = args.values.get('proxy');
  const hooks = one('hooks');
  if (hooks !== undefined && proxy === undefined) throw new UsageError('--hooks steers a cache in front of origins: --proxy is missing');
  const cacheBytes = bytes('cache-size', one('cache-size'));
  const root = rootOf(dir ?? one('root') ?? '.');
  const port = whole('port', one('port'), 0, 65_535) ?? 8080;
  const listen = args.values.get('listen');
  const host = one('host') ?? (terminal ? 'localhost' : '::');
  const logFormat: LogFormat = format ?? (terminal && !one('log-file') ? 'pretty' : 'json');
  const index = one('index');
  const protect = choice('protect', one('protect'), ['auto', 'sealed', 'lease', 'copy', 'verify', 'off'] as const);
  const congestionControl = one('congestion-control');
  return {
    options: {
      root,
      accessLog: quiet && !one('log-file') ? false : logFormat,
      dotfiles: args.values.has('dotfiles'),
      guard: guardOf(one),
      site: siteOf(args, root),
      access: accessOf(args),
      ...(proxy !== undefined && { proxy: { urls: proxy, ...(hooks !== undefined && { hooks }) } }),
      ...(cacheBytes !== undefined && { cache: { bytesMax: cacheBytes } }),
      ...(index !== undefined && { index }),
      ...(protect !== undefined && { protect }),
      ...(congestionControl !== undefined && { congestionControl }),
      ...(symlinks !== undefined && { symlinks }),
      ...(workers !== undefined && { workers }),
      ...(grace !== undefined && { graceMs: grace * 1000 }),
      ...(mode !== undefined && { socketMode: parseInt(mode, 8) }),
    },
    where: listen ?? [`${host.includes(':') ? `[${host}]` : host}:${port}`],
    mayMove: terminal && !listen && port !== 0 && !args.values.has('strict-port'),
    quiet,
    open: args.values.has('open'),
    logFile: logFileOf(one('log-file')),
  };
}

function guardOf(one: (name: FlagName) => string | undefined): Partial<GuardLimits> {
  const number = (name: FlagName): number | undefined => whole(name, one(name), 0, 999_999_999);
  const all = {
    privateMaxBytes: number('guard-private-max-bytes'),
    privateMaxTotalBytes: number('guard-private-max-total-bytes'),
    snapshotDir: one('guard-snapshot-dir'),
    snapshotMaxBytes: number('guard-snapshot-max-bytes'),
    writerDelayMaxMs: number('guard-writer-delay-max'),
    readerWaitMaxMs: number('guard-reader-wait-max'),
    staleMaxMs: number('guard-stale-max'),
    unknownPeer: choice('guard-unknown-peer', one('guard-unknown-peer'), ['probe', 'copy'] as const),
    unsentMaxBytes: number('guard-unsent-max-bytes'),
  };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

function rootOf(dir: string): string {
  if (!existsSync(dir)) throw new UsageError(`the folder ${dir} does not exist`);
  if (!statSync(dir).isDirectory()) throw new UsageError(`${dir} is not a folder`);
  return dir;
}

/** Opened once before anything listens: what opens it for good does so in the background. */
function logFileOf(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    mkdirSync(dirname(file), { recursive: true });
    closeSync(openSync(file, constants.O_WRONLY | constants.O_CREAT | constants.O_APPEND | constants.O_NONBLOCK)); // a pipe without a reader must not hold us
  } catch (error) {
    throw new UsageError(`--log-file ${file} cannot be written (${(error as NodeJS.ErrnoException).code ?? String(error)})`);
  }
  return file;
}
