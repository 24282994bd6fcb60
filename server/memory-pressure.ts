// How much of its bounds of memory the server uses: all of it while there is room, less while its cgroup has none, step by step, and more
// again by and by. It shrinks fast and grows slowly, as TCP does: where the room ends is only known by touching it.
//
// Page cache is nobody's: what fills a cgroup with it, and reaches its limit all the time, is a server of files as it should be. So a limit
// that is reached counts only where most of what is used cannot be taken back.
import type { MemoryLevel } from './cgroup.ts';
import type { MemoryLimits } from './options.ts';

/** What makes it shrink; the label `cause` of metrics. */
export type Squeeze = 'full' | 'limited' | 'stalled';
export const squeezes: readonly Squeeze[] = ['full', 'limited', 'stalled'];

/** Of a limit, in use and not to be taken back: `full`. */
const FULL_SHARE = 0.95;
/** The same where the limit was reached since the last look: `limited`. */
const LIMITED_SHARE = 0.75;
const SHRINK_BY = 0.8;
const GROW_BY = 0.05;
/** Looks without pressure before it grows, and between two steps. */
const CALM_LOOKS = 10;

export class MemoryPressure {
  #limits: MemoryLimits;
  #limited: readonly number[] | undefined;
  #calmLooks = 0;
  /** Of the bounds, what is used. */
  share = 1;
  /** Why it last shrank; undefined: all of the bounds is used. */
  cause: Squeeze | undefined;
  readonly counts: Record<Squeeze, number> = { full: 0, limited: 0, stalled: 0 };

  constructor(limits: MemoryLimits) {
    this.#limits = limits;
  }

  bound(limits: MemoryLimits): void {
    this.#limits = limits;
    this.share = Math.max(this.share, limits.floorShare);
  }

  /** Once a second. @param levels innermost first. @returns whether `share` is another one now. */
  look(levels: readonly MemoryLevel[]): boolean {
    const cause = this.#causeIn(levels);
    this.#limited = levels.map(({ limited }) => limited);
    const before = this.share;
    if (cause) this.#shrink(cause);
    else if (this.share < 1 && ++this.#calmLooks % CALM_LOOKS === 0) this.#grow();
    return this.share !== before;
  }

  #shrink(cause: Squeeze): void {
    this.#calmLooks = 0;
    const share = Math.max(this.#limits.floorShare, this.share * SHRINK_BY);
    if (share >= this.share) return;
    this.share = share;
    this.cause = cause;
    this.counts[cause] += 1;
  }

  #grow(): void {
    this.share = Math.min(1, this.share + GROW_BY);
    if (this.share === 1) this.cause = undefined;
  }

  #causeIn(levels: readonly MemoryLevel[]): Squeeze | undefined {
    const taken = levels.map(({ limitBytes, usedBytes, pageCacheBytes }) => (usedBytes - pageCacheBytes) / limitBytes);
    if (taken.some((share) => share >= FULL_SHARE)) return 'full';
    const wasLimited = (index: number): boolean => levels[index]!.limited > (this.#limited?.[index] ?? Infinity);
    if (taken.some((share, index) => share >= LIMITED_SHARE && wasLimited(index))) return 'limited';
    // Further out others wait, too.
    return levels[0] && levels[0].stallPercent > this.#limits.stallPercentMax ? 'stalled' : undefined;
  }
}
