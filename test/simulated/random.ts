// The driver's choices, from the same seed as the kernel's but in a row of their own: xorshift32 (Marsaglia 2003).
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = Math.imul(seed ^ 0x5bd1e995, 0x9e3779b1) | 1;
    for (let i = 0; i < 8; ++i) this.#next();
  }

  #next(): number {
    let x = this.#state;
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    this.#state = x;
    return x >>> 0;
  }

  /** 0 <= n < bound. */
  below(bound: number): number {
    return Math.floor((this.#next() / 0x1_0000_0000) * bound);
  }

  /** min <= n <= max. */
  between(min: number, max: number): number {
    return min + this.below(max - min + 1);
  }

  /** Small numbers as likely as large ones. */
  scaled(min: number, max: number): number {
    return Math.round(min * (max / min) ** (this.below(1001) / 1000));
  }

  chance(probability: number): boolean {
    return this.#next() / 0x1_0000_0000 < probability;
  }

  of<T>(choices: readonly T[]): T {
    return choices[this.below(choices.length)]!;
  }
}
