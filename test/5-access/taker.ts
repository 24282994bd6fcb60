// A thread that shares a limit: on each message it takes until it is refused, and says how often it was not.
import { parentPort, workerData } from 'node:worker_threads';
import { RateLimit, type RateLimitOptions } from '../../server/access/rate-limit.ts';

export interface Taking {
  readonly address: string;
  readonly nowMs: number;
  readonly max: number;
}

const port = parentPort!;
const limit = new RateLimit(workerData as RateLimitOptions);

port.on('message', ({ address, nowMs, max }: Taking) => {
  let taken = 0;
  while (taken < max && limit.take(address, nowMs) === 0) taken += 1;
  port.postMessage(taken);
});
