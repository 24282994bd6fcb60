// The text that is scraped: valid in both formats, in the one that was asked for, and as docs/METRICS.md says.
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import t from 'tap';
import { createServer } from '../../server/index.ts';
import { metricsFormat } from '../../server/metrics/exposition.ts';
import { metricsTables, rows } from '../../server/metrics/table.ts';
import { proxied, settled } from '../5-cache/through.ts';
import { converse } from '../5-cache/talking.ts';
import { readExposition, seriesOf, valueIn } from './exposition-text.ts';
import { scrape } from './scrape.ts';

const ROOT = fileURLToPath(new URL('../../../', import.meta.url));

t.test('docs/METRICS.md has the table that the code has', (t) => {
  const shown = /<!-- metrics[^\n]*-->\n([^]*?)\n<!-- \/metrics -->/.exec(readFileSync(`${ROOT}docs/METRICS.md`, 'utf8'));
  t.equal(shown?.[1], metricsTables(), 'run: node -e "import(\'./dist/server/metrics/table.js\').then((table) => console.log(table.metricsTables()))"');
  t.end();
});

t.test('rows are as their types say', (t) => {
  t.ok(rows.length > 60, `${rows.length} rows`);
  t.equal(new Set(rows.map(({ name }) => name)).size, rows.length, 'each name once');
  for (const { name, type, help } of rows) {
    t.equal(name.endsWith('_total'), type === 'counter', `${name}, a ${type}`);
    t.notMatch(name, /_(?:ms|kib|mib|minutes|bucket|sum|count)(?:_total)?$/, `${name}: its unit is a base unit`);
    t.match(help, /^[A-Z][^\n"\\|]+\.$/, `${name}: its help is a sentence on one line`);
  }
  t.end();
});

const accepts: readonly (readonly [accept: string | undefined, format: 'prometheus' | 'openmetrics'])[] = [
  [undefined, 'prometheus'], ['', 'prometheus'], ['*/*', 'prometheus'], ['text/plain', 'prometheus'], ['text/html,*/*;q=0.8', 'prometheus'], ['application/json', 'prometheus'],
  ['application/openmetrics-text', 'openmetrics'], ['application/openmetrics-text; version=1.0.0; charset=utf-8', 'openmetrics'], ['application/openmetrics-text; version=2.0.0', 'prometheus'],
  // Prometheus 2.5, 2.49 and 3.
  ['application/openmetrics-text; version=0.0.1,text/plain;version=0.0.4;q=0.5,*/*;q=0.1', 'openmetrics'],
  ['application/openmetrics-text;version=1.0.0,application/openmetrics-text;version=0.0.1;q=0.75,text/plain;version=0.0.4;q=0.5,*/*;q=0.1', 'openmetrics'],
  ['application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,text/plain;version=0.0.4;q=0.3,*/*;q=0.2', 'openmetrics'],
  ['text/plain;version=0.0.4;q=0.9,application/openmetrics-text;version=1.0.0;q=0.5', 'prometheus'], ['application/openmetrics-text;q=0, */*', 'prometheus'],
  ['application/openmetrics-text;q=frob', 'openmetrics'], [',,;;"', 'prometheus'], ['text/*;q=0.1, application/*;q=0.2', 'openmetrics'],
];

t.test('the format that is preferred', (t) => {
  for (const [accept, format] of accepts) t.equal(metricsFormat(accept), format, `Accept: ${String(accept)}`);
  t.end();
});

t.test('what is scraped of a server', async (t) => {
  const { origin, serving } = await proxied(t, { workers: 2 });
  origin.tell('/a', [{ fields: ['Cache-Control: max-age=60'], body: 'a' }]);
  for (let round = 0; round < 3; ++round) await converse(serving.place, { method: 'GET', target: '/a', lines: [] });
  await settled(serving);
  const { server } = serving;

  const plain = await server.metrics('text/plain');
  t.equal(plain.contentType, 'text/plain; version=0.0.4; charset=utf-8');
  const families = readExposition(plain.text);
  const open = await server.metrics('application/openmetrics-text');
  t.equal(open.contentType, 'application/openmetrics-text; version=1.0.0; charset=utf-8');
  const openFamilies = readExposition(open.text, 'openmetrics');

  t.strictSame([...openFamilies.keys()], [...families.keys()].map((name) => (families.get(name)!.type === 'counter' ? name.replace(/_total$/, '') : name)), 'the same families in both');
  t.strictSame([...seriesOf(openFamilies)].map((name) => name.replace(/^(\w+?)(?:_total)?(?=\{|$)/, '$1')).length, seriesOf(families).size, 'and as many series');
  const known = new Map(rows.map((row) => [row.name, row]));
  for (const { name, type, help } of families.values()) t.strictSame([type, help], [known.get(name)?.type, known.get(name)?.help], `${name} is in the table`);
  const missing = [...known.keys()].filter((name) => !families.has(name));
  t.strictSame(missing.filter((name) => !/^pagecast_(?:files_|compressions_|requests_refused_|reports_|interface_|cluster_|spans_|store_disk_|cgroup_)/.test(name)), [], 'what is not there is of folders, several machines or tracing, or has not happened');
  t.ok([...families.values()].every(({ samples }) => [...samples.values()].every(Number.isFinite)), 'numbers, all of them');
});

t.test('plain values', async (t) => {
  const { origin, serving } = await proxied(t);
  origin.tell('/a', [{ fields: ['Cache-Control: max-age=60'], body: 'a' }]);
  for (let round = 0; round < 3; ++round) await converse(serving.place, { method: 'GET', target: '/a', lines: [] });
  await settled(serving);
  const families = await scrape(serving.server);
  const snapshot = await serving.server.metricsSnapshot();
  t.strictSame(JSON.parse(JSON.stringify(snapshot)), snapshot, 'nothing is lost in JSON');
  t.strictSame([...Object.keys(snapshot.values), ...Object.keys(snapshot.histograms)].sort(), rows.map(({ name }) => name).sort(), 'all rows');
  t.strictSame(snapshot.values['pagecast_store_objects'], [{ labels: {}, value: 1 }]);
  const hits = snapshot.histograms['pagecast_answer_duration_seconds']!.find(({ labels }) => labels['cache'] === 'hit')!;
  t.equal(hits.count, valueIn(families, 'pagecast_answer_duration_seconds', '_count{cache="hit"}'));
  t.ok(hits.p50S! > 0 && hits.p50S! <= hits.p90S! && hits.p90S! <= hits.p99S!, JSON.stringify(hits));
});

t.test('a server that does not listen yet', async (t) => {
  const server = createServer({ root: t.testdir({}) });
  const families = await scrape(server);
  t.equal(valueIn(families, 'pagecast_workers'), 0);
  t.ok(families.has('pagecast_build_info'));
  await server.close();
});

t.test('many at once are answered alike', async (t) => {
  const { serving } = await proxied(t);
  const all = await Promise.all(Array.from({ length: 50 }, () => serving.server.metrics()));
  for (const { text } of all) readExposition(text);
  t.equal(new Set(all.map(({ text }) => /pagecast_requests_total \d+/.exec(text)?.[0])).size, 1);
});
