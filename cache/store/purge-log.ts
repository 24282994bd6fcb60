// Purges and invalidations that came while the origin was being asked: what it says to a request that went out before
// one of them may be what was to be forgotten, and is not stored. Kept only as long as somebody is asking.
import type { Purge } from './messages.ts';

const NAMES_MAX = 65_536;
/** Each one is compared with a key at every look. */
const PREFIXES_MAX = 256;

export class PurgeLog {
  #now = 0;
  #everythingAt = 0;
  readonly #keys = new Map<string, number>();
  readonly #tags = new Map<string, number>();
  readonly #prefixes = new Map<string, number>();

  /** A point in time, to be given to covers(). */
  get now(): number {
    return this.#now;
  }

  note(purge: Purge): void {
    const now = ++this.#now;
    if (purge.by === 'key') this.#keys.set(purge.key, now);
    else if (purge.by === 'tag') this.#tags.set(purge.tag, now);
    else if (purge.by === 'prefix') this.#prefixes.set(purge.prefix, now);
    else this.#everythingAt = now;
    if (this.#keys.size + this.#tags.size > NAMES_MAX || this.#prefixes.size > PREFIXES_MAX) this.#forget();
  }

  /** Whether a response of that key and with these tags has been purged since. */
  covers(since: number, key: string, tags: readonly string[]): boolean {
    if (since === this.#now) return false;
    if (this.#everythingAt > since || (this.#keys.get(key) ?? 0) > since) return true;
    for (const tag of tags) if ((this.#tags.get(tag) ?? 0) > since) return true;
    for (const [prefix, at] of this.#prefixes) if (at > since && key.startsWith(prefix)) return true;
    return false;
  }

  /** Nobody asks with a point in time from before now. */
  clear(): void {
    this.#keys.clear();
    this.#tags.clear();
    this.#prefixes.clear();
  }

  /** Too many to know them one by one: all that was asked for before now counts as purged. */
  #forget(): void {
    this.clear();
    this.#everythingAt = this.#now;
  }
}

/** The keys that it names. */
export function keysOf(purge: Purge): readonly string[] {
  return purge.by === 'key' ? [purge.key] : [];
}
