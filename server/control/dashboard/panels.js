// What the parts of the server are doing: tables that are filled once a second.
import { element, fillRows, make, makeTable, say, sayAmount } from './elements.js';
import { has, sumsBy, valueOf } from './figures.js';
import { inAscii, inBytes, inCount, inPercent, inSeconds, inTime } from './units.js';

/** @typedef {import('./figures.js').Figures} Figures */
/** @typedef {import('../backend.ts').Snapshot} Snapshot */
/** @typedef {{ readonly snapshot: Snapshot, readonly figures: Figures | undefined, readonly config: Bounds, readonly sums: Sums, readonly cluster: Cluster }} Shown */
/** What the options say of bounds, as far as they are known. @typedef {Readonly<Record<string, Readonly<Record<string, unknown>> | undefined>>} Bounds */
/** Of the store, as the status tells. @typedef {Readonly<Record<string, number>>} Sums */
/** As the status tells; undefined: it is alone, or not known yet. @typedef {import('../backend.ts').Status['cluster']} Cluster */

/** Of those that run another configuration, how many are named. */
const DIFFERING_SHOWN = 8;

/** @param {string} id @param {readonly string[]} heads @param {string} none @param {(shown: Shown) => readonly (readonly string[])[]} rowsOf @returns {(shown: Shown) => void} */
function panel(id, heads, none, rowsOf) {
  const at = element(id);
  const table = makeTable(heads, at.querySelector('h3')?.textContent ?? '');
  if (heads.length === 0) table.tHead?.remove();
  const nothing = make('p', { text: none });
  at.append(table, nothing);
  return (shown) => {
    const rows = rowsOf(shown);
    table.hidden = rows.length === 0;
    nothing.hidden = rows.length > 0;
    fillRows(/** @type {HTMLTableSectionElement} */ (table.tBodies[0]), rows);
  };
}

/** @param {(url: string) => void} explain @returns {(shown: Shown) => void} */
export function panels(explain) {
  const all = [
    panel('panel-workers', ['', 'connections', 'lag, 99th percentile'], '', workers),
    panel('panel-memory', [], '', memory),
    panel('panel-store', [], 'There are no origins, so nothing is stored.', store),
    panel('panel-files', [], '', files),
    panel('panel-origins', ['', 'asked by', 'busy'], 'There are none.', origins),
    panel('panel-machines', [], 'It is alone: no Redis is configured.', machines),
    panel('panel-interfaces', ['', 'tx', 'sg', 'tso'], 'Only this host reaches the server, over loopback.', interfaces),
    panel('panel-process', [], '', ofProcess),
  ];
  const showHottest = hottest(explain);
  return (shown) => {
    headline(shown);
    showHottest(shown);
    for (const show of all) show(shown);
  };
}

/** @param {Shown} shown */
function headline({ snapshot, figures }) {
  sayAmount(element('now-requests'), figures ? perSecond(inCount(figures.answersPerS)) : '–');
  sayAmount(element('now-hits'), figures?.hitRatio == null ? '–' : inPercent(figures.hitRatio));
  sayAmount(element('now-sent'), figures ? `${inBytes(figures.sentPerS)}/s` : '–');
  sayAmount(element('now-latency'), figures?.latency ? inSeconds(figures.latency.p99S) : '–');
  sayAmount(element('now-connections'), inCount(valueOf(snapshot.metrics, 'pagecast_connections')));
}

/** @param {string} count */
function perSecond(count) {
  return count.includes(' ') ? `${count}/s` : `${count} /s`;
}

/** @param {(url: string) => void} explain @returns {(shown: Shown) => void} */
function hottest(explain) {
  const body = /** @type {HTMLTableElement} */ (element('hottest')).tBodies[0];
  body?.addEventListener('click', (event) => {
    if (event.target instanceof HTMLButtonElement) explain(/^(?:\/|https?:)/.test(event.target.title) ? event.target.title : `http://${event.target.title}`);
  });
  return ({ snapshot }) => {
    const rows = snapshot.metrics.hottest.filter(({ perS }) => perS >= 0.005).slice(0, 10).map(({ url, perS, bytesPerS, storedShare }) => [inAscii(url), `${inCount(perS)}/s`, `${inBytes(bytesPerS)}/s`, inPercent(storedShare)]);
    element('hottest-none').hidden = rows.length > 0;
    element('hottest').hidden = rows.length === 0;
    if (body) fillRows(body, rows, asButton);
  };
}

