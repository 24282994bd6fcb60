// The options of the Fastify plugin: those of @fastify/static by their names where they mean the same, and those of a site. What means
// nothing here is refused, with what to say instead.
import type { Stats } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { FastifyReply, FastifyRequest, RouteOptions } from 'fastify';
import { OptionsError } from '../options.ts';
import type { Cache } from './cache.ts';
import type { DoorOptions } from './door.ts';

/** What may also be said for one answer, to reply.sendFile() and reply.download(). */
export interface SendOptions {
  /** Say Accept-Ranges, and heed Range. Default true. */
  readonly acceptRanges?: boolean;
  /** Say Content-Type. Default true. */
  readonly contentType?: boolean;
  /** Say Cache-Control. Default true. */
  readonly cacheControl?: boolean;
  /** Say ETag. Default true. */
  readonly etag?: boolean;
  /** Say Last-Modified. Default true. */
  readonly lastModified?: boolean;
  /** Milliseconds, or text such as `30d` or `2 hours`, of every file. Default: as the site says, pages are asked for each time and hashed names kept. */
  readonly maxAge?: number | string;
  /** With maxAge. Default false. */
  readonly immutable?: boolean;
  /** Is waited for before a file is answered with. What it throws is Fastify's error. */
  readonly onFile?: (path: string, stats: Stats) => void | Promise<void>;
}

export interface FastifyOptions extends SendOptions, Omit<DoorOptions, 'root' | 'index' | 'dotfiles' | 'immutable'> {
  /** A folder, or several: the first that has something answers. Needed, unless `serve` is false. */
  readonly root?: string | URL | readonly (string | URL)[];
  /** Default true: routes for what is in the folders. */
  readonly serve?: boolean;
  /** Of their paths; may have parameters. Default `/`. */
  readonly prefix?: string;
  readonly prefixAvoidTrailingSlash?: boolean;
  /** Default true: reply.sendFile() and reply.download(). */
  readonly decorateReply?: boolean;
  readonly constraints?: RouteOptions['constraints'];
  readonly logLevel?: NonNullable<RouteOptions['logLevel']>;
  readonly schemaHide?: boolean;
  /** Default true: one route for all. False: one for each file that is there now. */
  readonly wildcard?: boolean;
  /** A folder without its slash is redirected. Default false: it is answered as with it. */
  readonly redirect?: boolean;
  /** `allow`, `deny` (403) or `ignore` (404). Default `ignore`, other than there. */
  readonly dotfiles?: 'allow' | 'deny' | 'ignore' | boolean;
  /** The name of the file that stands for its folder; false: none does. Default `index.html`. */
  readonly index?: string | readonly string[] | false;
  /** Pages without their extension: ['html'], or none. Default: none. */
  readonly extensions?: readonly string[];
  /** Answer with .br, .zst and .gz beside a file. Default true, other than there. */
  readonly preCompressed?: boolean;
  /** Called before a file is answered with, behind the fields of the site. */
  readonly setHeaders?: (reply: FastifyReply, path: string, stats: Stats) => void;
  /** False: there is nothing. @param path from the root, with a slash before it. */
  readonly allowedPath?: (path: string, root: string, request: FastifyRequest) => boolean;
  readonly suppressWarning?: boolean;
  /** What there is nothing for is Fastify's, callNotFound(). Default true; false: the site's own page. */
  readonly fallthrough?: boolean;
  /** Of createCache() (`pagecast/cache`): answers of routes with `config: { cache: true }` are stored in it, and come from it. */
  readonly cache?: Cache;
}

const INSTEAD: Readonly<Record<string, string>> = {
  list: ': say `listing: true`, which lists as a page, and as JSON to `Accept: application/json`; other shapes are for a route of your own',
  globIgnore: ': routes are of files (wildcard: false) or of none; say allowedPath for what is not to be seen',
  serveDotFiles: ": say `dotfiles: 'allow'`",
};

/** What is Fastify's, or the plugin's own, and no option of a site. */
const OF_THE_PLUGIN = new Set([
  'root', 'serve', 'prefix', 'prefixAvoidTrailingSlash', 'decorateReply', 'constraints', 'logLevel', 'schemaHide', 'wildcard', 'redirect', 'dotfiles', 'index', 'extensions', 'preCompressed',
  'setHeaders', 'allowedPath', 'suppressWarning', 'acceptRanges', 'contentType', 'cacheControl', 'etag', 'lastModified', 'maxAge', 'immutable', 'onFile', 'logSerializers', 'fallthrough', 'cache',
]);

