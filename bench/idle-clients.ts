/** Ten thousand connections on which nothing happens: bench/idle.ts as the bench sees it. */
import { readFileSync } from 'node:fs';
import { helper } from './paths.ts';
import type { Address } from './probe.ts';
import type { Scope } from './processes.ts';
import { Talking } from './talking.ts';

export const IDLE_CONNECTIONS = 10_000;
/** Files, listeners and epoll of either side, beside the connections. */
const OTHER_DESCRIPTORS = 200;

/** Servers and clients inherit our hard limit (Node raises the soft one to it). Null: enough. */
export function descriptorShortage(): string | null {
  const match = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1'));
  const limit = match?.[1] === 'unlimited' ? Infinity : Number(match?.[1]);
  const needed = IDLE_CONNECTIONS + OTHER_DESCRIPTORS;
  return limit >= needed ? null : `the hard limit on open files is ${limit}, ${needed} are needed (ulimit -Hn)`;
}

export class IdleClients {
  readonly #process: Talking;

  private constructor(process: Talking) {
    this.#process = process;
  }

  /** All are open, and have had one answer, when it resolves. */
  static async open(scope: Scope, core: number, { host, port }: Address, target: string): Promise<IdleClients> {
    const command = [process.execPath, helper('idle.js'), host, String(port), target, String(IDLE_CONNECTIONS)];
    const clients = new IdleClients(new Talking(scope, 'the idle clients', command, { core, namespace: null }));
    try {
      await clients.#process.heard();
      return clients;
    } catch (error) {
      await clients.stop();
      throw error;
    }
  }

  /** @throws when the server has closed any of them. */
  async stillOpen(): Promise<void> {
    const open = Number(await this.#process.ask('count'));
    if (open !== IDLE_CONNECTIONS) throw new Error(`only ${open} of ${IDLE_CONNECTIONS} connections stayed open`);
  }

  stop(): Promise<void> {
    return this.#process.stop();
  }
}
