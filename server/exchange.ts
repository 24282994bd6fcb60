// The exchange: one function from request to plan, in two halves. What is known already is answered at once, without
// a promise; the rest is looked up and answered later. It alone chooses a status, and it knows no socket.
import type { RequestHead } from '../http/head.ts';
import type { Plan } from './plan.ts';

/** Who asks. */
export interface Peer {
  /** Numeric; `unix` on a unix socket, '' when it is gone. */
  readonly address: string;
}

export interface Exchange {
  /** The answer, if it can be given now. `request` is valid during the call only. */
  known(request: RequestHead, nowMs: number, peer: Peer): Plan | undefined;
  /** The answer, for a request that `known` had none for. `request` is the exchange's to keep. Never rejects for what a peer or a file did. */
  find(request: RequestHead, nowMs: number, peer: Peer): Promise<Plan>;
}
