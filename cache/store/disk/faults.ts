// What a disk refuses is a value: an errno by name, counted. The store goes on; what could not be kept is a miss.

/** Such as ENOSPC, EDQUOT, EIO, EROFS. */
export type Fault = `E${string}`;

export class Faults {
  readonly #counts = new Map<Fault, number>();

  /** The fault that was thrown, counted. What is no system error is a mistake of ours, and is thrown again. */
  note(error: unknown): Fault {
    const fault = errnoOf(error);
    if (fault === undefined) throw error;
    this.#counts.set(fault, (this.#counts.get(fault) ?? 0) + 1);
    return fault;
  }

  /** What `work` gives, or the fault that ended it. */
  async caught<T>(work: () => Promise<T>): Promise<T | Fault> {
    try {
      return await work();
    } catch (error) {
      return this.note(error);
    }
  }

  counts(): Readonly<Record<Fault, number>> {
    return Object.fromEntries(this.#counts);
  }
}

export function isFault(outcome: unknown): outcome is Fault {
  return typeof outcome === 'string' && /^E[A-Z0-9]+$/.test(outcome);
}

/** The errno of a system error by name; undefined where it is none. */
export function errnoOf(error: unknown): Fault | undefined {
  if (!(error instanceof Error) || !('errno' in error) || !('code' in error)) return undefined;
  return isFault(error.code) ? error.code : undefined;
}
