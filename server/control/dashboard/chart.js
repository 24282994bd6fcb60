// One chart: what a few series were in the last minutes, stacked or as lines, drawn as SVG, with a table of the same below that says
// what each one is at the moment pointed at, on average, and at most.
import { make, say } from './elements.js';
import { POINTS_MAX } from './history.js';

/** @typedef {import('./figures.js').Figures} Figures */
/** @typedef {{ readonly key: string, readonly name: string, readonly colour: string }} Series */
/**
 * @typedef {object} ChartOptions
 * @property {string} title
 * @property {'areas' | 'lines'} kind areas are stacked on zero; lines are on a logarithmic scale.
 * @property {readonly Series[]} series areas: the first is at the bottom.
 * @property {(point: Figures) => Readonly<Record<string, number>> | null} of null: there is nothing to show.
 * @property {(value: number) => string} unit
 * @property {1000 | 1024} [base] of the unit's multiples.
 */

const SVG = 'http://www.w3.org/2000/svg';
const WIDTH = 300;
const HEIGHT = 100;
const SPAN_S = POINTS_MAX;
/** Between points that are further apart nothing is known. */
const GAP_MS = 3500;

export class Chart {
  /** @type {ChartOptions} */
  #options;
  #top = make('span', { class: 'top' });
  #plot = make('div', { class: 'plot' });
  /** @type {readonly SVGPathElement[]} */
  #paths;
  #cursor = path('cursor');
  #column = make('th', { text: 'now', scope: 'col' });
  /** @type {readonly HTMLTableRowElement[]} */
  #rows;

