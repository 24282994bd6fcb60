// What must be true of purges while one process takes the place of another: an origin whose answers have numbers, clients that know the least
// number that they may be given, and purges that raise it when they are answered.
import { createServer } from 'node:http';
import { once } from 'node:events';
import { existsSync, readFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Test } from 'tap';
import { put } from '../6-control/controlling.ts';
import { ask, Client, requestText, type Place } from '../client.ts';

const PATHS = 40;

export class Numbers {
  readonly url: string;
  readonly #current = new Map<string, number>();
  /** As of the last purge that was answered. */
  readonly #least = new Map<string, number>();
  questions = 0;

  private constructor(url: string) {
    this.url = url;
  }

  static async listen(t: Test): Promise<Numbers> {
    const server = createServer((request, response) => {
      const path = request.url!;
      numbers.questions += 1;
      if (request.method === 'POST') numbers.#raise(path);
      const number = numbers.#current.get(path) ?? 0;
      // What is asked for now is not there at once: fills are under way when a purge comes.
      setTimeout(() => response.writeHead(200, { 'Cache-Control': 'max-age=3600', 'Cache-Tag': `all, tag${path.slice(1)}` }).end(String(number)), Math.random() * 5);
    }).listen(0, '127.0.0.1');
    await once(server, 'listening');
    t.teardown(() => {
      server.close();
      server.closeAllConnections();
    });
    const numbers = new Numbers(`http://127.0.0.1:${(server.address() as AddressInfo).port}`);
    return numbers;
  }

  anyPath(): string {
    return `/${Math.floor(Math.random() * PATHS)}`;
  }

  leastOf(path: string): number {
    return this.#least.get(path) ?? 0;
  }

  /** `carryOut` is answered: whoever asks later is not given what was there before. @returns whether it says that this is so. */
  async change(path: string, carryOut: () => Promise<boolean>, raises = true): Promise<boolean> {
    if (raises) this.#raise(path);
    const before = this.#current.get(path) ?? 0;
    const isDone = await carryOut();
    if (isDone) this.#least.set(path, Math.max(this.leastOf(path), before));
    return isDone;
  }

  currentOf(path: string): number {
    return this.#current.get(path) ?? 0;
  }

  #raise(path: string): void {
    this.#current.set(path, (this.#current.get(path) ?? 0) + 1);
  }
}

export interface Outcome {
  readonly failed: readonly string[];
  readonly wrong: readonly string[];
  /** Answers, and purges of each kind that said that they were true. */
  readonly done: Readonly<Record<string, number>>;
}

/** Readers on connections of all sorts, and purges in all ways, until told to stop. */
export function purging(numbers: Numbers, place: Place, control: Place): { stop(): Promise<Outcome> } {
  const state = { stopping: false };
  const failed: string[] = [];
  const wrong: string[] = [];
  const done: Record<string, number> = {};
  const count = (name: string): void => void (done[name] = (done[name] ?? 0) + 1);

  const reading = async (kept: boolean): Promise<void> => {
    const client = await Client.open(place);
    try {
      do {
        const path = numbers.anyPath();
        const least = numbers.leastOf(path);
        await client.send(requestText(path));
        const { status, body, fields } = await client.reply();
        if (status !== 200) failed.push(`GET ${status} ${body.toString()}`);
        else if (Number(body.toString()) < least) wrong.push(`${path}: ${body.toString()} for ${least} (${fields.get('cache-status') ?? ''})`);
        count('read');
        if (fields.get('connection')?.toLowerCase() === 'close') return;
      } while (kept && !state.stopping);
    } finally {
      client.destroy();
    }
  };
  const method = (fields: (path: string) => Record<string, string>) => async (path: string): Promise<boolean> => {
    const { status } = await ask(place, path, { method: 'PURGE', fields: fields(path) });
    return status === 200;
  };
  const ways: Readonly<Record<string, (path: string) => Promise<boolean>>> = {
    purge: method(() => ({})),
    purgeTag: method((path) => ({ 'Cache-Tag': `tag${path.slice(1)}` })),
    purgeSoft: method(() => ({ 'Soft-Purge': '1' })),
    control: async (path) => (await put(control, '/api/v1/purge', { method: 'POST', content: { key: `http://localhost${path}` } })).status === 200,
    post: async (path) => (await ask(place, path, { method: 'POST', fields: { 'Content-Length': '0' } })).status === 200,
  };
  const change = async (name: string): Promise<void> => {
    const path = numbers.anyPath();
    if (await numbers.change(path, () => ways[name]!(path), name !== 'post')) count(name);
    else failed.push(name);
    await new Promise((resolve) => setTimeout(resolve, 10));
  };
  const again = async (one: () => Promise<void>): Promise<void> => {
    while (!state.stopping) await one().catch((error: unknown) => failed.push(String(error)));
  };
  const all = Promise.all([again(() => reading(true)), again(() => reading(true)), again(() => reading(false)), ...Object.keys(ways).map((name) => again(() => change(name)))]);
  return {
    stop: async () => {
      state.stopping = true;
      await all;
      return { failed, wrong, done };
    },
  };
}

/** Who has the store; undefined: nobody, for the moment. */
export function holderOf(store: string): number | undefined {
  const path = join(store, 'holder');
  try {
    return existsSync(path) ? Number(readFileSync(path, 'utf8')) : undefined;
  } catch {
    return undefined;
  }
}

/** All that was purged is so still: whatever has happened to the processes that have served before. */
export async function staysPurged(t: Test, numbers: Numbers, place: Place): Promise<void> {
  for (let i = 0; i < PATHS; ++i) {
    const path = `/${i}`;
    const { status, body } = await ask(place, path);
    t.equal(status, 200);
    t.ok(Number(body.toString()) >= numbers.leastOf(path), `${path}: ${body.toString()} for ${numbers.leastOf(path)}`);
  }
}
