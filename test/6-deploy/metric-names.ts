// Which metrics there are (docs/METRICS.md), and which an expression names.
import { textOf } from './places.ts';

/** Of a histogram there are three series. */
const PARTS = ['_bucket', '_sum', '_count'];
/** Prometheus's own. */
const OWN = new Set(['up']);

function documented(): Map<string, string> {
  const rows = [...textOf('docs/METRICS.md').matchAll(/^\| `((?:pagecast|process)_\w+)` \| (\w+) \|/gm)];
  return new Map(rows.map(([, name, type]) => [name!, type!]));
}

const known = documented();
export const metricsKnown = known.size;

/** Metrics of an expression. */
export function namedBy(expression: string): string[] {
  return [...expression.matchAll(/(?<![\w"])(?:pagecast|process)_\w+|(?<![\w"])up(?=\{)/g)].map(([name]) => name);
}

/** What is wrong with a name; undefined: it is a series that there is. */
export function nameFault(name: string): string | undefined {
  if (OWN.has(name) || (known.has(name) && known.get(name) !== 'histogram')) return undefined;
  const part = PARTS.find((suffix) => name.endsWith(suffix));
  if (part !== undefined && known.get(name.slice(0, -part.length)) === 'histogram') return undefined;
  return `${name} is no series of docs/METRICS.md`;
}
