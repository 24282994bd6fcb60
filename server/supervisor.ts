// Main's part of a server: workers are started, replaced when they die, told to drain, and ended when their time is up.
import { Worker } from 'node:worker_threads';
import type { WorkerStatus } from './control/backend.ts';
import type { ToStoreUser } from '../cache/store/messages.ts';
import { Coordination, type Surroundings } from './coordination.ts';
import { Counting } from './counting.ts';
import type { ServerModules } from './config/functions.ts';
import { closeListeners, descriptorsOf, type OpenListener } from './listeners.ts';
import { MemoryKeeper } from './memory-keeper.ts';
import { Gathering } from './metrics/gathering.ts';
import { accountOf } from './metrics/measures.ts';
import type { BorrowedListener, Counts, FromWorker, PolicyData, ToWorker, WorkerData } from './messages.ts';
import type { ResolvedOptions } from './options.ts';
import { emptyPlace, stop, unlistened, type Place } from './place.ts';
import type { ReportName } from './report.ts';
import { Commitment } from './reload/commitment.ts';
import type { Serving } from './reload/listening.ts';
import { Preparation } from './reload/preparation.ts';
import type { Service } from './services.ts';
import { hasOrigins, scopesOf } from './routes/scopes.ts';
import { SpanExporter } from './tracing/exporter.ts';
import { Watchdog } from './watchdog.ts';
import { isDebugged, stackOf } from './worker-stack.ts';

/** A worker that lived shorter than this is started again only after as long, so that a fault cannot spin. */
const SHORT_LIFE_MS = 1000;
/** For a worker that is ended to log what it leaves unfinished. */
const LAST_WORDS_MS = 1000;

export interface SupervisorEvents {
  onReport(message: Extract<FromWorker, { type: 'report' }>): void;
  onAccessLog(block: string): void;
  /** A worker died and is being replaced. */
  onWorkerDied(worker: number, error: Error): void;
}

type ServiceOf = (listener: OpenListener) => Service;

export class Supervisor {
  #options: ResolvedOptions;
  #modules: ServerModules;
  #listeners: readonly OpenListener[];
  #services: ServiceOf;
  readonly #around: Surroundings;
  /** The number of the policy in force: every thread looks at it. */
  readonly #inForce = new Int32Array(new SharedArrayBuffer(Int32Array.BYTES_PER_ELEMENT));
  #lastGeneration = 1;
  #preparation: Preparation | undefined;
  #commitment: Commitment | undefined;
  readonly #events: SupervisorEvents;
  /** Of what is stored; undefined: there are no origins. */
  coordination: Coordination | undefined;
  /** Of spans; undefined: requests are not traced. */
  readonly exporter: SpanExporter | undefined;
  /** What is measured of all workers. */
  readonly gathering: Gathering;
  readonly #places: Place[];
  readonly #counting = new Counting();
  readonly #watchdog: Watchdog;
  readonly memory: MemoryKeeper;
  #ending = false;
  /** Workers replaced so far. */
  replaced = 0;
  /** Those of them that gave no sign of life any more. */
  hung = 0;

