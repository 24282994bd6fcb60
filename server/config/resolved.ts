// What a config comes to: plain data with every default filled in, as workers get it. Functions are no data: they are named by where in
// the config they stand, and each worker finds them in the module that main has evaluated (module.ts).
import type { FieldList } from '../../http/response.ts';
import type { GateOptions } from '../access/gate.ts';
import type { Protect } from '../options.ts';
import type { ClusterOptions, TracingOptions } from './config.ts';
import type { ResolvedCache, ResolvedProxy } from '../proxy-options.ts';
import type { ResolvedSite } from '../site-options.ts';

/** Where in a config something stands, such as `['sites', 1, 'routes', 0, 'handle']`. */
export type ConfigPath = readonly (string | number)[];

/** What stands there; undefined: nothing does. */
export function memberAt(config: unknown, path: ConfigPath): unknown {
  return path.reduce<unknown>((value, key) => (typeof value === 'object' && value !== null ? Reflect.get(value, key) : undefined), config);
}

/** What may differ from one site, or route, to another; a subset of ResolvedOptions. */
export interface ResolvedSiteOptions {
  /** Absolute; undefined: no folder. With `proxy`: files first, origins for the rest. */
  readonly root: string | undefined;
  readonly index: string;
  readonly dotfiles: boolean;
  readonly symlinks: 'inside' | 'none';
  readonly protect: Protect;
  readonly site: ResolvedSite;
  readonly proxy: ResolvedProxy | undefined;
  /** Policy and keys of this site; memory is of the process. */
  readonly cache: ResolvedCache;
  /** Undefined: everybody may ask for everything. */
  readonly access: GateOptions | undefined;
  /** In addition to the one of `access`. */
  readonly rateLimit: ResolvedRateLimit | undefined;
}

/** A site, or the one that everything is. */
export interface ResolvedSiteConfig {
  /**
   * Lower case, without port and last dot: `example.com`, `192.0.2.1`, `[::1]`, or `*.example.com` for every name below, at any depth.
   * Empty: the site of all other hosts. No host stands in two sites, and one site at most has none.
   */
  readonly hosts: readonly string[];
  readonly options: ResolvedSiteOptions;
  /** The first that matches answers; none: the site itself, and 404 where it has neither root nor proxy. */
  readonly routes: readonly ResolvedRoute[];
}

export interface ResolvedRoute {
  /** Undefined: every path. */
  readonly path: ResolvedPathMatch | undefined;
  /** Upper case; GET stands for HEAD, too. Empty: every method. */
  readonly methods: readonly string[];
  /** All of them must match. */
  readonly headers: readonly ResolvedFieldMatch[];
  readonly target: ResolvedTarget;
  /** Those of the site with what the route says in their place: `root` and `proxy` are of the route alone. */
  readonly options: ResolvedSiteOptions;
}

export interface ResolvedPathMatch {
  /** `prefix`: what is below, and the path itself. `exact`: this path. */
  readonly kind: 'exact' | 'prefix';
  /** Canonical (server/rules/percent.ts). A prefix has no slash at its end: `/api` for `/api/*`, '' for all. */
  readonly path: string;
}

export interface ResolvedFieldMatch {
  /** Lower case. */
  readonly name: string;
  /** True: it is there. Text is the whole value; of several lines, joined by ", ". A pattern has no state (no flag g or y). */
  readonly value: string | RegExp | true;
}

export type ResolvedTarget =
  /** Files of `options.root`. */
  | { readonly kind: 'root' }
  /** Origins of `options.proxy`. */
  | { readonly kind: 'proxy' }
  /** `to`: as the target of a line in _redirects, with `:splat` for what `*` stood for. */
  | { readonly kind: 'redirect'; readonly to: string; readonly status: number }
  | { readonly kind: 'respond'; readonly status: number; readonly fields: FieldList; readonly body: Uint8Array }
  /** The function that stands there in the config. */
  | { readonly kind: 'handle'; readonly at: ConfigPath };

/** With defaults. */
export type ResolvedCluster = Required<Omit<ClusterOptions, 'tls'>> & Pick<ClusterOptions, 'tls'>;
export type ResolvedTracing = Required<TracingOptions>;

export interface ResolvedRateLimit {
  readonly perSecond: number;
  readonly burst: number;
  /** One account for all workers (server/access/rate-limit.ts). */
  readonly shared: SharedArrayBuffer;
  /** By address, or by the value of a field (lower case); requests without it are counted by address. */
  readonly by: 'address' | { readonly field: string };
}
