// Hooks before the proxy's exchange: what they decide of a request is decided once, and goes with it. A hook without a promise
// costs the way of a hit no promise either.
import type { RequestHead } from '../../http/head.ts';
import type { Conversation, Exchange, Peer } from '../exchange.ts';
import { Plan } from '../plan.ts';
import type { ProxyExchange } from './exchange.ts';
import type { Hooks } from './hooks.ts';
import type { Steered } from './steering.ts';

/** What known() has had decided of a request that find() is asked for next. */
interface Handed {
  readonly steered: Steered | Promise<Steered>;
  readonly target: string;
  readonly peer: Peer;
  /** Another request than the client's. */
  readonly isOther: boolean;
}

export class HookedExchange implements Exchange {
  readonly #inner: ProxyExchange;
  readonly #hooks: Hooks;
  #handed: Handed | undefined;

  constructor(inner: ProxyExchange, hooks: Hooks) {
    this.#inner = inner;
    this.#hooks = hooks;
  }

  wants(): boolean {
    return this.#inner.wants();
  }

  known(request: RequestHead, nowMs: number, peer: Peer): Plan | undefined {
    this.#handed = undefined;
    const steered = this.#hooks.steer(request, peer);
    if (steered instanceof Plan) return steered;
    const isNow = !(steered instanceof Promise);
    const plan = isNow ? this.#inner.known(steered.request, nowMs, peer, steered.steering) : undefined;
    // Whoever asks for what is not known asks find() next, in the same turn.
    if (!plan) this.#handed = { steered, target: request.target, peer, isOther: !isNow || steered.request !== request };
    return plan;
  }

  async find(request: RequestHead, nowMs: number, peer: Peer, conversation: Conversation): Promise<Plan> {
    const handed = this.#handed;
    this.#handed = undefined;
    const isOurs = handed?.target === request.target && handed.peer === peer;
    const steered = await (isOurs ? handed.steered : this.#hooks.steer(request, peer));
    if (steered instanceof Plan) return steered;
    // What known() was given is not its to keep, and what the hook has made of it is.
    const wanted = isOurs && !handed.isOther ? request : steered.request;
    return this.#inner.find(wanted, nowMs, peer, conversation, steered.steering);
  }
}
