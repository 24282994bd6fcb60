// The backend over a running server.
import { setImmediate } from 'node:timers/promises';
import type { Purge } from '../../cache/store/messages.ts';
import type { SeenObject } from '../../cache/store/stored-objects.ts';
import { functionsOf, hasHooks, type Functions, type ServerModules } from '../config/functions.ts';
import type { Coordination } from '../coordination.ts';
import { PurgeError } from '../cluster/purge-error.ts';
import { UsageError } from '../cli/flags.ts';
import type { ServerReport } from '../index.ts';
import type { Address } from '../listeners.ts';
import type { MemoryStatus } from '../memory-keeper.ts';
import type { MetricsSnapshot, MetricsText } from '../metrics/metrics.ts';
import type { ResolvedOptions } from '../options.ts';
import type { ResolvedProxy } from '../proxy-options.ts';
import { UpgradeError } from '../upgrade.ts';
import { ReloadError } from '../reload/reload-error.ts';
import type { Reloaded } from '../reload/reloading.ts';
import { VERSION } from '../version.ts';
import type { ControlBackend, ControlEvent, ControlLog, ExplainRequest, ObjectFilter, ObjectPage, Phase, SiteStatus, Snapshot, Status, WorkerStatus } from './backend.ts';
import { masked, type Readable } from './masked.ts';
import { Problem } from './problem.ts';

/** What a backend needs of a server; all of it is public. */
interface Controlled {
  readonly options: ResolvedOptions;
  readonly phase: Phase;
  addresses(): readonly Address[];
  metrics(accept: string | undefined): Promise<MetricsText>;
  metricsSnapshot(): Promise<MetricsSnapshot>;
  purge(purge: Purge, options: { readonly soft: boolean }): Promise<number>;
}

/** What is inside. */
interface ControlledParts {
  readonly workers: () => WorkerStatus;
  readonly memory: () => MemoryStatus;
  /** That have the functions of the options in force. */
  readonly modules: () => ServerModules;
  /** Undefined: there are no origins. */
  readonly coordination: () => Coordination | undefined;
  readonly log: ControlLog | undefined;
  readonly drain: () => void;
  readonly reload: () => Promise<Reloaded>;
  readonly upgrade: (() => Promise<number>) | undefined;
  readonly report: (report: ServerReport) => void;
}

/** An explanation opens files and runs hooks, on main: one after the other, and no crowd. */
const EXPLAINING_MAX = 8;
/** Connections of an engine that has none. */
const CONNECTIONS_MAX = 16;

export class ServerBackend implements ControlBackend {
  readonly #server: Controlled;
  readonly #parts: ControlledParts;
  readonly #startedMs = Date.now();
  readonly #hearers = new Set<(event: ControlEvent) => void>();
  #explaining: Promise<unknown> = Promise.resolve();
  #explanations = 0;
  /** Run once, and not for each explanation: modules may begin what nobody ends. */
  #run: { readonly modules: ServerModules; readonly functions: Promise<Functions> } | undefined;

  constructor(server: Controlled, parts: ControlledParts) {
    this.#server = server;
    this.#parts = parts;
  }

  get log(): ControlLog | undefined {
    return this.#parts.log;
  }

  phase(): Phase {
    return this.#server.phase;
  }

