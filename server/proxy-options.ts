// Options of a cache in front of origins: types, defaults and what is wrong with what was given.
import { randomUUID } from 'node:crypto';
import { statSync } from 'node:fs';
import { resolve } from 'node:path';
import { isToken } from '../http/list-members.ts';
import { hiddenProtocols } from '../http/upgrade.ts';
import { policyDefaults, type PolicyOptions } from '../cache/policy/options.ts';
import { AddressRules } from './access/addresses.ts';
import { resolveOrigins, type OriginsOptions, type ResolvedOrigins } from './proxy/origin/options.ts';
import { hooksFile } from './proxy/hook-module.ts';
import type { CacheLimits } from './proxy/parts.ts';
import type { QueryOptions } from './proxy/query.ts';

export interface ProxyOptions extends OriginsOptions {
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
  /** A module (.js, .mjs, .cjs; .ts, .mts where Node.js runs them) whose default export is defineHooks({ … }). Every worker loads it. */
  readonly hooks?: string | URL;
}

export interface CacheOptions extends Partial<PolicyOptions> {
  /** Memory for stored responses, of the process; bytes. Default 256 MiB, or a quarter of what the cgroup grants. */
  readonly bytesMax?: number;
  /** The largest body that is stored; bytes. Default an eighth of bytesMax. */
  readonly objectBytesMax?: number;
  /** Where a range of something larger is asked for that is not stored, only the range is fetched; bytes. Default 16 MiB. */
  readonly rangeFillBytesMax?: number;
  /** Milliseconds for which requests for what cannot be shared do not wait for each other. Default 10 000. */
  readonly aloneMs?: number;
  /** What of a query is no part of the key. Default: every byte is. */
  readonly query?: QueryOptions;
}

export interface ResolvedProxy {
  readonly origins: ResolvedOrigins;
  readonly host: string | undefined;
  readonly trusted: readonly string[];
  readonly purgers: readonly string[];
  /** Names in lower case. */
  readonly upgrades: readonly string[];
  /** Absolute path. */
  readonly sendfileRoot: string | undefined;
  /** Absolute path. */
  readonly hooks: string | undefined;
  /** By which the workers of this server, and no others, find each other. */
  readonly channel: string;
}

export interface ResolvedCache {
  readonly bytesMax: number;
  readonly limits: CacheLimits;
  readonly policy: PolicyOptions;
  readonly query: QueryOptions | undefined;
}

const MIB = 1 << 20;
const THIS_HOST = ['127.0.0.0/8', '::1'];
const BOUNDS: Readonly<Record<string, readonly [min: number, max: number]>> = {
  bytesMax: [MIB, 2 ** 44], objectBytesMax: [1024, 2 ** 44], rangeFillBytesMax: [0, 2 ** 44], aloneMs: [0, 3_600_000],
  heuristicFraction: [0, 1], heuristicMaxS: [0, 2 ** 31], negativeTtlS: [0, 2 ** 31], staleWhenUnreachableS: [0, 2 ** 31], ageMaxS: [0, Number.POSITIVE_INFINITY],
};
const CACHE_KEYS = new Set([...Object.keys(BOUNDS), 'targets', 'setCookie', 'honourRequestReload', 'query']);

export function resolveProxy(given: string | readonly string[] | ProxyOptions | undefined, faults: string[]): ResolvedProxy | undefined {
  if (given === undefined) return undefined;
  const { host, trusted = [], purgers = THIS_HOST, upgrades = ['websocket'], sendfileRoot, hooks, ...origins }: ProxyOptions = isOptions(given) ? given : { urls: typeof given === 'string' ? [given] : given };
  if (host !== undefined && (host === '' || /[^!-~]/.test(host))) faults.push(`proxy.host must be "keep" or a host, not ${JSON.stringify(host)}`);
  for (const [name, addresses] of [['trusted', trusted], ['purgers', purgers]] as const) {
    try {
      new AddressRules(addresses, []); // it throws what is wrong
    } catch (error) {
      faults.push(`proxy.${name}: ${error instanceof Error ? error.message : String(error)}`);
    }
  }
  return { origins: resolveOrigins(origins, faults), host: host === 'keep' ? undefined : host, trusted: [...trusted], purgers: [...purgers], upgrades: upgradesOf(upgrades, faults), sendfileRoot: folderOf(sendfileRoot, faults), hooks: hooksFile(hooks, faults), channel: `pagecast-${randomUUID()}` };
}

