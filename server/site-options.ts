// Options of what a site is and who may see it: types, defaults, and what is wrong with what was given.
import type { FieldList } from '../http/response.ts';
import { fieldValueCharacters, tokenCharacters } from '../http/characters.ts';
import { Gate, type GateOptions } from './access/gate.ts';
import { RateLimit } from './access/rate-limit.ts';
import { reservedReason } from './rules/reserved-fields.ts';

export interface SiteOptions {
  /** What pages that do not exist are answered with, for applications that route in the browser: a file below the root, or true for the index. Default false. */
  readonly spa?: string | boolean;
  /** `/about` for about.html: `serve` it (default), also `redirect` from /about.html, or `off`. */
  readonly cleanUrls?: 'serve' | 'redirect' | 'off';
  /** List folders that have no index. Default false. */
  readonly listing?: boolean;
  /** Answer with name.br, name.zst and name.gz beside a file, to clients that take them. Default true. */
  readonly precompressed?: boolean;
  /** Compress what is not compressed yet. Default true. */
  readonly compress?: boolean;
  /** How long caches may keep files that are neither HTML nor named by a hash, in seconds. Default: they ask each time, by ETag. */
  readonly maxAgeS?: number;
  /** With maxAgeS: they never ask within that time, not even on reload. Default false. */
  readonly immutable?: boolean;
  /** Fields of every answer, by name; several values are joined, or sent in lines of their own where they cannot be. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Let pages of other sites read what is served. Default false. */
  readonly cors?: boolean;
  /** Set X-Frame-Options, Referrer-Policy and others to what most sites want. Default false. */
  readonly securityHeaders?: boolean;
  /** Obey the files _headers and _redirects in the root; they are never served. Default true. */
  readonly rules?: boolean;
  /** A folder below the root for each host: example.com/index.html. Default false. */
  readonly virtualHosts?: boolean;
  /** A path that is answered 200 by the server itself. */
  readonly health?: string;
  /** A path under which the server tells, as JSON, how it keeps and sends the file of `?path=`. Default: none, but for the site that comes with it. */
  readonly about?: string;
}

export interface AccessOptions {
  /** `name:password`; who has none is answered 401. */
  readonly users?: readonly string[];
  /** What they are asked for. Default `pagecast`. */
  readonly realm?: string;
  /** Addresses and networks (CIDR) that may ask; none: all. */
  readonly allow?: readonly string[];
  readonly deny?: readonly string[];
  /** Requests of one address (IPv6: one /64), all workers together. */
  readonly rateLimit?: { readonly perSecond: number; readonly burst?: number };
}

export interface ResolvedSite {
  /** A raw path. */
  readonly shell: string | undefined;
  readonly cleanUrls: 'serve' | 'redirect' | 'off';
  readonly listing: boolean;
  readonly precompressed: boolean;
  readonly compress: boolean;
  readonly maxAgeS: number | undefined;
  readonly immutable: boolean;
  readonly headers: FieldList;
  readonly cors: boolean;
  readonly securityHeaders: boolean;
  readonly rules: boolean;
  readonly virtualHosts: boolean;
  readonly health: string | undefined;
  readonly about: string | undefined;
}

const SWITCHES = ['listing', 'precompressed', 'compress', 'immutable', 'cors', 'securityHeaders', 'rules', 'virtualHosts'] as const;
const SITE_KEYS = new Set<string>([...SWITCHES, 'spa', 'cleanUrls', 'maxAgeS', 'headers', 'health', 'about']);
const ACCESS_KEYS = new Set(['users', 'realm', 'allow', 'deny', 'rateLimit']);
const MAX_AGE_S_MAX = 10 * 365 * 86_400;
/** RFC 9110 §5.3: lines of these cannot be joined. */
const ALONE = new Set(['set-cookie']);

