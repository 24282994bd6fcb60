// What a client may cost with frames that ask for nothing: a bucket that fills with time. Resets by the thousand (CVE-2023-44487), pings,
// settings and empty frames each make work, and none of them is bounded by windows.
import { FRAME_CONTINUATION, FRAME_DATA, FRAME_HEADERS, FRAME_WINDOW_UPDATE } from '../../http/frames.ts';
import { IDLE_FRAMES_MAX, IDLE_FRAMES_PER_SECOND } from './bounds.ts';

export class FrameBudget {
  #left = IDLE_FRAMES_MAX;
  #sinceMs = 0;

  /** @returns false: it is used up. */
  take(type: number, length: number, nowMs: number): boolean {
    if (type === FRAME_HEADERS || type === FRAME_WINDOW_UPDATE || (length > 0 && (type === FRAME_DATA || type === FRAME_CONTINUATION))) return true;
    if (this.#sinceMs === 0) this.#sinceMs = nowMs;
    this.#left = Math.min(IDLE_FRAMES_MAX, this.#left + ((nowMs - this.#sinceMs) / 1000) * IDLE_FRAMES_PER_SECOND) - 1;
    this.#sinceMs = nowMs;
    return this.#left >= 0;
  }
}
