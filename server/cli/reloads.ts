// Reloads of the command: by SIGHUP, and by the control plane. The config file is read again, and so is all that flags name.
import { isDeepStrictEqual } from 'node:util';
import type { Reloaded, Server } from '../index.ts';
import type { LogDestination } from '../log/destination.ts';
import type { OperatorLog } from '../log/operator.ts';
import type { Notifier } from '../notify.ts';
import { ReloadError } from '../reload/reload-error.ts';
import type { Settings } from './settings.ts';

export interface ReloadsParts {
  readonly server: () => Server | undefined;
  /** What it was started with. */
  readonly settings: Settings;
  /** What is asked for now. */
  readonly again: () => Promise<Settings>;
  readonly destination: LogDestination | undefined;
  readonly notifier: Notifier;
  readonly status: () => string;
  readonly log: OperatorLog;
}

export class Reloads {
  readonly #parts: ReloadsParts;
  #settings: Settings;
  #last: Promise<unknown> = Promise.resolve();
  #waiting: Promise<Reloaded> | undefined;

  constructor(parts: ReloadsParts) {
    this.#parts = parts;
    this.#settings = parts.settings;
  }

  /** One after the other; of those that wait for their turn one is enough. What is wrong is in the log, too. @throws ReloadError */
  begin(): Promise<Reloaded> {
    if (this.#waiting) return this.#waiting;
    const reloaded = this.#last.then(() => {
      this.#waiting = undefined;
      return this.#tellingAll();
    });
    this.#waiting = reloaded;
    this.#last = reloaded.catch(() => undefined);
    return reloaded;
  }

  async #tellingAll(): Promise<Reloaded> {
    const { notifier, status, log } = this.#parts;
    notifier.reloading('the configuration is loaded');
    try {
      const reloaded = await this.#reload();
      log.info('the configuration was loaded anew', { event: 'reloaded', generation: reloaded.generation, tookMs: Math.ceil(reloaded.tookMs) });
      return reloaded;
    } catch (error) {
      const known = ReloadError.of(error);
      const faults = known?.faults ?? [error instanceof Error ? (error.stack ?? error.message) : String(error)];
      for (const fault of faults) log.warn('the configuration stays as it was', { event: 'reloadFailed', fault });
      throw known ?? error;
    } finally {
      if (this.#parts.server()?.phase === 'ready') notifier.ready(status());
    }
  }

  async #reload(): Promise<Reloaded> {
    const { server: serving, again, destination } = this.#parts;
    const server = serving();
    if (!server) throw new ReloadError('unavailable', ['the server has not started yet']);
    const now = this.#settings;
    const next = await again();
    if ((now.logFile === undefined) !== (next.logFile === undefined)) throw new ReloadError('refused', [`needs a restart: logFile ${now.logFile ?? 'nothing'} -> ${next.logFile ?? 'nothing'}`]);
    // A port that was moved from stays what it is for as long as the same is asked for.
    const isMoved = !isDeepStrictEqual(now.where, next.where);
    const reloaded = await server.reload(next.options, { module: next.module, ...(isMoved && { where: next.where }) });
    if (next.logFile !== now.logFile) destination?.reopen(next.logFile);
    this.#settings = next;
    return reloaded;
  }
}
