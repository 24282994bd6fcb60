// Main's part of the store: the coordinator, and the memory that all threads share with it.
import { join } from 'node:path';
import { native } from '../native/index.ts';
import { Coordinator } from '../cache/store/coordinator.ts';
import { DiskTier, type MemoryTier } from '../cache/store/disk-tier.ts';
import type { BodyFolderOptions } from '../cache/store/disk/body-folder.ts';
import { isBodyId } from '../cache/store/disk/layout.ts';
import type { DiskStore } from '../cache/store/disk/store.ts';
import { Generations } from '../cache/store/generations.ts';
import type { Elsewhere, Purge, ToCoordinator, ToStoreUser } from '../cache/store/messages.ts';
import type { Variant } from '../cache/store/object.ts';
import type { SeenObject, Walk, Walked } from '../cache/store/stored-objects.ts';
import { Cluster, type ClusterStatus } from './cluster/cluster.ts';
import { PurgeError } from './cluster/purge-error.ts';
import type { ResolvedCluster } from './config/resolved.ts';
import { isSearchTag, searchTag } from './proxy/keys.ts';
import type { OurStore, StoreHolder } from './our-store.ts';
import type { ResolvedCache } from './proxy-options.ts';
import type { Report } from './report.ts';
import type { Confirmation, Sibling, Told } from './sibling.ts';
import type { Siblings } from './siblings.ts';

const OBJECTS_MAX = 1_000_000;
const VARIANTS_MAX = 32;
const ALONE_MAX = 65_536;
/** That a purge of a URL goes through. */
const SCOPES_MAX = 4096;
const UNKNOWN: RunningConfig = { hash: '0'.repeat(16), generation: 0 };

/** Other machines, whose purges are carried out here, and which hear of ours. */
export interface JoinedCluster {
  readonly options: ResolvedCluster;
  readonly report: Report;
}

/** The config in force, on this machine. */
export interface RunningConfig {
  /** See configHash(). */
  readonly hash: string;
  readonly generation: number;
}

/** What is not of this process alone. */
export interface Surroundings {
  /** On disk. */
  readonly store?: OurStore | undefined;
  readonly cluster?: JoinedCluster | undefined;
  /** Processes on this machine. */
  readonly siblings?: Siblings | undefined;
  readonly config?: RunningConfig | undefined;
  /** Loads the config anew, because another machine has. */
  readonly reload?: (() => Promise<unknown>) | undefined;
}

export class Coordination {
  /** For each worker: see Generations. */
  readonly shared = Generations.create();
  readonly #coordinator: Coordinator;
  /** Where workers write bodies; undefined: there is no store on disk. */
  readonly bodies: BodyFolderOptions | undefined;
  readonly #cluster: Cluster | undefined;
  readonly #store: OurStore | undefined;
  readonly #siblings: Siblings | undefined;
  /** Of variants that were found on disk; workers' own have the numbers of their threads in them. */
  #lastId = 0;
  /** What keys of one URL end in, where several proxies may be asked for it (proxy/keys.ts). */
  #scopes: readonly string[];
  /** Something was stored under No-Vary-Search: a URL may be another's (proxy/keys.ts). */
  #searching = false;
  #serves = false;

