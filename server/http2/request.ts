// One request of HTTP/2, from its head to the end of its stream: what Requests and RequestConversation are to a connection of HTTP/1.1.
//
//   head -> exchange -> answer -> end of the stream
//        \-> content, for the exchange that wants it, or thrown away
//
// Invariant: each request has one answer, or none because its client has gone; its line in the log is written when its stream is closed.
import { CANCEL, NO_ERROR, PROTOCOL_ERROR } from '../../http/frames.ts';
import type { RequestHead } from '../../http/head.ts';
import { BODY_TIMEOUT, MALFORMED_MESSAGE, NOTHING_REFUSED } from '../../http/refusal.ts';
import type { FieldList } from '../../http/response.ts';
import type { Security } from '../../native/tls.ts';
import { BodyReader, RequestBodyError, type BodyFlow } from '../body-reader.ts';
import type { Conversation, Peer } from '../exchange.ts';
import type { Plan } from '../plan.ts';
import { BROKEN_OFF, refusalPlans } from '../refusals.ts';
import { fatal, type Answering } from '../requests.ts';
import type { Trace } from '../tracing/trace.ts';
import { Http2Answer } from './answer.ts';
import { interimBlock } from './response-head.ts';
import type { Http2Session } from './session.ts';
import type { Http2Stream, StreamOwner } from './stream.ts';

/** Interim answers that are sent while the client takes nothing. */
const INTERIM_UNSENT_MAX = 8;

export class Http2Request implements Peer, Conversation, BodyFlow, StreamOwner {
  trace: Trace | undefined = undefined;
  readonly version = '2.0';
  /** Of the exchange that wants it. */
  body: BodyReader | undefined = undefined;
  readonly #session: Http2Session;
  readonly #stream: Http2Stream;
  readonly #begunMs = performance.now();
  /** Of the content, whoever it is for. */
  #reader: BodyReader | undefined;
  #answer: Http2Answer | undefined;
  /** No plan is awaited any more. */
  #over = false;
  #closed = false;
  #awaitsContinue = false;
  #isHead = false;
  #interims = 0;
  #whenGone: (() => void) | undefined;
  /** When something of the content has come last, and something of the answer has gone. */
  #receivedMs: number;
  #sentMs: number;

  constructor(session: Http2Session, stream: Http2Stream) {
    this.#session = session;
    this.#stream = stream;
    this.#receivedMs = this.#sentMs = session.parts.loop.nowMs;
  }

  get address(): string {
    return this.#session.connection.address;
  }

  get security(): Security | undefined {
    return this.#session.connection.security;
  }

  /** @param fields as they came. @param ended there is no content. */
  begin(fields: readonly string[], ended: boolean): void {
    const { heads, requests } = this.#session.parts;
    this.#isHead = fields[fields.indexOf(':method') + 1] === 'HEAD';
    const head = heads.parse(fields, ended);
    if (head === MALFORMED_MESSAGE || (typeof head !== 'number' && ended && head.contentLength > 0)) return this.#malformed();
    if (typeof head === 'number') return this.refuse(head);
    const { answering } = requests;
    let isWanted = false;
    if (!ended) {
      try {
        isWanted = head.hasBody && answering.exchange.wants?.(head) === true;
      } catch (error) {
        return this.#send(head, requests.failed(error));
      }
      this.#receive(head, isWanted);
      const refusal = this.#reader!.refusal;
      if (isWanted && refusal !== NOTHING_REFUSED) return this.#refuse(refusal, head);
    }
    this.trace = requests.begin(head);
    if (isWanted) this.#find(head, answering);
    else this.#ask(head, answering);
  }

  /** @param code of http/refusal.ts. */
  refuse(code: number): void {
    this.#refuse(code, undefined);
  }

  // ---- StreamOwner ----

