// The parts of a worker's proxy, put together from its options.
import { AddressRules } from '../access/addresses.ts';
import type { Exchange } from '../exchange.ts';
import type { ResolvedOptions } from '../options.ts';
import type { ResolvedProxy } from '../proxy-options.ts';
import type { Report } from '../report.ts';
import { Answers } from './answered.ts';
import { ProxyExchange } from './exchange.ts';
import { forwardOptions } from './forward.ts';
import { HookedExchange } from './hooked-exchange.ts';
import type { ProxyHooks } from './hook-api.ts';
import { Hooks } from './hooks.ts';
import { Keys } from './keys.ts';
import { Origins, type OriginState } from './origin/origins.ts';
import { Purging } from './purging.ts';
import { Sendfile } from './sendfile.ts';
import type { SharedStore } from './shared.ts';

export interface Proxy {
  readonly exchange: Exchange;
  counts(): Record<string, number>;
  /** Of each origin, as this worker sees it. */
  states(): readonly OriginState[];
  /** Nothing is asked of its origins. */
  isIdle(): boolean;
  /** Ends its connections to origins. */
  close(): void;
}

/** What a proxy is made of, besides what all of a worker share. */
export interface ProxyAssembling {
  /** `cache`, `access` and `workers` count. */
  readonly options: Pick<ResolvedOptions, 'cache' | 'access' | 'workers'>;
  readonly proxy: ResolvedProxy;
  readonly report: Report;
  readonly hooks: ProxyHooks | undefined;
  /** Of `proxy.sendfileRoot`. */
  readonly files: Exchange | undefined;
  /** See keys.ts. */
  readonly scope: string;
}

export function assembleProxy({ holdings, user, bodies }: SharedStore, { options, proxy, report, hooks: given, files, scope }: ProxyAssembling): Proxy {
  const origins = new Origins(proxy.origins, report);
  const hooks = given && new Hooks(given, proxy.origins, report, scope);
  const answers = new Answers(options.cache.policy, hooks);
  const keys = new Keys(options.cache.query, options.workers > 1 ? proxy.channel : undefined, scope);
  const inner = new ProxyExchange({
    name: proxy.name, origins, store: user, holdings, bodies, keys, answers, purging: new Purging(user, new AddressRules(proxy.purgers, [])), policy: options.cache.policy, limits: options.cache.limits, report,
    upgrades: new Set(proxy.upgrades),
    sendfile: files && new Sendfile(files, proxy.sendfileRoot!, answers),
    forward: forwardOptions(proxy, options.access),
  });
  return {
    exchange: hooks?.steers ? new HookedExchange(inner, hooks) : inner,
    counts: () => origins.counts(),
    states: () => origins.states(),
    isIdle: () => inner.isIdle && origins.isIdle,
    close: () => {
      keys.close();
      void origins.close();
    },
  };
}
