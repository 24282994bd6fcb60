// One question to an origin: its head as a promise, its body to whoever takes it.
import type { Duplex } from 'node:stream';
import type { FieldList } from '../../http/response.ts';
import type { RequestBodyReader } from '../exchange.ts';
import { originFailure, type OriginFailure } from './origin/failure.ts';
import type { Origins } from './origin/origins.ts';
import type { OriginCall, OriginEvents, OriginRequest } from './origin/request.ts';
import type { ResponseInfo } from './origin/response-head.ts';
import type { OriginSpan } from '../tracing/origin-span.ts';
import { OriginTunnel } from './origin-tunnel.ts';

export interface OriginHead {
  readonly status: number;
  readonly fields: FieldList;
  readonly info: ResponseInfo;
  /** When the request went out and when the head came; milliseconds since the epoch. */
  readonly requestMs: number;
  readonly responseMs: number;
  /** Of a 101, which there is only where an upgrade was asked for. */
  readonly tunnel?: OriginTunnel;
}

export interface BodyReceiver {
  data(chunk: Uint8Array): void;
  /** @param trailers as they were sent. */
  end(trailers: FieldList): void;
  failed(failure: OriginFailure): void;
}

export class OriginAnswer implements OriginEvents {
  /** The head, or why there is none. Never rejects. */
  readonly response: Promise<OriginHead | OriginFailure>;
  readonly #requestMs = Date.now();
  readonly #call: OriginCall;
  readonly #body: RequestBodyReader | undefined;
  readonly #span: OriginSpan | undefined;
  #cancelled = false;
  readonly #onInterim: (status: number, fields: FieldList) => void;
  #resolve!: (response: OriginHead | OriginFailure) => void;
  #ended = false;
  #receiver: BodyReceiver | undefined;
  /** What came before anybody took it: no more than what undici had read with the head. */
  #early: ((receiver: BodyReceiver) => void)[] = [];

  /** @param body of the request: what of it the origin has not read when it is done with its answer is not wanted. @param span of the question, where it is traced. */
  constructor(origins: Origins, request: Omit<OriginRequest, 'body'>, body: RequestBodyReader | undefined, onInterim: (status: number, fields: FieldList) => void, span?: OriginSpan) {
    this.response = new Promise((resolve) => (this.#resolve = resolve));
    this.#onInterim = onInterim;
    this.#body = body;
    this.#span = span;
    this.#call = origins.ask({ ...request, body }, this);
  }

  /** All of it has come. */
  get ended(): boolean {
    return this.#ended;
  }

  /** The body goes there, from its first byte. */
  take(receiver: BodyReceiver): void {
    const early = this.#early;
    this.#early = [];
    this.#receiver = receiver;
    for (const event of early) if (!this.#cancelled) event(receiver);
  }

  pause(): void {
    this.#call.pause();
  }

  resume(): void {
    this.#call.resume();
  }

  /** The rest is not wanted. */
  cancel(reason: string): void {
    this.#cancelled = true; // what came before it was taken is not told either
    this.#call.cancel(reason);
    this.#over();
    this.#resolve(originFailure('cancelled', reason, true)); // where there is no head yet
  }

  // ---- OriginEvents ----

  interim(status: number, fields: FieldList): void {
    this.#onInterim(status, fields);
  }

  head(status: number, fields: FieldList, _statusMessage: string, info: ResponseInfo): void {
    this.#span?.answered(status);
    this.#resolve({ status, fields, info, requestMs: this.#requestMs, responseMs: Date.now() });
  }

  upgraded(socket: Duplex, status: number, fields: FieldList): void {
    this.#span?.answered(status);
    this.#over();
    const info: ResponseInfo = { framing: 'none', bytes: 0, version: '1.1' };
    this.#resolve({ status, fields, info, requestMs: this.#requestMs, responseMs: Date.now(), tunnel: new OriginTunnel(socket) });
  }

  data(chunk: Uint8Array): void {
    this.#tell((receiver) => receiver.data(chunk));
  }

  end(trailers: FieldList): void {
    this.#ended = true;
    this.#over();
    this.#tell((receiver) => receiver.end(trailers));
  }

  failed(failure: OriginFailure): void {
    this.#over(failure.kind);
    if (failure.beforeHead) this.#resolve(failure);
    else this.#tell((receiver) => receiver.failed(failure));
  }

  #over(error?: string): void {
    this.#span?.end(this.#call, error);
    this.#body?.cancel();
  }

  #tell(event: (receiver: BodyReceiver) => void): void {
    if (this.#receiver) event(this.#receiver);
    else this.#early.push(event);
  }
}

export function isFailure(head: OriginHead | OriginFailure): head is OriginFailure {
  return 'kind' in head;
}
