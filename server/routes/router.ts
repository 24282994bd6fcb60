// Sites by host: one exchange for all of them.
import type { RequestHead } from '../../http/head.ts';
import type { Conversation, Exchange, Peer } from '../exchange.ts';
import { textPlan, type Plan } from '../plan.ts';
import { HostTable, type Hosted } from './host-table.ts';
import { exchangeOf, withBody } from './site-routes.ts';

export class Router implements Exchange {
  readonly #sites: HostTable<Exchange>;
  /** 421: the name of no site of ours (RFC 9110 §15.5.20). */
  readonly #nobody: Exchange;

  constructor(sites: readonly Hosted<Exchange>[]) {
    this.#sites = new HostTable(sites);
    const misdirected = textPlan(421, [], 'Misdirected Request\n');
    this.#nobody = exchangeOf((request) => withBody(request, misdirected));
  }

  wants(request: RequestHead): boolean {
    return this.#of(request).wants?.(request) ?? false;
  }

  known(request: RequestHead, nowMs: number, peer: Peer): Plan | undefined {
    return this.#of(request).known(request, nowMs, peer);
  }

  find(request: RequestHead, nowMs: number, peer: Peer, conversation: Conversation): Promise<Plan> {
    return this.#of(request).find(request, nowMs, peer, conversation);
  }

  #of(request: RequestHead): Exchange {
    return this.#sites.of(request.authority) ?? this.#nobody;
  }
}
