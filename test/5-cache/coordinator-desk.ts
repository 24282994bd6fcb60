// A coordinator with nobody around it: what it says is written down, its clock and its later turns are ours, and records
// are counted.
import { Coordinator, type CoordinatorOptions } from '../../cache/store/coordinator.ts';
import type { DiskTier, MemoryTier } from '../../cache/store/disk-tier.ts';
import { isBodyId } from '../../cache/store/disk/layout.ts';
import { Generations } from '../../cache/store/generations.ts';
import type { Purge, ToCoordinator, ToStoreUser } from '../../cache/store/messages.ts';
import type { Variant } from '../../cache/store/object.ts';

export const FRESHNESS: Variant['freshness'] = {
  lifetimeMs: 1e15, source: 'max-age', initialAgeMs: 0, noCache: false, noCacheNames: [], mustRevalidate: false,
  staleWhileRevalidateMs: 0, staleIfErrorMs: 0, immutable: false,
};

export interface Said {
  readonly worker: number;
  readonly message: ToStoreUser;
}

export class Desk {
  nowMs = 1000;
  readonly generations = new Generations(Generations.create());
  readonly said: Said[] = [];
  /** Records that the store holds. */
  readonly held = new Set<string>();
  /** Records that are not there any more. */
  readonly missing = new Set<string>();
  readonly faults: string[] = [];
  readonly coordinator: Coordinator;
  /** In place of writing down what is said. */
  listen: ((worker: number, message: ToStoreUser) => void) | undefined;
  readonly #later: (() => void)[] = [];
  #ticket = 0;
  #id = 0;

  /** @param diskOf where there is a disk, too; bodies that are there need not be held. */
  constructor(options: Partial<CoordinatorOptions> = {}, diskOf?: (memory: MemoryTier) => DiskTier) {
    const bodies = { hold: (record: string) => isBodyId(record) || this.#hold(record), letGo: (record: string) => isBodyId(record) || this.#letGo(record) };
    const all = { bytesMax: 1 << 30, objectsMax: 1000, variantsMax: 32, aloneMax: 100, nowMs: () => this.nowMs, timeMs: () => this.nowMs, later: (work: () => void) => void this.#later.push(work), ...options };
    this.coordinator = new Coordinator(all, bodies, this.generations, (worker, message) => {
      if (this.listen) this.listen(worker, message);
      else this.said.push({ worker, message });
    }, diskOf);
  }

  /** @returns what was said because of it. */
  hear(worker: number, message: ToCoordinator): Said[] {
    const before = this.said.length;
    this.coordinator.hear(worker, message);
    return this.said.slice(before);
  }

  /** @param flight its name; undefined: only what is stored. @returns the one answer, or undefined where there is none yet. */
  ask(worker: number, key: string, version = -1, flight: string | undefined = key): ToStoreUser | undefined {
    return this.hear(worker, { type: 'ask', ticket: ++this.#ticket, key, version, flight })[0]?.message;
  }

  peek(key: string): Extract<ToStoreUser, { readonly type: 'object' }> {
    const said = this.hear(99, { type: 'ask', ticket: ++this.#ticket, key, version: -1, flight: undefined })[0]?.message;
    if (said?.type !== 'object') throw new Error(`nothing is said of ${key}`);
    return said;
  }

  /** The number of a flight that is begun for it. */
  fill(worker: number, key: string, version = -1, flight = key): number {
    const said = this.ask(worker, key, version, flight);
    if (said?.type !== 'fill') throw new Error(`${said?.type ?? 'nothing'} instead of fill`);
    return said.flight;
  }

  /** Fills and stores. */
  store(key: string, variant: Variant, worker = 0): void {
    const flight = this.fill(worker, key, this.peek(key).version);
    this.hear(worker, { type: 'stored', flight, key, variant, replaces: [] });
  }

  purge(purge: Purge, soft = false): number {
    return this.coordinator.purge(purge, soft);
  }

  count(name: string): number | undefined {
    return this.coordinator.counts()[name];
  }

  /** Later turns, until there are none. How many there were. */
  turns(): number {
    let turns = 0;
    for (let work = this.#later.shift(); work; work = this.#later.shift()) {
      work();
      turns += 1;
    }
    return turns;
  }

  /** One of 100 bytes, with a record of its own. */
  variant(about: Partial<Variant> = {}): Variant {
    const id = ++this.#id;
    return {
      id, status: 200, fields: [['content-type', 'text/plain']], requestMs: this.nowMs, responseMs: this.nowMs, freshness: FRESHNESS, varyNames: [], varyValues: [],
      bytes: 100, bodies: [{ record: `r${id}`, offset: 0, bytes: 100 }], tags: [], invalid: false, ...about,
    };
  }

  #hold(record: string): boolean {
    if (this.missing.has(record)) return false;
    if (this.held.has(record)) this.faults.push(`${record} is held twice`);
    this.held.add(record);
    return true;
  }

  #letGo(record: string): boolean {
    const held = this.held.delete(record);
    if (!held) this.faults.push(`${record} is let go, and was not held`);
    return held;
  }
}