  look(nowMs: number): void {
    const { bodyTimeoutMs, sendTimeoutMs } = this.#session.parts.limits;
    const reader = this.#reader;
    const stream = this.#stream;
    if (reader && !reader.isWhole && (reader.isAwaited || stream.isFinished) && nowMs - this.#receivedMs > bodyTimeoutMs) {
      reader.break('timeout', BODY_TIMEOUT);
      if (this.#over) this.#leaveContent();
      else this.#refuse(BODY_TIMEOUT, undefined);
    }
    if (this.#answer && stream.waitingBytes > 0 && nowMs - this.#sentMs > sendTimeoutMs) {
      this.#answer.brokenBy = 'stalled';
      this.#session.parts.stalled();
      stream.reset(CANCEL);
    }
  }

  progressed(): void {
    this.#sentMs = this.#session.parts.loop.nowMs;
  }

  get isFull(): boolean {
    return this.#reader?.isFull === true && !this.#reader.isBroken;
  }

  data(bytes: Uint8Array, start: number, end: number): void {
    const reader = this.#reader;
    if (!reader) return; // its head was refused
    this.#receivedMs = this.#session.parts.loop.nowMs;
    if (reader.bytes >= 0 && !reader.isBroken && end - start > reader.leftBytes) return this.#malformed(); // RFC 9113 §8.1.1
    reader.feed(bytes, start, end);
    const { refusal } = reader;
    if (refusal !== NOTHING_REFUSED) {
      reader.break('refused', refusal);
      if (!this.#over) this.#refuse(refusal, undefined);
    }
    if (reader.isBroken && this.#stream.isFinished) this.#leaveContent();
  }

  dataEnded(): void {
    const reader = this.#reader;
    if (reader && reader.bytes >= 0 && !reader.isBroken && reader.leftBytes > 0) this.#malformed();
    else reader?.end();
  }

  /** What is left of the content is thrown away, if it is little. */
  finished(): void {
    const reader = this.#reader;
    if (!reader && !this.#stream.remoteEnded) this.#leaveContent();
    if (!reader || reader.isWhole) return;
    reader.fail('answered');
    const { discardBytesMax } = this.#session.parts.limits;
    if (this.#awaitsContinue || reader.isBroken || reader.leftBytes > discardBytesMax) this.#leaveContent();
    else this.#stream.resume();
  }

  closed(): void {
    const { metrics, records } = this.#session.parts;
    this.#closed = true;
    this.#reader?.break('gone');
    const answer = this.#answer;
    if (!answer) {
      this.#whenGone?.();
      return;
    }
    answer.leave();
    const { plan, record } = answer;
    const isWhole = answer.brokenBy === '' && this.#stream.isFinished;
    const how = isWhole ? '' : answer.brokenBy === '' ? 'aborted' : answer.brokenBy;
    if (how === '') metrics.sent(plan.result, this.#begunMs, performance.now());
    else metrics.brokenOff(how);
    if (record) records?.write(record, how);
  }

  // ---- Conversation ----

  interim(status: number, fields: FieldList): void {
    if (!Number.isInteger(status) || status < 100 || status > 199 || status === 101) throw new RangeError(`not the status of an interim answer: ${status}`);
    if (status === 100) return this.begun();
    const block = interimBlock(status, fields.filter(([name]) => name.toLowerCase() !== 'content-length'));
    if (this.#over || this.#closed || (this.#session.connection.unsent.length > 0 && ++this.#interims > INTERIM_UNSENT_MAX)) return;
    this.#stream.respond(block, false);
  }

  whenGone(listener: () => void): void {
    this.#whenGone = listener;
  }

  // ---- BodyFlow ----

  begun(): void {
    this.#receivedMs = this.#session.parts.loop.nowMs;
    if (!this.#awaitsContinue || this.#over || this.#closed) return;
    this.#awaitsContinue = false;
    this.#stream.respond(interimBlock(100, []), false);
  }

  changed(): void {
    const reader = this.#reader;
    if (!reader || this.#closed) return;
    if (reader.isAwaited) this.#receivedMs = this.#session.parts.loop.nowMs;
    this.#stream.resume();
  }

  // ---- content ----

  #receive(head: RequestHead, isWanted: boolean): void {
    const reader = new BodyReader(head.chunked ? -1 : head.contentLength, this.#session.parts.limits, this, true);
    this.#reader = reader;
    this.#awaitsContinue = head.expectContinue;
    if (isWanted) this.body = reader;
    else reader.fail('cancelled');
  }

  /** The answer is complete: the client need not send the rest (RFC 9113 §8.1). */
  #leaveContent(): void {
    this.#stream.reset(NO_ERROR);
  }

  // ---- answer ----

  #ask(head: RequestHead, answering: Answering): void {
    const { loop, requests } = this.#session.parts;
    let plan: Plan | undefined;
    try {
      plan = answering.exchange.known(head, loop.nowMs, this);
    } catch (error) {
      plan = requests.failed(error);
    }
    if (plan) this.#send(head, plan);
    else this.#find(head, answering);
  }

  #find(head: RequestHead, answering: Answering): void {
    answering.underWay += 1;
    this.#converse(head.detach(), answering).catch(fatal);
  }

  async #converse(head: RequestHead, answering: Answering): Promise<void> {
    const { loop, requests, records, metrics } = this.#session.parts;
    let plan: Plan;
    try {
      plan = await answering.exchange.find(head, loop.nowMs, this, this);
    } catch (error) {
      plan = error instanceof RequestBodyError && (this.#over || this.#closed) ? BROKEN_OFF : requests.failed(error);
    } finally {
      answering.underWay -= 1;
    }
    this.#whenGone = undefined;
    if (!this.#over && !this.#closed) {
      this.#send(head, plan);
      return;
    }
    (plan.tunnel ?? plan.source)?.cancel('the stream is closed');
    if (this.#over) return; // it was refused
    this.#over = true;
    metrics.count(plan.status, plan.result);
    metrics.brokenOff('aborted');
    const record = records?.of(head, plan, this, this.#begunMs, false);
    if (record) records?.write(record, 'aborted');
  }

  /** RFC 9113 §8.1.1 */
  #malformed(): void {
    this.#session.parts.requests.refused[MALFORMED_MESSAGE]! += 1;
    this.#over = true;
    this.#stream.reset(PROTOCOL_ERROR);
  }

  /** @param head undefined: it was refused itself, or is not there any more. */
  #refuse(code: number, head: RequestHead | undefined): void {
    this.#session.parts.requests.refused[code]! += 1;
    const plan = refusalPlans[code]!;
    this.#send(head, this.#isHead ? plan.withoutBody() : plan);
  }

  #send(head: RequestHead | undefined, plan: Plan): void {
    const { loop, metrics, records, responseHeads, bridge, report } = this.#session.parts;
    const stream = this.#stream;
    this.#over = true;
    this.#sentMs = loop.nowMs;
    metrics.count(plan.status, plan.result);
    if (head) metrics.hottest.count(head, plan);
    const answer = (this.#answer = new Http2Answer(stream, plan, records?.of(head, plan, this, this.#begunMs)));
    answer.begin(responseHeads.of(plan, loop.nowMs), bridge, (error) => report('bodySourceFailed', 'a body source failed: stream reset', { error: String(error) }));
  }
}
