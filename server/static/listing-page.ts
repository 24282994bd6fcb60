// The page of a directory listing: complete without JavaScript, its style within, and nothing fetched. Each name stands in a box of its
// own (a table cell, an inline block), so that no bidirectional control in one reaches its neighbours.
import { createHash } from 'node:crypto';
import { orderOf, rowsOf, sizeOf, textOf, timeOf, type ListedName, type ListedRow, type Order, type OrderKey } from './listing.ts';

const STYLE = `
:root{color-scheme:light dark;--ink:#1d1f21;--soft:#64615a;--paper:#fbfaf7;--line:#e2ded4;--wash:#f2efe7;--accent:#a5371a;
font:1rem/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper)}
@media (prefers-color-scheme:dark){:root{--ink:#e9e5dd;--soft:#a09a8e;--paper:#161719;--line:#303135;--wash:#202124;--accent:#ff9268}}
body{max-width:60rem;min-height:100vh;margin:0 auto;padding:clamp(1.5rem,5vw,4rem) clamp(.25rem,4vw,2rem) 0;box-sizing:border-box;display:flex;flex-direction:column}
main{flex:1}
a{color:inherit;text-decoration:none}
a:hover{color:var(--accent);text-decoration:underline;text-underline-offset:.2em}
a:focus-visible{outline:2px solid var(--accent);outline-offset:-2px;border-radius:3px}
bdi{display:inline-block;max-width:100%;overflow-wrap:anywhere;white-space:pre-wrap}
nav,h1,p,footer{padding:0 .75rem}
nav ol{display:flex;flex-wrap:wrap;list-style:none;margin:0;padding:0;color:var(--soft)}
nav li{max-width:100%}
nav a{display:inline-block;max-width:100%;box-sizing:border-box;padding:.35rem .25rem}
nav li:first-child a{padding:.35rem .5rem .35rem .75rem;margin-left:-.75rem}
nav li+li::after{content:"/"}
h1{font-size:clamp(1.5rem,1.2rem + 1.6vw,2.25rem);line-height:1.2;font-weight:600;letter-spacing:-.015em;margin:.25rem 0 .5rem}
p{margin:0 0 1rem;color:var(--soft)}
table{width:100%;border-collapse:collapse;margin-top:1.75rem}
th,td{padding:0;border-bottom:1px solid var(--line);text-align:left;font-weight:400}
th a,td a,td>*{display:block;padding:.6rem .75rem}
td a bdi{padding:0}
th{font-size:.875rem;color:var(--soft);white-space:nowrap}
th[aria-sort] a{color:var(--ink);font-weight:600}
th[aria-sort] a::after{color:var(--accent)}
th[aria-sort=ascending] a::after{content:" \\2191"}
th[aria-sort=descending] a::after{content:" \\2193"}
td+td{color:var(--soft);font-size:.9375rem;font-variant-numeric:tabular-nums;white-space:nowrap;width:1%}
th:nth-child(2),td:nth-child(2){text-align:right}
tbody tr:hover{background:var(--wash)}
.folder{font-weight:600}
.folder::after{content:"/";color:var(--accent)}
td>bdi{color:var(--soft)}
footer{padding:2.5rem .75rem 2rem;font-size:.875rem;color:var(--soft)}
@media (max-width:36rem){
time span,th span{display:none}
th a,td a,td>*{padding:.7rem .375rem}
td+td{font-size:.8125rem}
nav,h1,p,footer{padding-left:.375rem;padding-right:.375rem}
nav li:first-child a{padding-left:.375rem;margin-left:-.375rem}
}
`;

/** Content-Security-Policy to send with a listing: its own style, the site's icon, and nothing else. */
export const LISTING_POLICY =
  `default-src 'none'; style-src 'sha256-${createHash('sha256').update(STYLE).digest('base64')}'; img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'self'`;

/** Of a path deeper than this, the root and the nearest ancestors are shown: a path has thousands of segments if it likes. */
const ANCESTORS_MAX = 8;

const COLUMNS: readonly { readonly key: OrderKey; readonly title: string; readonly first: 'asc' | 'desc' }[] = [
  { key: 'name', title: 'Name', first: 'asc' },
  { key: 'size', title: 'Size', first: 'desc' },
  { key: 'date', title: 'Modified<span> (UTC)</span>', first: 'desc' },
];

/**
 * The page, as an HTML document.
 *
 * @param path of the request, raw, ending in '/'. @param truncated there are more names than these.
 * @param query of the request, raw, with or without its '?': `sort` is name, size or date, `order` asc or desc.
 */
