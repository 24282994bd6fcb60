// Coded copies of one version of a file: made of its bytes, kept beside its entry, and let go with it.
import type { Representation } from './representation.ts';

/** A copy that is there, one that is being made, or null: it is not worth having. */
export type Copy = Representation | Promise<void> | null;

export class Copies {
  readonly #copies = new Map<string, Copy>();
  #closed = false;

  get(coding: string): Copy | undefined {
    return this.#copies.get(coding);
  }

  /** False: its entry is gone, and the copy is the caller's to let go. */
  set(coding: string, copy: Copy): boolean {
    if (this.#closed) return false;
    this.#copies.set(coding, copy);
    return true;
  }

  /** Forgets one that could not be made: it may be tried again. */
  delete(coding: string): void {
    this.#copies.delete(coding);
  }

  /** The records of all copies, now the caller's to release. */
  close(): number[] {
    this.#closed = true;
    return [...this.#copies.values()].flatMap((copy) => (copy !== null && 'file' in copy ? [copy.file] : []));
  }
}
