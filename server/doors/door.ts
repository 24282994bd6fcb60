// A site for requests that come in by somebody else's server: the exchange of a worker, on the engine of this thread.
import { native } from '../../native/index.ts';
import type { RequestHead } from '../../http/head.ts';
import type { SiteMembers } from '../config/config.ts';
import type { Conversation, Peer } from '../exchange.ts';
import { OptionsError, resolveOptions, type ServerOptions } from '../options.ts';
import type { Plan } from '../plan.ts';
import { INTERNAL_ERROR } from '../refusals.ts';
import type { Policy } from '../reload/policy.ts';
import { PolicyMaker } from '../reload/policy-maker.ts';
import type { Report, ReportName } from '../report.ts';
import { VERSION } from '../version.ts';
import { Carrier } from './carrier.ts';

/** Of a site: docs/CONFIG.md has each of them. Bounds of `arena` and `guard` are of the process: the last that were given hold. */
export interface DoorOptions extends Omit<SiteMembers, 'proxy' | 'cache' | 'routes'>, Pick<ServerOptions, 'files' | 'arena' | 'guard'> {
  /** Something an operator should know: files that end too early, links out of the root. Default: nobody is told. */
  readonly onReport?: (report: DoorReport) => void;
}

export interface DoorReport {
  readonly name: ReportName;
  readonly message: string;
  readonly facts: Readonly<Record<string, string | number>>;
}

/** Those of a server that somebody may look for here. */
const OF_A_SERVER = new Set(['proxy', 'cache', 'routes', 'sites', 'listen', 'workers', 'limits', 'accessLog', 'store', 'cluster', 'control', 'tracing', 'proxyProtocol']);

/** The folder itself, which is no file: what no option can say. */
const NO_INDEX = '.';

export class Door {
  readonly #policy: Policy;
  readonly #report: Report;
  #closed = false;

  /** @param yields where there is nothing, NOTHING_HERE is the answer, and no page. @param hasIndex false: no file stands for its folder. @throws OptionsError naming every fault. */
  constructor(options: DoorOptions, yields: boolean, hasIndex = true) {
    const { onReport, ...site } = options;
    const strange = Object.keys(site).filter((name) => OF_A_SERVER.has(name) && site[name as keyof typeof site] !== undefined);
    if (strange.length > 0) throw new OptionsError(strange.map((name) => ({ path: [name], text: ': it is of a server of its own, createServer(); here there is but a site' })));
    const defaults = resolveOptions({ ...site, workers: 1 }, Math.max(1024, native.raiseFileLimit()));
    const resolved = { ...defaults, filesFirst: yields, index: hasIndex ? defaults.index : NO_INDEX };
    this.#report = (name, message, facts = {}) => onReport?.({ name, message, facts });
    const carrier = Carrier.get();
    const maker = new PolicyMaker({
      engine: carrier.engine, areas: carrier.areas, opener: carrier.opener, report: this.#report, shedConnections: () => 0,
      about: () => ({ version: VERSION, workers: 1, requests: 0, tornPrevented: 0, uptimeS: Math.floor(process.uptime()) }),
    });
    this.#policy = maker.make({
      generation: 1, options: resolved, store: undefined,
      functions: { handlerAt: (at) => { throw new Error(`there is no function at ${at.join('.')}`); }, hooksOf: () => undefined },
    });
    carrier.heed(this.#policy);
  }

  /** The answer. Its records are there until the end of this turn: see PlanBody. It never rejects. */
  ask(request: RequestHead, peer: Peer, conversation: Conversation): Plan | Promise<Plan> {
    const nowMs = Date.now();
    try {
      return this.#policy.exchange.known(request, nowMs, peer) ?? this.#find(request, nowMs, peer, conversation);
    } catch (error) {
      return this.#failed(error);
    }
  }

  report(name: ReportName, message: string, facts: Readonly<Record<string, string | number>>): void {
    this.#report(name, message, facts);
  }

  /** Files are let go of; what is still asked is answered, with each file opened for that alone. */
  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    Carrier.get().unheed(this.#policy);
    this.#policy.close();
  }

  async #find(request: RequestHead, nowMs: number, peer: Peer, conversation: Conversation): Promise<Plan> {
    try {
      return await Carrier.get().await(this.#policy.exchange.find(request, nowMs, peer, conversation));
    } catch (error) {
      return this.#failed(error);
    }
  }

  #failed(error: unknown): Plan {
    this.#report('exchangeFailed', 'an exchange threw: answered 500', { error: error instanceof Error ? (error.stack ?? error.message) : String(error) });
    return INTERNAL_ERROR.closing();
  }
}
