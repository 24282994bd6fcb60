// Options of a cache in front of origins: types and defaults.
import { randomUUID } from 'node:crypto';
import { resolve } from 'node:path';
import { policyDefaults, type PolicyOptions } from '../cache/policy/options.ts';
import { cacheDefaults, STORE_BYTES_MAX } from './config/defaults.ts';
import type { ConfigPath } from './config/resolved.ts';
import type { ResolvedCacheRules } from './proxy/cache-rules.ts';
import { resolveOrigins, type OriginsOptions, type ResolvedOrigins } from './proxy/origin/options.ts';
import type { ProxyHooks } from './proxy/hook-api.ts';
import { hooksFile } from './proxy/hook-module.ts';
import type { CacheLimits } from './proxy/parts.ts';
import type { QueryOptions } from './proxy/query.ts';

export interface ProxyOptions extends OriginsOptions {
  /** What this proxy calls itself, in Via for origins and in Cache-Status: another name for each of several on one way. Default `pagecast`. */
  readonly name?: string;
  /** Host that origins are told: `keep` the client's (default), or this one. */
  readonly host?: string;
  /** Addresses and networks of proxies before us whose Forwarded and X-Forwarded-* are believed. Default: none. */
  readonly trusted?: readonly string[];
  /** Addresses and networks that may use the method PURGE. Default: this host. */
  readonly purgers?: readonly string[];
  /** Protocols that a client may change to, by name (RFC 9110 §7.8). Default `websocket`; of HTTP itself and of TLS there is no upgrade. */
  readonly upgrades?: readonly string[];
  /** A folder with files that origins may name in place of a body: X-Accel-Redirect, a path below it, or X-Sendfile, the whole path. Default: none, and these fields are passed on as others are. */
  readonly sendfileRoot?: string;
  /** A module (.js, .mjs, .cjs, .ts, .mts) whose default export is defineHooks({ … }), or in a config file the hooks themselves. Every worker has them as main has loaded them. */
  readonly hooks?: string | URL | ProxyHooks;
}

/** What is stored of what origins answer, and for how long. */
export interface CacheRules extends Partial<PolicyOptions> {
  /** Seconds that answers of 200 to 399 are fresh, whatever they say of it. It does not overrule no-store, private, Vary: * and Authorization. Default: what they say. */
  readonly ttlS?: number;
  /** Seconds beyond that in which they are used while they are validated. Default: what they say. */
  readonly staleWhileRevalidateS?: number;
  /** Seconds beyond that in which they are used where the origin fails. Default: what they say. */
  readonly staleIfErrorS?: number;
  /** Tags, by which one purges, of everything that is stored, besides those of Cache-Tag and Surrogate-Key. Default none. */
  readonly tags?: readonly string[];
  /** Neither answered from the cache nor stored. Default false. */
  readonly bypass?: boolean;
  /** What of a query is no part of the key. Default: every byte is. */
  readonly query?: QueryOptions;
}

export interface CacheOptions extends CacheRules {
  /** Memory for stored responses, of the process; bytes. Default 256 MiB, or a quarter of what the cgroup grants. */
  readonly bytesMax?: number;
  /** The largest body that is stored; bytes. Default an eighth of bytesMax, or of the store's. */
  readonly objectBytesMax?: number;
  /** Where a range of something larger is asked for that is not stored, only the range is fetched; bytes. Default 16 MiB. */
  readonly rangeFillBytesMax?: number;
  /** Milliseconds for which requests for what cannot be shared do not wait for each other. Default 10 000. */
  readonly aloneMs?: number;
}

/** Stored responses on disk: they are there after a start, and need no memory but for what is asked for. */
export interface StoreOptions {
  /** A folder that is empty or not there, or a store already. One process has it at a time. */
  readonly dir: string;
  /** Of all its files; what was not used for longest goes. Default 10 GiB. */
  readonly bytesMax?: number;
  /** What is written: `always` all that is stored (default), or what is asked for a `second` time. */
  readonly admit?: 'always' | 'second';
  /** What is stored is there after a loss of power, too: each write waits for the disk. Purges always do. Default false. */
  readonly durable?: boolean;
}