/** @param {HTMLTableCellElement} cell @param {string} url */
function asButton(cell, url) {
  const button = cell.querySelector('button') ?? cell.appendChild(make('button'));
  if (button.title === url) return;
  button.type = 'button';
  button.title = button.textContent = url;
  button.setAttribute('aria-label', `explain ${url}`);
}

/** @param {Shown} shown */
function workers({ snapshot: { metrics }, figures }) {
  const lag = (/** @type {string} */ thread) => {
    const seconds = figures?.lagP99S[thread];
    return seconds === undefined ? '–' : inSeconds(seconds);
  };
  return [
    ...metrics.connections.map((connections, index) => [`worker ${index}`, connections === null ? 'is replaced' : inCount(connections), lag(`worker-${index}`)]),
    ['main', '', lag('main')],
  ];
}

/** @param {Shown} shown */
function memory({ snapshot: { metrics } }) {
  const value = (/** @type {string} */ name) => valueOf(metrics, name);
  const steps = Object.entries(sumsBy(metrics, 'pagecast_memory_squeezed_total', 'cause')).filter(([, count]) => count > 0);
  return [
    ['sealed: never taken back', ofBound(value('pagecast_sealed_bytes'), value('pagecast_cgroup_limit_bytes'))],
    ['of its bounds in use', inPercent(value('pagecast_memory_share'))],
    ...steps.map(([cause, count]) => [`made less: ${cause}`, inCount(count)]),
    ...(has(metrics, 'pagecast_cgroup_memory_bytes') ? [
      ['cgroup', ofBound(value('pagecast_cgroup_memory_bytes'), value('pagecast_cgroup_limit_bytes'))],
      ['page cache in it', inBytes(value('pagecast_cgroup_page_cache_bytes'))],
    ] : []),
    ['resident', inBytes(value('process_resident_memory_bytes'))],
    ['heap of main', inBytes(value('pagecast_main_heap_bytes'))],
  ];
}

/** @param {Shown} shown */
function store({ snapshot: { metrics }, config, sums }) {
  if (!has(metrics, 'pagecast_store_objects')) return [];
  const value = (/** @type {string} */ name, /** @type {string} */ label = '', /** @type {string} */ of = '') => (label === '' ? valueOf(metrics, name) : valueOf(metrics, name, label, of));
  return [
    ['objects', inCount(value('pagecast_store_objects'))],
    ['memory', ofBound(value('pagecast_store_bytes'), config['cache']?.['bytesMax'])],
    ...(sums['diskBytes'] === undefined ? [] : [['on disk', ofBound(sums['diskBytes'], config['store']?.['bytesMax'])], ['objects on disk', inCount(sums['diskObjects'] ?? 0)]]),
    ['evicted', inCount(value('pagecast_store_evictions_total'))],
    ['fills', inCount(value('pagecast_fills_total'))],
    ['under way now', inCount(value('pagecast_flights'))],
    ['requests that wait for them', inCount(value('pagecast_flight_waiters'))],
    ['joined a fill', inCount(value('pagecast_flight_joins_total', 'how', 'collapsed') + value('pagecast_flight_joins_total', 'how', 'followed'))],
    ['purged', inCount(value('pagecast_store_purged_objects_total'))],
  ];
}

