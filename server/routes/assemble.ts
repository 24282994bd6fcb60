// The exchange of a config with several sites, or with routes, put together. One site without routes is its own exchange.
import { pathText } from '../config/faults.ts';
import type { Functions } from '../config/functions.ts';
import type { ResolvedRoute, ResolvedSiteConfig, ResolvedSiteOptions } from '../config/resolved.ts';
import type { Exchange } from '../exchange.ts';
import { Front } from '../front.ts';
import type { ResolvedOptions } from '../options.ts';
import { Plan, bytesPlan } from '../plan.ts';
import type { Report } from '../report.ts';
import { behindFront, type Content, type SiteAssembly } from '../site-assembly.ts';
import { SiteWide, SiteWideExchange } from '../site-wide.ts';
import { HandlerExchange } from './handler.ts';
import { Redirect } from './redirect.ts';
import { RouteMatch } from './route-match.ts';
import { Router } from './router.ts';
import { scopeOf } from './scopes.ts';
import { exchangeOf, SiteRoutes, withBody, type Route } from './site-routes.ts';

/** RFC 9110 §6.4.1, §8.6: these have neither content nor its length. */
const WITHOUT_CONTENT = new Set([204, 304]);
/** Of each folder, however many there are. */
const OPEN_FILES_MIN = 16;

/** Of `options.sites`; what each of them and their routes say takes the place of what `options` do. */
export function routedExchange(assembly: SiteAssembly, options: ResolvedOptions, functions: Functions, report: Report): Exchange {
  const { sites } = options;
  const exchanges = new RoutedSites(assembly, shared(options), functions, report);
  const hosted = sites.map((site) => ({ hosts: site.hosts, site: exchanges.site(site) }));
  const [first] = hosted;
  return first && hosted.length === 1 && first.hosts.length === 0 ? first.site : new Router(hosted);
}

/** Files that a worker may keep open are those of all its folders. */
function shared(options: ResolvedOptions): ResolvedOptions {
  const folders = options.sites.flatMap((site) => [site.options, ...site.routes.filter(({ target }) => target.kind === 'root').map((route) => route.options)]).filter(({ root }) => root !== undefined).length;
  const openMax = Math.max(OPEN_FILES_MIN, Math.floor(options.files.openMax / Math.max(1, folders)));
  return { ...options, files: { ...options.files, openMax } };
}

class RoutedSites {
  readonly #assembly: SiteAssembly;
  readonly #options: ResolvedOptions;
  readonly #functions: Functions;
  readonly #report: Report;

  constructor(assembly: SiteAssembly, options: ResolvedOptions, functions: Functions, report: Report) {
    this.#assembly = assembly;
    this.#options = options;
    this.#functions = functions;
    this.#report = report;
  }

  site(site: ResolvedSiteConfig): Exchange {
    const { options, routes } = site;
    const own = options.root !== undefined || options.proxy ? this.#content(site, undefined, options) : undefined;
    if (own && routes.length === 0) return this.#before(own, options, options.site.health);
    const all = routes.map((route): Route => {
      const { content, leadsElsewhere } = this.#target(site, route);
      return { match: new RouteMatch(route), exchange: this.#before(content, route.options, undefined), ...(leadsElsewhere && { leadsElsewhere }) };
    });
    const fields = SiteWide.of(options.site)?.fields ?? [];
    const takesAll = own?.takesAll ?? true;
    const exchange = new SiteRoutes(all, own?.exchange, fields, (answering) => this.#before({ exchange: answering, fields, takesAll }, options, undefined));
    return options.site.health === undefined ? exchange : new Front(exchange, undefined, { health: options.site.health, cors: false, fields });
  }

  #content(site: ResolvedSiteConfig, route: ResolvedRoute | undefined, own: ResolvedSiteOptions): Content {
    const options: ResolvedOptions = { ...this.#options, ...own, root: own.root ?? '', filesFirst: own.root !== undefined && own.proxy !== undefined };
    return this.#assembly.content(options, own.proxy && this.#functions.hooksOf(own.proxy), own.proxy && scopeOf(site, route, own));
  }

  #target(site: ResolvedSiteConfig, route: ResolvedRoute): { readonly content: Content; readonly leadsElsewhere?: Route['leadsElsewhere'] } {
    const { target, options, path } = route;
    switch (target.kind) {
      case 'root':
      case 'proxy':
        return { content: this.#content(site, route, options) };
      case 'redirect': {
        const redirect = new Redirect(path, target.to, target.status);
        return { content: said(exchangeOf((request) => withBody(request, redirect.plan(request))), options), leadsElsewhere: (request) => redirect.leadsElsewhere(request) };
      }
      case 'respond': {
        // What the answer says itself is nearer than what is said with all.
        const named = new Set(target.fields.map(([name]) => name.toLowerCase()));
        const headers = options.site.headers.filter(([name]) => !named.has(name.toLowerCase()));
        const plan = WITHOUT_CONTENT.has(target.status) ? new Plan(target.status, target.fields, [], 'none') : bytesPlan(target.status, target.fields, target.body);
        return { content: said(exchangeOf((request) => withBody(request, plan)), { ...options, site: { ...options.site, headers } }) };
      }
      case 'handle': {
        const handling = { name: pathText(target.at), timeoutMs: this.#options.limits.handlerTimeoutMs };
        return { content: said(new HandlerExchange(this.#functions.handlerAt(target.at), handling, this.#report), options) };
      }
    }
  }

  #before(content: Content, { access, rateLimit, site }: ResolvedSiteOptions, health: string | undefined): Exchange {
    return behindFront(content, { access, rateLimit, site: { ...site, health } });
  }
}

function said(exchange: Exchange, { site }: ResolvedSiteOptions): Content {
  const siteWide = SiteWide.of(site);
  return siteWide ? { exchange: new SiteWideExchange(exchange, siteWide), fields: siteWide.fields, takesAll: true } : { exchange, fields: [], takesAll: true };
}
