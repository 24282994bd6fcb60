// A worker thread: one engine, one loop, until main says to drain.
import { getSystemErrorName } from 'node:util';
import { parentPort, workerData } from 'node:worker_threads';
import { layout, native } from '../native/index.ts';
import { assemble } from './assemble.ts';
import { beginBeating } from './beat.ts';
import { Borrowed } from './borrowed.ts';
import { functionsOf, type Functions } from './config/functions.ts';
import { AccessLog } from './log/access.ts';
import type { Counts, FromWorker, PolicyData, ToWorker, WorkerData } from './messages.ts';
import { LagMeter } from './metrics/lag.ts';
import { measuresOf } from './metrics/measures.ts';
import { BodyFolder } from '../cache/store/disk/body-folder.ts';
import { RequestMetrics } from './metrics/request-metrics.ts';
import { lagIn } from './metrics/sheet.ts';
import type { SharedStore, StoreLink } from './proxy/shared.ts';
import { Change } from './reload/change.ts';
import { summed } from './reload/policies.ts';
import { refusals } from '../http/refusal.ts';

if (!parentPort) throw new Error('server/worker.ts is started by the supervisor, as a worker thread');
const port = parentPort;
const first = workerData as WorkerData;
const { options, listeners, sheet } = first;
// Modules of the config run before there is a loop: one that never comes back is a hung worker, too.
const beat = beginBeating(sheet);
const tell = (message: FromWorker): void => port.postMessage(message);

const log = options.accessLog === false ? undefined : new AccessLog(options.accessLog, (block) => tell({ type: 'accessLog', block }));

const functions = await functionsIn(first);
const metrics = new RequestMetrics(options.limits.connectionsMax, sheet);

const { loop, policies, maker, tracer, engine, areas } = assemble({
  EngineClass: native.Engine,
  options,
  report: (name, message, facts = {}) => tell({ type: 'report', name, message, facts }),
  log,
  onSpans: (block, spans) => tell({ type: 'spans', block, spans }),
  metrics,
  lag: new LagMeter(lagIn(new Float64Array(sheet))),
  functions,
  serviceOf: (listener) => borrowed.serviceOf(listener),
  committed: { shared: first.inForce, generation: first.generation },
  store: linkOf(first),
  // Sources that were cut off tell it in promises: their lines are written by then.
  onDrained: () => setImmediate(() => {
    maker.store?.close();
    policies.close();
    engine.stop();
    log?.flush();
    tracer?.flush();
    tell({ type: 'drained' });
    port.close();
  }),
});

function linkOf({ store, bodies }: PolicyData): StoreLink | undefined {
  return store && { shared: store, post: (message) => tell({ type: 'store', message }), disk: bodies && BodyFolder.of(bodies) };
}

function functionsIn({ options: wanted, modules }: PolicyData): Promise<Functions> {
  const handles = wanted.sites.some(({ routes }) => routes.some(({ target }) => target.kind === 'handle'));
  if (handles && !process.listeners('unhandledRejection').includes(tellRejection)) process.on('unhandledRejection', tellRejection);
  return functionsOf(wanted, modules);
}

/** A promise of a handler's that nobody waits for is told of like what a handler throws: it is no reason to end everybody's connections. */
function tellRejection(error: unknown): void {
  tell({ type: 'report', name: 'handlerFailed', message: 'a promise that nobody waits for was rejected', facts: { error: error instanceof Error ? (error.stack ?? error.message) : String(error) } });
}

/** What proxies share, where there are any. */
function sharing(): readonly SharedStore[] {
  return maker.store ? [maker.store] : [];
}

function counts(): Counts {
  const all: Record<string, number> = { ...loop.counts(), ...summed([...policies.sites(), ...policies.proxies(), ...sharing()]), ...engine.census() };
  for (const [name, index] of Object.entries(layout.counters)) all[name] = areas.counters[index]!;
  loop.requests.refused.forEach((count, code) => {
    if (count > 0) all[`refused.${refusals[code]!.name}`] = count;
  });
  return all;
}

const borrowed = new Borrowed(engine);
borrowed.add(listeners);
const change = new Change({ policies, maker, loop, borrowed, functionsOf: functionsIn, linkOf, tell });

port.on('message', (message: ToWorker) => {
  if (message.type === 'store') return maker.store?.hear(message.message);
  if (message.type === 'prepare') {
    beat(); // it is heard, whatever comes of it
    return change.prepare(message.policy);
  }
  if (message.type === 'commit') return change.commit(message.generation, message.listeners);
  if (message.type === 'abandon') return change.abandon();
  if (message.type === 'shed') return policies.shed(message.bytes);
  if (message.type === 'count') return tell({ type: 'counts', ticket: message.ticket, counts: counts() });
  if (message.type === 'measure') {
    const measures = measuresOf({ loop, sites: policies.sites(), proxies: [...policies.proxies(), ...sharing()], engine, areas, hottest: metrics.hottest });
    return tell({ type: 'measures', ticket: message.ticket, measures });
  }
  if (message.type === 'end') loop.abort(stopAccepting);
  else loop.drain(stopAccepting);
});

function stopAccepting(): void {
  borrowed.leaveOthers();
  tell({ type: 'unlistened' });
}

const failed = engine.start(() => loop.tick());
if (failed < 0) throw new Error(`the engine cannot be started: ${getSystemErrorName(failed)}`);
tell({ type: 'ready' });
