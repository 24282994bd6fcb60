/**
 * One request on its way to an answer: at most one attempt at a time, and another where that does no harm.
 *
 * Another attempt is made where nothing was sent (no connection), or where the request is idempotent, nothing of an answer has come and
 * the origin closed or kept silent (RFC 9110 §9.2.2); never once a byte of the body was taken. It goes to an origin that has not failed
 * this request; to the same one only where the connection had been used before, and so was perhaps closed while it lay idle.
 */
import type { Duplex } from 'node:stream';
import type { FieldList } from '../../../http/response.ts';
import type { OriginAddress } from './address.ts';
import { Attempt, type AttemptEvents, type AttemptTimeouts, type Circumstances } from './attempt.ts';
import type { Connection } from './connection.ts';
import { type OriginFailure, originFailure, type OriginFailureKind } from './failure.ts';
import type { Origin } from './origin.ts';
import type { OriginCall, OriginEvents, OriginRequest } from './request.ts';
import type { ResponseInfo } from './response-head.ts';

/** What a call tells of itself: Origins. */
export interface CallOwner {
  /** It wants an origin; not within this turn. */
  seek(call: Call): void;
  answered(origin: Origin): void;
  /** @param judged whether it says something about the origin. */
  failed(origin: Origin, failure: OriginFailure, judged: boolean): void;
  upgraded(): void;
  /** It is over. @param failure undefined where it was answered or given up. */
  over(call: Call, failure: OriginFailure | undefined): void;
  listenerFailed(error: unknown): void;
}

interface UnderWay {
  readonly origin: Origin;
  readonly connection: Connection;
  readonly attempt: Attempt;
}

const NOTHING_SENT = new Set<OriginFailureKind>(['connect', 'timeout-connect']);
const SILENT = new Set<OriginFailureKind>(['closed', 'timeout-head']);

export class Call implements OriginCall, AttemptEvents {
  readonly tried = new Set<Origin>();
  /** An idle connection of this origin will not do. */
  fresh = false;
  retries = 0;
  address: OriginAddress | undefined;
  readonly #request: OriginRequest;
  readonly #events: OriginEvents;
  readonly #owner: CallOwner;
  readonly #retriesMax: number;
  #under: UnderWay | undefined;
  #failure: OriginFailure | undefined;
  #hasHead = false;
  #over = false;
  #paused = false;

  constructor(request: OriginRequest, events: OriginEvents, retriesMax: number, owner: CallOwner) {
    this.#request = request;
    this.#events = events;
    this.#retriesMax = retriesMax;
    this.#owner = owner;
  }

  get isOver(): boolean {
    return this.#over;
  }

  /** URL of the only origin that will do. */
  get only(): string | undefined {
    return this.#request.origin;
  }

  startOn(origin: Origin, connection: Connection, timeouts: AttemptTimeouts): void {
    const attempt = new Attempt(this.#request, connection, timeouts, this);
    this.#under = { origin, connection, attempt };
    this.address = origin.address;
    if (this.#paused) attempt.pause();
    origin.health.asked();
    attempt.start();
  }

  pause(): void {
    this.#paused = true;
    this.#under?.attempt.pause();
  }

  resume(): void {
    this.#paused = false;
    this.#under?.attempt.resume();
  }

  cancel(reason: string): void {
    if (this.#over) return;
    this.#finish(undefined);
    this.#stop(reason);
  }

  /** As cancel(), but it is told. */
  abandon(detail: string): void {
    if (this.#over) return;
    const failure = originFailure('cancelled', detail, !this.#hasHead);
    this.#finish(failure);
    this.#stop(detail);
    this.#tell(() => this.#events.failed(failure));
  }

  /** No (other) origin has been found for it. */
  refuse(kind: OriginFailureKind, detail: string): void {
    if (this.#over) return;
    const failure = this.#failure ?? originFailure(kind, detail, true);
    this.#finish(failure);
    this.#tell(() => this.#events.failed(failure));
  }

  interim(status: number, fields: FieldList): void {
    this.#tell(() => this.#events.interim(status, fields));
  }

  head(status: number, fields: FieldList, statusMessage: string, info: ResponseInfo): void {
    this.#hasHead = true;
    if (this.#under !== undefined) this.#owner.answered(this.#under.origin);
    this.#tell(() => this.#events.head(status, fields, statusMessage, info));
  }

  data(chunk: Uint8Array): void {
    try {
      this.#events.data(chunk);
    } catch (error) {
      this.#listenerFailed(error);
    }
  }

  end(trailers: FieldList): void {
    const under = this.#leave();
    this.#finish(undefined);
    under?.origin.giveBack(under.connection);
    this.#tell(() => this.#events.end(trailers));
  }

  upgraded(socket: Duplex, status: number, fields: FieldList): void {
    const under = this.#leave();
    this.#finish(undefined);
    if (under !== undefined) {
      this.#owner.answered(under.origin);
      under.origin.tunnel(under.connection, socket);
    }
    this.#owner.upgraded();
    this.#tell(() => this.#events.upgraded?.(socket, status, fields));
  }

  failed(failure: OriginFailure, circumstances: Circumstances): void {
    const under = this.#leave();
    if (under === undefined) return;
    const stale = failure.kind === 'closed' && circumstances.reused && circumstances.unanswered;
    const silent = SILENT.has(failure.kind) && failure.beforeHead;
    this.#owner.failed(under.origin, failure, NOTHING_SENT.has(failure.kind) || (silent && !stale));
    // What cannot be sent has touched nothing.
    if (failure.kind === 'unsendable') under.origin.giveBack(under.connection);
    else under.origin.drop(under.connection, failure.kind);
    this.#failure = failure;
    if (!this.#mayBeRepeated(failure.kind, circumstances)) return this.refuse(failure.kind, failure.detail);
    this.retries++;
    this.fresh = stale;
    if (!stale) this.tried.add(under.origin);
    this.#owner.seek(this);
  }

  #mayBeRepeated(kind: OriginFailureKind, { unanswered }: Circumstances): boolean {
    if (this.retries >= this.#retriesMax || this.#request.body?.begun === true) return false;
    return NOTHING_SENT.has(kind) || (SILENT.has(kind) && unanswered && this.#request.idempotent);
  }

  #stop(reason: string): void {
    const under = this.#leave();
    if (under === undefined) return;
    under.attempt.cancel();
    under.origin.health.unknown();
    under.origin.drop(under.connection, reason);
  }

  #leave(): UnderWay | undefined {
    const under = this.#under;
    this.#under = undefined;
    return under;
  }

  #finish(failure: OriginFailure | undefined): void {
    this.#over = true;
    this.#owner.over(this, failure);
  }

  /** Events must not throw into undici, which would take it for an error of its own. */
  #tell(event: () => void): void {
    try {
      event();
    } catch (error) {
      this.#listenerFailed(error);
    }
  }

  #listenerFailed(error: unknown): void {
    this.#owner.listenerFailed(error);
    this.cancel('the listener failed');
  }
}
