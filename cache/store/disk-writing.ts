// Bodies from memory to disk.
import { isFault } from './disk/faults.ts';
import type { DiskStore } from './disk/store.ts';
import type { StoredBody } from './object.ts';

/** The memory that stored bodies are in. */
export interface KeptBytes {
  /** A reference; false: they are gone. */
  hold(record: string): boolean;
  letGo(record: string): void;
  /** How many were read, or -errno. */
  read(record: string, offset: number, into: Uint8Array): number;
}

const PIECE_BYTES = 256 << 10;

/** The id of its file, or a fault. */
export async function writeBody(store: DiskStore, kept: KeptBytes, { record, bytes }: StoredBody): Promise<string> {
  const file = await store.begin();
  if (isFault(file)) return file;
  const piece = Buffer.allocUnsafe(Math.min(PIECE_BYTES, bytes));
  for (let offset = 0; offset < bytes; ) {
    const some = piece.subarray(0, Math.min(piece.length, bytes - offset));
    const read = kept.read(record, offset, some);
    const fault = read === some.length ? await file.append(some) : 'EIO';
    if (fault !== undefined) {
      await file.abandon();
      return fault;
    }
    offset += read;
  }
  const stored = await file.finish();
  return isFault(stored) ? stored : stored.id;
}
