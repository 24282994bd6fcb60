// One request that an exchange looks into, from the question to the plan: what is sent before the plan, and the flow of
// the request's content where the exchange wants it.
import type { RequestHead } from '../http/head.ts';
import { encodeHead, type FieldList } from '../http/response.ts';
import { BodyReader, type BodyFailure, type BodyFlow, type BodyReaderLimits } from './body-reader.ts';
import type { Connection } from './connection.ts';
import { WAIT_BODY, WAIT_NOTHING } from './deadlines.ts';
import type { Conversation } from './exchange.ts';
import type { Transport } from './requests.ts';

/** Interim answers that a peer has not taken yet; more of them are left out. */
const INTERIM_UNSENT_MAX = 8;
const CONTINUE = Buffer.from('HTTP/1.1 100 Continue\r\n\r\n', 'latin1');
const EMPTY_LINE = Buffer.from('\r\n', 'latin1');
/** Not in a 1xx: RFC 9110 §8.6, RFC 9112 §6.1. */
const FRAMING_FIELD = /^(content-length|transfer-encoding)$/i;

export class RequestConversation implements Conversation, BodyFlow {
  readonly connection: Connection;
  readonly request: RequestHead;
  body: BodyReader | undefined = undefined;
  /** The last word is said: a plan, a refusal, or nothing, because nobody listens. */
  over = false;
  /** It was a refusal of the content. */
  refused = false;
  readonly #transport: Transport;
  #continued = false;

  constructor(connection: Connection, request: RequestHead, transport: Transport) {
    this.connection = connection;
    this.request = request;
    this.#transport = transport;
  }

  /** The content begins to come. */
  receive(limits: BodyReaderLimits): void {
    this.body = new BodyReader(this.request.chunked ? -1 : this.request.contentLength, limits, this);
    this.connection.conversation = this;
    this.connection.body = this.body.framing;
  }

  /** No more of it will be read. */
  breakOff(failure: BodyFailure, refusal?: number): void {
    this.body?.break(failure, refusal);
    this.changed();
  }

  /** Whether a plan given now has to be the connection's last, for what is left of the content; `streams`: it may be made of that. */
  isLast(streams: boolean, discardBytesMax: number): boolean {
    const { body } = this;
    if (!body || this.connection.conversation !== this) return false;
    // Who was not told to continue may send the content, or not: what comes next on the connection is anybody's guess (RFC 9110 §10.1.1).
    if (this.request.expectContinue && !this.#continued) {
      body.fail('answered');
      return true;
    }
    return body.isBroken || (!streams && body.leftBytes > discardBytesMax);
  }

  interim(status: number, fields: FieldList): void {
    if (!Number.isInteger(status) || status < 100 || status > 199 || status === 101) throw new RangeError(`not the status of an interim answer: ${status}`);
    if (status === 100) return this.begun();
    const head = encodeHead(status, fields.filter(([name]) => !FRAMING_FIELD.test(name)));
    const { connection, request } = this;
    if (this.over || connection.gone || request.versionMinor === 0 || connection.unsent.length >= INTERIM_UNSENT_MAX) return;
    this.#transport.interim(connection, Buffer.concat([head, EMPTY_LINE]));
  }

  whenGone(listener: () => void): void {
    const { connection } = this;
    connection.wake = () => {
      if (connection.gone) listener();
    };
  }

  begun(): void {
    if (this.#continued || this.over || this.connection.gone || !this.request.expectContinue) return;
    this.#continued = true;
    this.#transport.interim(this.connection, CONTINUE);
  }

  changed(): void {
    const { connection, body } = this;
    if (!body || connection.conversation !== this || connection.gone) return;
    if (body.isFull) this.#transport.pause(connection);
    else this.#transport.resume(connection);
    // While the peer owes us reads, too, the deadline is that of the answer.
    if (connection.unsent.length > 0) return;
    this.#transport.wait(connection, connection.answering && !body.isAwaited ? WAIT_NOTHING : WAIT_BODY);
  }
}
