// The event loop: one native call brings a burst in, every request in it is answered here, one native call sends the
// burst out. libuv wakes us (Engine.start), so timers and promises run beside it.
import { layout, type Areas, type Engine } from '../native/index.ts';
import type { RequestHead } from '../http/head.ts';
import { Connection } from './connection.ts';
import { Http2Sessions } from './http2/sessions.ts';
import { Deadlines, setWaits, WAIT_BODY, WAIT_FIRST, WAIT_IDLE, WAIT_LINGER, WAIT_NOTHING, WAIT_SEND, WAIT_TUNNEL, WAITS } from './deadlines.ts';
import { Endings } from './endings.ts';
import type { Adopted, LoopParts } from './loop-parts.ts';
import type { AccessRecord } from './log/record.ts';
import { RequestMetrics } from './metrics/request-metrics.ts';
import { NO_ANSWER, Outbox, type Unsent } from './outbox.ts';
import type { Plan } from './plan.ts';
import { Requests, type Transport } from './requests.ts';
import { inChunks, pump } from './pump.ts';
import { Tail } from './tail.ts';
import { Speech } from './tls/speech.ts';
import { Tunnels } from './tunnels.ts';
import { Turns } from './turns.ts';
import { Watch } from './watch.ts';

const { events, results, status, after, sizes } = layout;
/** Bursts handled before timers and promises have their turn. */
const TURNS_MAX = 8;
/** Ticks in which all that waits is taken, a listener's full queue with it: a tick accepts 512 (native/accepting.cc), and a queue holds 4096. */
const QUEUE_TICKS = 8;
/** For a request that may be on its way when a drain begins: a connection's first, or the next on one that is kept. It is told that it was the last. */
const REQUEST_WHEN_DRAINING_MS = 500;
const NOTHING = new Uint8Array(0);

export class Loop implements Transport {
  readonly #engine: Engine;
  readonly #areas: Areas;
  readonly #parts: LoopParts;
  readonly #connections: (Connection | undefined)[] = [];
  readonly #deadlines: Deadlines;
  readonly #waits: Float64Array;
  readonly #tail = new Tail();
  readonly #outbox: Outbox;
  readonly #metrics: RequestMetrics;
  readonly #watch: Watch;
  readonly #endings: Endings;
  readonly #tunnels: Tunnels;
  readonly #speech: Speech;
  readonly #sessions: Http2Sessions;
  readonly requests: Requests;
  readonly #refused: [listener: number, errno: number][] = [];
  #open = 0;
  readonly #turns: Turns;
  nowMs = Date.now();
  draining = false;

  constructor(parts: LoopParts) {
    this.#parts = parts;
    this.#turns = new Turns(parts.areas, this);
    this.#engine = parts.engine;
    this.#areas = parts.areas;
    const { answering, limits } = parts.adopted;
    this.#deadlines = new Deadlines(limits.connectionsMax);
    this.#waits = new Float64Array(WAITS);
    this.#metrics = parts.metrics ?? new RequestMetrics(limits.connectionsMax);
    this.#endings = new Endings(parts.records, this.#metrics, parts.report);
    this.#outbox = new Outbox(parts.engine, parts.areas, layout, this.#metrics, (connection, unsent, result) => this.#settle(connection, unsent, result));
    this.#speech = new Speech(parts.engine, parts.serviceOf, parts.report);
    this.#take(parts.adopted);
    this.#tunnels = new Tunnels(this, this.#outbox, parts.records);
    this.requests = new Requests(answering, this, limits, parts.report, parts.tracer);
    this.#sessions = new Http2Sessions({ ...parts, loop: this, outbox: this.#outbox, requests: this.requests, metrics: this.#metrics, limits }, parts.adopted.strict);
    this.#watch = new Watch(parts.engine, parts.areas, this.#deadlines, this.#waits, this, parts.report, parts.lag);
  }

  /** For what begins from now on: requests, waits, connections. */
  adopt(adopted: Adopted): void {
    this.#take(adopted);
    this.requests.adopt(adopted.answering, adopted.limits);
    this.#sessions.adopt(adopted.limits, adopted.strict);
  }

