// Main's part of a server: workers are started, replaced when they die, told to drain, and ended when their time is up.
import { Worker } from 'node:worker_threads';
import { Coordination } from './coordination.ts';
import type { OpenListener } from './listeners.ts';
import type { BorrowedListener, Counts, FromWorker, ToWorker, WorkerData } from './messages.ts';
import type { ResolvedOptions } from './options.ts';

/** A worker that lived shorter than this is started again only after as long, so that a fault cannot spin. */
const SHORT_LIFE_MS = 1000;

/** Counters that Engine.census() gives. */
const OF_THE_PROCESS = new Set([
  'files', 'arenaBytes', 'leases', 'privateBytes', 'snapshotBytes', 'leasesTaken', 'leasesRefused', 'leaseBreaks', 'leaseRescans', 'snapshots',
  'snapshotsRefused', 'privateCopies', 'privateCopiesRefused', 'writersDelayed', 'writersDelayedMs', 'writerDelayMaxMs', 'writersForced', 'writersUnanswered',
]);

export interface SupervisorEvents {
  onReport(message: Extract<FromWorker, { type: 'report' }>): void;
  onAccessLog(block: string): void;
  /** A worker died and is being replaced. */
  onWorkerDied(worker: number, error: Error): void;
}

interface Place {
  worker: Worker | undefined;
  startedMs: number;
  drained: boolean;
  fault: Error | undefined;
}

export class Supervisor {
  readonly #options: ResolvedOptions;
  readonly #listeners: readonly OpenListener[];
  readonly #events: SupervisorEvents;
  /** Of what is stored; undefined: there are no origins. */
  readonly coordination: Coordination | undefined;
  readonly #places: Place[];
  readonly #counting = new Map<number, { readonly sum: Record<string, number>; waiting: number; readonly done: (counts: Counts) => void }>();
  #lastTicket = 0;
  #ending = false;
  /** Workers replaced so far. */
  replaced = 0;

  constructor(options: ResolvedOptions, listeners: readonly OpenListener[], events: SupervisorEvents) {
    this.#options = options;
    this.#listeners = listeners;
    this.#events = events;
    this.coordination = options.proxy && new Coordination(options.cache, (worker, message) => this.#places[worker]?.worker?.postMessage({ type: 'store', message } satisfies ToWorker));
    this.#places = Array.from({ length: options.workers }, () => ({ worker: undefined, startedMs: 0, drained: false, fault: undefined }));
  }

  /** Resolves when every worker accepts connections; rejects when one cannot start. */
  async start(): Promise<void> {
    await Promise.all(this.#places.map((_, index) => new Promise<void>((resolve, reject) => this.#spawn(index, resolve, reject))));
  }

  /** Drains every worker; those that are not done after `graceMs` are ended. `onUnlistened`: none of them accepts any more. */
  async drain(graceMs: number, onUnlistened: () => void): Promise<void> {
    this.#ending = true;
    const workers = this.#workers();
    const exits = workers.map((worker) => new Promise<void>((resolve) => worker.once('exit', () => resolve())));
    void Promise.all(workers.map((worker, index) => Promise.race([exits[index]!, unlistened(worker)]))).then(onUnlistened);
    this.#tellAll({ type: 'drain' });
    const force = setTimeout(() => void this.terminate(), graceMs);
    await Promise.all(exits);
    clearTimeout(force);
  }

  /** Ends every worker now; their connections close. */
  async terminate(): Promise<void> {
    this.#ending = true;
    await Promise.all(this.#workers().map((worker) => worker.terminate()));
  }

  /** Counters, summed over the workers. */
  counts(): Promise<Counts> {
    const ticket = ++this.#lastTicket;
    const waiting = this.#workers().length;
    if (waiting === 0) return Promise.resolve({});
    return new Promise((done) => {
      this.#counting.set(ticket, { sum: { workersReplaced: this.replaced, ...this.coordination?.counts() }, waiting, done });
      this.#tellAll({ type: 'count', ticket });
    });
  }

  #workers(): Worker[] {
    return this.#places.flatMap(({ worker }) => (worker ? [worker] : []));
  }

  #tellAll(message: ToWorker): void {
    for (const worker of this.#workers()) worker.postMessage(message);
  }

  #spawn(index: number, ready: () => void, failed: (error: Error) => void): void {
    const place = this.#places[index]!;
    const listeners: BorrowedListener[] = this.#listeners.map(({ descriptors, shared }) => ({ fd: descriptors[shared ? 0 : index]!, shared: shared && this.#options.workers > 1 }));
    const data: WorkerData = { options: this.#options, listeners, store: this.coordination?.shared };
    // The host's loaders (--import, --require) are not for our own code, and each thread would pay for them.
    const worker = new Worker(new URL('./worker.js', import.meta.url), { workerData: data, name: `pagecast-${index}`, execArgv: [] });
    place.worker = worker;
    place.startedMs = Date.now();
    place.fault = undefined;
    let isReady = false;
    worker.on('message', (message: FromWorker) => {
      if (message.type === 'ready') {
        isReady = true;
        ready();
      } else {
        this.#hear(index, message);
      }
    });
    worker.on('error', (error: Error) => (place.fault = error));
    worker.on('exit', (code) => {
      place.worker = undefined;
      this.coordination?.workerDied(index);
      this.#forgetCounts();
      const fault = place.fault ?? new Error(`exit code ${code}`);
      if (this.#ending) return failed(fault); // heard only where the start is still waited for
      if (!isReady && this.replaced === 0) return failed(fault);
      this.#replace(index, place, fault);
    });
  }

  #replace(index: number, place: Place, fault: Error): void {
    this.replaced += 1;
    this.#events.onWorkerDied(index, fault);
    const again = (): void => {
      if (!this.#ending) this.#spawn(index, () => undefined, () => undefined);
    };
    if (Date.now() - place.startedMs < SHORT_LIFE_MS) setTimeout(again, SHORT_LIFE_MS);
    else again();
  }

  #hear(worker: number, message: Exclude<FromWorker, { type: 'ready' }>): void {
    if (message.type === 'store') this.coordination?.hear(worker, message.message);
    else if (message.type === 'report') this.#events.onReport(message);
    else if (message.type === 'accessLog') this.#events.onAccessLog(message.block);
    else if (message.type === 'counts') this.#add(message.ticket, message.counts);
  }

  #add(ticket: number, counts: Counts): void {
    const counting = this.#counting.get(ticket);
    if (!counting) return;
    for (const [name, count] of Object.entries(counts)) {
      // What belongs to the process is the same in every worker's account.
      counting.sum[name] = OF_THE_PROCESS.has(name) ? count : (counting.sum[name] ?? 0) + count;
    }
    if (--counting.waiting > 0) return;
    this.#counting.delete(ticket);
    counting.done(counting.sum);
  }

  /** A worker that died answers no more: what is there is the answer. */
  #forgetCounts(): void {
    for (const [ticket, counting] of this.#counting) {
      this.#counting.delete(ticket);
      counting.done(counting.sum);
    }
  }
}

function unlistened(worker: Worker): Promise<void> {
  return new Promise((resolve) => worker.on('message', (message: FromWorker) => message.type === 'unlistened' && resolve()));
}
