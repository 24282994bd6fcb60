// A worker thread: one engine, one loop, until main says to drain.
import { getSystemErrorName } from 'node:util';
import { parentPort, workerData } from 'node:worker_threads';
import { layout, native } from '../native/index.ts';
import { assemble } from './assemble.ts';
import { AccessLog } from './log/access.ts';
import type { Counts, FromWorker, ToWorker, WorkerData } from './messages.ts';
import { loadHooks } from './proxy/hook-module.ts';
import { refusals } from '../http/refusal.ts';

if (!parentPort) throw new Error('server/worker.ts is started by the supervisor, as a worker thread');
const port = parentPort;
const { options, listeners, store } = workerData as WorkerData;
const tell = (message: FromWorker): void => port.postMessage(message);

const log = options.accessLog === false ? undefined : new AccessLog(options.accessLog, (block) => tell({ type: 'accessLog', block }));

const hooks = options.proxy?.hooks === undefined ? undefined : await loadHooks(options.proxy.hooks);

const { loop, site, proxy, engine, areas } = assemble({
  EngineClass: native.Engine,
  options,
  report: (name, message, facts = {}) => tell({ type: 'report', name, message, facts }),
  log,
  hooks,
  store: store && { shared: store, post: (message) => tell({ type: 'store', message }) },
  onDrained: () => {
    proxy?.close();
    engine.stop();
    log?.flush();
    tell({ type: 'drained' });
    port.close();
  },
});

function counts(): Counts {
  const all: Record<string, number> = { ...loop.counts(), ...site?.counts(), ...proxy?.counts(), ...engine.census() };
  for (const [name, index] of Object.entries(layout.counters)) all[name] = areas.counters[index]!;
  loop.requests.refused.forEach((count, code) => {
    if (count > 0) all[`refused.${refusals[code]!.name}`] = count;
  });
  return all;
}

const borrowed = listeners.map(({ fd, shared }) => {
  const listener = engine.listen(fd, shared);
  if (listener < 0) throw new Error(`a worker cannot wait on listener ${fd}: ${getSystemErrorName(listener)}`);
  return listener;
});

port.on('message', (message: ToWorker) => {
  if (message.type === 'store') return proxy?.hear(message.message);
  if (message.type === 'count') return tell({ type: 'counts', ticket: message.ticket, counts: counts() });
  loop.drain(() => {
    for (const listener of borrowed) engine.unlisten(listener);
    tell({ type: 'unlistened' });
  });
});

const failed = engine.start(() => loop.tick());
if (failed < 0) throw new Error(`the engine cannot be started: ${getSystemErrorName(failed)}`);
tell({ type: 'ready' });
