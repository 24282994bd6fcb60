// The event loop: one native call brings a burst in, every request in it is answered here, one native call sends the
// burst out. libuv wakes us (Engine.start), so timers and promises run beside it.
import { layout, type Areas, type Engine } from '../native/index.ts';
import type { RequestHead } from '../http/head.ts';
import { Connection } from './connection.ts';
import {
  Deadlines, WAIT_BODY, WAIT_FIRST, WAIT_HEAD, WAIT_IDLE, WAIT_LINGER, WAIT_NOTHING, WAIT_SEND, WAIT_TUNNEL,
} from './deadlines.ts';
import type { Exchange } from './exchange.ts';
import type { LoopLimits } from './limits.ts';
import type { AccessLog } from './log/access.ts';
import type { AccessRecord, Incomplete } from './log/record.ts';
import type { Opener } from './opener.ts';
import { Outbox } from './outbox.ts';
import type { Plan } from './plan.ts';
import type { Report } from './report.ts';
import { Requests, type Transport } from './requests.ts';
import { inChunks, pump } from './pump.ts';
import { Tail } from './tail.ts';
import { Tunnels } from './tunnels.ts';
import { Watch } from './watch.ts';

const { events, reasons, results, status, after, sizes } = layout;
/** Bursts handled before timers and promises have their turn. */
const TURNS_MAX = 8;
/** For a request that may be on its way when a drain begins: a connection's first, or the next behind an answer. */
const REQUEST_WHEN_DRAINING_MS = 500;
const NOTHING = new Uint8Array(0);

export interface LoopParts {
  readonly engine: Engine;
  readonly areas: Areas;
  readonly exchange: Exchange;
  readonly opener: Opener;
  readonly limits: LoopLimits;
  readonly report: Report;
  /** Undefined: no access log, and nothing is gathered for one. */
  readonly log: AccessLog | undefined;
  /** A writer came for a file record; `answers` of it are under way. */
  readonly onLeaseBroken?: (file: number, answers: number) => void;
  /** Called when a drain has closed the last connection. */
  readonly onDrained: () => void;
}

export class Loop implements Transport {
  readonly #engine: Engine;
  readonly #areas: Areas;
  readonly #parts: LoopParts;
  readonly #connections: (Connection | undefined)[] = [];
  readonly #deadlines: Deadlines;
  readonly #waits: Float64Array;
  readonly #tail = new Tail();
  readonly #outbox: Outbox;
  readonly #watch: Watch;
  readonly #tunnels: Tunnels;
  readonly requests: Requests;
  readonly #refused: [listener: number, errno: number][] = [];
  #open = 0;
  #ticking = false;
  #scheduled = false;
  #immediate = false;
  nowMs = Date.now();
  draining = false;

  constructor(parts: LoopParts) {
    this.#parts = parts;
    this.#engine = parts.engine;
    this.#areas = parts.areas;
    const { limits } = parts;
    this.#deadlines = new Deadlines(limits.connectionsMax);
    this.#waits = new Float64Array(WAIT_TUNNEL + 1);
    this.#waits[WAIT_FIRST] = this.#waits[WAIT_HEAD] = limits.headTimeoutMs;
    this.#waits[WAIT_BODY] = limits.bodyTimeoutMs;
    this.#waits[WAIT_IDLE] = limits.idleTimeoutMs;
    this.#waits[WAIT_SEND] = limits.sendTimeoutMs;
    this.#waits[WAIT_LINGER] = limits.lingerTimeoutMs;
    this.#waits[WAIT_TUNNEL] = limits.tunnelIdleTimeoutMs;
    this.#outbox = new Outbox(parts.engine, parts.areas, layout, (connection, record, result) => this.#settle(connection, record, result));
    this.#tunnels = new Tunnels(this, this.#outbox, parts.log);
    this.requests = new Requests(parts.exchange, this, limits, parts.report);
    this.#watch = new Watch(parts.engine, parts.areas, this.#deadlines, this.#waits, this, parts.report);
  }

