// A server before a made origin, with a store on disk, that is started again and again.
import { readdirSync } from 'node:fs';
import type { Test } from 'tap';
import type { ServerOptions, StoreOptions } from '../../server/index.ts';
import type { Asked, Reply } from '../client.ts';
import { ask } from '../client.ts';
import { serve, until, type Serving } from '../serving.ts';
import { bodyOf, MadeOrigin } from './made-origin.ts';
import { storeFolder } from './objects.ts';

export interface Verdict {
  readonly reply: Reply;
  /** `hit`, or why the origin was asked. */
  readonly from: string;
  readonly ageS: number | undefined;
}

export class Storing {
  readonly #t: Test;
  readonly origin: MadeOrigin;
  readonly folder: string;
  readonly #options: ServerOptions;
  #serving: Serving;

  private constructor(t: Test, origin: MadeOrigin, folder: string, options: ServerOptions, serving: Serving) {
    this.#t = t;
    this.origin = origin;
    this.folder = folder;
    this.#options = options;
    this.#serving = serving;
  }

  static async begin(t: Test, options: ServerOptions = {}, { dir = storeFolder(t), ...store }: Partial<StoreOptions> = {}): Promise<Storing> {
    const origin = await MadeOrigin.listen(t);
    const all: ServerOptions = { proxy: { urls: [origin.url], retriesMax: 0, health: { failuresMax: 1000 } }, store: { dir, ...store }, ...options };
    return new Storing(t, origin, dir, all, await serve(t, all));
  }

  get serving(): Serving {
    return this.#serving;
  }

  /** Closed and started, with other options where some are given. */
  async restart(options: ServerOptions = {}): Promise<void> {
    await this.#serving.server.close();
    this.#serving = await serve(this.#t, { ...this.#options, ...options });
  }

  /** @param expected of the body; what the origin makes of the target, where it is not given. */
  async get(target: string, asked: Asked = {}, expected?: Buffer): Promise<Verdict> {
    const reply = await ask(this.#serving.place, target, asked);
    const bytes = Number(new URL(target, 'http://origin').searchParams.get('bytes') ?? 100);
    if (reply.status === 200 && (asked.method ?? 'GET') === 'GET' && !reply.body.equals(expected ?? bodyOf(target, bytes))) this.#t.fail(`${target}: other bytes`);
    const status = reply.fields.get('cache-status') ?? '';
    const age = reply.fields.get('age');
    return { reply, from: /pagecast;(?:fwd=)?([\w-]+)/.exec(status)?.[1] ?? status, ageS: age === undefined ? undefined : Number(age) };
  }

  async count(name: string): Promise<number> {
    return (await this.#serving.server.counts())[name] ?? 0;
  }

  /** Nobody asks the origin any more, what it said is stored and written, and what is there is known. */
  async settled(): Promise<void> {
    await until(async () => {
      const counts = await this.#serving.server.counts();
      return counts['flights'] === 0 && counts['diskWaiting'] === 0 && counts['diskScanned'] === 1;
    }, 'the end of all flights and writes');
  }

  /** Ids of all bodies that are there. */
  bodies(): readonly string[] {
    return namesIn(`${this.folder}/bodies`);
  }

  heads(): readonly string[] {
    return namesIn(`${this.folder}/heads`);
  }

  arriving(): readonly string[] {
    return readdirSync(`${this.folder}/arriving`);
  }

  pathOf(id: string): string {
    return `${this.folder}/bodies/${id.slice(0, 2)}/${id}`;
  }

  pathOfHead(name: string): string {
    return `${this.folder}/heads/${name.slice(0, 2)}/${name}`;
  }
}

function namesIn(folder: string): readonly string[] {
  return readdirSync(folder).flatMap((shard) => readdirSync(`${folder}/${shard}`));
}
