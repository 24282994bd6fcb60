// Main's wait for all workers to have taken what is in force.

/** A worker that is held up for longer takes it later: what it answers next is by the new policy all the same. */
const WITHIN_MS = 5000;

export class Commitment {
  readonly #waiting = new Set<number>();
  #all: () => void = () => undefined;
  /** Every worker that was asked has said so, or is gone. */
  readonly done = new Promise<void>((resolve) => (this.#all = resolve));

  asked(worker: number): void {
    this.#waiting.add(worker);
  }

  heard(worker: number): void {
    this.#waiting.delete(worker);
    if (this.#waiting.size === 0) this.#all();
  }

  /** Resolves with `done`, or when that takes too long. */
  async within(): Promise<void> {
    if (this.#waiting.size === 0) this.#all();
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([this.done, new Promise<void>((resolve) => (timer = setTimeout(resolve, WITHIN_MS)))]);
    clearTimeout(timer);
  }
}
