/** Two rows from one fresh server: what it holds when idle, and what 10,000 idle keep-alive connections add. */
import { createInterface } from 'node:readline';
import { readFileSync } from 'node:fs';
import { residentBytes, type Cores } from './cpu.ts';
import { helper } from './paths.ts';
import { Launched, sleep } from './processes.ts';
import { isMissing, startPagecast, untilAnswering, type Server, type Site } from './servers.ts';

export const IDLE_CONNECTIONS = 10_000;
/** Files, listeners and epoll of either side, beside the connections. */
const OTHER_DESCRIPTORS = 200;
const SETTLE_MS = 2000;
const OPEN_DEADLINE_MS = 60_000;
const BYTES_PER_MB = 1e6;

export interface Memory {
  readonly idleMegabytes: number;
  readonly addedMegabytes: number;
}

/** Servers and helper inherit our hard limit (Node raises the soft one to it). Null: enough. */
export function descriptorShortage(): string | null {
  const match = /^Max open files\s+\S+\s+(\S+)/m.exec(readFileSync('/proc/self/limits', 'latin1'));
  const limit = match?.[1] === 'unlimited' ? Infinity : Number(match?.[1]);
  const needed = IDLE_CONNECTIONS + OTHER_DESCRIPTORS;
  return limit >= needed ? null : `the hard limit on open files is ${limit}, ${needed} are needed (ulimit -Hn)`;
}

async function nextLine(client: Launched, lines: AsyncIterator<string>): Promise<string> {
  const deadline = setTimeout(() => client.signal('SIGKILL'), OPEN_DEADLINE_MS);
  const line = await lines.next();
  clearTimeout(deadline);
  if (line.done === true) throw new Error(`the idle clients ended: ${client.lastWords || 'too slow'}`);
  return line.value;
}

/** RSS with all connections open; throws when the server has closed any of them meanwhile. */
async function residentWithIdle(site: Site, server: Server, target: string, cores: Cores): Promise<number> {
  const { host, port } = server.address;
  const command = [process.execPath, helper('idle.js'), host, String(port), target, String(IDLE_CONNECTIONS)];
  const client = new Launched(site.scope, command, { core: cores.load, namespace: null });
  try {
    const lines = createInterface({ input: client.stdout })[Symbol.asyncIterator]();
    await nextLine(client, lines);
    await sleep(SETTLE_MS);
    const resident = residentBytes(server.measuredPid());
    client.stdin.write('count\n');
    const open = Number(await nextLine(client, lines));
    if (open !== IDLE_CONNECTIONS) throw new Error(`only ${open} of ${IDLE_CONNECTIONS} connections stayed open`);
    return resident;
  } finally {
    await client.stop();
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

