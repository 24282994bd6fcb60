// HTTP/1.1 on a connection: bytes in, requests in order, one answer after the other (RFC 9112 §9). Owns the state
// between two pieces of input; the loop owns sockets and time.
//
//   input -> head -> [ body, thrown away ] -> exchange -> answer -> next head
//                 \-> exchange, which reads the body -> answer -> [ rest of it, thrown away ] -> next head
//
// Invariant: what follows a refused head or body is never read as a request: the connection closes.
import { PartialHead } from '../http/partial-head.ts';
import { RequestBody } from '../http/body.ts';
import { METHOD_HEAD, RequestHead } from '../http/head.ts';
import { BAD_PROXY_HEADER, BODY_TIMEOUT, NOTHING_REFUSED, PLAINTEXT, refusals } from '../http/refusal.ts';
import { RequestBodyError } from './body-reader.ts';
import type { Connection } from './connection.ts';
import { RequestConversation } from './conversation.ts';
import { WAIT_BODY, WAIT_HEAD, WAIT_IDLE, WAIT_NOTHING } from './deadlines.ts';
import { introduce, INTRODUCTION_INCOMPLETE, INTRODUCTION_MALFORMED } from './introduction.ts';
import type { Exchange } from './exchange.ts';
import type { LoopLimits } from './limits.ts';
import { SPAN_GROWING, type Plan, type Span } from './plan.ts';
import { BROKEN_OFF, INTERNAL_ERROR, refusalPlans } from './refusals.ts';
import type { Report } from './report.ts';
import { HttpsRedirect } from './tls/https-redirect.ts';
import type { Trace } from './tracing/trace.ts';
import type { Tracer } from './tracing/tracer.ts';

/** What a request needs of the loop. */
export interface Transport {
  /** Queues an answer; `request` is undefined where the head was refused. */
  answer(connection: Connection, request: RequestHead | undefined, plan: Plan, close: boolean): void;
  /** Queues an interim head; an answer follows. */
  interim(connection: Connection, head: Uint8Array): void;
  /** HTTP/2, if that was asked for; else nothing: HTTP/1.1. Its first bytes have come. */
  decide(connection: Connection): void;
  /** TLS begins, of which this has come already. */
  secure(connection: Connection, bytes: Uint8Array): void;
  /** Nothing follows what is queued: close behind it. */
  finish(connection: Connection): void;
  /** The peer did not wait for its answer: there is nothing left to do but log it. */
  unanswered(connection: Connection, request: RequestHead, plan: Plan): void;
  /** A request is complete, or its head is, and its answer will be found later. */
  begin(connection: Connection): void;
  /** The next input is not wanted yet; taken back by resume(). */
  pause(connection: Connection): void;
  resume(connection: Connection): void;
  /** The peer has sent FIN and nothing is left to answer: close, when everything queued is out. */
  end(connection: Connection): void;
  wait(connection: Connection, wait: number): void;
  readonly nowMs: number;
  readonly draining: boolean;
}

/** An exchange, while it is in force and after. */
export interface Answering {
  readonly exchange: Exchange;
  /** Requests that it is still looking for an answer to. */
  underWay: number;
}

export class Requests {
  #answering: Answering;
  readonly #transport: Transport;
  #limits: LoopLimits;
  readonly #report: Report;
  readonly #tracer: Tracer | undefined;
  #head: RequestHead;
  /** Heads and bodies refused, by refusal code. */
  readonly refused = new Float64Array(refusals.length);
  /** Requests answered by the exchange. */
  served = 0;

  constructor(answering: Answering, transport: Transport, limits: LoopLimits, report: Report, tracer?: Tracer) {
    this.#answering = answering;
    this.#transport = transport;
    this.#limits = limits;
    this.#report = report;
    this.#tracer = tracer;
    this.#head = new RequestHead(limits);
  }

  /** From the next request on. Those that have begun are answered by what they began with. */
  adopt(answering: Answering, limits: LoopLimits): void {
    this.#answering = answering;
    this.#limits = limits;
    this.#head = new RequestHead(limits);
  }

