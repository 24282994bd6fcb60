/**
 * HalfSipHash-2-4 with 64 bits of output, over messages of eight bytes (Aumasson and Bernstein; the reference is
 * halfsiphash.c of veorq/SipHash). A hash with a secret key, so that nobody can choose addresses that meet in one slot; in 32-bit
 * arithmetic, which JavaScript has.
 */
const MESSAGE_BYTES = 8;

export class HalfSipHash {
  readonly #key0: number;
  readonly #key1: number;
  #v0 = 0;
  #v1 = 0;
  #v2 = 0;
  #v3 = 0;
  /** The output as two signed 32-bit integers, the lower half first. */
  first = 0;
  second = 0;

  /** @param key0 the lower half of the secret key, @param key1 the upper: 32-bit integers. */
  constructor(key0: number, key1: number) {
    this.#key0 = key0 | 0;
    this.#key1 = key1 | 0;
  }

  /** Hashes two 32-bit integers into `first` and `second`. */
  hash(word0: number, word1: number): void {
    this.#v0 = this.#key0;
    this.#v1 = this.#key1 ^ 0xee;
    this.#v2 = this.#key0 ^ 0x6c796765;
    this.#v3 = this.#key1 ^ 0x74656462;
    this.#compress(word0);
    this.#compress(word1);
    this.#compress(MESSAGE_BYTES << 24);
    this.#v2 ^= 0xee;
    this.first = this.#finish();
    this.#v1 ^= 0xdd;
    this.second = this.#finish();
  }

  #compress(word: number): void {
    this.#v3 ^= word;
    this.#round();
    this.#round();
    this.#v0 ^= word;
  }

  #finish(): number {
    for (let round = 0; round < 4; round++) this.#round();
    return this.#v1 ^ this.#v3;
  }

  #round(): void {
    let v0 = (this.#v0 + this.#v1) | 0;
    let v1 = rotated(this.#v1, 5) ^ v0;
    let v2 = (this.#v2 + this.#v3) | 0;
    let v3 = rotated(this.#v3, 8) ^ v2;
    v0 = (rotated(v0, 16) + v3) | 0;
    v3 = rotated(v3, 7) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = rotated(v1, 13) ^ v2;
    v2 = rotated(v2, 16);
    this.#v0 = v0;
    this.#v1 = v1;
    this.#v2 = v2;
    this.#v3 = v3;
  }
}

function rotated(word: number, bits: number): number {
  return (word << bits) | (word >>> (32 - bits));
}
