// A stored body that is read: its length is looked at when it is opened, its blocks are looked at one by one.
import type { FileHandle } from 'node:fs/promises';
import { BLOCK_BYTES, blocksOf, fileBytesOf, FOOTER_BYTES, footerOf, SUM_BYTES, sumOfBlock } from './checksums.ts';
import { errnoOf, type Fault, type Faults } from './faults.ts';
import { openToRead, readAll } from './files.ts';

export class BodyFile {
  readonly id: string;
  /** Of the body, which begins the file; checksums follow it. */
  readonly bytes: number;
  readonly #file: FileHandle;
  readonly #faults: Faults;

  private constructor(id: string, bytes: number, file: FileHandle, faults: Faults) {
    this.id = id;
    this.bytes = bytes;
    this.#file = file;
    this.#faults = faults;
  }

  /** 'missing': there is none. 'damaged': it is not the body `id` of so many bytes; its blocks have not been looked at. */
  static async open(path: string, id: string, bytes: number, faults: Faults): Promise<BodyFile | 'missing' | 'damaged' | Fault> {
    let file: FileHandle;
    try {
      file = await openToRead(path);
    } catch (error) {
      const errno = errnoOf(error);
      if (errno === 'ENOENT') return 'missing';
      return errno === 'ELOOP' ? 'damaged' : faults.note(error);
    }
    const whole = await faults.caught(() => isWhole(file, id, bytes));
    if (whole === true) return new BodyFile(id, bytes, file, faults);
    await file.close();
    return whole === false ? 'damaged' : whole;
  }

  get fd(): number {
    return this.#file.fd;
  }

  get blocks(): number {
    return blocksOf(this.bytes);
  }

  /** Whether block `index` is what was stored; false also where it cannot be read. */
  async verify(index: number): Promise<boolean> {
    if (!Number.isInteger(index) || index < 0 || index >= this.blocks) return false;
    const start = index * BLOCK_BYTES;
    const block = Buffer.allocUnsafe(Math.min(BLOCK_BYTES, this.bytes - start));
    const sum = Buffer.alloc(SUM_BYTES);
    const read = await this.#faults.caught(async () =>
      (await readAll(this.#file, block, start)) === block.length && (await readAll(this.#file, sum, this.bytes + index * SUM_BYTES)) === SUM_BYTES);
    return read === true && sum.equals(sumOfBlock(this.id, index, block));
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}

async function isWhole(file: FileHandle, id: string, bytes: number): Promise<boolean> {
  const status = await file.stat();
  if (!status.isFile() || status.size !== fileBytesOf(bytes)) return false;
  const footer = Buffer.alloc(FOOTER_BYTES);
  await readAll(file, footer, status.size - FOOTER_BYTES);
  return footer.equals(footerOf(id, bytes));
}
