/**
 * What is in a directory: in an order, with text for people and a link that leads to that very name, and as JSON.
 *
 * Names are bytes, latin1 text with one character a byte. The link is made of the bytes, so that it works in any encoding; the text is
 * what they say in UTF-8, with U+FFFD for what is none. Links begin with "./": nothing in a name can make a scheme, a host or a query
 * of them (RFC 3986 §4.2).
 */

export interface ListedName {
  /** Bytes as latin1. */
  readonly name: string;
  readonly kind: 'file' | 'directory' | 'other';
  /** In bytes; looked at for files only. */
  readonly size: number;
  /** Milliseconds since the epoch. */
  readonly modifiedMs: number;
}

/** A name as it is shown. */
export interface ListedRow {
  readonly listed: ListedName;
  readonly text: string;
  /** Relative to the directory. */
  readonly href: string;
}

export type OrderKey = 'name' | 'size' | 'date';

export interface Order {
  readonly by: OrderKey;
  readonly descending: boolean;
}

export const DEFAULT_ORDER: Order = { by: 'name', descending: false };

const ORDER_KEYS: ReadonlySet<string> = new Set<OrderKey>(['name', 'size', 'date']);

/** The order of `?sort=name|size|date&order=asc|desc`, with or without its '?'; the default for a key that there is not. */
export function orderOf(query: string): Order {
  const fields = new URLSearchParams(query);
  const by = fields.get('sort') ?? DEFAULT_ORDER.by;
  return isOrderKey(by) ? { by, descending: fields.get('order') === 'desc' } : DEFAULT_ORDER;
}

function isOrderKey(text: string): text is OrderKey {
  return ORDER_KEYS.has(text);
}

/** Directories first and, what is equal, by name: in both directions. */
export function rowsOf(names: readonly ListedName[], order: Order): ListedRow[] {
  const keyed = names.map((listed) => {
    const text = textOf(listed.name);
    return { row: { listed, text, href: hrefOf(listed) }, folder: listed.kind === 'directory' ? 0 : 1, name: nameKey(text), value: valueOf(listed, order.by) };
  });
  const direction = order.descending ? -1 : 1;
  const byName = order.by === 'name' ? direction : 1;
  keyed.sort((a, b) => a.folder - b.folder || direction * compare(a.value, b.value) || byName * (compare(a.name, b.name) || compare(a.row.listed.name, b.row.listed.name)));
  return keyed.map(({ row }) => row);
}

function valueOf(listed: ListedName, by: OrderKey): number {
  if (by === 'name') return 0;
  const value = by === 'date' ? listed.modifiedMs : sizeOf(listed);
  return value === undefined || Number.isNaN(value) ? -Infinity : value;
}

function compare<Value extends string | number>(a: Value, b: Value): number {
  return a < b ? -1 : a > b ? 1 : 0;
}

/**
 * Compares as people count: case aside, and numbers by value ("9" before "10") because the length of their digits comes first. By code
 * units, so that every machine has the same order, whatever its ICU.
 */
function nameKey(text: string): string {
  return text.toLowerCase().replaceAll(/0*([0-9]+)/g, (_, digits: string) => `0${String.fromCharCode(digits.length)}${digits}`);
}

/** What bytes say in UTF-8. */
export function textOf(bytes: string): string {
  return Buffer.from(bytes, 'latin1').toString('utf8');
}

/** The link to a name, relative to its directory: everything but unreserved characters is encoded (RFC 3986 §2.3). */
function hrefOf({ name, kind }: ListedName): string {
  return `./${name.replaceAll(/[^0-9A-Za-z._~-]/g, percentEncoded)}${kind === 'directory' ? '/' : ''}`;
}

function percentEncoded(byte: string): string {
  return `%${byte.charCodeAt(0).toString(16).toUpperCase().padStart(2, '0')}`;
}

/** In bytes, of files; undefined where there is none to tell. */
export function sizeOf({ kind, size }: ListedName): number | undefined {
  return kind === 'file' && size >= 0 && size < Infinity ? size : undefined;
}

const YEAR_1_MS = -62_135_596_800_000;
const YEAR_10000_MS = 253_402_300_800_000;

/** ISO 8601 in UTC, to the second; undefined outside the years 1 to 9999, which are those that HTML and most readers know. */
export function timeOf({ modifiedMs }: ListedName): string | undefined {
  return modifiedMs >= YEAR_1_MS && modifiedMs < YEAR_10000_MS ? `${new Date(Math.floor(modifiedMs)).toISOString().slice(0, 19)}Z` : undefined;
}

/**
 * The listing as JSON, in the default order. Each name has its text and its `href`, relative to `path`; for a name that is not UTF-8 only
 * the latter is exact. `size` is null for what is no file, `modified` where it is no date of the years 1 to 9999.
 *
 * @param path of the request, raw, ending in '/'. @param truncated there are more names than these.
 */
export function listingJson(path: string, names: readonly ListedName[], truncated: boolean): string {
  const rows = rowsOf(names, DEFAULT_ORDER).map(({ listed, text, href }) => {
    return { name: text, href, kind: listed.kind, size: sizeOf(listed) ?? null, modified: timeOf(listed) ?? null };
  });
  return `${JSON.stringify({ path, truncated, names: rows })}\n`;
}
