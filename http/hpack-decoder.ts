/**
 * Field blocks of one connection, in the order in which they come (RFC 7541): each one may change the table by which the next is read.
 *
 * What a client can make us hold is the table, of TABLE_BYTES, and one list of fields, whose size is counted as RFC 9113 §6.5.2 does. Beyond that
 * a block is read on, because the table depends on it, but nothing of it is kept.
 */
import { decodeHuffman } from './hpack-huffman.ts';
import {
  ENTRY_OVERHEAD, HUFFMAN, INDEXED, INDEXED_BITS, LITERAL_BITS, LITERAL_INDEXED, LITERAL_INDEXED_BITS, SIZE_UPDATE, SIZE_UPDATE_BITS, STATIC_TABLE,
  STRING_BITS, TABLE_BYTES,
} from './hpack-tables.ts';
import { latin1Text } from './latin1.ts';

/** Of an integer, more than any index or length that can be right. */
const INTEGER_MAX = 1 << 24;

type Entry = readonly [name: string, value: string];

/** Thrown and caught here: a block that cannot be read is the end of its connection (RFC 9113 §4.3). */
class BadBlock extends Error {}

export class HpackDecoder {
  /** Newest first. */
  private readonly table: Entry[] = [];
  private tableBytes = 0;
  private tableBytesMax = TABLE_BYTES;
  private readonly listBytesMax: number;
  private scratch = new Uint8Array(256);
  private bytes: Uint8Array = this.scratch;
  private at = 0;
  private end = 0;
  private listBytes = 0;
  private fields: string[] = [];

  /** @param listBytesMax of the fields of one block, each with an overhead of 32 bytes. */
  constructor(listBytesMax: number) {
    this.listBytesMax = listBytesMax;
  }

  /** The last block had more than may be kept: its fields are not all there. */
  get isTooLong(): boolean {
    return this.listBytes > this.listBytesMax;
  }

  /** Names and values in turn, of bytes[start, end); undefined: it cannot be read, nor can what follows. */
  decode(bytes: Uint8Array, start: number, end: number): readonly string[] | undefined {
    this.bytes = bytes;
    this.at = start;
    this.end = end;
    this.listBytes = 0;
    this.fields = [];
    try {
      this.sizeUpdates();
      while (this.at < end) this.field();
      return this.fields;
    } catch (error) {
      if (error instanceof BadBlock) return undefined;
      throw error;
    }
  }

  /** §4.2: at the beginning of a block, and nowhere else. */
  private sizeUpdates(): void {
    while (this.at < this.end && (this.bytes[this.at]! & 0xe0) === SIZE_UPDATE) {
      const size = this.integer(SIZE_UPDATE_BITS);
      if (size > TABLE_BYTES) throw new BadBlock();
      this.tableBytesMax = size;
      this.evict(0);
    }
  }

  private field(): void {
    const first = this.bytes[this.at]!;
    if ((first & INDEXED) !== 0) return this.keep(this.entry(this.integer(INDEXED_BITS)));
    if ((first & LITERAL_INDEXED) !== 0) {
      const entry = this.literal(this.integer(LITERAL_INDEXED_BITS));
      this.keep(entry);
      this.insert(entry);
      return;
    }
    if ((first & SIZE_UPDATE) !== 0) throw new BadBlock();
    this.keep(this.literal(this.integer(LITERAL_BITS)));
  }

  private keep([name, value]: Entry): void {
    this.listBytes += name.length + value.length + ENTRY_OVERHEAD;
    if (this.listBytes <= this.listBytesMax) this.fields.push(name, value);
  }

  private literal(index: number): Entry {
    const name = index === 0 ? this.string() : this.entry(index)[0];
    return [name, this.string()];
  }

  private entry(index: number): Entry {
    const entry = index <= STATIC_TABLE.length ? STATIC_TABLE[index - 1] : this.table[index - STATIC_TABLE.length - 1];
    if (!entry) throw new BadBlock();
    return entry;
  }

  private insert(entry: Entry): void {
    const bytes = entry[0].length + entry[1].length + ENTRY_OVERHEAD;
    this.evict(bytes);
    if (bytes > this.tableBytesMax) return; // §4.4: no error, and nothing is left
    this.table.unshift(entry);
    this.tableBytes += bytes;
  }

  /** So that there is room for so many. */
  private evict(bytes: number): void {
    while (this.table.length > 0 && this.tableBytes + bytes > this.tableBytesMax) {
      const [name, value] = this.table.pop()!;
      this.tableBytes -= name.length + value.length + ENTRY_OVERHEAD;
    }
  }

  /** §5.1 */
  private integer(bits: number): number {
    const most = (1 << bits) - 1;
    let value = this.next() & most;
    if (value < most) return value;
    for (let factor = 1; ; factor *= 128) {
      const byte = this.next();
      value += (byte & 0x7f) * factor;
      if (value > INTEGER_MAX) throw new BadBlock();
      if ((byte & 0x80) === 0) return value;
      if (factor > INTEGER_MAX) throw new BadBlock(); // zeros without an end
    }
  }

  /** §5.2, bytes as characters of the same numbers. */
  private string(): string {
    const isCoded = (this.bytes[this.at]! & HUFFMAN) !== 0;
    const length = this.integer(STRING_BITS);
    const start = this.at;
    const end = start + length;
    if (end > this.end) throw new BadBlock();
    this.at = end;
    if (!isCoded) return latin1Text(this.bytes, start, end);
    if (this.scratch.length < 2 * length) this.scratch = new Uint8Array(4 * length);
    const decoded = decodeHuffman(this.bytes, start, end, this.scratch, 0);
    if (decoded < 0) throw new BadBlock();
    return latin1Text(this.scratch, 0, decoded);
  }

  private next(): number {
    if (this.at >= this.end) throw new BadBlock();
    return this.bytes[this.at++]!;
  }
}
