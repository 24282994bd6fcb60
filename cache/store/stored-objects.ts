// What is stored, least recently used first to go. What a purge finds is marked at once (rows.ts), as fast as columns are
// read; objects that are gone leave their places by and by, and none is seen meanwhile.
//
// Invariants: the generation of a key's slot has advanced before anybody can see a change of its object. A record is held
// for exactly the variants that are in the list.
import { LRUCache } from 'lru-cache';
import { ageMs } from '../policy/freshness.ts';
import { Evictions, type ToldWorkers } from './evictions.ts';
import type { Generations } from './generations.ts';
import type { HeldBodies } from './held-bodies.ts';
import type { Variant } from './object.ts';
import { FATES, Rows, type Fate, type Mark } from './rows.ts';
import { storedBytes } from './stored-size.ts';
import { TagIndex } from './tag-index.ts';

/** Objects that leave in one turn, and rows that are looked at for them. */
const LEAVING_AT_ONCE = 500;
const LOOKS_AT_ONCE = 65_536;
/** A change of more objects than that advances the generation of everything: an eighth of all slots. */
const SLOTS_AT_ONCE = 8192;

export interface Entry {
  readonly key: string;
  readonly row: number;
  variants: readonly Variant[];
  version: number;
  /** The workers that may have it. */
  told: ToldWorkers;
}

export interface StoredObjectsOptions {
  readonly bytesMax: number;
  readonly objectsMax: number;
  readonly variantsMax: number;
  /** Milliseconds since the epoch: how old a response is. */
  readonly timeMs: () => number;
}

export class StoredObjects {
  readonly #options: StoredObjectsOptions;
  readonly #bodies: HeldBodies;
  readonly #generations: Generations;
  readonly #evictions: Evictions;
  readonly #entries: LRUCache<string, Entry>;
  readonly #rows = new Rows();
  readonly #tags = new TagIndex();
  #version = 0;
  #sweptTo = 0;
  #evicted = 0;

  constructor(options: StoredObjectsOptions, bodies: HeldBodies, generations: Generations, evictions: Evictions) {
    this.#options = options;
    this.#bodies = bodies;
    this.#generations = generations;
    this.#evictions = evictions;
    this.#entries = new LRUCache({ maxSize: options.bytesMax, dispose: (entry, _, reason) => reason === 'evict' && this.#evict(entry) });
  }

  get objects(): number {
    return this.#entries.size - this.#rows.gone;
  }

  /** Also of what is gone, until it has left. */
  get bytes(): number {
    return this.#entries.calculatedSize;
  }

  /** How many had to go for want of room. */
  get evicted(): number {
    return this.#evicted;
  }

  get tags(): number {
    return this.#tags.tags;
  }

  /** What is stored now, and was used with that. */
  get(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    return entry && this.#settled(entry);
  }

  touch(key: string): void {
    this.#entries.get(key);
  }

  /** In place of those in `replaces` and of what was selected in the same way: they go also where the new one cannot be stored. */
  put(key: string, variant: Variant, replaces: readonly number[], told: ToldWorkers): 'stored' | 'too-large' | 'no-body' {
    const entry = this.get(key);
    const others = (entry?.variants ?? []).filter((other) => other.id !== variant.id && !replaces.includes(other.id) && !isSelectedAlike(other, variant));
    const fits = storedBytes(key, [variant]) <= this.#options.bytesMax;
    const held = fits && this.#bodies.hold(variant);
    if (held || others.length !== entry?.variants.length) this.#change(key, entry, held ? [variant, ...others] : others, told);
    if (held) return 'stored';
    return fits ? 'no-body' : 'too-large';
  }

  /** New heads of what is still stored: these are the newest now. */
  refresh(key: string, refreshed: readonly Variant[], dropped: readonly number[], told: ToldWorkers): void {
    const entry = this.get(key);
    if (!entry) return;
    const heads = refreshed.filter(({ id }) => entry.variants.some((variant) => variant.id === id) && !dropped.includes(id));
    const others = entry.variants.filter(({ id }) => !dropped.includes(id) && !heads.some((head) => head.id === id));
    if (heads.length === 0 && others.length === entry.variants.length) return;
    this.#change(key, entry, [...heads.filter((head) => this.#bodies.hold(head)), ...others], told);
  }

