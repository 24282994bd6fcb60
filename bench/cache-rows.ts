/** The rows of the cache section: what is compared with what, and the bar. cache.ts measures, this file judges. */
import { isVoid, type Outcome } from './rounds.ts';
import type { Verdict } from './rows.ts';
import { withSpread, type Summary } from './statistics.ts';

export type HitLoadName = '1k' | '100k' | '1m';
/** What `--rows` selects. */
export type CachePart = HitLoadName | 'herd' | 'purge';
export const CACHE_PARTS: readonly CachePart[] = ['1k', '100k', '1m', 'herd', 'purge'];

/** static: pagecast with the same bytes as files. proxy-default-cc: with the congestion control that the others get. */
export type CacheName = 'static' | 'proxy' | 'proxy-default-cc' | 'varnish' | 'nginx-cache';
export type CacheCellName = `${CacheName} ${HitLoadName}`;

/** A hit of pagecast --proxy against the same bytes from somebody else. */
export interface HitRow {
  readonly title: string;
  readonly load: HitLoadName;
  readonly reference: CacheName;
  /** Median CPU of the proxy over that of the reference, at most; null: measured, not judged. */
  readonly bar: number | null;
}

export const HIT_ROWS: readonly HitRow[] = [
  { title: '1 KiB hit against its own static file', load: '1k', reference: 'static', bar: 1.15 },
  { title: '1 KiB hit against varnish', load: '1k', reference: 'varnish', bar: 0.6 },
  { title: '1 KiB hit against nginx proxy_cache', load: '1k', reference: 'nginx-cache', bar: 0.75 },
  { title: '100 KiB hit against its own static file', load: '100k', reference: 'static', bar: null },
  { title: '100 KiB hit against varnish', load: '100k', reference: 'varnish', bar: null },
  { title: '100 KiB hit against nginx proxy_cache', load: '100k', reference: 'nginx-cache', bar: null },
  { title: '1 MiB hit against its own static file', load: '1m', reference: 'static', bar: null },
  { title: '1 MiB hit against varnish', load: '1m', reference: 'varnish', bar: 0.6 },
  { title: '1 MiB hit against nginx proxy_cache', load: '1m', reference: 'nginx-cache', bar: null },
];

/** Pagecast alone; the bar is for the worst round. */
export interface AloneRow {
  readonly title: string;
  readonly unit: '' | ' ms' | ' %' | ' s' | ' bytes';
  readonly bar: number | null;
}

export const HERD_ROWS = {
  requests: { title: 'herd: requests at the origin', unit: '', bar: 1 },
  firstByte: { title: "herd: last client's first body byte after the origin's", unit: ' ms', bar: 100 },
  ends: { title: "herd: last client's end after the origin's, of the origin's duration", unit: ' %', bar: 5 },
  spread: { title: "herd: last client's end after the first's", unit: ' ms', bar: null },
} as const satisfies Record<string, AloneRow>;

export const PURGE_ROWS = {
  purge: { title: 'purge of a tag with 100,000 objects', unit: ' ms', bar: 50 },
  meanwhile: { title: 'purge: slowest hit meanwhile', unit: ' ms', bar: null },
  afterwards: { title: 'purge: slowest hit in the second after it', unit: ' ms', bar: null },
  before: { title: 'purge: slowest hit in the second before it', unit: ' ms', bar: null },
} as const satisfies Record<string, AloneRow>;

/** Of a store on disk. */
export const STORE_ROWS = {
  start: { title: 'start to the first hit, while the scan runs', unit: ' s', bar: 1 },
  memory: { title: 'memory an object, once the scan is done', unit: ' bytes', bar: 500 },
  purge: { title: 'purge of a tag with 100,000 objects, among them', unit: ' ms', bar: 50 },
  meanwhile: { title: 'purge: slowest hit meanwhile', unit: ' ms', bar: null },
} as const satisfies Record<string, AloneRow>;

export interface CacheJudged {
  readonly title: string;
  readonly figures: readonly string[];
  /** `0.55 ≤ 0.60`, the ratio where there is no bar, or why it is void. */
  readonly comparison: string;
  /** measured: there is no bar. */
  readonly verdict: Verdict | 'measured';
}

/** Two decimals, or as many as it takes to differ from a bar that was missed. */
function compare(value: number, bar: number | null, unit: string): Pick<CacheJudged, 'comparison' | 'verdict'> {
  const short = value.toFixed(2);
  if (bar === null) return { comparison: `${short}${unit}`, verdict: 'measured' };
  if (value <= bar) return { comparison: `${short}${unit} ≤ ${bar.toFixed(2)}${unit}`, verdict: 'met' };
  const shown = Number(short) <= bar ? value.toPrecision(6) : short;
  return { comparison: `${shown}${unit} > ${bar.toFixed(2)}${unit}`, verdict: 'missed' };
}

export function judgeHit({ title, load, reference, bar }: HitRow, outcomes: ReadonlyMap<string, Outcome>): CacheJudged {
  const cells = (['proxy', reference] as const).map((name) => ({
    name,
    outcome: outcomes.get(`${name} ${load}`) ?? { reason: 'not measured' },
  }));
  const figures: string[] = [];
  const reasons: string[] = [];
  const medians: number[] = [];
  for (const { name, outcome } of cells) {
    if (isVoid(outcome)) {
      reasons.push(`${name}: ${outcome.reason}`);
      continue;
    }
    figures.push(`${name} ${withSpread(outcome.microsecondsPerRequest)} µs`);
    medians.push(outcome.microsecondsPerRequest.median);
  }
  const [subject, base] = medians;
  if (subject === undefined || base === undefined) return { title, figures, comparison: reasons.join('; '), verdict: 'void' };
  return { title, figures, ...compare(subject / base, bar, '') };
}

export function judgeAlone({ title, unit, bar }: AloneRow, outcome: Summary | { readonly reason: string }): CacheJudged {
  if ('reason' in outcome) return { title, figures: [], comparison: outcome.reason, verdict: 'void' };
  return { title, figures: [`proxy ${withSpread(outcome)}${unit}`], ...compare(outcome.max, bar, unit) };
}

export function printedCacheRow({ title, figures, comparison, verdict }: CacheJudged): string {
  return [title, ...figures, `${comparison} ${verdict}`].join('   ');
}

/** `6 rows judged: 5 met, 1 missed; 10 measured; 0 void` */
export function tallyCache(judged: readonly CacheJudged[]): { readonly text: string; readonly passed: boolean } {
  const count = (verdict: CacheJudged['verdict']): number => judged.filter((row) => row.verdict === verdict).length;
  const [met, missed, measured, voids] = [count('met'), count('missed'), count('measured'), count('void')];
  return {
    text: `${met + missed} rows judged: ${met} met, ${missed} missed; ${measured} without a bar; ${voids} void`,
    // A missed bar is a result. A void row, or none at all, is a bench that did not do its work.
    passed: met + missed + measured > 0 && voids === 0,
  };
}
