// A Redis of one test, on a unix socket, in a folder of its own; what was asked of it over a connection of the test's own.
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createClient } from '@redis/client';
import type { Test } from 'tap';
import { shortFolder, until } from '../serving.ts';

const PROGRAMS = ['redis-server', 'valkey-server'] as const;

function found(): string | undefined {
  return PROGRAMS.find((program) => spawnSync(program, ['--version'], { stdio: 'ignore' }).error === undefined);
}

/** Why there is no test with a Redis; false: there is one. For `skip`. */
export function withoutRedis(): string | false {
  return found() === undefined && `not installed: ${PROGRAMS.join(' or ')}`;
}

export class Redis {
  readonly folder: string;
  readonly #words: readonly string[];
  readonly #before: readonly string[];
  #child: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();
  #said = '';

  private constructor(folder: string, words: readonly string[], before: readonly string[]) {
    this.folder = folder;
    this.#words = words;
    this.#before = before;
  }

  /** @param words of its command line, beside those that say where it is. @param before run by these words: ['ip', 'netns', 'exec', …]. */
  static async start(t: Test, words: readonly string[] = [], before: readonly string[] = []): Promise<Redis> {
    const redis = new Redis(shortFolder(t), words, before);
    t.teardown(() => redis.kill());
    await redis.start();
    return redis;
  }

  get path(): string {
    return join(this.folder, 'redis.sock');
  }

  async start(): Promise<void> {
    const words = [...this.#before, found()!, '--port', '0', '--unixsocket', this.path, '--dir', this.folder, '--save', '', ...this.#words];
    // The shell ends it where nobody is left to do so: stdin ends with this process, however that ends.
    const child = spawn('/bin/sh', ['-c', '"$@" </dev/null & read -r _; kill -s KILL -- -$$', 'sh', ...words], { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
    for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text: string) => (this.#said += text));
    this.#child = child;
    this.#ended = new Promise((resolve) => child.once('close', resolve));
    await until(() => accepts(this.path), 'Redis').catch((error: unknown) => Promise.reject(new Error(`${String(error)}: ${this.#said}`)));
  }

  /** As a crash does. */
  async kill(): Promise<void> {
    this.#signal('SIGKILL');
    await this.#ended;
  }

  /** Stops it where it stands; it is there, and says nothing. */
  freeze(): void {
    this.#signal('SIGSTOP');
  }

  thaw(): void {
    this.#signal('SIGCONT');
  }

  /** To all of its group. */
  #signal(signal: NodeJS.Signals): void {
    if (this.#child?.pid !== undefined && this.#child.exitCode === null && this.#child.signalCode === null) process.kill(-this.#child.pid, signal);
  }

  /** A command, by a connection of its own. */
  async ask(...words: readonly string[]): Promise<unknown> {
    const password = this.#words[this.#words.indexOf('--requirepass') + 1];
    const client = createClient({ RESP: 2, ...(this.#words.includes('--requirepass') && { password: password! }), socket: { path: this.path, tls: false, reconnectStrategy: false } });
    client.on('error', () => undefined);
    await client.connect();
    try {
      return await client.sendCommand([...words]);
    } finally {
      client.destroy();
    }
  }
}

function accepts(path: string): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect({ path }, () => {
      socket.destroy();
      resolve(true);
    });
    socket.on('error', () => resolve(false));
  });
}
