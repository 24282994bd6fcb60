// What was sent to this browser, and how: seen by the browser itself (its timings, and a few more requests for this page), and told
// by the server. What neither of them saw is not claimed.
const FACTS = '/.well-known/pagecast';
const PAGE_BYTES = 4096;
const SHEETS_MAX = 1024;
/** transferSize of an answer that was 304, by Resource Timing; the body is then the cached one. */
const VALIDATED_BYTES = 300;

const PROTECTIONS = {
  sealed: { from: 'memory', means: 'it is a whole copy in memory: a change of the file does not reach it' },
  copy: { from: 'memory', means: 'it was copied without a lease, and was the same before and after' },
  lease: { from: 'file', means: 'who wants to write to the file waits a moment' },
  verify: { from: 'file', means: 'the end is withheld until the file is seen to be unchanged' },
  off: { from: 'unknown', means: 'nothing guards it against a change' },
};
const ORIGINS = { memory: 'sent from memory of its own', file: "sent from the file's own pages", unknown: 'from where is not told' };

const one = (selector) => document.querySelector(selector);
const count = (number) => number?.toLocaleString('en');
const milliseconds = (ms) => `${ms.toFixed(1)} ms`;

function element(name, attributes, ...children) {
  const made = document.createElement(name);
  for (const [attribute, value] of Object.entries(attributes)) made.setAttribute(attribute, value);
  made.append(...children);
  return made;
}

const page = location.href.split('#')[0];

/** URLs of this page and of everything it is made of, each once. */
function urls() {
  const parts = [...document.querySelectorAll('link[href], script[src], img[src]')].map((part) => part.href || part.src);
  return [...new Set([page, ...parts])];
}

/** What the server says of a file; or the status that it answered with instead. */
async function told(url) {
  const { pathname } = new URL(url);
  const answer = await fetch(`${FACTS}?path=${pathname.endsWith('/') ? `${pathname}index.html` : pathname}`, { cache: 'no-store' });
  const facts = answer.ok ? await answer.json().catch(() => undefined) : undefined;
  return facts?.server === 'pagecast' ? { facts } : { status: answer.status };
}

/** What the browser noted when it last fetched a URL. */
function timing(url) {
  return performance.getEntriesByName(url).filter(({ entryType }) => entryType === 'navigation' || entryType === 'resource').at(-1);
}

function seen(entry) {
  if (!entry) return 'no timing was kept';
  const { deliveryType, transferSize, encodedBodySize, nextHopProtocol, responseStatus, requestStart, responseEnd } = entry;
  const hasBody = encodedBodySize > 0;
  if (deliveryType === 'cache' || (hasBody && transferSize === 0)) return "from the browser's own cache, without a request";
  if (hasBody && transferSize <= Math.max(VALIDATED_BYTES, encodedBodySize)) return "from the browser's own cache, after the server answered 304";
  const over = nextHopProtocol ? ` over ${nextHopProtocol}` : '';
  return `${responseStatus || 'an answer'}${over}, ${milliseconds(responseEnd - requestStart)} from request to last byte`;
}

function sheets(bytes, from) {
  const strip = element('span', { class: 'pages', 'data-from': from, 'aria-hidden': 'true' });
  for (let i = 0; i < Math.min(Math.ceil(bytes / PAGE_BYTES), SHEETS_MAX); ++i) strip.append(element('i', {}));
  return strip;
}

function described(pairs) {
  return pairs.flatMap(([term, text]) => [element('dt', {}, term), element('dd', {}, text)]);
}

function said({ sentBy, protection, cause, coding }) {
  const means = PROTECTIONS[protection]?.means;
  const coded = coding && coding !== 'identity' ? `, coded as ${coding}` : '';
  return [
    ['Server', `${sentBy}${coded}`],
    ['Protection', `${protection}${means ? `: ${means}` : ''}${cause ? ` (a lease was refused: ${cause})` : ''}`],
  ];
}

function fileItem(url, facts) {
  const entry = timing(url);
  const from = PROTECTIONS[facts?.protection]?.from ?? 'unknown';
  const bytes = facts?.bytes ?? entry?.encodedBodySize ?? 0;
  const name = new URL(url).pathname.split('/').at(-1) || 'index.html';
  const how = element('dl', { class: 'how' }, ...described([...(facts ? said(facts) : []), ['Browser', seen(entry)]]));
  const size = element('data', { value: bytes }, `${count(bytes)} bytes`);
  const item = element('li', { 'data-file': name }, element('a', { href: url }, name), size, sheets(bytes, from), how);
  return { item, from };
}

function rows(list, pairs) {
  list.replaceChildren(...pairs.filter(([, text]) => text !== undefined).map((pair) => element('div', {}, ...described([pair]))));
}

