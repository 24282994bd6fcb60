/**
 * The origins of a site, asked through undici: which one, on which connection, how often, and what counts as an answer.
 *
 * An origin is open to requests unless its health says no: see health.ts. Among the open ones with room the balance decides; where all
 * open ones are full, requests wait in one queue, first come, first served. Where none is open, the one whose trial is due first is
 * asked all the same: an origin that may be well is better than a certain 503. So a single origin is always asked.
 *
 * Everything here belongs to one worker: connections, health and probes too.
 */
import { leastBusy, turn } from './balance.ts';
import { Call, type CallOwner } from './call.ts';
import { originFailures, type OriginFailure, type OriginFailureKind } from './failure.ts';
import type { HealthChange } from './health.ts';
import { Origin } from './origin.ts';
import type { ResolvedOrigins } from './options.ts';
import { Probe } from './probe.ts';
import type { OriginCall, OriginEvents, OriginRequest } from './request.ts';

export type OriginReportName = 'originFailed' | 'originOut' | 'originBack' | 'originListenerFailed';
export type OriginReport = (name: OriginReportName, message: string, facts?: Readonly<Record<string, string | number>>) => void;

export interface OriginState {
  readonly url: string;
  /** Whether it is asked as a matter of course. */
  readonly well: boolean;
  readonly connections: number;
  readonly busy: number;
}

/** No origin, but there will be room. */
const LATER = Symbol('later');

export class Origins implements CallOwner {
  readonly #options: ResolvedOrigins;
  readonly #report: OriginReport;
  readonly #origins: readonly Origin[];
  readonly #probes: readonly Probe[];
  readonly #calls = new Set<Call>();
  readonly #waiting = new Map<Call, NodeJS.Timeout>();
  readonly #failures = new Map<OriginFailureKind, number>();
  #closed = false;
  #placing = false;
  #asked = 0;
  #retried = 0;
  #upgraded = 0;

