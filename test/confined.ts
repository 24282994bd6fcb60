// A server in a process that lacks something: descriptors, memory, system calls.
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import type { ServerOptions, ServerReport } from '../server/index.ts';
import type { Place } from './client.ts';
import { shortFolder } from './serving.ts';

const SERVER = fileURLToPath(new URL('./confined-server.js', import.meta.url));
const REFUSE_SOURCE = fileURLToPath(new URL('../../test/refuse.c', import.meta.url));

/** Why no call can be refused, or false. */
export const refuseObstacle = spawnSync('cc', ['--version']).status === 0 ? false : 'no C compiler (cc) for its seccomp filter';

export interface Confined {
  readonly place: Place;
  readonly pid: number;
  readonly told: () => Promise<{ readonly counts: Readonly<Record<string, number>>; readonly reports: readonly ServerReport[] }>;
  /** Its exit code. */
  readonly end: () => Promise<number>;
}

/** @param before words that run the server, which is appended to them: ['prlimit', '--nofile=90']. */
export async function confined(t: Test, before: readonly string[], options: ServerOptions): Promise<Confined> {
  const words = ['-u', 'NODE_OPTIONS', ...before, process.execPath, SERVER, JSON.stringify(options)];
  const child = spawn('env', words, { stdio: ['pipe', 'pipe', 'inherit'] });
  t.teardown(() => child.kill('SIGKILL'));
  const lines = createInterface(child.stdout)[Symbol.asyncIterator]();
  const line = async (): Promise<unknown> => JSON.parse((await lines.next()).value as string);
  return {
    place: (await line()) as Place,
    pid: child.pid!,
    told: async () => {
      child.stdin.write('\n');
      return (await line()) as Awaited<ReturnType<Confined['told']>>;
    },
    end: async () => {
      child.stdin.end();
      return ((await once(child, 'exit')) as [number])[0];
    },
  };
}

/** Words that run a program whose kernel refuses calls (test/refuse.c): { lease: EINVAL }. */
export function refusing(t: Test, calls: Readonly<Record<string, number>>): string[] {
  const program = join(shortFolder(t), 'refuse');
  const { status, stderr } = spawnSync('cc', ['-O1', '-Wall', '-Werror', '-o', program, REFUSE_SOURCE], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`test/refuse.c does not compile: ${stderr}`);
  return [program, ...Object.entries(calls).map(([name, errno]) => `${name}=${errno}`), '--'];
}
