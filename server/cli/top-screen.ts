// What `pagecast top` shows, as lines of text: no more than there is room for, none wider than the terminal.
import type { Snapshot, Status } from '../control/backend.ts';
import { sumsBy, has, valueOf, type Figures, type Numbers } from '../control/dashboard/figures.ts';
import { inAscii, inBytes, inCount, inPercent, inSeconds, inTime } from '../control/dashboard/units.ts';

export interface Screen {
  readonly columns: number;
  /** Undefined: as many as it takes. */
  readonly rows: number | undefined;
  readonly colour: boolean;
}

export interface Seen {
  readonly status: Status;
  readonly snapshot: Snapshot;
  readonly figures: Figures | undefined;
  /** Oldest first. */
  readonly points: readonly Figures[];
  /** What has happened, newest first. */
  readonly events: readonly string[];
  /** Why there is nothing newer; '' where there is. */
  readonly trouble: string;
}

type Style = 'bold' | 'dim' | 'warn' | 'plain';

interface Line {
  readonly text: string;
  readonly style?: Style;
}

const CODES: Readonly<Record<Style, string>> = { bold: '\x1b[1m', dim: '\x1b[2m', warn: '\x1b[1;33m', plain: '' };
const BARS = '▁▂▃▄▅▆▇█';
const HOTTEST_MIN = 3;
const EVENTS_SHOWN = 4;
const NAME_WIDTH = 11;

/** Without line ends. */
export function screenOf(seen: Seen, { columns, rows, colour }: Screen): readonly string[] {
  const lines = linesOf(seen, columns, rows);
  return (rows === undefined ? lines : lines.slice(0, rows)).map(({ text, style = 'plain' }) => {
    const cut = text.trimEnd().slice(0, columns);
    return colour && CODES[style] !== '' && cut !== '' ? `${CODES[style]}${cut}\x1b[0m` : cut;
  });
}

function linesOf(seen: Seen, columns: number, rows: number | undefined): Line[] {
  const top = [...head(seen), ...traffic(seen, columns), { text: '' }, ...parts(seen), { text: '' }, ...workers(seen), { text: '' }];
  const events = seen.events.slice(0, EVENTS_SHOWN).map((text) => ({ text: printable(text) }));
  const below: Line[] = events.length > 0 ? [{ text: 'what happens', style: 'dim' }, ...events] : [];
  const room = rows === undefined ? Infinity : Math.max(HOTTEST_MIN, rows - top.length - below.length - 1);
  const hottest = hot(seen, columns).slice(0, room + 1);
  return [...top, ...hottest, ...below];
}

function head({ status, snapshot, trouble }: Seen): Line[] {
  const facts = [`pagecast ${status.version}`, snapshot.phase, `up ${inTime((Date.parse(snapshot.time) - Date.parse(status.startedAt)) / 1000)}`, `process ${status.pid}`, ...status.listeners];
  return [{ text: printable(facts.join('  ')), style: snapshot.phase === 'ready' ? 'bold' : 'warn' }, trouble === '' ? { text: '' } : { text: printable(trouble), style: 'warn' }];
}

function traffic({ figures, points, snapshot }: Seen, columns: number): Line[] {
  const width = Math.max(0, Math.min(60, columns - NAME_WIDTH - 16));
  const line = (name: string, value: string, of: (point: Figures) => number): Line => ({ text: `${name.padEnd(NAME_WIDTH)}${value.padEnd(14)}  ${bars(points.slice(-width).map(of))}` });
  const latency = figures?.latency;
  const rates = (numbers: Numbers): string => Object.entries(numbers).filter(([, value]) => value > 0).map(([name, value]) => `${name} ${inCount(value)}`).join('  ') || '–';
  return [
    line('requests', figures ? `${inCount(figures.answersPerS)}/s` : '–', ({ answersPerS }) => answersPerS),
    line('sent', figures ? `${inBytes(figures.sentPerS)}/s` : '–', ({ sentPerS }) => sentPerS),
    row('latency', latency ? [`p50 ${inSeconds(latency.p50S)}`, `p90 ${inSeconds(latency.p90S)}`, `p99 ${inSeconds(latency.p99S)}`] : ['–']),
    row('hit ratio', [figures?.hitRatio == null ? '–' : inPercent(figures.hitRatio), `connections ${inCount(valueOf(snapshot.metrics, 'pagecast_connections'))}`]),
    row('cache /s', [figures ? rates(figures.byCache) : '–']),
    row('status /s', [figures ? rates(figures.byStatus) : '–']),
    row('bytes /s', [figures ? Object.entries(figures.sentHow).map(([name, value]) => `${name} ${inBytes(value)}`).join('  ') : '–']),
  ];
}

