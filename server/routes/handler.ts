// A function of the operator's as an exchange: Request in, Response out. Whatever it does, a worker lives on: what it throws, and what is
// no Response, is told to the operator and answered 500; what takes too long 504.
import { inspect } from 'node:util';
import { METHOD_HEAD, type RequestHead } from '../../http/head.ts';
import type { Handler } from '../config/config.ts';
import type { Conversation, Exchange, Peer } from '../exchange.ts';
import { textPlan, type Plan } from '../plan.ts';
import type { Report } from '../report.ts';
import { hasReadableContent, mayBeHandled, urlOf, webRequest, type Reading } from './web-request.ts';
import { discardResponse, responsePlan } from './web-response.ts';

const NO_STORE = ['Cache-Control', 'no-store'] as const;
const FAILED = textPlan(500, [NO_STORE], 'Internal Server Error\n');
const TOO_LATE = textPlan(504, [NO_STORE], 'There was no answer in time.\n');
const NO_URL = textPlan(400, [NO_STORE], 'The host is none that a URL can have.\n');
const NOT_HANDLED = textPlan(501, [NO_STORE], 'This method has no meaning here.\n');
/** Nobody gets it: it is what the log says. */
const GONE = textPlan(400, [NO_STORE], 'Bad Request\n');

export interface HandlerOptions {
  /** For the operator: where in the config it stands. */
  readonly name: string;
  /** For a Response, without a byte of the content; milliseconds. */
  readonly timeoutMs: number;
}

export class HandlerExchange implements Exchange {
  readonly #handler: Handler;
  readonly #options: HandlerOptions;
  readonly #report: Report;

  constructor(handler: Handler, options: HandlerOptions, report: Report) {
    this.#handler = handler;
    this.#options = options;
    this.#report = report;
  }

  wants(request: RequestHead): boolean {
    return hasReadableContent(request) && mayBeHandled(request.methodText);
  }

  known(): undefined {
    return undefined;
  }

  async find(request: RequestHead, _nowMs: number, peer: Peer, conversation: Conversation): Promise<Plan> {
    const isHead = request.method === METHOD_HEAD;
    const plan = await this.#plan(request, isHead, peer, conversation);
    return isHead && plan.bodyBytes > 0 ? plan.withoutBody() : plan;
  }

  async #plan(request: RequestHead, isHead: boolean, peer: Peer, conversation: Conversation): Promise<Plan> {
    if (!mayBeHandled(request.methodText)) return NOT_HANDLED;
    const url = urlOf(request);
    if (!url) return NO_URL;
    const call = new Call(this.#options.timeoutMs);
    conversation.whenGone(() => call.end('gone'));
    const given = this.#call(() => webRequest(request, url, peer, conversation.body, call.signal, call));
    try {
      const first = await Promise.race([given, call.ended]);
      if (typeof first !== 'string') return await responsePlan(first.response, isHead, () => call.abort());
      given.then(({ response }) => discardResponse(response)).catch(() => undefined); // it comes too late to be told
      if (first === 'gone') return GONE;
      this.#tell(request, `no Response within ${this.#options.timeoutMs} ms`);
      return TOO_LATE;
    } catch (error) {
      // Content that broke off has been answered by whoever saw it break off.
      if (call.isBroken) return GONE;
      this.#tell(request, error instanceof Error ? error.message : inspect(error), error);
      return FAILED;
    } finally {
      call.close();
    }
  }

  /** Asynchronous, so that what it throws is a rejection; boxed, so that no text of a handler's is taken for an end of its call. */
  async #call(request: () => Request): Promise<{ readonly response: unknown }> {
    const response: unknown = await this.#handler(request());
    return { response };
  }

  #tell(request: RequestHead, reason: string, error?: unknown): void {
    const { name } = this.#options;
    this.#report('handlerFailed', `the handler ${name} failed: ${reason}`, { handler: name, path: request.path, error: error instanceof Error ? (error.stack ?? reason) : reason });
  }
}

type CallEnd = 'gone' | 'timeout';

/** How long a handler has, and who waits for it. */
class Call implements Reading {
  readonly #abort = new AbortController();
  readonly #timer: NodeJS.Timeout;
  #end: (end: CallEnd) => void = () => undefined;
  /** Resolves where the handler's answer is not waited for any more. */
  readonly ended = new Promise<CallEnd>((resolve) => (this.#end = resolve));
  /** The client, or its content, has broken off. */
  isBroken = false;
  #isOver = false;

  constructor(timeoutMs: number) {
    this.#timer = setTimeout(() => this.end('timeout'), timeoutMs);
  }

  /** Of the Request. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  end(end: CallEnd): void {
    this.isBroken ||= end === 'gone';
    this.#end(end);
    this.abort(end === 'timeout' ? new DOMException('The handler took too long.', 'TimeoutError') : undefined);
  }

  abort(reason?: unknown): void {
    this.#abort.abort(reason);
  }

  progress(): void {
    if (!this.#isOver) this.#timer.refresh();
  }

  failed(): void {
    this.isBroken = true;
  }

  /** There is an answer: what the handler does for it from now on has no end but the client's. */
  close(): void {
    this.#isOver = true;
    clearTimeout(this.#timer);
  }
}