  /** Each of these tells how many objects it found. */
  purgeKey(key: string, mark: Mark): number {
    this.#generations.advance(this.#generations.slotOf(key));
    const entry = this.#entries.peek(key);
    if (!entry || !this.#rows.mark(entry.row, mark)) return 0;
    if (mark === FATES.gone) this.#leave(entry);
    return 1;
  }

  purgeTag(tag: string, mark: Mark): number {
    const rows = this.#tags.rowsOf(tag);
    let found = 0;
    for (const row of rows) {
      if (this.#rows.isMixed(row)) found += this.#purgeVariants(this.#rows.keyOf(row)!, tag, mark);
      else if (this.#rows.mark(row, mark)) found += 1;
    }
    if (rows.length > SLOTS_AT_ONCE) this.#generations.advanceAll();
    else for (const row of rows) this.#generations.advance(this.#rows.slotOf(row));
    return found;
  }

  /** '' is the prefix of everything. */
  purgePrefix(prefix: string, mark: Mark): number {
    const found = this.#rows.markUnder(prefix, mark);
    this.#generations.advanceAll();
    return found;
  }

  /** What is gone and still has its place: sweep() is to be called. */
  get leaving(): number {
    return this.#rows.gone;
  }

  /** Some of what is gone leaves. */
  sweep(): void {
    let leaving = Math.min(LEAVING_AT_ONCE, this.#rows.gone);
    for (let looks = 0; leaving > 0 && looks < LOOKS_AT_ONCE; looks++) {
      if (this.#sweptTo >= this.#rows.count) this.#sweptTo = 0;
      const row = this.#sweptTo++;
      if (this.#rows.fateOf(row) !== FATES.gone) continue;
      this.#leave(this.#entries.peek(this.#rows.keyOf(row)!)!);
      leaving -= 1;
    }
  }

  /** Carries out what its row was marked with. */
  #settled(entry: Entry): Entry | undefined {
    const fate = this.#rows.fateOf(entry.row);
    if (fate === FATES.gone) {
      this.#leave(entry);
      return undefined;
    }
    if (fate !== FATES.valid) {
      this.#rows.settle(entry.row);
      this.#spend(entry, entry.variants, fate);
    }
    return entry;
  }

  #spend(entry: Entry, which: readonly Variant[], fate: Fate): void {
    const spent = (variant: Variant): Variant => (fate === FATES.invalid ? { ...variant, invalid: true } : staleFrom(variant, this.#options.timeMs()));
    entry.variants = entry.variants.map((variant) => (which.includes(variant) ? spent(variant) : variant));
    entry.version = ++this.#version;
  }

  #purgeVariants(key: string, tag: string, mark: Mark): number {
    const entry = this.#settled(this.#entries.peek(key)!);
    const tagged = entry?.variants.filter(({ tags }) => tags.includes(tag)) ?? [];
    if (!entry || tagged.length === 0) return 0;
    if (mark !== FATES.gone) this.#spend(entry, tagged, mark);
    else this.#change(key, entry, entry.variants.filter((variant) => !tagged.includes(variant)), 0);
    return 1;
  }

  /** `after` is held, as far as it is not in `entry` already. */
  #change(key: string, entry: Entry | undefined, after: readonly Variant[], told: ToldWorkers): void {
    const before = entry?.variants ?? [];
    const { kept, bytes } = this.#fitting(key, after);
    if (kept.length === 0) {
      this.#letGo(after.filter((variant) => !before.includes(variant)));
      if (entry) this.#leave(entry);
      return;
    }
    const row = entry?.row ?? this.#rows.add(key, this.#generations.slotOf(key));
    this.#rows.setMixed(row, kept.some(({ tags }) => !isSame(tags, kept[0]!.tags)));
    for (const tag of allTags(before)) this.#tags.remove(tag, row);
    for (const tag of allTags(kept)) this.#tags.add(tag, row);
    const changed: Entry = { key, row, variants: kept, version: ++this.#version, told: told | (entry?.told ?? 0) };
    this.#generations.advance(this.#rows.slotOf(row));
    const left = new Set([...before, ...after]);
    for (const variant of kept) left.delete(variant);
    if (this.#letGo(left) && entry) {
      this.#evictions.add(key, entry.version, entry.told);
      changed.told = told;
    }
    this.#entries.set(key, changed, { size: bytes });
    while (this.#entries.size > this.#options.objectsMax) this.#entries.pop();
  }

  /** The newest ones, as many as there may be. */
  #fitting(key: string, variants: readonly Variant[]): { readonly kept: readonly Variant[]; readonly bytes: number } {
    const kept = variants.slice(0, this.#options.variantsMax);
    let bytes = storedBytes(key, kept);
    while (bytes > this.#options.bytesMax && kept.pop()) bytes = storedBytes(key, kept);
    return { kept, bytes };
  }

  #letGo(variants: Iterable<Variant>): boolean {
    let gone = false;
    for (const variant of variants) gone = this.#bodies.letGo(variant) || gone;
    return gone;
  }

  #leave(entry: Entry): void {
    this.#entries.delete(entry.key);
    this.#forget(entry);
  }

  #evict(entry: Entry): void {
    if (this.#rows.fateOf(entry.row) !== FATES.gone) this.#evicted += 1;
    this.#forget(entry);
  }

  #forget({ key, row, variants, version, told }: Entry): void {
    if (this.#rows.fateOf(row) !== FATES.gone) this.#generations.advance(this.#rows.slotOf(row));
    for (const tag of allTags(variants)) this.#tags.remove(tag, row);
    this.#rows.remove(row);
    this.#letGo(variants);
    this.#evictions.add(key, version, told);
  }
}

/** Its lifetime is over at that time, if it was not before: what the origin allows of a stale response goes on from there. */
function staleFrom(variant: Variant, timeMs: number): Variant {
  const { freshness, responseMs } = variant;
  return { ...variant, freshness: { ...freshness, lifetimeMs: Math.min(freshness.lifetimeMs, ageMs(freshness, responseMs, timeMs)) } };
}

function allTags(variants: readonly Variant[]): readonly string[] {
  return variants.length === 1 ? variants[0]!.tags : [...new Set(variants.flatMap(({ tags }) => tags))];
}

function isSelectedAlike(one: Variant, other: Variant): boolean {
  return isSame(one.varyNames, other.varyNames) && isSame(one.varyValues, other.varyValues);
}

function isSame(one: readonly string[], other: readonly string[]): boolean {
  return one.length === other.length && one.every((text, index) => text === other[index]);
}
