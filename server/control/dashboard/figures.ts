// What two snapshots come to: rates and recent quantiles. Shown by the page in a browser and by `pagecast top` alike, so it imports
// nothing that only one of them has.
import type { MetricsSnapshot, Quantiles } from '../../metrics/metrics.ts';

export type Numbers = Readonly<Record<string, number>>;

export interface Latency {
  readonly p50S: number;
  readonly p90S: number;
  readonly p99S: number;
}

/** What happened between two snapshots, by second, and what there was at the second one. */
export interface Figures {
  /** Milliseconds since 1970, of the second one. */
  readonly atMs: number;
  readonly answersPerS: number;
  /** Answers a second by the label `cache` of pagecast_answers_total. */
  readonly byCache: Numbers;
  /** Answers a second by the first digit of their status: `2xx` and so on, or `other`. */
  readonly byStatus: Numbers;
  /** Of answers that a cache was asked for, those from what is stored; null: there were none. */
  readonly hitRatio: number | null;
  readonly sentPerS: number;
  /** Bytes a second by the label `how` of pagecast_sent_bytes_total. */
  readonly sentHow: Numbers;
  /** Of what sendfile sent or was copied, bytes a second by what kept them of one version: `private`, `leased`, `checked`. */
  readonly sentProtected: Numbers;
  /** Null: there were no answers. */
  readonly latency: Latency | null;
  /** The 99th percentile of lag by thread; none where its timers did not run. */
  readonly lagP99S: Numbers;
  readonly connections: number;
}

/** Further apart, they tell of no moment. */
const APART_MAX_MS = 5000;
const FROM_STORE = ['hit', 'stale', 'collapsed'];

/** The sum of all samples of a metric, or of those with this value of a label. */
export function valueOf({ values }: MetricsSnapshot, name: string, label?: string, value?: string): number {
  const samples = values[name] ?? [];
  return samples.reduce((sum, sample) => (label === undefined || sample.labels[label] === value ? sum + sample.value : sum), 0);
}

/** Whether there is such a metric: it is left out where nothing is there that could count. */
export function has({ values }: MetricsSnapshot, name: string): boolean {
  return (values[name]?.length ?? 0) > 0;
}

/** Sums by what a label says. */
export function sumsBy({ values }: MetricsSnapshot, name: string, label: string, group: (value: string) => string = (value) => value): Numbers {
  const sums: Record<string, number> = {};
  for (const { labels, value } of values[name] ?? []) {
    const key = group(labels[label] ?? '');
    sums[key] = (sums[key] ?? 0) + value;
  }
  return sums;
}

/** Undefined: they are of two processes, or too far apart. */
export function figuresOf(before: MetricsSnapshot, now: MetricsSnapshot): Figures | undefined {
  const apartMs = now.atMs - before.atMs;
  const started = 'process_start_time_seconds';
  if (apartMs <= 0 || apartMs > APART_MAX_MS || valueOf(before, started) !== valueOf(now, started)) return undefined;
  const rates = (name: string, label: string, group?: (value: string) => string): Numbers => {
    const then = sumsBy(before, name, label, group);
    return Object.fromEntries(Object.entries(sumsBy(now, name, label, group)).map(([key, sum]) => [key, Math.max(0, sum - (then[key] ?? 0)) / (apartMs / 1000)]));
  };
  const byCache = rates('pagecast_answers_total', 'cache');
  const sentHow = rates('pagecast_sent_bytes_total', 'how');
  const { private: sealed = 0, leased = 0 } = rates('pagecast_sent_protected_bytes_total', 'how');
  return {
    atMs: now.atMs,
    answersPerS: total(byCache),
    byCache,
    byStatus: rates('pagecast_answers_total', 'status', (status) => (/^\d/.test(status) ? `${status[0]!}xx` : 'other')),
    hitRatio: hitRatioOf(byCache),
    sentPerS: total(sentHow),
    sentHow,
    sentProtected: { private: sealed, leased, checked: Math.max(0, (sentHow['sendfile'] ?? 0) + (sentHow['copied'] ?? 0) - sealed - leased) },
    latency: latencyOf(before, now),
    lagP99S: lagOf(before, now),
    connections: valueOf(now, 'pagecast_connections'),
  };
}

/** @param answers by the label `cache`: rates, or sums. */
export function hitRatioOf(answers: Numbers): number | null {
  const asked = total(answers) - (answers['none'] ?? 0);
  return asked > 0 ? FROM_STORE.reduce((sum, name) => sum + (answers[name] ?? 0), 0) / asked : null;
}

function total(numbers: Numbers): number {
  return Object.values(numbers).reduce((sum, number) => sum + number, 0);
}

function latencyOf(before: MetricsSnapshot, now: MetricsSnapshot): Latency | null {
  const name = 'pagecast_answer_duration_seconds';
  const counts = difference(added(now.histograms[name] ?? []), added(before.histograms[name] ?? []));
  const at = (share: number): number | null => quantile(now.boundsS[name] ?? [], counts, share);
  const [p50S, p90S, p99S] = [at(0.5), at(0.9), at(0.99)];
  return p50S === null || p90S === null || p99S === null ? null : { p50S, p90S, p99S };
}

function lagOf(before: MetricsSnapshot, now: MetricsSnapshot): Numbers {
  const name = 'pagecast_loop_lag_seconds';
  const ofThread = (of: MetricsSnapshot, thread: string | undefined): Cumulative => added((of.histograms[name] ?? []).filter(({ labels }) => labels['thread'] === thread));
  return Object.fromEntries((now.histograms[name] ?? []).flatMap(({ labels: { thread = '' } }) => {
    const lag = quantile(now.boundsS[name] ?? [], difference(ofThread(now, thread), ofThread(before, thread)), 0.99);
    return lag === null ? [] : [[thread, lag]];
  }));
}

interface Cumulative {
  readonly count: number;
  readonly upTo: readonly number[];
}

function added(all: readonly Quantiles[]): Cumulative {
  const upTo: number[] = [];
  for (const one of all) one.upTo.forEach((count, index) => (upTo[index] = (upTo[index] ?? 0) + count));
  return { count: all.reduce((sum, { count }) => sum + count, 0), upTo };
}

function difference(now: Cumulative, before: Cumulative): Cumulative {
  return { count: now.count - before.count, upTo: now.upTo.map((count, index) => count - (before.upTo[index] ?? 0)) };
}

/** Between two bounds as if logarithms were spread evenly; the last bound for all that is above it. */
function quantile(boundsS: readonly number[], { count, upTo }: Cumulative, share: number): number | null {
  if (count <= 0) return null;
  const rank = share * count;
  const index = upTo.findIndex((below) => below >= rank);
  if (index < 0) return boundsS.at(-1) ?? null;
  const high = boundsS[index]!;
  const low = boundsS[index - 1] ?? high / 2;
  const below = upTo[index - 1] ?? 0;
  return low * (high / low) ** ((rank - below) / (upTo[index]! - below));
}
