// Of what is done to a key, each is begun when the one before is over.

export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Whether something is being done to it. */
  has(key: string): boolean {
    return this.#last.has(key);
  }

  /** Keys to which something is being done. */
  get size(): number {
    return this.#last.size;
  }

  /** @param work never rejects. */
  take<T>(key: string, work: () => Promise<T>): Promise<T> {
    const done = (this.#last.get(key) ?? Promise.resolve()).then(work).finally(() => {
      if (this.#last.get(key) === done) this.#last.delete(key);
    });
    this.#last.set(key, done);
    return done;
  }

  /** All that was begun until now is over. */
  async settled(): Promise<void> {
    await Promise.all(this.#last.values());
  }
}
