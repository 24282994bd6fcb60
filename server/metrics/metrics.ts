// Metrics of a server: gathered when somebody asks, as text for Prometheus or as plain values.
import { contentTypes, exposition, metricsFormat, type MetricsFormat } from './exposition.ts';
import type { Gathered } from './gathering.ts';
import { distributionOf, quantileOf } from './histogram.ts';
import { Host } from './host.ts';
import type { Hot } from './hottest.ts';
import type { HistogramRow, Labels, Moment, Sample } from './row.ts';
import { rows } from './table.ts';

export interface MetricsText {
  readonly contentType: string;
  readonly text: string;
}

/** What a histogram comes to; quantiles in seconds, off by a sixteenth at most. Null: nothing was measured. */
export interface Quantiles {
  readonly labels: Labels;
  readonly count: number;
  readonly sumS: number;
  readonly p50S: number | null;
  readonly p90S: number | null;
  readonly p99S: number | null;
  /** By bound of the histogram: how many were not longer. */
  readonly upTo: readonly number[];
}

/** All metrics as plain values, by the names of docs/METRICS.md. Counters are since the start: rates are the reader's work. */
export interface MetricsSnapshot {
  /** Milliseconds since 1970. */
  readonly atMs: number;
  readonly values: Readonly<Record<string, readonly Sample[]>>;
  readonly histograms: Readonly<Record<string, readonly Quantiles[]>>;
  /** Of each histogram, in seconds, ascending. */
  readonly boundsS: Readonly<Record<string, readonly number[]>>;
  /** Open connections of clients by worker, as it last told; null: it is being replaced. */
  readonly connections: readonly (number | null)[];
  /** What is asked for most, estimated from a sample since somebody looks. */
  readonly hottest: readonly Hot[];
}

export class Metrics {
  readonly #gather: () => Promise<Gathered>;
  readonly #host: Host;

  /** @param listening hosts, numeric, on which the server listens now. */
  constructor(gather: () => Promise<Gathered>, listening: () => readonly string[]) {
    this.#gather = gather;
    this.#host = new Host(listening);
  }

  async metricsText(format: MetricsFormat = 'prometheus'): Promise<string> {
    return exposition(await this.#moment(), format);
  }

  /** In the format that suits whoever asks. @param accept the value of its field Accept. */
  async text(accept: string | undefined): Promise<MetricsText> {
    const format = metricsFormat(accept);
    return { contentType: contentTypes[format], text: await this.metricsText(format) };
  }

  async snapshot(): Promise<MetricsSnapshot> {
    const moment = await this.#moment();
    const values: Record<string, readonly Sample[]> = {};
    const histograms: Record<string, readonly Quantiles[]> = {};
    const boundsS: Record<string, readonly number[]> = {};
    for (const row of rows) {
      if (row.type === 'histogram') {
        histograms[row.name] = quantiles(row, moment);
        boundsS[row.name] = row.buckets.bounds.map((micros) => micros / 1e6);
      } else {
        values[row.name] = row.samples(moment);
      }
    }
    const { connections, hottest } = moment;
    return { atMs: Date.now(), values, histograms, boundsS, connections, hottest };
  }

  async #moment(): Promise<Moment> {
    const [gathered, host] = await Promise.all([this.#gather(), this.#host.facts()]);
    return { ...gathered, host };
  }
}

function quantiles({ buckets, samples }: HistogramRow, moment: Moment): Quantiles[] {
  return samples(moment).map(({ labels, words }) => {
    const { count, sumS, upTo } = distributionOf(buckets, words);
    const at = (share: number): number | null => quantileOf(buckets, words, share);
    return { labels, count, sumS, p50S: at(0.5), p90S: at(0.9), p99S: at(0.99), upTo };
  });
}
