// One metric: its name, what it means, and where its samples come from. The rows themselves are in rows-*.ts; exposition, snapshot and
// docs/METRICS.md are made from them.
//
// Labels have values of closed lists, or of the configuration: nothing that a client sends makes a new one.
import type { Buckets } from './histogram.ts';
import type { Gathered } from './gathering.ts';
import type { HostFacts } from './host.ts';

/** All that samples are made from. */
export interface Moment extends Gathered {
  readonly host: HostFacts;
}

export type Labels = Readonly<Record<string, string>>;

export interface Sample {
  readonly labels: Labels;
  readonly value: number;
}

export interface HistogramSample {
  readonly labels: Labels;
  /** In the buckets of the row. */
  readonly words: Float64Array;
}

interface Described {
  /** Counters end in `_total`; before that comes the unit. */
  readonly name: string;
  /** What it tells, and what to do about it. Without quotation marks and backslashes, which OpenMetrics would have escaped. */
  readonly help: string;
  /** By name: its values, or what they are. */
  readonly labels: Readonly<Record<string, string>>;
}

export interface ValueRow extends Described {
  readonly type: 'counter' | 'gauge';
  readonly samples: (moment: Moment) => readonly Sample[];
}

export interface HistogramRow extends Described {
  readonly type: 'histogram';
  readonly buckets: Buckets;
  readonly samples: (moment: Moment) => readonly HistogramSample[];
}

export type Row = ValueRow | HistogramRow;

const NO_LABELS: Labels = {};

function valueOf({ counts }: Moment, source: string, scale: number): readonly number[] {
  const count = counts[source];
  return count === undefined ? [] : [count * scale];
}

/** @param source in Gathered.counts; where it is not, there is no sample. @param scale from its unit to that of the name. */
export function counter(name: string, source: string, help: string, scale = 1): ValueRow {
  return { type: 'counter', name, help, labels: {}, samples: (moment) => valueOf(moment, source, scale).map((value) => ({ labels: NO_LABELS, value })) };
}

export function gauge(name: string, source: string, help: string, scale = 1): ValueRow {
  return { ...counter(name, source, help, scale), type: 'gauge' };
}

/** A counter with one label. @param sources by its value. */
export function family(name: string, label: string, sources: Readonly<Record<string, string>>, help: string): ValueRow {
  const all = Object.entries(sources);
  return {
    type: 'counter', name, help, labels: { [label]: all.map(([value]) => `\`${value}\``).join(', ') },
    samples: (moment) => all.flatMap(([labelled, source]) => valueOf(moment, source, 1).map((value) => ({ labels: { [label]: labelled }, value }))),
  };
}

/** A counter whose label is the end of its source. Those that are 0 are left out where there are many. @param meaning of the label. */
export function openFamily(name: string, label: string, prefix: string, meaning: string, help: string): ValueRow {
  return {
    type: 'counter', name, help, labels: { [label]: meaning },
    samples: ({ counts }) => Object.entries(counts)
      .filter(([source, value]) => source.startsWith(prefix) && value > 0)
      .map(([source, value]) => ({ labels: { [label]: source.slice(prefix.length) }, value })),
  };
}
