// Which proxy a stored answer is from, where several may be asked for one URL: the end of its keys (server/proxy/keys.ts). It is made from
// what the proxy is for and whom it asks, and not from its place in the config: what is stored outlives a config, and must not become the
// answer of another proxy because a route was put before it.
import { createHash } from 'node:crypto';
import type { ResolvedRoute, ResolvedSiteConfig, ResolvedSiteOptions } from '../config/resolved.ts';
import type { ResolvedOptions } from '../options.ts';

/** Of 64 bits. */
const NAME_DIGITS = 16;

/** Of the origins of a route, or of a site itself. '': those of the site of all hosts, whose keys are URLs. */
export function scopeOf({ hosts }: Pick<ResolvedSiteConfig, 'hosts'>, route: ResolvedRoute | undefined, { proxy }: ResolvedSiteOptions): string {
  if (hosts.length === 0 && route === undefined) return '';
  const match = route && [route.path, [...route.methods].sort(), route.headers.map(({ name, value }) => [name, String(value), typeof value])];
  const asked = proxy && [proxy.host, proxy.origins.origins.map(({ address: { url } }) => url)];
  const name = createHash('sha256').update(JSON.stringify([[...hosts].sort(), match, asked])).digest('hex').slice(0, NAME_DIGITS);
  return `#${name}`;
}

/** All that keys of one URL may end in. */
export function scopesOf(sites: readonly ResolvedSiteConfig[]): readonly string[] {
  const all = sites.flatMap((site) => [
    ...(site.options.proxy ? [scopeOf(site, undefined, site.options)] : []),
    ...site.routes.filter(({ target }) => target.kind === 'proxy').map((route) => scopeOf(site, route, route.options)),
  ]);
  return [...new Set(all)].filter((scope) => scope !== '');
}

/** Whether anything is asked of origins, and so there is something to store. */
export function hasOrigins({ proxy, sites }: Pick<ResolvedOptions, 'proxy' | 'sites'>): boolean {
  if (sites.length === 0) return proxy !== undefined;
  return sites.some(({ options, routes }) => options.proxy !== undefined || routes.some(({ target }) => target.kind === 'proxy'));
}
