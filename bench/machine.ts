/** What a figure is worth nothing without: machine, versions, commit. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { PACKAGE_ROOT } from './paths.ts';
import { findTool } from './processes.ts';

/** First line that a program says about itself, on whichever stream, or null when it cannot be run. */
function said(name: string, args: readonly string[]): string | null {
  const program = findTool(name);
  if (program === null) return null;
  const { stdout, stderr, error } = spawnSync(program, args, { encoding: 'utf8', cwd: PACKAGE_ROOT });
  return error === undefined ? (`${stdout}${stderr}`.split('\n')[0] ?? '') : null;
}

function git(args: readonly string[]): string | null {
  const program = findTool('git');
  if (program === null) return null;
  const { status, stdout } = spawnSync(program, args, { encoding: 'utf8', cwd: PACKAGE_ROOT });
  return status === 0 ? stdout.trim() : null;
}

function commit(): string {
  const hash = git(['rev-parse', '--short=12', 'HEAD']);
  if (hash === null) return 'no commit';
  // What the bench itself writes does not make the code under test another one.
  const changes = git(['status', '--porcelain', '--', '.', ':!docs/BENCHMARKS.md']);
  return changes === '' ? `${hash}, tree clean` : `${hash}, tree DIRTY (uncommitted changes)`;
}

/** TCP congestion control of sockets that do not ask for one. */
export function systemCongestionControl(): string {
  return readFileSync('/proc/sys/net/ipv4/tcp_congestion_control', 'utf8').trim();
}

/** How each of them is asked for its version. */
const VERSION_FLAGS = { nginx: ['-v'], wrk: ['-v'], cc: ['--version'], openssl: ['version'], h2load: ['--version'] } as const;

export type Tool = keyof typeof VERSION_FLAGS;

/** Call it before the run: the tree may change during it. `tools`: the versions that matter to the section. */
export function machineFacts(tools: readonly Tool[]): string[] {
  const model = cpus()[0]?.model.trim() ?? 'unknown CPU';
  const versions = tools.map((tool) => (said(tool, VERSION_FLAGS[tool]) ?? `${tool}: not installed`).replace(/ Copyright.*/, ''));
  return [
    `date: ${new Date().toISOString().slice(0, 16).replace('T', ' ')} UTC`,
    `machine: ${model}, ${cpus().length} cores, Linux ${release()}, TCP congestion control ${systemCongestionControl()}`,
    `versions: Node ${process.version}${versions.map((version) => `; ${version}`).join('')}`,
    `commit: ${commit()}`,
  ];
}
