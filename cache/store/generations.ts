// Counters in memory that all threads share: what a worker keeps of an object is good while the counter of the object's
// key, and that of everything, are what they were when it was told. Main alone counts, before it answers whoever asked
// for the change: from then on no worker uses what was before.
//
//   [ everything | slot of a key's hash ... | trusted until | trusted for ]
//
// Two keys of one slot cost each other a question to main, nothing more.
//
// Where purges come from other machines as well, what is kept is good only as long as none can be missing: until a time that main
// moves on, and that workers look at themselves. So it also ends where main, or all of this process, stands still.

const SLOTS = 1 << 16;
const TRUSTED_UNTIL = 1 + SLOTS;
const TRUSTED_FOR = 2 + SLOTS;
/** In place of a time: purges come from nowhere else. */
const ALWAYS = 0;
const NOT_NOW = 1;
const TIMES = 2;

export class Generations {
  readonly #counts: Int32Array;

  /** @param shared made by create(), and given to each thread. */
  constructor(shared: SharedArrayBuffer) {
    this.#counts = new Int32Array(shared);
  }

  static create(): SharedArrayBuffer {
    return new SharedArrayBuffer((3 + SLOTS) * Int32Array.BYTES_PER_ELEMENT);
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

  /**
   * Whether what an origin has said at `responseMs` may be used without asking it again; milliseconds since 1970.
   * Of times there are the lower 32 bits: they tell which of two is the later one as long as these are not 24 days apart.
   */
  trusts(responseMs: number, nowMs: number): boolean {
    const untilMs = Atomics.load(this.#counts, TRUSTED_UNTIL);
    if (untilMs === ALWAYS || (untilMs !== NOT_NOW && ((untilMs - nowMs) | 0) > 0)) return true;
    const agoMs = nowMs - responseMs;
    return agoMs >= 0 && agoMs < Atomics.load(this.#counts, TRUSTED_FOR);
  }

  /**
   * By main: no purge is missing up to that time; undefined: that is not known any more.
   * @param forMs what has come so short a time ago is trusted in any case; less than 24 days.
   */
  trust(untilMs: number | undefined, forMs: number): void {
    Atomics.store(this.#counts, TRUSTED_FOR, forMs);
    const low = untilMs === undefined ? NOT_NOW : untilMs | 0;
    Atomics.store(this.#counts, TRUSTED_UNTIL, untilMs === undefined || low >= TIMES || low < 0 ? low : TIMES);
  }

  /** One of a key's slot, by main. */
  advance(slot: number): void {
    Atomics.add(this.#counts, slot, 1);
  }

  advanceAll(): void {
    Atomics.add(this.#counts, 0, 1);
  }
}
