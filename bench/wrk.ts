/** One run of wrk: the load of the full table and of the offload table. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadHead, type Load } from './fixtures.ts';
import { urlOf, type Address } from './probe.ts';
import { findTool, run, type Placement, type Scope } from './processes.ts';
import type { Verified } from './verify.ts';

export const CONNECTIONS = 64;
const DEADLINE_SLACK_MS = 15_000;
const REPORT = /^bench (\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (\d+) (\d+)$/m;

// %.0f and not %d: a run moves more bytes than a C int holds.
const REPORT_SCRIPT = `
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("bench %.0f %.0f %.0f %.0f %.0f %.0f %.0f %.0f\\n", summary.requests, summary.bytes,
    summary.duration, e.connect, e.read, e.write, e.timeout, e.status))
end
`;

export interface LoadResult {
  readonly requests: number;
  readonly bytes: number;
  readonly seconds: number;
}

/**
 * A script without `request` lets wrk build its one request once. With one, wrk calls it per request: that is paid by the
 * load's core. JSON's escapes are Lua's for the ASCII that heads are made of.
 */
function script(load: Load, address: Address, verified: Verified): string {
  if (load.browserHeads) {
    const heads = load.fixtures.map((fixture) => JSON.stringify(loadHead(load, address, fixture, null)));
    return `
local heads = {\n${heads.join(',\n')}\n}
local turn = 0
function request()
  turn = turn % #heads + 1
  return heads[turn]
end
${REPORT_SCRIPT}`;
  }
  if (load.status !== 304) return REPORT_SCRIPT;
  return `wrk.headers["If-None-Match"] = ${JSON.stringify(verified.etag)}\n${REPORT_SCRIPT}`;
}

export class Wrk {
  readonly #scope: Scope;
  readonly #placement: Placement;
  readonly #script: string;
  readonly #url: string;
  readonly #load: Load;
  readonly #verified: Verified;

  /** `name` tells this script from those of other contenders in the work directory. */
  constructor(
    scope: Scope,
    directory: string,
    placement: Placement,
    target: { readonly name: string; readonly address: Address; readonly load: Load; readonly verified: Verified },
  ) {
    const { name, address, load, verified } = target;
    this.#scope = scope;
    this.#placement = placement;
    this.#load = load;
    this.#verified = verified;
    this.#script = join(directory, `${name.replace(/\W+/g, '-')}-${load.name}.lua`);
    this.#url = urlOf(address) + load.fixtures[0]!.target;
    writeFileSync(this.#script, script(load, address, verified));
  }

  /** Throws when the run is void: an error of any kind, or answers of another size than the verified one. */
  async run(seconds: number): Promise<LoadResult> {
    const command = ['wrk', '-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '-s', this.#script, this.#url];
    const finished = await run(this.#scope, command, this.#placement, seconds * 1000 + DEADLINE_SLACK_MS);
    const match = REPORT.exec(finished.stdout);
    if (match === null) throw new Error(`wrk did not report: ${finished.lastWords}`);
    const [requests, bytes, microseconds, ...errors] = match.slice(1).map(Number);
    const result = { requests: requests!, bytes: bytes!, seconds: microseconds! / 1e6 };
    this.#judge(result, errors);
    return result;
  }

  #judge({ requests, bytes }: LoadResult, errors: number[]): void {
    if (requests === 0) throw new Error('wrk completed no request');
    const [connect = 0, read = 0, write = 0, timeout = 0, status = 0] = errors;
    if (connect + read + write + timeout > 0) {
      throw new Error(`socket errors: connect ${connect}, read ${read}, write ${write}, timeout ${timeout}`);
    }
    // wrk counts every status above 399 as an error.
    const unexpected = this.#load.status === 404 ? requests - status : status;
    if (unexpected > 0) throw new Error(`${unexpected} answers without status ${this.#load.status}`);
    // wrk cannot tell a 304 from a 200; their sizes can. Answers under way at the end are counted as bytes only.
    const least = requests * this.#verified.bytesPerAnswer;
    const most = (requests + CONNECTIONS) * this.#verified.bytesPerAnswer;
    const rounding = CONNECTIONS * this.#load.fixtures.length;
    if (bytes < least - rounding || bytes > most + rounding) {
      throw new Error(`${(bytes / requests).toFixed(1)} bytes per answer instead of ${this.#verified.bytesPerAnswer.toFixed(1)}`);
    }
  }
}

export function missingLoadTool(): string | null {
  return ['wrk', 'taskset'].find((tool) => findTool(tool) === null) ?? null;
}
