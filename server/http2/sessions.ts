// HTTP/2 on the connections of a loop (RFC 9113): those whose clients have asked for it in their handshakes (ALPN, RFC 7301).
import type { Engine } from '../../native/index.ts';
import type { Connection } from '../connection.ts';
import type { RequestMetrics } from '../metrics/request-metrics.ts';
import type { Outbox } from '../outbox.ts';
import type { LoopLimits } from '../limits.ts';
import type { Records } from '../records.ts';
import type { Report } from '../report.ts';
import type { Requests, Transport } from '../requests.ts';
import { LoopBridge } from './bridge.ts';
import { FrameWriter } from './frame-writer.ts';
import { Http2Heads } from './request-head.ts';
import { ResponseHeads } from './response-head.ts';
import { Http2Session } from './session.ts';

/** What is negotiated. */
const HTTP2 = 'h2';

export interface Http2Loop extends Pick<Transport, 'finish' | 'wait' | 'nowMs' | 'draining'> {
  flushSoon(): void;
  close(connection: Connection, hard: boolean): void;
  /** A connection of ours, to the engine: what is sent on it is read at the other end by us. -errno: there is none. */
  lend(fd: number): Connection | number;
}

export interface SessionParts {
  readonly loop: Http2Loop;
  readonly engine: Engine;
  readonly outbox: Outbox;
  readonly requests: Requests;
  readonly metrics: RequestMetrics;
  readonly records: Records | undefined;
  readonly report: Report;
  readonly responseHeads: ResponseHeads;
  readonly bridge: LoopBridge;
  /** The client of a request takes nothing. */
  readonly stalled: () => void;
  /** A session has, or may have, something to send. */
  readonly changed: (session: Http2Session) => void;
  /** It has nothing more to say than what is queued. */
  readonly finish: (session: Http2Session) => void;
  limits: LoopLimits;
  heads: Http2Heads;
}

export class Http2Sessions {
  readonly #parts: SessionParts;
  readonly #writer = new FrameWriter();
  #changed: Http2Session[] = [];
  #gathered: Http2Session[] = [];
  #opened = 0;
  /** Answers that were given up, since their clients took nothing of them. */
  stalls = 0;

  /** @param strict of Strict-Transport-Security, or ''. */
  constructor(parts: Omit<SessionParts, 'heads' | 'responseHeads' | 'bridge' | 'stalled' | 'changed' | 'finish'>, strict: string) {
    this.#parts = {
      ...parts, heads: new Http2Heads(parts.limits), responseHeads: new ResponseHeads(), bridge: new LoopBridge(parts.engine, parts.loop, parts.outbox),
      stalled: () => (this.stalls += 1), changed: (session) => this.#change(session), finish: (session) => this.#finish(session),
    };
    this.#parts.responseHeads.strict = strict;
  }

  /** For what begins from now on. @param strict of Strict-Transport-Security, or ''. */
  adopt(limits: LoopLimits, strict: string): void {
    this.#parts.limits = limits;
    this.#parts.heads = new Http2Heads(limits);
    this.#parts.responseHeads.strict = strict;
  }

  /** The first bytes of a connection have come: it speaks HTTP/2, or not. */
  decide(connection: Connection): void {
    connection.undecided = false;
    if (connection.security?.application !== HTTP2) return;
    this.#opened += 1;
    connection.session = new Http2Session(connection, this.#parts);
  }

  /** What has been queued becomes commands, before these leave. */
  gather(): void {
    const changed = this.#changed;
    this.#changed = [];
    for (const session of changed) {
      session.isListed = false;
      if (session.gather(this.#writer)) this.#gathered.push(session);
    }
  }

  /** They have left, as far as the sockets took them. */
  flushed(): void {
    if (this.#gathered.length === 0) return;
    const gathered = this.#gathered;
    this.#gathered = [];
    for (const session of gathered) session.settled();
    // Others have their turn before there is more.
    if (this.#changed.length > 0) setImmediate(() => this.#parts.loop.flushSoon());
  }

  counts(): Record<string, number> {
    return { http2Connections: this.#opened };
  }

  #change(session: Http2Session): void {
    if (session.isListed) return;
    session.isListed = true;
    this.#changed.push(session);
    this.#parts.loop.flushSoon();
  }

  #finish(session: Http2Session): void {
    if (session.gather(this.#writer)) this.#gathered.push(session);
    this.#parts.loop.finish(session.connection);
  }
}
