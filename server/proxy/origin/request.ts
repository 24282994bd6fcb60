// What is asked of an origin, what comes back, and the request as undici takes it.
import type { Duplex } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { FieldList } from '../../../http/response.ts';
import type { OriginAddress } from './address.ts';
import { BodyFault, type OriginFailure } from './failure.ts';
import type { ResponseInfo } from './response-head.ts';

export type { ResponseInfo } from './response-head.ts';

/** A request body as it comes from a client. It is pulled one chunk at a time; a chunk is not the body's any more once it is handed over. */
export type OriginBody = AsyncIterable<Uint8Array> & {
  /** -1: unknown, it is sent chunked. */
  readonly bytes: number;
  /** A byte was consumed: the request cannot be sent again. */
  readonly begun: boolean;
};

export interface OriginRequest {
  /** Not CONNECT. */
  readonly method: string;
  /** The target in origin-form (RFC 9112 §3.2.1). */
  readonly path: string;
  /** In the order of the wire, with Host. What frames the message and what is for one connection only is left out here: see outgoingFields. */
  readonly fields: FieldList;
  readonly body: OriginBody | undefined;
  /** The protocols to change to, as in Upgrade. */
  readonly upgrade?: string;
  /** URL of the only origin to ask, as it was configured; undefined: any. */
  readonly origin?: string | undefined;
  /** RFC 9110 §9.2.2 */
  readonly idempotent: boolean;
}

/**
 * In this order: interim*, head, data*, end | failed; or interim*, upgraded; or failed. Nothing comes after end, failed, upgraded or
 * cancel(), and nothing before ask() has returned. What a listener throws is reported, and ends the call as cancel() does.
 */
export interface OriginEvents {
  /** 102 to 199. At most 32. */
  interim(status: number, fields: FieldList): void;
  /** @param statusMessage printable ASCII; '' where it was something else. Fields are as they were sent, those of the connection too. */
  head(status: number, fields: FieldList, statusMessage: string, info: ResponseInfo): void;
  /** The chunk may be kept, and is at most 64 KiB. */
  data(chunk: Uint8Array): void;
  end(trailers: FieldList): void;
  failed(failure: OriginFailure): void;
  /** 101. The socket is the listener's, paused; it has no timeouts. It takes a connection of the origin until it is closed. */
  upgraded?(socket: Duplex, status: number, fields: FieldList): void;
}

export interface OriginCall {
  /** Whom it was put to last; undefined: nobody so far. */
  readonly address: OriginAddress | undefined;
  /** How often it was put again. */
  readonly retries: number;
  /** At most one read (64 KiB) comes after it, and failed or end may. The timeout of the body rests. */
  pause(): void;
  resume(): void;
  /**
   * In any state, any number of times: nothing is reported any more, and the connection is closed. A pull of the body that is under
   * way is for its owner to end. @param reason why the connection ends, for who debugs it.
   */
  cancel(reason: string): void;
}

/**
 * Fields that are not ours to pass on (RFC 9110 §7.6.1), that undici writes itself, or that it refuses: Connection, Content-Length and
 * Transfer-Encoding follow from the request; Expect is answered by whoever has the client.
 */
const OURS = new Set(['connection', 'content-length', 'expect', 'keep-alive', 'proxy-connection', 'te', 'transfer-encoding', 'upgrade']);

/** name, value, name, … in the given order; undici puts Host first and Content-Length last. */
export function outgoingFields({ fields, body }: OriginRequest): string[] {
  const list: string[] = [];
  for (const [name, value] of fields) if (!OURS.has(name.toLowerCase())) list.push(name, value);
  if (body !== undefined && body.bytes >= 0) list.push('content-length', String(body.bytes));
  return list;
}

/** Whoever has the answer that the body is for. */
export interface BodyTaker {
  /** The next chunk is asked for, or the end. */
  awaitsBody(): void;
  /** It is here. @returns false: no more is wanted. */
  takesBody(): boolean;
}

export function dispatchOptions(request: OriginRequest, taker: BodyTaker): Dispatcher.DispatchOptions {
  const { method, path, body, upgrade, idempotent } = request;
  return {
    method,
    path,
    headers: outgoingFields(request),
    // An AsyncIterable is taken, though the declaration does not say so.
    body: body === undefined || body.bytes === 0 ? null : (pulled(body, taker) as unknown as Uint8Array),
    upgrade: upgrade ?? null,
    idempotent,
    blocking: false,
  };
}

/** Tells an error of the body from one of the connection. */
async function* pulled(body: OriginBody, taker: BodyTaker): AsyncGenerator<Uint8Array> {
  try {
    taker.awaitsBody();
    for await (const chunk of body) {
      if (!taker.takesBody()) return;
      yield chunk;
      taker.awaitsBody();
    }
    taker.takesBody();
  } catch (error) {
    throw new BodyFault(error instanceof Error ? error.message : String(error));
  }
}
