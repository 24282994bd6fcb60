// What counts of a config, with every default: members, as a config would say them.
import type { ServerOptions, ResolvedOptions } from '../options.ts';
import { healthDefaults, originsDefaults } from '../proxy/origin/options.ts';
import { pathText } from './faults.ts';
import type { Layers, Source } from './layers.ts';
import type { ConfigPath } from './resolved.ts';

export interface EffectiveMember {
  readonly path: string;
  readonly value: unknown;
  readonly source: Source;
}

type Tree = Readonly<Record<string, unknown>>;

/** Every member that has a value, in the order of the options. @param readable takes secrets out of what is shown. */
export function effectiveMembers(layers: Layers, resolved: ResolvedOptions, readable: (value: unknown) => unknown): EffectiveMember[] {
  const config = over(defaultsOf(layers.config, resolved), layers.config);
  return leaves(readable(config), []).map(({ path, value }) => ({ path: pathText(path), value, source: layers.sourceOf(path) }));
}

function defaultsOf({ root, proxy, sites }: ServerOptions, resolved: ResolvedOptions): Tree {
  const { workers, graceMs, shutdownDelayMs, upgradeTimeoutMs, congestionControl, limits, files, arena, guard, index, dotfiles, symlinks, protect, site, cache } = resolved;
  const { cleanUrls, listing, precompressed, compress, immutable, rules, cors, securityHeaders, virtualHosts } = site;
  const { objectBytesMax, rangeFillBytesMax, aloneMs } = cache.limits;
  const isFolder = root === undefined && proxy === undefined && sites === undefined && resolved.sites.length === 0;
  return {
    listen: resolved.listen, workers, accessLog: resolved.accessLog, graceMs, shutdownDelayMs, upgradeTimeoutMs, ...(congestionControl !== undefined && { congestionControl }), limits, files, arena, guard,
    ...(isFolder && { root: resolved.root }), index, dotfiles, symlinks, protect, cleanUrls, listing, precompressed, compress, immutable, rules, cors, securityHeaders, virtualHosts,
    ...(resolved.proxy && { proxy: { urls: [], ...originsDefaults, tls: { rejectUnauthorized: true }, health: healthDefaults, purgers: resolved.proxy.purgers, upgrades: resolved.proxy.upgrades } }),
    cache: { ...cache.policy, bytesMax: cache.bytesMax, objectBytesMax, rangeFillBytesMax, aloneMs },
  };
}

/** Members of `upper` in place of those of `lower`; what is undefined there is not said. */
function over(lower: Tree, upper: Tree): Tree {
  const merged = Object.entries(upper).flatMap(([key, value]) => (value === undefined ? [] : [[key, isTree(value) && isTree(lower[key]) ? over(lower[key], value) : value] as const]));
  return { ...lower, ...Object.fromEntries(merged) };
}

function leaves(value: unknown, path: ConfigPath): { readonly path: ConfigPath; readonly value: unknown }[] {
  if (Array.isArray(value) && value.some(isTree)) return value.flatMap((item: unknown, i) => leaves(item, [...path, i]));
  if (isTree(value) && Object.keys(value).length > 0) return Object.entries(value).flatMap(([key, member]) => leaves(member, [...path, key]));
  return value === undefined ? [] : [{ path, value }];
}

function isTree(value: unknown): value is Tree {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
