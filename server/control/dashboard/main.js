// The page: one stream of events, and what is made of it. What is kept is bounded, so that a page may stay open.
import { ask, hasToken } from './asking.js';
import { Charts } from './charts.js';
import { element } from './elements.js';
import { Feed } from './feed.js';
import { forms } from './forms.js';
import { History } from './history.js';
import { panels, show } from './panels.js';
import { Stream } from './stream.js';
import { inCount, inTime } from './units.js';

/** @typedef {import('../backend.ts').Snapshot} Snapshot */
/** @typedef {import('../backend.ts').Status} Status */

/** Later than that, what is shown is not what is. */
const STALE_AFTER_MS = 3500;
/** For what the stream does not tell. */
const STATUS_EVERY_MS = 10_000;

const history = new History();
const charts = new Charts(element('charts'));
const feed = new Feed(element('feed'), element('feed-none'));
const stream = new Stream(hear, linked);
const { wantToken, explain } = forms(() => stream.begin());
const showPanels = panels(explain);

/** @type {{ link: string, heardMs: number, status: Status | undefined, statusMs: number, config: import('./panels.js').Bounds, asking: boolean }} */
const now = { link: '', heardMs: 0, status: undefined, statusMs: -Infinity, config: {}, asking: false };

/** @param {string} name @param {unknown} data */
function hear(name, data) {
  if (name === 'report') return feed.add(/** @type {import('./feed.js').Happened} */ (data));
  if (name !== 'snapshot') return;
  const snapshot = /** @type {Snapshot & { readonly eventsWithheld?: number }} */ (data);
  now.heardMs = performance.now();
  history.add(snapshot.metrics);
  const figures = history.latest;
  element('phase').setAttribute('data-phase', snapshot.phase);
  show('phase', snapshot.phase === 'ready' ? '' : snapshot.phase);
  charts.draw(history.points, snapshot.metrics.atMs);
  showPanels({ snapshot, figures, config: now.config, sums: now.status?.store ?? {}, cluster: now.status?.cluster });
  document.title = figures ? `${inCount(figures.answersPerS)}/s · pagecast` : 'pagecast';
  if (snapshot.eventsWithheld !== undefined) feed.add({ time: snapshot.time, name: 'more', message: 'more happened than can be told in a second', facts: { events: snapshot.eventsWithheld } });
  void lookAround();
}

/** @param {import('./stream.js').Link} link @param {string} detail */
function linked(link, detail) {
  now.link = link;
  if (link === 'live') element('token-form').hidden = true;
  else now.statusMs = -Infinity; // it may be another process that answers next
  if (link === 'refused') wantToken(hasToken());
  tellLink(link, link === 'refused' ? 'a token is wanted' : detail);
}

/** @param {string} state @param {string} text */
function tellLink(state, text) {
  element('link').setAttribute('data-state', state);
  show('link', text);
  document.body.classList.toggle('is-old', state !== 'live');
}

async function lookAround() {
  if (now.asking || performance.now() - now.statusMs < STATUS_EVERY_MS) return;
  now.asking = true;
  try {
    if (now.statusMs === -Infinity) now.config = await (await ask('api/v1/config')).json();
    now.status = /** @type {Status} */ (await (await ask('api/v1/status')).json());
    now.statusMs = performance.now();
    const { version, uptimeS, listeners, pid } = now.status;
    show('version', version);
    show('about', `${listeners.join(', ')} · process ${pid} · up ${inTime(uptimeS)}`);
  } catch {
    // the stream tells that it is gone
  } finally {
    now.asking = false;
  }
}

setInterval(() => {
  const silentMs = performance.now() - now.heardMs;
  if (now.link === 'live' && silentMs > STALE_AFTER_MS) tellLink('stale', `stale: the last news is ${Math.round(silentMs / 1000)} s old`);
}, 1000);

stream.begin();
