// Alerts and dashboard: what promtool says of them, that each metric they name is one of ours, and that each alert fires when it should,
// and is silent when it should, and has its entry in the runbook.
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import t, { type Test } from 'tap';
import { parse } from 'yaml';
import { alertCases, type AlertCase } from './alert-cases.ts';
import { metricsKnown, namedBy, nameFault } from './metric-names.ts';
import { ROOT, run, textOf, without } from './places.ts';

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly for?: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly annotations: Readonly<Record<string, string>>;
}

interface Panel {
  readonly id: number;
  readonly type: string;
  readonly title: string;
  readonly gridPos: { readonly x: number; readonly y: number; readonly w: number; readonly h: number };
  readonly targets?: readonly { readonly refId: string; readonly expr: string }[];
}

interface Dashboard {
  readonly panels: readonly Panel[];
  readonly annotations: { readonly list: readonly { readonly expr: string }[] };
  readonly templating: { readonly list: readonly { readonly definition?: string }[] };
}

const RULES = `${ROOT}deploy/prometheus/alerts.yaml`;
const { groups } = parse(textOf('deploy/prometheus/alerts.yaml')) as { readonly groups: readonly { readonly rules: readonly Alert[] }[] };
const alerts = groups.flatMap(({ rules }) => rules);
const dashboard = JSON.parse(textOf('deploy/grafana/pagecast.json')) as Dashboard;
const shown = [...dashboard.panels.flatMap(({ targets = [] }) => targets.map(({ expr }) => expr)), ...dashboard.annotations.list.map(({ expr }) => expr)];
const promtool = without('promtool');
const EVERY = '1m';

t.test('each metric that is named is one of docs/METRICS.md', (t) => {
  t.ok(metricsKnown > 80, `${metricsKnown} are known`);
  t.ok(alerts.length > 15 && shown.length > 30, `${alerts.length} alerts and ${shown.length} expressions of the dashboard`);
  const variables = dashboard.templating.list.flatMap(({ definition }) => definition ?? []);
  const adapter = parse(textOf('deploy/prometheus/adapter.yaml')) as readonly { readonly seriesQuery: string }[];
  for (const expression of [...alerts.map(({ expr }) => expr), ...shown, ...variables, ...adapter.map(({ seriesQuery }) => seriesQuery)]) {
    t.ok(namedBy(expression).length > 0, `something is asked for: ${expression}`);
    t.same(namedBy(expression).flatMap((name) => nameFault(name) ?? []), []);
  }
  t.end();
});

t.test('each alert has a severity, a summary and an entry in the runbook', (t) => {
  const headings = new Set([...textOf('docs/OPERATIONS.md').matchAll(/^#{2,4} (.+)$/gm)].map(([, heading]) => heading!));
  for (const { alert, labels, annotations } of alerts) {
    t.match(labels['severity'], /^(critical|warning|info)$/, alert);
    t.match(annotations['summary'], /\{\{ \$labels\.(instance|origin|thread|interface) \}\}/, `${alert} says where`);
    t.equal(annotations['runbook'], `docs/OPERATIONS.md#${alert.toLowerCase()}`);
    t.ok(headings.has(alert), `docs/OPERATIONS.md has ${alert}`);
  }
  t.same([...headings].filter((heading) => /^Pagecast[A-Z]/.test(heading) && !alerts.some(({ alert }) => alert === heading)), [], 'and none of an alert that is gone');
  t.end();
});

t.test('panels of the dashboard do not lie on each other', (t) => {
  const { panels } = dashboard;
  t.equal(new Set(panels.map(({ id }) => id)).size, panels.length, 'each has its number');
  for (const [index, { title, gridPos: one }] of panels.entries()) {
    t.ok(one.x + one.w <= 24, `${title} is inside`);
    for (const { title: other, gridPos: two } of panels.slice(index + 1)) {
      const apart = one.x + one.w <= two.x || two.x + two.w <= one.x || one.y + one.h <= two.y || two.y + two.h <= one.y;
      if (!apart) t.fail(`${title} lies on ${other}`);
    }
  }
  t.end();
});

t.test('promtool reads all of it', { skip: promtool }, (t) => {
  t.match(run('promtool', ['check', 'rules', RULES]), { status: 0, text: new RegExp(`SUCCESS: ${alerts.length} rules found`) });
  // It looks for rule files beside, and, unless told otherwise, for the token's file.
  t.match(run('promtool', ['check', 'config', '--syntax-only', `${ROOT}deploy/prometheus/prometheus.yaml`]), { status: 0 });
  const folder = folderOf(t);
  const rules = shown.map((expression, index) => ({ record: `panel:${index}`, expr: expression.replaceAll('$__rate_interval', '5m') }));
  writeFileSync(join(folder, 'panels.json'), JSON.stringify({ groups: [{ name: 'panels', rules }] }));
  t.match(run('promtool', ['check', 'rules', join(folder, 'panels.json')]), { status: 0 });
  t.end();
});

t.test('alerts fire, and are silent', { skip: promtool }, (t) => {
  t.same(alertCases.map(({ alert }) => alert).sort(), alerts.map(({ alert }) => alert).sort(), 'each has its case');
  const fired = firing(t, alertCases);
  for (const { alert } of alertCases) t.ok(fired.has(alert), alert);
  t.same([...firing(t, alertCases.map((one) => ({ ...one, series: one.quiet })))], [], 'and none of a server that is as it should be');
  t.end();
});

t.test('the other files are YAML', (t) => {
  for (const name of readdirSync(`${ROOT}deploy/prometheus`)) t.ok(parse(textOf(`deploy/prometheus/${name}`)), name);
  t.end();
});

/** Alerts that fire, each at its time of its history. */
function firing(t: Test, cases: readonly AlertCase[]): Set<string> {
  const intervals = new Set(cases.map(({ every = EVERY }) => every));
  return new Set([...intervals].flatMap((interval) => firingAt(t, interval, cases.filter(({ every = EVERY }) => every === interval))));
}

/** promtool is told that none fires, and tells which do. */
function firingAt(t: Test, interval: string, cases: readonly AlertCase[]): string[] {
  const file = join(folderOf(t), 'cases.json');
  writeFileSync(file, JSON.stringify({
    rule_files: [RULES],
    evaluation_interval: interval,
    tests: cases.map(({ alert, series, at }) => ({
      interval: '1m',
      input_series: Object.entries(series).map(([name, values]) => ({ series: name, values })),
      alert_rule_test: [{ eval_time: at, alertname: alert, exp_alerts: [] }],
    })),
  }));
  const { status, text } = run('promtool', ['test', 'rules', file]);
  const fired = [...text.matchAll(/alertname: (\w+), time:[^]*?got:\s*\[[^]*?Labels:\{[^}]*alertname="\1"/g)].map(([, alert]) => alert!);
  if ((status === 0) !== (fired.length === 0)) throw new Error(text);
  return fired;
}

function folderOf(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'promtool-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}
