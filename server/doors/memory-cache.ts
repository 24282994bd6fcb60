// Stored responses in memory: by key, variants, tags; bounded by bytes, and the least recently used go first.
import { LRUCache } from 'lru-cache';
import { staleFrom } from '../../cache/policy/freshness.ts';
import type { RequestMessage } from '../../cache/policy/message.ts';
import { replacedBy, selectable } from '../../cache/policy/selection.ts';
import type { Purge } from '../../cache/store/messages.ts';
import type { Variant } from '../../cache/store/object.ts';

const OBJECTS_MAX = 1_000_000;
const VARIANTS_MAX = 32;
/** Of a variant besides its body: its fields, and what they are kept in. */
const HEAD_BYTES = 1024;

export interface Kept {
  readonly variant: Variant;
  readonly body: Uint8Array;
}

export class MemoryCache {
  readonly #objects: LRUCache<string, readonly Kept[]>;
  /** Moves on with each purge and invalidation: what was asked for before is not stored behind it. */
  generation = 0;

  constructor(bytesMax: number) {
    this.#objects = new LRUCache({ max: OBJECTS_MAX, maxSize: bytesMax, sizeCalculation: (all, key) => all.reduce((sum, { body }) => sum + body.length + HEAD_BYTES, key.length) });
  }

  get size(): { readonly objects: number; readonly bytes: number } {
    return { objects: this.#objects.size, bytes: this.#objects.calculatedSize };
  }

  /** Those that a request selects, the most suitable first. */
  select(key: string, request: RequestMessage): readonly Kept[] {
    const all = this.#objects.get(key) ?? [];
    return selectable(all.map(({ variant }) => variant), request).map((variant) => all.find((one) => one.variant === variant)!);
  }

  has(key: string): boolean {
    return this.#objects.peek(key) !== undefined;
  }

  /** In the place of those that the same requests select. */
  store(key: string, kept: Kept): void {
    const all = this.#objects.peek(key) ?? [];
    const replaced = new Set(replacedBy(all.map(({ variant }) => variant), kept.variant));
    this.#objects.set(key, [kept, ...all.filter(({ variant }) => !replaced.has(variant))].slice(0, VARIANTS_MAX));
  }

  /** What `change` makes of each variant of a key; undefined: it goes. */
  change(key: string, change: (variant: Variant) => Variant | undefined): number {
    const all = this.#objects.peek(key);
    if (!all) return 0;
    const left = all.flatMap(({ variant, body }) => {
      const next = change(variant);
      return next ? [{ variant: next, body }] : [];
    });
    if (left.length > 0) this.#objects.set(key, left);
    else this.#objects.delete(key);
    return 1;
  }

  /** @param soft they are stale from now on. @returns how many objects. */
  purge(purge: Purge, soft: boolean, nowMs: number): number {
    this.generation += 1;
    const keys = purge.by === 'key' ? [purge.key] : [...this.#objects.keys()].filter((key) => this.#concerns(key, purge));
    return keys.reduce((count, key) => count + this.change(key, (variant) => (purge.by === 'tag' && !variant.tags.includes(purge.tag) ? variant : soft ? staleFrom(variant, nowMs) : undefined)), 0);
  }

  #concerns(key: string, purge: Purge): boolean {
    if (purge.by === 'tag') return this.#objects.peek(key)!.some(({ variant }) => variant.tags.includes(purge.tag));
    return purge.by === 'everything' || (purge.by === 'prefix' && key.startsWith(purge.prefix));
  }
}
