/** The herd: a thousand clients at once for one cold, large object of a slow origin, which must be asked once. */
import { createInterface } from 'node:readline';
import type { HerdReport } from './cache-clients.ts';
import type { Origin } from './cache-contenders.ts';
import { HERD_BYTES, herdTarget } from './cache-site.ts';
import type { Cores } from './cpu.ts';
import { helper } from './paths.ts';
import { Launched } from './processes.ts';
import type { Server, Site } from './servers.ts';

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

/** Throws when any client did not get the whole body. */
export async function measureHerd(site: Site, origin: Origin, server: Server, cores: Cores, round: number): Promise<Herd> {
  const target = herdTarget(round);
  const { host, port } = server.address;
  const command = [process.execPath, helper('cache-clients.js'), host, String(port), target, String(HERD_CLIENTS), String(HERD_BYTES)];
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
