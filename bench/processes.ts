/**
 * Owns every process and directory a run creates. Invariant: whatever ends the bench (return, throw, SIGINT, SIGTERM),
 * nothing it started is left running and nothing it wrote outside docs/ is left on disk.
 */
import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { Readable, Writable } from 'node:stream';
import { childrenOf } from './cpu.ts';

const STOP_WAIT_MS = 5000;
const STDERR_TAIL_CHARACTERS = 2000;
const SIGNALS = [
  { signal: 'SIGHUP', exitCode: 129 },
  { signal: 'SIGINT', exitCode: 130 },
  { signal: 'SIGTERM', exitCode: 143 },
] as const;

/** Where a process runs. `null`: anywhere, in our own network namespace. */
export interface Placement {
  readonly core: number | null;
  readonly namespace: string | null;
}

/** A list of things to undo, last one first. Everything in it is synchronous, because `exit` handlers must be. */
export class Scope {
  readonly #undo: (() => void)[] = [];

  constructor() {
    process.once('exit', () => this.close());
    for (const { signal, exitCode } of SIGNALS) process.once(signal, () => process.exit(exitCode));
  }

  defer(undo: () => void): void {
    this.#undo.push(undo);
  }

  /** An empty directory that disappears with the scope. */
  directory(): string {
    const path = mkdtempSync(join(tmpdir(), 'pagecast-bench-'));
    this.defer(() => rmSync(path, { recursive: true, force: true }));
    return path;
  }

  close(): void {
    for (let undo = this.#undo.pop(); undo !== undefined; undo = this.#undo.pop()) {
      try {
        undo();
      } catch (error) {
        process.stderr.write(`bench: clean-up failed: ${String(error)}\n`);
      }
    }
  }
}

/** Full path of a program, or null. Daemons live in sbin, which is not on every user's PATH. */
export function findTool(name: string): string | null {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/sbin', '/sbin'];
  for (const folder of folders) {
    const path = join(folder, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this folder.
    }
  }
  return null;
}

/** The command with its wrappers. Each of them execs, so that the pid is the program's own. */
function placed(command: readonly string[], placement: Placement): string[] {
  const prefix: string[] = [];
  if (placement.namespace !== null) prefix.push('ip', 'netns', 'exec', placement.namespace);
  // A bench that is killed with SIGKILL runs no exit handler: let the kernel end its children then.
  if (findTool('setpriv') !== null) prefix.push('setpriv', '--pdeathsig', 'TERM');
  if (placement.core !== null) prefix.push('taskset', '-c', String(placement.core));
  return [...prefix, ...command];
}

export class Launched {
  readonly pid: number;
  readonly stdin: Writable;
  readonly stdout: Readable;
  /** Settles when the process has ended, however it ended. */
  readonly ended: Promise<void>;
  readonly #child: ChildProcessByStdio<Writable, Readable, Readable>;
  #running = true;
  #stderr = '';

  constructor(scope: Scope, command: readonly string[], placement: Placement) {
    const [program, ...args] = placed(command, placement);
    this.#child = spawn(program!, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    this.pid = this.#child.pid ?? -1;
    this.stdin = this.#child.stdin;
    this.stdout = this.#child.stdout;
    this.#child.stdin.on('error', () => undefined);
    this.#child.stderr.on('data', (chunk: Buffer) => {
      this.#stderr = (this.#stderr + chunk.toString()).slice(-STDERR_TAIL_CHARACTERS);
    });
    this.ended = new Promise((resolve) => {
      this.#child.once('error', (error) => {
        this.#running = false;
        this.#stderr += error.message;
        resolve();
      });
      this.#child.once('exit', () => (this.#running = false));
      // Not at `exit`: its last output may still be in the pipes.
      this.#child.once('close', () => resolve());
    });
    scope.defer(() => this.signal('SIGKILL'));
  }

  get running(): boolean {
    return this.#running;
  }

  get exitCode(): number | null {
    return this.#child.exitCode;
  }

  /** The last line of what it said on stderr: the reason, when it failed. */
  get lastWords(): string {
    return this.#stderr.trimEnd().split('\n').at(-1) ?? '';
  }

  /** SIGKILL takes the children along: nginx's worker would outlive a master that could not tell it to go. */
  signal(signal: NodeJS.Signals): void {
    if (!this.#running || this.pid < 0) return;
    const children = signal === 'SIGKILL' ? childrenOf(this.pid) : [];
    this.#child.kill(signal);
    for (const child of children) process.kill(child, signal);
  }

  async stop(): Promise<void> {
    this.signal('SIGTERM');
    const impatience = setTimeout(() => this.signal('SIGKILL'), STOP_WAIT_MS);
    await this.ended;
    clearTimeout(impatience);
  }
}

export interface Finished {
  readonly exitCode: number | null;
  readonly stdout: string;
  readonly lastWords: string;
}

/** Runs a program to its end and returns what it said. */
export async function run(
  scope: Scope,
  command: readonly string[],
  placement: Placement,
  deadlineMs: number,
): Promise<Finished> {
  const launched = new Launched(scope, command, placement);
  let stdout = '';
  launched.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  launched.stdin.end();
  const deadline = setTimeout(() => launched.signal('SIGKILL'), deadlineMs);
  await launched.ended;
  clearTimeout(deadline);
  return { exitCode: launched.exitCode, stdout, lastWords: launched.lastWords };
}

export function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Keeps the bench itself, and what it starts without a core of its own, off the server's core. */
export function pinSelf(core: number): void {
  spawnSync('taskset', ['-acp', String(core), String(process.pid)]);
}