export function resolveCache(given: CacheOptions, grantedBytes: number, faults: string[]): ResolvedCache {
  for (const [key, value] of Object.entries(given) as [string, unknown][]) {
    const bound = BOUNDS[key];
    if (!CACHE_KEYS.has(key)) faults.push(`unknown option "cache.${key}"`);
    else if (bound && (typeof value !== 'number' || !(value >= bound[0] && value <= bound[1]))) faults.push(`cache.${key} must be a number from ${bound[0]} to ${bound[1]}, not ${String(value)}`);
  }
  const { bytesMax = Math.max(MIB, Math.min(256 * MIB, Math.floor(grantedBytes / 4))), objectBytesMax, rangeFillBytesMax = 16 * MIB, aloneMs = 10_000, query, ...policy } = given;
  if (policy.setCookie !== undefined && !['strip', 'refuse', 'keep'].includes(policy.setCookie)) faults.push(`cache.setCookie must be "strip", "refuse" or "keep", not "${policy.setCookie}"`);
  const limits: CacheLimits = { objectBytesMax: objectBytesMax ?? Math.floor(bytesMax / 8), rangeFillBytesMax, aloneMs };
  if (limits.objectBytesMax > bytesMax) faults.push('cache.objectBytesMax must not be above cache.bytesMax');
  return { bytesMax, limits, query: query && queryOf(query, faults), policy: { ...policyDefaults, ...policy, ...(policy.targets && { targets: policy.targets.map((name) => name.toLowerCase()) }) } };
}

/** A caller in JavaScript may pass anything. */
function upgradesOf(given: unknown, faults: string[]): readonly string[] {
  if (!Array.isArray(given) || !given.every((name) => typeof name === 'string' && isToken(name))) {
    faults.push(`proxy.upgrades must be a list of names such as "websocket", not ${JSON.stringify(given)}`);
    return [];
  }
  const names = (given as readonly string[]).map((name) => name.toLowerCase());
  const hidden = names.filter((name) => hiddenProtocols.has(name));
  if (hidden.length > 0) faults.push(`proxy.upgrades must not name ${hidden.join(', ')}: requests within it would be nobody's to check`);
  return names;
}

/** A caller in JavaScript may pass anything. */
function folderOf(given: unknown, faults: string[]): string | undefined {
  if (given === undefined) return undefined;
  const folder = typeof given === 'string' && given !== '' && !given.includes('\0') ? resolve(given) : undefined;
  if (folder === undefined || statSync(folder, { throwIfNoEntry: false })?.isDirectory() !== true) faults.push(`proxy.sendfileRoot must be a folder, not ${JSON.stringify(given)}`);
  return folder;
}

function isOptions(given: string | readonly string[] | ProxyOptions): given is ProxyOptions {
  return typeof given === 'object' && !Array.isArray(given);
}

/** A caller in JavaScript may pass anything. */
function queryOf(given: unknown, faults: string[]): QueryOptions | undefined {
  if (typeof given !== 'object' || given === null || Array.isArray(given)) {
    faults.push(`cache.query must be an object, not ${JSON.stringify(given)}`);
    return undefined;
  }
  for (const [key, value] of Object.entries(given) as [string, unknown][]) {
    if (!['sort', 'drop', 'keep'].includes(key)) faults.push(`unknown option "cache.query.${key}"`);
    else if (key === 'sort' ? typeof value !== 'boolean' : !Array.isArray(value) || !value.every((name) => typeof name === 'string')) {
      faults.push(`cache.query.${key} must be ${key === 'sort' ? 'true or false' : 'a list of names'}, not ${JSON.stringify(value)}`);
    }
  }
  return given;
}