export function resolveSite(given: SiteOptions, index: string, faults: string[]): ResolvedSite {
  for (const key of Object.keys(given)) if (!SITE_KEYS.has(key)) faults.push(`unknown option "site.${key}"`);
  for (const key of SWITCHES) {
    const value: unknown = given[key];
    if (value !== undefined && typeof value !== 'boolean') faults.push(`site.${key} must be true or false, not ${JSON.stringify(value)}`);
  }
  const { spa = false, cleanUrls = 'serve', maxAgeS, health, about } = given;
  // A caller in JavaScript may pass anything.
  const shell: unknown = spa;
  if (!['serve', 'redirect', 'off'].includes(cleanUrls)) faults.push(`site.cleanUrls must be "serve", "redirect" or "off", not "${cleanUrls}"`);
  if (maxAgeS !== undefined && !(Number.isInteger(maxAgeS) && maxAgeS >= 0 && maxAgeS <= MAX_AGE_S_MAX)) faults.push(`site.maxAgeS must be a whole number from 0 to ${MAX_AGE_S_MAX}, not ${maxAgeS}`);
  for (const [name, path] of [['health', health], ['about', about]] as const) {
    if (path !== undefined && !/^\/[\x21-\x7e]*$/.test(path)) faults.push(`site.${name} must be a path such as "/${name}", not "${path}"`);
  }
  if (typeof shell !== 'boolean' && (typeof shell !== 'string' || shell === '' || /[\0?#]|(?:^|\/)\.\.(?:\/|$)/.test(shell))) faults.push(`site.spa must be a file below the root such as "index.html", not "${String(shell)}"`);
  return {
    shell: spa === false ? undefined : rawPathOf(spa === true ? index : spa),
    cleanUrls,
    listing: given.listing ?? false,
    precompressed: given.precompressed ?? true,
    compress: given.compress ?? true,
    maxAgeS,
    immutable: given.immutable ?? false,
    headers: headersOf(given.headers ?? {}, faults),
    cors: given.cors ?? false,
    securityHeaders: given.securityHeaders ?? false,
    rules: given.rules ?? true,
    virtualHosts: given.virtualHosts ?? false,
    health,
    about,
  };
}

/** Checked by making a gate of them; the table of the rate limit is shared by all workers. */
export function resolveAccess(given: AccessOptions, health: string | undefined, faults: string[]): GateOptions | undefined {
  for (const key of Object.keys(given)) if (!ACCESS_KEYS.has(key)) faults.push(`unknown option "access.${key}"`);
  const { users = [], realm = 'pagecast', allow = [], deny = [], rateLimit } = given;
  if (users.length + allow.length + deny.length === 0 && rateLimit === undefined) return undefined;
  try {
    const rate = rateLimit && { perSecond: rateLimit.perSecond, burst: rateLimit.burst ?? Math.max(1, Math.ceil(rateLimit.perSecond)), shared: RateLimit.share() };
    const options: GateOptions = { users: [...users], realm, allow: [...allow], deny: [...deny], rate, exempt: health === undefined ? [] : [health] };
    new Gate(options).judge({ authorization: undefined, path: '/' }, '', 0); // it throws what is wrong when it is made
    return options;
  } catch (error) {
    faults.push(`access: ${error instanceof Error ? error.message : String(error)}`);
    return undefined;
  }
}

function headersOf(headers: Readonly<Record<string, string | readonly string[]>>, faults: string[]): FieldList {
  return Object.entries(headers).flatMap(([name, given]) => {
    const values = typeof given === 'object' ? given : [given];
    const fault = values.map((value) => faultOf(name, value)).find((text) => text !== undefined);
    if (fault !== undefined) faults.push(`site.headers: ${fault}`);
    if (fault !== undefined || values.length === 0) return [];
    return ALONE.has(name.toLowerCase()) ? values.map((value) => [name, latin1Of(value)] as const) : [[name, values.map(latin1Of).join(', ')] as const];
  });
}

function faultOf(name: string, value: unknown): string | undefined {
  if (name === '' || !consistsOf(name, tokenCharacters)) return `not a field name: ${JSON.stringify(name)}`;
  const reason = reservedReason(name, false);
  if (reason !== undefined) return `${name} cannot be set: ${reason}`;
  if (typeof value !== 'string' || !consistsOf(latin1Of(value), fieldValueCharacters)) return `not a value for ${name}: ${JSON.stringify(value)}`;
  return undefined;
}

function consistsOf(text: string, characters: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) if (characters[text.charCodeAt(i)] !== 1) return false;
  return true;
}

/** A field's value is bytes; these are UTF-8. */
function latin1Of(text: string): string {
  return Buffer.from(text.trim(), 'utf8').toString('latin1');
}

function rawPathOf(file: string): string {
  return `/${file.replace(/^\.?\/+/, '').split('/').map(encodeURIComponent).join('/')}`;
}
