// HTTP/1.1 on a connection: bytes in, requests in order, one answer after the other (RFC 9112 §9). Owns the state
// between two pieces of input; the loop owns sockets and time.
//
//   input -> head -> [ body, thrown away ] -> exchange -> answer -> next head
//
// Invariant: what follows a refused head or body is never read as a request: the connection closes.
import { PartialHead } from '../http/partial-head.ts';
import { RequestBody } from '../http/body.ts';
import { RequestHead } from '../http/head.ts';
import { refusals } from '../http/refusal.ts';
import type { Connection } from './connection.ts';
import { WAIT_BODY, WAIT_HEAD, WAIT_IDLE, WAIT_NOTHING } from './deadlines.ts';
import type { Exchange } from './exchange.ts';
import type { LoopLimits } from './limits.ts';
import { textPlan, type Plan } from './plan.ts';
import type { Report } from './report.ts';

/** What a request needs of the loop. */
export interface Transport {
  /** Queues an answer; `request` is undefined where the head was refused. */
  answer(connection: Connection, request: RequestHead | undefined, plan: Plan, close: boolean): void;
  /** The peer did not wait for its answer: there is nothing left to do but log it. */
  unanswered(request: RequestHead, plan: Plan): void;
  /** The next input is not wanted yet; taken back by resume(). */
  pause(connection: Connection): void;
  resume(connection: Connection): void;
  /** The peer has sent FIN and nothing is left to answer: close, when everything queued is out. */
  end(connection: Connection): void;
  wait(connection: Connection, wait: number): void;
  readonly nowMs: number;
  readonly draining: boolean;
}

const INTERNAL_ERROR = textPlan(500, [], 'Internal Server Error\n');
const refusalPlans = refusals.map(({ status, text }) => (status === 0 ? INTERNAL_ERROR : textPlan(status, [], `${text}\n`)));

export class Requests {
  readonly #exchange: Exchange;
  readonly #transport: Transport;
  readonly #limits: LoopLimits;
  readonly #report: Report;
  readonly #head: RequestHead;
  /** Heads and bodies refused, by refusal code. */
  readonly refused = new Float64Array(refusals.length);
  /** Requests answered by the exchange. */
  served = 0;

  constructor(exchange: Exchange, transport: Transport, limits: LoopLimits, report: Report) {
    this.#exchange = exchange;
    this.#transport = transport;
    this.#limits = limits;
    this.#report = report;
    this.#head = new RequestHead(limits);
  }

  /** bytes[start, end) have arrived. They are valid during the call only. */
  input(connection: Connection, bytes: Uint8Array, start: number, end: number): void {
    if (connection.closing || connection.gone) return;
    if (connection.busy) {
      this.#keepRest(connection, bytes, start, end);
      return;
    }
    this.#take(connection, bytes, start, end);
  }

  /** The answer that was under way is out: on with what came meanwhile. */
  goOn(connection: Connection): void {
    if (connection.busy || connection.closing || connection.gone) return;
    const { rest } = connection;
    connection.rest = undefined;
    this.#transport.wait(connection, connection.piece ? WAIT_HEAD : connection.body ? WAIT_BODY : WAIT_IDLE);
    if (rest) this.#take(connection, rest, 0, rest.length);
    this.#listenAgain(connection);
  }

  refuse(connection: Connection, code: number): void {
    this.refused[code]! += 1;
    connection.piece = connection.body = connection.request = connection.rest = undefined;
    this.#transport.answer(connection, undefined, refusalPlans[code]!, true);
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
      if (connection.busy) {
        this.#keepRest(connection, bytes, at, end);
        return;
      }
      if (connection.body) {
        at = this.#readBody(connection, connection.body, bytes, at, end);
        continue;
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
    if (!head.hasBody) return this.#answer(connection, head, true);
    // A body that is too long, or that the peer would rather not send, is not waited for: answer, close, and let the
    // lingering close throw away what comes (RFC 9110 §10.1.1).
    if (head.expectContinue || head.contentLength > this.#limits.discardBytesMax) return this.#answer(connection, head, false);
    connection.request = head.detach();
    connection.body = new RequestBody({ bodyBytesMax: this.#limits.discardBytesMax });
    connection.body.begin(head.contentLength, head.chunked);
    this.#transport.wait(connection, WAIT_BODY);
  }

  #readBody(connection: Connection, body: RequestBody, bytes: Uint8Array, start: number, end: number): number {
    const at = body.feed(bytes, start, end);
    if (body.error !== 0) {
      this.refuse(connection, body.error);
    } else if (body.done) {
      const request = connection.request!;
      connection.request = connection.body = undefined;
      this.#answer(connection, request, true);
    } else {
      this.#transport.wait(connection, WAIT_BODY);
    }
    return at;
  }

  #answer(connection: Connection, request: RequestHead, persistent: boolean): void {
    this.served += 1;
    const { nowMs } = this.#transport;
    const keep = persistent && request.keepAlive;
    let plan: Plan | undefined;
    try {
      plan = this.#exchange.known(request, nowMs, connection);
    } catch (error) {
      plan = this.#failed(error);
    }
    if (plan) return this.#transport.answer(connection, request, plan, plan.close || !keep || this.#transport.draining);

    connection.answering = true;
    this.#transport.wait(connection, WAIT_NOTHING);
    const owned = request.detach();
    this.#exchange.find(owned, nowMs, connection).catch((error: unknown) => this.#failed(error)).then((found) => {
      connection.answering = false;
      if (connection.gone) {
        found.source?.cancel('the connection is gone');
        return this.#transport.unanswered(owned, found);
      }
      this.#transport.answer(connection, owned, found, found.close || !keep || this.#transport.draining);
      this.goOn(connection);
    }).catch((error: unknown) => {
      // Ours alone: an invariant is broken, and the worker must not go on as if it held.
      queueMicrotask(() => { throw error; });
    });
  }

  #failed(error: unknown): Plan {
    this.#report('exchangeFailed', 'an exchange threw: answered 500', { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    return INTERNAL_ERROR.closing();
  }
}

