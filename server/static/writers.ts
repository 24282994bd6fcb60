// A file that somebody holds open for writing is no version yet. In this order: what was there and has only grown (a
// log), the last whole version, then the writer is waited for, for a while; a path whose writer did not close in time is
// remembered, so that not each of its requests waits.
import { constants } from 'node:os';
import { LRUCache } from 'lru-cache';
import { layout } from '../../native/index.ts';
import type { Opened } from '../opener.ts';

const { EBUSY, EINPROGRESS } = constants.errno;
const { WHOLE, GROWN, ANY } = layout.accept;
const WAITS_MS = [2, 3, 5, 10, 20, 40] as const;
/** A writer's time to change what was there before, in milliseconds: who still has it open then may be a log. */
const GROWN_AFTER_MS = 25;
/** Of taking the file as it is, when the time is up: writers may come and go meanwhile. */
const LATE_ATTEMPTS = 3;
const REMEMBERED_MAX = 1024;
const REMEMBERED_MS = 10_000;

export interface Look<Whole> {
  readonly path: string;
  /** Opens the file; `accept` is one of layout.accept. */
  readonly open: (accept: number) => Promise<Opened>;
  /** The version before, if it can still be answered with. */
  readonly lastWhole: () => Whole | undefined;
}

export class Writers {
  readonly #waitMaxMs: number;
  /** Since when a writer was seen inside, in milliseconds since the epoch. */
  readonly #inside = new LRUCache<string, number>({ max: REMEMBERED_MAX, ttl: REMEMBERED_MS });
  readonly #slow = new LRUCache<string, true>({ max: REMEMBERED_MAX, ttl: REMEMBERED_MS });

  constructor(waitMaxMs: number) {
    this.#waitMaxMs = waitMaxMs;
  }

  /** What can be answered with: the file as it was opened in the end, or the version before. */
  async look<Whole>({ path, open, lastWhole }: Look<Whole>): Promise<Opened | Whole> {
    let opened = await open(WHOLE);
    if (!isHeld(opened)) {
      this.#inside.delete(path);
      return opened;
    }
    const sinceMs = this.#inside.get(path) ?? Date.now();
    this.#inside.set(path, sinceMs);
    if (Date.now() - sinceMs >= GROWN_AFTER_MS) opened = await open(GROWN);
    return isHeld(opened) ? (lastWhole() ?? this.#outwait(path, opened, sinceMs, open)) : opened;
  }

  /**
   * Opens again and again until the writer is gone; when the time is up, as it is. While the writer is held back by us (EINPROGRESS) the
   * time does not run: what it will write is still to come.
   */
  async #outwait(path: string, found: Opened, sinceMs: number, open: (accept: number) => Promise<Opened>): Promise<Opened> {
    let opened = found;
    let untilMs = Date.now() + (this.#slow.has(path) ? 0 : this.#waitMaxMs);
    let lateAttempts = 0;
    for (let attempt = 0; lateAttempts < LATE_ATTEMPTS && isHeld(opened); ++attempt) {
      if (opened.error === EINPROGRESS) untilMs = Math.max(untilMs, Date.now() + this.#waitMaxMs);
      const leftMs = untilMs - Date.now();
      if (leftMs <= 0) this.#slow.set(path, true);
      const late = leftMs <= 0 ? lateAttempts++ : -1;
      const waitMs = WAITS_MS[Math.min(attempt, WAITS_MS.length - 1)]!;
      if (late !== 0) await new Promise((resolve) => setTimeout(resolve, late > 0 ? waitMs : Math.min(waitMs, leftMs)));
      opened = await open(leftMs <= 0 ? ANY : Date.now() - sinceMs >= GROWN_AFTER_MS ? GROWN : WHOLE);
    }
    return opened;
  }
}

function isHeld({ error }: Opened): boolean {
  return error === EBUSY || error === EINPROGRESS;
}