  status(): Status {
    const { options, phase } = this.#server;
    const { workers, memory } = this.#parts;
    const coordination = this.#parts.coordination();
    const cluster = coordination?.cluster();
    return {
      version: VERSION,
      pid: process.pid,
      startedAt: new Date(this.#startedMs).toISOString(),
      uptimeS: Math.floor((Date.now() - this.#startedMs) / 1000),
      phase,
      workers: workers(),
      memory: memory(),
      listeners: this.#server.addresses().map(urlOf),
      sites: sitesOf(options),
      ...(coordination && { store: coordination.counts() }),
      ...(cluster && { cluster }),
    };
  }

  config(): Readable {
    return masked(this.#server.options) ?? null;
  }

  /** A step looks at so many rows that no hit that has to ask main waits for it; between steps others have their turn. */
  async objects({ prefix, tag }: ObjectFilter, from: number, limit: number): Promise<ObjectPage> {
    const objects: SeenObject[] = [];
    let next: number | undefined = from;
    const coordination = this.#parts.coordination();
    while (coordination && next !== undefined && objects.length < limit) {
      const walked = coordination.walk({ prefix, tag, from: next, limit: limit - objects.length });
      objects.push(...walked.objects);
      next = walked.next;
      await setImmediate();
    }
    return { objects, next: coordination ? next : undefined };
  }

  object(key: string): SeenObject | undefined {
    return this.#parts.coordination()?.seeAlike(key);
  }

  get scheme(): 'http' | 'https' {
    return this.#server.options.tls ? 'https' : 'http';
  }

  /** Where hooks make keys, it is what they make of a plain request. */
  async keyOf(url: string): Promise<string> {
    const { options } = this.#server;
    const { absoluteRequest, plainKey } = await import('./url-keys.ts');
    const request = asked(() => absoluteRequest(url));
    request.scheme = this.scheme;
    if (!hasHooks(options)) return plainKey(request, options.cache.query);
    const { cache } = await this.#explained({ url, method: 'GET', fields: [] });
    return typeof cache?.['key'] === 'string' ? cache['key'] : plainKey(request, options.cache.query);
  }

  async purge(purge: Purge, soft: boolean): Promise<number> {
    try {
      return await this.#server.purge(purge, { soft });
    } catch (error) {
      if (error instanceof PurgeError) throw new Problem(503, `${error.message} (objects here: ${error.objects})`);
      throw error;
    }
  }

  async explain(request: ExplainRequest): Promise<Readable> {
    return masked(await this.#explained(request)) ?? null;
  }

  async #explained({ url, method, fields }: ExplainRequest) {
    if (this.#explanations >= EXPLAINING_MAX) throw new Problem(503, 'too much is being explained already', { fields: [['Retry-After', '1']] });
    const { options } = this.#server;
    const coordination = this.#parts.coordination();
    const { requestFor, fieldOf } = await import('../cli/asking.ts');
    const { explainedBy } = await import('../cli/explain.ts');
    const request = asked(() => requestFor(url, method, fields.map(([name, value]) => fieldOf(`${name}: ${value}`, 'headers'))));
    this.#explanations += 1;
    const work = this.#explaining.then(async () => explainedBy(request, undefined, { ...options, limits: { ...options.limits, connectionsMax: CONNECTIONS_MAX } }, { see: (key) => coordination?.see(key), functions: await this.#functions(options) }));
    this.#explaining = work.catch(() => undefined);
    return work.finally(() => (this.#explanations -= 1));
  }

  #functions(options: ResolvedOptions): Promise<Functions> {
    const modules = this.#parts.modules();
    if (this.#run?.modules !== modules) this.#run = { modules, functions: functionsOf(options, modules) };
    return this.#run.functions;
  }

  async snapshot(): Promise<Snapshot> {
    const metrics = await this.#server.metricsSnapshot();
    return { time: new Date().toISOString(), phase: this.phase(), workers: this.#parts.workers(), metrics };
  }

  metrics(accept: string | undefined): Promise<MetricsText> {
    return this.#server.metrics(accept);
  }

  async reload(): Promise<Readable> {
    try {
      return { ...(await this.#parts.reload()) };
    } catch (error) {
      if (!(error instanceof ReloadError)) throw error;
      const { faults, kind } = error;
      if (kind === 'unavailable') throw new Problem(409, error.message);
      throw new Problem(422, 'nothing has changed: the configuration cannot be put into force', { errors: faults.map((detail) => ({ detail })) });
    }
  }

  drain(): void {
    this.#parts.drain();
  }

  get upgrade(): (() => Promise<number>) | undefined {
    const { upgrade } = this.#parts;
    return upgrade && (() => upgrade().catch((error: unknown) => {
      throw error instanceof UpgradeError ? new Problem(error.how === 'refused' ? 409 : 500, error.message) : error;
    }));
  }

  failed(error: Error): void {
    this.#parts.report({ name: 'controlFailed', message: 'the control plane failed to answer', facts: { error: error.stack ?? error.message } });
  }

  listen(hear: (event: ControlEvent) => void): () => void {
    this.#hearers.add(hear);
    return () => void this.#hearers.delete(hear);
  }

  /** Something has happened. */
  tell(event: ControlEvent): void {
    for (const hear of this.#hearers) hear(event);
  }
}

function urlOf({ host, port, secure }: Address): string {
  if (port < 0) return `unix:${host}`;
  return `http${secure ? 's' : ''}://${host.includes(':') ? `[${host}]` : host}:${port}`;
}

function sitesOf(options: ResolvedOptions): readonly SiteStatus[] {
  const { sites, root, filesFirst } = options;
  if (sites.length === 0) return [siteOf([], options.proxy && !filesFirst ? undefined : root, options.proxy)];
  return sites.map((site) => siteOf(site.hosts, site.options.root, site.options.proxy));
}

function siteOf(hosts: readonly string[], root: string | undefined, proxy: ResolvedProxy | undefined): SiteStatus {
  return { hosts, ...(root !== undefined && { root }), ...(proxy && { origins: proxy.origins.origins.map(({ address }) => address.url) }) };
}

/** What was not asked for properly is the client's fault. */
function asked<T>(make: () => T): T {
  try {
    return make();
  } catch (error) {
    if (error instanceof UsageError) throw new Problem(400, error.message);
    throw error;
  }
}