  /** Handles everything that is ready. Called by libuv through Engine.start(). */
  tick(): void {
    this.#ticking = true;
    for (let turn = 0; turn < TURNS_MAX; ++turn) {
      const count = this.#engine.receive();
      if (count === 0 && this.#areas.status[status.READY] === 0) break;
      this.nowMs = Date.now();
      const { eventWords } = sizes;
      for (let at = 0; at < count * eventWords; at += eventWords) this.#dispatch(this.#areas.events, at);
      this.#outbox.flush();
      // Only now is idle who looks it: requests of this burst are answered.
      for (const [listener, errno] of this.#refused.splice(0)) this.#watch.acceptFailed(listener, errno);
    }
    this.#ticking = false;
    this.#again();
  }

  /** Accepts no more, closes what is idle, and lets answers under way finish; `onDrained` follows. */
  drain(stopAccepting: () => void): void {
    this.tick(); // whoever has connected already is a connection
    stopAccepting();
    this.draining = true;
    for (const connection of this.#connections) {
      const wait = connection ? this.#deadlines.waitOf(connection.slot) : WAIT_NOTHING;
      if (wait === WAIT_IDLE) this.close(connection!, false);
      // A new one's first request may be on its way; one that was opened in advance must not hold us up.
      if (wait === WAIT_FIRST) this.#deadlines.set(connection!.slot, WAIT_FIRST, Date.now() + REQUEST_WHEN_DRAINING_MS);
    }
    this.#again();
    if (this.#open === 0) this.#parts.onDrained();
  }

  counts(): Record<string, number> {
    const { shed, stalls } = this.#watch;
    return { requests: this.requests.served, connectionsShed: shed, sendsStalled: stalls, ...this.#tunnels.counts() };
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
    this.#again();
  }

  // ---- Transport, for Requests ----

  answer(connection: Connection, request: RequestHead | undefined, plan: Plan, close: boolean): void {
    const minor = request?.versionMinor ?? 1;
    // Without a length or chunks only the end of the connection can end a body (RFC 9112 §6.3).
    const closing = close || plan.framing === 'close' || (plan.framing === 'chunked' && minor === 0);
    const record = this.#parts.log?.record(request, plan, this.#parts.log.wantsPeer ? connection.address : '');
    if (plan.tunnel) return this.#tunnels.open(connection, plan, plan.tunnel, this.#tail.of(this.nowMs, false, minor, plan.dated), record);
    connection.closing = closing;
    this.#deadlines.set(connection.slot, closing ? WAIT_LINGER : WAIT_IDLE, this.nowMs + this.#waits[closing ? WAIT_LINGER : WAIT_IDLE]!);
    const tail = this.#tail.of(this.nowMs, closing, minor, plan.dated);
    const chunked = plan.framing === 'chunked' && minor > 0;
    if (plan.source) {
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

  finish(connection: Connection): void {
    connection.closing = true;
    this.wait(connection, WAIT_LINGER);
    this.#outbox.bytes(connection, NOTHING, after.CLOSE, undefined);
    this.flushSoon();
  }

  unanswered(request: RequestHead, plan: Plan): void {
    const { log } = this.#parts;
    log?.write(log.record(request, plan, ''), 'aborted');
  }

  cutOff(record: AccessRecord | undefined): void {
    if (record) this.#parts.log?.write(record, 'aborted');
  }

  pause(connection: Connection): void {
    this.#areas.paused[connection.slot] = 1;
  }

  resume(connection: Connection): void {
    if (this.#areas.paused[connection.slot] === 0) return;
    this.#engine.resume(connection.slot, connection.generation);
    this.#again();
  }

  /** A half-closed peer still gets what it asked for. */
  end(connection: Connection): void {
    this.#outbox.flush();
    if (!connection.busy) this.close(connection, false);
  }

  wait(connection: Connection, awaited: number): void {
    const wait = connection.tunnelling ? WAIT_TUNNEL : awaited;
    if (wait === WAIT_NOTHING) this.#deadlines.clear(connection.slot);
    // The answer before a drain could not say that it was the last: what was sent on the strength of it is still taken.
    else this.#deadlines.set(connection.slot, wait, this.nowMs + (wait === WAIT_IDLE && this.draining ? REQUEST_WHEN_DRAINING_MS : this.#waits[wait]!));
  }

  /** Answers made outside a tick leave when the promises that are due have run. */
  flushSoon(): void {
    if (this.#ticking || this.#scheduled) return;
    this.#scheduled = true;
    queueMicrotask(() => {
      this.#scheduled = false;
      this.nowMs = Date.now();
      this.#outbox.flush();
      this.#again();
    });
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
      this.#accepted(slot, record[at + 2]!);
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

  #accepted(slot: number, generation: number): void {
    this.#connections[slot] = new Connection(this.#engine, slot, generation);
    this.#deadlines.set(slot, WAIT_FIRST, this.nowMs + this.#waits[WAIT_FIRST]!);
    if (this.#open++ === 0) this.#watch.begin();
  }

  #sent(connection: Connection | undefined): void {
    if (!connection) return;
    const record = connection.unsent.shift();
    if (record) this.#parts.log?.write(record, '');
    if (connection.unsent.length > 0) return;
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
    const shortened = reason === reasons.FILE_SHORTENED;
    const changed = reason === reasons.FILE_CHANGED;
    const how: Incomplete = reason === reasons.BODY_BROKEN ? 'bodyBroken' : shortened ? 'fileShortened' : changed ? 'fileChanged' : this.#watch.stalled(slot) ? 'stalled' : 'aborted';
    for (const record of connection.unsent) if (record) this.#parts.log?.write(record, how);
    if (shortened) this.#parts.report('fileShortened', 'a file ended before its answer did: connection reset', { target: connection.unsent[0]?.target ?? '' });
    if (changed) this.#parts.report('tornPrevented', 'a file changed in mid-answer: connection reset', { target: connection.unsent[0]?.target ?? '' });
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

  #settle(connection: Connection, record: AccessRecord | undefined, result: number): void {
    if (result === results.PENDING) {
      connection.unsent.push(record);
      this.wait(connection, WAIT_SEND);
      this.#watch.sending(connection.slot);
    } else if (record) {
      this.#parts.log?.write(record, result === results.DONE ? '' : 'aborted'); // GONE: the peer was faster
    }
  }

  /** The engine has work that no edge will announce. */
  #again(): void {
    if (this.#ticking || this.#areas.status[status.READY] === 0 || this.#immediate) return;
    this.#immediate = true;
    setImmediate(() => {
      this.#immediate = false;
      this.tick();
    });
  }
}
