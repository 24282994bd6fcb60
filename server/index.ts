// pagecast as a library: createServer(), typed. Several servers may live in one process.
import { setTimeout as pause } from 'node:timers/promises';
import { native } from '../native/index.ts';
import type { Purge } from '../cache/store/messages.ts';
import { modulesOf, type ServerModules } from './config/functions.ts';
import type { ConfigModule } from './config/load.ts';
import type { ControlLog, Phase } from './control/backend.ts';
import type { ResolvedControl } from './control/options.ts';
import { ServerBackend } from './control/server-backend.ts';
import { openControlListener } from './control/listener.ts';
import { ControlServer } from './control/server.ts';
import type { Handing } from './handing.ts';
import type { Inheritance } from './inheritance.ts';
import { closeListeners, leftOf, openListeners, type Address, type OpenListener } from './listeners.ts';
import type { Counts } from './messages.ts';
import { Gathering } from './metrics/gathering.ts';
import { Metrics, type MetricsSnapshot, type MetricsText } from './metrics/metrics.ts';
import { OptionsError, type ResolvedOptions, type ServerOptions } from './options.ts';
import { configHash } from './reload/config-hash.ts';
import { Reloading, resolvedOf, type InForce, type Reloadable, type Reloaded, type Told } from './reload/reloading.ts';
import { OurStore } from './our-store.ts';
import type { ReportName } from './report.ts';
import { placesOf, servicesOf } from './services.ts';
import type { Sibling } from './sibling.ts';
import { Siblings } from './siblings.ts';
import { Supervisor } from './supervisor.ts';
import { TlsKeeper } from './tls/keeper.ts';

export { UnsupportedPlatformError } from '../native/index.ts';
export { ListenError, type Address } from './listeners.ts';
export { OptionsError, type ArenaLimits, type FileLimits, type GuardLimits, type MemoryLimits, type ServerOptions } from './options.ts';
export { defineConfig, type ClusterOptions, type ConfigContext, type ConfigSource, type Handler, type RateLimitConfig, type RedirectConfig, type RespondConfig, type RouteConfig, type SiteConfig, type TracingOptions } from './config/config.ts';
export { ConfigError, loadConfig, type ConfigModule, type LoadedConfig } from './config/load.ts';
export type { Purge } from '../cache/store/messages.ts';
export type { CacheOptions, ProxyOptions, StoreOptions } from './proxy-options.ts';
export { defineHooks, Query, type HookAnswer, type HookDecision, type HookRequest, type HookResponse, type ProxyHooks } from './proxy/hook-api.ts';
export { StoreError } from '../cache/store/disk/store-error.ts';
export { PurgeError } from './cluster/purge-error.ts';
export { HooksError } from './proxy/hook-module.ts';
export { ReloadError } from './reload/reload-error.ts';
export type { Reloaded } from './reload/reloading.ts';
export type { QueryOptions } from './proxy/query.ts';
export type { CertificateOptions, HstsOptions, TlsOptions } from './tls/options.ts';
export type { LoopLimits } from './limits.ts';
export type { LogFormat } from './log/format.ts';
export type { ReportName } from './report.ts';
export type { Counts } from './messages.ts';
export type { MetricsSnapshot, MetricsText, Quantiles } from './metrics/metrics.ts';
export type { Sample } from './metrics/row.ts';

/** Something an operator should know; also in the counters. */
export interface ServerReport {
  readonly name: ReportName | 'workerDied' | 'accessLogFailed' | 'controlFailed' | 'notifyFailed';
  readonly message: string;
  readonly facts: Readonly<Record<string, string | number>>;
}

export interface ServerHooks {
  onReport?(report: ServerReport): void;
  /** Whole lines of the access log, in blocks; asked for with `accessLog`. */
  onAccessLog?(block: string): void;
  /** Somebody asks the control plane to load the configuration anew. Default: reload(). */
  onReload?(): Promise<Reloaded>;
  /** Somebody asks the control plane to drain the server. Default: close(). */
  onDrain?(): void;
  /** Somebody asks the control plane to start the program anew. @returns the new process. @throws UpgradeError. Default: that cannot be done. */
  onUpgrade?(): Promise<number>;
  /** What the control plane notes of what it is told to do, and whose level it sets. Default: none. */
  readonly log?: ControlLog;
}

/** For spans that are not exported yet, at the end. */
const LAST_SPANS_MS = 2000;
/** Before listen(). */
const NOBODY = new Gathering(0, () => undefined, () => []);