export interface PluginOptions {
  readonly roots: readonly string[];
  readonly hasIndex: boolean;
  /** Of the site of each root. */
  readonly site: Omit<DoorOptions, 'root'>;
  readonly send: SendOptions;
}

/** @throws OptionsError naming every fault. */
export function pluginOptions(options: FastifyOptions): PluginOptions {
  const faults = Object.keys(INSTEAD).filter((name) => Object.hasOwn(options, name) && options[name as keyof FastifyOptions] !== undefined).map((name) => ({ path: [name], text: INSTEAD[name]! }));
  const { root, serve = true, dotfiles = 'ignore', index = 'index.html', extensions = [], preCompressed = true } = options;
  const roots = (root === undefined ? [] : [root].flat()).map((one) => (typeof one === 'string' ? one : fileURLToPath(one)));
  if (serve && roots.length === 0) faults.push({ path: ['root'], text: ': a folder, or `serve: false`' });
  for (const one of roots) if (!one.startsWith('/')) faults.push({ path: ['root'], text: `: ${one} is not an absolute path` });
  if (typeof index === 'object' && index.length !== 1) faults.push({ path: ['index'], text: ': one name; several are for several folders' });
  if (extensions.some((name) => name !== 'html')) faults.push({ path: ['extensions'], text: ": ['html'] alone; other files are asked for by their names" });
  if (!['allow', 'deny', 'ignore', true, false].includes(dotfiles)) faults.push({ path: ['dotfiles'], text: ": 'allow', 'deny' or 'ignore'" });
  if (options.wildcard !== undefined && typeof options.wildcard !== 'boolean') faults.push({ path: ['wildcard'], text: ': true or false' });
  for (const name of ['setHeaders', 'allowedPath', 'onFile'] as const) if (options[name] !== undefined && typeof options[name] !== 'function') faults.push({ path: [name], text: ': a function' });
  const send = sendOptions(options, faults);
  if (faults.length > 0) throw new OptionsError(faults);
  const site = Object.fromEntries(Object.entries(options).filter(([name]) => !OF_THE_PLUGIN.has(name))) as Omit<DoorOptions, 'root'>;
  return {
    roots, hasIndex: index !== false, send,
    site: {
      cleanUrls: extensions.includes('html') ? 'serve' : 'off', ...site, dotfiles: dotfiles === 'allow' || dotfiles === true, precompressed: preCompressed,
      ...(index !== false && { index: typeof index === 'string' ? index : index[0]! }),
    },
  };
}

/** Those of them that say something. */
export function sendOptions({ acceptRanges, contentType, cacheControl, etag, lastModified, maxAge, immutable, onFile }: SendOptions, faults: { path: string[]; text: string }[] = []): SendOptions {
  const all = { acceptRanges, contentType, cacheControl, etag, lastModified, maxAge, immutable, onFile };
  if (maxAge !== undefined && Number.isNaN(seconds(maxAge))) faults.push({ path: ['maxAge'], text: `: milliseconds, or text such as "30d", not ${JSON.stringify(maxAge)}` });
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}

const UNITS_S: readonly (readonly [names: RegExp, seconds: number])[] = [
  [/^(?:ms|msecs?|milliseconds?)?$/, 0.001], [/^(?:s|secs?|seconds?)$/, 1], [/^(?:m|mins?|minutes?)$/, 60], [/^(?:h|hrs?|hours?)$/, 3600],
  [/^(?:d|days?)$/, 86_400], [/^(?:w|weeks?)$/, 604_800], [/^(?:y|yrs?|years?)$/, 31_557_600],
];
const YEAR_S = 31_536_000;

/** Of a maxAge: whole seconds, a year at most, NaN where it is none. */
export function seconds(maxAge: number | string): number {
  const [, count, unit] = /^\s*(\d+(?:\.\d+)?)\s*([a-z]*)\s*$/i.exec(String(maxAge)) ?? [];
  const each = count === undefined ? undefined : UNITS_S.find(([names]) => names.test(unit!.toLowerCase()))?.[1];
  return each === undefined ? Number.NaN : Math.min(YEAR_S, Math.floor(Number(count) * each));
}
