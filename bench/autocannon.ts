/** One run of autocannon, as a process of its own so that it can have a core of its own: the load of the quick table. */
import { createRequire } from 'node:module';
import { type Fixture } from './fixtures.ts';
import type { Address } from './probe.ts';
import { run, type Placement, type Scope } from './processes.ts';
import { CONNECTIONS, type LoadResult } from './wrk.ts';

const DEADLINE_SLACK_MS = 15_000;
const PROGRAM = createRequire(import.meta.url).resolve('autocannon');

/** The part of its JSON that is used. */
interface Report {
  readonly '2xx': number;
  readonly non2xx: number;
  readonly errors: number;
  readonly timeouts: number;
  readonly resets: number;
  readonly duration: number;
  readonly throughput: { readonly total: number };
  readonly requests: { readonly total: number };
}

/** Throws when the run is void. `bytesPerAnswer`: head and body, as verified. */
export async function runAutocannon(
  scope: Scope,
  placement: Placement,
  target: { readonly address: Address; readonly fixture: Fixture; readonly bytesPerAnswer: number },
  seconds: number,
): Promise<LoadResult> {
  const url = `http://${target.address.host}:${target.address.port}${target.fixture.target}`;
  const command = [process.execPath, PROGRAM, '-c', String(CONNECTIONS), '-d', String(seconds), '-j', '-n', url];
  const finished = await run(scope, command, placement, seconds * 1000 + DEADLINE_SLACK_MS);
  if (finished.exitCode !== 0) throw new Error(`autocannon failed: ${finished.lastWords}`);
  const report = JSON.parse(finished.stdout) as Report;
  const { non2xx, errors, timeouts, resets } = report;
  if (report['2xx'] === 0) throw new Error('autocannon completed no request');
  if (non2xx + errors + timeouts + resets > 0) {
    throw new Error(`${non2xx} answers without status 2xx, errors ${errors}, timeouts ${timeouts}, resets ${resets}`);
  }
  const bytes = report.throughput.total;
  const mean = bytes / report.requests.total;
  if (Math.abs(mean - target.bytesPerAnswer) > 1) {
    throw new Error(`${mean.toFixed(1)} bytes per answer instead of ${target.bytesPerAnswer.toFixed(1)}`);
  }
  return { requests: report['2xx'], bytes, seconds: report.duration };
}
