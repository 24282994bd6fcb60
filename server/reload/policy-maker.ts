// Makes policies on the engine of a worker: sites and their exchanges, beside what they share.
import type { Areas, Engine } from '../../native/index.ts';
import type { Functions } from '../config/functions.ts';
import type { Exchange } from '../exchange.ts';
import type { Opener } from '../opener.ts';
import type { ResolvedOptions } from '../options.ts';
import type { ProxyHooks } from '../proxy/hook-api.ts';
import { SharedStore, type StoreLink } from '../proxy/shared.ts';
import type { Report } from '../report.ts';
import { routedExchange } from '../routes/assemble.ts';
import { hasOrigins } from '../routes/scopes.ts';
import { behindFront, SiteAssembly } from '../site-assembly.ts';
import type { AboutFacts } from '../static/about.ts';
import { Policy } from './policy.ts';

export interface MakerParts {
  readonly engine: Engine;
  readonly areas: Areas;
  readonly opener: Opener;
  readonly report: Report;
  readonly shedConnections: () => number;
  readonly about: () => AboutFacts;
}

export interface PolicyParts {
  readonly generation: number;
  readonly options: ResolvedOptions;
  readonly functions: Functions;
  /** In place of those that `functions` has. */
  readonly hooks?: ProxyHooks | undefined;
  /** With origins. */
  readonly store: StoreLink | undefined;
}

export class PolicyMaker {
  readonly #parts: MakerParts;
  readonly #exchange: ((engine: Engine, opener: Opener) => Exchange) | undefined;
  #store: SharedStore | undefined;

  /** @param exchange in place of what options say; for tests. */
  constructor(parts: MakerParts, exchange?: (engine: Engine, opener: Opener) => Exchange) {
    this.#parts = parts;
    this.#exchange = exchange;
  }

  /** Of all policies; undefined: none of them has had origins so far. */
  get store(): SharedStore | undefined {
    return this.#store;
  }

  /** What was made of one that cannot be is given back. @throws what is wrong with it */
  make({ generation, options, functions, hooks, store }: PolicyParts): Policy {
    const { engine, areas, opener, report, shedConnections, about } = this.#parts;
    const link = hasOrigins(options) ? store : undefined;
    this.#limitGuard(options);
    if (link) this.#store ??= this.#storeOf(link, options);
    const assembly = new SiteAssembly({ engine, areas: () => areas, opener, report, store: link && this.#store, shedConnections, about });
    try {
      return new Policy(generation, options, this.#exchangeOf(assembly, options, functions, hooks), assembly);
    } catch (error) {
      for (const { lookup } of assembly.sites) lookup.close();
      for (const proxy of assembly.proxies) proxy.close();
      throw error;
    }
  }

  #exchangeOf(assembly: SiteAssembly, options: ResolvedOptions, functions: Functions, hooks: ProxyHooks | undefined): Exchange {
    const { engine, opener, report } = this.#parts;
    if (this.#exchange) return this.#exchange(engine, opener);
    if (options.sites.length > 0) return routedExchange(assembly, options, functions, report);
    return behindFront(assembly.content(options, hooks ?? (options.proxy && functions.hooksOf(options.proxy))), options);
  }

  #storeOf(link: StoreLink, { guard, arena, cache }: ResolvedOptions): SharedStore {
    const { engine, areas, opener } = this.#parts;
    return new SharedStore(engine, opener, () => areas, link, {
      settledBytesMax: guard.privateMaxBytes, arenaBytesMax: arena.fileBytesMax, memoryBytesMax: cache.limits.memoryBytesMax,
    });
  }

  /** Bodies of stored responses lie in the same memory, and are bounded by the coordinator. */
  #limitGuard(options: ResolvedOptions): void {
    const { privateMaxBytes, privateMaxTotalBytes, snapshotDir, snapshotMaxBytes, writerDelayMaxMs, unknownPeer, unsentMaxBytes } = options.guard;
    const bodyBytesMax = this.#store !== undefined || hasOrigins(options) ? options.cache.bytesMax + privateMaxTotalBytes : 0;
    this.#parts.engine.limitGuard({
      privateMaxBytes, privateMaxTotalBytes: privateMaxTotalBytes + bodyBytesMax, snapshotDir, snapshotMaxBytes, writerDelayMaxMs, copyForUnknown: unknownPeer === 'copy', unsentMaxBytes,
    });
  }
}
