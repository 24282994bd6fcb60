// The parts of a worker's proxy, put together from its options.
import { layout, type Engine } from '../../native/index.ts';
import { FileReader } from '../../cache/representation.ts';
import { Generations } from '../../cache/store/generations.ts';
import { Holdings } from '../../cache/store/holdings.ts';
import type { ToCoordinator, ToStoreUser } from '../../cache/store/messages.ts';
import { StoreUser } from '../../cache/store/user.ts';
import { AddressRules } from '../access/addresses.ts';
import type { Exchange } from '../exchange.ts';
import type { Opener } from '../opener.ts';
import type { ResolvedOptions } from '../options.ts';
import type { ResolvedProxy } from '../proxy-options.ts';
import type { Report } from '../report.ts';
import { Answers } from './answered.ts';
import type { VariantPlans } from './answers.ts';
import { Bodies } from './bodies.ts';
import { ProxyExchange } from './exchange.ts';
import { HookedExchange } from './hooked-exchange.ts';
import type { ProxyHooks } from './hook-api.ts';
import { Hooks } from './hooks.ts';
import { Keys } from './keys.ts';
import { Origins } from './origin/origins.ts';
import { Purging } from './purging.ts';
import { Sendfile } from './sendfile.ts';

/** Of one worker: their heads, and the records of their bodies. */
const OBJECTS_HELD_MAX = 16_384;
/** How often the coordinator hears what was used, in milliseconds: it decides what is evicted. */
const USED_EVERY_MS = 1000;
const PSEUDONYM = 'pagecast';

export interface StoreLink {
  /** Generations of the process. */
  readonly shared: SharedArrayBuffer;
  readonly post: (message: ToCoordinator) => void;
}

export interface Proxy {
  readonly exchange: Exchange;
  hear(message: ToStoreUser): void;
  counts(): Record<string, number>;
  /** Ends its connections to origins. */
  close(): void;
}

export function assembleProxy(engine: Engine, opener: Opener, options: ResolvedOptions, proxy: ResolvedProxy, link: StoreLink, report: Report, given?: ProxyHooks, files?: Exchange): Proxy {
  const holdings = new Holdings<VariantPlans>(OBJECTS_HELD_MAX, new Generations(link.shared), (file) => engine.release(file));
  const store = new StoreUser(link.post, (keys, versions) => holdings.forget(keys, versions));
  const origins = new Origins(proxy.origins, report);
  const bodies = new Bodies(engine, opener, new FileReader(engine, layout), holdings, {
    settledBytesMax: options.guard.privateMaxBytes, arenaBytesMax: options.arena.fileBytesMax,
  });
  const hooks = given && new Hooks(given, proxy.origins, report);
  const answers = new Answers(options.cache.policy, hooks);
  const keys = new Keys(options.cache.query, options.workers > 1 ? proxy.channel : undefined);
  const inner = new ProxyExchange({
    origins, store, holdings, bodies, keys, answers, purging: new Purging(store, new AddressRules(proxy.purgers, [])), policy: options.cache.policy, limits: options.cache.limits, report,
    upgrades: new Set(proxy.upgrades),
    sendfile: files && new Sendfile(files, proxy.sendfileRoot!, answers),
    forward: { pseudonym: PSEUDONYM, host: proxy.host, trusted: proxy.trusted.length > 0 ? new AddressRules(proxy.trusted, []) : undefined },
  });
  const told = setInterval(() => {
    const keys = holdings.used();
    if (keys.length > 0) store.tell({ type: 'used', keys });
  }, USED_EVERY_MS);
  told.unref();
  return {
    exchange: hooks?.steers ? new HookedExchange(inner, hooks) : inner,
    hear: (message) => store.hear(message),
    counts: () => ({ ...origins.counts(), objectsHeld: holdings.size }),
    close: () => {
      clearInterval(told);
      keys.close();
      void origins.close();
    },
  };
}
