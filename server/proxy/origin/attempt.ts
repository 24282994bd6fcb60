/**
 * One request on one connection: undici's events, judged, in the words of failure.ts.
 *
 *   began ──► interim* ──► head ──► data* ──► end
 *     │          │          │         │
 *     └──────────┴──────────┴─────────┴─────► failed          (or, where an upgrade was asked for: interim*, upgraded)
 */
import type { Duplex } from 'node:stream';
import type { Dispatcher } from 'undici';
import type { FieldList } from '../../../http/response.ts';
import type { Connection } from './connection.ts';
import { BodyFault, ConnectFault, HeadFault, type OriginFailure, originFailure, type OriginFailureKind } from './failure.ts';
import type { Incoming } from './incoming.ts';
import { type BodyTaker, dispatchOptions, type OriginEvents, type OriginRequest } from './request.ts';
import { fieldList, interimFields, reasonOf, type ResponseHead, responseHead, upgradeFields } from './response-head.ts';

const INTERIMS_MAX = 32;

export interface AttemptEvents extends Required<Omit<OriginEvents, 'failed'>> {
  failed(failure: OriginFailure, circumstances: Circumstances): void;
}

/** What decides about another attempt. */
export interface Circumstances {
  /** Nothing of an answer has come. */
  readonly unanswered: boolean;
  /** The connection has had an answer before: perhaps it was closed while it lay idle. */
  readonly reused: boolean;
}

export interface AttemptTimeouts {
  readonly headTimeoutMs: number;
  readonly bodyTimeoutMs: number;
}

export class Attempt implements Dispatcher.DispatchHandler, BodyTaker {
  readonly #request: OriginRequest;
  readonly #connection: Connection;
  readonly #events: AttemptEvents;
  readonly #timeouts: AttemptTimeouts;
  #incoming: Incoming | undefined;
  #reused = false;
  #interims = 0;
  #head: ResponseHead | undefined;
  #settled = false;
  #paused = false;
  /** It is the body's turn to say something, not the origin's. */
  #bodyAwaited = false;
  #timer: NodeJS.Timeout | undefined;

  constructor(request: OriginRequest, connection: Connection, timeouts: AttemptTimeouts, events: AttemptEvents) {
    this.#request = request;
    this.#connection = connection;
    this.#timeouts = timeouts;
    this.#events = events;
  }