  /** @param modules that have the functions of the options. @param around of what is stored. */
  constructor(options: ResolvedOptions, listeners: readonly OpenListener[], events: SupervisorEvents, modules: ServerModules, services: ServiceOf, around: Surroundings = {}) {
    this.#options = options;
    this.#services = services;
    this.#modules = modules;
    this.#listeners = listeners;
    this.#events = events;
    this.#around = around;
    this.#inForce[0] = this.#lastGeneration;
    this.exporter = options.tracing && new SpanExporter(options.tracing, (name, message, facts = {}) => this.#report({ type: 'report', name, message, facts }));
    this.#coordinate(options);
    this.#places = Array.from({ length: options.workers }, emptyPlace);
    this.gathering = new Gathering(
      options.workers, (worker, ticket) => this.#places[worker]?.worker?.postMessage({ type: 'measure', ticket } satisfies ToWorker),
      () => [
        accountOf('store', this.coordination ? [this.coordination.counts()] : []), accountOf('workers', [{ replaced: this.replaced, hung: this.hung }]),
        accountOf('config', [{ generation: this.generation }]), accountOf('memory', [this.memory.counts()]), accountOf('tracing', this.exporter ? [this.exporter.counts()] : []),
      ],
    );
    this.#watchdog = new Watchdog(options.workers, {
      beatsOf: (place) => this.gathering.beatsOf(place), onHung: (place, silentMs) => void this.#endHung(place, silentMs), nowMs: () => performance.now(),
    });
    this.#watchdog.bound(options.limits.workerHungMs);
    this.memory = new MemoryKeeper({
      limits: options.memory, squeezeStore: (share) => this.coordination?.squeeze(share), shed: (bytes) => this.#tellAll({ type: 'shed', bytes }),
      report: (name, message, facts = {}) => this.#report({ type: 'report', name, message, facts }),
    });
    this.memory.begin();
  }

  /** Resolves when every worker accepts connections; rejects when one cannot start. */
  async start(): Promise<void> {
    await Promise.all(this.#places.map((_, index) => new Promise<void>((resolve, reject) => this.#spawn(index, resolve, reject))));
    this.coordination?.serves();
  }

  /**
   * Puts another policy into force, on all workers at once.
   * @param listen opens the listeners; called when every worker has prepared.
   * @returns its number, when all workers have taken it. @throws ReloadError, and what `listen` throws: then everything is as it was.
   */
  async change(options: ResolvedOptions, modules: ServerModules, listen: () => Promise<Serving>): Promise<number> {
    const generation = ++this.#lastGeneration;
    this.#coordinate(options);
    const preparation = (this.#preparation = new Preparation(generation, { options, modules }));
    let listening: Serving | undefined;
    try {
      for (const index of this.#places.keys()) this.#prepare(index);
      await preparation.settled();
      listening = await listen();
      // One that had to be replaced meanwhile is asked as well.
      await preparation.settled();
    } catch (error) {
      this.#tellAll({ type: 'abandon' });
      closeListeners(listening?.opened ?? []);
      throw error;
    } finally {
      this.#preparation = undefined;
    }
    this.#options = options;
    this.#modules = modules;
    this.#listeners = listening.all;
    this.#services = listening.services;
    this.coordination?.knows(scopesOf(options.sites));
    this.#watchdog.bound(options.limits.workerHungMs);
    this.memory.bound(options.memory);
    await this.#commit(generation, listening.gone);
    this.coordination?.serves();
    return generation;
  }

  /** Drains every worker; those that are not done after `graceMs` are ended. `onUnlistened`: none of them accepts any more. */
  async drain(graceMs: number, onUnlistened: () => void): Promise<void> {
    this.#ending = true;
    this.#preparation?.end();
    void Promise.all(this.#places.map(({ worker, gone }) => Promise.race([gone, ...(worker ? [unlistened(worker)] : [])]))).then(onUnlistened);
    this.#tellAll({ type: 'drain' });
    const force = setTimeout(() => void this.terminate(), graceMs);
    await this.#allGone();
    clearTimeout(force);
  }

  /** Ends every worker now: connections close, and what was not finished is logged. One that does not hear of it is stopped. */
  async terminate(): Promise<void> {
    this.#ending = true;
    this.#preparation?.end();
    this.#tellAll({ type: 'end' });
    const overdue = setTimeout(() => this.#places.forEach((place) => void stop(place)), LAST_WORDS_MS);
    await this.#allGone();
    clearTimeout(overdue);
  }

  /** Of the configuration in force: 1 is that of the start. */
  get generation(): number {
    return this.#inForce[0]!;
  }

  get workers(): WorkerStatus {
    return { configured: this.#places.length, ready: this.#places.filter(({ ready }) => ready).length, replaced: this.replaced, hung: this.hung };
  }

  /** Counters, summed over the workers. */
  counts(): Promise<Counts> {
    const main = { workersReplaced: this.replaced, workersHung: this.hung, ...this.coordination?.counts(), ...this.exporter?.counts() };
    return this.#counting.begin(main, this.#workers().length, (ticket) => this.#tellAll({ type: 'count', ticket }));
  }

  #workers(): Worker[] {
    return this.#places.flatMap(({ worker }) => (worker ? [worker] : []));
  }

  #tellAll(message: ToWorker): void {
    for (const worker of this.#workers()) worker.postMessage(message);
  }

  #spawn(index: number, ready: () => void, failed: (error: Error) => void): void {
    const place = this.#places[index]!;
    const data: WorkerData = {
      ...this.#policy(this.#inForce[0]!, this.#options, this.#modules), inForce: this.#inForce.buffer, listeners: this.#lent(index), sheet: this.gathering.begun(index),
    };
    // The host's loaders (--import, --require) are not for our own code, and each thread would pay for them.
    const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: data, name: `pagecast-${index}`, execArgv: [] });
    place.worker = worker;
    place.startedMs = Date.now();
    place.fault = undefined;
    place.hungMs = 0;
    this.#prepare(index);
    worker.on('message', (message: FromWorker) => {
      if (place.worker !== worker) return; // given up
      if (message.type === 'ready') {
        place.ready = true;
        ready();
      } else {
        this.#hear(index, message);
      }
    });
    worker.on('error', (error: Error) => (place.fault = error));
    place.gone = new Promise((resolve) => {
      const gone = (code: number): void => {
        if (place.worker !== worker) return;
        this.#gone(index, place, place.fault ?? new Error(`exit code ${code}`), failed);
        resolve();
      };
      place.giveUp = () => gone(1);
      worker.on('exit', gone);
    });
  }

  /** @param failed heard only where the start is still waited for. */
  #gone(index: number, place: Place, fault: Error, failed: (error: Error) => void): void {
    const wasReady = place.ready;
    const hungBeats = place.hungMs > 0 ? this.gathering.beatsOf(index) : undefined;
    place.worker = undefined;
    place.ready = false;
    this.gathering.ended(index);
    this.coordination?.workerDied(index);
    this.#preparation?.died(index, hungBeats);
    this.#commitment?.heard(index);
    this.#counting.settle();
    if (this.#ending || (!wasReady && this.replaced === 0)) return failed(fault);
    this.#replace(index, place, fault);
  }

  /** Its loop does not come round: it hears nothing, and finishes nothing. */
  async #endHung(index: number, silentMs: number): Promise<void> {
    const place = this.#places[index]!;
    const { worker } = place;
    if (!worker || (await isDebugged())) return;
    const stack = await stackOf(worker);
    if (place.worker !== worker) return; // it has ended by itself
    this.hung += 1;
    place.hungMs = silentMs;
    place.fault = new Error(`worker ${index} has given no sign of life for ${silentMs} ms`);
    this.#report({ type: 'report', name: 'workerHung', message: 'a worker gives no sign of life, and is ended', facts: { worker: index, ms: Math.round(silentMs), ...(stack !== undefined && { stack }) } });
    await stop(place);
  }

  async #allGone(): Promise<void> {
    await Promise.all(this.#places.map(({ gone }) => gone));
    this.#watchdog.end();
    this.memory.end();
  }

  /** Where there are origins, and were none so far. */
  #coordinate(options: ResolvedOptions): void {
    if (!hasOrigins(options)) return;
    const tell = (worker: number, message: ToStoreUser): void => this.#places[worker]?.worker?.postMessage({ type: 'store', message } satisfies ToWorker);
    const joined = options.cluster && { options: options.cluster, report: (name: ReportName, message: string, facts = {}) => this.#report({ type: 'report', name, message, facts }) };
    this.coordination ??= new Coordination(options.cache, tell, scopesOf(options.sites), { ...this.#around, cluster: joined });
  }

  #policy(generation: number, options: ResolvedOptions, modules: ServerModules): PolicyData {
    return { generation, options, modules, store: this.coordination?.shared, bodies: this.coordination?.bodies };
  }

  #lent(index: number): BorrowedListener[] {
    const { workers } = this.#options;
    return this.#listeners.flatMap((one) => descriptorsOf(one, index, workers).map((fd) => ({ fd, shared: one.shared && workers > 1, service: this.#services(one) })));
  }

  /** Asks a worker, if there is something to ask, and somebody. */
  #prepare(index: number): void {
    const { worker } = this.#places[index]!;
    const preparation = this.#preparation;
    if (!preparation || preparation.isOver || !worker) return;
    const { generation, policy: { options, modules } } = preparation;
    preparation.asked(index, this.gathering.beatsOf(index) ?? 0);
    worker.postMessage({ type: 'prepare', policy: this.#policy(generation, options, modules) } satisfies ToWorker);
  }

  #prepared(worker: number, { generation, fault }: Extract<FromWorker, { type: 'prepared' }>): void {
    if (this.#preparation?.generation === generation) this.#preparation.heard(worker, fault);
  }

  /** From the first line on every request that comes in is answered by the new policy. Queues of listeners that go are taken first. */
  async #commit(generation: number, gone: readonly OpenListener[]): Promise<void> {
    Atomics.store(this.#inForce, 0, generation);
    const commitment = (this.#commitment = new Commitment());
    for (const [index, { worker }] of this.#places.entries()) {
      if (!worker) continue;
      commitment.asked(index);
      worker.postMessage({ type: 'commit', generation, listeners: this.#lent(index) } satisfies ToWorker);
    }
    // A worker that is held up waits on them still: a descriptor is not closed before.
    void commitment.done.then(() => closeListeners(gone));
    await commitment.within();
  }

  #replace(index: number, place: Place, fault: Error): void {
    this.replaced += 1;
    if (place.hungMs === 0) this.#events.onWorkerDied(index, fault);
    const again = (): void => {
      if (!this.#ending) this.#spawn(index, () => undefined, () => undefined);
    };
    if (Date.now() - place.startedMs < SHORT_LIFE_MS) setTimeout(again, SHORT_LIFE_MS);
    else again();
  }

  #hear(worker: number, message: Exclude<FromWorker, { type: 'ready' }>): void {
    if (message.type === 'store') this.coordination?.hear(worker, message.message);
    else if (message.type === 'report') this.#report(message);
    else if (message.type === 'accessLog') this.#events.onAccessLog(message.block);
    else if (message.type === 'spans') this.exporter?.take(message.block, message.spans);
    else if (message.type === 'prepared') this.#prepared(worker, message);
    else if (message.type === 'committed') this.#commitment?.heard(worker);
    else if (message.type === 'counts') this.#counting.add(message.ticket, message.counts);
    else if (message.type === 'measures') this.gathering.hear(worker, message.ticket, message.measures);
  }

  #report(message: Extract<FromWorker, { type: 'report' }>): void {
    this.gathering.reported(message.name);
    this.#events.onReport(message);
  }
}
