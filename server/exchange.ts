// The exchange: one function from request to plan, in two halves. What is known already is answered at once, without
// a promise; the rest is looked up and answered later. It alone chooses a status, and it knows no socket.
import type { RequestHead } from '../http/head.ts';
import type { FieldList } from '../http/response.ts';
import type { Plan } from './plan.ts';
import type { Trace } from './tracing/trace.ts';

/** Who asks. */
export interface Peer {
  /** Numeric; `unix` on a unix socket, '' when it is gone. */
  readonly address: string;
  /** Of the request that it waits for an answer to, until that is there; undefined: nothing is traced. */
  readonly trace?: Trace | undefined;
}

/**
 * The content of a request, as fast as it is asked for: what was not asked for yet is held up to a bound, and the client made to wait.
 * It is read once, by one reader. Content that does not come to its end never looks as if it had: iterating rejects with a RequestBodyError.
 * Trailers are checked and dropped (RFC 9112 §7.1.2).
 */
export interface RequestBodyReader extends AsyncIterable<Uint8Array> {
  /** Of the whole content; -1 where it comes in chunks, which may be none. */
  readonly bytes: number;
  /** It was asked for: what has been read is not there for a second try. A client that waits for a 100 gets it then (RFC 9110 §10.1.1). */
  readonly begun: boolean;
  /** The rest is not wanted: it is thrown away, up to `limits.discardBytesMax`; with more of it the connection ends behind the answer. */
  cancel(): void;
}

/** What passes between an exchange and a client besides the request's head and the plan. */
export interface Conversation {
  /** Where the exchange wants it. It can be read until the answer is complete: as long as the plan's source gives something. */
  readonly body: RequestBodyReader | undefined;
  /**
   * Sends an interim answer now, before the plan (RFC 9110 §15.2). Of no effect to HTTP/1.0, behind the plan, and where the client has several
   * of them to read still; 100 also where the client does not wait for it, or has it. Content-Length and Transfer-Encoding are left out.
   * @param status 100 to 199 without 101. @throws on another one, and on a field that would break the head.
   */
  interim(status: number, fields: FieldList): void;
  /** Calls back where the client is gone before the plan is there. The last listener counts. */
  whenGone(listener: () => void): void;
}

export interface Exchange {
  /** Whether this request's content is for find(): then known() is not asked. Absent: never, and contents are thrown away. `request` is valid during the call only. */
  wants?(request: RequestHead): boolean;
  /** The answer, if it can be given now. `request` is valid during the call only. */
  known(request: RequestHead, nowMs: number, peer: Peer): Plan | undefined;
  /** The answer, for a request that `known` had none for. `request` is the exchange's to keep. Never rejects for what a peer or a file did. */
  find(request: RequestHead, nowMs: number, peer: Peer, conversation: Conversation): Promise<Plan>;
}
