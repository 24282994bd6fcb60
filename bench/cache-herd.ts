/** The herd: a thousand clients at once for one cold, large object of a slow origin, which must be asked once. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Origin } from './cache-contenders.ts';
import { HERD_BYTES, herdTarget } from './cache-site.ts';
import type { Cores } from './cpu.ts';
import { fixtureBytes } from './fixtures.ts';
import { HERD_SOURCE } from './paths.ts';
import { requestHead } from './probe.ts';
import { Launched } from './processes.ts';
import { compile, type Server, type Site } from './servers.ts';

export const HERD_CLIENTS = 1000;
/** The origin takes ten seconds. */
const DEADLINE_MS = 60_000;

export interface Herd {
  readonly originRequests: number;
  /** From the origin's first body byte to that of the client that had to wait longest. */
  readonly firstByteMs: number;
  /** From the origin's last body byte to the last client's, in per cent of what the origin took for its body. */
  readonly endsPercent: number;
  /** From the first client's end to the last one's. */
  readonly spreadMs: number;
}

/** What bench/herd.c says; times by `monotonicMs`. */
interface HerdReport {
  readonly firstBodyByteMsMax: number;
  readonly endMsMin: number;
  readonly endMsMax: number;
  readonly complete: number;
  /** Of those that were not answered as they should, the first one's reason. */
  readonly failure: string | null;
}

/** Throws when any client did not get the whole body. */
export async function measureHerd(site: Site, origin: Origin, server: Server, cores: Cores, round: number): Promise<Herd> {
  const target = herdTarget(round);
  const compiled = await compile(site, HERD_SOURCE);
  if ('reason' in compiled) throw new Error(compiled.reason);
  const requestPath = join(site.workDirectory, 'herd-request');
  const bodyPath = join(site.workDirectory, 'herd-body');
  writeFileSync(requestPath, requestHead(server.address, target));
  writeFileSync(bodyPath, fixtureBytes({ target, bytes: HERD_BYTES }));
  const command = [compiled.program, String(server.address.port), String(HERD_CLIENTS), requestPath, bodyPath];
  const clients = new Launched(site.scope, command, { core: cores.load, namespace: null });
  const deadline = setTimeout(() => clients.signal('SIGKILL'), DEADLINE_MS);
  try {
    const lines = createInterface({ input: clients.stdout })[Symbol.asyncIterator]();
    const nextLine = async (): Promise<string> => {
      const line = await lines.next();
      if (line.done === true) throw new Error(`the herd ended: ${clients.lastWords || 'too slow'}`);
      return line.value;
    };
    await nextLine();
    clients.stdin.write('go\n');
    const report = JSON.parse(await nextLine()) as HerdReport;
    if (report.failure !== null) throw new Error(`${HERD_CLIENTS - report.complete} of ${HERD_CLIENTS} clients: ${report.failure}`);
    const { requests, firstBodyByteMs, lastBodyByteMs } = await origin.record(target);
    return {
      originRequests: requests,
      firstByteMs: report.firstBodyByteMsMax - firstBodyByteMs,
      endsPercent: ((report.endMsMax - lastBodyByteMs) / (lastBodyByteMs - firstBodyByteMs)) * 100,
      spreadMs: report.endMsMax - report.endMsMin,
    };
  } finally {
    clearTimeout(deadline);
    await clients.stop();
  }
}
