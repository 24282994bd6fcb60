/** Servers on machines of their own, and the Redis between them. They listen on unix sockets, which a cut line does not reach. */
import { writeFileSync } from 'node:fs';
import { Agent, request } from 'node:http';
import { join } from 'node:path';
import { reasonOf } from '../errors.ts';
import { PAGECAST } from '../paths.ts';
import { findTool, Launched, sleep, type Scope } from '../processes.ts';
import type { Hub, Spoke } from './hub.ts';

const REDIS_PORT = 6379;
const HOST = 'example.com';
const WITHIN_MS = 30_000;
const POLL_MS = 2;

export interface Reply {
  readonly status: number;
  readonly body: string;
}

export function redisProgram(): string | null {
  return findTool('redis-server') ?? findTool('valkey-server');
}

/** `program`: what redisProgram() found. */
export function startRedis(scope: Scope, program: string, hub: Hub, directory: string): Launched {
  const words = ['--bind', '0.0.0.0', '--protected-mode', 'no', '--port', String(REDIS_PORT), '--save', '', '--dir', directory];
  const redis = new Launched(scope, [program, ...words], { core: null, namespace: hub.namespace });
  redis.stdout.resume();
  return redis;
}

export interface MachineParts {
  readonly scope: Scope;
  /** Of sockets and config files. */
  readonly directory: string;
  readonly name: string;
  readonly spoke: Spoke;
  readonly originPath: string;
  readonly core: number;
}

export class Machine {
  readonly spoke: Spoke;
  readonly #process: Launched;
  readonly #socketPath: string;
  readonly #agent = new Agent({ keepAlive: true });

  private constructor(spoke: Spoke, process: Launched, socketPath: string) {
    this.spoke = spoke;
    this.#process = process;
    this.#socketPath = socketPath;
  }

  /** Answers when it resolves; whether it hears of the others is another thing. */
  static async start({ scope, directory, name, spoke, originPath, core }: MachineParts): Promise<Machine> {
    const config = join(directory, `${name}.json`);
    const socketPath = join(directory, `${name}.sock`);
    const proxy = { urls: [`unix:${originPath}`] };
    writeFileSync(config, JSON.stringify({ listen: `unix:${socketPath}`, workers: 1, proxy, cluster: { redis: `redis://${spoke.hub}:${REDIS_PORT}` } }));
    const process_ = new Launched(scope, [process.execPath, PAGECAST, '-c', config, '-q', '--control', 'off'], { core, namespace: spoke.namespace });
    process_.stdout.resume();
    const machine = new Machine(spoke, process_, socketPath);
    await machine.#until(async () => (await machine.ask('/').catch(() => null))?.status === 200, 'an answer');
    return machine;
  }

  ask(path: string, method: 'GET' | 'PURGE' = 'GET'): Promise<Reply> {
    return new Promise((resolve, reject) => {
      const asked = request({ socketPath: this.#socketPath, path, method, headers: { Host: HOST }, agent: this.#agent }, (response) => {
        let body = '';
        response.setEncoding('utf8').on('data', (text: string) => (body += text)).on('error', reject);
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body }));
      });
      asked.on('error', reject).end();
    });
  }

  /** Resolves when it answers with this version of the origin's. */
  async until(path: string, version: number): Promise<void> {
    await this.#until(async () => (await this.ask(path)).body === String(version), `version ${version} of ${path}`);
  }

  /** @throws when it answers with another one. */
  async has(path: string, version: number): Promise<void> {
    const { status, body } = await this.ask(path);
    if (body !== String(version)) throw new Error(`${path} was of version ${version}, and is "${body}" (${status})`);
  }

  stop(): Promise<void> {
    this.#agent.destroy();
    return this.#process.stop();
  }

  async #until(holds: () => Promise<boolean>, what: string): Promise<void> {
    const deadline = performance.now() + WITHIN_MS;
    while (!(await holds())) {
      if (!this.#process.running) throw new Error(`a machine ended: ${this.#process.lastWords}`);
      if (performance.now() > deadline) throw new Error(`not within ${WITHIN_MS / 1000} s: ${what}`);
      await sleep(POLL_MS);
    }
  }
}

/** @throws with what it was about. */
export async function about<T>(what: string, work: Promise<T>): Promise<T> {
  return work.catch((error: unknown) => {
    throw new Error(`${what}: ${reasonOf(error)}`);
  });
}
