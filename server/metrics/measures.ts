// What a worker tells when it is asked to be measured: what is not in its sheet. Names are `part.name`, so that two parts may count
// under one name.
import { layout } from '../../native/index.ts';
import { refusals } from '../../http/refusal.ts';
import type { Assembly } from '../assemble.ts';
import type { Counts } from '../messages.ts';
import type { OriginState } from '../proxy/origin/origins.ts';
import type { Hot, Hottest } from './hottest.ts';

/** Sums only grow while whoever counts them lives; levels are what there is now. */
export interface Account {
  readonly sums: Counts;
  readonly levels: Counts;
}

export interface Measures {
  readonly own: Account;
  /** Of the process: every worker tells the same. */
  readonly process: Account;
  readonly origins: readonly OriginState[];
  readonly hottest: readonly Hot[];
}

interface Counting {
  counts(): Record<string, number>;
}

/** All that a worker can be measured by; a part may be there several times, or not at all. */
export interface Measured extends Pick<Assembly, 'loop' | 'engine' | 'areas'> {
  readonly sites: readonly Counting[];
  readonly proxies: readonly (Counting & { states(): readonly OriginState[] })[];
  readonly hottest: Hottest;
}

const LEVELS: ReadonlySet<string> = new Set([
  'engine.connections', 'loop.tunnels', 'proxy.active', 'proxy.waiting', 'proxy.connections', 'proxy.busy', 'proxy.objectsHeld',
  'process.files', 'process.arenaBytes', 'process.leases', 'process.privateBytes', 'process.snapshotBytes', 'process.writerDelayMaxMs',
  'store.objects', 'store.bytes', 'store.bodies', 'store.tags', 'store.flights', 'store.waiters', 'store.alone',
  'store.diskObjects', 'store.diskBytes', 'store.diskScanned', 'store.diskWaiting',
  'config.generation', 'memory.sharePercent', 'memory.sealedBytes', 'memory.usedBytes', 'memory.pageCacheBytes', 'memory.limitBytes', 'memory.stallPercent',
]);

/** Adds up what several of a part have counted. */
export function accountOf(part: string, counts: readonly Counts[]): Account {
  const sums: Record<string, number> = {};
  const levels: Record<string, number> = {};
  for (const [name, count] of counts.flatMap((one) => Object.entries(one))) {
    const full = `${part}.${name}`;
    const account = LEVELS.has(full) ? levels : sums;
    account[full] = (account[full] ?? 0) + count;
  }
  return { sums, levels };
}

export function measuresOf({ loop, sites, proxies, engine, areas, hottest }: Measured): Measures {
  const engineCounts = Object.fromEntries(Object.entries(layout.counters).map(([name, index]) => [name, areas.counters[index]!]));
  const refused = Object.fromEntries(refusals.map(({ name }, code) => [name, loop.requests.refused[code]!]));
  const accounts = [
    accountOf('engine', [engineCounts]), accountOf('loop', [loop.counts()]), accountOf('refused', [refused]),
    accountOf('site', sites.map((site) => site.counts())), accountOf('proxy', proxies.map((proxy) => proxy.counts())),
  ];
  return {
    own: { sums: Object.assign({}, ...accounts.map(({ sums }) => sums)) as Counts, levels: Object.assign({}, ...accounts.map(({ levels }) => levels)) as Counts },
    process: accountOf('process', [engine.census()]),
    origins: proxies.flatMap((proxy) => proxy.states()),
    hottest: hottest.tell(performance.now()),
  };
}
