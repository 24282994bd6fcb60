// Main's part of the store: the coordinator, and the memory that all threads share with it.
import { native } from '../native/index.ts';
import { Coordinator } from '../cache/store/coordinator.ts';
import { Generations } from '../cache/store/generations.ts';
import type { Purge, ToCoordinator, ToStoreUser } from '../cache/store/messages.ts';
import type { Variant } from '../cache/store/object.ts';
import { isSearchTag, searchTag } from './proxy/keys.ts';
import type { ResolvedCache } from './proxy-options.ts';

const OBJECTS_MAX = 1_000_000;
const VARIANTS_MAX = 32;
const ALONE_MAX = 65_536;

export class Coordination {
  /** For each worker: see Generations. */
  readonly shared = Generations.create();
  readonly #coordinator: Coordinator;
  readonly #send: (worker: number, message: ToStoreUser) => void;
  /** Something was stored under No-Vary-Search: a URL may be another's (proxy/keys.ts). */
  #searching = false;

  constructor(cache: ResolvedCache, send: (worker: number, message: ToStoreUser) => void) {
    this.#send = send;
    this.#coordinator = new Coordinator(
      { bytesMax: cache.bytesMax, objectsMax: OBJECTS_MAX, variantsMax: VARIANTS_MAX, aloneMax: ALONE_MAX, nowMs: () => performance.now(), timeMs: Date.now },
      { hold: (record) => native.holdKept(record), letGo: (record) => native.letGoKept(record) },
      new Generations(this.shared), send,
    );
  }

  hear(worker: number, message: ToCoordinator): void {
    this.#searching ||= variantsOf(message).some(({ tags }) => tags.some(isSearchTag));
    if (this.#searching && message.type === 'purge') return this.#send(worker, { type: 'purged', ticket: message.ticket, objects: this.purge(message.purge, message.soft) });
    if (this.#searching && message.type === 'invalidate') for (const key of message.keys) this.#purgeAlike(key, true);
    this.#coordinator.hear(worker, message);
  }

  workerDied(worker: number): void {
    this.#coordinator.workerDied(worker);
  }

  purge(purge: Purge, soft: boolean): number {
    const found = this.#coordinator.purge(purge, soft);
    return this.#searching && purge.by === 'key' ? found + this.#purgeAlike(purge.key, soft) : found;
  }

  /** What is stored under other queries that may be the same. */
  #purgeAlike(key: string, soft: boolean): number {
    return this.#coordinator.purge({ by: 'tag', tag: searchTag(key) }, soft);
  }

  counts(): Record<string, number> {
    return this.#coordinator.counts();
  }
}

function variantsOf(message: ToCoordinator): readonly Variant[] {
  if (message.type === 'head') return [message.arriving.variant];
  if (message.type === 'stored') return [message.variant];
  return message.type === 'refreshed' ? message.variants : [];
}
