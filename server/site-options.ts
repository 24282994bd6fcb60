// Options of what a site is and who may see it: types and defaults.
import type { FieldList } from '../http/response.ts';
import type { GateOptions } from './access/gate.ts';
import { RateLimit } from './access/rate-limit.ts';
import { fieldLines } from './answer-fields.ts';

/** Options of files. */
export interface FileOptions {
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
  /** Obey the files _headers and _redirects in the root; they are never served. Default true. */
  readonly rules?: boolean;
}

export interface SiteOptions extends FileOptions {
  /** Fields of every answer, by name; several values are joined, or sent in lines of their own where they cannot be. */
  readonly headers?: Readonly<Record<string, string | readonly string[]>>;
  /** Let pages of other sites read what is served. Default false. */
  readonly cors?: boolean;
  /** Set X-Frame-Options, Referrer-Policy and others to what most sites want. Default false. */
  readonly securityHeaders?: boolean;
  /** A folder below the root for each host: example.com/index.html. Default false. */
  readonly virtualHosts?: boolean;
  /** A path that is answered 200 by the server itself. */
  readonly health?: string;
  /** A path under which the server tells, as JSON, how it keeps and sends the file of `?path=`. Default: none, but for the site that comes with it. */
  readonly about?: string;
}

export interface AccessOptions {
  /** `name:password`; who has none is answered 401. Default: nobody is asked. */
  readonly users?: readonly string[];
  /** What they are asked for. Default `pagecast`. */
  readonly realm?: string;
  /** Addresses and networks (CIDR) that may ask; none: all. */
  readonly allow?: readonly string[];
  /** Addresses and networks that may not, whatever `allow` says. */
  readonly deny?: readonly string[];
  /** Requests of one address (IPv6: one /64), all workers together. */
  readonly rateLimit?: {
    /** Requests a second; 0.001 to 1,000,000. */
    readonly perSecond: number;
    /** At once, of one that has been away for long enough; whole, 1 to 1,000,000. Default: `perSecond`, rounded up. */
    readonly burst?: number;
  };
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

/** Of options in which nothing is wrong (server/config/schema-site.ts). */
export function resolveSite(given: SiteOptions, index: string): ResolvedSite {
  const { spa = false } = given;
  return {
    shell: spa === false ? undefined : rawPathOf(spa === true ? index : spa),
    cleanUrls: given.cleanUrls ?? 'serve',
    listing: given.listing ?? false,
    precompressed: given.precompressed ?? true,
    compress: given.compress ?? true,
    maxAgeS: given.maxAgeS,
    immutable: given.immutable ?? false,
    headers: fieldLines(given.headers ?? {}),
    cors: given.cors ?? false,
    securityHeaders: given.securityHeaders ?? false,
    rules: given.rules ?? true,
    virtualHosts: given.virtualHosts ?? false,
    health: given.health,
    about: given.about,
  };
}

/** The same. The table of a rate limit is shared by all workers. @param share the table of one. */
export function resolveAccess(given: AccessOptions, health: string | undefined, share: (limit: object) => SharedArrayBuffer = () => RateLimit.share()): GateOptions | undefined {
  const { users = [], realm = 'pagecast', allow = [], deny = [], rateLimit } = given;
  if (users.length + allow.length + deny.length === 0 && rateLimit === undefined) return undefined;
  const rate = rateLimit && { perSecond: rateLimit.perSecond, burst: rateLimit.burst ?? Math.max(1, Math.ceil(rateLimit.perSecond)), shared: share(rateLimit) };
  return { users: [...users], realm, allow: [...allow], deny: [...deny], rate, exempt: health === undefined ? [] : [health] };
}

function rawPathOf(file: string): string {
  return `/${file.replace(/^\.?\/+/, '').split('/').map(encodeURIComponent).join('/')}`;
}
