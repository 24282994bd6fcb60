// The place of one worker, which one worker after the other has.
import type { Worker } from 'node:worker_threads';
import type { FromWorker } from './messages.ts';

/** For a worker that is stopped to be gone. One that waits in a call of the kernel goes when that returns. */
const STOPS_WITHIN_MS = 5000;

export interface Place {
  worker: Worker | undefined;
  startedMs: number;
  /** Accepts connections. */
  ready: boolean;
  fault: Error | undefined;
  /** For how long it had given no sign of life when it was ended for that; 0: it was not. */
  hungMs: number;
  /** Resolves when nobody is there any more. */
  gone: Promise<void>;
  /** Goes on as if the worker had ended. */
  giveUp: () => void;
}

export function emptyPlace(): Place {
  return { worker: undefined, startedMs: 0, ready: false, fault: undefined, hungMs: 0, gone: Promise.resolve(), giveUp: () => undefined };
}

/** Ends whoever is there, in the middle of what it runs, or gives it up. */
export async function stop({ worker, giveUp }: Place): Promise<void> {
  if (!worker) return;
  const timer = setTimeout(giveUp, STOPS_WITHIN_MS);
  await worker.terminate();
  clearTimeout(timer);
}

/** Resolves when it waits on no listener any more. */
export function unlistened(worker: Worker): Promise<void> {
  return new Promise((resolve) => worker.on('message', (message: FromWorker) => message.type === 'unlistened' && resolve()));
}