/** pagecast's tags are the first 18 bytes of the content's SHA-256, in base64url; browsers hash on https and localhost only. */
async function tagMeans(etag, body) {
  if (etag.startsWith('W/')) return 'weak';
  if (!globalThis.crypto?.subtle) return 'strong; whether it is a hash of the bytes is not checked, which needs https or localhost';
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', body)).slice(0, 18);
  const hash = btoa(String.fromCharCode(...digest)).replaceAll('+', '-').replaceAll('/', '_');
  return etag === `"${hash}"` ? 'strong; it is the SHA-256 of these bytes, computed again here' : 'strong';
}

async function again(headers) {
  const startedMs = performance.now();
  const answer = await fetch(page, { cache: 'no-store', headers });
  const body = await answer.arrayBuffer();
  return { answer, body, tookMs: performance.now() - startedMs };
}

/** Asks for this page again, whole, with its validator, and in part. */
async function answers() {
  const plain = await again({});
  const field = (name) => plain.answer.headers.get(name);
  const etag = field('etag');
  const pairs = [
    ['The page, once more', `${plain.answer.status}, ${count(plain.body.byteLength)} bytes, ${field('content-encoding') ?? 'not coded'}, ${milliseconds(plain.tookMs)}`],
    ['Protocol', timing(page)?.nextHopProtocol || 'not told by this browser'],
    ['ETag', etag ? `${etag}: ${await tagMeans(etag, plain.body)}` : 'none'],
  ];
  if (etag) {
    const { answer, body, tookMs } = await again({ 'If-None-Match': etag });
    pairs.push(['With that tag in If-None-Match', answer.status === 304 ? `304, ${body.byteLength} bytes of body, ${milliseconds(tookMs)}` : `${answer.status}: it was sent again`]);
  }
  const part = await again({ Range: 'bytes=0-14' });
  const text = `206, ${part.answer.headers.get('content-range')}: ${new TextDecoder().decode(part.body)}`;
  pairs.push(['With Range: bytes=0-14', part.answer.status === 206 ? text : `${part.answer.status}: no ranges here`]);
  pairs.push(['Last-Modified', field('last-modified') ?? 'none'], ['Cache-Control', field('cache-control') ?? 'none']);
  const age = field('age') === null ? '' : `, ${field('age')} s old`;
  pairs.push(['Cache-Status', field('cache-status') ? `${field('cache-status')}${age}` : `none: no cache says that it took part${age}`]);
  rows(one('#answers'), pairs);
}

function serverRows({ version, uptimeS, requests, workers, tornPrevented }) {
  rows(one('#server'), [
    ['Version', version && `pagecast ${version}`],
    ['Up for', uptimeS === undefined ? undefined : `${count(uptimeS)} s`],
    ['Requests so far', count(requests)],
    ['Workers', count(workers)],
    ['Torn answers prevented', count(tornPrevented)],
  ]);
}

function keyOf(origins) {
  const entries = origins.map((from) => element('span', {}, sheets(1, from), ORIGINS[from]));
  one('.key').replaceChildren('Each sheet is 4 KiB, one page of memory.', ...entries);
}

async function measure(all) {
  const first = await told(page);
  const items = [];
  for (const url of all) {
    const { facts } = first.facts && url !== page ? await told(url) : first;
    items.push(fileItem(url, facts));
  }
  one('.files').replaceChildren(...items.map(({ item }) => item));
  keyOf(first.facts ? [...new Set(items.map(({ from }) => from))] : []);
  await answers();
  one('#server').hidden = !first.facts;
  one('#silent').hidden = Boolean(first.facts);
  if (first.facts) serverRows(first.facts);
  else one('#silent').textContent = `Nothing is told here: ${FACTS} answered ${first.status}. What stands above is what your browser saw by itself.`;
}

async function fetchAll(all) {
  performance.clearResourceTimings();
  for (const url of all) await (await fetch(url, { cache: 'no-store' })).arrayBuffer();
}

async function run(all, refetch) {
  const button = one('button');
  const status = one('[role=status]');
  button.disabled = true;
  one('#files').setAttribute('aria-busy', 'true');
  try {
    if (refetch) await fetchAll(all);
    await measure(all);
    status.textContent = `Measured at ${new Date().toLocaleTimeString()}.`;
  } catch (error) {
    status.textContent = `Not measured: ${error.message}`;
  }
  one('#files').setAttribute('aria-busy', 'false');
  button.disabled = false;
}

if (document.readyState !== 'complete') await new Promise((resolve) => addEventListener('load', resolve, { once: true }));
const all = urls();
for (const hidden of document.querySelectorAll('section[hidden], .key, .measured')) hidden.hidden = false;
one('button').addEventListener('click', () => run(all, true));
await run(all, false);
