// What the loop remembers of a connection between two bursts. An idle one holds nothing but itself.
import type { Engine } from '../native/index.ts';
import type { RequestConversation } from './conversation.ts';
import type { Peer } from './exchange.ts';
import type { PartialHead } from '../http/partial-head.ts';
import type { RequestBody } from '../http/body.ts';
import type { RequestHead } from '../http/head.ts';
import type { AccessRecord } from './log/record.ts';
import type { Tunnelling } from './tunnelling.ts';

export class Connection implements Peer {
  readonly slot: number;
  readonly generation: number;
  /** The part of a head that has arrived. */
  piece: PartialHead | undefined = undefined;
  /** The request whose body is being read and thrown away. */
  request: RequestHead | undefined = undefined;
  /** How far a body has been read, whoever it is for. */
  body: RequestBody | undefined = undefined;
  /** Of the request whose body is wanted, or was, until all of it has come. */
  conversation: RequestConversation | undefined = undefined;
  /** Input that came while an answer was under way. */
  rest: Uint8Array | undefined = undefined;
  /** Commands that the engine is still carrying out, oldest first: what to log when each is done. */
  readonly unsent: (AccessRecord | undefined)[] = [];
  /** An answer is being looked up, or a source is being pulled. */
  answering = false;
  /** The protocol was changed: what comes in is no request. */
  tunnelling: Tunnelling | undefined = undefined;
  /** Tells a source's pump that its connection is gone, or has room. */
  wake: (() => void) | undefined = undefined;
  /** The last answer is planned: no more requests are read. */
  closing = false;
  /** The peer has sent FIN. */
  ended = false;
  /** CLOSED was reported. */
  gone = false;

  readonly #engine: Engine;
  #address: string | undefined = undefined;

  constructor(engine: Engine, slot: number, generation: number) {
    this.#engine = engine;
    this.slot = slot;
    this.generation = generation;
  }

  /** Of the peer, numeric; `unix` on a unix socket, '' where nobody asked before it was gone. */
  get address(): string {
    return (this.#address ??= this.#engine.peer(this.slot, this.generation));
  }

  /** While an answer is under way: the client is what it waits for. */
  get awaitsBody(): boolean {
    return this.conversation?.body?.isAwaited ?? false;
  }

  /** One answer after the other: while one is under way the next request waits. */
  get busy(): boolean {
    return this.answering || this.unsent.length > 0;
  }
}
