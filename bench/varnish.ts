/** Varnish as its documentation starts it for one core: the built-in VCL, everything in memory, nobody reading its log. */
import { spawnSync } from 'node:child_process';
import { childrenOf } from './cpu.ts';
import type { Address } from './probe.ts';
import { findTool } from './processes.ts';
import { freePort, launched, type Missing, type Server, type Site } from './servers.ts';

const NAME = 'varnish';

/** `memoryDirectory`: for its working directory, whose log it writes for every request, read or not. */
export async function startVarnish(
  site: Site,
  origin: Address,
  cacheSize: string,
  memoryDirectory: string,
): Promise<Server | Missing> {
  const program = findTool('varnishd');
  if (program === null) return { name: NAME, reason: 'varnishd is not installed' };
  const port = await freePort();
  const server = launched(site, NAME, port, [
    program,
    '-F',
    ...['-n', memoryDirectory],
    ...['-a', `${site.host}:${port}`],
    ...['-b', `${origin.host}:${origin.port}`],
    ...['-s', `malloc,${cacheSize}`],
    ...['-p', 'thread_pools=1'],
    ...['-T', 'none'],
    // Its jail changes users, who could not enter a directory of ours.
    ...['-j', 'none'],
  ]);
  return {
    ...server,
    measuredPid: () => {
      const children = childrenOf(server.process.pid);
      if (children.length !== 1) throw new Error(`varnishd has ${children.length} children instead of 1`);
      return children[0]!;
    },
  };
}

/** As `varnishd -V` says it, for the facts of a section. */
export function varnishVersion(): string {
  const program = findTool('varnishd');
  if (program === null) return 'varnishd: not installed';
  // It says so on stderr.
  const { stderr } = spawnSync(program, ['-V'], { encoding: 'utf8' });
  return /varnish-\S+/.exec(stderr)?.[0] ?? 'varnishd: version unknown';
}
