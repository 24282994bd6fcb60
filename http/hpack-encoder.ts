/**
 * Field lists as HPACK (RFC 7541) that needs no table: names of the static one where they are in it, everything else literally. So a block is the
 * same on each connection and at each time, and can be kept with what it is the head of.
 *
 * A client that makes the table smaller, which is not used, has to be told in the next block that it is (NO_TABLE, §4.2).
 */
import type { FieldList } from './response.ts';
import { encodeHuffman, huffmanBytes } from './hpack-huffman.ts';
import { HUFFMAN, INDEXED, LITERAL, LITERAL_BITS, LITERAL_NEVER_INDEXED, SIZE_UPDATE, STATIC_TABLE, STRING_BITS } from './hpack-tables.ts';
import { latin1Bytes } from './latin1.ts';

export const NO_TABLE = Uint8Array.of(SIZE_UPDATE);

const SET_COOKIE = 'set-cookie';

const nameIndexes = new Map<string, number>();
const entryIndexes = new Map<string, number>();
for (const [i, [name, value]] of STATIC_TABLE.entries()) {
  if (!nameIndexes.has(name)) nameIndexes.set(name, i + 1);
  if (value !== '') entryIndexes.set(`${name}\n${value}`, i + 1);
}

class Block {
  private bytes = new Uint8Array(512);
  private length = 0;

  integer(value: number, bits: number, first: number): void {
    const most = (1 << bits) - 1;
    this.room(8);
    if (value < most) {
      this.bytes[this.length++] = first | value;
      return;
    }
    this.bytes[this.length++] = first | most;
    let left = value - most;
    for (; left >= 128; left = Math.floor(left / 128)) this.bytes[this.length++] = (left % 128) | 0x80;
    this.bytes[this.length++] = left;
  }

  string(text: string): void {
    const bytes = latin1Bytes(text);
    const coded = huffmanBytes(bytes);
    const isShorter = coded < bytes.length;
    this.integer(isShorter ? coded : bytes.length, STRING_BITS, isShorter ? HUFFMAN : 0);
    this.room(bytes.length);
    if (isShorter) {
      this.length = encodeHuffman(bytes, this.bytes, this.length);
    } else {
      this.bytes.set(bytes, this.length);
      this.length += bytes.length;
    }
  }

  end(): Uint8Array {
    return this.bytes.slice(0, this.length);
  }

  private room(bytes: number): void {
    if (this.length + bytes <= this.bytes.length) return;
    const larger = new Uint8Array(2 * (this.length + bytes));
    larger.set(this.bytes.subarray(0, this.length));
    this.bytes = larger;
  }
}

/** @param fields with names in lower case; pseudo-fields first. */
export function encodeBlock(fields: FieldList): Uint8Array {
  const block = new Block();
  for (const [name, value] of fields) {
    const entry = entryIndexes.get(`${name}\n${value}`);
    if (entry !== undefined) {
      block.integer(entry, 7, INDEXED);
      continue;
    }
    const named = nameIndexes.get(name) ?? 0;
    // §7.1.3: what a proxy behind us should not put into a table either.
    block.integer(named, LITERAL_BITS, name === SET_COOKIE ? LITERAL_NEVER_INDEXED : LITERAL);
    if (named === 0) block.string(name);
    block.string(value);
  }
  return block.end();
}
