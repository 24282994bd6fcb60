// Purges reach every machine through a stream in Redis: what is purged here is written there, and what others have written is
// carried out here, in the stream's order, each at least once.
//
// What is stored is trusted for as long as it is known that nothing is missing: `staleMaxMs` from the moment that Redis was asked for
// what is new, and had no more. From then on it is validated before it is used, until this node has caught up.
import { randomBytes } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { LRUCache } from 'lru-cache';
import { hostname } from 'node:os';
import type { Purge, Unpublished } from '../../cache/store/messages.ts';
import type { ResolvedCluster } from '../config/resolved.ts';
import type { Report } from '../report.ts';
import { redisAddress, type RedisAddress } from './address.ts';
import { Configs, TELL_EVERY_MS, type ConfigTold, type NodeConfig } from './configs.ts';
import { timeOf, type Entry } from './entry.ts';
import { Link } from './link.ts';
import { OneLookup } from '../one-lookup.ts';
import { Outbox } from './outbox.ts';
import { PositionFile } from './position.ts';
import { Session, type Progress } from './session.ts';
import { PurgeStream } from './stream.ts';

export interface ClusterHooks {
  /** In force when it returns; resolves when it will be after a start, too, and so will those before it. */
  apply(purge: Purge, soft: boolean): Promise<unknown>;
  /** What is stored lacks no purge of before `staleMaxMs`; milliseconds since 1970, undefined: that is not known any more. */
  trust(untilMs: number | undefined): void;
  readonly report: Report;
  /** Another node was told to load a config that is not ours, and `cluster.reload` says that we follow. Whether it could be: runs() tells. */
  reload(): Promise<unknown>;
}

export interface ClusterStatus {
  readonly connected: boolean;
  /** Up to where the stream was read; undefined: nowhere yet. */
  readonly lastId: string | undefined;
  /** Since it was last known that no purge was missing. */
  readonly lagMs: number;
  /** Purges of this node that Redis has not taken. */
  readonly queued: number;
  /** Its name in the stream. */
  readonly node: string;
  /** What it runs. */
  readonly config: string;
  /** The others, as far as they have told. */
  readonly nodes: readonly NodeConfig[];
}

/** Random digits of a node's name; another one at each start. */
const NODE_BYTES = 8;
const SEEN_MAX = 65_536;
/** Between two attempts to reach Redis: doubled each time, and up to a half of it left out at random. */
const PAUSE_MS = 50;
const PAUSE_MAX_MS = 200;
/** How often Redis is asked for what is new where nothing comes: its clock is ours to be trusted. */
const BEAT_MAX_MS = 500;
const CLOSING_STEP_MS = 10;
const ANSWER_MS = 200;

type Differing = ReturnType<Configs['takeDiffering']>;

export class Cluster {
  readonly #options: ResolvedCluster;
  readonly #hooks: ClusterHooks;
  readonly #address: RedisAddress;
  readonly #names = new OneLookup();
  readonly #position: PositionFile | undefined;
  readonly #outbox: Outbox;
  readonly #progress: Progress = { node: randomBytes(NODE_BYTES).toString('hex'), at: undefined, seen: new LRUCache({ max: SEEN_MAX }) };
  readonly #ending = new AbortController();
  readonly #watch: NodeJS.Timeout;
  #running: Promise<void> | undefined;
  #session: Session | undefined;
  #noted: Promise<unknown> = Promise.resolve();
  #connected = false;
  #failures = 0;
  #lastFault = '';
  #heardMs = performance.now();
  #trusted = false;
  /** Its place is written beside the store: there is one, and it is ours. */
  #notesPlace = false;
  /** It has been told that there is no word from Redis. */
  #toldOut = false;
  readonly #configs = new Configs();
  #config: Pick<ConfigTold, 'hash' | 'generation'>;
  #toldConfigMs = 0;
  /** It is about to be told, to who has joined. */
  #telling: NodeJS.Timeout | undefined;
  #following = false;
  readonly #counts = { clusterPublished: 0, clusterHeard: 0, clusterDropped: 0, clusterForgot: 0 };

