// The exchange of a static site: methods, entries, redirects, and the page for what is not there.
import type { Entry } from '../../cache/entries.ts';
import { canonicalDirectoryLocation } from '../../http/path.ts';
import { METHOD_GET, METHOD_HEAD, METHOD_OPTIONS, type RequestHead } from '../../http/head.ts';
import { reasonPhrase } from '../../http/response.ts';
import type { Exchange } from '../exchange.ts';
import { emptyPlan, textPlan, type Plan } from '../plan.ts';
import { filePlans, pagePlan, selectedPlan, type Selected } from './answers.ts';
import type { Lookup } from './lookup.ts';
import { contentType } from './types.ts';

/** What an entry keeps: its plans as a file, and as the page of a status. */
export interface SitePlans {
  readonly selected: Selected;
  readonly notFound: Plan;
  readonly notFoundHead: Plan;
}

const ALLOW = ['Allow', 'GET, HEAD, OPTIONS'] as const;
const OPTIONS_PLAN = emptyPlan(204, [ALLOW]);
const METHOD_PLAN = textPlan(405, [ALLOW], 'Method Not Allowed\n');
const NOT_FOUND_PAGE = '/404.html';

export class StaticExchange implements Exchange {
  readonly #lookup: Lookup<SitePlans>;
  readonly #errors = new Map<number, { readonly full: Plan; readonly head: Plan }>();

  constructor(lookup: Lookup<SitePlans>) {
    this.#lookup = lookup;
  }

  known(request: RequestHead, nowMs: number): Plan | undefined {
    if (request.method !== METHOD_GET && request.method !== METHOD_HEAD) return methodPlan(request);
    const entry = this.#lookup.known(request.path, nowMs);
    if (entry === undefined) return undefined;
    if (entry.kind === 'file') return selectedPlan(request, plansOf(entry).selected, nowMs);
    if (entry.kind !== 'missing') return this.#other(request, entry);
    const page = this.#lookup.known(NOT_FOUND_PAGE, nowMs);
    return page && this.#notFound(request, page);
  }

  async find(request: RequestHead, nowMs: number): Promise<Plan> {
    const entry = await this.#lookup.find(request.path, nowMs);
    if (entry.kind === 'file') return selectedPlan(request, plansOf(entry).selected, nowMs);
    if (entry.status !== 404) return this.#other(request, entry);
    return this.#notFound(request, this.#lookup.known(NOT_FOUND_PAGE, nowMs) ?? (await this.#lookup.find(NOT_FOUND_PAGE, nowMs)));
  }

  #notFound(request: RequestHead, page: Entry<SitePlans>): Plan {
    if (page.kind !== 'file') return this.#error(request, 404);
    const plans = plansOf(page);
    return request.method === METHOD_HEAD ? plans.notFoundHead : plans.notFound;
  }

  #other(request: RequestHead, entry: Entry<SitePlans>): Plan {
    if (entry.kind !== 'directory') return this.#error(request, entry.status);
    const location = canonicalDirectoryLocation(request.path, request.query);
    const plan = textPlan(301, [['Location', location]], `Moved to ${location}\n`);
    return request.method === METHOD_HEAD ? plan.withoutBody() : plan;
  }

  #error(request: RequestHead, status: number): Plan {
    let plans = this.#errors.get(status);
    if (!plans) {
      const text = textPlan(status, status === 503 ? [['Retry-After', '1']] : [], `${reasonPhrase(status)}\n`);
      const full = status === 400 ? text.closing() : text; // as every malformed request
      plans = { full, head: full.withoutBody() };
      this.#errors.set(status, plans);
    }
    return request.method === METHOD_HEAD ? plans.head : plans.full;
  }
}

function methodPlan(request: RequestHead): Plan {
  return request.method === METHOD_OPTIONS ? OPTIONS_PLAN : METHOD_PLAN;
}

function plansOf(entry: Entry<SitePlans>): SitePlans {
  if (entry.plans) return entry.plans;
  const representation = entry.representation!;
  const type = contentType(entry.path);
  const notFound = pagePlan(404, representation, type);
  return (entry.plans = {
    selected: { representation, type, plans: filePlans(representation, type) },
    notFound,
    notFoundHead: notFound.withoutBody(),
  });
}
