/**
 * Looks at a body as it arrives, without keeping it: its first eight bytes are the word, and everything after must repeat
 * them. Within a chunk that is one memcmp of the chunk with itself, a word further on.
 */
import { WORD_BYTES } from './content.ts';

export class Body {
  readonly #word = Buffer.alloc(WORD_BYTES);
  #bytes = 0;
  #mixedAt = -1;

  get bytes(): number {
    return this.#bytes;
  }

  /** The first byte that is not of the first word, or -1: all words are equal. */
  get mixedAt(): number {
    return this.#mixedAt;
  }

  push(chunk: Buffer): void {
    let rest = chunk;
    if (this.#bytes < WORD_BYTES) {
      const taken = Math.min(WORD_BYTES - this.#bytes, chunk.length);
      chunk.copy(this.#word, this.#bytes, 0, taken);
      this.#bytes += taken;
      rest = chunk.subarray(taken);
    }
    if (this.#mixedAt < 0 && rest.length > 0) this.#compare(rest);
    this.#bytes += rest.length;
  }

  #compare(rest: Buffer): void {
    for (let index = 0; index < Math.min(WORD_BYTES, rest.length); index += 1) {
      if (rest[index] !== this.#word[(this.#bytes + index) % WORD_BYTES]) return this.#mixed(index);
    }
    const last = rest.length - WORD_BYTES;
    if (last <= 0 || rest.compare(rest, WORD_BYTES, rest.length, 0, last) === 0) return;
    for (let index = 0; index < last; index += 1) if (rest[index] !== rest[index + WORD_BYTES]) return this.#mixed(index + WORD_BYTES);
  }

  #mixed(index: number): void {
    this.#mixedAt = this.#bytes + index;
  }

  /** The word as it is in the file, for a body that begins at `start` of it; null when the body is shorter than a word. */
  wordAt(start: number): Buffer | null {
    if (this.#bytes < WORD_BYTES) return null;
    const word = Buffer.alloc(WORD_BYTES);
    for (let index = 0; index < WORD_BYTES; index += 1) word[(start + index) % WORD_BYTES] = this.#word[index]!;
    return word;
  }
}
