// Main's question to all workers whether they can take a policy. One that cannot, or dies over it, is why nobody takes it.
import type { ServerModules } from '../config/functions.ts';
import type { ResolvedOptions } from '../options.ts';
import { ReloadError } from './reload-error.ts';

export interface Prepared {
  readonly options: ResolvedOptions;
  readonly modules: ServerModules;
}

/** Loading a config may take 30 s (config/load.ts). */
const WITHIN_MS = 45_000;

export class Preparation {
  readonly generation: number;
  /** What workers are asked to take. */
  readonly policy: Prepared;
  readonly #waiting = new Set<number>();
  readonly #beats = new Map<number, number>();
  #fault: string | undefined;
  #isEnding = false;
  #changed: () => void = () => undefined;

  constructor(generation: number, policy: Prepared) {
    this.generation = generation;
    this.policy = policy;
  }

  /** @param beats signs of life that it has given before. */
  asked(worker: number, beats: number): void {
    this.#waiting.add(worker);
    this.#beats.set(worker, beats);
  }

  /** @param fault why it cannot; undefined: it can. */
  heard(worker: number, fault: string | undefined): void {
    this.#waiting.delete(worker);
    this.#fault ??= fault;
    this.#changed();
  }

  /** It came to nothing: nobody else is to be asked. */
  get isOver(): boolean {
    return this.#fault !== undefined;
  }

  /** @param hungBeats signs of life of one that was hung: who has given none since the question has not died of it, and whoever takes its place is asked. */
  died(worker: number, hungBeats?: number): void {
    if (hungBeats !== undefined && this.#beats.get(worker) === hungBeats) return;
    if (this.#waiting.has(worker)) this.heard(worker, 'a worker died while it prepared the new configuration');
  }

  /** The server ends. */
  end(): void {
    this.#isEnding = true;
    this.#fault ??= 'the server drains';
    this.#changed();
  }

  /** All who were asked so far can take it. @throws ReloadError where one cannot, or does not say so in time */
  async settled(): Promise<void> {
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<boolean>((resolve) => (timer = setTimeout(resolve, WITHIN_MS, true)));
    const changed = (): Promise<boolean> => new Promise((resolve) => (this.#changed = () => { resolve(false); }));
    let isLate = false;
    while (this.#waiting.size > 0 && this.#fault === undefined && !isLate) isLate = await Promise.race([late, changed()]);
    clearTimeout(timer);
    if (this.#fault !== undefined) throw new ReloadError(this.#isEnding ? 'unavailable' : 'refused', [this.#fault]);
    if (isLate) throw new ReloadError('refused', [`workers have not prepared the new configuration within ${WITHIN_MS / 1000} s`]);
  }
}
