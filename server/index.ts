// pagecast as a library: createServer(), typed. Several servers may live in one process.
import { native } from '../native/index.ts';
import type { Purge } from '../cache/store/messages.ts';
import { closeListeners, openListeners, parseListen, type Address, type ListenSpec, type OpenListener } from './listeners.ts';
import type { Counts } from './messages.ts';
import { resolveOptions, type ResolvedOptions, type ServerOptions } from './options.ts';
import type { ReportName } from './report.ts';
import { Supervisor } from './supervisor.ts';

export { UnsupportedPlatformError } from '../native/index.ts';
export { ListenError, type Address } from './listeners.ts';
export { OptionsError, type ArenaLimits, type FileLimits, type GuardLimits, type ServerOptions } from './options.ts';
export type { Purge } from '../cache/store/messages.ts';
export type { CacheOptions, ProxyOptions } from './proxy-options.ts';
export { defineHooks, Query, type HookAnswer, type HookDecision, type HookRequest, type HookResponse, type ProxyHooks } from './proxy/hook-api.ts';
export { HooksError } from './proxy/hook-module.ts';
export type { QueryOptions } from './proxy/query.ts';
export type { LoopLimits } from './limits.ts';
export type { LogFormat } from './log/format.ts';
export type { ReportName } from './report.ts';
export type { Counts } from './messages.ts';

/** Something an operator should know; also in the counters. */
export interface ServerReport {
  readonly name: ReportName | 'workerDied' | 'accessLogFailed';
  readonly message: string;
  readonly facts: Readonly<Record<string, string | number>>;
}

export interface ServerHooks {
  onReport?(report: ServerReport): void;
  /** Whole lines of the access log, in blocks; asked for with `accessLog`. */
  onAccessLog?(block: string): void;
}

export class Server {
  readonly options: ResolvedOptions;
  readonly #hooks: ServerHooks;
  #listeners: OpenListener[] = [];
  #supervisor: Supervisor | undefined;
  #opening = false;
  #closing: Promise<void> | undefined;

  /** @throws OptionsError naming every fault. */
  constructor(options: ServerOptions = {}, hooks: ServerHooks = {}) {
    const limit = native.raiseFileLimit();
    this.options = resolveOptions(options, limit > 0 ? limit : 1024);
    this.#hooks = hooks;
  }

  /**
   * Listens and serves.
   * @param where ports, `host:port`, `unix:/path`, `fd:N`; default port 8080 on every address. Port 0 picks a free one.
   * @returns where it listens, with real ports.
   * @throws ListenError; nothing is left open then.
   */
  async listen(...where: readonly (string | number)[]): Promise<readonly Address[]> {
    if (this.#closing) throw new Error('the server is closed: it listens once');
    if (this.#supervisor || this.#opening) throw new Error('listen() was called before: a server listens once');
    const specs: ListenSpec[] = (where.length > 0 ? where : [8080]).map((one) => parseListen(String(one)));
    this.#opening = true;
    try {
      this.#listeners = await openListeners(specs, this.options);
    } finally {
      this.#opening = false;
    }
    if (this.#closed()) {
      this.#closeListeners();
      throw new Error('the server was closed while it was opening');
    }
    this.#supervisor = new Supervisor(this.options, this.#listeners, {
      onReport: ({ name, message, facts }) => this.#hooks.onReport?.({ name, message, facts }),
      onAccessLog: (block) => this.#hooks.onAccessLog?.(block),
      onWorkerDied: (worker, error) => this.#hooks.onReport?.({ name: 'workerDied', message: 'a worker died and is replaced', facts: { worker, error: error.stack ?? error.message } }),
    });
    try {
      await this.#supervisor.start();
    } catch (error) {
      await this.close({ force: true });
      throw error;
    }
    return this.addresses();
  }

  /** Where it listens; the first of addresses(), null before listen() and after close(). */
  address(): Address | null {
    return this.#listeners[0]?.address ?? null;
  }

  addresses(): readonly Address[] {
    return this.#listeners.map(({ address }) => address);
  }

  /** Monotonic counters of all workers together, and what is open now (`connections`, `files`, `arenaBytes`). */
  async counts(): Promise<Counts> {
    return (await this.#supervisor?.counts()) ?? {};
  }

  /**
   * Takes stored responses out of the cache; when it returns, no request that comes later is answered with them.
   * @param purge by key (`http://host/path?query`), tag, prefix of keys, or everything.
   * @param soft they are stale from now on: what the origin allows of stale ones may still be done with them.
   * @returns how many objects that were.
   */
  purge(purge: Purge, { soft = false }: { readonly soft?: boolean } = {}): number {
    return this.#supervisor?.coordination?.purge(purge, soft) ?? 0;
  }

  /**
   * Stops accepting, lets answers under way finish for `graceMs`, then ends the rest.
   * @param options `force`: end everything now, also when a close is under way.
   */
  close(options: { readonly force?: boolean } = {}): Promise<void> {
    if (options.force) {
      const forced = this.#supervisor?.terminate() ?? Promise.resolve();
      this.#closing ??= forced.then(() => this.#closeListeners());
      return this.#closing;
    }
    // The listeners go first, so that whoever comes now is refused and tries elsewhere, not left waiting in a queue.
    this.#closing ??= (this.#supervisor?.drain(this.options.graceMs, () => this.#closeListeners()) ?? Promise.resolve()).then(() => this.#closeListeners());
    return this.#closing;
  }

  #closed(): boolean {
    return this.#closing !== undefined;
  }

  #closeListeners(): void {
    closeListeners(this.#listeners);
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
export function createServer(options: ServerOptions = {}, hooks: ServerHooks = {}): Server {
  return new Server(options, hooks);
}
