// What a worker's sites are made of: folders, origins, and what is said and asked before them. All of them share the worker's engine, and
// its part of the store.
import type { Areas, Engine } from '../native/index.ts';
import type { FieldList } from '../http/response.ts';
import { Gate } from './access/gate.ts';
import type { Exchange } from './exchange.ts';
import { FilesFirst } from './files-first.ts';
import { Front } from './front.ts';
import { Limited } from './limited.ts';
import type { Opener } from './opener.ts';
import type { ResolvedOptions } from './options.ts';
import { assembleProxy, type Proxy } from './proxy/assemble.ts';
import { ruledHooks } from './proxy/cache-rules.ts';
import type { ProxyHooks } from './proxy/hook-api.ts';
import { sendfileOptions } from './proxy/sendfile.ts';
import type { SharedStore } from './proxy/shared.ts';
import type { ResolvedProxy } from './proxy-options.ts';
import type { Report } from './report.ts';
import { SiteWide, SiteWideExchange } from './site-wide.ts';
import type { AboutFacts } from './static/about.ts';
import { staticSite, type StaticSite } from './static/assemble.ts';

export interface SiteParts {
  readonly engine: Engine;
  readonly areas: () => Areas;
  readonly opener: Opener;
  readonly report: Report;
  /** Without it nothing is asked of origins. */
  readonly store: SharedStore | undefined;
  readonly shedConnections: () => number;
  readonly about: () => AboutFacts;
}

/** What answers, and the fields that answers in its place have as well. */
export interface Content {
  readonly exchange: Exchange;
  readonly fields: FieldList;
  /** Any method may have a meaning there, not only those that read. */
  readonly takesAll: boolean;
}

export class SiteAssembly {
  readonly #parts: SiteParts;
  /** Made so far, the sites of files that origins name among them. */
  readonly sites: StaticSite[] = [];
  readonly proxies: Proxy[] = [];

  constructor(parts: SiteParts) {
    this.#parts = parts;
  }

  /** The folder of `options`, its origins, or the one before the other. @param scope see proxy/keys.ts. */
  content(options: ResolvedOptions, hooks: ProxyHooks | undefined, scope = ''): Content {
    const { store } = this.#parts;
    const proxy = store && options.proxy;
    const site = proxy && !options.filesFirst ? undefined : this.#files(options);
    if (!proxy) return { exchange: site!.exchange, fields: site!.fields.beside([]), takesAll: false };
    const siteWide = SiteWide.of(options.site);
    const { exchange } = this.#proxy(store, options, proxy, hooks, scope);
    const origins = siteWide ? new SiteWideExchange(exchange, siteWide) : exchange;
    return { exchange: site ? new FilesFirst(site.exchange, origins, new Set(proxy.upgrades)) : origins, fields: siteWide?.fields ?? [], takesAll: true };
  }

  /** A writer came for a file; `answers` of it are under way. False: the file is none of ours. */
  leaseBroken(file: number, answers: number): boolean {
    const site = this.sites.find(({ lookup }) => lookup.entries.pathOf(file) !== undefined);
    site?.lookup.leaseBroken(file, answers);
    return site !== undefined;
  }

  #files(options: ResolvedOptions): StaticSite {
    const { engine, areas, opener, report, shedConnections, about } = this.#parts;
    const site = staticSite({ engine, areas, opener, options, report, shedConnections, about, yields: options.filesFirst });
    this.sites.push(site);
    return site;
  }

  #proxy(store: SharedStore, options: ResolvedOptions, proxy: ResolvedProxy, hooks: ProxyHooks | undefined, scope: string): Proxy {
    const { sendfileRoot } = proxy;
    const files = sendfileRoot === undefined ? undefined : this.#files(sendfileOptions(options, sendfileRoot));
    const made = assembleProxy(store, { options, proxy, report: this.#parts.report, hooks: ruledHooks(options.cache.rules, hooks), files: files?.exchange, scope });
    this.proxies.push(made);
    return made;
  }
}

/** Health, preflights, how often one may ask, and who. Where nothing is asked before the content, nothing stands before it. */
export function behindFront(content: Content, { access, rateLimit, site }: Pick<ResolvedOptions, 'access' | 'rateLimit' | 'site'>): Exchange {
  const { fields, takesAll } = content;
  const gate = access && new Gate(access);
  const { health, cors } = site;
  if (rateLimit) {
    const behindGate = gate ? new Front(content.exchange, gate, { health: undefined, cors: false, fields }) : content.exchange;
    return behindFront({ ...content, exchange: new Limited(behindGate, rateLimit, fields) }, { access: undefined, rateLimit: undefined, site });
  }
  if (gate === undefined && health === undefined && !cors) return content.exchange;
  return new Front(content.exchange, gate, { health, cors, takesAll, fields });
}
