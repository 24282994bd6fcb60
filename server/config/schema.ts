// The schema of a config: what createServer() takes, and what a config file gives. It says which shapes there may be; defaults are where
// options are resolved (resolve.ts).
import type { z } from 'zod';
import type { ServerOptions } from '../options.ts';
import { hostOf } from './hosts.ts';
import { cacheSchema } from './schema-proxy.ts';
import { memberShape, shellMisfits, siteConfigSchema } from './schema-routes.ts';
import { serverShape } from './schema-server.ts';
import { siteSchema, siteShape } from './schema-site.ts';
import { group, list, related, type Misfit } from './schema-terms.ts';

const SITES_MAX = 1_000;
/** They are of one site: nobody could say of which. */
const OF_ONE_SITE = ['root', 'proxy', 'routes', 'virtualHosts'];

export const configSchema = related(group({
  ...serverShape,
  ...memberShape,
  cache: cacheSchema.optional(),
  site: siteSchema.optional(),
  sites: list(siteConfigSchema, `a list of 1 to ${SITES_MAX} sites`, SITES_MAX, 1).optional(),
}), (config) => [...shellMisfits({ ...membersOf(config.site), ...config }), ...arenaMisfits(config), ...objectMisfits(config), ...siteMisfits(config), ...hostMisfits(config)]);

type Config = Readonly<Record<string, unknown>>;

function arenaMisfits({ arena, guard }: Config): Misfit[] {
  const fileBytesMax = numberIn(arena, 'fileBytesMax') ?? 32 << 10;
  const privateMaxBytes = numberIn(guard, 'privateMaxBytes') ?? 8 << 20;
  return fileBytesMax > privateMaxBytes ? [[['arena', 'fileBytesMax'], `must not be above guard.privateMaxBytes (${privateMaxBytes}): only files that are read once are copied`]] : [];
}

function objectMisfits({ cache, store }: Config): Misfit[] {
  const objectBytesMax = numberIn(cache, 'objectBytesMax') ?? 0;
  const [name, bytesMax] = store === undefined ? ['bytesMax', numberIn(cache, 'bytesMax')] : ['store.bytesMax', numberIn(store, 'bytesMax')];
  return objectBytesMax > (bytesMax ?? Number.POSITIVE_INFINITY) ? [[['cache', 'objectBytesMax'], `it must not be above ${name} (${bytesMax})`]] : [];
}

/** What is said twice, or of no site. */
function siteMisfits(config: Config): Misfit[] {
  const grouped = membersOf(config['site']);
  const twice = Object.keys(siteShape).filter((name) => config[name] !== undefined && grouped[name] !== undefined);
  const lost = config['sites'] === undefined ? [] : OF_ONE_SITE.filter((name) => config[name] !== undefined);
  return [
    ...twice.map((name): Misfit => [[name], `it is given twice, here and as site.${name}`]),
    ...lost.map((name): Misfit => [[name], 'it is of one site: where there are sites, it stands in one of them']),
  ];
}

function hostMisfits({ sites }: Config): Misfit[] {
  if (!Array.isArray(sites)) return [];
  const seen = new Map<string, number>();
  return sites.flatMap((site: unknown, i): Misfit[] => {
    const given = membersOf(site)['hosts'];
    const hosts: readonly unknown[] = given === undefined ? [''] : Array.isArray(given) ? given : [];
    return hosts.flatMap((text, k): Misfit[] => {
      const host = typeof text === 'string' && text !== '' ? hostOf(text) : text;
      if (typeof host !== 'string') return [];
      const first = seen.get(host);
      seen.set(host, first ?? i);
      if (first === undefined) return [];
      return host === '' ? [[['sites', i], `it has no hosts, and neither has sites[${first}]: one site is for all other hosts`]] : [[['sites', i, 'hosts', k], `${JSON.stringify(text)} is a host of sites[${first}] already`]];
    });
  });
}

function membersOf(value: unknown): Config {
  return typeof value === 'object' && value !== null ? (value as Config) : {};
}

function numberIn(value: unknown, name: string): number | undefined {
  const given = membersOf(value)[name];
  return typeof given === 'number' ? given : undefined;
}

/** Members by name, optional or not, in the same words on both sides; what is opaque stays as it is. */
type Plain<T> = T extends Opaque ? T
  : T extends readonly (infer Item)[] ? Plain<Item>[]
    : T extends object ? { -readonly [Key in keyof T]-?: Plain<T[Key]> | (object extends Pick<T, Key> ? undefined : never) }
      : T;
type Opaque = URL | RegExp | Uint8Array | ((...args: never) => unknown);
type Same<A, B> = [A] extends [B] ? ([B] extends [A] ? true : never) : never;

/** The compiler holds the schema against the types that are written by hand. */
export const schemaAgrees: Same<Plain<z.input<typeof configSchema>>, Plain<ServerOptions>> = true;