export function listingPage(path: string, names: readonly ListedName[], truncated: boolean, query: string): string {
  const order = orderOf(query);
  const segments = path.split('/').slice(1, -1);
  const folders = foldersOf(segments);
  const parent = folders.length === 0 ? undefined : (folders.at(-2) ?? { text: '', href: '../'.repeat(segments.length) });
  const title = `/${folders.map(({ text }) => `${text}/`).join('')}`;
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escaped(title)}</title>
<style>${STYLE}</style>
</head>
<body>
<header>
${ancestors(folders, segments.length)}<h1><bdi>${escaped(folders.at(-1)?.text ?? '/')}</bdi></h1>
<p>${counted(names)}</p>
${truncated ? `<p>There are more names in this folder than the ${names.length} shown here.</p>\n` : ''}</header>
<main>
${table(rowsOf(names, order), order, parent?.href)}</main>
<footer>pagecast</footer>
</body>
</html>
`;
}

interface Folder {
  readonly text: string;
  readonly href: string;
}

/**
 * The folders that a path goes through, each as seen from the last. An empty segment, of a doubled slash, is no folder, but a relative
 * link has to climb over it. Relative, so that they are right below a proxy's prefix too.
 */
function foldersOf(segments: readonly string[]): Folder[] {
  const named = segments.map((segment, at) => ({ segment, up: segments.length - 1 - at })).filter(({ segment }) => segment !== '');
  return named.map(({ segment, up }, at) => ({ text: textOf(decoded(segment)), href: at < named.length - 1 - ANCESTORS_MAX ? '' : '../'.repeat(up) }));
}

function decoded(segment: string): string {
  return segment.replaceAll(/%([0-9A-Fa-f]{2})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 16)));
}

function ancestors(folders: readonly Folder[], depth: number): string {
  if (folders.length === 0) return '';
  const above = folders.slice(0, -1);
  const links = above.slice(-ANCESTORS_MAX).map(({ text, href }) => `<li><a href="${href}"><bdi>${escaped(text)}</bdi></a></li>`);
  const left = above.length > ANCESTORS_MAX ? '<li>…</li>' : '';
  return `<nav aria-label="Folders above"><ol><li><a href="${'../'.repeat(depth)}" title="The root folder">/</a></li>${left}${links.join('')}</ol></nav>\n`;
}

function counted(names: readonly ListedName[]): string {
  const folders = names.filter(({ kind }) => kind === 'directory').length;
  const files = names.length - folders;
  if (names.length === 0) return 'This folder is empty.';
  const parts = [[folders, 'folder'], [files, 'file']] as const;
  return parts.filter(([count]) => count > 0).map(([count, noun]) => `${count} ${noun}${count === 1 ? '' : 's'}`).join(', ');
}

function table(rows: readonly ListedRow[], order: Order, parentHref: string | undefined): string {
  const up = parentHref === undefined ? '' : `<tr><td><a href="${parentHref}" title="The folder above">..</a></td><td></td><td></td></tr>\n`;
  if (rows.length + up.length === 0) return '';
  const heads = COLUMNS.map(({ key, title, first }) => {
    const sorted = order.by === key ? ` aria-sort="${order.descending ? 'descending' : 'ascending'}"` : '';
    const next = order.by === key ? (order.descending ? 'asc' : 'desc') : first;
    return `<th scope="col"${sorted}><a href="?sort=${key}&amp;order=${next}">${title}</a></th>`;
  });
  return `<table>\n<thead><tr>${heads.join('')}</tr></thead>\n<tbody>\n${up}${rows.map(rowHtml).join('')}</tbody>\n</table>\n`;
}

/** What is neither file nor folder (a socket, a link to nowhere) is not served, and so no link. */
function rowHtml({ listed, text, href }: ListedRow): string {
  const name = `<bdi${listed.kind === 'directory' ? ' class="folder"' : ''}>${escaped(text)}</bdi>`;
  return `<tr><td>${listed.kind === 'other' ? name : `<a href="${href}">${name}</a>`}</td><td>${sizeHtml(listed)}</td><td>${timeHtml(listed)}</td></tr>\n`;
}

const EXACT = new Intl.NumberFormat('en');

function sizeHtml(listed: ListedName): string {
  const bytes = sizeOf(listed);
  if (bytes === undefined) return '';
  return `<data value="${bytes}" title="${EXACT.format(bytes)} ${bytes === 1 ? 'byte' : 'bytes'}">${shortSize(bytes)}</data>`;
}

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB', 'EiB'] as const;

/** Three digits or four, never "1024 KiB". */
function shortSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (Math.round(value) >= 1024 && unit < UNITS.length - 1) {
    value /= 1024;
    ++unit;
  }
  return `${unit > 0 && value < 9.95 ? value.toFixed(1) : Math.round(value)} ${UNITS[unit]!}`;
}

function timeHtml(listed: ListedName): string {
  const time = timeOf(listed);
  if (time === undefined) return '';
  return `<time datetime="${time}" title="${time.slice(0, 10)} ${time.slice(11, 19)} UTC">${time.slice(0, 10)}<span> ${time.slice(11, 16)}</span></time>`;
}

const ESCAPES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };
const DELETE = 0x7f;

/** For text and quoted attributes. Control characters, which HTML has no room for, as their pictures or U+FFFD. */
function escaped(text: string): string {
  return text.replaceAll(/[&<>"'\0-\x1f\x7f-\x9f]/g, (character) => ESCAPES[character] ?? pictureOf(character.charCodeAt(0)));
}

function pictureOf(control: number): string {
  if (control === DELETE) return '\u2421';
  return control < 0x20 ? String.fromCharCode(0x2400 + control) : '\ufffd';
}