  /** bytes[start, end) have arrived. They are valid during the call only. */
  input(connection: Connection, bytes: Uint8Array, start: number, end: number): void {
    if (!connection.introduced) return this.#introduce(connection, bytes, start, end);
    if (connection.undecided) this.#transport.decide(connection);
    if (connection.session) return connection.session.receive(bytes, start, end);
    if (connection.tunnelling) return connection.tunnelling.receive(bytes, start, end);
    if (connection.closing || connection.gone) {
      // The last answer is under way, and may be made of this.
      if (connection.conversation && !connection.gone) this.#receive(connection, connection.conversation, bytes, start, end);
      return;
    }
    if (connection.busy && !connection.conversation) {
      this.#keepRest(connection, bytes, start, end);
      return;
    }
    this.#take(connection, bytes, start, end);
  }

  /** The answer that was under way is out: on with what came meanwhile. */
  goOn(connection: Connection): void {
    if (connection.busy || connection.gone || connection.session) return;
    if (connection.conversation) this.#leaveBody(connection, connection.conversation);
    if (connection.closing) return;
    const { rest } = connection;
    connection.rest = undefined;
    this.#transport.wait(connection, connection.piece ? WAIT_HEAD : connection.body ? WAIT_BODY : WAIT_IDLE);
    if (rest) this.#take(connection, rest, 0, rest.length);
    this.#listenAgain(connection);
  }

  refuse(connection: Connection, code: number): void {
    this.refused[code]! += 1;
    if (connection.conversation) return this.#refuseBody(connection, connection.conversation, code);
    connection.piece = connection.body = connection.request = connection.asked = connection.rest = undefined;
    this.#transport.answer(connection, undefined, refusalPlans[code]!, true);
  }

  /** The engine has found that it speaks no TLS; it is plain from now on. */
  refusePlaintext(connection: Connection): void {
    connection.secure = connection.undecided = false;
    this.refuse(connection, PLAINTEXT);
  }

  /** The peer has sent FIN. In the middle of a body that is the end of its request: no answer (RFC 9112 §8), unless one has begun. */
  inputEnded(connection: Connection): void {
    const { conversation, tunnelling, session } = connection;
    session?.inputEnded();
    tunnelling?.inputEnded();
    if (!conversation) return;
    conversation.breakOff('gone');
    if (conversation.over) return;
    conversation.over = true;
    connection.answering = false;
  }

  /** CLOSED was reported. Who is still looking for an answer keeps nothing of the connection's. */
  closed(connection: Connection): void {
    connection.conversation?.body?.fail('gone');
    connection.piece = connection.body = connection.request = connection.asked = connection.rest = connection.conversation = undefined;
  }

