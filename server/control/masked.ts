// What an operator may read of the options: everything but secrets, and what only this process can make use of.

const SECRET = /token|password|passphrase|secret|credential|authorization|^(?:set-)?cookie$|(?:private|api).?key/i;
const MASK = '***';
const DEPTH_MAX = 16;

export type Readable = string | number | boolean | null | readonly Readable[] | { readonly [name: string]: Readable };

/** Whether what stands under such a name, a field's for one, is to be shown to nobody. */
export function isSecret(name: string): boolean {
  return SECRET.test(name);
}

/** Plain data, for JSON. Functions are told by their names; shared memory and bytes are left out. */
export function masked(value: unknown, depth = 0): Readable | undefined {
  if (value === null || typeof value === 'boolean') return value;
  if (typeof value === 'number') return Number.isFinite(value) ? value : String(value);
  if (typeof value === 'string') return withoutCredentials(value);
  if (typeof value === 'function') return `function ${value.name}`;
  if (value instanceof RegExp || value instanceof URL) return withoutCredentials(String(value));
  if (typeof value !== 'object' || depth > DEPTH_MAX || ArrayBuffer.isView(value) || value instanceof SharedArrayBuffer || value instanceof ArrayBuffer) return undefined;
  if (Array.isArray(value)) return value.map((item) => masked(item, depth + 1) ?? null);
  const entries = Object.entries(value).map(([name, item]) => [name, maskedMember(name, item, depth)] as const);
  return Object.fromEntries(entries.filter((entry): entry is [string, Readable] => entry[1] !== undefined));
}

function maskedMember(name: string, value: unknown, depth: number): Readable | undefined {
  if (value === undefined) return undefined;
  // Who may see the site: `name:password`.
  if (name === 'users' && Array.isArray(value)) return value.map((user) => `${String(user).split(':')[0]!}:${MASK}`);
  if (isSecret(name) && typeof value !== 'boolean' && value !== null && !/file$/i.test(name)) return MASK;
  const readable = masked(value, depth + 1);
  return name === 'tracing' ? withoutHeaders(readable) : readable;
}

/** What a collector is told besides is who may tell it something, whatever the names of it are. */
function withoutHeaders(tracing: Readable | undefined): Readable | undefined {
  if (typeof tracing !== 'object' || tracing === null || Array.isArray(tracing)) return tracing;
  const { headers, ...others } = tracing as { readonly [name: string]: Readable };
  return headers === undefined ? tracing : { ...others, headers: Object.fromEntries(Object.keys(headers ?? {}).map((header) => [header, MASK])) };
}

/** Of a URL, as people write them into options. */
function withoutCredentials(text: string): string {
  return text.replaceAll(/(:\/\/)[^/?#\s]*@/g, `$1${MASK}@`).replaceAll(/([?&][^=&#]*(?:token|password|secret)[^=&#]*=)[^&#\s]+/gi, `$1${MASK}`);
}
