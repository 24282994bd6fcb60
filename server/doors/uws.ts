/**
 * A site in an App or SSLApp of uWebSockets.js: `pagecast/uws`.
 *
 *     const app = App();
 *     pagecast({ root: 'dist' }).mount(app, '/docs');
 *
 * Its sockets are its own, so that bodies are copied into them, as fast as they are taken.
 */
import type { HttpRequest, HttpResponse, TemplatedApp } from 'uWebSockets.js';
import { reasonPhrase } from '../../http/response.ts';
import type { Plan } from '../plan.ts';
import { refusalPlans } from '../refusals.ts';
import { PlanBody } from '../plan-body.ts';
import { carried } from './bridge.ts';
import { Door, type DoorOptions, type DoorReport } from './door.ts';
import { headOf } from './head.ts';
import { mountOf, rebased, type Mount } from './mount.ts';
import { tellFailure } from './node.ts';

export { OptionsError } from '../options.ts';
export type { DoorOptions as UwsOptions, DoorReport };

/** Said by the call that ends a response. */
const LENGTH = /^content-length$/i;

export interface UwsSite {
  /** Answers a request; `base` is what of its path is not the site's, such as `/docs`. */
  handle(response: HttpResponse, request: HttpRequest, base?: string): void;
  /** Routes for all below a path, whatever the method. Default `/`. */
  mount(app: TemplatedApp, path?: string): void;
  /** Lets go of its files; to be called when no request comes any more. */
  close(): void;
}

/** @throws OptionsError naming every fault. */
export function pagecast(options: DoorOptions = {}): UwsSite {
  const door = new Door(options, false);
  const handle = (response: HttpResponse, request: HttpRequest, base = ''): void => answer(door, response, request, base);
  const mount = (app: TemplatedApp, path = '/'): void => {
    const base = path.endsWith('/') ? path.slice(0, -1) : path;
    app.any(`${base}/*`, (response, request) => handle(response, request, base));
    if (base !== '') app.any(base, (response, request) => handle(response, request, base));
  };
  return { handle, mount, close: () => door.close() };
}

export default pagecast;

/** Whether there is still somebody: after an abort, or its end, a response is not touched any more. */
class Life {
  over = false;
  #listeners: (() => void)[] = [];

  constructor(response: HttpResponse) {
    response.onAborted(() => {
      this.over = true;
      for (const listener of this.#listeners.splice(0)) listener();
    });
  }

  whenOver(listener: () => void): void {
    this.#listeners.push(listener);
  }
}

function answer(door: Door, response: HttpResponse, request: HttpRequest, base: string): void {
  const life = new Life(response);
  const method = request.getCaseSensitiveMethod();
  const query = request.getQuery() as string | undefined;
  const whole = request.getUrl() + (query === undefined ? '' : `?${query}`);
  const rest = whole.slice(base.length);
  const mount = mountOf({ url: bytesOf(rest.startsWith('/') ? rest : `/${rest}`), originalUrl: bytesOf(whole) });
  const fields: string[] = [];
  request.forEach((name, value) => fields.push(name, bytesOf(value)));
  const head = headOf({ method, target: mount.target, versionMinor: 1, fields });
  const isHead = method === 'HEAD';
  const give = (plan: Plan): void => void send(response, life, rebased(plan, mount, isHead)).catch((error: unknown) => tellFailure(door, mount.target, error));
  if (typeof head === 'number') return give(isHead ? refusalPlans[head]!.withoutBody().closing() : refusalPlans[head]!.closing());
  if (mount.redirect) return give(redirectOf(mount, isHead));
  const address = addressOf(response);
  const plan = door.ask(head, { address }, { body: undefined, interim: () => undefined, whenGone: (listener) => life.whenOver(listener) });
  if (plan instanceof Promise) void plan.then(give);
  else give(plan);
}

function redirectOf({ redirect }: Mount, isHead: boolean): Plan {
  return isHead ? redirect!.withoutBody() : redirect!;
}

/** Text of uWebSockets.js is UTF-8; ours are bytes. */
function bytesOf(text: string): string {
  return Buffer.from(text, 'utf8').toString('latin1');
}

/** Numeric; `unix` on a unix socket. */
function addressOf(response: HttpResponse): string {
  const bytes = Buffer.from(response.getRemoteAddress());
  if (bytes.length === 0) return 'unix';
  const isV4 = bytes.length === 4 || bytes.subarray(0, 12).equals(MAPPED);
  return isV4 ? bytes.subarray(-4).join('.') : bytes.toString('hex').replaceAll(/(.{4})(?!$)/g, '$1:');
}

const MAPPED = Buffer.from('00000000000000000000ffff', 'hex');

/** @throws what has ended the body: the connection is closed then. */
async function send(response: HttpResponse, life: Life, plan: Plan): Promise<void> {
  if (life.over) return;
  const body = new PlanBody(plan, carried);
  try {
    const whole = plan.framing === 'none' ? undefined : body.whole();
    response.cork(() => {
      writeHead(response, plan);
      if (plan.framing === 'none') end(response, plan);
      else if (whole) response.end(whole, plan.close);
    });
    if (whole || plan.framing === 'none') life.over = true;
    else await sendPieces(response, life, plan, body);
  } catch (error) {
    if (!life.over) response.close(); // before it is, a body that is not all would look as if it were
    life.over = true;
    throw error;
  } finally {
    body.close();
  }
}

function writeHead(response: HttpResponse, { status, fields, close }: Plan): void {
  response.writeStatus(`${status} ${reasonPhrase(status)}`);
  for (const [name, value] of fields) if (!LENGTH.test(name)) response.writeHeader(name, Buffer.from(value, 'latin1'));
  if (close) response.writeHeader('Connection', 'close');
}

/** With the length of the representation, where there is one (RFC 9110 §8.6); undefined would be some number there. */
function end(response: HttpResponse, { fields, close }: Plan): void {
  const length = fields.find(([name]) => LENGTH.test(name))?.[1];
  if (length === undefined) response.endWithoutBody();
  else response.endWithoutBody(Number(length), close);
}

async function sendPieces(response: HttpResponse, life: Life, plan: Plan, body: PlanBody): Promise<void> {
  for await (const piece of body.pieces()) {
    if (isOver(life)) return;
    await sendPiece(response, life, piece, plan.bodyBytes);
  }
  life.over = true;
}

function isOver({ over }: Life): boolean {
  return over;
}

/** Resolves when the socket has taken it, or there is nobody any more. @param total bytes of the whole body. */
function sendPiece(response: HttpResponse, life: Life, piece: Uint8Array, total: number): Promise<void> {
  const start = response.getWriteOffset();
  let taken = false as boolean;
  response.cork(() => {
    const [ok, done] = response.tryEnd(piece, total);
    taken = ok || done;
  });
  if (taken) return Promise.resolve();
  return new Promise((resolve) => {
    life.whenOver(resolve);
    response.onWritable((offset) => {
      const [ok, done] = response.tryEnd(piece.subarray(offset - start), total);
      if (ok || done) resolve();
      return ok;
    });
  });
}
