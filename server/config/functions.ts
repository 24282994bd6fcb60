// The functions of a config: main takes snapshots of the modules that have them, and each worker gets the functions out of these.
import type { ResolvedOptions } from '../options.ts';
import { checkedHooks, loadHooks } from '../proxy/hook-module.ts';
import type { ProxyHooks } from '../proxy/hook-api.ts';
import type { ResolvedProxy } from '../proxy-options.ts';
import type { Handler } from './config.ts';
import { pathText } from './faults.ts';
import { ConfigError, runConfig, type ConfigModule } from './load.ts';
import type { ModuleSnapshot } from './module-snapshot.ts';
import { memberAt, type ConfigPath, type ResolvedRoute } from './resolved.ts';

/** Modules that every worker of a server runs; plain data. */
export interface ServerModules {
  /** undefined: no function stands in the options. */
  readonly config: ConfigModule | undefined;
  /** By the path that `proxy.hooks` names. */
  readonly hooks: ReadonlyMap<string, ModuleSnapshot>;
}

/** What options have besides data. */
export interface Functions {
  /** The one that stands there. */
  handlerAt(at: ConfigPath): Handler;
  /** Those of a proxy. */
  hooksOf(proxy: ResolvedProxy): ProxyHooks | undefined;
}

/** Snapshots of what options name. */
export async function modulesOf(options: ResolvedOptions, config: ConfigModule | undefined): Promise<ServerModules> {
  const files = new Set(proxiesOf(options).flatMap(({ hooks }) => (hooks === undefined ? [] : [hooks])));
  if (files.size === 0) return { config, hooks: new Map() };
  const { snapshotOf } = await import('./module-compiler.ts');
  return { config, hooks: new Map([...files].map((file) => [file, snapshotOf(file)])) };
}

/** Where functions stand in options. */
export function functionsIn(options: ResolvedOptions): ConfigPath[] {
  const handlers = routesOf(options).flatMap(({ target }) => (target.kind === 'handle' ? [target.at] : []));
  return [...handlers, ...proxiesOf(options).flatMap(({ hooksAt }) => (hooksAt === undefined ? [] : [hooksAt]))];
}

/** Whether somebody else than the URL may decide under which key an answer is stored. */
export function hasHooks(options: ResolvedOptions): boolean {
  return proxiesOf(options).some(({ hooks, hooksAt }) => hooks !== undefined || hooksAt !== undefined);
}

/** In a worker, or where something is explained. @throws ConfigError, HooksError */
export async function functionsOf(options: ResolvedOptions, modules: ServerModules): Promise<Functions> {
  const config = modules.config && functionsIn(options).length > 0 ? await runConfig(modules.config) : undefined;
  const hooks = new Map<string, ProxyHooks>();
  for (const proxy of proxiesOf(options)) {
    const { hooks: file, hooksAt, channel } = proxy;
    if (file !== undefined) hooks.set(channel, await loadHooks(file, modules.hooks.get(file)));
    else if (hooksAt) hooks.set(channel, checkedHooks(memberAt(config, hooksAt), pathText(hooksAt)));
  }
  for (const { target } of routesOf(options)) if (target.kind === 'handle') handlerIn(config, target.at);
  return { handlerAt: (at) => handlerIn(config, at), hooksOf: ({ channel }) => hooks.get(channel) };
}

function handlerIn(config: unknown, at: ConfigPath): Handler {
  const handler = memberAt(config, at);
  // It was one when main looked: the file makes another config each time that it is run.
  if (typeof handler !== 'function') throw new ConfigError(`${pathText(at)} is no function in every worker: the config must be the same each time that it is made`);
  return handler as Handler;
}

function routesOf({ sites }: ResolvedOptions): ResolvedRoute[] {
  return sites.flatMap(({ routes }) => routes);
}

function proxiesOf(options: ResolvedOptions): ResolvedProxy[] {
  const all = [options.proxy, ...options.sites.flatMap((site) => [site.options.proxy, ...site.routes.map((route) => route.options.proxy)])];
  return all.filter((proxy) => proxy !== undefined);
}
