// The stored objects that a worker can answer with at once. What it was told of an object is good while the counters of
// generations.ts say so; records of bodies that were opened are held until the object leaves.
//
// Invariant: a record's number may be in a plan that has not been handed to the engine: releases wait for the next turn
// of libuv, when no plan is between its making and its sending.
import { LRUCache } from 'lru-cache';
import { isComplete } from '../policy/parts.ts';
import type { Generations } from './generations.ts';
import type { StoredObject, Variant } from './object.ts';

const NO_FILES: readonly number[] = [];

/** A variant, and what this worker has made of it. */
export interface HeldVariant<Plans> {
  readonly variant: Variant;
  /** Of the body's record, or of the first one's; -1: not opened, or no bytes. */
  file: number;
  /** Of the bodies behind the first, where there are more. */
  others: readonly number[];
  /** Some of its bytes are missing: it is an answer only to who asks for others of them (RFC 9111 §3.3). */
  readonly partial: boolean;
  /** Plans made for it so far; the owner gives them their shape. */
  plans: Plans | undefined;
}

export interface HeldObject<Plans> {
  readonly key: string;
  readonly version: number;
  readonly slot: number;
  /** Of the slot, when it was asked for. */
  generation: number;
  /** Newest first. */
  readonly variants: readonly HeldVariant<Plans>[];
  usedSinceTold: boolean;
}

export class Holdings<Plans> {
  readonly #generations: Generations;
  readonly #release: (file: number) => void;
  readonly #objects: LRUCache<string, HeldObject<Plans>>;
  #used: string[] = [];
  #released: number[] = [];

  /** @param objectsMax that are held at once. */
  constructor(objectsMax: number, generations: Generations, release: (file: number) => void) {
    this.#generations = generations;
    this.#release = release;
    this.#objects = new LRUCache({ max: objectsMax, noDisposeOnSet: true, dispose: (object) => this.#letGo(object.variants) });
  }

  /** What may be answered with: nothing where something has changed since it was asked for. */
  current(key: string): HeldObject<Plans> | undefined {
    const held = this.#objects.get(key);
    if (held === undefined || held.generation !== this.#generations.at(held.slot)) return undefined;
    if (!held.usedSinceTold) {
      held.usedSinceTold = true;
      this.#used.push(key);
    }
    return held;
  }

  /** The variant as it is to be judged: what a purge of another machine may have named, unheard, is validated before it is used. */
  judged(variant: Variant, nowMs: number): Variant {
    return this.#generations.trusts(variant.responseMs, nowMs) ? variant : { ...variant, invalid: true };
  }

  /** What the coordinator has said, good for as long as the generation of the slot is that one. Undefined: nothing is stored. */
  take(key: string, object: StoredObject | undefined, version: number, generation: number): HeldObject<Plans> | undefined {
    const before = this.#objects.peek(key);
    if (object === undefined) {
      this.#objects.delete(key);
      return undefined;
    }
    if (before?.version === version) {
      before.generation = generation;
      return before;
    }
    const kept = new Set<HeldVariant<Plans>>();
    const variants = object.variants.map((variant) => {
      const one = before?.variants.find((candidate) => isSameBody(candidate.variant, variant));
      if (one) kept.add(one);
      return { variant, file: one?.file ?? -1, others: one?.others ?? NO_FILES, partial: !isComplete(variant), plans: undefined };
    });
    const held: HeldObject<Plans> = { key, version, slot: this.#generations.slotOf(key), generation, variants, usedSinceTold: before?.usedSinceTold ?? false };
    if (before) this.#letGo(before.variants.filter((one) => !kept.has(one)));
    this.#objects.set(key, held);
    return held;
  }

  /** What is stored no more, in these versions or earlier ones. */
  forget(keys: readonly string[], versions: readonly number[]): void {
    for (const [index, key] of keys.entries()) {
      const held = this.#objects.peek(key);
      if (held && held.version <= versions[index]!) this.#objects.delete(key);
    }
  }

  /** Keys that were used since the last call. */
  used(): readonly string[] {
    const keys = this.#used;
    this.#used = [];
    for (const key of keys) {
      const held = this.#objects.peek(key);
      if (held) held.usedSinceTold = false;
    }
    return keys;
  }

  /** Lets a record go that a plan may have. */
  releaseLater(file: number): void {
    if (this.#released.length === 0) setImmediate(() => this.#releaseNow());
    this.#released.push(file);
  }

  get size(): number {
    return this.#objects.size;
  }

  #letGo(variants: readonly HeldVariant<Plans>[]): void {
    for (const { file, others } of variants) {
      if (file >= 0) this.releaseLater(file);
      for (const other of others) this.releaseLater(other);
    }
  }

  #releaseNow(): void {
    const files = this.#released;
    this.#released = [];
    for (const file of files) this.#release(file);
  }
}

/** Another head for the same bytes, as a 304 makes it. */
function isSameBody(a: Variant, b: Variant): boolean {
  return a.bytes === b.bytes && a.bodies.length > 0 && a.bodies.length === b.bodies.length && a.bodies.every(({ record }, index) => record === b.bodies[index]!.record);
}
