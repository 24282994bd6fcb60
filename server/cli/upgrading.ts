// The command, replaced while it serves: by SIGUSR2 and over the control plane, one attempt at a time.
import type { Server } from '../index.ts';
import type { OperatorLog } from '../log/operator.ts';
import type { Notifier } from '../notify.ts';
import { ownCommand, upgrade, UpgradeError, upgradeFault } from '../upgrade.ts';

export interface UpgradingParts {
  /** Undefined before it listens. */
  readonly server: () => Server | undefined;
  readonly notifier: Notifier;
  /** For the service manager. */
  readonly status: () => string;
  /** Ends this process, now that another one has its place. */
  readonly leave: () => void;
  readonly log: Pick<OperatorLog, 'info' | 'warn'>;
}

export class Upgrading {
  readonly #parts: UpgradingParts;
  #isUnderWay = false;

  constructor(parts: UpgradingParts) {
    this.#parts = parts;
  }

  /** @returns the process that serves from now on; this one ends when answers under way are finished. @throws UpgradeError: all is as it was. */
  async begin(): Promise<number> {
    try {
      return await this.#begin();
    } catch (error) {
      this.#parts.log.warn(error instanceof Error ? error.message : String(error), { event: 'upgradeFailed' });
      throw error;
    }
  }

  async #begin(): Promise<number> {
    const server = this.#parts.server();
    const fault = upgradeFault(process.pid) ?? (this.#isUnderWay ? 'another process is starting already' : undefined);
    if (fault !== undefined) throw new UpgradeError(fault, 'refused');
    if (server?.phase !== 'ready') throw new UpgradeError(server?.phase === 'draining' ? 'this process drains' : 'this process has not started yet', 'refused');
    this.#isUnderWay = true;
    try {
      return await this.#replace(server);
    } finally {
      this.#isUnderWay = false;
    }
  }

  async #replace(server: Server): Promise<number> {
    const { notifier, status, leave, log } = this.#parts;
    notifier.reloading('a new process is started in place of this one');
    try {
      const successor = await upgrade({ elder: server, timeoutMs: server.options.upgradeTimeoutMs, graceMs: server.options.graceMs, command: ownCommand() });
      notifier.handedOver(successor.pid);
      successor.go();
      log.info('another process serves in place of this one', { event: 'upgraded', pid: successor.pid });
      // Whoever asked over the control plane has the answer by then.
      setImmediate(leave);
      return successor.pid;
    } catch (error) {
      notifier.ready(status());
      throw error;
    }
  }
}