export interface ResolvedStore extends Required<StoreOptions> {
  /** Absolute path. */
  readonly dir: string;
}

export interface ResolvedProxy {
  readonly origins: ResolvedOrigins;
  /** A token. */
  readonly name: string;
  readonly host: string | undefined;
  readonly trusted: readonly string[];
  readonly purgers: readonly string[];
  /** Names in lower case. */
  readonly upgrades: readonly string[];
  /** Absolute path. */
  readonly sendfileRoot: string | undefined;
  /** Absolute path. */
  readonly hooks: string | undefined;
  /** Where they stand in the config, if that has them itself. */
  readonly hooksAt: ConfigPath | undefined;
  /** By which the workers of this server, and no others, find each other. */
  readonly channel: string;
}

export interface ResolvedCache {
  readonly bytesMax: number;
  readonly limits: CacheLimits;
  readonly policy: PolicyOptions;
  readonly query: QueryOptions | undefined;
  /** See ruledHooks(). */
  readonly rules: ResolvedCacheRules;
}

const THIS_HOST = ['127.0.0.0/8', '::1'];

/** Of options in which nothing is wrong (server/config/schema-proxy.ts). @param at where in a config `proxy` stands. */
export function resolveProxy(given: string | ProxyOptions['urls'] | ProxyOptions | undefined, at: ConfigPath = []): ResolvedProxy | undefined {
  if (given === undefined) return undefined;
  const { name = 'pagecast', host, trusted = [], purgers = THIS_HOST, upgrades = ['websocket'], sendfileRoot, hooks, ...origins }: ProxyOptions = isOptions(given) ? given : { urls: typeof given === 'string' ? [given] : given };
  return {
    origins: resolveOrigins(origins),
    name,
    host: host === 'keep' ? undefined : host,
    trusted: [...trusted],
    purgers: [...purgers],
    upgrades: upgrades.map((name) => name.toLowerCase()),
    sendfileRoot: sendfileRoot === undefined ? undefined : resolve(sendfileRoot),
    hooks: typeof hooks === 'string' || hooks instanceof URL ? hooksFile(hooks) : undefined,
    hooksAt: typeof hooks === 'object' && !(hooks instanceof URL) ? [...at, 'proxy', 'hooks'] : undefined,
    channel: `pagecast-${randomUUID()}`,
  };
}

export function resolveStore(given: string | StoreOptions | undefined): ResolvedStore | undefined {
  if (given === undefined) return undefined;
  const { dir, bytesMax = STORE_BYTES_MAX, admit = 'always', durable = false } = typeof given === 'string' ? { dir: given } : given;
  return { dir: resolve(dir), bytesMax, admit, durable };
}

/** The same. @param bytesMax memory for all that is stored. */
export function resolveCache(given: CacheOptions, bytesMax: number, store: ResolvedStore | undefined): ResolvedCache {
  const { bytesMax: _, objectBytesMax, rangeFillBytesMax, aloneMs, query, ttlS, staleWhileRevalidateS, staleIfErrorS, tags = [], bypass = false, ...policy } = given;
  const objectMax = objectBytesMax ?? Math.floor((store?.bytesMax ?? bytesMax) / 8);
  return {
    bytesMax,
    limits: { objectBytesMax: objectMax, memoryBytesMax: store ? Math.min(objectMax, Math.floor(bytesMax / 8)) : objectMax, rangeFillBytesMax: rangeFillBytesMax ?? cacheDefaults.rangeFillBytesMax, aloneMs: aloneMs ?? cacheDefaults.aloneMs },
    query,
    policy: { ...policyDefaults, ...policy, ...(policy.targets && { targets: policy.targets.map((name) => name.toLowerCase()) }) },
    rules: { ttlS, staleWhileRevalidateS, staleIfErrorS, tags, bypass },
  };
}

function isOptions(given: string | ProxyOptions['urls'] | ProxyOptions): given is ProxyOptions {
  return typeof given === 'object' && !Array.isArray(given);
}
