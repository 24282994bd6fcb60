// Hooks, run: what a module of the operator's wants becomes values that the exchange works with. Whatever it does, a worker
// lives on: what it throws is told to the operator, and answered 500.
import { inspect } from 'node:util';
import type { FieldList } from '../../http/response.ts';
import { METHOD_HEAD, TARGET_AUTHORITY, type RequestHead } from '../../http/head.ts';
import type { Peer } from '../exchange.ts';
import { Plan, textPlan } from '../plan.ts';
import type { Report } from '../report.ts';
import type { HookDecision, HookRequest, ProxyHooks } from './hook-api.ts';
import { answerPlan } from './hook-answer.ts';
import { HookedRequest, keyWith, rewritten } from './hooked-request.ts';
import { HookedResponse } from './hook-response.ts';
import type { ResolvedOrigins } from './origin/options.ts';
import { Query } from './query.ts';
import type { Steered, Steering } from './steering.ts';

const DECISIONS = new Set(['path', 'query', 'fields', 'respond', 'origin', 'bypass']);
const KEY_CHARACTERS_MAX = 1 << 16;
/** Of an asynchronous request(), in milliseconds. */
const DECISION_WITHIN_MS = 30_000;
const AS_IT_COMES: Steering = { key: undefined, bypass: false, origin: undefined };
const FAILED = textPlan(500, [['Cache-Control', 'no-store']], 'Internal Server Error\n');

export class Hooks {
  readonly #hooks: ProxyHooks;
  readonly #report: Report;
  /** At the end of each key, see keys.ts. */
  readonly #scope: string;
  /** URLs by name and by URL. */
  readonly #origins: ReadonlyMap<string, string>;

  constructor(hooks: ProxyHooks, { origins }: ResolvedOrigins, report: Report, scope = '') {
    this.#scope = scope;
    this.#hooks = hooks;
    this.#report = report;
    this.#origins = new Map(origins.flatMap(({ address: { url }, name }) => [[url, url], [name ?? url, url]] as const));
  }

  /** Whether anything is asked before an exchange looks for an answer. */
  get steers(): boolean {
    return this.#hooks.request !== undefined || this.#hooks.key !== undefined;
  }

  /** A promise only where request() gave one; `request` may be overwritten by then. */
  steer(request: RequestHead, peer: Peer): Steered | Promise<Steered> {
    if (request.targetForm === TARGET_AUTHORITY) return { request, steering: AS_IT_COMES };
    const seen = new HookedRequest(request, peer);
    try {
      const decision = this.#hooks.request?.(seen);
      if (!isPromise(decision)) return this.#steered(request, peer, seen, decision);
      const kept = request.detach();
      seen.outlive(kept);
      return inTime(decision).then((late) => this.#steered(kept, peer, seen, late)).catch((error: unknown) => this.#failed('request', kept, error));
    } catch (error) {
      return this.#failed('request', request, error);
    }
  }

  /** What is left of an answer of the origin; undefined: the hook failed. */
  answered(request: RequestHead, peer: Peer, status: number, fields: FieldList, tags: readonly string[]): HookedResponse | undefined {
    const response = new HookedResponse(new HookedRequest(request, peer), status, fields, tags);
    try {
      const given: unknown = this.#hooks.response?.(response);
      if (isPromise(given)) {
        given.catch(() => undefined); // one failure is told
        throw new Error('it must not be asynchronous');
      }
      response.check();
      return response;
    } catch (error) {
      this.#failed('response', request, error);
      return undefined;
    }
  }

  get hasResponse(): boolean {
    return this.#hooks.response !== undefined;
  }

  #steered(request: RequestHead, peer: Peer, seen: HookRequest, given: unknown): Steered {
    const decision = decisionOf(given);
    if (decision?.respond !== undefined) return answerPlan(request, decision.respond);
    const isOther = decision?.path !== undefined || decision?.query !== undefined || decision?.fields !== undefined;
    const wanted = isOther ? rewritten(request, decision) : request;
    const key = this.#hooks.key && this.#keyOf(wanted, isOther ? new HookedRequest(wanted, peer) : seen);
    if (key instanceof Plan) return key;
    if (decision?.origin === undefined && decision?.bypass !== true && key === undefined) return { request: wanted, steering: AS_IT_COMES };
    return { request: wanted, steering: { key: key === undefined ? undefined : key + this.#scope, bypass: decision?.bypass ?? false, origin: this.#originOf(decision?.origin) } };
  }

  #keyOf(request: RequestHead, seen: HookRequest): string | Plan | undefined {
    try {
      const key: unknown = this.#hooks.key?.(seen);
      if (key === undefined) return undefined;
      if (key instanceof Query) return keyWith(request, key);
      if (typeof key === 'string' && key !== '' && key.length <= KEY_CHARACTERS_MAX) return key;
      throw new Error(`it must give a key of 1 to ${KEY_CHARACTERS_MAX} characters, or a query, not ${isPromise(key) ? 'a promise' : typeof key === 'string' ? `one of ${key.length}` : typeof key}`);
    } catch (error) {
      return this.#failed('key', request, error);
    }
  }

  #originOf(wanted: string | undefined): string | undefined {
    if (wanted === undefined) return undefined;
    const url = this.#origins.get(wanted);
    if (url === undefined) throw new Error(`there is no origin ${JSON.stringify(wanted)}: there are ${[...this.#origins.keys()].join(', ')}`);
    return url;
  }

  #failed(hook: keyof ProxyHooks, request: RequestHead, error: unknown): Plan {
    const reason = error instanceof Error ? error.message : inspect(error);
    this.#report('hookFailed', `the hook ${hook}() failed: ${reason}`, { hook, path: request.path, error: error instanceof Error ? (error.stack ?? reason) : reason });
    return hookFailedPlan(request);
  }
}

/** What a client is told whose request a hook has failed on. */
export function hookFailedPlan(request: RequestHead): Plan {
  return request.method === METHOD_HEAD ? FAILED.withoutBody() : FAILED;
}

/** A module in JavaScript may give anything. @throws */
function decisionOf(given: unknown): HookDecision | undefined {
  if (given === undefined) return undefined;
  if (typeof given !== 'object' || given === null) throw new Error(`it must give a decision or nothing, not ${given === null ? 'null' : typeof given}`);
  const unknown = Object.keys(given).find((key) => !DECISIONS.has(key));
  if (unknown !== undefined) throw new Error(`there is no decision "${unknown}": there are ${[...DECISIONS].join(', ')}`);
  const { respond, bypass, origin, ...others } = given as Readonly<Record<string, unknown>>;
  if (respond !== undefined && [bypass, origin, ...Object.values(others)].some((value) => value !== undefined)) throw new Error('nothing stands beside respond');
  if (bypass !== undefined && typeof bypass !== 'boolean') throw new Error(`bypass must be true or false, not ${typeof bypass}`);
  if (origin !== undefined && typeof origin !== 'string') throw new Error(`origin must be a name or a URL, not ${typeof origin}`);
  return given;
}

async function inTime(decision: Promise<unknown>): Promise<unknown> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no decision for ${DECISION_WITHIN_MS} ms`)), DECISION_WITHIN_MS);
  });
  try {
    return await Promise.race([decision, late]);
  } finally {
    clearTimeout(timer);
  }
}

function isPromise(value: unknown): value is Promise<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
