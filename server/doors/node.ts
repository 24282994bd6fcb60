/**
 * A site in somebody else's server: a handler for node:http, node:https and node:http2, Express, Connect and what takes their middleware.
 * `pagecast/node`.
 *
 *     http.createServer(pagecast({ root: 'dist' })).listen(8080);
 *     app.use('/docs', pagecast({ root: 'docs', maxAgeS: 3600 }));
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Http2ServerRequest, Http2ServerResponse } from 'node:http2';
import { METHOD_GET, METHOD_HEAD, METHOD_OPTIONS, FIELD_ORIGIN, type RequestHead } from '../../http/head.ts';
import type { Plan } from '../plan.ts';
import { refusalPlans } from '../refusals.ts';
import { NOTHING_HERE } from '../static/nothing.ts';
import { PlanBody } from '../plan-body.ts';
import { carried } from './bridge.ts';
import { CarriageError } from './carrier.ts';
import { Door, type DoorOptions, type DoorReport } from './door.ts';
import { headOf } from './head.ts';
import { led, mountOf } from './mount.ts';
import { respond } from './response.ts';

export { OptionsError } from '../options.ts';
export { CarriageError };
export type { DoorReport };

export interface NodeOptions extends DoorOptions {
  /** Whether next() is called for what there is nothing for, and for methods that do not read. Default: true, where there is a next(). */
  readonly fallthrough?: boolean;
}

export type Request = IncomingMessage | Http2ServerRequest;
export type Next = (error?: unknown) => void;

export interface NodeHandler {
  (request: Request, response: ServerResponse | Http2ServerResponse, next?: Next): void;
  /** Lets go of its files. Answers under way are finished; to be called when no request comes any more. */
  close(): void;
}

/** @throws OptionsError naming every fault. */
export function pagecast(options: NodeOptions = {}): NodeHandler {
  const site = new NodeSite(options);
  return Object.assign((request: Request, response: ServerResponse | Http2ServerResponse, next?: Next) => site.handle(request, response, next), { close: () => site.close() });
}

export default pagecast;

class NodeSite {
  readonly #options: DoorOptions;
  readonly #fallthrough: boolean | undefined;
  /** One that answers all, and one that leaves to next() what it has nothing for; made when the first request wants it. */
  #answering: Door | undefined;
  #yielding: Door | undefined;

  constructor({ fallthrough, ...options }: NodeOptions) {
    this.#options = options;
    this.#fallthrough = fallthrough;
    if (fallthrough === true) this.#door(true);
    else this.#door(false); // so that wrong options are told at once
  }

  handle(request: Request, response: ServerResponse | Http2ServerResponse, next: Next | undefined): void {
    const falls = next !== undefined && this.#fallthrough !== false;
    const mount = mountOf(request);
    const head = headOf({ method: request.method ?? '', target: mount.target, versionMinor: request.httpVersion === '1.0' ? 0 : 1, fields: request.rawHeaders, secure: isSecure(request) });
    if (falls && (typeof head === 'number' || !this.#mayAnswer(head))) return next();
    const door = this.#door(falls);
    const isHead = request.method === 'HEAD';
    const give = (plan: Plan): void => this.#give(door, request, response, plan, falls ? next : undefined);
    if (typeof head === 'number') return give(isHead ? refusalPlans[head]!.withoutBody().closing() : refusalPlans[head]!.closing());
    const plan = door.ask(head, { address: addressOf(request) }, conversationOf(response));
    if (plan instanceof Promise) void plan.then((found) => give(led(found, mount, isHead)));
    else give(led(plan, mount, isHead));
  }

  close(): void {
    this.#answering?.close();
    this.#yielding?.close();
  }

  #door(yields: boolean): Door {
    return yields ? (this.#yielding ??= new Door(this.#options, true)) : (this.#answering ??= new Door(this.#options, false));
  }

  /** Others may know what to do with what neither reads nor asks before it reads. */
  #mayAnswer(head: RequestHead): boolean {
    if (head.method === METHOD_GET || head.method === METHOD_HEAD) return true;
    return head.method === METHOD_OPTIONS && this.#options.cors === true && head.has(FIELD_ORIGIN) && head.fieldNamed('access-control-request-method') !== undefined;
  }

  #give(door: Door, request: Request, response: ServerResponse | Http2ServerResponse, plan: Plan, next: Next | undefined): void {
    if (next && plan === NOTHING_HERE) return next();
    if (response.destroyed || response.writableEnded) return;
    const body = new PlanBody(plan, carried);
    respond(response, plan, body)
      .catch((error: unknown) => tellFailure(door, request.url ?? '', error))
      .finally(() => body.close());
  }
}

/** What a peer does is no news; what a file does is. */
export function tellFailure(door: Door, target: string, error: unknown): void {
  const code = error instanceof CarriageError ? error.code : undefined;
  if (code === 'ERR_FILE_SHORTENED') door.report('fileShortened', 'a file ended before its answer did: connection reset', { target });
  else if (code === 'ERR_FILE_CHANGED') door.report('tornPrevented', 'a file changed in mid-answer: connection reset', { target });
}

/** Numeric; `unix` on a unix socket, '' when it is gone. */
export function addressOf({ socket }: Pick<Request, 'socket'>): string {
  const { remoteAddress } = socket;
  if (remoteAddress !== undefined) return remoteAddress.startsWith('::ffff:') ? remoteAddress.slice(7) : remoteAddress;
  return socket.destroyed ? '' : 'unix';
}

export function isSecure({ socket }: Pick<Request, 'socket'>): boolean {
  return 'encrypted' in socket;
}

/** There is nothing to say before the answer of a site. */
function conversationOf(response: ServerResponse | Http2ServerResponse) {
  return { body: undefined, interim: (): void => undefined, whenGone: (listener: () => void): void => void response.once('close', listener) };
}
