/** A cell of stored answers: verified to be hits, timed with wrk, and the origin asked whether it really heard nothing. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isHit, type Origin } from './cache-contenders.ts';
import type { CacheName } from './cache-rows.ts';
import { childrenOf, processCpuNanoseconds } from './cpu.ts';
import type { Load } from './fixtures.ts';
import { Connection, requestHead } from './probe.ts';
import { run, sleep, type Placement } from './processes.ts';
import { isVoid, type Cell, type Outcome } from './rounds.ts';
import type { Server, Site } from './servers.ts';
import { Incorrect, verify } from './verify.ts';
import { CONNECTIONS, type LoadResult } from './wrk.ts';

/** What is stored is reported to where it is looked up within this. */
const STORED_WAIT_MS = 100;
/** Age, X-Varnish and the ttl of Cache-Status gain and lose digits during a run. */
const HEAD_DRIFT_BYTES = 8;
const DEADLINE_SLACK_MS = 15_000;
const REPORT = /^hits (\d+) (\d+) (\d+) (\d+) (\d+)$/m;

// %.0f and not %d: a run moves more bytes than a C int holds.
const SCRIPT = `
function done(summary, latency, requests)
  local e = summary.errors
  io.write(string.format("hits %.0f %.0f %.0f %.0f %.0f\\n", summary.requests, summary.bytes, summary.duration,
    e.connect + e.read + e.write + e.timeout, e.status))
end
`;

/** CPU time of the processes beside the measured one: varnishd's manager, nginx's master. Ended ones are left out. */
function cpuBeside(server: Server): Map<number, number> {
  const family = (pid: number): number[] => [pid, ...childrenOf(pid).flatMap(family)];
  const beside = family(server.process.pid).filter((pid) => pid !== server.measuredPid());
  const times = new Map<number, number>();
  for (const pid of beside) {
    try {
      times.set(pid, processCpuNanoseconds(pid));
    } catch {
      // It ended between the list and the reading.
    }
  }
  return times;
}

export class HitCell implements Cell {
  readonly name: string;
  readonly server: Server;
  readonly prepare = null;
  readonly #load: Load;
  readonly #origin: Origin;
  readonly #bytesPerAnswer: number;
  readonly #placement: Placement;
  readonly #site: Site;
  readonly #script: string;
  #besideNanoseconds = 0;
  #requests = 0;

  private constructor(contender: CacheName, server: Server, load: Load, origin: Origin, bytes: number, site: Site, core: number) {
    this.name = `${contender} ${load.name}`;
    this.server = server;
    this.#load = load;
    this.#origin = origin;
    this.#bytesPerAnswer = bytes;
    this.#site = site;
    this.#placement = { core, namespace: null };
    this.#script = join(site.workDirectory, `${contender}-${load.name}.lua`);
    writeFileSync(this.#script, SCRIPT);
  }

  /**
   * Throws `Incorrect` unless the right bytes come, from the store, for exactly one request at the origin (none for files).
   * `core`: the load's.
   */
  static async verified(contender: CacheName, server: Server, load: Load, origin: Origin, site: Site, core: number): Promise<HitCell> {
    const { target } = load.fixtures[0]!;
    const before = await origin.record(target);
    await verify(server.address, load);
    await sleep(STORED_WAIT_MS);
    const connection = await Connection.open(server.address);
    try {
      const answer = await connection.ask(requestHead(server.address, target));
      if (!isHit(contender, answer.fields)) throw new Incorrect(`${target}: no hit: ${answer.head.toString('latin1').replaceAll('\r\n', ' ')}`);
      const asked = (await origin.record(target)).requests - before.requests;
      const expected = contender === 'static' ? 0 : 1;
      if (asked !== expected) throw new Incorrect(`${target}: ${asked} requests at the origin instead of ${expected}`);
      const bytes = answer.head.length + answer.body.length;
      return new HitCell(contender, server, load, origin, bytes, site, core);
    } finally {
      connection.close();
    }
  }

  /** Throws when the run is void: an error of any kind, answers of another size, a request that reached the origin. */
  async load(seconds: number): Promise<LoadResult> {
    const { target } = this.#load.fixtures[0]!;
    const { host, port } = this.server.address;
    const asked = (await this.#origin.record(target)).requests;
    const beside = cpuBeside(this.server);
    const command = ['wrk', '-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '-s', this.#script, `http://${host}:${port}${target}`];
    const finished = await run(this.#site.scope, command, this.#placement, seconds * 1000 + DEADLINE_SLACK_MS);
    const match = REPORT.exec(finished.stdout);
    if (match === null) throw new Error(`wrk did not report: ${finished.lastWords}`);
    const [requests = 0, bytes = 0, microseconds = 0, socketErrors = 0, statusErrors = 0] = match.slice(1).map(Number);
    if (requests === 0) throw new Error('wrk completed no request');
    if (socketErrors + statusErrors > 0) throw new Error(`${socketErrors} socket errors, ${statusErrors} answers without status 200`);
    this.#judgeSize(requests, bytes);
    const leaked = (await this.#origin.record(target)).requests - asked;
    if (leaked > 0) throw new Error(`${leaked} requests reached the origin`);
    for (const [pid, time] of cpuBeside(this.server)) this.#besideNanoseconds += time - (beside.get(pid) ?? time);
    this.#requests += requests;
    return { requests, bytes, seconds: microseconds / 1e6 };
  }

  /** Answers under way at the end are counted as bytes only. */
  #judgeSize(requests: number, bytes: number): void {
    const least = requests * (this.#bytesPerAnswer - HEAD_DRIFT_BYTES);
    const most = (requests + CONNECTIONS) * (this.#bytesPerAnswer + HEAD_DRIFT_BYTES);
    if (bytes < least || bytes > most) {
      throw new Error(`${(bytes / requests).toFixed(1)} bytes per answer instead of ${this.#bytesPerAnswer}`);
    }
  }

  /** What was measured of the process that answers, and on top of it what those beside it took, spread over all runs. */
  whole(outcome: Outcome): Outcome {
    if (isVoid(outcome)) return outcome;
    const { median, min, max } = outcome.microsecondsPerRequest;
    const beside = this.#requests === 0 ? 0 : this.#besideNanoseconds / 1000 / this.#requests;
    return { ...outcome, microsecondsPerRequest: { median: median + beside, min: min + beside, max: max + beside } };
  }
}
