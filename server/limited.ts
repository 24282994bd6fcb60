// What one client may ask for so often: the rest is answered 429, before anybody is asked for a password.
import { METHOD_HEAD, type RequestHead } from '../http/head.ts';
import type { FieldList } from '../http/response.ts';
import { tooMany } from './access/gate.ts';
import { RateLimit } from './access/rate-limit.ts';
import type { ResolvedRateLimit } from './config/resolved.ts';
import type { Conversation, Exchange, Peer } from './exchange.ts';
import { textPlan, type Plan } from './plan.ts';

export class Limited implements Exchange {
  readonly #inner: Exchange;
  readonly #limit: RateLimit;
  readonly #field: string | undefined;
  readonly #fields: FieldList;

  /** @param fields of answers that are made here. */
  constructor(inner: Exchange, { perSecond, burst, shared, by }: ResolvedRateLimit, fields: FieldList) {
    this.#inner = inner;
    this.#limit = new RateLimit({ perSecond, burst, shared });
    this.#field = by === 'address' ? undefined : by.field;
    this.#fields = fields;
  }

  wants(request: RequestHead): boolean {
    return this.#inner.wants?.(request) ?? false;
  }

  known(request: RequestHead, nowMs: number, peer: Peer): Plan | undefined {
    return this.#refused(request, nowMs, peer) ?? this.#inner.known(request, nowMs, peer);
  }

  /** Who is asked for again has been counted by known(); one that brings what wants() asked for has not been seen before. */
  async find(request: RequestHead, nowMs: number, peer: Peer, conversation: Conversation): Promise<Plan> {
    const refused = conversation.body && this.#refused(request, nowMs, peer);
    return refused ?? this.#inner.find(request, nowMs, peer, conversation);
  }

  #refused(request: RequestHead, nowMs: number, peer: Peer): Plan | undefined {
    const key = this.#field === undefined ? undefined : request.fieldNamed(this.#field);
    const waitMs = key === undefined ? this.#limit.take(peer.address, nowMs) : this.#limit.takeOf(key, nowMs);
    if (waitMs === 0) return undefined;
    const { status, fields } = tooMany(waitMs);
    const plan = textPlan(status, [...fields, ...this.#fields], 'Too Many Requests\n');
    return request.method === METHOD_HEAD ? plan.withoutBody() : plan;
  }
}
