// Compression on the fly: the bytes of a version are read once, coded by zlib in libuv's pool, and kept in private memory
// as a representation of their own. One at a time a worker: the loop and the answers of the others come first.
import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import type { Entry } from '../../cache/entries.ts';
import { codedRepresentation, type FileReader, type Representation } from '../../cache/representation.ts';
import type { Coding } from '../../http/accept-encoding.ts';
import type { Opener } from '../opener.ts';
import type { Report } from '../report.ts';

type Coder = (bytes: Uint8Array) => Promise<Uint8Array>;

/** Kept for as long as the file is: worth more effort than what is thrown away after one answer. */
const BROTLI_QUALITY = 6;
const GZIP_LEVEL = 7;
const ZSTD_LEVEL = 9;
/** A copy that saves less is not worth its memory. */
const WORTH = 0.95;
const WAITING_MAX = 256;

const ENOENT = 2;

function coders(): ReadonlyMap<Coding, Coder> {
  const brotli = promisify(zlib.brotliCompress) as (bytes: Uint8Array, options: zlib.BrotliOptions) => Promise<Uint8Array>;
  const gzip = promisify(zlib.gzip) as (bytes: Uint8Array, options: zlib.ZlibOptions) => Promise<Uint8Array>;
  const all = new Map<Coding, Coder>();
  all.set('br', (bytes) => brotli(bytes, {
    params: { [zlib.constants.BROTLI_PARAM_QUALITY]: BROTLI_QUALITY, [zlib.constants.BROTLI_PARAM_SIZE_HINT]: bytes.length },
  }));
  // From Node 22.15 on.
  const { zstdCompress } = zlib as unknown as { zstdCompress?: (bytes: Uint8Array, options: object, done: (error: Error | null, bytes: Uint8Array) => void) => void };
  const level = (zlib.constants as Readonly<Record<string, number>>)['ZSTD_c_compressionLevel'];
  if (zstdCompress && level !== undefined) {
    const zstd = promisify(zstdCompress);
    all.set('zstd', (bytes) => zstd(bytes, { params: { [level]: ZSTD_LEVEL } }));
  }
  all.set('gzip', (bytes) => gzip(bytes, { level: GZIP_LEVEL }));
  return all;
}

const CODERS = coders();

/** In the order of preference: what saves most first. */
export const CODINGS: readonly Coding[] = ['br', 'zstd', 'gzip'];
/** Those that this Node can make. */
export const CODINGS_MADE: readonly Coding[] = CODINGS.filter((coding) => CODERS.has(coding));

export interface CompressionLimits {
  /** The smallest file that is compressed; bytes. */
  readonly bytesMin: number;
  /** The largest; bytes, at most what is read once a version. */
  readonly bytesMax: number;
  /** Copies up to this size have a place in the arena, too; bytes. */
  readonly arenaBytesMax: number;
}

export class Compressor {
  readonly #opener: Opener;
  readonly #reader: FileReader;
  readonly #limits: CompressionLimits;
  readonly #report: Report;
  readonly #release: (file: number) => void;
  #waiting = 0;
  #last: Promise<unknown> = Promise.resolve();
  made = 0;
  failed = 0;

  constructor(opener: Opener, reader: FileReader, limits: CompressionLimits, report: Report, release: (file: number) => void) {
    this.#opener = opener;
    this.#reader = reader;
    this.#limits = limits;
    this.#report = report;
    this.#release = release;
  }

  /** Whether a copy of this version would be made. */
  takes({ size, digest, racy }: Representation): boolean {
    return digest !== undefined && !racy && size >= this.#limits.bytesMin && size <= this.#limits.bytesMax;
  }

  /** Makes the entry's copy, once; resolved when it is there, or will not be. Undefined: too much is waiting already. */
  make<Plans>(entry: Entry<Plans>, coding: Coding): Promise<void> | undefined {
    const { copies, representation } = entry;
    const known = copies?.get(coding);
    if (known instanceof Promise) return known;
    if (!copies || !representation || known !== undefined || this.#waiting >= WAITING_MAX) return undefined;
    this.#waiting += 1;
    const made = this.#next(() => this.#copy(representation, coding)).then((copy) => {
      this.#waiting -= 1;
      if (copy === undefined) copies.delete(coding);
      else if (!copies.set(coding, copy) && copy) this.#release(copy.file);
    });
    copies.set(coding, made);
    return made;
  }

  #next<T>(task: () => Promise<T>): Promise<T> {
    const result = this.#last.then(task);
    this.#last = result.catch(() => undefined);
    return result;
  }

  /** Null: not worth having; undefined: not now. */
  async #copy(source: Representation, coding: Coding): Promise<Representation | null | undefined> {
    const key = `${coding}:${Buffer.from(source.digest!).toString('latin1')}`;
    const kept = await this.#opener.kept(key);
    if (kept.error === 0) return codedRepresentation(kept.file, this.#reader.facts(kept.file), source);
    if (kept.error !== ENOENT) {
      this.#noRoom(coding, kept.error);
      return undefined;
    }
    const { error, bytes } = await this.#opener.read(source.file);
    if (error !== 0) return undefined; // another version by now, which will be asked for
    let coded: Uint8Array;
    try {
      coded = await CODERS.get(coding)!(bytes);
    } catch (failure) {
      this.#report('compressionFailed', 'a file could not be compressed', { coding, error: String(failure) });
      this.failed += 1;
      return null;
    }
    if (coded.length > bytes.length * WORTH) return null;
    const opened = await this.#opener.keep(key, coded, this.#limits.arenaBytesMax);
    if (opened.error !== 0) {
      this.#noRoom(coding, opened.error);
      return undefined;
    }
    this.made += 1;
    return codedRepresentation(opened.file, this.#reader.facts(opened.file), source);
  }

  #noRoom(coding: Coding, errno: number): void {
    this.failed += 1;
    this.#report('compressionFailed', 'no memory for a compressed copy: sent as it is', { coding, errno });
  }
}
