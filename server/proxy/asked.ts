// A request on its way through the proxy.
import { FIELD_RANGE, METHOD_GET, METHOD_HEAD, type RequestHead } from '../../http/head.ts';
import type { FieldList } from '../../http/response.ts';
import type { Conversation, Peer } from '../exchange.ts';
import type { Trace } from '../tracing/trace.ts';
import type { ProxyParts } from './parts.ts';
import { SentRequest } from './sent-request.ts';
import type { Steering } from './steering.ts';

export class Asked {
  readonly request: RequestHead;
  readonly peer: Peer;
  /** Undefined: nobody waits for the answer, it is asked for the store's sake. */
  readonly conversation: Conversation | undefined;
  readonly steering: Steering | undefined;
  /** Kept for what is asked when the client has its answer. */
  readonly trace: Trace | undefined;
  /** As the origin sees it: what answers are selected by. */
  readonly sent: SentRequest;
  /** Whether what is stored may be an answer: GET and HEAD without content (RFC 9111 §4, §3). */
  readonly mayBeStored: boolean;
  readonly #keys: ProxyParts['keys'];
  #key: string;

  constructor(request: RequestHead, peer: Peer, conversation: Conversation | undefined, { forward, keys }: Pick<ProxyParts, 'forward' | 'keys'>, steering: Steering | undefined) {
    this.request = request;
    this.peer = peer;
    this.conversation = conversation;
    this.steering = steering;
    this.trace = peer.trace;
    this.sent = new SentRequest(request, peer, forward);
    this.mayBeStored = (request.method === METHOD_GET || request.method === METHOD_HEAD) && !request.hasBody;
    this.#keys = keys;
    this.#key = steering?.key ?? keys.of(request);
  }

  get isHead(): boolean {
    return this.request.method === METHOD_HEAD;
  }

  /** A part of a representation is asked for. */
  get ranged(): boolean {
    return this.request.method === METHOD_GET && this.request.has(FIELD_RANGE);
  }

  /** Under which an answer is stored, as far as it is known. */
  get key(): string {
    return this.#key;
  }

  /** Under which those are together who can certainly use the same answer. */
  get flightKey(): string {
    return this.steering?.key ?? this.#keys.asAsked(this.request);
  }

  /** The key once more: others may have learned of its path. */
  lookAnew(): string {
    return (this.#key = this.steering?.key ?? this.#keys.of(this.request));
  }

  /** An answer with these fields is to be stored. */
  learn(fields: FieldList): void {
    if (this.steering?.key === undefined) this.#key = this.#keys.learn(this.request, fields);
  }

  /** Whether what is stored with these fields under the key is for this very query. */
  suits(fields: FieldList): boolean {
    return this.steering?.key !== undefined || this.#keys.suits(this.request, this.#key, fields);
  }
}
