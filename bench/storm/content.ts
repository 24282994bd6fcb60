/**
 * What the files hold: each version is one 8-byte word over and over, and its length follows from its number, so that a
 * body says by itself which file and version it is of, whether it is whole, and how long it must be. writer.c writes them.
 */

const KIB = 1024;
export const WORD_BYTES = 8;
const LENGTHS = 17;
const LENGTH_STEP = 512;
/** No version is shorter than its class by more than this: a range below is in every version. */
export const SHRINK_BYTES_MAX = LENGTH_STEP * (LENGTHS >> 1);

export interface SizeClass {
  readonly name: string;
  readonly bytes: number;
  readonly files: number;
  /** Of all answers. */
  readonly share: number;
  /** Mean pause between two rewrites in a class. */
  readonly pauseMicroseconds: number;
}

export const CLASSES: readonly SizeClass[] = [
  { name: '64 KiB', bytes: 64 * KIB, files: 4, share: 0.7, pauseMicroseconds: 3_000 },
  { name: '1 MiB', bytes: KIB * KIB, files: 4, share: 0.28, pauseMicroseconds: 10_000 },
  { name: '16 MiB', bytes: 16 * KIB * KIB, files: 2, share: 0.02, pauseMicroseconds: 100_000 },
];

export interface StormFile {
  /** Its number in words, and its index in FILES. */
  readonly number: number;
  readonly name: string;
  /** Index in CLASSES. */
  readonly size: number;
  readonly bytes: number;
  /** Readers that stall ask for every second file only: the delays of the other writers are without them. */
  readonly stalledOn: boolean;
}

export const FILES: readonly StormFile[] = CLASSES.flatMap(({ bytes, files }, size) =>
  Array.from({ length: files }, (_, index) => ({ size, bytes, index })),
).map(({ size, bytes, index }, number) => ({ number, name: `${bytes / KIB}k-${index}.bin`, size, bytes, stalledOn: index % 2 === 1 }));

export function lengthOf(classBytes: number, version: number): number {
  return classBytes + LENGTH_STEP * (((version * 7) % LENGTHS) - (LENGTHS >> 1));
}

/** Whether any version of the class is that long. */
export function isLength(classBytes: number, length: number): boolean {
  const off = length - classBytes;
  return off % LENGTH_STEP === 0 && Math.abs(off) <= SHRINK_BYTES_MAX;
}

export interface Word {
  readonly version: number;
  readonly file: number;
}

/** What the word says, or null when no writer wrote it. */
export function readWord(word: Buffer): Word | null {
  const version = word.readUInt32LE(0);
  const file = word.readUInt16LE(4);
  const proof = (Math.imul(version, 40503) ^ Math.imul(file, 25173) ^ 0x5ca1) & 0xffff;
  return version > 0 && proof === word.readUInt16LE(6) ? { version, file } : null;
}
