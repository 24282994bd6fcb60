// Reloads of a server, one after the other: options are checked, functions read, workers asked, and only then anything changes.
import { functionsIn, modulesOf, type ServerModules } from '../config/functions.ts';
import type { ConfigModule } from '../config/load.ts';
import type { Phase } from '../control/backend.ts';
import type { OpenListener } from '../listeners.ts';
import { OptionsError, resolveOptions, type ResolvedOptions, type ServerOptions } from '../options.ts';
import { placesOf, servicesOf } from '../services.ts';
import type { TlsKeeper } from '../tls/keeper.ts';
import { frozenFaults, withFrozen } from './frozen.ts';
import { listeningOn, type Serving } from './listening.ts';
import { ReloadError } from './reload-error.ts';

/** What a server is told to be. */
export interface Told {
  readonly options: ServerOptions;
  /** Of the functions in the options. */
  readonly module: ConfigModule | undefined;
  /** Places to listen, before those in the options; undefined: those. */
  readonly where: readonly (string | number)[] | undefined;
}

/** What it is. */
export interface InForce {
  readonly told: Told;
  readonly options: ResolvedOptions;
  readonly listeners: readonly OpenListener[];
}

export interface Reloaded {
  /** Of what is in force now: the first has 1. Those that were refused have numbers, too. */
  readonly generation: number;
  /** From the moment that it was begun until every worker had it. */
  readonly tookMs: number;
}

/** What a reload needs of a server. */
export interface Reloadable {
  readonly phase: Phase;
  readonly inForce: InForce;
  /** See resolveOptions(). */
  readonly descriptors: number;
  /** Supervisor.change() */
  change(options: ResolvedOptions, modules: ServerModules, listen: () => Promise<Serving>): Promise<number>;
  /** Of TLS. */
  readonly keeper: TlsKeeper;
  /** It is in force on all workers. */
  changed(inForce: InForce, generation: number, modules: ServerModules): void;
}

export class Reloading {
  readonly #server: Reloadable;
  #last: Promise<unknown> = Promise.resolve();

  constructor(server: Reloadable) {
    this.#server = server;
  }

  /** @param told what is not said of it stays. @throws ReloadError: then nothing has changed. */
  begin(told: Partial<Told>): Promise<Reloaded> {
    const reloaded = this.#last.then(() => this.#reload(told));
    this.#last = reloaded.catch(() => undefined);
    return reloaded;
  }

  async #reload(said: Partial<Told>): Promise<Reloaded> {
    const { phase, inForce } = this.#server;
    if (phase !== 'ready') throw new ReloadError('unavailable', [phase === 'draining' ? 'the server drains' : 'the server has not started yet']);
    const startedMs = performance.now();
    const told: Told = { ...inForce.told, ...said };
    try {
      const options = this.#resolved(told);
      const modules = await modulesOf(options, told.module);
      const { keeper } = this.#server;
      const tls = keeper.prepare(options.tls);
      if (tls && !('settings' in tls)) throw new OptionsError(tls);
      const { specs, redirects } = placesOf(told.where ?? options.listen, options.tls?.redirectFrom);
      let listeners = inForce.listeners;
      const generation = await this.#server.change(options, modules, async () => {
        const listening = await listeningOn(specs, options, inForce.listeners);
        listeners = listening.all;
        return { ...listening, services: servicesOf(listeners, tls && keeper.context, redirects) };
      });
      keeper.adopt(tls);
      this.#server.changed({ told, options, listeners }, generation, modules);
      return { generation, tookMs: performance.now() - startedMs };
    } catch (error) {
      throw ReloadError.of(error) ?? error;
    }
  }

  #resolved(told: Told): ResolvedOptions {
    const { inForce, descriptors } = this.#server;
    const options = resolvedOf(told, descriptors);
    const faults = frozenFaults({ given: inForce.told.options, options: inForce.options }, { given: told.options, options });
    if (faults.length > 0) throw new ReloadError('refused', faults);
    return withFrozen(options, inForce.options);
  }
}

/** @throws OptionsError naming every fault. */
export function resolvedOf({ options, module }: Told, descriptors: number): ResolvedOptions {
  const resolved = resolveOptions(options, descriptors);
  const functions = module ? [] : functionsIn(resolved);
  if (functions.length > 0) throw new OptionsError(functions.map((path) => ({ path, text: ': a function cannot go to the workers: it stands in a config file, see loadConfig()' })));
  return resolved;
}
