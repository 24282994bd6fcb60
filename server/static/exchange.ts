// The exchange of static sites: methods, and which folder answers. What is known is answered at once, the rest when it
// has been looked up.
import { LRUCache } from 'lru-cache';
import { METHOD_GET, METHOD_HEAD, METHOD_OPTIONS, type RequestHead } from '../../http/head.ts';
import type { FieldList } from '../../http/response.ts';
import { hostName } from '../access/hosts.ts';
import type { Exchange } from '../exchange.ts';
import { emptyPlan, textPlan, type Plan } from '../plan.ts';
import type { EntryPlans } from './entry-plans.ts';
import { inquire, KnownNow, type Inquiry } from './inquiry.ts';
import type { Lookup } from './lookup.ts';
import { NOTHING_HERE } from './nothing.ts';
import type { Site } from './site.ts';

const ALLOW = ['Allow', 'GET, HEAD, OPTIONS'] as const;
/** Methods that a server knows (RFC 9110 §9.3, RFC 5789), and a folder does not allow: 405. Others are 501 (§9.1). */
const KNOWN_METHODS: ReadonlySet<string> = new Set(['CONNECT', 'DELETE', 'PATCH', 'POST', 'PUT', 'TRACE']);
const SITES_MAX = 1024;

export class StaticExchange implements Exchange {
  readonly #lookup: Lookup<EntryPlans>;
  readonly #now: KnownNow<EntryPlans>;
  readonly #site: (prefix: string) => Site;
  readonly #single: Site | undefined;
  readonly #yields: boolean;
  readonly #options: Plan;
  readonly #notAllowed: Plan;
  readonly #notImplemented: Plan;
  /** 421: the name of no site of ours (RFC 9110 §15.5.20). */
  readonly #noSite: Plan;
  /** By folder of the host's name. */
  readonly #sites = new LRUCache<string, Site>({ max: SITES_MAX });

  /**
   * @param site makes the site of a folder. @param byHost a folder below the root for each host's name, else the root itself.
   * @param fields of every answer. @param yields a host without a folder is somebody else's: NOTHING_HERE.
   */
  constructor(lookup: Lookup<EntryPlans>, site: (prefix: string) => Site, byHost: boolean, fields: FieldList, yields: boolean) {
    this.#lookup = lookup;
    this.#yields = yields;
    this.#now = new KnownNow(lookup);
    this.#site = site;
    this.#single = byHost ? undefined : site('');
    this.#options = emptyPlan(204, [ALLOW, ...fields]);
    this.#notAllowed = textPlan(405, [ALLOW, ...fields], 'Method Not Allowed\n');
    this.#notImplemented = textPlan(501, [ALLOW, ...fields], 'Not Implemented\n');
    this.#noSite = textPlan(421, fields, 'Misdirected Request\n');
  }

  known(request: RequestHead, nowMs: number): Plan | undefined {
    if (request.method !== METHOD_GET && request.method !== METHOD_HEAD) return this.#withoutReading(request);
    this.#now.nowMs = nowMs;
    return this.#plan(request, this.#now);
  }

  find(request: RequestHead, nowMs: number): Promise<Plan> {
    return inquire(this.#lookup, nowMs, (inquiry) => this.#plan(request, inquiry));
  }

  #withoutReading(request: RequestHead): Plan {
    if (request.method === METHOD_OPTIONS) return this.#options;
    return KNOWN_METHODS.has(request.methodText) ? this.#notAllowed : this.#notImplemented;
  }

  #plan(request: RequestHead, inquiry: Inquiry<EntryPlans>): Plan | undefined {
    if (this.#single) return this.#single.plan(request, inquiry);
    const host = hostName(request.authority);
    if (host === undefined) return this.#withoutSite(request);
    const prefix = `/${host}`;
    const folder = inquiry.entry(prefix);
    if (folder === undefined) return undefined;
    if (folder.kind !== 'directory') return this.#withoutSite(request);
    let site = this.#sites.get(prefix);
    if (!site) this.#sites.set(prefix, (site = this.#site(prefix)));
    return site.plan(request, inquiry);
  }

  #withoutSite(request: RequestHead): Plan {
    if (this.#yields) return NOTHING_HERE;
    return request.method === METHOD_HEAD ? this.#noSite.withoutBody() : this.#noSite;
  }
}
