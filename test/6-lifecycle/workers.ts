// The worker threads of servers in this process, for tests that must harm one: node:worker_threads is told to make a
// class of ours, which keeps them. To be imported before the first server listens.
import { syncBuiltinESMExports } from 'node:module';
import workerThreads, { Worker } from 'node:worker_threads';
import type { WorkerData } from '../../server/messages.ts';

const kept: { readonly worker: Worker; readonly root: string }[] = [];

class KeptWorker extends Worker {
  constructor(...[file, options]: ConstructorParameters<typeof Worker>) {
    super(file, options);
    kept.push({ worker: this, root: (options!.workerData as WorkerData).options.root });
  }
}

workerThreads.Worker = KeptWorker;
syncBuiltinESMExports();

/** Of the servers of this root, the oldest first; those that have ended, too. */
export function workersOf(root: string): Worker[] {
  return kept.filter((one) => one.root === root).map(({ worker }) => worker);
}

/** A message that no supervisor sends: looking at it throws in the worker. */
export function upset(worker: Worker): void {
  worker.postMessage(null);
}
