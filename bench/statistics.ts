/** A series is summed up by its median; the spread is kept beside it, because a median alone hides a noisy machine. */

export interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

export function summarize(values: readonly number[]): Summary {
  if (values.length === 0) throw new Error('a summary of nothing');
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  const median = sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  return { median, min: sorted[0]!, max: sorted.at(-1)! };
}

/** Three significant digits, without an exponent: 7.12, 12.4, 331. */
export function figure(value: number): string {
  if (value >= 100) return value.toFixed(0);
  return value >= 10 ? value.toFixed(1) : value.toFixed(2);
}

/** `8.12 (7.90–8.41)` */
export function withSpread(summary: Summary): string {
  return `${figure(summary.median)} (${figure(summary.min)}–${figure(summary.max)})`;
}
