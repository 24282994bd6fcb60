// The loop's watch over time and want: deadlines that pass, peers that take nothing, descriptors that run out.
import { constants } from 'node:os';
import { getSystemErrorName } from 'node:util';
import type { Areas, Engine } from '../native/index.ts';
import { BODY_TIMEOUT, HEAD_TIMEOUT } from '../http/refusal.ts';
import type { Connection } from './connection.ts';
import { WAIT_BODY, WAIT_HEAD, WAIT_IDLE, WAIT_SEND, WAIT_STREAMS, type Deadlines } from './deadlines.ts';
import type { LagMeter } from './metrics/lag.ts';
import type { Report } from './report.ts';
import type { Requests } from './requests.ts';

const SWEEP_MS = 250;
const SHED_AT_ONCE = 8;
/** Before a listener that found no descriptor, and nobody to shed, is tried again; in milliseconds. */
const ACCEPT_AGAIN_MS = 50;

interface Watched {
  readonly requests: Requests;
  nowMs: number;
  readonly draining: boolean;
  /** Loop.catchUp() */
  catchUp(): void;
  connection(slot: number): Connection | undefined;
  close(connection: Connection, hard: boolean): void;
  wait(connection: Connection, wait: number): void;
}

export class Watch {
  readonly #engine: Engine;
  readonly #areas: Areas;
  readonly #deadlines: Deadlines;
  readonly #loop: Watched;
  readonly #report: Report;
  readonly #lag: LagMeter | undefined;
  readonly #waitsMs: Float64Array;
  readonly #progressSeen: Float64Array;
  readonly #stalled: Uint8Array;
  #timer: NodeJS.Timeout | undefined;
  /** Idle connections closed for want of descriptors or slots. */
  shed = 0;
  /** Connections reset because their peer took nothing. */
  stalls = 0;

  constructor(engine: Engine, areas: Areas, deadlines: Deadlines, waitsMs: Float64Array, loop: Watched, report: Report, lag?: LagMeter) {
    this.#engine = engine;
    this.#areas = areas;
    this.#deadlines = deadlines;
    this.#loop = loop;
    this.#report = report;
    this.#lag = lag;
    this.#waitsMs = waitsMs;
    this.#progressSeen = new Float64Array(areas.progress.length);
    this.#stalled = new Uint8Array(areas.progress.length);
  }

  begin(): void {
    this.#timer ??= setInterval(() => this.sweep(), SWEEP_MS);
    this.#lag?.begin();
  }

  end(): void {
    clearInterval(this.#timer);
    this.#timer = undefined;
    this.#lag?.end();
  }

  sweep(): void {
    this.#loop.nowMs = Date.now();
    // This thread may have been held up: nobody is given up whose bytes are here.
    if (this.#deadlines.isOverdue(this.#loop.nowMs)) this.#loop.catchUp();
    if (this.#loop.draining) this.#putOff();
    this.#deadlines.sweep(this.#loop.nowMs, (slot, wait) => {
      const connection = this.#loop.connection(slot);
      if (!connection) return this.#deadlines.clear(slot);
      if (wait === WAIT_HEAD) this.#loop.requests.refuse(connection, HEAD_TIMEOUT);
      else if (wait === WAIT_BODY) this.#loop.requests.refuse(connection, BODY_TIMEOUT);
      else if (wait === WAIT_SEND) this.#sendOverdue(connection);
      else if (wait === WAIT_STREAMS) connection.session?.look();
      else if (wait === WAIT_IDLE && connection.session) connection.session.retire();
      else this.#loop.close(connection, false);
    });
  }

  /** An answer of this slot waits for its peer: only what it takes from now on is progress. */
  sending(slot: number): void {
    this.#progressSeen[slot] = this.#areas.progress[slot]!;
  }

  /** Whether the connection that was in this slot was reset for taking nothing; forgets it. */
  stalled(slot: number): boolean {
    const stalled = this.#stalled[slot] === 1;
    this.#stalled[slot] = 0;
    return stalled;
  }

  /** Closes the connections that have been idle longest: their descriptors are free at once. How many. */
  shedIdle(): number {
    const idle = this.#deadlines.oldestIdle(SHED_AT_ONCE, this.#waitsMs);
    for (const slot of idle) {
      const connection = this.#loop.connection(slot);
      if (connection) this.#loop.close(connection, false);
    }
    this.shed += idle.length;
    return idle.length;
  }

  /** accept(2) found no descriptor, no memory or no slot: the longest idle make room. */
  acceptFailed(listener: number, errno: number): void {
    const shed = this.shedIdle();
    this.#report('acceptRefused', 'no room for a new connection: idle ones are closed', {
      cause: errno === constants.errno.ENFILE ? 'ENFILE, or connectionsMax' : getSystemErrorName(-errno), shed,
    });
    if (shed > 0) this.#acceptAgain(listener);
    else setTimeout(() => this.#acceptAgain(listener), ACCEPT_AGAIN_MS);
  }

  /** A listener that cannot be watched (ENOSPC, ENOMEM) would never be heard of again. */
  #acceptAgain(listener: number): void {
    if (this.#engine.acceptAgain(listener) < 0) setTimeout(() => this.#acceptAgain(listener), ACCEPT_AGAIN_MS);
  }

  /** An answer that its peer has not taken yet is under way: the time in which another request may come begins behind it. */
  #putOff(): void {
    for (const slot of this.#deadlines.waitingFor(WAIT_IDLE)) {
      const connection = this.#loop.connection(slot);
      if (connection && this.#engine.unacknowledged(slot, connection.generation) > 0) this.#loop.wait(connection, WAIT_IDLE);
    }
  }

  #sendOverdue(connection: Connection): void {
    const { slot } = connection;
    const sent = this.#areas.progress[slot]!;
    // Whoever waits for an origin takes what there is; and whose other end we read, waits for a client that is looked at itself.
    if (sent !== this.#progressSeen[slot] || this.#areas.starving[slot] === 1 || connection.lent) {
      this.#progressSeen[slot] = sent;
      this.#loop.wait(connection, WAIT_SEND);
      connection.session?.look();
      return;
    }
    this.stalls += 1;
    this.#stalled[slot] = 1;
    this.#loop.close(connection, true);
  }
}