  /** @param positionPath a file beside what is stored on disk; undefined: nothing outlives a start. */
  constructor(options: ResolvedCluster, hooks: ClusterHooks, config: Pick<ConfigTold, 'hash' | 'generation'>, positionPath?: string) {
    const address = redisAddress(options.redis);
    if (typeof address === 'string') throw new Error(`cluster.redis: ${address}`);
    this.#options = options;
    this.#hooks = hooks;
    this.#config = config;
    this.#address = address;
    this.#outbox = new Outbox(options);
    this.#position = positionPath === undefined ? undefined : new PositionFile(positionPath, options.stream, (error) => this.#failed('its place in the stream could not be written: after a start everything is purged, or some twice', error));
    hooks.trust(undefined);
    this.#watch = setInterval(() => this.#look(), this.#beatMs).unref();
  }

  /** What is stored on disk, where that is so, is ours, as far as it was read by whoever had it. Redis need not be there. */
  start(): void {
    this.#notesPlace = true;
    if (this.#running && this.#progress.at) this.#position?.write(this.#progress.at, this.#noted);
    this.#running ??= this.#run();
  }

  /** What is stored on disk is another process's: what is heard from now on is not noted there. */
  async lend(): Promise<void> {
    this.#notesPlace = false;
    await this.#position?.close();
  }

  /** What was purged here is purged everywhere; undefined: Redis has it. It is carried out here by whoever asks for it, before. */
  async publish(purge: Purge, soft: boolean): Promise<Unpublished | undefined> {
    const published = this.#outbox.publish(purge, soft);
    this.#session?.write();
    const outcome = await published;
    if (outcome === 'dropped') this.#counts.clusterDropped += 1;
    return outcome;
  }

  status(): ClusterStatus {
    return { connected: this.#connected, lastId: this.#progress.at?.id, lagMs: Math.round(performance.now() - this.#heardMs), queued: this.#outbox.queued, node: this.#progress.node, config: this.#config.hash, nodes: this.#configs.list() };
  }

  /** Sums since the start; connected (1 or 0), milliseconds of lag, and what is queued are what there is now. */
  counts(): Record<string, number> {
    const { connected, lagMs, queued, nodes } = this.status();
    return { ...this.#counts, clusterConnected: connected ? 1 : 0, clusterLagMs: lagMs, clusterQueued: queued, clusterNodes: nodes.length, clusterConfigsDiffering: this.#configs.differingFrom(this.#config.hash) };
  }

  /** This node has loaded a config. */
  runs(config: Pick<ConfigTold, 'hash' | 'generation'>): void {
    this.#config = config;
    this.#tellConfig(!this.#following);
  }

  /** What waits for Redis has `timeoutMs` to get there. Nothing more is carried out. */
  async close(): Promise<void> {
    const endMs = performance.now() + this.#options.timeoutMs;
    while (this.#connected && this.#outbox.queued > 0 && performance.now() < endMs) await pause(CLOSING_STEP_MS);
    clearInterval(this.#watch);
    clearTimeout(this.#telling);
    await this.#session?.tell({ kind: 'left' });
    this.#ending.abort();
    await this.#running;
    const left = this.#outbox.close();
    if (left > 0) this.#hooks.report('clusterFailed', 'purges of this node did not reach the others', { purges: left });
    await this.#position?.close();
  }

  get #beatMs(): number {
    return Math.min(BEAT_MAX_MS, Math.ceil(this.#options.staleMaxMs / 4));
  }

  async #run(): Promise<void> {
    this.#progress.at = await this.#position?.read();
    const { signal } = this.#ending;
    while (!signal.aborted) {
      try {
        const link = await Link.open(this.#address, this.#options.tls, this.#names, signal);
        await this.#serve(link);
      } catch (error) {
        this.#unlinked(error);
      }
      const mostMs = Math.min(PAUSE_MS * 2 ** this.#failures++, PAUSE_MAX_MS);
      await pause(mostMs * (1 - Math.random() / 2), undefined, { signal }).catch(() => undefined);
    }
  }

  async #serve(link: Link): Promise<void> {
    const { signal } = this.#ending;
    const giveUp = (): void => void link.end(new Error('it is closed'));
    signal.addEventListener('abort', giveUp, { once: true });
    this.#session = new Session(new PurgeStream(link, this.#options), this.#progress, this.#outbox, this.#beatMs, {
      apply: (purge, soft) => {
        this.#noted = this.#hooks.apply(purge, soft);
      },
      reached: (place) => {
        if (this.#notesPlace) this.#position?.write(place, this.#noted);
      },
      current: (askedMs, askedTimeMs) => this.#current(askedMs, askedTimeMs),
      forgot: (why, { id }) => {
        this.#counts.clusterForgot += 1;
        this.#hooks.report('clusterForgot', why === 'lost' ? 'Redis has lost purges: everything is purged, on all machines' : 'purges of others are not in Redis any more: everything is purged here', { id });
      },
      heard: () => (this.#counts.clusterHeard += 1),
      written: () => (this.#counts.clusterPublished += 1),
      config: () => this.#told(false),
      heardConfig: (entry, config) => this.#heardConfig(entry, config),
    });
    try {
      await this.#session.run();
    } finally {
      this.#session = undefined;
      signal.removeEventListener('abort', giveUp);
    }
  }

  #unlinked(error: unknown): void {
    this.#connected = false;
    if (!this.#ending.signal.aborted) this.#failed('there is no connection to Redis: it is tried again, and purges wait', error);
  }

  #told(isReload: boolean): ConfigTold {
    this.#toldConfigMs = performance.now();
    return { ...this.#config, isReload, host: hostname() };
  }

  #tellConfig(isReload: boolean): void {
    void this.#session?.tell({ kind: 'config', config: this.#told(isReload) });
  }

  #heardConfig({ node, id }: Entry, config: ConfigTold | undefined): void {
    if (!config) return this.#configs.left(node);
    const isNew = this.#configs.hear(node, timeOf(id), config);
    // It does not know ours; of many that join together one answer is enough.
    if (isNew) this.#telling ??= setTimeout(() => {
      this.#telling = undefined;
      this.#tellConfig(false);
    }, ANSWER_MS).unref();
  }

  /** As of now: what was read of the past is nothing to be told. */
  #compareConfigs(): void {
    const differing = this.#configs.takeDiffering(this.#config.hash);
    const isReloaded = differing.some(({ isReload }) => isReload);
    if (isReloaded && this.#options.reload && !this.#following) void this.#follow(differing);
    else this.#tellDiffering(differing);
  }

  async #follow(differing: Differing): Promise<void> {
    this.#following = true;
    await this.#hooks.reload().catch(() => undefined); // which is told by whoever reloads
    this.#following = false;
    this.#tellDiffering(differing.filter(({ hash }) => hash !== this.#config.hash));
  }

  #tellDiffering(differing: Differing): void {
    for (const { node, host, hash } of differing) this.#hooks.report('clusterConfig', 'another node runs another config', { node, host, config: hash, ours: this.#config.hash });
  }

  /** By both clocks: one may have stood still, the other may have been set. */
  #current(askedMs: number, askedTimeMs: number): void {
    this.#connected = true;
    this.#failures = 0;
    if (performance.now() - this.#toldConfigMs > TELL_EVERY_MS) this.#tellConfig(false);
    this.#compareConfigs();
    this.#lastFault = '';
    this.#heardMs = askedMs;
    this.#trusted = true;
    this.#hooks.trust(Math.min(askedTimeMs, Date.now() - (performance.now() - askedMs)) + this.#options.staleMaxMs);
    if (!this.#toldOut) return;
    this.#toldOut = false;
    this.#hooks.report('clusterBack', 'this node has caught up with the others: what is stored is used again');
  }

  #look(): void {
    if (performance.now() - this.#heardMs <= this.#options.staleMaxMs) return;
    if (this.#trusted) this.#hooks.trust(undefined);
    this.#trusted = this.#connected = false;
    if (this.#toldOut) return;
    this.#toldOut = true;
    this.#hooks.report('clusterOut', 'there is no word from Redis: what is stored is validated before it is used', { staleMaxMs: this.#options.staleMaxMs });
  }

  /** Once for each kind of fault, until all is well again. */
  #failed(message: string, error: unknown): void {
    const fault = this.#textOf(error);
    if (fault === this.#lastFault) return;
    this.#lastFault = fault;
    this.#hooks.report('clusterFailed', message, { redis: this.#address.where, error: fault });
  }

  /** Redis may repeat what it was told, and did not understand. */
  #textOf(error: unknown): string {
    const { message = '', code = '' } = error instanceof Error ? (error as NodeJS.ErrnoException) : { message: String(error) };
    const [told] = (message === '' ? code : message).split(', with args');
    return this.#address.password === undefined ? told! : told!.replaceAll(this.#address.password, '***');
  }
}