  /** The time for the first head runs on: a header of the PROXY protocol is a part of it. */
  #introduce(connection: Connection, bytes: Uint8Array, start: number, end: number): void {
    const introduced = introduce(connection, bytes, start, end);
    if (introduced === INTRODUCTION_INCOMPLETE) return;
    if (introduced === INTRODUCTION_MALFORMED) return this.refuse(connection, BAD_PROXY_HEADER);
    if (connection.secure) return this.#transport.secure(connection, introduced.bytes.subarray(introduced.start, introduced.end));
    this.#consume(connection, introduced.bytes, introduced.start, introduced.end);
  }

  #listenAgain(connection: Connection): void {
    if (connection.busy || connection.closing) return;
    if (connection.ended) this.#transport.end(connection);
    else this.#transport.resume(connection);
  }

  /** What came first is read first: a part of a head may be there from before. */
  #take(connection: Connection, bytes: Uint8Array, start: number, end: number): void {
    const { piece } = connection;
    if (!piece) {
      this.#consume(connection, bytes, start, end);
    } else if (piece.append(bytes, start, end)) {
      connection.piece = undefined;
      this.#consume(connection, piece.bytes, 0, piece.length, piece);
    }
  }

  #consume(connection: Connection, bytes: Uint8Array, start: number, end: number, piece?: PartialHead): void {
    let at = start;
    while (at < end && !connection.closing) {
      if (connection.body && (connection.conversation || !connection.busy)) {
        at = this.#takeBody(connection, connection.body, bytes, at, end);
        continue;
      }
      if (connection.busy) {
        this.#keepRest(connection, bytes, at, end);
        return;
      }
      const next = this.#head.parse(bytes, at, end);
      if (next < 0) return this.refuse(connection, -next);
      if (next === 0) return this.#keepPiece(connection, bytes, at, end, piece);
      at = next;
      this.#request(connection, this.#head);
    }
  }

  #keepPiece(connection: Connection, bytes: Uint8Array, start: number, end: number, piece: PartialHead | undefined): void {
    if (piece && start === 0) {
      connection.piece = piece; // its own bytes, all of them: they stay where they are
      return;
    }
    connection.piece = new PartialHead(this.#limits.headBytesMax);
    connection.piece.append(bytes, start, end);
    this.#transport.wait(connection, WAIT_HEAD);
  }

  #keepRest(connection: Connection, bytes: Uint8Array, start: number, end: number): void {
    const before = connection.rest;
    const rest = new Uint8Array((before?.length ?? 0) + end - start);
    if (before) rest.set(before);
    rest.set(bytes.subarray(start, end), before?.length ?? 0);
    connection.rest = rest;
    this.#transport.pause(connection); // so that this stays at one or two receives
  }

  #request(connection: Connection, head: RequestHead): void {
    head.scheme = connection.secure ? 'https' : 'http';
    const answering: Answering = connection.redirect && HttpsRedirect.leads(head) ? connection.redirect : this.#answering;
    if (!head.hasBody) return this.#answer(connection, head, true, answering);
    let wanted: boolean | undefined;
    try {
      wanted = answering.exchange.wants?.(head);
    } catch (error) {
      return this.#transport.answer(connection, head, this.failed(error), true);
    }
    if (wanted) return this.#admit(connection, head);
    // A body that is too long, or that the peer would rather not send, is not waited for: answer, close, and let the
    // lingering close throw away what comes (RFC 9110 §10.1.1).
    if (head.expectContinue || head.contentLength > this.#limits.discardBytesMax) return this.#answer(connection, head, false, answering);
    connection.request = head.detach();
    connection.asked = answering;
    connection.body = new RequestBody({ bodyBytesMax: this.#limits.discardBytesMax });
    connection.body.begin(head.contentLength, head.chunked);
    this.#transport.wait(connection, WAIT_BODY);
  }

  #takeBody(connection: Connection, body: RequestBody, bytes: Uint8Array, start: number, end: number): number {
    const { conversation } = connection;
    return conversation ? this.#receive(connection, conversation, bytes, start, end) : this.#readBody(connection, body, bytes, start, end);
  }

  #readBody(connection: Connection, body: RequestBody, bytes: Uint8Array, start: number, end: number): number {
    const at = body.feed(bytes, start, end);
    if (body.error !== 0) {
      this.refuse(connection, body.error);
    } else if (body.done) {
      const { request, asked } = connection;
      connection.request = connection.asked = connection.body = undefined;
      this.#answer(connection, request!, true, asked!);
    } else {
      this.#transport.wait(connection, WAIT_BODY);
    }
    return at;
  }

  /** A request whose body is the exchange's. */
  #admit(connection: Connection, head: RequestHead): void {
    connection.trace = this.begin(head);
    const conversation = new RequestConversation(connection, head.detach(), this.#transport);
    conversation.receive(this.#limits);
    const refusal = connection.body!.error;
    if (refusal !== NOTHING_REFUSED) return this.refuse(connection, refusal);
    this.#find(conversation, head.keepAlive, this.#answering);
  }

  #receive(connection: Connection, conversation: RequestConversation, bytes: Uint8Array, start: number, end: number): number {
    const body = conversation.body!;
    const at = body.feed(bytes, start, end);
    if (body.refusal !== NOTHING_REFUSED) {
      this.refuse(connection, body.refusal);
    } else if (body.isWhole && !body.isBroken) {
      connection.conversation = connection.body = undefined;
      if (connection.unsent.length === 0 && (connection.answering || !connection.closing)) this.#transport.wait(connection, connection.answering ? WAIT_NOTHING : WAIT_IDLE);
    } else {
      conversation.changed();
      if (body.isBroken) this.goOn(connection);
    }
    return at;
  }

  /** The answer is out, or about to be: what has not come yet of the body is nobody's. */
  #leaveBody(connection: Connection, conversation: RequestConversation): void {
    const body = conversation.body!;
    body.fail('answered');
    if (!connection.closing && !body.isBroken && body.leftBytes <= this.#limits.discardBytesMax && !this.#transport.draining) return;
    connection.conversation = connection.body = undefined;
    this.#transport.resume(connection); // a peer that is stuck with the rest would not read the answer
    if (!connection.closing) this.#transport.finish(connection);
  }

  #refuseBody(connection: Connection, conversation: RequestConversation, code: number): void {
    conversation.breakOff(code === BODY_TIMEOUT ? 'timeout' : 'refused', code);
    if (conversation.over) return this.goOn(connection); // there can be no second answer: the connection ends behind the first
    conversation.over = conversation.refused = true;
    connection.answering = false;
    connection.conversation = connection.body = undefined;
    const { request } = conversation;
    const plan = refusalPlans[code]!;
    this.#transport.answer(connection, request, request.method === METHOD_HEAD ? plan.withoutBody() : plan, true);
  }

  /** A request is asked for. @returns what it is traced by. */
  begin(request: RequestHead): Trace | undefined {
    this.served += 1;
    return this.#tracer?.begin(request);
  }

  /** The answer where an exchange throws, which it must not. */
  failed(error: unknown): Plan {
    this.#report('exchangeFailed', 'an exchange threw: answered 500', { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    return INTERNAL_ERROR.closing();
  }

  /** What requests that begin now are answered by. */
  get answering(): Answering {
    return this.#answering;
  }

  #answer(connection: Connection, request: RequestHead, persistent: boolean, answering: Answering): void {
    connection.trace = this.begin(request);
    const keep = persistent && request.keepAlive;
    let plan: Plan | undefined;
    try {
      plan = answering.exchange.known(request, this.#transport.nowMs, connection);
    } catch (error) {
      plan = this.failed(error);
    }
    if (plan) this.#transport.answer(connection, request, plan, plan.close || !keep || this.#transport.draining);
    else this.#find(new RequestConversation(connection, request.detach(), this.#transport), keep, answering);
  }

  #find(conversation: RequestConversation, keep: boolean, answering: Answering): void {
    const { connection } = conversation;
    connection.answering = true;
    this.#transport.begin(connection);
    this.#transport.wait(connection, WAIT_NOTHING);
    answering.underWay += 1;
    this.#converse(conversation, keep, answering).catch(fatal);
  }

  async #converse(conversation: RequestConversation, keep: boolean, answering: Answering): Promise<void> {
    const { connection, request } = conversation;
    let plan: Plan;
    try {
      plan = await answering.exchange.find(request, this.#transport.nowMs, connection, conversation);
    } catch (error) {
      plan = error instanceof RequestBodyError && (conversation.over || connection.gone) ? BROKEN_OFF : this.failed(error);
    } finally {
      answering.underWay -= 1;
    }
    connection.wake = undefined;
    if (conversation.over || connection.gone) {
      conversation.over = true;
      (plan.tunnel ?? plan.source)?.cancel(connection.gone ? 'the connection is gone' : 'the request has come to an end');
      if (!conversation.refused) this.#transport.unanswered(connection, request, plan);
      return;
    }
    const streams = conversation.body !== undefined && (plan.source !== undefined || plan.spans.some(isGrowing));
    const last = conversation.isLast(streams, this.#limits.discardBytesMax);
    conversation.over = true;
    connection.answering = false;
    this.#transport.answer(connection, request, plan, plan.close || !keep || last || this.#transport.draining);
    if (!streams) this.goOn(connection); // else when it is sent: until then it may be made of the request's content
  }
}

function isGrowing(span: Span): boolean {
  return span.kind === SPAN_GROWING;
}

/** Ours alone: an invariant is broken, and the worker must not go on as if it held. */
export function fatal(error: unknown): void {
  queueMicrotask(() => { throw error; });
}
