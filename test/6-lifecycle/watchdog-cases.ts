// Histories of one worker, look by look: [milliseconds since the look before, whether it has beaten meanwhile].
export type Look = readonly [passedMs: number, hasBeaten: boolean];

export interface WatchdogCase {
  readonly what: string;
  readonly hungMs: number;
  readonly looks: readonly Look[];
  /** How often it is called hung. */
  readonly hung: number;
}

const looks = (count: number, passedMs: number, hasBeaten: boolean): Look[] => Array.from({ length: count }, () => [passedMs, hasBeaten] as const);

export const watchdogCases: readonly WatchdogCase[] = [
  { what: 'it beats', hungMs: 1000, looks: looks(100, 500, true), hung: 0 },
  { what: 'it stops', hungMs: 10_000, looks: [...looks(2, 500, true), ...looks(21, 500, false)], hung: 1 },
  { what: 'one look sooner it may have been busy for less', hungMs: 10_000, looks: [...looks(2, 500, true), ...looks(20, 500, false)], hung: 0 },
  { what: 'it is told once for each silence', hungMs: 1000, looks: [...looks(2, 500, true), ...looks(50, 500, false)], hung: 1 },
  { what: 'and again for the next one', hungMs: 1000, looks: [...looks(2, 500, true), ...looks(9, 500, false), ...looks(2, 500, true), ...looks(9, 500, false)], hung: 2 },
  { what: 'each silence is shorter than the bound', hungMs: 2000, looks: Array.from({ length: 20 }, () => [...looks(1, 500, true), ...looks(4, 500, false)]).flat(), hung: 0 },
  { what: 'it has not begun', hungMs: 1000, looks: looks(50, 500, false), hung: 0 },
  { what: 'the process was stopped for an hour', hungMs: 2000, looks: [...looks(2, 500, true), [3_600_000, false], ...looks(3, 500, true)], hung: 0 },
  { what: 'it was stopped again and again, and the worker is first to be looked at', hungMs: 2000, looks: Array.from({ length: 9 }, () => [[60_000, false], ...looks(2, 500, true)] as Look[]).flat(), hung: 0 },
  { what: 'main is held up, and the worker is hung: it is known later', hungMs: 2000, looks: [...looks(2, 500, true), ...looks(3, 5000, false)], hung: 1 },
  { what: 'main comes round far too often', hungMs: 1000, looks: [...looks(2, 500, true), ...looks(1000, 1, false)], hung: 0 },
];
