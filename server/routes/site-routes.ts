/**
 * A site with routes: the first that is for a request answers it, else the site itself. What is chosen depends on the request alone, so that
 * wants(), known() and find() ask the same one.
 */
import { METHOD_HEAD, METHOD_OPTIONS, TARGET_AUTHORITY, type RequestHead } from '../../http/head.ts';
import type { FieldList } from '../../http/response.ts';
import type { Conversation, Exchange, Peer } from '../exchange.ts';
import { emptyPlan, textPlan, type Plan } from '../plan.ts';
import { SiteWide, SiteWideExchange } from '../site-wide.ts';
import { oddReadings } from './path-readings.ts';
import type { RouteMatch } from './route-match.ts';

export interface Route {
  readonly match: RouteMatch;
  readonly exchange: Exchange;
  /** It is not for requests that it would send to where they are. */
  readonly leadsElsewhere?: (request: RequestHead) => boolean;
}

const VARY_LISTS_MAX = 256;

export class SiteRoutes implements Exchange {
  readonly #routes: readonly Route[];
  readonly #own: Exchange;
  readonly #nowhere: Exchange;
  /** Some route looks at fields: answers under its path depend on them (RFC 9110 §12.5.5). */
  readonly #varies: boolean;
  readonly #varied = new Map<string, SiteWide>();

  /**
   * @param own of the site itself; undefined: it has none. @param fields of answers that are made here.
   * @param guarded what the site asks before it answers.
   */
  constructor(routes: readonly Route[], own: Exchange | undefined, fields: FieldList, guarded: (exchange: Exchange) => Exchange) {
    this.#routes = routes;
    const notFound = textPlan(404, fields, 'Not Found\n');
    this.#nowhere = guarded(exchangeOf((request) => withBody(request, notFound)));
    this.#own = own ? guarded(own) : guarded(exchangeOf((request) => this.#otherMethod(request, fields) ?? withBody(request, notFound)));
    this.#varies = routes.some(({ match }) => match.names !== '');
  }

  wants(request: RequestHead): boolean {
    return this.#chosen(request).wants?.(request) ?? false;
  }

  known(request: RequestHead, nowMs: number, peer: Peer): Plan | undefined {
    return this.#chosen(request, peer).known(request, nowMs, peer);
  }

  find(request: RequestHead, nowMs: number, peer: Peer, conversation: Conversation): Promise<Plan> {
    return this.#chosen(request, peer).find(request, nowMs, peer, conversation);
  }

  #chosen(request: RequestHead, peer?: Peer): Exchange {
    const { path } = request;
    // OPTIONS * is for the server, and CONNECT for nobody.
    if (!path.startsWith('/') || request.targetForm === TARGET_AUTHORITY) return this.#own;
    const odd = oddReadings(path);
    const strict = odd?.strict ?? path;
    const route = this.#first(request, strict);
    if (odd && odd.loose !== strict && this.#first(request, odd.loose) !== route) return this.#nowhere;
    if (route?.match.pattern !== undefined) peer?.trace?.matched(route.match.pattern);
    const exchange = route?.exchange ?? this.#own;
    return this.#varies ? this.#varying(exchange, this.#asked(route, strict)) : exchange;
  }

  #first(request: RequestHead, path: string): Route | undefined {
    for (const route of this.#routes) {
      if (route.match.isForPath(path) && route.match.isForRequest(request) && route.leadsElsewhere?.(request) !== false) return route;
    }
    return undefined;
  }

  /** Names of the fields that were looked at before `route` was chosen, and for it. */
  #asked(route: Route | undefined, path: string): string {
    let names = '';
    for (const one of this.#routes) {
      if (one.match.names !== '' && one.match.isForPath(path)) names = names === '' ? one.match.names : `${names}, ${one.match.names}`;
      if (one === route) break;
    }
    return names;
  }

  #varying(exchange: Exchange, names: string): Exchange {
    if (names === '') return exchange;
    let varied = this.#varied.get(names);
    if (!varied) {
      if (this.#varied.size >= VARY_LISTS_MAX) this.#varied.clear();
      varied = SiteWide.of({ headers: [['Vary', names]], cors: false, securityHeaders: false })!;
      this.#varied.set(names, varied);
    }
    return new SiteWideExchange(exchange, varied);
  }

  /** RFC 9110 §15.5.6, §9.3.7: where another method would have had an answer. */
  #otherMethod(request: RequestHead, fields: FieldList): Plan | undefined {
    if (!request.path.startsWith('/')) return request.method === METHOD_OPTIONS ? emptyPlan(204, fields) : undefined;
    const path = oddReadings(request.path)?.strict ?? request.path;
    const methods = new Set(this.#routes.flatMap(({ match }) => (match.isForPath(path) ? [...(match.methodsFor(request) ?? [])] : [])));
    if (methods.size === 0) return undefined;
    if (methods.has('GET')) methods.add('HEAD');
    methods.add('OPTIONS');
    const allow = ['Allow', [...methods].join(', ')] as const;
    if (request.method === METHOD_OPTIONS) return emptyPlan(204, [allow, ...fields]);
    return withBody(request, textPlan(405, [allow, ...fields], 'Method Not Allowed\n'));
  }
}

/** Of what is always known. */
export function exchangeOf(plan: (request: RequestHead) => Plan): Exchange {
  return { known: (request) => plan(request), find: (request) => Promise.resolve(plan(request)) };
}

export function withBody(request: RequestHead, plan: Plan): Plan {
  return request.method === METHOD_HEAD ? plan.withoutBody() : plan;
}
