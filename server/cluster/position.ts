// How far the stream was read, in a file beside what is stored on disk: after a start what came meanwhile is read from there.
// A file that is missing, damaged or of another stream is as none: then everything is purged. One that is older than what was read
// costs that some is purged twice.
import { constants } from 'node:fs';
import { open, readFile, rename } from 'node:fs/promises';
import { isId, type Place } from './entry.ts';

const FILE_MODE = 0o600;

export class PositionFile {
  readonly #path: string;
  readonly #stream: string;
  readonly #onFault: (error: unknown) => void;
  #next: { readonly place: Place; readonly noted: Promise<unknown> } | undefined;
  #writing: Promise<void> | undefined;

  /** @param stream its key. @param onFault the file could not be written. */
  constructor(path: string, stream: string, onFault: (error: unknown) => void) {
    this.#path = path;
    this.#stream = stream;
    this.#onFault = onFault;
  }

  async read(): Promise<Place | undefined> {
    try {
      return this.#placeIn(JSON.parse(await readFile(this.#path, 'utf8')));
    } catch {
      return undefined;
    }
  }

  /** In the background; what was not begun when the next one comes is left out. @param noted when the purges up to there are on disk. */
  write(place: Place, noted: Promise<unknown>): void {
    this.#next = { place, noted };
    this.#writing ??= this.#writeAll().finally(() => (this.#writing = undefined));
  }

  /** Resolves when all that was to be written is, or could not be. */
  async close(): Promise<void> {
    await this.#writing;
  }

  async #writeAll(): Promise<void> {
    for (let one = this.#next; one; one = this.#next) {
      this.#next = undefined;
      try {
        await one.noted;
        await this.#replace(JSON.stringify({ stream: this.#stream, ...one.place }));
      } catch (error) {
        this.#onFault(error);
      }
    }
  }

  async #replace(text: string): Promise<void> {
    const arriving = `${this.#path}.new`;
    const file = await open(arriving, constants.O_WRONLY | constants.O_CREAT | constants.O_TRUNC | constants.O_NOFOLLOW, FILE_MODE);
    try {
      await file.writeFile(text);
      await file.datasync();
    } finally {
      await file.close();
    }
    await rename(arriving, this.#path);
  }

  #placeIn(value: unknown): Place | undefined {
    if (typeof value !== 'object' || value === null) return undefined;
    const { stream, id, node, sequence } = value as Readonly<Record<string, unknown>>;
    const isWhole = stream === this.#stream && typeof id === 'string' && isId(id) && typeof node === 'string' && typeof sequence === 'number';
    return isWhole ? { id, node, sequence } : undefined;
  }
}
