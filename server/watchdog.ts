// Main's look at its workers: which of them have given no sign of life for too long (beat.ts).
//
// Invariants: silence is counted by looks, and no look counts for more than two of them take: time in which main itself did not run (a
// process that was stopped, a machine that slept, a processor that was elsewhere) is nobody's silence. So a worker is never called hung
// earlier than its bound.
import { BEAT_EVERY_MS } from './beat.ts';

const LOOK_EVERY_MS = BEAT_EVERY_MS;
const LOOK_COUNTS_MS = 2 * LOOK_EVERY_MS;

export interface WatchdogParts {
  /** Signs of life of the worker in a place so far; 0: it has not begun. Undefined: there is nobody. */
  readonly beatsOf: (place: number) => number | undefined;
  /** Called once for each silence. @param silentMs for how long, at least. */
  readonly onHung: (place: number, silentMs: number) => void;
  /** A clock that is not set back, in milliseconds. */
  readonly nowMs: () => number;
}

interface Seen {
  beats: number;
  silentMs: number;
  isTold: boolean;
}

export class Watchdog {
  readonly #parts: WatchdogParts;
  readonly #places: readonly Seen[];
  #hungMs = 0;
  #lastMs = 0;
  #timer: NodeJS.Timeout | undefined;

  /** It looks once it has a bound. */
  constructor(places: number, parts: WatchdogParts) {
    this.#parts = parts;
    this.#places = Array.from({ length: places }, () => ({ beats: 0, silentMs: 0, isTold: false }));
  }

  /** @param hungMs from now on; 0: nobody is looked at. */
  bound(hungMs: number): void {
    this.#hungMs = hungMs;
    if (hungMs === 0) return this.end();
    if (this.#timer) return;
    this.#lastMs = this.#parts.nowMs();
    this.#timer = setInterval(() => this.look(), LOOK_EVERY_MS).unref();
  }

  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
  }

  /** Called by its timer. */
  look(): void {
    const nowMs = this.#parts.nowMs();
    const passedMs = Math.min(nowMs - this.#lastMs, LOOK_COUNTS_MS);
    this.#lastMs = nowMs;
    for (const [place, seen] of this.#places.entries()) this.#lookAt(place, seen, passedMs);
  }

  #lookAt(place: number, seen: Seen, passedMs: number): void {
    const beats = this.#parts.beatsOf(place) ?? 0;
    if (beats === 0 || beats !== seen.beats) {
      Object.assign(seen, { beats, silentMs: 0, isTold: false } satisfies Seen);
      return;
    }
    seen.silentMs += passedMs;
    // The beat that was seen last may have been just due again when the worker was held up.
    const silentMs = seen.silentMs - BEAT_EVERY_MS;
    if (seen.isTold || silentMs < this.#hungMs) return;
    seen.isTold = true;
    this.#parts.onHung(place, silentMs);
  }
}
