// What is stored, least recently used first to go. What a purge finds is marked at once (rows.ts), as fast as columns are
// read; objects that are gone leave their places by and by, and none is seen meanwhile.
//
// Invariants: the generation of a key's slot has advanced before anybody can see a change of its object. A record is held
// for exactly the variants that are in the list.
import { LRUCache } from 'lru-cache';
import { combined } from '../policy/combining.ts';
import { staleFrom } from '../policy/freshness.ts';
import { Evictions, type ToldWorkers } from './evictions.ts';
import type { Generations } from './generations.ts';
import type { HeldBodies } from './held-bodies.ts';
import type { MemoryTier } from './disk-tier.ts';
import type { Superseded } from './messages.ts';
import { bodiesOf, type StoredBody, type Variant } from './object.ts';
import { displaced, withFilesOf } from './placement.ts';
import { FATES, Rows, type Fate, type Mark } from './rows.ts';
import { storedBytes } from './stored-size.ts';
import { TagIndex } from './tag-index.ts';

/** Objects that leave in one turn for want of room. */
const EVICTED_AT_ONCE = 500;
/** Those that are gone, and rows that are looked at for them: few, as a purge is answered after some turns (its write to the disk), and hits go on. */
const LEAVING_AT_ONCE = 64;
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

/** What is stored of a key, as somebody sees it who does not use it. */
export interface SeenObject {
  readonly key: string;
  readonly variants: readonly Variant[];
  /** What a purge has marked it with; carried out when it is next used. */
  readonly fate: Exclude<Fate, typeof FATES.none | typeof FATES.gone>;
}

export interface Walk {
  /** Keys that begin so; '': all. */
  readonly prefix: string;
  readonly tag: string | undefined;
  /** Where the walk before ended; 0: from the start. */
  readonly from: number;
  /** How many are wanted at most. */
  readonly limit: number;
}

export interface Walked {
  readonly objects: readonly SeenObject[];
  /** From where to go on; undefined: that was all. */
  readonly next: number | undefined;
}

export interface StoredObjectsOptions {
  readonly bytesMax: number;
  readonly objectsMax: number;
  readonly variantsMax: number;
  /** Milliseconds since the epoch: how old a response is. */
  readonly timeMs: () => number;
}

export class StoredObjects implements MemoryTier {
  readonly #options: StoredObjectsOptions;
  readonly #bodies: HeldBodies;
  readonly #generations: Generations;
  readonly #evictions: Evictions;
  readonly #onReplaced: (bodies: readonly StoredBody[]) => void;
  readonly #entries: LRUCache<string, Entry>;
  readonly #rows = new Rows();
  readonly #tags = new TagIndex();
  #bytesMax: number;
  #version = 0;
  #sweptTo = 0;
  #evicted = 0;