export class Server {
  readonly #hooks: ServerHooks;
  readonly #metrics: Metrics;
  readonly #descriptors: number;
  #options: ResolvedOptions;
  #told: Told;
  /** With the functions of #options. */
  #modules: ServerModules = { config: undefined, hooks: new Map() };
  #listeners: readonly OpenListener[] = [];
  readonly #reloading: Reloading;
  readonly #keeper: TlsKeeper;
  #supervisor: Supervisor | undefined;
  #store: OurStore | undefined;
  /** Processes that serve the same. */
  readonly #siblings = new Siblings();
  #control: ControlServer | undefined;
  #backend: ServerBackend | undefined;
  #opening = false;
  #inheritance: Inheritance | undefined;
  /** Of unix sockets: they are another process's, or may be. */
  #namesStay = false;
  /** Another process has our place. */
  #isHanded = false;
  #started = false;
  #closing: Promise<void> | undefined;
  readonly #closeNow = new AbortController();

  /** @param module that the options are from, where functions stand in them (loadConfig()). @throws OptionsError naming every fault. */
  constructor(options: ServerOptions = {}, hooks: ServerHooks = {}, module?: ConfigModule) {
    const limit = native.raiseFileLimit();
    this.#descriptors = limit > 0 ? limit : 1024;
    this.#told = { options, module, where: undefined };
    this.#options = resolvedOf(this.#told, this.#descriptors);
    this.#hooks = hooks;
    this.#keeper = new TlsKeeper((name, message, facts = {}) => this.#report({ name, message, facts }));
    this.#reloading = new Reloading(this.#reloadable());
    this.#metrics = new Metrics(() => (this.#supervisor?.gathering ?? NOBODY).gather(), () => this.#listeners.map(({ address }) => address.host));
  }

  /** In force. */
  get options(): ResolvedOptions {
    return this.#options;
  }

