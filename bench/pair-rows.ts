/** Rows that compare two servers under one load, and their bars: what the tables of TLS and of doors are made of. */
import { isVoid, type Outcome } from './rounds.ts';
import type { Verdict } from './rows.ts';
import { withSpread } from './statistics.ts';

/** most: CPU of the subject over that of the reference. least: requests of the subject for a second of CPU over those of the reference. Of medians. */
export type Bar = { readonly most: number } | { readonly least: number };

export interface PairRow {
  /** What `--rows` selects. Rows of one name share their cells. */
  readonly name: string;
  readonly title: string;
  readonly subject: string;
  readonly reference: string;
  /** Null: measured, not judged. */
  readonly bar: Bar | null;
}

/** Why there is no figure, where that is no fault. */
export interface Skipped {
  readonly reason: string;
  readonly skipped: true;
}

export type PairOutcome = Outcome | Skipped;

export interface PairJudged {
  readonly title: string;
  readonly figures: readonly string[];
  /** `0.95 ≤ 1.00`, `2.10 ≥ 1.50`, the ratio where there is no bar, or why there is none. */
  readonly comparison: string;
  /** measured: there is no bar. */
  readonly verdict: Verdict | 'measured' | 'skipped';
}

export function cellName(contender: string, name: string): string {
  return `${contender} ${name}`;
}

/** Two decimals, or as many as it takes to differ from a bar that was missed. */
function shown(value: number, bar: number): string {
  return value !== bar && value.toFixed(2) === bar.toFixed(2) ? value.toPrecision(6) : value.toFixed(2);
}

/** `ratio`: CPU of the subject over that of the reference. */
function compare(ratio: number, bar: Bar | null): Pick<PairJudged, 'comparison' | 'verdict'> {
  if (bar === null) return { comparison: ratio.toFixed(2), verdict: 'measured' };
  const [value, limit] = 'most' in bar ? [ratio, bar.most] : [1 / ratio, bar.least];
  const met = 'most' in bar ? value <= limit : value >= limit;
  const sign = 'most' in bar ? (met ? '≤' : '>') : met ? '≥' : '<';
  return { comparison: `${met ? value.toFixed(2) : shown(value, limit)} ${sign} ${limit.toFixed(2)}`, verdict: met ? 'met' : 'missed' };
}

/** `outcomes`: by the name of their cells. */
export function judgePair({ name, title, subject, reference, bar }: PairRow, outcomes: ReadonlyMap<string, PairOutcome>): PairJudged {
  const figures: string[] = [];
  const medians: number[] = [];
  const lacks: { readonly reason: string; readonly skipped: boolean }[] = [];
  for (const contender of [subject, reference]) {
    const outcome = outcomes.get(cellName(contender, name)) ?? { reason: 'not measured' };
    if (isVoid(outcome)) {
      lacks.push({ reason: `${contender}: ${outcome.reason}`, skipped: 'skipped' in outcome });
      continue;
    }
    figures.push(`${contender} ${withSpread(outcome.microsecondsPerRequest)} µs`);
    medians.push(outcome.microsecondsPerRequest.median);
  }
  const [own, other] = medians;
  if (lacks.length === 0 && own !== undefined && other !== undefined) return { title, figures, ...compare(own / other, bar) };
  const verdict = lacks.every(({ skipped }) => skipped) ? 'skipped' : 'void';
  return { title, figures, comparison: lacks.map(({ reason }) => reason).join('; '), verdict };
}

export function printedPair({ title, figures, comparison, verdict }: PairJudged): string {
  return [title, ...figures, `${comparison} ${verdict}`].join('   ');
}

/** `6 rows judged: 5 met, 1 missed; 2 without a bar; 4 skipped; 0 void` */
export function tallyPairs(judged: readonly PairJudged[]): { readonly text: string; readonly passed: boolean } {
  const count = (verdict: PairJudged['verdict']): number => judged.filter((row) => row.verdict === verdict).length;
  const [met, missed, measured, skipped, voids] = [count('met'), count('missed'), count('measured'), count('skipped'), count('void')];
  return {
    text: `${met + missed} rows judged: ${met} met, ${missed} missed; ${measured} without a bar; ${skipped} skipped; ${voids} void`,
    // A missed bar is a result. A void row, or none at all, is a bench that did not do its work.
    passed: met + missed + measured > 0 && voids === 0,
  };
}
