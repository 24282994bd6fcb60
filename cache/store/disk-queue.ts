// What waits to be written to disk, the newest of each key. Its bytes are held meanwhile, as far as there is room for such:
// where the disk is slower than the origins, what comes then is in memory only.
import type { Epoch } from './disk/head-file.ts';
import { isBodyId } from './disk/layout.ts';
import type { KeptBytes } from './disk-writing.ts';
import type { StoredBody, Variant } from './object.ts';
import { displaced, filesOf } from './placement.ts';

export interface Waiting {
  /** Their bytes are held, until they are let go. */
  readonly variants: readonly Variant[];
  /** As of when they are: later purges have not been applied to them. */
  readonly epoch: Epoch;
  readonly bytes: number;
  /** Bodies on disk that were to be named by a head, and were replaced before. */
  readonly unnamed: readonly StoredBody[];
}

const KEYS_MAX = 65_536;

export class DiskQueue {
  readonly #kept: KeptBytes;
  readonly #bytesMax: number;
  readonly #waiting = new Map<string, Waiting>();
  #bytes = 0;

  /** @param bytesMax that are held. */
  constructor(kept: KeptBytes, bytesMax: number) {
    this.#kept = kept;
    this.#bytesMax = bytesMax;
  }

  get size(): number {
    return this.#waiting.size;
  }

  /** First come first. */
  keys(): IterableIterator<string> {
    return this.#waiting.keys();
  }

  has(key: string): boolean {
    return this.#waiting.has(key);
  }

  get(key: string): Waiting | undefined {
    return this.#waiting.get(key);
  }

  /** In place of what waits of that key. @param must whatever room there is. False: there is none, and what waited waits still. */
  put(key: string, variants: readonly Variant[], epoch: Epoch, must: boolean): boolean {
    const before = this.#waiting.get(key);
    const bytes = variants.reduce((sum, variant) => sum + bytesInMemory(variant), 0);
    const fits = this.#bytes - (before?.bytes ?? 0) + bytes <= this.#bytesMax && (before !== undefined || this.#waiting.size < KEYS_MAX);
    if (!fits && !must) return false;
    this.#waiting.set(key, { variants: variants.filter((variant) => this.#hold(variant)), epoch, bytes, unnamed: before ? bodiesOnDisk(before) : [] });
    this.#bytes += bytes;
    if (before) this.letGo(before);
    return true;
  }

  /** It waits no more: to be let go. */
  take(key: string): Waiting | undefined {
    const waiting = this.#waiting.get(key);
    this.#waiting.delete(key);
    return waiting;
  }

  /** What came meanwhile goes in place of what was taken, and is not written yet. */
  replaced(key: string, taken: Waiting): void {
    const waiting = this.#waiting.get(key)!;
    this.#waiting.set(key, { ...waiting, unnamed: [...waiting.unnamed, ...bodiesOnDisk(taken)] });
  }

  /** Those files are there no more. */
  displaced(key: string, files: readonly string[]): void {
    const waiting = this.#waiting.get(key);
    if (waiting && files.length > 0) this.#waiting.set(key, { ...waiting, variants: displaced(waiting.variants, files) });
  }

  letGo({ variants, bytes }: Waiting): void {
    this.#bytes -= bytes;
    for (const { bodies } of variants) for (const { record } of bodies) if (!isBodyId(record)) this.#kept.letGo(record);
  }

  #hold({ bodies: [body] }: Variant): boolean {
    return body === undefined || isBodyId(body.record) || this.#kept.hold(body.record);
  }
}

/** All that a head has been, or is to be, written for. */
export function bodiesOnDisk({ variants, unnamed }: Waiting): readonly StoredBody[] {
  return [...unnamed, ...filesOf(variants)];
}

function bytesInMemory({ bodies }: Variant): number {
  return bodies.reduce((sum, { record, bytes }) => sum + (isBodyId(record) ? 0 : bytes), 0);
}
