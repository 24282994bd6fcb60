// Servers with handlers that hang in every way that there is, each at its path.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Test } from 'tap';
import { createServer, loadConfig, type Server, type ServerOptions, type ServerReport } from '../../server/index.ts';
import { Client, requestText, type Place } from '../client.ts';

const CONFIG = `
import { execSync } from 'node:child_process';
function spins(ms) {
  const end = performance.now() + ms;
  while (performance.now() < end);
  return new Response('done');
}
export default { routes: [
  { path: '/worker', handle: () => new Response('here') },
  { path: '/spin', handle: () => spins(Infinity) },
  { path: '/busy', handle: () => spins(1500) },
  { path: '/expression', handle: () => new Response(String(/^(a+)+$/.test('a'.repeat(60) + 'b'))) },
  { path: '/wait', handle: () => { for (;;) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1e6); } },
  { path: '/turns', handle: async () => { for (;;) await null; } },
  { path: '/kernel', handle: () => new Response(execSync('sleep 9')) },
] };
`;

/** Those that can be ended wherever they are. */
export const HANGS: readonly (readonly [path: string, stack: RegExp])[] = [
  ['/spin', /at spins \(file:\S+pagecast\.config\.mjs:5:\d+\)/], ['/expression', /at handle \(file:\S+pagecast\.config\.mjs:/], ['/wait', /at handle \(file:\S+pagecast\.config\.mjs:/], ['/turns', /at handle \(file:\S+pagecast\.config\.mjs:/],
];

export interface Hanging {
  readonly server: Server;
  readonly place: Place;
  readonly reports: ServerReport[];
  /** Of its config; written anew it is what a reload finds. */
  readonly file: string;
}

export async function serveHanging(t: Test, options: ServerOptions = {}): Promise<Hanging> {
  const file = join(t.testdir({}), 'pagecast.config.mjs');
  writeFileSync(file, CONFIG);
  const { config, module } = await loadConfig(file);
  const reports: ServerReport[] = [];
  const server = createServer({ ...(config as ServerOptions), workers: 2, limits: { workerHungMs: 1000 }, ...options }, { onReport: (report) => reports.push(report) }, module);
  const [place] = await server.listen('127.0.0.1:0');
  t.teardown(() => server.close({ force: true }));
  return { server, place: place!, reports, file };
}

/** A connection on which this was asked. */
export async function asking(place: Place, target: string): Promise<Client> {
  const client = await Client.open(place);
  await client.send(requestText(target));
  return client;
}
