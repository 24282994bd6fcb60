// Another process takes the place of this one, without a connection that is refused or lost: this side of server/handing.ts.
import { spawn, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { CHANNEL, renumbered, VARIABLE, type Handing, type SaidOfOurselves } from './handing.ts';
import { Sibling } from './sibling.ts';

/** Of a process that is about to end: what it says of its end comes with it. */
const LAST_WORDS_MS = 1000;
/** Meant for this process by whoever started it. */
const OURS_ALONE = ['LISTEN_PID', 'LISTEN_FDS', 'LISTEN_FDNAMES', 'LISTEN_PIDFDID', 'WATCHDOG_PID', VARIABLE];

/** There is no new process, and this one goes on. */
export class UpgradeError extends Error {
  override readonly name = 'UpgradeError';
  /** `refused`: nothing was tried. */
  readonly how: 'refused' | 'failed';
  constructor(message: string, how: 'refused' | 'failed' = 'failed') {
    super(message);
    this.how = how;
  }
}

/** What this process does for the other one. */
export interface Elder {
  readonly handing: Handing;
  /** Both serve from now on. */
  join(sibling: Sibling): void;
  /** Resolves when another process may have the store on disk. */
  lendStore(): Promise<void>;
  /** The other process is gone. */
  takeStoreBack(): void;
  /** Resolves when the store is had, or cannot be had. */
  readonly storeSettled: Promise<unknown>;
}

export interface UpgradeParts {
  readonly elder: Elder;
  /** For the new process to serve; it is ended then. */
  readonly timeoutMs: number;
  /** For it to end: some of its workers may serve already. */
  readonly graceMs: number;
  /** Program and arguments. */
  readonly command: readonly [string, ...string[]];
}

/** Why this process cannot be replaced; undefined: it can. */
export function upgradeFault(pid: number): string | undefined {
  return pid === 1 ? 'this is process 1 of its container, which ends with it: start a container of the new version in place of this one' : undefined;
}

/** The command that started this process: what the files say now is what runs. */
export function ownCommand(): readonly [string, ...string[]] {
  return [process.execPath, ...process.execArgv, ...process.argv.slice(1)];
}

/** A process that serves in place of this one, and waits for its word. */
export interface Successor {
  readonly pid: number;
  /** It is alone from now on. */
  go(): void;
}

/** Resolves when the new process accepts connections, as this one still does. @throws UpgradeError; the new process is gone then. */
export async function upgrade(parts: UpgradeParts): Promise<Successor> {
  const attempt = new Attempt(parts);
  try {
    return await attempt.outcome;
  } catch (error) {
    await attempt.end();
    await parts.elder.storeSettled;
    throw error;
  }
}

class Attempt {
  readonly outcome: Promise<Successor>;
  readonly #parts: UpgradeParts;
  readonly #child: ChildProcess;
  readonly #exited: Promise<void>;
  readonly #channel: Socket;
  readonly #sibling: Sibling;

  constructor(parts: UpgradeParts) {
    const { handing, descriptors } = renumbered(parts.elder.handing);
    const [program, ...words] = parts.command;
    const environment = Object.fromEntries(Object.entries(process.env).filter(([name]) => !OURS_ALONE.includes(name)));
    this.#parts = parts;
    this.#child = spawn(program, words, {
      stdio: ['inherit', 'inherit', 'inherit', 'pipe', ...descriptors],
      env: { ...environment, [VARIABLE]: JSON.stringify({ ...handing, from: process.pid }) },
    });
    this.#channel = this.#child.stdio[CHANNEL] as Socket;
    this.#sibling = new Sibling(this.#channel);
    this.#exited = new Promise((resolve) => {
      this.#child.once('exit', () => resolve());
      this.#child.once('error', () => resolve());
    });
    this.outcome = new Promise<Successor>((resolve, reject) => this.#watch(resolve, reject));
  }

  #watch(resolve: (successor: Successor) => void, reject: (error: UpgradeError) => void): void {
    const fail = (why: string): void => reject(new UpgradeError(`the new process did not come up: ${why}`));
    const timer = setTimeout(() => fail(`it did not serve within ${this.#parts.timeoutMs / 1000} s`), this.#parts.timeoutMs);
    this.#child.once('error', (error) => fail(error.message));
    this.#child.once('exit', (code, signal) => setTimeout(() => fail(signal === null ? `it ended with code ${code ?? 'unknown'}` : `it was ended by ${signal}`), LAST_WORDS_MS));
    this.#sibling.onSaid = (said) => {
      if (said.type === 'failed') return fail(said.message);
      if (said.type !== 'ready') return this.#help(said);
      clearTimeout(timer);
      resolve({ pid: this.#child.pid!, go: () => this.#go() });
    };
    // Also long after it has begun to serve.
    this.#sibling.onGone = () => this.#parts.elder.takeStoreBack();
    void this.#exited.then(() => clearTimeout(timer));
  }

  #help({ type }: SaidOfOurselves): void {
    const { elder } = this.#parts;
    if (type === 'begun') {
      elder.join(this.#sibling);
      this.#sibling.say({ type: 'heard' });
    }
    if (type === 'store') void elder.lendStore().then(() => this.#sibling.say({ type }));
  }

  #go(): void {
    this.#child.unref();
    this.#channel.unref();
    this.#sibling.say({ type: 'go' });
  }

  async end(): Promise<void> {
    this.#child.kill('SIGTERM');
    const overdue = setTimeout(() => this.#child.kill('SIGKILL'), this.#parts.graceMs + LAST_WORDS_MS);
    await this.#exited;
    clearTimeout(overdue);
    this.#channel.destroy();
    await this.#sibling.gone;
  }
}
