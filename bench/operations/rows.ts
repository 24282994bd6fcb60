/** The rows of the operations section: what is measured, and the bar. The files beside this one measure, this one judges. */
import type { CacheJudged } from '../cache-rows.ts';
import { isVoid, type Outcome } from '../rounds.ts';
import { withSpread, type Summary } from '../statistics.ts';

/** What `--rows` selects. */
export type OperationsPart = 'workers' | 'watched' | 'reload' | 'upgrade' | 'cluster';
export const OPERATIONS_PARTS: readonly OperationsPart[] = ['workers', 'watched', 'reload', 'upgrade', 'cluster'];

export type CostLoadName = '1k' | '100k';
/** one: one worker, nobody watches. two: two of them on the same core. watched: one, and an access log, scrapes and the page for operators. */
export type CostName = 'one' | 'two' | 'watched';
export type CostCellName = `${CostName} ${CostLoadName}`;

/** Against one worker that nobody watches. */
export interface CostRow {
  readonly part: 'workers' | 'watched';
  readonly title: string;
  readonly subject: CostName;
  readonly load: CostLoadName;
  /** Median CPU of the subject over that of the reference, at most. */
  readonly bar: number;
}

export const REFERENCE: CostName = 'one';

export const COST_ROWS: readonly CostRow[] = [
  { part: 'workers', title: 'two workers on one core against one, 1 KiB', subject: 'two', load: '1k', bar: 1.05 },
  { part: 'workers', title: 'two workers on one core against one, 100 KiB', subject: 'two', load: '100k', bar: 1.05 },
  { part: 'watched', title: 'logged, scraped and looked at against not, 1 KiB', subject: 'watched', load: '1k', bar: 1.15 },
  { part: 'watched', title: 'logged, scraped and looked at against not, 100 KiB', subject: 'watched', load: '100k', bar: 1.15 },
];

/** Pagecast alone; the bar is for the worst of all. */
export interface OperationRow {
  readonly title: string;
  readonly unit: 'ms' | 's' | 'requests';
  readonly bar: number | null;
}

export const RELOAD_ROWS = {
  api: { title: 'reload over the control plane, 10,000 connections open', unit: 'ms', bar: 200 },
  signal: { title: 'reload by SIGHUP, 10,000 connections open', unit: 'ms', bar: 200 },
  failed: { title: 'failed requests in 100 reloads under load', unit: 'requests', bar: 0 },
  slowest: { title: 'slowest answer meanwhile', unit: 'ms', bar: null },
} as const satisfies Record<string, OperationRow>;

export const UPGRADE_ROWS = {
  failed: { title: 'failed requests in 20 upgrades under load', unit: 'requests', bar: 0 },
  took: { title: 'until another process serves, under load', unit: 's', bar: null },
  slowest: { title: 'slowest answer meanwhile', unit: 'ms', bar: null },
} as const satisfies Record<string, OperationRow>;

export const CLUSTER_ROWS = {
  purge: { title: 'a purge on one of three machines, until it is true on all', unit: 'ms', bar: 1000 },
  healed: { title: 'purges on both sides of a partition, from its healing until they are true on all', unit: 'ms', bar: 1000 },
} as const satisfies Record<string, OperationRow>;

export type OperationJudged = CacheJudged;

function judgedAgainst(title: string, figures: readonly string[], value: string, bar: string, isMet: boolean): OperationJudged {
  return { title, figures, comparison: `${value} ${isMet ? '≤' : '>'} ${bar}`, verdict: isMet ? 'met' : 'missed' };
}

export function judgeCost({ title, subject, load, bar }: CostRow, outcomes: ReadonlyMap<string, Outcome>): OperationJudged {
  const figures: string[] = [];
  const reasons: string[] = [];
  const medians: number[] = [];
  for (const name of [subject, REFERENCE]) {
    const outcome = outcomes.get(`${name} ${load}`) ?? { reason: 'not measured' };
    if (isVoid(outcome)) {
      reasons.push(`${name}: ${outcome.reason}`);
      continue;
    }
    figures.push(`${name} ${withSpread(outcome.microsecondsPerRequest)} µs`);
    medians.push(outcome.microsecondsPerRequest.median);
  }
  const [measured, reference] = medians;
  if (measured === undefined || reference === undefined) return { title, figures, comparison: reasons.join('; '), verdict: 'void' };
  // As many digits as tell a bar from what is just above it.
  return judgedAgainst(title, figures, (measured / reference).toFixed(3), bar.toFixed(2), measured / reference <= bar);
}

/** @param beside what is told with the figures. */
export function judgeOperation({ title, unit, bar }: OperationRow, outcome: Summary | { readonly reason: string }, beside: readonly string[] = []): OperationJudged {
  if ('reason' in outcome) return { title, figures: [], comparison: outcome.reason, verdict: 'void' };
  const digits = unit === 's' ? 2 : unit === 'ms' ? 1 : 0;
  const figures = [unit === 'requests' ? outcome.max.toFixed(0) : `${withSpread(outcome)} ${unit}`, ...beside];
  const value = `${outcome.max.toFixed(digits)} ${unit}`;
  if (bar === null) return { title, figures, comparison: value, verdict: 'measured' };
  return judgedAgainst(title, figures, value, `${bar} ${unit}`, outcome.max <= bar);
}
