// The exchange of static sites: methods, and which folder answers. What is known is answered at once, the rest when it
// has been looked up.
import { LRUCache } from 'lru-cache';
import { METHOD_GET, METHOD_HEAD, METHOD_OPTIONS, type RequestHead } from '../../http/head.ts';
import { hostName } from '../access/hosts.ts';
import type { Exchange } from '../exchange.ts';
import { emptyPlan, textPlan, type Plan } from '../plan.ts';
import type { EntryPlans } from './entry-plans.ts';
import { inquire, KnownNow, type Inquiry } from './inquiry.ts';
import type { Lookup } from './lookup.ts';
import type { Site } from './site.ts';

const ALLOW = ['Allow', 'GET, HEAD, OPTIONS'] as const;
const OPTIONS_PLAN = emptyPlan(204, [ALLOW]);
const METHOD_PLAN = textPlan(405, [ALLOW], 'Method Not Allowed\n');
/** 421: the name of no site of ours (RFC 9110 §15.5.20). */
const NO_SITE_PLAN = textPlan(421, [], 'Misdirected Request\n');
const SITES_MAX = 1024;

export class StaticExchange implements Exchange {
  readonly #lookup: Lookup<EntryPlans>;
  readonly #now: KnownNow<EntryPlans>;
  readonly #site: (prefix: string) => Site;
  readonly #single: Site | undefined;
  /** By folder of the host's name. */
  readonly #sites = new LRUCache<string, Site>({ max: SITES_MAX });

  /** @param site makes the site of a folder; @param byHost a folder below the root for each host's name, else the root itself. */
  constructor(lookup: Lookup<EntryPlans>, site: (prefix: string) => Site, byHost: boolean) {
    this.#lookup = lookup;
    this.#now = new KnownNow(lookup);
    this.#site = site;
    this.#single = byHost ? undefined : site('');
  }

  known(request: RequestHead, nowMs: number): Plan | undefined {
    if (request.method !== METHOD_GET && request.method !== METHOD_HEAD) return methodPlan(request);
    this.#now.nowMs = nowMs;
    return this.#plan(request, this.#now);
  }

  find(request: RequestHead, nowMs: number): Promise<Plan> {
    return inquire(this.#lookup, nowMs, (inquiry) => this.#plan(request, inquiry));
  }

  #plan(request: RequestHead, inquiry: Inquiry<EntryPlans>): Plan | undefined {
    if (this.#single) return this.#single.plan(request, inquiry);
    const host = hostName(request.authority);
    if (host === undefined) return withoutSite(request);
    const prefix = `/${host}`;
    const folder = inquiry.entry(prefix);
    if (folder === undefined) return undefined;
    if (folder.kind !== 'directory') return withoutSite(request);
    let site = this.#sites.get(prefix);
    if (!site) this.#sites.set(prefix, (site = this.#site(prefix)));
    return site.plan(request, inquiry);
  }
}

function methodPlan(request: RequestHead): Plan {
  return request.method === METHOD_OPTIONS ? OPTIONS_PLAN : METHOD_PLAN;
}

function withoutSite(request: RequestHead): Plan {
  return request.method === METHOD_HEAD ? NO_SITE_PLAN.withoutBody() : NO_SITE_PLAN;
}
