// A request as the origin sees it when its answer is for the store. What an answer was selected by (Vary, RFC 9111 §4.1) is what
// the origin was shown: a field that the client has removed by Connection, or that we replace, would let it choose for others.
import type { RequestMessage } from '../../cache/policy/message.ts';
import { valueOf } from '../../cache/policy/message.ts';
import type { RequestHead } from '../../http/head.ts';
import type { FieldList } from '../../http/response.ts';
import type { Peer } from '../exchange.ts';
import { forwardedFields, type ForwardOptions } from './forward.ts';

/**
 * What most answers vary by: none of these is replaced by us, or can be removed by Connection (http/connection-fields.ts); but for
 * Authorization, which may be for us. And the trace context: where we name ourselves in it, no two requests have the same.
 */
const AS_SENT = new Set(['accept', 'accept-encoding', 'accept-language', 'authorization', 'cookie', 'origin', 'traceparent', 'tracestate', 'user-agent']);

export class SentRequest implements RequestMessage {
  readonly #request: RequestHead;
  readonly #peer: Peer;
  readonly #options: ForwardOptions;
  #fields: FieldList | undefined;

  constructor(request: RequestHead, peer: Peer, options: ForwardOptions) {
    this.#request = request;
    this.#peer = peer;
    this.#options = options;
  }

  get methodText(): string {
    return this.#request.methodText;
  }

  fieldNamed(name: string): string | undefined {
    const lower = name.toLowerCase();
    if (AS_SENT.has(lower) && !(lower === 'authorization' && this.#options.users)) return this.#request.fieldNamed(lower);
    this.#fields ??= forwardedFields(this.#request, this.#peer, true, this.#options);
    return valueOf(this.#fields, lower);
  }
}
