// What every chain has at its end, whoever serves it: the same names with the same bytes, from a folder or from an origin of node:http.
import { createHash } from 'node:crypto';
import { utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { shortFolder } from '../serving.ts';

export interface Resource {
  readonly type: string;
  readonly bytes: Buffer;
}

/** An hour ago: a strong validator for everybody (RFC 9110 §8.8.2.2). */
export const MODIFIED = new Date(Math.floor(Date.now() / 1000) * 1000 - 3_600_000);

/** By path. Of the last only are there codings. */
export const resources: Readonly<Record<'/part.bin' | '/big.bin' | '/words.txt', Resource>> = {
  '/part.bin': { type: 'application/octet-stream', bytes: noise(5_003) },
  '/big.bin': { type: 'application/octet-stream', bytes: noise(10 << 20) },
  '/words.txt': { type: 'text/plain; charset=utf-8', bytes: Buffer.from('a word, and another one, and '.repeat(300)) },
};

/** For a server of that folder: a tag of a large file, too, is of its content, and need not wait until its time is past doubt. */
export const HASHED = { privateMaxBytes: 16 << 20 };

/** A folder that holds them. */
export function resourceFolder(t: Test): string {
  const folder = shortFolder(t);
  for (const [name, { bytes }] of Object.entries(resources)) {
    writeFileSync(join(folder, name), bytes);
    utimesSync(join(folder, name), MODIFIED, MODIFIED);
  }
  return folder;
}

export function digest(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** Bytes in which a shift or a hole shows; the same each time. */
function noise(length: number): Buffer {
  const words = new Uint32Array(Math.ceil(length / 4));
  for (let i = 0, x = 0x9e3779b9; i < words.length; ++i) {
    x ^= x << 13;
    x ^= x >>> 17;
    x ^= x << 5;
    words[i] = x;
  }
  return Buffer.from(words.buffer, 0, length);
}
