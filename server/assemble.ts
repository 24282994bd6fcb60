// A worker's parts, put together: shared areas, engine, exchange, loop. The engine's class is an argument, so that the
// same loop runs on the kernel and on a simulated one.
import { layout, type Areas, type Engine, type Native } from '../native/index.ts';
import { Gate } from './access/gate.ts';
import type { FieldList } from '../http/response.ts';
import type { Exchange } from './exchange.ts';
import { Front } from './front.ts';
import type { AccessLog } from './log/access.ts';
import { Loop } from './loop.ts';
import { Opener } from './opener.ts';
import type { ResolvedOptions } from './options.ts';
import type { Report } from './report.ts';
import type { AboutFacts } from './static/about.ts';
import type { ProxyHooks } from './proxy/hook-api.ts';
import { sendfileOptions } from './proxy/sendfile.ts';
import { assembleProxy, type Proxy, type StoreLink } from './proxy/assemble.ts';
import { staticSite, type StaticSite } from './static/assemble.ts';
import { VERSION } from './version.ts';

const RX_BYTES = 512 << 10;
const TX_BYTES = 512 << 10;
const COMMAND_WORDS = 16 << 10;

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
    starving: new Uint8Array(connectionsMax),
    broken: new Uint8Array(layout.sizes.recordsMax),
  };
}

export interface Assembly {
  readonly loop: Loop;
  /** Of the static site, where that is what is served, or of the files that origins name. */
  readonly site: StaticSite | undefined;
  /** Of the origins, where there are such. */
  readonly proxy: Proxy | undefined;
  readonly engine: Engine;
  readonly areas: Areas;
}

export interface AssemblyParts {
  readonly EngineClass: Native['Engine'];
  readonly options: ResolvedOptions;
  readonly report: Report;
  readonly log: AccessLog | undefined;
  readonly onDrained: () => void;
  /** With `options.proxy`. */
  readonly store?: StoreLink | undefined;
  /** The module that `options.proxy.hooks` names, loaded. */
  readonly hooks?: ProxyHooks | undefined;
  /** In place of what the options say; for tests. */
  readonly exchange?: (engine: Engine, opener: Opener) => Exchange;
}

export function assemble(parts: AssemblyParts): Assembly {
  const { options, report } = parts;
  const areas = makeAreas(options.limits.connectionsMax);
  const engine = new parts.EngineClass(areas);
  engine.limitArena(options.arena.bytesMax);
  const { privateMaxBytes, privateMaxTotalBytes, snapshotDir, snapshotMaxBytes, writerDelayMaxMs, unknownPeer, unsentMaxBytes } = options.guard;
  // Bodies of stored responses lie in the same memory, and are bounded by the coordinator.
  const bodyBytesMax = options.proxy ? options.cache.bytesMax + options.guard.privateMaxTotalBytes : 0;
  engine.limitGuard({ privateMaxBytes, privateMaxTotalBytes: privateMaxTotalBytes + bodyBytesMax, snapshotDir, snapshotMaxBytes, writerDelayMaxMs, copyForUnknown: unknownPeer === 'copy', unsentMaxBytes });
  const opener = new Opener(engine);
  const about = (): AboutFacts => ({
    version: VERSION, workers: options.workers, requests: loop.requests.served, tornPrevented: areas.counters[layout.counters.tornPrevented]!,
    uptimeS: Math.floor(process.uptime()),
  });
  const siteOf = (served: ResolvedOptions): StaticSite => staticSite({ engine, areas: () => areas, opener, options: served, report, shedConnections: () => loop.shedIdle(), about });
  const sendfileRoot = options.proxy?.sendfileRoot;
  const files = sendfileRoot === undefined ? undefined : siteOf(sendfileOptions(options, sendfileRoot));
  const proxy = options.proxy && parts.store && assembleProxy(engine, opener, options, options.proxy, parts.store, report, parts.hooks, files?.exchange);
  const site = parts.exchange || proxy ? files : siteOf(options);
  const exchange = parts.exchange?.(engine, opener) ?? behindFront(proxy ? { exchange: proxy.exchange, fields: [] } : { exchange: site!.exchange, fields: site!.fields.beside([]) }, options);
  const loop: Loop = new Loop({
    engine, areas, exchange, opener, limits: options.limits, report, log: parts.log, onDrained: parts.onDrained,
    onLeaseBroken: (file, answers) => site?.lookup.leaseBroken(file, answers),
  });
  return { loop, site, proxy, engine, areas };
}

/** Where nothing is asked before the site, nothing stands before it. */
function behindFront({ exchange, fields }: { readonly exchange: Exchange; readonly fields: FieldList }, { access, site }: ResolvedOptions): Exchange {
  if (access === undefined && site.health === undefined && !site.cors) return exchange;
  return new Front(exchange, access && new Gate(access), { health: site.health, cors: site.cors, fields });
}
