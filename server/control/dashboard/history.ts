// The last minutes: as many points as are kept, however long somebody looks.
import type { MetricsSnapshot } from '../../metrics/metrics.ts';
import { figuresOf, type Figures } from './figures.ts';

export const POINTS_MAX = 300;

export class History {
  readonly #points: Figures[] = [];
  #last: MetricsSnapshot | undefined;

  /** Oldest first. */
  get points(): readonly Figures[] {
    return this.#points;
  }

  /** What the last two snapshots come to. */
  get latest(): Figures | undefined {
    return this.#points.at(-1)?.atMs === this.#last?.atMs ? this.#points.at(-1) : undefined;
  }

  add(snapshot: MetricsSnapshot): void {
    const figures = this.#last && figuresOf(this.#last, snapshot);
    this.#last = snapshot;
    if (!figures) return;
    this.#points.push(figures);
    if (this.#points.length > POINTS_MAX) this.#points.shift();
  }
}