/** @param {Shown} shown */
function files({ snapshot: { metrics } }) {
  const value = (/** @type {string} */ name) => inCount(valueOf(metrics, name));
  const opened = Object.entries(sumsBy(metrics, 'pagecast_files_loaded_total', 'protection')).filter(([, count]) => count > 0).map(([protection, count]) => [`opened, by ${protection}`, inCount(count)]);
  return [
    ['open', value('pagecast_files_open')],
    ...opened,
    ['arena', inBytes(valueOf(metrics, 'pagecast_arena_bytes'))],
    ['private memory', inBytes(valueOf(metrics, 'pagecast_private_bytes'))],
    ['leases held', value('pagecast_leases')],
    ['leases broken by writers', value('pagecast_lease_breaks_total')],
    ['the longest that one waited', inSeconds(valueOf(metrics, 'pagecast_writers_delay_max_seconds'))],
    ['torn answers prevented', value('pagecast_torn_answers_prevented_total')],
  ];
}

/** @param {Shown} shown */
function origins({ snapshot: { metrics, workers: { configured } } }) {
  const [well, open, busy] = ['pagecast_origin_well_workers', 'pagecast_origin_connections', 'pagecast_origin_connections_busy'].map((name) => sumsBy(metrics, name, 'origin'));
  return Object.entries(well ?? {}).map(([origin, workers]) => [origin, workers === 0 ? 'nobody: it is out' : `${workers} of ${configured} workers`, `${inCount(busy?.[origin] ?? 0)} of ${inCount(open?.[origin] ?? 0)}`]);
}

/** @param {Shown} shown */
function machines({ snapshot: { metrics }, cluster }) {
  if (!has(metrics, 'pagecast_cluster_connected')) return [];
  const value = (/** @type {string} */ name) => valueOf(metrics, name);
  return [
    ['Redis', value('pagecast_cluster_connected') === 1 ? 'is heard' : `no word for ${inSeconds(value('pagecast_cluster_lag_seconds'))}`],
    ['others', inCount(value('pagecast_cluster_nodes'))],
    ['run another config', inCount(value('pagecast_cluster_configs_differing'))],
    ...(cluster?.nodes ?? []).filter(({ config }) => config !== cluster?.config).slice(0, DIFFERING_SHOWN).map(({ host, config, generation }) => [inAscii(host), `${config}, generation ${generation}`]),
    ['purges that wait', inCount(value('pagecast_cluster_purges_queued'))],
  ];
}

/** @param {Shown} shown */
function interfaces({ snapshot: { metrics } }) {
  /** @type {Map<string, Map<string, number>>} */
  const found = new Map();
  for (const { labels, value } of metrics.values['pagecast_interface_offload_enabled'] ?? []) {
    const name = labels['interface'] ?? '';
    found.set(name, (found.get(name) ?? new Map()).set(labels['feature'], value));
  }
  return [...found].map(([name, bits]) => [name, ...['tx', 'sg', 'tso'].map((feature) => ({ 0: 'off', 1: 'on' })[bits.get(feature) ?? -1] ?? '–')]);
}

/** @param {Shown} shown */
function ofProcess({ snapshot: { metrics, workers: { replaced } } }) {
  const bound = valueOf(metrics, 'process_max_fds');
  const silent = valueOf(metrics, 'pagecast_workers_silent');
  return [
    ['configuration', `generation ${valueOf(metrics, 'pagecast_config_generation')}`],
    ['workers replaced', inCount(replaced)],
    ['of them, hung', inCount(valueOf(metrics, 'pagecast_workers_hung_total'))],
    ...(silent > 0 ? [['workers that do not answer', inCount(silent)]] : []),
    ['processor time', inTime(valueOf(metrics, 'process_cpu_seconds_total'))],
    ...(has(metrics, 'process_open_fds') ? [['descriptors', `${inCount(valueOf(metrics, 'process_open_fds'))} of ${inCount(bound)}`]] : []),
    ['requests refused', inCount(valueOf(metrics, 'pagecast_requests_refused_total'))],
    ['answers broken off', inCount(valueOf(metrics, 'pagecast_answers_incomplete_total'))],
    ['tunnels', inCount(valueOf(metrics, 'pagecast_tunnels'))],
  ];
}

/** @param {number} bytes @param {unknown} bound */
function ofBound(bytes, bound) {
  return typeof bound === 'number' && bound > 0 ? `${inBytes(bytes)} of ${inBytes(bound)}` : inBytes(bytes);
}

/** @param {string} id @param {string} text */
export function show(id, text) {
  say(element(id), text);
}
