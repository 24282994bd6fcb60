// What is on disk of a key comes into memory before a message about the key is carried out; what a purge is answered with
// waits for the disk. A worker that has died meanwhile is not answered, nor is the one that has its number now.
import type { DiskTier } from './disk-tier.ts';
import type { StoredObjects } from './stored-objects.ts';

export class Warming {
  /** Undefined: there is none, or it is another process's. */
  readonly #disk: () => DiskTier | undefined;
  readonly #objects: StoredObjects;
  /** Keys that are being looked for. */
  readonly #underWay = new Map<string, Promise<void>>();
  /** How many workers have had a number. */
  readonly #lives = new Map<number, number>();

  constructor(disk: () => DiskTier | undefined, objects: StoredObjects) {
    this.#disk = disk;
    this.#objects = objects;
  }

  workerDied(worker: number): void {
    this.#lives.set(worker, this.#lifeOf(worker) + 1);
  }

  /** Resolves when what is on disk of a key is in memory; undefined: it is, or there is nothing to be looked for. */
  warmed(key: string): Promise<void> | undefined {
    const disk = this.#disk();
    if (disk?.mayHave(key) !== true || this.#objects.get(key)) return undefined;
    return this.#underWay.get(key) ?? this.#find(disk, key);
  }

  /** `then` at once, where there is nothing to wait for. */
  whenWarm(worker: number, keys: readonly string[], then: () => void): void {
    const warmed = keys.map((key) => this.warmed(key)).filter((one) => one !== undefined);
    if (warmed.length === 0) then();
    else this.#after<unknown>(worker, warmed.length === 1 ? warmed[0]! : Promise.all(warmed), then);
  }

  /** `then` when purges are noted, and with what has become of one elsewhere, where that is waited for. */
  whenNoted<T>(worker: number, elsewhere: Promise<T> | undefined, noted: Promise<unknown> | undefined, then: (outcome: T | undefined) => void): void {
    if (elsewhere ?? noted) this.#after(worker, Promise.all([elsewhere, noted]), ([outcome]) => then(outcome));
    else then(undefined);
  }

  #after<T>(worker: number, promise: Promise<T>, then: (outcome: T) => void): void {
    const life = this.#lifeOf(worker);
    void promise.then((outcome) => {
      if (this.#lifeOf(worker) === life) then(outcome);
    });
  }

  #find(disk: DiskTier, key: string): Promise<void> {
    const sought = disk.find(key, (variants) => {
      // Of a disk that is not ours any more: it has not heard of purges since.
      if (disk !== this.#disk() || this.#objects.get(key)) return;
      this.#objects.admit(key, variants);
      this.#objects.setElsewhere(key, disk.has(key));
    }).then(() => {
      if (this.#underWay.get(key) === sought) this.#underWay.delete(key);
    });
    this.#underWay.set(key, sought);
    return sought;
  }

  #lifeOf(worker: number): number {
    return this.#lives.get(worker) ?? 0;
  }
}
