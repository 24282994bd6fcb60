// Which bodies are named by heads, in 16 to 32 bytes a body: 64 random bits of each id, in a table with open addressing
// that is between a quarter and a half full. Two ids of the same 64 bits would keep a body that nobody names until the next
// start; it takes four thousand million bodies before that is likely.

export class BodyIds {
  /** Pairs; [0, 0]: empty. */
  #table = new Uint32Array(2 * 1024);
  #size = 0;

  get size(): number {
    return this.#size;
  }

  add(id: string): void {
    if (this.#size * 4 > this.#table.length) this.#grow();
    const [high, low] = bitsOf(id);
    if (this.#put(high, low)) this.#size += 1;
  }

  has(id: string): boolean {
    const [high, low] = bitsOf(id);
    const at = this.#placeOf(high, low);
    return this.#table[at] === high && this.#table[at + 1] === low;
  }

  /** The place of the pair, or the empty one where it would be. */
  #placeOf(high: number, low: number): number {
    const mask = this.#table.length - 1;
    let at = (low * 2) & mask;
    while ((this.#table[at] !== high || this.#table[at + 1] !== low) && (this.#table[at] !== 0 || this.#table[at + 1] !== 0)) at = (at + 2) & mask;
    return at;
  }

  #put(high: number, low: number): boolean {
    const at = this.#placeOf(high, low);
    const isNew = this.#table[at] !== high || this.#table[at + 1] !== low;
    this.#table[at] = high;
    this.#table[at + 1] = low;
    return isNew;
  }

  #grow(): void {
    const before = this.#table;
    this.#table = new Uint32Array(before.length * 2);
    for (let at = 0; at < before.length; at += 2) if (before[at] !== 0 || before[at + 1] !== 0) this.#put(before[at]!, before[at + 1]!);
  }
}

/** Of its random digits; never [0, 0]. */
function bitsOf(id: string): [high: number, low: number] {
  return [Number.parseInt(id.slice(0, 8), 16), Number.parseInt(id.slice(8, 16), 16) || 1];
}
