/** Two rows from one fresh server: what it holds when idle, and what 10,000 idle keep-alive connections add. */
import { residentBytes, type Cores } from './cpu.ts';
import { IdleClients } from './idle-clients.ts';
import { sleep } from './processes.ts';
import { isMissing, startPagecast, untilAnswering, type Server, type Site } from './servers.ts';

const SETTLE_MS = 2000;
const BYTES_PER_MB = 1e6;

export interface Memory {
  readonly idleMegabytes: number;
  readonly addedMegabytes: number;
}

/** RSS with all connections open; throws when the server has closed any of them meanwhile. */
async function residentWithIdle(site: Site, server: Server, target: string, cores: Cores): Promise<number> {
  const clients = await IdleClients.open(site.scope, cores.load, server.address, target);
  try {
    await sleep(SETTLE_MS);
    const resident = residentBytes(server.measuredPid());
    await clients.stillOpen();
    return resident;
  } finally {
    await clients.stop();
  }
}

/**
 * The base is a server that has given one answer, so the growth includes what 10,000 first requests leave in the heap:
 * the strict reading of "more RSS".
 */
export async function measureMemory(site: Site, target: string, cores: Cores): Promise<Memory> {
  const server = await startPagecast(site);
  if (isMissing(server)) throw new Error(server.reason);
  try {
    await untilAnswering(server, target);
    await sleep(SETTLE_MS);
    const idle = residentBytes(server.measuredPid());
    const full = await residentWithIdle(site, server, target, cores);
    return { idleMegabytes: idle / BYTES_PER_MB, addedMegabytes: (full - idle) / BYTES_PER_MB };
  } finally {
    await server.process.stop();
  }
}