  /** @param {ChartOptions} options @param {(ageS: number | undefined) => void} point called where somebody points at another moment. */
  constructor(options, point) {
    this.#options = options;
    const { title, kind, series } = options;
    this.#paths = series.map(({ colour }) => path(`${kind === 'areas' ? 'area' : 'line'} ${colour}`));
    this.#rows = series.map(({ name, colour }) => make('tr', {}, [make('th', { scope: 'row' }, [make('span', { class: `swatch ${colour}` }), new Text(name)]), make('td'), make('td'), make('td')]));
    const svg = document.createElementNS(SVG, 'svg');
    svg.setAttribute('viewBox', `0 0 ${WIDTH} ${HEIGHT}`);
    svg.setAttribute('preserveAspectRatio', 'none');
    svg.setAttribute('aria-hidden', 'true');
    const [grid, base] = [path('grid'), path('base')];
    grid.setAttribute('d', `M0 0H${WIDTH}M0 ${HEIGHT / 2}H${WIDTH}`);
    base.setAttribute('d', `M0 ${HEIGHT}H${WIDTH}`);
    svg.append(grid, ...this.#paths, base, this.#cursor);
    this.#plot.append(svg);
    const table = make('table', {}, [
      make('thead', {}, [make('tr', {}, [make('td'), this.#column, make('th', { text: 'mean', scope: 'col' }), make('th', { text: 'most', scope: 'col' })])]),
      make('tbody', {}, this.#rows),
    ]);
    table.setAttribute('aria-label', title);
    this.figure = make('figure', {}, [
      make('figcaption', {}, [make('h3', { text: title }), this.#top]), this.#plot,
      make('div', { class: 'ages' }, [make('span', { text: '5 minutes ago' }), make('span', { text: 'now' })]), table,
    ]);
    this.#listen(title, point);
  }

  /** @param {readonly Figures[]} points oldest first. @param {number} nowMs where the right edge is. @param {number | undefined} ageS of the moment pointed at. */
  draw(points, nowMs, ageS) {
    const { kind, of } = this.#options;
    const shown = points.filter(({ atMs }) => nowMs - atMs <= SPAN_S * 1000).map((point) => ({ x: WIDTH * (1 - (nowMs - point.atMs) / (SPAN_S * 1000)), atMs: point.atMs, values: of(point) }));
    const runs = runsOf(shown.filter(({ values }) => values !== null));
    if (kind === 'areas') this.#drawAreas(runs);
    else this.#drawLines(runs);
    this.#drawCursor(ageS);
    this.#tell(shown, nowMs, ageS);
  }

  /** @param {readonly Run[]} runs */
  #drawAreas(runs) {
    const { series, unit, base = 1000 } = this.#options;
    const sums = runs.flat().map(({ values }) => series.reduce((sum, { key }) => sum + (values?.[key] ?? 0), 0));
    const most = niceAbove(Math.max(1, ...sums), base);
    say(this.#top, unit(most));
    const below = runs.map((run) => run.map(() => 0));
    series.forEach(({ key }, index) => {
      const areas = runs.map((run, at) => {
        const bottom = below[at] ?? [];
        const top = run.map(({ values }, i) => (bottom[i] ?? 0) + (values?.[key] ?? 0));
        below[at] = top;
        const y = (/** @type {number | undefined} */ value) => (HEIGHT * (1 - (value ?? 0) / most)).toFixed(2);
        if (top.every((value, i) => value === bottom[i])) return '';
        const along = run.map(({ x }, i) => `${x.toFixed(2)} ${y(top[i])}`);
        const back = run.map(({ x }, i) => `${x.toFixed(2)} ${y(bottom[i])}`).reverse();
        return `M${[...along, ...back].join('L')}Z`;
      });
      this.#paths[index]?.setAttribute('d', areas.join(''));
    });
  }

  /** @param {readonly Run[]} runs */
  #drawLines(runs) {
    const { series, unit } = this.#options;
    const all = runs.flat().flatMap(({ values }) => series.flatMap(({ key }) => (values?.[key] === undefined ? [] : [Math.max(values[key], 1e-6)])));
    const low = Math.floor(Math.log10(Math.min(1e-3, ...all)) + 1e-9);
    const high = Math.max(low + 1, Math.ceil(Math.log10(Math.max(1e-2, ...all)) - 1e-9));
    say(this.#top, `${unit(10 ** low)} to ${unit(10 ** high)}, logarithmic`);
    const y = (/** @type {number} */ value) => (HEIGHT * (1 - (Math.log10(Math.max(value, 1e-6)) - low) / (high - low))).toFixed(2);
    series.forEach(({ key }, index) => {
      const lines = runs.map((run) => {
        const known = run.flatMap(({ x, values }) => (values?.[key] === undefined ? [] : [`${x.toFixed(2)} ${y(values[key])}`]));
        // A moment alone is a dash.
        return known.length === 1 ? `M${known[0]}h-1` : known.length > 1 ? `M${known.join('L')}` : '';
      });
      this.#paths[index]?.setAttribute('d', lines.join(''));
    });
  }

  /** @param {number | undefined} ageS */
  #drawCursor(ageS) {
    this.#cursor.setAttribute('d', ageS === undefined ? '' : `M${(WIDTH * (1 - ageS / SPAN_S)).toFixed(2)} 0V${HEIGHT}`);
    this.#plot.setAttribute('aria-valuenow', String(-(ageS ?? 0)));
    this.#plot.setAttribute('aria-valuetext', ageS === undefined ? 'now' : `${ageS} seconds ago`);
  }

  /** @param {Run} shown @param {number} nowMs @param {number | undefined} ageS */
  #tell(shown, nowMs, ageS) {
    const { series, unit } = this.#options;
    const atMs = nowMs - (ageS ?? 0) * 1000;
    const near = shown.findLast((point) => point.atMs <= atMs + 500);
    const there = near && atMs - near.atMs <= GAP_MS ? near.values : null;
    say(this.#column, ageS === undefined ? 'now' : new Date(atMs).toLocaleTimeString());
    const told = series.map(({ key }, index) => {
      const values = shown.flatMap((point) => (point.values === null ? [] : [point.values[key] ?? 0]));
      const most = Math.max(0, ...values);
      const mean = values.length > 0 ? values.reduce((sum, value) => sum + value, 0) / values.length : 0;
      const texts = [there ? unit(there[key] ?? 0) : '–', values.length > 0 ? unit(mean) : '–', values.length > 0 ? unit(most) : '–'];
      const row = this.#rows[index];
      texts.forEach((text, column) => {
        const cell = row?.cells[column + 1];
        if (cell) say(cell, text);
      });
      return most > 0;
    });
    // What has not been there for minutes takes no room.
    this.#rows.forEach((row, index) => (row.hidden = !told[index] && (told.includes(true) || index > 0)));
  }

  /** @param {string} title @param {(ageS: number | undefined) => void} point */
  #listen(title, point) {
    const plot = this.#plot;
    plot.tabIndex = 0;
    plot.setAttribute('role', 'slider');
    plot.setAttribute('aria-label', `${title}: the moment that the tables tell of`);
    plot.setAttribute('aria-valuemin', String(-SPAN_S));
    plot.setAttribute('aria-valuemax', '0');
    const ageAt = (/** @type {PointerEvent} */ event) => {
      const { left, width } = plot.getBoundingClientRect();
      return Math.round(Math.min(Math.max(1 - (event.clientX - left) / width, 0), 1) * SPAN_S);
    };
    plot.addEventListener('pointermove', (event) => point(ageAt(event)));
    plot.addEventListener('pointerdown', (event) => point(ageAt(event)));
    plot.addEventListener('pointerleave', () => point(undefined));
    plot.addEventListener('blur', () => point(undefined));
    plot.addEventListener('keydown', (event) => {
      const ageS = -Number(plot.getAttribute('aria-valuenow'));
      const moved = { ArrowLeft: ageS + 1, ArrowDown: ageS + 1, ArrowRight: ageS - 1, ArrowUp: ageS - 1, PageDown: ageS + 30, PageUp: ageS - 30, Home: SPAN_S, End: 0 }[event.key];
      if (moved === undefined && event.key !== 'Escape') return;
      event.preventDefault();
      point(moved === undefined || moved <= 0 ? undefined : Math.min(moved, SPAN_S));
    });
  }
}

/** @typedef {readonly { readonly x: number, readonly atMs: number, readonly values: Readonly<Record<string, number>> | null }[]} Run */

/** Cut where nothing is known. @param {Run} shown @returns {readonly Run[]} */
function runsOf(shown) {
  /** @type {Run[number][][]} */
  const runs = [];
  shown.forEach((point, index) => {
    const before = shown[index - 1];
    const run = runs.at(-1);
    if (run && before && point.atMs - before.atMs <= GAP_MS) run.push(point);
    else runs.push([point]);
  });
  return runs;
}

/** 1, 2 or 5 with zeros behind, of the largest multiple that it has. @param {number} value 1 or more. @param {number} base @returns {number} */
function niceAbove(value, base) {
  if (value >= base) return base * niceAbove(value / base, base);
  const decade = 10 ** Math.floor(Math.log10(value));
  return ([1, 2, 5].find((step) => step * decade >= value) ?? 10) * decade;
}

/** @param {string} classes @returns {SVGPathElement} */
function path(classes) {
  const made = document.createElementNS(SVG, 'path');
  made.setAttribute('class', classes);
  return made;
}
