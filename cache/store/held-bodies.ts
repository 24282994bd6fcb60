// The store's references to records: one for each record, however many variants have bytes in it.
import type { Variant } from './object.ts';

export interface StoreBodies {
  /** Takes a reference for the store; false: there is no such record any more. */
  hold(record: string): boolean;
  letGo(record: string): void;
}

export class HeldBodies {
  readonly #bodies: StoreBodies;
  /** How often a stored variant names the record. */
  readonly #named = new Map<string, number>();

  constructor(bodies: StoreBodies) {
    this.#bodies = bodies;
  }

  /** Records that are held. */
  get count(): number {
    return this.#named.size;
  }

  /** All records of a variant, or none of them: false. */
  hold(variant: Variant): boolean {
    for (const [index, { record }] of variant.bodies.entries()) {
      const named = this.#named.get(record) ?? 0;
      if (named === 0 && !this.#bodies.hold(record)) {
        for (const held of variant.bodies.slice(0, index)) this.#letGo(held.record);
        return false;
      }
      this.#named.set(record, named + 1);
    }
    return true;
  }

  /** Whether the store has let a record go with it. */
  letGo(variant: Variant): boolean {
    let gone = false;
    for (const { record } of variant.bodies) gone = this.#letGo(record) || gone;
    return gone;
  }

  #letGo(record: string): boolean {
    const named = this.#named.get(record)! - 1;
    if (named > 0) {
      this.#named.set(record, named);
      return false;
    }
    this.#named.delete(record);
    this.#bodies.letGo(record);
    return true;
  }
}
