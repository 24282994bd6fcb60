// Servers of the library for tests: in this process, on a free port of 127.0.0.1, ended with their test.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Test } from 'tap';
import { createServer, type Address, type Server, type ServerOptions, type ServerReport } from '../server/index.ts';

export interface Serving {
  readonly server: Server;
  /** The first address it listens on. */
  readonly place: Address;
  readonly reports: ServerReport[];
  /** Lines of the access log so far. */
  readonly lines: () => string[];
}

export async function serve(t: Test, options: ServerOptions, ...where: (string | number)[]): Promise<Serving> {
  const reports: ServerReport[] = [];
  let log = '';
  const server = createServer({ workers: 1, ...options }, {
    onReport: (report) => reports.push(report),
    onAccessLog: (block) => (log += block),
  });
  const [place] = await server.listen(...(where.length > 0 ? where : ['127.0.0.1:0']));
  t.teardown(() => server.close({ force: true }));
  return { server, place: place!, reports, lines: () => log.split('\n').filter((line) => line !== '') };
}

/** A folder with a short name, gone with its test: the path of a unix socket has 107 bytes (unix(7)). */
export function shortFolder(t: Test): string {
  const folder = mkdtempSync(join(tmpdir(), 'pagecast-'));
  t.teardown(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Resolves when the condition holds; there is no right answer that takes long, so the wait is generous and only ends a hang. */
export async function until(holds: () => boolean | Promise<boolean>, what: string, withinMs = 20_000): Promise<void> {
  const endMs = Date.now() + withinMs;
  while (!(await holds())) {
    if (Date.now() > endMs) throw new Error(`still waiting for: ${what}`);
    await pause(5);
  }
}

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