  constructor(cache: ResolvedCache, send: (worker: number, message: ToStoreUser) => void, scopes: readonly string[] = [], { store, cluster, siblings, config = UNKNOWN, reload = (): Promise<void> => Promise.resolve() }: Surroundings = {}) {
    this.#scopes = scopes;
    this.#searching = store !== undefined; // who knows what was stored before
    this.#store = store;
    this.#siblings = siblings;
    this.bodies = store?.bodies;
    const memory = {
      hold: (record: string): boolean => isBodyId(record) || native.holdKept(record),
      letGo: (record: string): void => {
        if (!isBodyId(record)) native.letGoKept(record);
      },
    };
    const tierOf = ({ options, report }: OurStore, disk: DiskStore, tier: MemoryTier): DiskTier => new DiskTier(disk, {
      bytesMax: options.bytesMax, waitingBytesMax: cache.bytesMax, admit: options.admit, newId: () => ++this.#lastId, report: (message, facts) => report('storeFailed', message, facts),
    }, { ...memory, read: (record, offset, into) => native.readKept(record, offset, into) }, tier);
    const generations = new Generations(this.shared);
    this.#coordinator = new Coordinator(
      { bytesMax: cache.bytesMax, objectsMax: OBJECTS_MAX, variantsMax: VARIANTS_MAX, aloneMax: ALONE_MAX, nowMs: () => performance.now(), timeMs: Date.now, removeFile: (record) => void store?.removeBody(record) },
      memory, generations, send,
    );
    this.#cluster = cluster && new Cluster(cluster.options, {
      apply: (purge, soft) => {
        this.#purge(purge, soft);
        return this.#coordinator.disk.noted ?? Promise.resolve();
      },
      trust: (untilMs) => generations.trust(untilMs, cluster.options.staleMaxMs), report: cluster.report, reload,
    }, config, store && join(store.folder, 'cluster'));
    if (siblings) siblings.carryOut = (told, from) => this.#told(told, from);
    if (store) store.use(this.#holderOf((disk, tier) => tierOf(store, disk, tier)));
    else this.#cluster?.start();
  }

  /** Up to where purges of other machines are known goes with the store. */
  #holderOf(tierOf: (disk: DiskStore, memory: MemoryTier) => DiskTier): StoreHolder {
    const { disk: side } = this.#coordinator;
    return {
      attach: (disk) => {
        side.attach((memory) => tierOf(disk, memory));
        if (this.#serves) side.tier?.scan();
        this.#cluster?.start();
      },
      detach: async (hurry) => {
        const tier = side.detach();
        await this.#cluster?.lend();
        await tier?.close(hurry);
      },
      expect: () => side.expect(),
      giveUp: () => side.giveUp(),
    };
  }

  /** Workers accept connections. What is on disk is looked through only now: that takes the processor from their start, and nothing waits for it. */
  serves(): void {
    this.#serves = true;
    this.#coordinator.disk.tier?.scan();
  }

  /** Of its bound of memory only this share is used. */
  squeeze(share: number): void {
    this.#coordinator.squeeze(share);
  }

  /** The scopes of another config. What was stored in those before is still there, and is purged by its URL, too. */
  knows(scopes: readonly string[]): void {
    this.#scopes = [...new Set([...scopes, ...this.#scopes])].slice(0, SCOPES_MAX);
  }

  /** It was loaded anew. */
  runs(config: RunningConfig): void {
    this.#cluster?.runs(config);
  }

  /** What waits for other machines is told. The store is closed after that, by whoever has opened it. */
  async close(): Promise<void> {
    await this.#cluster?.close();
  }

  hear(worker: number, message: ToCoordinator): void {
    this.#searching ||= variantsOf(message).some(({ tags }) => tags.some(isSearchTag));
    if (message.type !== 'purge' && message.type !== 'invalidate') return this.#coordinator.hear(worker, message);
    const told: Told = message.type === 'purge' ? { type: 'purge', purge: message.purge, soft: message.soft } : { type: 'invalidate', keys: message.keys };
    this.#coordinator.purgeFor(worker, message.ticket, this.#keysIn(told), () => this.#carryOut(told), this.#isAlone(told) ? undefined : () => this.#tellOthers(told));
  }

  workerDied(worker: number): void {
    this.#coordinator.workerDied(worker);
  }

  /** When it returns it holds, and will after a start, and on other machines. How many objects that were here. @throws PurgeError: it holds here alone. */
  async purge(purge: Purge, soft: boolean): Promise<number> {
    const told: Told = { type: 'purge', purge, soft };
    await this.#coordinator.warmed(this.#keysIn(told));
    const here = this.#carryOut(told);
    const [{ unpublished, objects }] = await Promise.all([this.#tellOthers(told), this.#coordinator.disk.noted]);
    const found = Math.max(here, objects);
    if (unpublished) throw new PurgeError(found, unpublished);
    return found;
  }

  /** What is looked for on disk before, so that it is counted. */
  #keysIn(told: Told): readonly string[] {
    return told.type === 'purge' && told.purge.by === 'key' ? this.#keysOf(told.purge.key) : [];
  }

  #carryOut(told: Told): number {
    if (told.type === 'purge') return this.#purge(told.purge, told.soft);
    // Each unsafe request comes by here: one that concerns nothing is not noted on disk.
    if (this.#searching) for (const key of told.keys) if (this.#coordinator.mayHaveTag(searchTag(key))) this.#purgeAlike(key, true);
    return this.#coordinator.invalidate(told.keys.flatMap((key) => this.#keysOf(key)));
  }

  // ---- others ----

  #isAlone({ type }: Told): boolean {
    return (type === 'invalidate' || !this.#cluster) && this.#siblings?.isEmpty !== false && this.#store?.isLost !== true;
  }

  /** Machines, and processes on this one. What is invalidated is so on this machine alone. */
  async #tellOthers(told: Told): Promise<Elsewhere> {
    const [unpublished, { objects, confirmed }] = await Promise.all([told.type === 'purge' ? this.#cluster?.publish(told.purge, told.soft) : undefined, this.#tellSiblings(told)]);
    return { objects, unpublished: confirmed ? unpublished : 'unconfirmed' };
  }

  async #tellSiblings(told: Told, from?: Sibling): Promise<Confirmation> {
    const confirmation = await (this.#siblings?.tell(told, from) ?? { objects: 0, confirmed: true });
    // Where the one that had the store is gone, it is ours again, and purges are noted here.
    await this.#coordinator.disk.noted;
    return { ...confirmation, confirmed: confirmation.confirmed && this.#store?.isLost !== true };
  }

  /** By another process. */
  async #told(told: Told, from: Sibling): Promise<Confirmation> {
    await this.#coordinator.warmed(this.#keysIn(told));
    const found = this.#carryOut(told);
    const { objects, confirmed } = await this.#tellSiblings(told, from);
    return { objects: Math.max(found, objects), confirmed };
  }

  #purge(purge: Purge, soft: boolean): number {
    if (purge.by !== 'key') return this.#coordinator.purge(purge, soft);
    const found = this.#keysOf(purge.key).reduce((sum, key) => sum + this.#coordinator.purge({ by: 'key', key }, soft), 0);
    return this.#searching ? found + this.#purgeAlike(purge.key, soft) : found;
  }

  /** The keys of the same URL, of all proxies. */
  #keysOf(key: string): readonly string[] {
    if (this.#scopes.length === 0) return [key];
    const scope = this.#scopes.find((one) => key.endsWith(one)) ?? '';
    const url = key.slice(0, key.length - scope.length);
    return [url, ...this.#scopes.map((one) => url + one)];
  }

  /** What is stored under other queries that may be the same. */
  #purgeAlike(key: string, soft: boolean): number {
    return this.#coordinator.purge({ by: 'tag', tag: searchTag(key) }, soft);
  }

  /** What is stored of a key; see StoredObjects.see. */
  see(key: string): SeenObject | undefined {
    return this.#coordinator.see(key);
  }

  /** The same, or else of another key of the same URL. */
  seeAlike(key: string): SeenObject | undefined {
    return [key, ...this.#keysOf(key)].map((one) => this.see(one)).find((seen) => seen !== undefined);
  }

  /** Some of what is stored; see StoredObjects.walk. */
  walk(walk: Walk): Walked {
    return this.#coordinator.walk(walk);
  }

  /** Undefined: this machine is alone. */
  cluster(): ClusterStatus | undefined {
    return this.#cluster?.status();
  }

  counts(): Record<string, number> {
    return { ...this.#coordinator.counts(), ...this.#cluster?.counts() };
  }
}

function variantsOf(message: ToCoordinator): readonly Variant[] {
  if (message.type === 'head') return [message.arriving.variant];
  if (message.type === 'stored') return [message.variant];
  return message.type === 'refreshed' ? message.variants : [];
}
