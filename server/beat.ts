// A worker's sign of life: a word of its sheet that grows each time its loop comes round. main looks at it (watchdog.ts).
import { beatsIn } from './metrics/sheet.ts';

/** A loop that comes round runs the timers that are due: it need not be said in each tick. */
export const BEAT_EVERY_MS = 500;

/** @param sheet see metrics/sheet.ts. @returns gives a sign besides. */
export function beginBeating(sheet: SharedArrayBuffer): () => void {
  const beats = beatsIn(new Float64Array(sheet));
  const beat = (): void => void (beats[0]! += 1);
  beat();
  setInterval(beat, BEAT_EVERY_MS).unref();
  return beat;
}
