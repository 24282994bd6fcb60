// Bytes that tell what they are: of one number and length, never of another.

const cache = new Map<string, Buffer>();
const CACHE_BYTES = 64 << 20;
let cachedBytes = 0;

/** The content with this number. No two numbers share a byte range of any length worth speaking of. */
export function contentOf(number: number, bytes: number): Buffer {
  const key = `${number}:${bytes}`;
  const known = cache.get(key);
  if (known) return known;
  const words = new Uint32Array((bytes + 3) >> 2);
  let state = Math.imul(number, 0x9e3779b1) | 1;
  for (let i = 0; i < words.length; ++i) {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0; // Numerical Recipes' generator: fast, and no period below 2^32
    words[i] = state ^ (state >>> 15);
  }
  const content = Buffer.from(words.buffer, 0, bytes);
  if ((cachedBytes += bytes) > CACHE_BYTES) {
    cache.clear();
    cachedBytes = bytes;
  }
  cache.set(key, content);
  return content;
}
