// What cannot become another while the server runs: memory that was laid out, threads, files that are locked, places that others know.
// A change of it is told by name, and nothing is put into force.
import { isDeepStrictEqual } from 'node:util';
import { memberAt, type ConfigPath } from '../config/resolved.ts';
import type { ResolvedOptions, ServerOptions } from '../options.ts';

interface Frozen {
  readonly path: ConfigPath;
  readonly of: (options: ResolvedOptions) => unknown;
  /** What it is stays untold. */
  readonly secret?: true;
}

const FROZEN: readonly Frozen[] = [
  { path: ['workers'], of: ({ workers }) => workers },
  // Lines of another kind are no matter; that there are any is.
  { path: ['accessLog'], of: ({ accessLog }) => (accessLog === false ? false : 'on') },
  { path: ['socketMode'], of: ({ socketMode }) => socketMode },
  { path: ['congestionControl'], of: ({ congestionControl }) => congestionControl },
  { path: ['limits', 'connectionsMax'], of: ({ limits }) => limits.connectionsMax },
  ...(['bytesMax', 'fileBytesMax'] as const).map((name): Frozen => ({ path: ['arena', name], of: ({ arena }) => arena[name] })),
  ...([
    'privateMaxBytes', 'privateMaxTotalBytes', 'snapshotDir', 'snapshotMaxBytes', 'writerDelayMaxMs', 'readerWaitMaxMs', 'staleMaxMs', 'unknownPeer', 'unsentMaxBytes',
  ] as const).map((name): Frozen => ({ path: ['guard', name], of: ({ guard }) => guard[name] })),
  { path: ['cache', 'bytesMax'], of: ({ cache }) => cache.bytesMax },
  { path: ['cache', 'objectBytesMax'], of: ({ cache }) => cache.limits.objectBytesMax },
  ...(['dir', 'bytesMax', 'admit', 'durable'] as const).map((name): Frozen => ({ path: ['store', name], of: ({ store }) => store?.[name] })),
  { path: ['control'], of: ({ control }) => control, secret: true },
  { path: ['cluster'], of: ({ cluster }) => cluster, secret: true },
  { path: ['tracing'], of: ({ tracing }) => tracing, secret: true },
];

/** What was asked for, and what that is. */
export interface Asked {
  readonly given: ServerOptions;
  readonly options: ResolvedOptions;
}

/** Changes that need a restart. What nobody says is what the machine has, and no change of the config. */
export function frozenFaults(now: Asked, next: Asked): string[] {
  return FROZEN.flatMap(({ path, of, secret }) => {
    const [before, after] = [of(now.options), of(next.options)];
    const isSaid = [now, next].some(({ given }) => memberAt(given, path.slice(0, 1)) !== undefined && (path.length === 1 || isSaidIn(given, path)));
    if (!isSaid || isDeepStrictEqual(before, after)) return [];
    return [`needs a restart: ${path.join('.')}${secret ? '' : ` ${shown(before)} -> ${shown(after)}`}`];
  });
}

/** The next options, with what cannot change as it is. */
export function withFrozen(next: ResolvedOptions, now: ResolvedOptions): ResolvedOptions {
  const { workers, socketMode, congestionControl, arena, guard, store, control, cluster, tracing } = now;
  const { objectBytesMax, memoryBytesMax } = now.cache.limits;
  return {
    ...next, workers, socketMode, congestionControl, arena, guard, store, control, cluster, tracing,
    limits: { ...next.limits, connectionsMax: now.limits.connectionsMax },
    cache: { ...next.cache, bytesMax: now.cache.bytesMax, limits: { ...next.cache.limits, objectBytesMax, memoryBytesMax } },
  };
}

/** A text for short (`store: 'dir'`) says all that there is to say. */
function isSaidIn(given: ServerOptions, path: ConfigPath): boolean {
  return typeof memberAt(given, path.slice(0, 1)) !== 'object' || memberAt(given, path) !== undefined;
}

function shown(value: unknown): string {
  return value === undefined ? 'nothing' : typeof value === 'string' ? value : JSON.stringify(value);
}
