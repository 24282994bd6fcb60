// A worker's parts, put together: shared areas, engine, exchange, loop. The engine's class is an argument, so that the
// same loop runs on the kernel and on a simulated one.
import { layout, type Areas, type Engine, type Native } from '../native/index.ts';
import type { Exchange } from './exchange.ts';
import type { AccessLog } from './log/access.ts';
import { Loop } from './loop.ts';
import { Opener } from './opener.ts';
import type { ResolvedOptions } from './options.ts';
import type { Report } from './report.ts';
import { StaticExchange, type SitePlans } from './static/exchange.ts';
import { Lookup } from './static/lookup.ts';

const RX_BYTES = 512 << 10;
const TX_BYTES = 512 << 10;
const COMMAND_WORDS = 16 << 10;
const PROTECT = { auto: 'AUTO', sealed: 'SEALED', lease: 'LEASE', copy: 'COPY', verify: 'VERIFY', off: 'OFF' } as const;
const SYMLINKS = { inside: 0, none: 1 } as const; // native/resolve.h

export function makeAreas(connectionsMax: number): Areas {
  return {
    events: new Int32Array(layout.sizes.eventWords * layout.sizes.eventsMax),
    rx: new Uint8Array(RX_BYTES),
    commands: new Float64Array(COMMAND_WORDS),
    tx: new Uint8Array(TX_BYTES),
    status: new Int32Array(Object.keys(layout.status).length),
    counters: new Float64Array(Object.keys(layout.counters).length),
    progress: new Float64Array(connectionsMax),
    paused: new Uint8Array(connectionsMax),
    broken: new Uint8Array(layout.sizes.recordsMax),
  };
}

export interface Assembly {
  readonly loop: Loop;
  /** Of the static site, where that is what is served. */
  readonly lookup: Lookup<SitePlans> | undefined;
  readonly engine: Engine;
  readonly areas: Areas;
}

export interface AssemblyParts {
  readonly EngineClass: Native['Engine'];
  readonly options: ResolvedOptions;
  readonly report: Report;
  readonly log: AccessLog | undefined;
  readonly onDrained: () => void;
  /** In place of the static site; for tests and, later, for proxying. */
  readonly exchange?: (engine: Engine, opener: Opener) => Exchange;
}

export function assemble(parts: AssemblyParts): Assembly {
  const { options, report } = parts;
  const areas = makeAreas(options.limits.connectionsMax);
  const engine = new parts.EngineClass(areas);
  engine.limitArena(options.arena.bytesMax);
  const { privateMaxBytes, privateMaxTotalBytes, snapshotDir, snapshotMaxBytes, writerDelayMaxMs, unknownPeer, unsentMaxBytes } = options.guard;
  engine.limitGuard({ privateMaxBytes, privateMaxTotalBytes, snapshotDir, snapshotMaxBytes, writerDelayMaxMs, copyForUnknown: unknownPeer === 'copy', unsentMaxBytes });
  const opener = new Opener(engine);
  const lookup = parts.exchange ? undefined : staticLookup(engine, areas, opener, options, report, () => loop.shedIdle());
  const exchange = parts.exchange?.(engine, opener) ?? new StaticExchange(lookup!);
  const loop: Loop = new Loop({
    engine, areas, exchange, opener, limits: options.limits, report, log: parts.log, onDrained: parts.onDrained,
    onLeaseBroken: (file, answers) => lookup?.leaseBroken(file, answers),
  });
  return { loop, lookup, engine, areas };
}

function staticLookup(engine: Engine, areas: Areas, opener: Opener, options: ResolvedOptions, report: Report, shedConnections: () => number): Lookup<SitePlans> {
  return new Lookup<SitePlans>(engine, layout, opener, {
    root: Buffer.from(options.root, 'utf8').toString('latin1'),
    index: Buffer.from(options.index, 'utf8').toString('latin1'),
    dotfiles: options.dotfiles,
    openFilesMax: options.files.openMax,
    missingPathsMax: options.files.missingMax,
    shedConnections,
    broken: areas.broken,
    readerWaitMaxMs: options.guard.readerWaitMaxMs,
    staleMaxMs: options.guard.staleMaxMs,
    limits: {
      symlinks: SYMLINKS[options.symlinks],
      hashBytesMax: options.guard.privateMaxBytes,
      arenaBytesMax: options.arena.fileBytesMax,
      protect: layout.protect[PROTECT[options.protect]],
    },
  }, report);
}
