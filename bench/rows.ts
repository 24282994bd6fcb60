/** The rows of the full table: what is compared with what, and the bar. A row is data; table.ts measures, this file judges. */
import type { LoadName } from './fixtures.ts';
import { isVoid, type Outcome } from './rounds.ts';
import { withSpread, type Summary } from './statistics.ts';

/** pagecast-default-cc: with the congestion control that nginx gets from the system. */
export type ContenderName = 'pagecast' | 'pagecast-default-cc' | 'nginx' | 'floor';
export type CellName = `${ContenderName} ${LoadName}`;

export interface RatioRow {
  readonly kind: 'ratio';
  readonly name: string;
  readonly title: string;
  /** Rows of one group alternate with each other, so that their cells are comparable. */
  readonly group: string;
  readonly subject: CellName;
  readonly reference: CellName;
  /** Median CPU of the subject over that of the reference, at most. */
  readonly bar: number;
  /** Measured and printed beside it, never judged. */
  readonly beside: readonly CellName[];
}

/** Pagecast alone, against a number. */
export interface AbsoluteRow {
  readonly kind: 'absolute';
  readonly name: 'idle-rss' | 'idle-10k' | 'start';
  readonly title: string;
  readonly unit: 'MB' | 's';
  readonly bar: number;
}

export type Row = RatioRow | AbsoluteRow;

function againstNginx(name: LoadName, title: string, group: string, bar: number, beside: readonly CellName[] = []): RatioRow {
  return { kind: 'ratio', name, title, group, subject: `pagecast ${name}`, reference: `nginx ${name}`, bar, beside };
}

function againstOwnSmall(name: '304' | '404', title: string): RatioRow {
  const [subject, reference] = [`pagecast ${name}`, 'pagecast 1k'] as const;
  return { kind: 'ratio', name, title, group: 'small', subject, reference, bar: 1, beside: [`nginx ${name}`] };
}

export const ROWS: readonly Row[] = [
  againstNginx('1k', '1 KiB', 'small', 0.75),
  {
    kind: 'ratio',
    name: 'floor',
    title: '1 KiB against the C floor',
    group: 'small',
    subject: 'pagecast 1k',
    reference: 'floor 1k',
    bar: 1.3,
    beside: [],
  },
  againstOwnSmall('304', '304 against its own 1 KiB 200'),
  againstOwnSmall('404', 'repeated 404 against its own 1 KiB 200'),
  againstNginx('heads', '1 KiB, 700-byte browser heads, 200 files in turn', 'heads', 0.9),
  againstNginx('16k', '16 KiB', '16k', 0.85, ['pagecast-default-cc 16k']),
  againstNginx('100k', '100 KiB', '100k', 0.8, ['pagecast-default-cc 100k']),
  againstNginx('1m', '1 MiB', '1m', 0.6, ['pagecast-default-cc 1m']),
  { kind: 'absolute', name: 'idle-rss', title: 'RSS of an idle one-worker server', unit: 'MB', bar: 110 },
  { kind: 'absolute', name: 'idle-10k', title: 'RSS added by 10,000 idle keep-alive connections', unit: 'MB', bar: 40 },
  { kind: 'absolute', name: 'start', title: 'start to first answer, 100,000 files in the tree', unit: 's', bar: 0.5 },
];

export type Verdict = 'met' | 'missed' | 'void';

export interface Judged {
  readonly row: Row;
  readonly verdict: Verdict;
  /** What was measured, e.g. `pagecast 8.1 µs (7.9–8.4)`; for a void row what could be. */
  readonly figures: readonly string[];
  /** `0.65 ≤ 0.75`, or why it is void. */
  readonly comparison: string;
}

/** Two decimals, or as many as it takes to differ from the bar that was missed: never `0.75 > 0.75`. */
function decimals(value: number, bar: number): string {
  const short = value.toFixed(2);
  return value > bar && Number(short) <= bar ? value.toPrecision(6) : short;
}

function compare(row: Row, value: number, unit: string): Pick<Judged, 'verdict' | 'comparison'> {
  const met = value <= row.bar;
  const comparison = `${decimals(value, row.bar)}${unit} ${met ? '≤' : '>'} ${row.bar.toFixed(row.bar < 10 ? 2 : 0)}${unit}`;
  return { verdict: met ? 'met' : 'missed', comparison };
}

function contenderOf(name: CellName): ContenderName {
  return name.slice(0, name.indexOf(' ')) as ContenderName;
}

function loadOf(name: CellName): LoadName {
  return name.slice(name.indexOf(' ') + 1) as LoadName;
}

export function judgeRatio(row: RatioRow, outcomes: ReadonlyMap<string, Outcome>): Judged {
  const shown = [...new Set([row.subject, row.reference, ...row.beside])];
  const oneLoad = new Set(shown.map(loadOf)).size === 1;
  const figures: string[] = [];
  const reasons: string[] = [];
  for (const name of shown) {
    const outcome = outcomes.get(name) ?? { reason: 'not measured' };
    if (!isVoid(outcome)) figures.push(`${oneLoad ? contenderOf(name) : name} ${withSpread(outcome.microsecondsPerRequest)} µs`);
    else if (!row.beside.includes(name)) reasons.push(`${name}: ${outcome.reason}`);
  }
  const subject = outcomes.get(row.subject);
  const reference = outcomes.get(row.reference);
  if (subject === undefined || reference === undefined || isVoid(subject) || isVoid(reference)) {
    return { row, verdict: 'void', figures, comparison: reasons.join('; ') };
  }
  const ratio = subject.microsecondsPerRequest.median / reference.microsecondsPerRequest.median;
  return { row, figures, ...compare(row, ratio, '') };
}

export function judgeAbsolute(row: AbsoluteRow, outcome: Summary | { readonly reason: string }): Judged {
  if ('reason' in outcome) return { row, verdict: 'void', figures: [], comparison: outcome.reason };
  return { row, figures: [`pagecast ${withSpread(outcome)} ${row.unit}`], ...compare(row, outcome.median, ` ${row.unit}`) };
}

export function printed({ row, figures, comparison, verdict }: Judged): string {
  return [row.title, ...figures, `${comparison} ${verdict}`].join('   ');
}

/** `11 rows judged: 9 met, 2 missed; 0 void` */
export function tally(judged: readonly Judged[]): { readonly text: string; readonly passed: boolean } {
  const count = (verdict: Verdict): number => judged.filter((row) => row.verdict === verdict).length;
  const [met, missed, voids] = [count('met'), count('missed'), count('void')];
  return {
    text: `${met + missed} rows judged: ${met} met, ${missed} missed; ${voids} void`,
    // A missed bar is a result. A void row, or none at all, is a bench that did not do its work.
    passed: met + missed > 0 && voids === 0,
  };
}

