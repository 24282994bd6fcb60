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
  };
}

export interface Assembly {
  readonly loop: Loop;
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
  const opener = new Opener(engine);
  const exchange = parts.exchange?.(engine, opener) ?? staticExchange(engine, opener, options, report, () => loop.shedIdle());
  const loop: Loop = new Loop({ engine, areas, exchange, opener, limits: options.limits, report, log: parts.log, onDrained: parts.onDrained });
  return { loop, engine, areas };
}

function staticExchange(engine: Engine, opener: Opener, options: ResolvedOptions, report: Report, shedConnections: () => number): Exchange {
  const lookup = new Lookup<SitePlans>(engine, layout, opener, {
    root: Buffer.from(options.root, 'utf8').toString('latin1'),
    index: Buffer.from(options.index, 'utf8').toString('latin1'),
    dotfiles: options.dotfiles,
    openFilesMax: options.files.openMax,
    missingPathsMax: options.files.missingMax,
    shedConnections,
    limits: {
      symlinks: SYMLINKS[options.symlinks],
      hashBytesMax: options.guard.privateMaxBytes,
      arenaBytesMax: options.arena.fileBytesMax,
    },
  }, report);
  return new StaticExchange(lookup);
}
