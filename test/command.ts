// The pagecast command as a child process for tests: its output, its end, and where it listens.
import { spawn, type ChildProcess, type StdioOptions } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import type { Test } from 'tap';
import type { Place } from './client.ts';
import { until } from './serving.ts';

export const MAIN = fileURLToPath(new URL('../server/cli/main.js', import.meta.url));

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

export interface Command {
  readonly child: ChildProcess;
  readonly pid: number;
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<Ended>;
}

export interface Running extends Command {
  readonly place: Place;
  /** Of the line that says where it listens. */
  readonly told: { readonly urls: string[]; readonly root: string; readonly workers: number; readonly pid: number };
}

export interface CommandOptions {
  readonly env?: NodeJS.ProcessEnv;
  readonly cwd?: string;
  readonly stdio?: StdioOptions;
  /** Run by these words instead of by node alone: ['strace', '-f', …]. */
  readonly before?: readonly string[];
  /** Flags of node. */
  readonly node?: readonly string[];
}

/** Starts `pagecast ...args`; ended with the test at the latest. */
export function command(t: Test, args: readonly string[], options: CommandOptions = {}): Command {
  const { env = {}, cwd, stdio = ['ignore', 'pipe', 'pipe'], before = [], node = [] } = options;
  // tap's loaders are for tests: without env(1) they would come back into every child's NODE_OPTIONS.
  const [program, ...rest] = ['env', '-u', 'NODE_OPTIONS', ...before, process.execPath, ...node, MAIN, ...args];
  const clean = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(PAGECAST_|PORT$|NODE_OPTIONS$|TAP|NODE_ENV$|NO_COLOR$)/.test(name)));
  // With a program before it there are two processes, of which one may outlive the other: a group of their own.
  // Killed, it would leave the socket of its control plane behind.
  const child = spawn(program, rest, { cwd, env: { ...clean, PAGECAST_CONTROL: 'off', ...env }, stdio, detached: before.length > 0 });
  let stdout = '';
  let stderr = '';
  child.stdout?.setEncoding('utf8').on('data', (text: string) => (stdout += text));
  child.stderr?.setEncoding('utf8').on('data', (text: string) => (stderr += text));
  const ended = new Promise<Ended>((resolve) => child.once('close', (code, signal) => resolve({ code, signal })));
  t.teardown(async () => {
    if (before.length === 0) child.kill('SIGKILL');
    else killGroup(child.pid!);
    await ended;
  });
  return { child, pid: child.pid!, stdout: () => stdout, stderr: () => stderr, ended };
}

/** Starts it and waits until it says, in its one line, where it listens. */
export async function running(t: Test, args: readonly string[], options: CommandOptions = {}): Promise<Running> {
  const started = command(t, args, options);
  const line = (): string | undefined => /^.*"event":"listening".*\n/m.exec(started.stdout())?.[0];
  await until(() => line() !== undefined || started.child.exitCode !== null, 'the listening line');
  const text = line();
  if (text === undefined) throw new Error(`it ended: ${started.stderr()}${started.stdout()}`);
  const told = JSON.parse(text) as Running['told'];
  const url = told.urls[0]!;
  const place = url.startsWith('unix:') ? { host: url.slice(5), port: -1 } : { host: new URL(url).hostname.replace(/^\[|\]$/g, ''), port: Number(new URL(url).port) };
  return { ...started, place, told };
}

/** Exit code and output of a command that ends by itself. */
export async function result(t: Test, args: readonly string[], options: CommandOptions = {}): Promise<Ended & { readonly stdout: string; readonly stderr: string }> {
  const started = command(t, args, options);
  const ended = await started.ended;
  return { ...ended, stdout: started.stdout(), stderr: started.stderr() };
}

function killGroup(pid: number): void {
  try {
    process.kill(-pid, 'SIGKILL');
  } catch {
    // all of it has ended
  }
}
