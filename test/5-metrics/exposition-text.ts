// A strict reader of what Prometheus scrapes: the text format 0.0.4, or OpenMetrics 1.0. It throws where a line is not what the format
// says, a sample stands outside its family, or a series is there twice.

export interface Family {
  readonly name: string;
  readonly type: string;
  readonly help: string;
  /** By labels, as they are written, sorted; '' where there are none. Of histograms `_bucket{...}`, `_sum`, `_count`. */
  readonly samples: Map<string, number>;
}

export type Families = ReadonlyMap<string, Family>;

const NAME = '[a-zA-Z_:][a-zA-Z0-9_:]*';
const SAMPLE = new RegExp(`^(${NAME})(?:\\{(.*)\\})? (\\+Inf|-?[0-9]+(?:\\.[0-9]+)?(?:e[+-]?[0-9]+)?)$`);
const LABEL = /([a-zA-Z_][a-zA-Z0-9_]*)="((?:[^"\\\n]|\\["\\n])*)"(,|$)/y;

export function readExposition(text: string, format: 'prometheus' | 'openmetrics' = 'prometheus'): Families {
  if (!text.endsWith(format === 'openmetrics' ? '\n# EOF\n' : '\n')) throw new Error(`it ends with ${JSON.stringify(text.slice(-20))}`);
  const lines = text.split('\n').slice(0, format === 'openmetrics' ? -2 : -1);
  const families = new Map<string, Family>();
  let help: readonly [name: string, text: string] | undefined;
  let family: Family | undefined;
  for (const line of lines) {
    if (line === '' && format === 'prometheus') continue;
    const [, comment, name, rest] = /^# (HELP|TYPE) (\S+) (.+)$/.exec(line) ?? [];
    if (comment === 'HELP') {
      if (/["\\]/.test(rest!)) throw new Error(`to be escaped: ${line}`);
      help = [name!, rest!];
    } else if (comment === 'TYPE') {
      if (help?.[0] !== name || families.has(name!)) throw new Error(`no HELP before it, or its second TYPE: ${line}`);
      if (!/^(?:counter|gauge|histogram)$/.test(rest!)) throw new Error(`no type: ${line}`);
      families.set(name!, (family = { name: name!, type: rest!, help: help![1], samples: new Map() }));
    } else {
      addSample(family, line, format);
    }
  }
  for (const one of families.values()) check(one);
  return families;
}

function addSample(family: Family | undefined, line: string, format: 'prometheus' | 'openmetrics'): void {
  const [, name, labels = '', value] = SAMPLE.exec(line) ?? [];
  if (name === undefined || family === undefined) throw new Error(`no sample: ${line}`);
  const suffix = name.startsWith(family.name) ? name.slice(family.name.length) : undefined;
  const isOurs = family.type === 'histogram' ? /^_(?:bucket|sum|count)$/.test(suffix ?? '') : suffix === (format === 'openmetrics' && family.type === 'counter' ? '_total' : '');
  if (!isOurs) throw new Error(`a sample of another family than ${family.name}: ${line}`);
  const key = `${family.type === 'histogram' ? suffix! : ''}${sorted(labels, line)}`;
  if (family.samples.has(key)) throw new Error(`there twice: ${line}`);
  family.samples.set(key, value === '+Inf' ? Infinity : Number(value));
}

function sorted(labels: string, line: string): string {
  const pairs: string[] = [];
  LABEL.lastIndex = 0;
  while (LABEL.lastIndex < labels.length) {
    const [, name, value] = LABEL.exec(labels) ?? [];
    if (name === undefined) throw new Error(`malformed labels: ${line}`);
    pairs.push(`${name}="${value!}"`);
  }
  return pairs.length === 0 ? '' : `{${pairs.sort().join(',')}}`;
}

/** Names as they should be; counters that are no negative numbers; buckets that only grow, up to their count. */
function check({ name, type, samples }: Family): void {
  if (samples.size === 0) throw new Error(`${name} has no sample`);
  if (!/^(?:pagecast|process)_[a-z][a-z_]*$/.test(name)) throw new Error(`not a name of ours: ${name}`);
  if (type !== 'gauge' && [...samples.values()].some((value) => !(value >= 0))) throw new Error(`${name} is below 0`);
  if (type !== 'histogram') return;
  const groups = new Map<string, [bound: number, count: number][]>();
  for (const [key, value] of samples) {
    const bound = /(?:,|\{)le="([^"]+)"/.exec(key)?.[1];
    if (!key.startsWith('_bucket')) continue;
    const group = key.replace(/,?le="[^"]+"/, '').replace('{}', '').replace('_bucket', '_count').replace('{,', '{');
    groups.set(group, [...(groups.get(group) ?? []), [bound === '+Inf' ? Infinity : Number(bound), value]]);
  }
  for (const [group, buckets] of groups) {
    if (buckets.some(([bound, count], index) => index > 0 && (bound <= buckets[index - 1]![0] || count < buckets[index - 1]![1]))) throw new Error(`${name}${group}: buckets out of order`);
    if (buckets.at(-1)![0] !== Infinity || buckets.at(-1)![1] !== samples.get(group)) throw new Error(`${name}${group}: +Inf is not the count`);
  }
}

/** Of one series; 0 where it is not there. */
export function valueIn(families: Families, name: string, labels = ''): number {
  return families.get(name)?.samples.get(labels) ?? 0;
}

/** `name{labels}` of all series. */
export function seriesOf(families: Families): Set<string> {
  return new Set([...families.values()].flatMap(({ name, samples }) => [...samples.keys()].map((key) => name + key)));
}
