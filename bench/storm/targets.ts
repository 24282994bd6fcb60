/** Who is stormed: pagecast as a process, or nginx. */
import { join } from 'node:path';
import { mkdirSync, writeFileSync } from 'node:fs';
import { nginxConfig } from '../nginx.ts';
import { helper } from '../paths.ts';
import type { Address } from '../probe.ts';
import { findTool, Launched, type Placement, type Scope } from '../processes.ts';
import { freePort, launched, untilAnswering } from '../servers.ts';
import { FILES } from './content.ts';
import { Lines, untilEnded } from './lines.ts';
import type { ServerGreeting, ServerOrder } from './order.ts';

const READY_DEADLINE_MS = 15_000;
const COUNTS_DEADLINE_MS = 10_000;
const END_DEADLINE_MS = 5000;

export interface Target {
  readonly address: Address;
  /** Something about it that a reader of the row must know, or null. */
  readonly note: string | null;
  readonly process: Launched;
  /** Its counters; none for servers that have none. */
  counts(): Promise<Readonly<Record<string, number>>>;
  /** @throws when it does not end by itself, or not well. */
  stop(): Promise<void>;
}

export interface TargetSite {
  readonly scope: Scope;
  readonly root: string;
  readonly workDirectory: string;
  readonly host: string;
  readonly placement: Placement;
}

export async function startPagecast(site: TargetSite, { protect, unknownPeer }: Pick<ServerOrder, 'protect' | 'unknownPeer'>): Promise<Target> {
  const order: ServerOrder = { root: site.root, host: site.host, protect, unknownPeer };
  const process = new Launched(site.scope, [globalThis.process.execPath, helper('storm/server.js'), JSON.stringify(order)], site.placement);
  const lines = new Lines(process);
  const { address, unknown } = JSON.parse(await lines.next(READY_DEADLINE_MS)) as ServerGreeting;
  return {
    address,
    note: unknown.length === 0 ? null : `this pagecast has no option ${unknown.join(', ')}`,
    process,
    counts: async () => {
      process.stdin.write('\n');
      return JSON.parse(await lines.next(COUNTS_DEADLINE_MS)) as Record<string, number>;
    },
    stop: () => {
      process.stdin.end();
      return ended(process);
    },
  };
}

/** As the bench runs it, but without open_file_cache: that serves lengths that are no longer true, whatever the writer does. */
export async function startNginx(site: TargetSite): Promise<Target> {
  const program = findTool('nginx');
  if (program === null) throw new Error('nginx is not installed');
  const port = await freePort();
  const prefix = join(site.workDirectory, `nginx-${port}`);
  mkdirSync(prefix);
  const configuration = join(prefix, 'nginx.conf');
  writeFileSync(configuration, nginxConfig({ host: site.host, port, root: site.root, prefix }).replace(/^ *open_file_cache.*\n/gm, ''));
  const server = launched(site, 'nginx', port, [program, '-p', prefix, '-e', join(prefix, 'error.log'), '-c', configuration]);
  await untilAnswering(server, `/${FILES[0]!.name}`);
  return {
    address: server.address,
    note: null,
    process: server.process,
    counts: () => Promise.resolve({}),
    stop: () => {
      // It takes its worker along.
      server.process.signal('SIGTERM');
      return ended(server.process);
    },
  };
}

async function ended(process: Launched): Promise<void> {
  if (!(await untilEnded(process, END_DEADLINE_MS))) throw new Error('the server did not end when it was told to');
  if (process.exitCode !== 0) throw new Error(`the server ended badly (exit code ${process.exitCode ?? 'none: a signal'}): ${process.lastWords}`);
}
