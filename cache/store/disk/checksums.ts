// Checksums of a body: SHA-256 over the body's id, the number of the block and its bytes, cut to 128 bits, one for each
// block of 1 MiB, and one of the length. Bound to id and number, no block stands for another one, and no file for
// another. A CRC is faster where the CPU has no instructions for SHA, but an edit that keeps it is a minute's work, and two
// of its changes can cancel each other; SHA-256 is in every Node, and a block is looked at once after a start, not at each hit.
//
//   | body: bytes | 16 bytes a block | footer: magic 16, bytes 8, block bytes 4, zero 4, checksum 16 |
import { createHash, type Hash } from 'node:crypto';

export const BLOCK_BYTES = 1 << 20;
export const SUM_BYTES = 16;
export const FOOTER_BYTES = 48;
const MAGIC = 'pagecast-body 1\n';

/** Of a body of so many bytes: how many blocks, the last one being what is left. */
export function blocksOf(bytes: number): number {
  return Math.ceil(bytes / BLOCK_BYTES);
}

/** What its file has. */
export function fileBytesOf(bytes: number): number {
  return bytes + blocksOf(bytes) * SUM_BYTES + FOOTER_BYTES;
}

export function sumOfBlock(id: string, index: number, bytes: Uint8Array): Buffer {
  return endOf(begun(id, index).update(bytes));
}

export function footerOf(id: string, bytes: number): Buffer {
  const footer = Buffer.alloc(FOOTER_BYTES);
  footer.write(MAGIC, 'latin1');
  footer.writeBigUInt64LE(BigInt(bytes), 16);
  footer.writeUInt32LE(BLOCK_BYTES, 24);
  endOf(createHash('sha256').update(`${id} whole\n`).update(footer.subarray(0, 32))).copy(footer, 32);
  return footer;
}

/** The table of a body that comes piece by piece. */
export class BodySums {
  readonly #id: string;
  #bytes = 0;
  #hash: Hash | undefined;
  /** Doubled when it is full: 16 bytes of it a MiB. */
  #table = Buffer.alloc(4 * SUM_BYTES);
  #blocks = 0;

  constructor(id: string) {
    this.#id = id;
  }

  update(bytes: Uint8Array): void {
    for (let done = 0; done < bytes.length; ) {
      const take = Math.min(bytes.length - done, BLOCK_BYTES - (this.#bytes % BLOCK_BYTES));
      this.#hash ??= begun(this.#id, this.#blocks);
      this.#hash.update(bytes.subarray(done, done + take));
      done += take;
      this.#bytes += take;
      if (this.#bytes % BLOCK_BYTES === 0) this.#endBlock();
    }
  }

  /** What follows the body in its file; nothing may come after this. */
  trailer(): Buffer {
    if (this.#hash) this.#endBlock();
    return Buffer.concat([this.#table.subarray(0, this.#blocks * SUM_BYTES), footerOf(this.#id, this.#bytes)]);
  }

  #endBlock(): void {
    if ((this.#blocks + 1) * SUM_BYTES > this.#table.length) this.#table = Buffer.concat([this.#table, Buffer.alloc(this.#table.length)]);
    endOf(this.#hash!).copy(this.#table, this.#blocks * SUM_BYTES);
    this.#hash = undefined;
    this.#blocks += 1;
  }
}

function begun(id: string, index: number): Hash {
  return createHash('sha256').update(`${id} ${index}\n`);
}

function endOf(hash: Hash): Buffer {
  return hash.digest().subarray(0, SUM_BYTES);
}
