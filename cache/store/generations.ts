// Counters in memory that all threads share: what a worker keeps of an object is good while the counter of the object's
// key, and that of everything, are what they were when it was told. Main alone counts, before it answers whoever asked
// for the change: from then on no worker uses what was before.
//
//   [ everything | slot of a key's hash ... ]    two keys of one slot cost each other a question to main, nothing more

const SLOTS = 1 << 16;

export class Generations {
  readonly #counts: Int32Array;

  /** @param shared made by create(), and given to each thread. */
  constructor(shared: SharedArrayBuffer) {
    this.#counts = new Int32Array(shared);
  }

  static create(): SharedArrayBuffer {
    return new SharedArrayBuffer((1 + SLOTS) * Int32Array.BYTES_PER_ELEMENT);
  }

  /** Which counter is that of `key`. */
  slotOf(key: string): number {
    let hash = 0x811c9dc5;
    for (let i = 0; i < key.length; i++) hash = Math.imul(hash ^ key.charCodeAt(i), 0x01000193);
    return 1 + ((hash ^ (hash >>> 16)) & (SLOTS - 1));
  }

  /** Changes whenever something of this slot, or everything, has changed. */
  at(slot: number): number {
    return Atomics.load(this.#counts, slot) + Atomics.load(this.#counts, 0);
  }

  /** One of a key's slot, by main. */
  advance(slot: number): void {
    Atomics.add(this.#counts, slot, 1);
  }

  advanceAll(): void {
    Atomics.add(this.#counts, 0, 1);
  }
}
