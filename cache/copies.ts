// Coded copies of one version of a file: made of its bytes, kept beside its entries, and let go with the last of them.
import type { Representation } from './representation.ts';

/** A copy that is there, one that is being made, or null: it is not worth having. */
export type Copy = Representation | Promise<void> | null;

export class Copies {
  readonly #copies = new Map<string, Copy>();
  #owners = 1;

  get(coding: string): Copy | undefined {
    return this.#copies.get(coding);
  }

  /** Of all that are there. */
  get bytes(): number {
    return [...this.#copies.values()].reduce((sum, copy) => sum + (copy !== null && 'file' in copy ? copy.size : 0), 0);
  }

  /** For another entry of the same version. */
  share(): this {
    this.#owners += 1;
    return this;
  }

  /** False: its entries are gone, and the copy is the caller's to let go. */
  set(coding: string, copy: Copy): boolean {
    if (this.#owners === 0) return false;
    this.#copies.set(coding, copy);
    return true;
  }

  /** Forgets one that could not be made: it may be tried again. */
  delete(coding: string): void {
    this.#copies.delete(coding);
  }

  /** An entry goes. With the last one the records of all copies are the caller's to release. */
  close(): number[] {
    if (--this.#owners > 0) return [];
    return [...this.#copies.values()].flatMap((copy) => (copy !== null && 'file' in copy ? [copy.file] : []));
  }
}
