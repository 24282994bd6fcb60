// Which node runs which config, as the stream tells it: each tells its own when it joins, when it has loaded another one, when somebody
// joins who may not know, and from time to time; one that has not for long is forgotten. No clock but that of Redis has a say in it.
import { LRUCache } from 'lru-cache';

export interface ConfigTold {
  /** Of what it is made of (server/reload/config-hash.ts); 16 hexadecimal digits. */
  readonly hash: string;
  /** As Reloaded has it. */
  readonly generation: number;
  /** Somebody has told this node to load it: others may want to do so, too. */
  readonly isReload: boolean;
  /** The machine's name, for people. */
  readonly host: string;
}

export interface NodeConfig {
  readonly node: string;
  readonly host: string;
  readonly config: string;
  readonly generation: number;
  /** When it was last told, by the clock of Redis; RFC 3339. */
  readonly toldAt: string;
}

/** Between two times that a node tells its own. */
export const TELL_EVERY_MS = 600_000;
const FORGOTTEN_AFTER_MS = 2.5 * TELL_EVERY_MS;
const NODES_MAX = 1024;

export class Configs {
  readonly #nodes = new LRUCache<string, ConfigTold & { readonly timeMs: number }>({ max: NODES_MAX });
  #changed = new Set<string>();
  #newestMs = 0;

  /** @param timeMs of the entry. @returns whether nothing was known of that node. */
  hear(node: string, timeMs: number, told: ConfigTold): boolean {
    this.#newestMs = Math.max(this.#newestMs, timeMs);
    const before = this.#nodes.get(node);
    this.#nodes.set(node, { ...told, timeMs });
    if (before?.hash !== told.hash || told.isReload) this.#changed.add(node);
    return before === undefined;
  }

  left(node: string): void {
    this.#nodes.delete(node);
  }

  /** Nodes that run another config, and have told so since this was last asked. */
  takeDiffering(hash: string): readonly (ConfigTold & { readonly node: string })[] {
    const nodes = [...this.#changed];
    this.#changed = new Set();
    return nodes.flatMap((node) => {
      const told = this.#nodes.peek(node);
      return told && told.hash !== hash ? [{ node, ...told }] : [];
    });
  }

  /** Those that run another one. */
  differingFrom(hash: string): number {
    return this.list().filter(({ config }) => config !== hash).length;
  }

  list(): readonly NodeConfig[] {
    const known = [...this.#nodes.entries()].filter(([, { timeMs }]) => this.#newestMs - timeMs <= FORGOTTEN_AFTER_MS);
    const nodes = known.map(([node, { host, hash, generation, timeMs }]) => ({ node, host, config: hash, generation, toldAt: new Date(timeMs).toISOString() }));
    return nodes.sort((one, other) => one.host.localeCompare(other.host) || one.node.localeCompare(other.node));
  }
}
