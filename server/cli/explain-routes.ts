// Which site and which route a request is for, as the router of a worker finds them (server/routes/): without asking either.
import type { RequestHead } from '../../http/head.ts';
import { pathText } from '../config/faults.ts';
import type { ResolvedRoute, ResolvedSiteConfig, ResolvedSiteOptions } from '../config/resolved.ts';
import type { ResolvedOptions } from '../options.ts';
import { HostTable } from '../routes/host-table.ts';
import { oddReadings } from '../routes/path-readings.ts';
import { Redirect } from '../routes/redirect.ts';
import { RouteMatch } from '../routes/route-match.ts';
import { scopeOf } from '../routes/scopes.ts';
import type { Facts } from './explained.ts';

export interface Routed {
  /** What was found. */
  readonly routing: Facts;
  /** The folder or the origins that answer, and what their keys end in; undefined: what answers needs neither. */
  readonly content: { readonly options: ResolvedOptions; readonly scope: string } | undefined;
  /** Where there is no content. */
  readonly answer: Facts;
}

const NOBODY: Facts = { answer: '404: neither a route nor the site is for it' };

/** Undefined: there is one site without routes. */
export function routed(request: RequestHead, options: ResolvedOptions): Routed | undefined {
  if (options.sites.length === 0) return undefined;
  const site = new HostTable(options.sites.map((one) => ({ hosts: one.hosts, site: one }))).of(request.authority);
  if (!site) return { routing: { site: null }, content: undefined, answer: { answer: '421: the name of no site' } };
  const routing = { site: site.hosts.length > 0 ? site.hosts : 'of all other hosts' };
  const strict = oddReadings(request.path)?.strict ?? request.path;
  const index = indexFor(site, request, strict);
  const loose = oddReadings(request.path)?.loose;
  if (loose !== undefined && indexFor(site, request, loose) !== index) return { routing, content: undefined, answer: { answer: '404: its path can be read in two ways, which lead to two routes' } };
  const route = site.routes[index];
  const asked = { ...routing, route: route ? `routes[${index}]: ${toldOf(route)}` : null };
  return route ? ofRoute(asked, request, site, route, options) : { routing: asked, content: contentOf(site, undefined, site.options, options), answer: NOBODY };
}

function ofRoute(routing: Facts, request: RequestHead, site: ResolvedSiteConfig, route: ResolvedRoute, options: ResolvedOptions): Routed {
  const { target, path } = route;
  switch (target.kind) {
    case 'root':
    case 'proxy':
      return { routing, content: contentOf(site, route, route.options, options), answer: NOBODY };
    case 'redirect': {
      const { status, fields } = new Redirect(path, target.to, target.status).plan(request);
      return { routing, content: undefined, answer: { answer: String(status), fields: fields.map(([name, value]) => `${name}: ${value}`) } };
    }
    case 'respond':
      return { routing, content: undefined, answer: { answer: String(target.status), bytes: target.body.length, fields: target.fields.map(([name, value]) => `${name}: ${value}`) } };
    case 'handle':
      return { routing, content: undefined, answer: { answer: `what ${pathText(target.at)} answers: it is not called` } };
  }
}

/** -1: no route is for it. */
function indexFor({ routes }: ResolvedSiteConfig, request: RequestHead, path: string): number {
  return routes.findIndex((route) => {
    const match = new RouteMatch(route);
    const isFor = match.isForPath(path) && match.isForRequest(request);
    return isFor && (route.target.kind !== 'redirect' || new Redirect(route.path, route.target.to, route.target.status).leadsElsewhere(request));
  });
}

function contentOf(site: ResolvedSiteConfig, route: ResolvedRoute | undefined, own: ResolvedSiteOptions, options: ResolvedOptions): Routed['content'] {
  if (own.root === undefined && own.proxy === undefined) return undefined;
  const filesFirst = own.root !== undefined && own.proxy !== undefined;
  return { options: { ...options, ...own, root: own.root ?? '', filesFirst, sites: [] }, scope: own.proxy ? scopeOf(site, route, own) : '' };
}

function toldOf({ path, methods, headers, target }: ResolvedRoute): string {
  const of = path === undefined ? 'every path' : path.kind === 'prefix' ? `${path.path}/*` : path.path;
  const fields = headers.map(({ name, value }) => (value === true ? name : `${name}: ${String(value)}`));
  return [of, ...(methods.length > 0 ? [methods.join(' ')] : []), ...fields, target.kind].join(', ');
}
