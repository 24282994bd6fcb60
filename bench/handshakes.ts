/** The load of the handshake row: clients in C that shake hands, hang up and begin anew; none of them resumes a session. */
import { SUITE } from './certificate.ts';
import { HANDSHAKE_SOURCE } from './paths.ts';
import type { Address } from './probe.ts';
import { run, type Placement, type Scope } from './processes.ts';
import { compile, type Site } from './servers.ts';
import type { LoadResult } from './wrk.ts';

/** Each of them has one connection at a time: together they keep the server's core busy. */
export const HANDSHAKE_CLIENTS = 8;
const DEADLINE_SLACK_MS = 15_000;

/** The path of the client, compiled. Throws with why it is not. */
export async function compileHandshakes(site: Site): Promise<string> {
  const compiled = await compile(site, HANDSHAKE_SOURCE, ['-lssl', '-lcrypto']);
  if ('reason' in compiled) throw new Error(compiled.reason);
  return compiled.program;
}

/** One run of several clients at once. A request of the result is a handshake. Throws when one of them failed. */
export async function runHandshakes(scope: Scope, placement: Placement, program: string, { host, port }: Address, seconds: number): Promise<LoadResult> {
  const command = [program, host, String(port), String(seconds), SUITE];
  const clients = Array.from({ length: HANDSHAKE_CLIENTS }, () => run(scope, command, placement, seconds * 1000 + DEADLINE_SLACK_MS));
  let requests = 0;
  for (const { exitCode, stdout, lastWords } of await Promise.all(clients)) {
    if (exitCode !== 0 || !/^\d+\n$/.test(stdout)) throw new Error(`a client of handshakes failed: ${lastWords}`);
    requests += Number(stdout);
  }
  if (requests === 0) throw new Error('no handshake was completed');
  return { requests, bytes: 0, seconds };
}