  /** See Connection.dispatch. */
  start(): void {
    if (this.#request.method === 'CONNECT') return this.#fail('unsendable', 'CONNECT');
    this.#connection.dispatch(dispatchOptions(this.#request, this), this);
  }

  pause(): void {
    this.#paused = true;
    if (this.#head !== undefined) this.#incoming?.pause();
  }

  resume(): void {
    this.#paused = false;
    if (this.#settled) return;
    this.#incoming?.resume();
    this.#timer?.refresh();
  }

  /** Nothing is reported any more. The connection is its owner's to end. */
  cancel(): void {
    this.#settle();
  }

  awaitsBody(): void {
    this.#bodyAwaited = true;
  }

  takesBody(): boolean {
    this.#bodyAwaited = false;
    if (!this.#settled) this.#timer?.refresh();
    return !this.#settled;
  }

  onRequestStart(): void {
    const { incoming, reused } = this.#connection.begin();
    this.#incoming = incoming;
    this.#reused = reused;
    this.#timer = setTimeout(() => this.#late('timeout-head'), this.#timeouts.headTimeoutMs).unref();
  }

  onResponseStart({ rawHeaders }: Dispatcher.DispatchController, status: number, _fields: unknown, statusMessage?: string): void {
    if (this.#settled) return;
    const version = this.#incoming?.version ?? '';
    const raw = buffersOf(rawHeaders);
    if (status < 200) return this.#interim(status, interimFields(status, version, raw));
    const head = responseHead(this.#request.method, status, version, raw);
    if (typeof head === 'string') return this.#fail('malformed', head);
    this.#head = head;
    this.#incoming?.headEnded();
    if (this.#paused) this.#incoming?.pause();
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => this.#late('timeout-body'), this.#timeouts.bodyTimeoutMs).unref();
    this.#events.head(status, head.fields, reasonOf(statusMessage), head.info);
  }

  onResponseData(_controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#settled || chunk.length === 0) return;
    this.#timer?.refresh();
    this.#events.data(chunk);
  }

  onResponseEnd({ rawTrailers }: Dispatcher.DispatchController): void {
    if (this.#settled) return;
    if (this.#head?.info.framing === 'close' && this.#incoming?.reset === true) return this.#fail('closed', 'the connection was reset');
    const trailers = fieldList(buffersOf(rawTrailers));
    if (typeof trailers === 'string') return this.#fail('malformed', `trailers: ${trailers}`);
    this.#settle();
    this.#events.end(trailers);
  }

  onResponseError(_controller: unknown, error: Error): void {
    if (this.#settled) return;
    // undici misses the body that the Content-Length of a 204 or 304 speaks of; there is none (RFC 9112 §6.3).
    if (this.#head?.info.framing === 'none') {
      this.#settle();
      return this.#events.end([]);
    }
    this.#fail(this.#kindOf(error), error.message);
  }

  onRequestUpgrade({ rawHeaders }: Dispatcher.DispatchController, status: number, _fields: unknown, socket: Duplex): void {
    if (this.#settled) return void socket.destroy();
    const fields = upgradeFields(this.#incoming?.version ?? '', this.#request.upgrade ?? '', buffersOf(rawHeaders));
    if (typeof fields === 'string') {
      socket.destroy();
      return this.#fail('malformed', fields);
    }
    this.#settle();
    this.#connection.letGo();
    this.#events.upgraded(socket, status, fields);
  }

  #interim(status: number, fields: FieldList | string): void {
    if (typeof fields === 'string') return this.#fail('malformed', fields);
    if (++this.#interims > INTERIMS_MAX) return this.#fail('malformed', `more than ${INTERIMS_MAX} interim answers`);
    this.#timer?.refresh();
    this.#events.interim(status, fields);
  }

  /** Whoever makes the origin wait sets the timer again when it goes on. */
  #late(kind: 'timeout-head' | 'timeout-body'): void {
    if (this.#bodyAwaited || (this.#paused && kind === 'timeout-body')) return;
    this.#fail(kind, 'nothing came in time');
  }

  #fail(kind: OriginFailureKind, detail: string): void {
    if (this.#settled) return;
    this.#settle();
    const unanswered = this.#incoming?.answered !== true;
    this.#events.failed(originFailure(kind, `${this.#connection.url}: ${detail}`, this.#head === undefined), { unanswered, reused: this.#reused });
  }

  #settle(): void {
    this.#settled = true;
    clearTimeout(this.#timer);
  }

  #kindOf(error: Error): OriginFailureKind {
    if (error instanceof ConnectFault) return error.kind;
    if (error instanceof HeadFault) return 'too-large';
    if (error instanceof BodyFault) return 'cancelled';
    const code = 'code' in error ? error.code : undefined;
    const kind = typeof code === 'string' ? kinds.get(code) : undefined;
    if (kind !== undefined) return kind;
    // undici finds some answers broken when they end too early, and others because of what they say.
    const judged = error.name === 'HTTPParserError' || judgements.has(String(code));
    return judged && this.#incoming?.ended !== true ? 'malformed' : 'closed';
  }
}

const kinds = new Map<string, OriginFailureKind>([
  ['UND_ERR_HEADERS_OVERFLOW', 'too-large'],
  ['UND_ERR_INVALID_ARG', 'unsendable'],
  ['UND_ERR_NOT_SUPPORTED', 'unsendable'],
  ['UND_ERR_REQ_CONTENT_LENGTH_MISMATCH', 'cancelled'],
  ['UND_ERR_DESTROYED', 'cancelled'],
  ['UND_ERR_CLOSED', 'cancelled'],
]);

const judgements = new Set(['ERR_ASSERTION', 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH', 'UND_ERR_SOCKET']);

/** undici gives the bytes of HTTP/1 heads as buffers; its declaration knows of others. */
function buffersOf(raw: Dispatcher.DispatchController['rawHeaders']): Buffer[] {
  return Array.isArray(raw) ? raw.map((part) => (typeof part === 'string' ? Buffer.from(part, 'latin1') : part)) : [];
}