  /**
   * Listens and serves.
   * @param where ports, `host:port`, `unix:/path`, `fd:N`; default: as the options say, or else port 8080 on every address. Port 0 picks a free one.
   * @returns where it listens, with real ports.
   * @throws ListenError, StoreError; nothing is left open then.
   */
  async listen(...where: readonly (string | number)[]): Promise<readonly Address[]> {
    if (this.#closing) throw new Error('the server is closed: it listens once');
    if (this.#supervisor || this.#opening) throw new Error('listen() was called before: a server listens once');
    const { specs, redirects } = placesOf(where.length > 0 ? where : this.options.listen, this.options.tls?.redirectFrom);
    const tls = this.#keeper.prepare(this.options.tls);
    if (tls && !('settings' in tls)) throw new OptionsError(tls);
    this.#opening = true;
    if (where.length > 0) this.#told = { ...this.#told, where };
    try {
      this.#modules = await modulesOf(this.options, this.#told.module);
      this.#listeners = await openListeners(specs, this.options, this.#inheritance?.handed.listeners);
      this.#store = await this.#findStore();
    } catch (error) {
      this.#closeListeners();
      throw error;
    } finally {
      this.#opening = false;
    }
    if (this.#closed()) {
      await this.#end();
      throw new Error('the server was closed while it was opening');
    }
    this.#supervisor = new Supervisor(this.options, this.#listeners, {
      onReport: ({ name, message, facts }) => this.#report({ name, message, facts }),
      onAccessLog: (block) => this.#hooks.onAccessLog?.(block),
      onWorkerDied: (worker, error) => this.#report({ name: 'workerDied', message: 'a worker died and is replaced', facts: { worker, error: error.stack ?? error.message } }),
    }, this.#modules, servicesOf(this.#listeners, tls && this.#keeper.context, redirects), {
      store: this.#store, siblings: this.#siblings, config: { hash: configHash(this.#told.options, this.#modules), generation: 1 }, reload: () => this.#hooks.onReload?.() ?? this.reload(),
    });
    this.#keeper.adopt(tls);
    try {
      const openControl = this.#controlFor(this.#supervisor);
      // Before anything serves: that it has not started is something to ask for. Of the process before, as long as it serves.
      if (!this.#inheritance) await openControl();
      if (this.#inheritance) await this.#startBeside(this.#inheritance, this.#supervisor, openControl);
      else await this.#supervisor.start();
      this.#started = true;
    } catch (error) {
      // What was accepted in the place of another process is not reset.
      await this.close({ force: this.#inheritance === undefined });
      throw error;
    }
    if (this.#inheritance) this.#takePlace(this.#inheritance);
    return this.addresses();
  }

  /**
   * Takes other options into force, on all workers at once; connections stay, and so does what is stored. Modules of hooks are read anew, also
   * where nothing else is another. One after the other. docs/OPERATIONS.md tells what cannot change.
   * @param options default: those that are in force. @param from `module`: that the options are from; `where`: as listen() takes them.
   * @throws ReloadError naming every fault; then nothing has changed.
   */
  reload(options?: ServerOptions, from: Partial<Pick<Told, 'module' | 'where'>> = {}): Promise<Reloaded> {
    return this.#reloading.begin(options === undefined ? from : { options, module: undefined, ...from });
  }

  /** What another process has listened on is taken over by listen(), which comes after. */
  inherit(inheritance: Inheritance): void {
    this.#inheritance = inheritance;
    this.#namesStay = true;
  }

  /** For the process that takes the place of this one; and so are the four behind it, see Elder. */
  get handing(): Handing {
    return { listeners: this.#listeners, control: this.#control?.listener };
  }

  join(sibling: Sibling): void {
    this.#siblings.join(sibling);
  }

  async lendStore(): Promise<void> {
    await this.#store?.lend();
  }

  takeStoreBack(): void {
    this.#store?.takeBack();
  }

  get storeSettled(): Promise<unknown> {
    return this.#store?.settled ?? Promise.resolve();
  }

  /** Where it listens; the first of addresses(), null before listen() and after close(). */
  address(): Address | null {
    return this.addresses()[0] ?? null;
  }

  addresses(): readonly Address[] {
    const { tls, listen } = this.#options;
    if (!tls) return this.#listeners.map(({ address }) => address);
    const { redirects } = placesOf(this.#told.where ?? listen, tls.redirectFrom);
    return this.#listeners.map(({ address, asked }) => (redirects.has(asked) ? address : { ...address, secure: true }));
  }

  /** `unix:/path` or `http://address:port`; undefined: it has no control plane, or none could be had (`auto`). */
  get controlAddress(): string | undefined {
    return this.#control?.where;
  }

  get phase(): Phase {
    if (this.#closing) return 'draining';
    return this.#started ? 'ready' : 'starting';
  }

  /** Monotonic counters of all workers together, and what is open now (`connections`, `files`, `arenaBytes`). */
  async counts(): Promise<Counts> {
    return (await this.#supervisor?.counts()) ?? {};
  }

  /**
   * Everything that is counted, for Prometheus; docs/METRICS.md has the names. A worker that does not answer within a second is told
   * of as it was when it last did.
   * @param accept the value of the field Accept of whoever asks: OpenMetrics, where that is preferred.
   */
  metrics(accept?: string): Promise<MetricsText> {
    return this.#metrics.text(accept);
  }

  /** The same as plain values, with quantiles in place of buckets. */
  metricsSnapshot(): Promise<MetricsSnapshot> {
    return this.#metrics.snapshot();
  }

  /**
   * Takes stored responses out of the cache; when it resolves, no request that comes later is answered with them, also after a start. With
   * `cluster` all other machines are told (docs/CLUSTER.md).
   * @param purge by key (`http://host/path?query`), tag, prefix of keys, or everything.
   * @param soft they are stale from now on: what the origin allows of stale ones may still be done with them.
   * @returns how many objects that were, on this machine.
   * @throws PurgeError where other machines cannot be told, or not yet: it is purged here all the same.
   */
  async purge(purge: Purge, { soft = false }: { readonly soft?: boolean } = {}): Promise<number> {
    return (await this.#supervisor?.coordination?.purge(purge, soft)) ?? 0;
  }

  /**
   * After `shutdownDelayMs`, stops accepting, lets answers under way finish for `graceMs`, then ends the rest.
   * @param options `force`: end everything now, also when a close is under way. `handed`: another process has taken its place.
   */
  close(options: { readonly force?: boolean; readonly handed?: boolean } = {}): Promise<void> {
    if (options.handed) {
      this.#isHanded = this.#namesStay = true;
      this.#control?.handOver();
    }
    if (options.force) {
      this.#closeNow.abort();
      const forced = this.#supervisor?.terminate() ?? Promise.resolve();
      this.#closing ??= forced.then(() => this.#end());
      return this.#closing;
    }
    // The listeners go first, so that whoever comes now is refused and tries elsewhere, not left waiting in a queue.
    this.#closing ??= this.#drain(options.handed ? 0 : this.options.shutdownDelayMs, this.#closeNow.signal);
    return this.#closing;
  }

  async #drain(delayMs: number, now: AbortSignal): Promise<void> {
    if (delayMs > 0 && this.#started) await pause(delayMs, undefined, { signal: now }).catch(() => undefined);
    await this.#supervisor?.drain(this.options.graceMs, () => this.#closeListeners());
    await this.#end();
  }

  #reloadable(): Reloadable {
    const now = (): InForce => ({ told: this.#told, options: this.#options, listeners: this.#listeners });
    const phase = (): Phase => this.phase;
    return {
      get phase() { return phase(); },
      get inForce() { return now(); },
      keeper: this.#keeper,
      descriptors: this.#descriptors,
      change: (...change) => this.#supervisor!.change(...change),
      changed: ({ told, options, listeners }, generation, modules) => {
        this.#told = told;
        this.#options = options;
        this.#modules = modules;
        this.#listeners = listeners;
        this.#supervisor?.coordination?.runs({ hash: configHash(told.options, modules), generation });
      },
    };
  }

  #closed(): boolean {
    return this.#closing !== undefined;
  }

  async #findStore(): Promise<OurStore | undefined> {
    const { store: options } = this.options;
    const store = options && (await OurStore.prepare(options, (name, message, facts = {}) => this.#report({ name, message, facts })));
    // The process before has it until workers are there.
    if (!this.#inheritance) await store?.take(false);
    return store;
  }

  /** What one of both purges is purged in both before anything is stored here, and by then at the latest the control plane is ours. */
  async #startBeside(inheritance: Inheritance, supervisor: Supervisor, openControl: () => Promise<void>): Promise<void> {
    this.#siblings.join(inheritance.sibling);
    await inheritance.begin();
    await supervisor.start();
    if (this.#store) {
      await inheritance.askForStore();
      await this.#store.take(true);
    }
    await openControl();
  }

  #takePlace({ handed }: Inheritance): void {
    this.#namesStay = false;
    closeListeners(leftOf(handed.listeners, this.#listeners));
    if (handed.control) closeListeners(leftOf([handed.control], this.#control ? [this.#control.listener] : []));
  }

  /** What opens it cannot fail: the socket is there. */
  #controlFor(supervisor: Supervisor): () => Promise<void> {
    const { control } = this.options;
    const listener = control && openControlListener(control.place, this.#listeners[0]!.address, this.#inheritance?.handed.control);
    return async () => {
      if (control && listener) await this.#openControl(supervisor, control, listener);
    };
  }

  async #openControl(supervisor: Supervisor, control: ResolvedControl, listener: OpenListener): Promise<void> {
    this.#backend = new ServerBackend(this, {
      workers: () => supervisor.workers, memory: () => supervisor.memory.status(), modules: () => this.#modules, coordination: () => supervisor.coordination, log: this.#hooks.log, reload: () => this.#hooks.onReload?.() ?? this.reload(),
      upgrade: this.#hooks.onUpgrade && (() => this.#hooks.onUpgrade!()),
      drain: () => (this.#hooks.onDrain ? this.#hooks.onDrain() : void this.close()), report: (report) => this.#report(report),
    });
    this.#control = await ControlServer.open(control, listener, this.#backend);
    if (!this.#closed()) return;
    await this.#control.close();
    throw new Error('the server was closed while it was opening');
  }

  #report(report: ServerReport): void {
    this.#hooks.onReport?.(report);
    this.#backend?.tell(report);
  }

  /** The control plane goes last: until then it tells that the server drains. */
  async #end(): Promise<void> {
    this.#closeListeners();
    this.#keeper.close();
    const { coordination, exporter } = this.#supervisor ?? {};
    await exporter?.close(AbortSignal.any([this.#closeNow.signal, AbortSignal.timeout(LAST_SPANS_MS)]));
    // Whoever comes from before us hears through us of what is purged behind us.
    const elder = this.#inheritance?.sibling;
    if (this.#isHanded && elder) await Promise.race([elder.gone, aborted(this.#closeNow.signal)]);
    await coordination?.close();
    await this.#store?.close();
    await this.#control?.close();
  }

  #closeListeners(): void {
    closeListeners(this.#listeners, this.#namesStay);
    this.#listeners = [];
  }
}

/**
 * A server of one folder.
 *
 *     const server = createServer({ root: './dist' });
 *     const [address] = await server.listen('127.0.0.1:0');
 *
 * @throws OptionsError, UnsupportedPlatformError
 */
export function createServer(options: ServerOptions = {}, hooks: ServerHooks = {}, module?: ConfigModule): Server {
  return new Server(options, hooks, module);
}

function aborted(signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => (signal.aborted ? resolve() : signal.addEventListener('abort', () => resolve(), { once: true })));
}
