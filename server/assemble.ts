// A worker's parts, put together: shared areas, engine, exchange, loop. The engine's class is an argument, so that the
// same loop runs on the kernel and on a simulated one.
import { FileReader } from '../cache/representation.ts';
import { layout, type Areas, type Engine, type Native } from '../native/index.ts';
import { ProxySenders } from './access/proxy-senders.ts';
import { makeAreas } from './areas.ts';
import type { Functions } from './config/functions.ts';
import type { Exchange } from './exchange.ts';
import type { AccessLog } from './log/access.ts';
import { Loop } from './loop.ts';
import type { Adopted } from './loop-parts.ts';
import type { LagMeter } from './metrics/lag.ts';
import type { RequestMetrics } from './metrics/request-metrics.ts';
import { Opener } from './opener.ts';
import type { ResolvedOptions } from './options.ts';
import type { Report } from './report.ts';
import type { AboutFacts } from './static/about.ts';
import { SPAN_ARENA, SPAN_FILE, type Plan } from './plan.ts';
import type { ProxyHooks } from './proxy/hook-api.ts';
import type { Proxy } from './proxy/assemble.ts';
import type { StoreLink } from './proxy/shared.ts';
import { Records } from './records.ts';
import { Policies, type Committed } from './reload/policies.ts';
import type { Policy } from './reload/policy.ts';
import { PolicyMaker } from './reload/policy-maker.ts';
import type { Service } from './services.ts';
import { protectionName } from './static/about.ts';
import type { StaticSite } from './static/assemble.ts';
import { strictTransport } from './tls/strict-transport.ts';
import { Tracer } from './tracing/tracer.ts';
import { VERSION } from './version.ts';

const NO_FUNCTIONS: Functions = {
  handlerAt: (at) => {
    throw new Error(`there is no function at ${at.join('.')}`);
  },
  hooksOf: () => undefined,
};

export interface Assembly {
  readonly loop: Loop;
  readonly policies: Policies;
  /** Of more of them. */
  readonly maker: PolicyMaker;
  /** Folders of the first policy, with those of files that origins name. */
  readonly sites: readonly StaticSite[];
  /** The first of them. */
  readonly site: StaticSite | undefined;
  readonly proxies: readonly Proxy[];
  readonly tracer: Tracer | undefined;
  readonly engine: Engine;
  readonly areas: Areas;
}

export interface AssemblyParts {
  readonly EngineClass: Native['Engine'];
  readonly options: ResolvedOptions;
  readonly report: Report;
  readonly log: AccessLog | undefined;
  /** Where spans go, if there is `tracing`: texts joined by commas. */
  readonly onSpans?: (block: string, spans: number) => void;
  readonly metrics?: RequestMetrics;
  readonly lag?: LagMeter;
  readonly onDrained: () => void;
  /** See LoopParts. */
  readonly serviceOf?: (listener: number) => Service;
  /** Where main says which policy is in force; undefined: it stays the first one. */
  readonly committed?: Committed;
  /** With origins. */
  readonly store?: StoreLink | undefined;
  /** The module that `options.proxy.hooks` names, loaded. */
  readonly hooks?: ProxyHooks | undefined;
  /** With handlers, or with hooks of several proxies. */
  readonly functions?: Functions;
  /** In place of what the options say; for tests. */
  readonly exchange?: (engine: Engine, opener: Opener) => Exchange;
}

export function assemble(parts: AssemblyParts): Assembly {
  const { options, report } = parts;
  const areas = makeAreas(options.limits.connectionsMax);
  const engine = new parts.EngineClass(areas);
  engine.limitArena(options.arena.bytesMax);
  const opener = new Opener(engine);
  const about = (): AboutFacts => ({
    version: VERSION, workers: options.workers, requests: loop.requests.served, tornPrevented: areas.counters[layout.counters.tornPrevented]!,
    uptimeS: Math.floor(process.uptime()),
  });
  const maker = new PolicyMaker({ engine, areas, opener, report, shedConnections: () => loop.shedIdle(), about }, parts.exchange);
  const { generation, shared } = parts.committed ?? { generation: 1, shared: new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT) };
  const first = maker.make({ generation, options, functions: parts.functions ?? NO_FUNCTIONS, hooks: parts.hooks, store: parts.store });
  const policies = new Policies(first, shared, (policy) => {
    const { accessLog } = policy.options;
    if (accessLog !== false) parts.log?.become(accessLog);
    loop.adopt(adopted(policy));
  });
  const tracer = tracerOf(parts, engine);
  const records = parts.log || tracer ? new Records(parts.log) : undefined;
  const loop: Loop = new Loop({
    engine, areas, adopted: adopted(first), opener, serviceOf: parts.serviceOf, report, records, tracer, metrics: parts.metrics, lag: parts.lag, onDrained: parts.onDrained,
    onReceived: () => policies.look(), onLeaseBroken: (file, answers) => policies.leaseBroken(file, answers),
  });
  return { loop, policies, maker, sites: first.sites, site: first.sites[0], proxies: first.proxies, tracer, engine, areas };
}

function tracerOf({ options: { tracing }, onSpans }: AssemblyParts, engine: Engine): Tracer | undefined {
  if (!tracing || !onSpans) return undefined;
  const reader = new FileReader(engine, layout);
  const protectionOf = ({ spans }: Plan): string | undefined => {
    const span = spans.find(({ kind }) => kind === SPAN_ARENA || kind === SPAN_FILE);
    return span && 'file' in span ? protectionName(reader.facts(span.file).protection) : undefined;
  };
  return new Tracer({ sampleRatio: tracing.sampleRatio, hand: onSpans, protectionOf });
}

function adopted(policy: Policy): Adopted {
  const { limits, proxyProtocol, tls } = policy.options;
  return { answering: policy, limits, strict: strictTransport(tls?.hsts), senders: proxyProtocol.length > 0 ? new ProxySenders(proxyProtocol) : undefined };
}
