// What main knows of the objects on disk without looking there: how large they are, when they were used last, and what
// purges have to know of them. What a purge leaves nothing of is marked at once, and goes by and by (rows.ts).
import { LRUCache } from 'lru-cache';
import type { Purge } from './messages.ts';
import { FATES, Rows, type Mark } from './rows.ts';
import { TagIndex } from './tag-index.ts';

export interface IndexedObject {
  /** Of its files. */
  readonly bytes: number;
  /** Of each of its variants. */
  readonly tags: readonly (readonly string[])[];
}

interface Place {
  readonly row: number;
  readonly tags: readonly string[];
}

/** Rows that are looked at in one turn for what is gone. */
const LOOKS_AT_ONCE = 65_536;
const NO_TAGS: readonly string[] = [];

export class DiskIndex {
  readonly #objects: LRUCache<string, Place>;
  readonly #rows = new Rows();
  readonly #tags = new TagIndex();
  #sweptTo = 0;

  /** @param onEvicted what is to leave the disk for want of room, when it is known no more. */
  constructor(bytesMax: number, onEvicted: (key: string) => void) {
    this.#objects = new LRUCache({
      maxSize: bytesMax,
      dispose: (place) => this.#forget(place),
      disposeAfter: (_, key, reason) => reason === 'evict' && onEvicted(key),
    });
  }

  get objects(): number {
    return this.#objects.size - this.#rows.gone;
  }

  /** Also of what is gone, until it has left. */
  get bytes(): number {
    return this.#objects.calculatedSize;
  }

  /** What is to be swept. */
  get gone(): number {
    return this.#rows.gone;
  }

  has(key: string): boolean {
    const place = this.#objects.peek(key);
    return place !== undefined && this.#rows.fateOf(place.row) !== FATES.gone;
  }

  /** A purge has left nothing of it, and it is on disk still. */
  isGone(key: string): boolean {
    return this.#objects.has(key) && !this.has(key);
  }

  hasTag(tag: string): boolean {
    return this.#tags.has(tag);
  }

  /** It was used. */
  touch(key: string): void {
    this.#objects.get(key);
  }

  /** False: it is larger than all that there may be. */
  set(key: string, { bytes, tags }: IndexedObject): boolean {
    const row = this.#rows.add(key, 0);
    const [first = NO_TAGS] = tags;
    const isMixed = tags.some((others) => others.length !== first.length || others.some((tag) => !first.includes(tag)));
    const all = isMixed ? [...new Set(tags.flat())] : first;
    for (const tag of all) this.#tags.add(tag, row);
    this.#rows.setMixed(row, isMixed);
    const place = { row, tags: all };
    this.#objects.set(key, place, { size: Math.max(1, bytes) });
    if (this.#objects.has(key)) return true;
    this.#forget(place); // too large to be taken at all
    return false;
  }

  delete(key: string): void {
    this.#objects.delete(key);
  }

  /** How many it concerns. Of those whose variants differ in their tags, a tag may leave some: what is on disk is judged when it is looked up. */
  purge(purge: Purge, mark: Mark): number {
    switch (purge.by) {
      case 'key': {
        const place = this.#objects.peek(purge.key);
        return place ? this.#rows.mark(place.row, mark) : 0;
      }
      case 'tag': {
        let found = 0;
        for (const row of this.#tags.rowsOf(purge.tag)) {
          const isMixed = this.#rows.isMixed(row);
          found += this.#rows.mark(row, isMixed ? FATES.stale : mark);
          if (isMixed && mark === FATES.gone) this.#tags.remove(purge.tag, row); // none of its variants has it now
        }
        return found;
      }
      case 'prefix': return this.#rows.markUnder(purge.prefix, mark);
      case 'everything': return this.#rows.markUnder('', mark);
    }
  }

  /** Keys of some of what is gone; they are known no more. */
  sweep(countMax: number): readonly string[] {
    const keys: string[] = [];
    const wanted = Math.min(countMax, this.#rows.gone);
    for (let looks = 0; keys.length < wanted && looks < LOOKS_AT_ONCE; looks++) {
      if (this.#sweptTo >= this.#rows.count) this.#sweptTo = 0;
      const row = this.#sweptTo++;
      if (this.#rows.fateOf(row) !== FATES.gone) continue;
      const key = this.#rows.keyOf(row)!;
      this.#objects.delete(key);
      keys.push(key);
    }
    return keys;
  }

  #forget({ row, tags }: Place): void {
    for (const tag of tags) this.#tags.remove(tag, row);
    this.#rows.remove(row);
  }
}