  /** Handles everything that is ready. Called by libuv through Engine.start(). */
  tick(): void {
    this.#turns.ticking = true;
    for (let turn = 0; turn < TURNS_MAX; ++turn) {
      const count = this.#engine.receive();
      if (count === 0 && this.#areas.status[status.READY] === 0) break;
      this.#parts.onReceived?.();
      this.#lookAtClock();
      for (let at = 0; at < count * sizes.eventWords; at += sizes.eventWords) this.#dispatch(this.#areas.events, at);
      this.#send();
      // Only now is idle who looks it: requests of this burst are answered.
      for (const [listener, errno] of this.#refused.splice(0)) this.#watch.acceptFailed(listener, errno);
    }
    this.#turns.ticking = false;
    this.#turns.again();
  }

  /** Whoever has connected so far is a connection, and what has come is handled, as far as a few ticks go. */
  catchUp(): void {
    for (let turn = 0; turn < QUEUE_TICKS; ++turn) this.tick();
  }

  /** Accepts no more, closes what stays idle, and lets answers under way finish; `onDrained` follows. */
  drain(stopAccepting: () => void): void {
    this.tick(); // whoever has connected already is a connection
    stopAccepting();
    this.draining = true;
    for (const connection of this.#connections) {
      const wait = connection ? this.#deadlines.waitOf(connection.slot) : WAIT_NOTHING;
      connection?.session?.drain();
      // A request may be on its way; a connection that was opened in advance, or is kept just in case, must not hold us up.
      if (wait === WAIT_FIRST || wait === WAIT_IDLE) this.#deadlines.set(connection!.slot, wait, Date.now() + REQUEST_WHEN_DRAINING_MS);
    }
    this.#turns.again();
    if (this.#open === 0) this.#parts.onDrained();
  }

  /** Accepts no more, and ends every connection, whatever it is in the middle of; `onDrained` follows. */
  abort(stopAccepting: () => void): void {
    stopAccepting();
    const wasDraining = this.draining;
    this.draining = true;
    // FIN would be the end of an answer that has no length.
    for (const connection of this.#connections) if (connection) this.close(connection, connection.busy);
    if (this.#open > 0) this.tick();
    else if (!wasDraining) this.#parts.onDrained();
  }

  counts(): Record<string, number> {
    const { shed, stalls } = this.#watch;
    return { requests: this.requests.served, connectionsShed: shed, sendsStalled: stalls + this.#sessions.stalls, ...this.#tunnels.counts(), ...this.#sessions.counts() };
  }

  /** Closes connections that have been idle longest, for want of descriptors. How many there were. */
  shedIdle(): number {
    return this.#watch.shedIdle();
  }

  connection(slot: number): Connection | undefined {
    return this.#connections[slot];
  }

  close(connection: Connection, hard: boolean): void {
    this.#deadlines.clear(connection.slot);
    this.#engine.close(connection.slot, connection.generation, hard);
    this.#turns.again();
  }

  // ---- HTTP/2 ----

  decide(connection: Connection): void {
    this.#sessions.decide(connection);
  }

  lend(fd: number): Connection | number {
    const slot = this.#engine.borrow(fd);
    if (slot < 0) return slot;
    this.#open += 1;
    return (this.#connections[slot] = Connection.lent(this.#engine, slot));
  }

  #take({ limits, senders, strict }: Adopted): void {
    this.#speech.senders = senders;
    this.#tail.strict = strict;
    setWaits(this.#waits, limits);
  }

  /** Once a burst, and once an answer outside of one: the next request of that connection may follow at once. */
  #lookAtClock(): void {
    this.nowMs = Date.now();
    this.#metrics.burst();
  }

  // ---- Transport, for Requests ----

  answer(connection: Connection, request: RequestHead | undefined, plan: Plan, close: boolean): void {
    const minor = request?.versionMinor ?? 1;
    // Without a length or chunks only the end of the connection can end a body (RFC 9112 §6.3).
    const closing = close || plan.framing === 'close' || (plan.framing === 'chunked' && minor === 0);
    if (!this.#turns.ticking) this.#lookAtClock();
    this.#metrics.count(plan.status, plan.result);
    if (request) this.#metrics.hottest.count(request, plan);
    const record = this.#parts.records?.of(request, plan, connection, this.#metrics.begunMs(connection.slot));
    if (plan.tunnel) return this.#tunnels.open(connection, plan, plan.tunnel, this.#tail.of(this.nowMs, false, minor, plan.dated, connection.secure), record);
    connection.closing = closing;
    this.#deadlines.set(connection.slot, closing ? WAIT_LINGER : WAIT_IDLE, this.nowMs + this.#waits[closing ? WAIT_LINGER : WAIT_IDLE]!);
    const tail = this.#tail.of(this.nowMs, closing, minor, plan.dated, connection.secure);
    const chunked = plan.framing === 'chunked' && minor > 0;
    if (plan.source) {
      this.#metrics.begin(connection.slot);
      this.wait(connection, connection.awaitsBody ? WAIT_BODY : WAIT_NOTHING);
      pump({ connection, plan, source: plan.source, tail, chunked, after: closing ? after.CLOSE : after.KEEP, record }, this, this.#outbox)
        .then(() => this.#pumped(connection))
        .catch((error: unknown) => this.#parts.report('bodySourceFailed', 'a body source failed: connection reset', { error: String(error) }));
    } else {
      this.#outbox.answer(connection, plan, chunked ? inChunks(tail) : tail, closing ? after.CLOSE : after.KEEP, record, chunked);
    }
    this.flushSoon();
  }

  interim(connection: Connection, head: Uint8Array): void {
    this.#outbox.bytes(connection, head, after.KEEP, undefined);
    this.flushSoon();
  }

  secure(connection: Connection, bytes: Uint8Array): void {
    if (!this.#speech.secure(connection, bytes)) this.close(connection, true);
  }

  finish(connection: Connection): void {
    connection.closing = true;
    this.wait(connection, WAIT_LINGER);
    this.#outbox.bytes(connection, NOTHING, after.CLOSE, undefined);
    this.flushSoon();
  }

  begin(connection: Connection): void {
    if (!this.#turns.ticking) this.#lookAtClock();
    this.#metrics.begin(connection.slot);
  }

  unanswered(connection: Connection, request: RequestHead, plan: Plan): void {
    this.#metrics.count(plan.status, plan.result);
    this.cutOff(this.#parts.records?.of(request, plan, connection, this.#metrics.begunMs(connection.slot), false));
  }

  cutOff(record: AccessRecord | undefined): void {
    this.#endings.brokenOff(record, 'aborted');
  }

  pause(connection: Connection): void {
    this.#areas.paused[connection.slot] = 1;
  }

  resume(connection: Connection): void {
    if (this.#areas.paused[connection.slot] === 0) return;
    this.#engine.resume(connection.slot, connection.generation);
    this.#turns.again();
  }

  /** A half-closed peer still gets what it asked for. */
  end(connection: Connection): void {
    this.#send();
    if (!connection.busy) this.close(connection, false);
  }

  wait(connection: Connection, awaited: number): void {
    const wait = connection.tunnelling ? WAIT_TUNNEL : awaited;
    if (wait === WAIT_NOTHING) this.#deadlines.clear(connection.slot);
    // The answer before a drain could not say that it was the last: what was sent on the strength of it is still taken.
    else this.#deadlines.set(connection.slot, wait, this.nowMs + (wait === WAIT_IDLE && this.draining ? REQUEST_WHEN_DRAINING_MS : this.#waits[wait]!));
  }

  flushSoon(): void {
    this.#turns.flushSoon();
  }

  flush(): void {
    this.nowMs = Date.now();
    this.#send();
  }

  #send(): void {
    this.#sessions.gather();
    this.#outbox.flush();
    this.#sessions.flushed();
  }

  // ---- events ----

  #dispatch(record: Int32Array, at: number): void {
    const type = record[at]!;
    const slot = record[at + 1]!;
    if (type === events.RECEIVED) {
      const connection = this.#live(slot, record[at + 2]!);
      const start = record[at + 3]!;
      if (connection) this.requests.input(connection, this.#areas.rx, start, start + record[at + 4]!);
    } else if (type === events.ACCEPTED) {
      this.#accepted(slot, record[at + 2]!, record[at + 3]!);
    } else if (type === events.SENT) {
      this.#sent(this.#live(slot, record[at + 2]!));
    } else if (type === events.CLOSED) {
      this.#closed(slot, record[at + 2]!, record[at + 3]!);
    } else if (type === events.INPUT_ENDED) {
      this.#inputEnded(this.#live(slot, record[at + 2]!));
    } else if (type === events.OPENED) {
      this.#parts.opener.settle(slot, { error: record[at + 2]!, kind: record[at + 3]!, file: record[at + 4]!, rerooted: record[at + 5] === 1 });
    } else if (type === events.READ) {
      this.#parts.opener.settleRead(slot, record[at + 2]!);
    } else if (type === events.PLAINTEXT) {
      const connection = this.#live(slot, record[at + 2]!);
      if (connection) this.requests.refusePlaintext(connection);
    } else if (type === events.LEASE_BROKEN) {
      this.#parts.onLeaseBroken?.(slot, record[at + 2]!);
    } else {
      this.#refused.push([slot, record[at + 2]!]);
    }
  }

  #live(slot: number, generation: number): Connection | undefined {
    const connection = this.#connections[slot];
    return connection?.generation === generation ? connection : undefined;
  }

  #accepted(slot: number, generation: number, listener: number): void {
    const connection = (this.#connections[slot] = new Connection(this.#engine, slot, generation, listener));
    this.#deadlines.set(slot, WAIT_FIRST, this.nowMs + this.#waits[WAIT_FIRST]!);
    this.#metrics.clear(slot);
    if (this.#open++ === 0) this.#watch.begin();
    if (!this.#speech.begin(connection)) this.close(connection, true);
  }

  #sent(connection: Connection | undefined): void {
    if (!connection) return;
    const sent = connection.unsent.shift();
    if (sent) this.#endings.sent(sent);
    if (connection.unsent.length > 0) return;
    if (connection.lent || (connection.session && !connection.closing)) return connection.wake?.();
    if (connection.answering) this.wait(connection, connection.awaitsBody ? WAIT_BODY : WAIT_NOTHING);
    else if (connection.closing) this.wait(connection, WAIT_LINGER);
    connection.wake?.();
    this.requests.goOn(connection);
  }

  #inputEnded(connection: Connection | undefined): void {
    if (!connection) return;
    connection.ended = true;
    this.requests.inputEnded(connection);
    if (!connection.closing) this.end(connection);
  }

  #closed(slot: number, generation: number, reason: number): void {
    const connection = this.#live(slot, generation);
    if (!connection) return;
    connection.gone = true;
    this.#connections[slot] = undefined;
    this.#deadlines.clear(slot);
    this.#endings.closed(connection, reason, this.#watch.stalled(slot));
    connection.wake?.();
    this.requests.closed(connection);
    if (--this.#open > 0) return;
    this.#watch.end();
    if (this.draining) this.#parts.onDrained();
  }

  /** A source has ended, and its last piece is with the engine. */
  #pumped(connection: Connection): void {
    if (connection.closing && !connection.busy && !connection.gone) this.wait(connection, WAIT_LINGER);
    this.requests.goOn(connection);
  }

  #settle(connection: Connection, unsent: Unsent, result: number): void {
    if (result === results.PENDING) {
      connection.unsent.push(unsent);
      if (connection.lent) return;
      this.wait(connection, WAIT_SEND);
      this.#watch.sending(connection.slot);
    } else if (result === results.GONE) {
      if (unsent.cacheResult !== NO_ANSWER) this.cutOff(unsent.record); // the peer was faster
    } else if (unsent.record) {
      this.#parts.records?.write(unsent.record, '');
    }
  }
}
