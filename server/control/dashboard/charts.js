// Which charts there are, and the moment that all of them are pointed at.
import { Chart } from './chart.js';
import { inBytes, inCount, inSeconds } from './units.js';

/** @typedef {import('./figures.js').Figures} Figures */

const perSecond = (/** @type {number} */ value) => `${inCount(value)}/s`;
const bytesPerSecond = (/** @type {number} */ value) => `${inBytes(value)}/s`;

/** @type {readonly import('./chart.js').ChartOptions[]} */
const CHARTS = [
  {
    title: 'Requests, by what the cache had to do', kind: 'areas', unit: perSecond, of: ({ byCache }) => byCache,
    series: [
      { key: 'none', name: 'no cache asked', colour: 'grey' }, { key: 'hit', name: 'hit', colour: 'green' }, { key: 'stale', name: 'stale', colour: 'olive' },
      { key: 'collapsed', name: 'collapsed', colour: 'sky' }, { key: 'revalidated', name: 'revalidated', colour: 'blue' }, { key: 'miss', name: 'miss', colour: 'orange' },
      { key: 'pass', name: 'pass', colour: 'violet' }, { key: 'failed', name: 'failed', colour: 'red' },
    ],
  },
  {
    title: 'Requests, by status', kind: 'areas', unit: perSecond, of: ({ byStatus }) => byStatus,
    series: [
      { key: '2xx', name: '2xx', colour: 'green' }, { key: '3xx', name: '3xx', colour: 'sky' }, { key: '4xx', name: '4xx', colour: 'orange' },
      { key: '5xx', name: '5xx', colour: 'red' }, { key: '1xx', name: '1xx', colour: 'violet' }, { key: 'other', name: 'other', colour: 'grey' },
    ],
  },
  {
    title: 'Bytes sent, copied or not', kind: 'areas', unit: bytesPerSecond, base: 1024, of: ({ sentHow }) => sentHow,
    series: [
      { key: 'sendfile', name: 'sendfile, without a copy', colour: 'green' }, { key: 'arena', name: 'arena, with their head', colour: 'sky' },
      { key: 'memory', name: 'memory, heads included', colour: 'grey' }, { key: 'copied', name: 'copied, of large files', colour: 'orange' },
    ],
  },
  {
    title: 'Of sendfile and copied, by what keeps one version', kind: 'areas', unit: bytesPerSecond, base: 1024, of: ({ sentProtected }) => sentProtected,
    series: [{ key: 'private', name: 'private memory', colour: 'green' }, { key: 'leased', name: 'leased file', colour: 'sky' }, { key: 'checked', name: 'checked, or a stored body', colour: 'grey' }],
  },
  {
    title: 'Latency', kind: 'lines', unit: inSeconds, of: ({ latency }) => latency && { p50: latency.p50S, p90: latency.p90S, p99: latency.p99S },
    series: [{ key: 'p50', name: 'half of all', colour: 'green' }, { key: 'p90', name: '90th percentile', colour: 'sky' }, { key: 'p99', name: '99th percentile', colour: 'orange' }],
  },
  {
    title: 'Lag of loops, 99th percentile', kind: 'lines', unit: inSeconds, of: ({ lagP99S }) => lags(lagP99S),
    series: [{ key: 'workers', name: 'workers, the worst', colour: 'green' }, { key: 'main', name: 'main', colour: 'grey' }],
  },
];

/** @param {Readonly<Record<string, number>>} byThread */
function lags({ main, ...workers }) {
  const lag = { ...(main !== undefined && { main }), ...(Object.keys(workers).length > 0 && { workers: Math.max(...Object.values(workers)) }) };
  return Object.keys(lag).length > 0 ? lag : null;
}

export class Charts {
  /** @type {readonly Chart[]} */
  #charts;
  /** @type {number | undefined} */
  #ageS;
  /** @type {readonly Figures[]} */
  #points = [];
  #nowMs = 0;

  /** @param {HTMLElement} at */
  constructor(at) {
    this.#charts = CHARTS.map((options) => new Chart(options, (ageS) => {
      this.#ageS = ageS;
      this.#drawAll();
    }));
    at.replaceChildren(...this.#charts.map(({ figure }) => figure));
  }

  /** @param {readonly Figures[]} points @param {number} nowMs */
  draw(points, nowMs) {
    this.#points = points;
    this.#nowMs = nowMs;
    this.#drawAll();
  }

  #drawAll() {
    for (const chart of this.#charts) chart.draw(this.#points, this.#nowMs, this.#ageS);
  }
}