  /** @param onReplaced bodies that were stored, and that nothing names any more; what is evicted may be on disk still. */
  constructor(options: StoredObjectsOptions, bodies: HeldBodies, generations: Generations, evictions: Evictions, onReplaced: (bodies: readonly StoredBody[]) => void) {
    this.#onReplaced = onReplaced;
    this.#options = options;
    this.#bytesMax = options.bytesMax;
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

  hasTag(tag: string): boolean {
    return this.#tags.has(tag);
  }

  /** What is stored now, and was used with that. */
  get(key: string): Entry | undefined {
    const entry = this.#entries.get(key);
    return entry && this.#settled(entry);
  }

  touch(key: string): void {
    this.#entries.get(key);
  }

  /** What is stored now; that it was looked at keeps nothing longer. */
  see(key: string): SeenObject | undefined {
    const entry = this.#entries.peek(key);
    return entry && seen(entry, this.#rows.fateOf(entry.row));
  }

  /** In no order that means anything. What stays from the first step to the last is met once; a step looks at a bounded number of rows. */
  walk({ prefix, tag, from, limit }: Walk): Walked {
    const objects: SeenObject[] = [];
    const end = Math.min(this.#rows.count, from + LOOKS_AT_ONCE);
    let row = from;
    for (; row < end && objects.length < limit; row++) {
      const key = this.#rows.keyOf(row);
      if (key?.startsWith(prefix) !== true || (tag !== undefined && !this.#tags.isOf(tag, row))) continue;
      const object = this.see(key);
      if (object) objects.push(object);
    }
    return { objects, next: row < this.#rows.count ? row : undefined };
  }

  /** In place of those in `replaces` and of what was selected in the same way: they go also where the new one cannot be stored. A part joins what it is a part of. */
  put(key: string, received: Variant, replaces: readonly number[], told: ToldWorkers): 'stored' | 'too-large' | 'no-body' {
    const entry = this.get(key);
    const variant = combined(received, entry?.variants ?? [], this.#bytesMax);
    const others = (entry?.variants ?? []).filter((other) => other.id !== variant.id && !replaces.includes(other.id) && !isSelectedAlike(other, variant));
    const fits = storedBytes(key, [variant]) <= this.#bytesMax;
    const held = fits && this.#bodies.hold(variant);
    if (held || others.length !== entry?.variants.length) this.#change(key, entry, held ? [variant, ...others] : others, told);
    if (held) return 'stored';
    return fits ? 'no-body' : 'too-large';
  }

  /** What was found elsewhere. */
  admit(key: string, variants: readonly Variant[]): void {
    const held = variants.filter((variant) => this.#bodies.hold(variant));
    if (held.length > 0) this.#change(key, undefined, held, 0);
  }

  /** Whether there was a variant with that record: it is stored no more. */
  drop(key: string, record: string): boolean {
    const entry = this.get(key);
    const left = entry?.variants.filter(({ bodies }) => !bodies.some((body) => body.record === record || body.file === record));
    if (!entry || left?.length === entry.variants.length) return false;
    this.#change(key, entry, left!, 0);
    return true;
  }

  variantsOf(key: string): readonly Variant[] | undefined {
    const entry = this.#entries.peek(key);
    return entry && this.#settled(entry)?.variants;
  }

  placed(key: string, record: string, file: string): void {
    const entry = this.#entries.peek(key);
    if (!entry) return;
    const placed = (body: StoredBody): StoredBody => (body.record === record ? { ...body, file } : body);
    const variants = entry.variants.map((variant) => (variant.bodies.some((body) => body.record === record) ? { ...variant, bodies: variant.bodies.map(placed) } : variant));
    entry.variants = variants;
  }

  displaced(key: string, files: readonly string[]): void {
    const entry = files.length > 0 ? this.#entries.peek(key) : undefined;
    const settled = entry && this.#settled(entry);
    if (!settled) return;
    const left = settled.variants.filter(({ bodies }) => !bodies.some(({ record }) => files.includes(record)));
    if (left.length < settled.variants.length) this.#change(key, settled, left, 0);
    // That bytes are in memory alone now makes no other version.
    const changed = this.#entries.peek(key);
    if (changed) changed.variants = displaced(changed.variants, files);
  }

  setElsewhere(key: string, elsewhere: boolean): void {
    const entry = this.#entries.peek(key);
    if (entry) this.#rows.setElsewhere(entry.row, elsewhere);
  }

  /** The disk is not ours any more. */
  forgetElsewhere(): void {
    this.#rows.forgetElsewhere();
  }

  /** New heads of what is still stored: these are the newest now. */
  refresh(key: string, refreshed: readonly Variant[], dropped: readonly number[], told: ToldWorkers): void {
    const entry = this.get(key);
    if (!entry) return;
    const heads = refreshed.flatMap((head) => {
      const before = dropped.includes(head.id) ? undefined : entry.variants.find(({ id }) => id === head.id);
      return before ? [withFilesOf(before, head)] : [];
    });
    const others = entry.variants.filter(({ id }) => !dropped.includes(id) && !heads.some((head) => head.id === id));
    if (heads.length === 0 && others.length === entry.variants.length) return;
    this.#change(key, entry, [...heads.filter((head) => this.#bodies.hold(head)), ...others], told);
  }

  /** From now on they are validated before they are used. @returns whether there were any. */
  supersede({ key, variants }: Superseded, told: ToldWorkers): boolean {
    const there = (this.get(key)?.variants ?? []).filter(({ id }) => variants.includes(id));
    this.refresh(key, there.map((variant) => ({ ...variant, invalid: true })), [], told);
    return there.length > 0;
  }

  /** Each of these tells how many objects it found. */
  purgeKey(key: string, mark: Mark): number {
    this.#generations.advance(this.#generations.slotOf(key));
    const entry = this.#entries.peek(key);
    if (!entry || this.#rows.fateOf(entry.row) === FATES.gone) return 0;
    const found = this.#rows.mark(entry.row, mark);
    if (mark === FATES.gone) this.#leave(entry);
    return found;
  }

  purgeTag(tag: string, mark: Mark): number {
    const rows = this.#tags.rowsOf(tag);
    let found = 0;
    for (const row of rows) {
      if (this.#rows.isMixed(row)) found += this.#purgeVariants(this.#rows.keyOf(row)!, tag, mark);
      else found += this.#rows.mark(row, mark);
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


  /** Something is gone and still has its place, or there is more than may be: sweep() is to be called. */
  get isLeaving(): boolean {
    return this.#rows.gone > 0 || this.bytes > this.#bytesMax;
  }

  /** @param share of the bytes that there may be. */
  squeeze(share: number): void {
    this.#bytesMax = Math.floor(this.#options.bytesMax * share);
  }

  /** Some of what is gone, or over the bound, leaves. */
  sweep(): void {
    for (let evicted = 0; evicted < EVICTED_AT_ONCE && this.bytes > this.#bytesMax; evicted++) this.#entries.pop();
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
    return this.#rows.isElsewhere(entry.row) ? 0 : 1;
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
    this.#onReplaced(bodiesOf([...left]).filter(({ record }) => !bodiesOf(kept).some((body) => body.record === record)));
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
    while (bytes > this.#bytesMax && kept.pop()) bytes = storedBytes(key, kept);
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

function seen({ key, variants }: Entry, fate: Fate): SeenObject | undefined {
  return fate === FATES.none || fate === FATES.gone ? undefined : { key, variants, fate };
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