function parts({ snapshot: { metrics } }: Seen): Line[] {
  const value = (name: string): number => valueOf(metrics, name);
  const files = [`open ${inCount(value('pagecast_files_open'))}`, `leases ${inCount(value('pagecast_leases'))}`, `broken ${inCount(value('pagecast_lease_breaks_total'))}`, `torn prevented ${inCount(value('pagecast_torn_answers_prevented_total'))}`];
  const store = has(metrics, 'pagecast_store_objects')
    ? [row('store', [`${inCount(value('pagecast_store_objects'))} objects`, inBytes(value('pagecast_store_bytes')), `evicted ${inCount(value('pagecast_store_evictions_total'))}`, `under way ${inCount(value('pagecast_flights'))}`, `wait ${inCount(value('pagecast_flight_waiters'))}`])]
    : [];
  return [...store, row('files', files), memory(metrics), config(metrics), ...origins(metrics)];
}

function memory(metrics: Snapshot['metrics']): Line {
  const [share, sealed, limit] = [valueOf(metrics, 'pagecast_memory_share'), inBytes(valueOf(metrics, 'pagecast_sealed_bytes')), valueOf(metrics, 'pagecast_cgroup_limit_bytes')];
  return { ...row('memory', [`sealed ${sealed}${limit > 0 ? ` of ${inBytes(limit)}` : ''}`, `bounds in use ${inPercent(share)}`]), ...(share < 1 && { style: 'warn' as const }) };
}

function config(metrics: Snapshot['metrics']): Line {
  const generation = `generation ${valueOf(metrics, 'pagecast_config_generation')}`;
  if (!has(metrics, 'pagecast_cluster_connected')) return row('config', [generation]);
  const [nodes, differing] = [valueOf(metrics, 'pagecast_cluster_nodes'), valueOf(metrics, 'pagecast_cluster_configs_differing')];
  return { ...row('config', [generation, `${inCount(nodes)} other machines`, `${inCount(differing)} with another config`]), ...(differing > 0 && { style: 'warn' as const }) };
}

function origins(metrics: Snapshot['metrics']): Line[] {
  const busy = sumsBy(metrics, 'pagecast_origin_connections_busy', 'origin');
  return Object.entries(sumsBy(metrics, 'pagecast_origin_well_workers', 'origin')).slice(0, 3).map(([origin, well]) => (
    { ...row('origin', [origin, well === 0 ? 'out' : `asked by ${well}`, `busy ${inCount(busy[origin] ?? 0)}`]), ...(well === 0 && { style: 'warn' as const }) }
  ));
}

function workers({ snapshot, figures }: Seen): Line[] {
  const { metrics, workers: { replaced, hung } } = snapshot;
  const lag = (thread: string): string => {
    const seconds = figures?.lagP99S[thread];
    return seconds === undefined ? '' : `  lag ${inSeconds(seconds)}`;
  };
  const each = metrics.connections.map((connections, index) => `${index}: ${connections === null ? 'is replaced' : `${inCount(connections)} connections`}${lag(`worker-${index}`)}`);
  return [
    ...pairs(each).map((two, index) => ({ text: `${(index === 0 ? 'workers' : '').padEnd(NAME_WIDTH)}${two}` })).slice(0, 4),
    row('', [`replaced ${inCount(replaced)}`, `hung ${inCount(hung)}`, `main${lag('main') || '  lag –'}`]),
  ];
}

function hot({ snapshot }: Seen, columns: number): Line[] {
  const width = Math.max(10, columns - 34);
  const lines = snapshot.metrics.hottest.filter(({ perS }) => perS >= 0.005).map(({ url, perS, bytesPerS, storedShare }) => (
    { text: `${inAscii(url).slice(0, width).padEnd(width)}${`${inCount(perS)}/s`.padStart(9)}${`${inBytes(bytesPerS)}/s`.padStart(15)}${inPercent(storedShare).padStart(10)}` }
  ));
  return [{ text: `${'asked for most'.padEnd(width)}${'requests'.padStart(9)}${'bytes'.padStart(15)}${'stored'.padStart(10)}`, style: 'dim' }, ...lines];
}

function row(name: string, facts: readonly string[]): Line {
  return { text: `${name.padEnd(NAME_WIDTH)}${facts.join('   ')}` };
}

function pairs(texts: readonly string[]): readonly string[] {
  return texts.flatMap((text, index) => (index % 2 === 0 ? [`${text.padEnd(34)}${texts[index + 1] ?? ''}`] : []));
}

function bars(values: readonly number[]): string {
  const most = Math.max(...values, 0);
  return values.map((value) => (most === 0 ? ' ' : BARS[Math.min(BARS.length - 1, Math.floor((value / most) * BARS.length))]!)).join('');
}

/** What others have written must not steer the terminal. */
function printable(text: string): string {
  return text.replaceAll(/[^\x20-\x7e–]/g, (character) => `\\x${character.charCodeAt(0).toString(16).padStart(2, '0')}`);
}
