// From a config in which nothing is wrong to plain data: what is inherited is filled in, and functions become the places where they stand.
import { resolve } from 'node:path';
import { RateLimit } from '../access/rate-limit.ts';
import { fieldLines } from '../answer-fields.ts';
import { resolveCache, resolveProxy, type ResolvedCache } from '../proxy-options.ts';
import { resolveAccess, resolveSite, type SiteOptions } from '../site-options.ts';
import type { RateLimitConfig, RespondConfig, RouteConfig, SiteConfig, SiteMembers } from './config.ts';
import { hostOf } from './hosts.ts';
import { given, inherited } from './inherit.ts';
import { pathMatchOf } from './paths.ts';
import type { ConfigPath, ResolvedRateLimit, ResolvedRoute, ResolvedSiteConfig, ResolvedSiteOptions, ResolvedTarget } from './resolved.ts';

const NO_BYTES = new Uint8Array(0);
const FOUND = 302;

/** A limit that several places have is one account. */
export class RateTables {
  readonly #tables = new Map<object, SharedArrayBuffer>();

  readonly of = (limit: object): SharedArrayBuffer => {
    const known = this.#tables.get(limit);
    if (known) return known;
    const table = RateLimit.share();
    this.#tables.set(limit, table);
    return table;
  };
}

export interface Resolving {
  /** Memory and bounds of what is stored, of the server. */
  readonly cache: ResolvedCache;
  readonly tables: RateTables;
}

/** @param at where the members stand. */
export function resolveMembers(members: SiteMembers, { cache, tables }: Resolving, at: ConfigPath): ResolvedSiteOptions {
  const { root, index = 'index.html', dotfiles = false, symlinks = 'inside', protect = 'auto', proxy, access, rateLimit } = members;
  return {
    root: root === undefined ? undefined : resolve(root),
    index,
    dotfiles,
    symlinks,
    protect,
    site: resolveSite(members, index),
    proxy: resolveProxy(proxy, at),
    cache: { ...resolveCache(given(members.cache), cache.bytesMax, undefined), limits: cache.limits },
    access: access && resolveAccess(access, members.health, tables.of),
    rateLimit: rateLimit && resolveRateLimit(rateLimit, tables),
  };
}

export function resolveRateLimit(limit: RateLimitConfig, tables: RateTables): ResolvedRateLimit {
  const { perSecond, burst = Math.max(1, Math.ceil(perSecond)), by = 'address' } = limit;
  return { perSecond, burst, shared: tables.of(limit), by: by === 'address' ? by : { field: by.header.toLowerCase() } };
}

/** @param outer what stands beside `sites`. */
export function resolveSites(sites: readonly SiteConfig[], outer: SiteMembers, resolving: Resolving): ResolvedSiteConfig[] {
  return sites.map((site, i) => {
    const { hosts = [], ...own } = site;
    const members = inherited(outer, own);
    const at = ['sites', i];
    return { hosts: hosts.map(hostIn), options: resolveMembers(members, resolving, at), routes: resolveRoutes(members, resolving, at) };
  });
}

/** Those of a site, or of all that there is. */
export function resolveRoutes(site: SiteMembers, resolving: Resolving, at: ConfigPath): ResolvedRoute[] {
  return (site.routes ?? []).map((route, i) => {
    const place = [...at, 'routes', i];
    const members = inherited(site, route);
    return {
      path: route.path === undefined ? undefined : pathMatchOf(route.path),
      methods: methodsOf(route),
      headers: Object.entries(route.requestHeaders ?? {}).map(([name, value]) => ({ name: name.toLowerCase(), value })),
      target: targetOf(route, place),
      options: resolveMembers(membersOf(members, site), resolving, place),
    };
  });
}

/** Health and the like are the site's, which answers them before any route. */
function membersOf({ path, method, requestHeaders, redirect, respond, handle, ...members }: RouteConfig, { health }: SiteMembers): SiteMembers {
  return { ...members, ...(health !== undefined && { health }) };
}

function methodsOf({ method = [] }: RouteConfig): string[] {
  return (typeof method === 'string' ? [method] : method).map((name) => name.toUpperCase());
}

function targetOf({ root, proxy, redirect, respond }: RouteConfig, at: ConfigPath): ResolvedTarget {
  if (root !== undefined) return { kind: 'root' };
  if (proxy !== undefined) return { kind: 'proxy' };
  if (redirect) return { kind: 'redirect', to: redirect.to, status: redirect.status ?? FOUND };
  return respond ? respondOf(respond) : { kind: 'handle', at: [...at, 'handle'] };
}

function respondOf({ status = 200, headers = {}, body }: RespondConfig): ResolvedTarget {
  const fields = Object.entries(headers).flatMap(([name, values]) => (typeof values === 'string' ? [values] : values).flatMap((value) => fieldLines({ [name]: value })));
  const isTyped = typeof body !== 'string' || body === '' || fields.some(([name]) => name.toLowerCase() === 'content-type');
  return {
    kind: 'respond', status, fields: isTyped ? fields : [['Content-Type', 'text/plain; charset=utf-8'], ...fields],
    body: body === undefined ? NO_BYTES : typeof body === 'string' ? Buffer.from(body, 'utf8') : body,
  };
}

function hostIn(text: string): string {
  const host = hostOf(text);
  if (typeof host !== 'string') throw new Error(host.fault);
  return host;
}

/** What stands in `site` is as if it stood beside it. */
export function hoisted<Config extends { readonly site?: SiteOptions }>({ site, ...config }: Config): Omit<Config, 'site'> {
  return { ...given(site), ...config };
}