  constructor(options: ResolvedOrigins, report: OriginReport) {
    this.#options = options;
    this.#report = report;
    this.#origins = options.origins.map(({ address, weight }) => new Origin(address, weight, options, () => this.#freed()));
    const { probe } = options;
    const probeOf = (origin: Origin): Probe[] => (probe === undefined ? [] : [new Probe(origin, probe, (good) => this.#changed(origin, origin.health.probed(good)))]);
    this.#probes = this.#origins.flatMap(probeOf);
  }

  /** Reports nothing before it has returned. Throws where an upgrade is asked for that nobody would take. */
  ask(request: OriginRequest, events: OriginEvents): OriginCall {
    if (request.upgrade !== undefined && events.upgraded === undefined) throw new Error('an upgrade without upgraded()');
    const call = new Call(request, events, this.#options.retriesMax, this);
    this.#asked++;
    this.#calls.add(call);
    this.seek(call);
    return call;
  }

  /** By the names of what is counted: since the start, but for active, waiting, connections and busy, which are now. */
  counts(): Record<string, number> {
    const sum = (of: (origin: Origin) => number): number => this.#origins.reduce((total, origin) => total + of(origin), 0);
    const counts: Record<string, number> = {
      asked: this.#asked,
      retried: this.#retried,
      upgraded: this.#upgraded,
      active: this.#calls.size,
      waiting: this.#waiting.size,
      connected: sum((origin) => origin.made),
      connections: sum((origin) => origin.connections),
      busy: sum((origin) => origin.busy),
    };
    for (const kind of Object.keys(originFailures) as OriginFailureKind[]) counts[`failed.${kind}`] = this.#failures.get(kind) ?? 0;
    return counts;
  }

  /** Nobody asks anything. */
  get isIdle(): boolean {
    return this.#calls.size === 0;
  }

  states(): OriginState[] {
    return this.#origins.map(({ address, health, connections, busy }) => ({ url: address.url, well: health.well, connections, busy }));
  }

  /** At once: what is under way fails as cancelled. Sockets that were handed over stay open. */
  async close(): Promise<void> {
    this.#closed = true;
    for (const probe of this.#probes) probe.close();
    const calls = [...this.#calls];
    for (const call of calls) call.abandon('the origins are closed');
    await Promise.all(this.#origins.map((origin) => origin.close()));
  }

  seek(call: Call): void {
    queueMicrotask(() => {
      // First come, first served.
      const isFirst = this.#waiting.size === 0 || call.tried.size > 0 || call.isOver;
      if (isFirst) return this.#place(call);
      this.#wait(call);
      this.#serve();
    });
  }

  answered(origin: Origin): void {
    this.#changed(origin, origin.health.answered());
  }

  failed(origin: Origin, failure: OriginFailure, judged: boolean): void {
    const { url } = origin.address;
    if (failure.kind !== 'cancelled') this.#report('originFailed', failure.text, { origin: url, failure: failure.kind, detail: failure.detail });
    if (judged) this.#changed(origin, origin.health.failed(performance.now()));
    else origin.health.unknown();
  }

  upgraded(): void {
    this.#upgraded++;
  }

  over(call: Call, failure: OriginFailure | undefined): void {
    this.#calls.delete(call);
    this.#stopWaiting(call);
    if (failure !== undefined) this.#failures.set(failure.kind, (this.#failures.get(failure.kind) ?? 0) + 1);
  }

  listenerFailed(error: unknown): void {
    this.#report('originListenerFailed', error instanceof Error ? (error.stack ?? error.message) : String(error));
  }

  #place(call: Call): void {
    if (call.isOver) return;
    if (this.#closed) return call.refuse('cancelled', 'the origins are closed');
    const origin = this.#choose(call);
    if (origin === undefined) return call.refuse('no-origin', 'none is left');
    if (origin === LATER) return this.#wait(call);
    this.#stopWaiting(call);
    if (call.retries > 0) this.#retried++;
    call.startOn(origin, origin.take(call.fresh), this.#options);
  }

  #choose({ tried, only }: Call): Origin | typeof LATER | undefined {
    const nowMs = performance.now();
    const untried = this.#origins.filter((origin) => !tried.has(origin) && (only === undefined || origin.address.url === only));
    const open = untried.filter((origin) => origin.health.isOpen(nowMs));
    const spare = open.filter((origin) => origin.hasRoom);
    if (spare.length > 0) return turn(this.#options.balance === 'least-connections' ? leastBusy(spare) : spare);
    // Who was somewhere already does not wait for another place: it would hold up those behind it, who may go anywhere.
    const otherwise = tried.size === 0 ? LATER : undefined;
    if (open.length > 0) return otherwise;
    const due = untried.filter((origin) => origin.hasRoom).sort((a, b) => a.health.dueMs - b.health.dueMs);
    return due[0] ?? otherwise;
  }

  #wait(call: Call): void {
    if (this.#waiting.has(call)) return;
    const { queueMax, queueTimeoutMs } = this.#options;
    if (this.#waiting.size >= queueMax) return call.refuse('no-origin', `${queueMax} requests wait already`);
    this.#waiting.set(call, setTimeout(() => call.refuse('no-origin', `waited for ${queueTimeoutMs} ms`), queueTimeoutMs));
  }

  #stopWaiting(call: Call): void {
    clearTimeout(this.#waiting.get(call));
    this.#waiting.delete(call);
  }

  /** Not at once: this may be within undici. */
  #freed(): void {
    if (this.#placing || this.#waiting.size === 0) return;
    this.#placing = true;
    queueMicrotask(() => {
      this.#placing = false;
      this.#serve();
    });
  }

  #serve(): void {
    for (const call of this.#waiting.keys()) {
      this.#place(call);
      // Who waits for one origin holds nobody up who waits for any.
      if (this.#waiting.has(call) && call.only === undefined) return;
    }
  }

  #changed(origin: Origin, change: HealthChange): void {
    const { url } = origin.address;
    if (change === 'out') this.#report('originOut', `${url} is not asked for a while`, { origin: url });
    if (change === 'back') this.#report('originBack', `${url} is asked again`, { origin: url });
  }
}
