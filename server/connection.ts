// What the loop remembers of a connection between two bursts. An idle one holds nothing but itself.
import type { Engine } from '../native/index.ts';
import type { Security } from '../native/tls.ts';
import type { RequestConversation } from './conversation.ts';
import type { Peer } from './exchange.ts';
import type { Http2Session } from './http2/session.ts';
import type { PartialHead } from '../http/partial-head.ts';
import type { RequestBody } from '../http/body.ts';
import type { RequestHead } from '../http/head.ts';
import type { Unsent } from './outbox.ts';
import type { Answering } from './requests.ts';
import type { Incomplete } from './log/record.ts';
import type { HttpsRedirect } from './tls/https-redirect.ts';
import type { Trace } from './tracing/trace.ts';
import type { Tunnelling } from './tunnelling.ts';

export class Connection implements Peer {
  readonly slot: number;
  readonly generation: number;
  /** The engine's number of the one that it came by. */
  readonly listener: number;
  /** Whose requests they are is known: nothing of the PROXY protocol is to come (any more). */
  introduced = true;
  /** TLS is spoken on it, or will be once it was introduced. */
  secure = false;
  /** TLS is spoken on it, and its first bytes will tell which HTTP (ALPN). */
  undecided = false;
  /** HTTP/2 is spoken on it. */
  session: Http2Session | undefined = undefined;
  /** It is lent to the engine by us: nothing is read from it, and no deadline is its. */
  lent = false;
  /** Why what was sent on it is not all; undefined: it is. */
  brokenBy: Exclude<Incomplete, ''> | undefined = undefined;
  /** What leads its requests to another listener; undefined: they are answered here. */
  redirect: HttpsRedirect | undefined = undefined;
  /** The part of a head that has arrived. */
  piece: PartialHead | undefined = undefined;
  /** The request whose body is being read and thrown away. */
  request: RequestHead | undefined = undefined;
  /** What that request is to be answered by. */
  asked: Answering | undefined = undefined;
  /** How far a body has been read, whoever it is for. */
  body: RequestBody | undefined = undefined;
  /** Of the request whose body is wanted, or was, until all of it has come. */
  conversation: RequestConversation | undefined = undefined;
  /** Input that came while an answer was under way. */
  rest: Uint8Array | undefined = undefined;
  /** Commands that the engine is still carrying out, oldest first. */
  readonly unsent: Unsent[] = [];
  /** An answer is being looked up, or a source is being pulled. */
  answering = false;
  /** The protocol was changed: what comes in is no request. */
  tunnelling: Tunnelling | undefined = undefined;
  /** Tells a source's pump that its connection is gone, or has room. */
  wake: (() => void) | undefined = undefined;
  /** Of the request that an answer is looked for; undefined: nothing is traced. */
  trace: Trace | undefined = undefined;
  readonly version = '1.1';
  /** The last answer is planned: no more requests are read. */
  closing = false;
  /** The peer has sent FIN. */
  ended = false;
  /** CLOSED was reported. */
  gone = false;

  readonly #engine: Engine;
  #address: string | undefined = undefined;
  #security: Security | undefined = undefined;

  constructor(engine: Engine, slot: number, generation: number, listener: number) {
    this.#engine = engine;
    this.slot = slot;
    this.generation = generation;
    this.listener = listener;
  }

  /** One whose other end is ours. */
  static lent(engine: Engine, slot: number): Connection {
    const connection = new Connection(engine, slot, engine.generation(slot), -1);
    connection.lent = true;
    return connection;
  }

  /** Of the peer, numeric; `unix` on a unix socket, '' where nobody asked before it was gone. */
  get address(): string {
    return (this.#address ??= this.#engine.peer(this.slot, this.generation));
  }

  /** Undefined: it is plain, or its handshake is not complete. */
  get security(): Security | undefined {
    if (this.secure) this.#security ??= this.#engine.security(this.slot, this.generation);
    return this.#security;
  }

  /** The peer is a proxy, and its requests are those of the client with this address. */
  comesFrom(address: string): void {
    this.#address = address;
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
