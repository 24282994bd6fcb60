// All metrics, in the order in which they are shown.
import type { Row } from './row.ts';
import { cacheResults } from './cache-results.ts';
import { cacheRows } from './rows-cache.ts';
import { fileRows } from './rows-files.ts';
import { httpRows } from './rows-http.ts';
import { processRows } from './rows-process.ts';

const parts: readonly (readonly [title: string, rows: readonly Row[]])[] = [
  ['Answers and connections', httpRows],
  ['Files', fileRows],
  ['The store and its origins', cacheRows],
  ['Process and host', processRows],
];

export const rows: readonly Row[] = parts.flatMap(([, those]) => those);

/** The tables of docs/METRICS.md. */
export function metricsTables(): string {
  const results = cacheResults.map(({ name, meaning }) => `| \`${name}\` | ${meaning} |`);
  return [
    '## The label `cache`', '', '| | |', '|---|---|', ...results,
    ...parts.flatMap(([title, those]) => ['', `## ${title}`, '', '| metric | type | labels | meaning |', '|---|---|---|---|', ...those.map(line)]),
  ].join('\n');
}

function line({ name, type, labels, help }: Row): string {
  const labelled = Object.entries(labels).map(([label, values]) => `\`${label}\`: ${values}`).join('; ');
  return `| \`${name}\` | ${type} | ${labelled} | ${help} |`;
}
