// What is asked before any site is: the health of the server, CORS preflights, and whether the peer may ask at all.
import { METHOD_GET, METHOD_HEAD, METHOD_OPTIONS, FIELD_AUTHORIZATION, FIELD_ORIGIN, type RequestHead } from '../http/head.ts';
import { isToken } from '../http/list-members.ts';
import { reasonPhrase, type FieldList } from '../http/response.ts';
import type { Gate } from './access/gate.ts';
import type { Conversation, Exchange, Peer } from './exchange.ts';
import { emptyPlan, textPlan, type Plan } from './plan.ts';

export interface FrontOptions {
  /** A raw path that is answered 200 without a look at anything; undefined: none. */
  readonly health: string | undefined;
  readonly cors: boolean;
  /** Preflights of any method are let through: there is somebody who may know it. Else of those that read. */
  readonly takesAll?: boolean;
  /** Of every answer that is made here. */
  readonly fields: FieldList;
}

/** A preflight is good for two hours: Chromium takes no longer one. */
const PREFLIGHT_FIELDS: FieldList = [['Access-Control-Allow-Origin', '*'], ['Access-Control-Max-Age', '7200']];
const READING = 'GET, HEAD, OPTIONS';

export class Front implements Exchange {
  readonly #inner: Exchange;
  readonly #gate: Gate | undefined;
  readonly #options: FrontOptions;
  readonly #healthy: Plan;

  constructor(inner: Exchange, gate: Gate | undefined, options: FrontOptions) {
    this.#inner = inner;
    this.#gate = gate;
    this.#options = options;
    this.#healthy = textPlan(200, [['Cache-Control', 'no-store'], ...options.fields], 'ok\n');
  }

  wants(request: RequestHead): boolean {
    return this.#inner.wants?.(request) ?? false;
  }

  known(request: RequestHead, nowMs: number, peer: Peer): Plan | undefined {
    return this.#own(request, nowMs, peer) ?? this.#inner.known(request, nowMs, peer);
  }

  /** Who is asked for again has been let in by known(); one that brings what wants() asked for has not been seen before. */
  async find(request: RequestHead, nowMs: number, peer: Peer, conversation: Conversation): Promise<Plan> {
    const own = conversation.body && this.#own(request, nowMs, peer);
    return own ?? this.#inner.find(request, nowMs, peer, conversation);
  }

  #own(request: RequestHead, nowMs: number, peer: Peer): Plan | undefined {
    const { health, cors, takesAll = false } = this.#options;
    if (health !== undefined && request.path === health) {
      if (request.method === METHOD_GET) return this.#healthy;
      if (request.method === METHOD_HEAD) return this.#healthy.withoutBody();
    }
    if (cors && request.method === METHOD_OPTIONS && request.has(FIELD_ORIGIN)) {
      const asked = request.fieldNamed('access-control-request-method');
      if (asked !== undefined) return preflight(request, takesAll ? asked : undefined);
    }
    return this.#refused(request, nowMs, peer);
  }

  #refused(request: RequestHead, nowMs: number, peer: Peer): Plan | undefined {
    const refused = this.#gate?.judge({ authorization: request.field(FIELD_AUTHORIZATION), path: request.path }, peer.address, nowMs);
    if (refused === undefined) return undefined;
    const plan = textPlan(refused.status, [...refused.fields, ...this.#options.fields], `${reasonPhrase(refused.status)}\n`);
    return request.method === METHOD_HEAD ? plan.withoutBody() : plan;
  }
}

/** Any field may be sent: none that a static site looks at can do harm. What was asked for was checked by the parser of heads. */
function preflight(request: RequestHead, method: string | undefined): Plan {
  const asked = request.fieldNamed('access-control-request-headers');
  const allowed = asked !== undefined && /^[\w!#$%&'*+.^`|~, \t-]*$/.test(asked) ? [['Access-Control-Allow-Headers', asked] as const] : [];
  const methods = method !== undefined && isToken(method) ? `${READING}, ${method}` : READING;
  const vary = method === undefined ? 'Access-Control-Request-Headers' : 'Access-Control-Request-Method, Access-Control-Request-Headers';
  return emptyPlan(204, [...PREFLIGHT_FIELDS, ['Access-Control-Allow-Methods', methods], ...allowed, ['Vary', vary]]);
}
