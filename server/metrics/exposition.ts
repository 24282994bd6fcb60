// The text that Prometheus reads, by prom-client: a registry of what was gathered for this one answer.
import type { Metric } from 'prom-client';
import { preferredType } from '../../http/accept.ts';
import { distributionOf } from './histogram.ts';
import type { HistogramRow, Labels, Moment, Row } from './row.ts';
import { rows } from './table.ts';

export type MetricsFormat = 'prometheus' | 'openmetrics';

export const contentTypes = {
  prometheus: 'text/plain; version=0.0.4; charset=utf-8',
  openmetrics: 'application/openmetrics-text; version=1.0.0; charset=utf-8',
} as const satisfies Record<MetricsFormat, string>;

/** As Prometheus asks for them: a range with parameters is one for a type that has them all. */
const OPENMETRICS = ['1.0.0; escaping=allow-utf-8', '1.0.0', '0.0.1'].map((version) => `application/openmetrics-text; version=${version}; charset=utf-8`);

/** OpenMetrics only for who prefers it. @param accept the field's value. */
export function metricsFormat(accept: string | undefined): MetricsFormat {
  const preferred = preferredType(accept, [contentTypes.prometheus, ...OPENMETRICS]);
  return preferred !== undefined && OPENMETRICS.includes(preferred) ? 'openmetrics' : 'prometheus';
}

interface Value {
  readonly metricName?: string;
  readonly labels: Labels;
  readonly value: number;
}

/** What a registry needs of a metric; it takes `_total` off the name, where the format wants that. */
class Collected {
  name: string;
  readonly help: string;
  readonly type: Row['type'];
  readonly #values: readonly Value[];

  constructor({ name, help, type }: Row, values: readonly Value[]) {
    this.name = name;
    this.help = help;
    this.type = type;
    this.#values = values;
  }

  get(): Promise<Pick<Row, 'name' | 'help' | 'type'> & { readonly values: readonly Value[] }> {
    return Promise.resolve({ name: this.name, help: this.help, type: this.type, values: this.#values });
  }
}

/** Metrics without a sample are left out. */
export async function exposition(moment: Moment, format: MetricsFormat): Promise<string> {
  const { default: prometheus } = await import('prom-client');
  const registry = new prometheus.Registry();
  registry.setContentType(contentTypes[format] as typeof contentTypes.prometheus);
  for (const row of rows) {
    const values: readonly Value[] = row.type === 'histogram' ? histogramValues(row, moment) : row.samples(moment);
    if (values.length > 0) registry.registerMetric(new Collected(row, values) as unknown as Metric);
  }
  return registry.metrics();
}

function histogramValues({ name, buckets, samples }: HistogramRow, moment: Moment): Value[] {
  return samples(moment).flatMap(({ labels, words }) => {
    const { count, sumS, upTo } = distributionOf(buckets, words);
    return [
      ...upTo.map((value, index) => ({ metricName: `${name}_bucket`, labels: { ...labels, le: bound(buckets.bounds[index]! / 1e6) }, value })),
      { metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: count },
      { metricName: `${name}_sum`, labels, value: sumS },
      { metricName: `${name}_count`, labels, value: count },
    ];
  });
}

/** As OpenMetrics wants it: a number with a point. */
function bound(seconds: number): string {
  return Number.isInteger(seconds) ? `${seconds}.0` : String(seconds);
}
