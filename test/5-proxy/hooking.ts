// A server with hooks before an origin of node:http, for tests: the module is written, loaded by every worker, and gone with the test.
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import type { Test } from 'tap';
import type { CacheOptions, ProxyOptions, ServerReport } from '../../server/index.ts';
import { ask, type Asked, type Place, type Reply } from '../client.ts';
import { serve, shortFolder } from '../serving.ts';

export interface Hooked {
  /** What the origin was asked, as `GET /path`. */
  readonly asked: string[];
  /** The heads of that. */
  readonly requests: IncomingMessage[];
  readonly reports: readonly ServerReport[];
  readonly place: Place;
  ask(target: string, asked?: Asked): Promise<Reply>;
  /** The body alone, which tells how often the origin was asked until then. */
  text(target: string, asked?: Asked): Promise<string>;
  purge(key: string): Promise<number>;
}

export interface HookingOptions {
  /** The default export of the module, as text. */
  readonly hooks?: string;
  readonly workers?: number;
  readonly cache?: CacheOptions;
  readonly proxy?: Partial<ProxyOptions>;
  /** Default: 200, fresh for a minute, with target and number of the request. */
  readonly answer?: (request: IncomingMessage, response: ServerResponse, number: number) => void;
}

function plain(request: IncomingMessage, response: ServerResponse, number: number): void {
  response.setHeader('Cache-Control', 'max-age=60');
  response.end(`${request.url!} #${number}`);
}

/** @returns the URL of an origin. */
export async function originOf(t: Test, listener: (request: IncomingMessage, response: ServerResponse) => void): Promise<string> {
  const origin = createServer(listener).listen(0, '127.0.0.1');
  await once(origin, 'listening');
  t.teardown(() => {
    origin.closeAllConnections();
    origin.close();
  });
  return `http://127.0.0.1:${(origin.address() as AddressInfo).port}`;
}

export function moduleOf(t: Test, text: string, name = 'hooks.mjs'): string {
  const file = join(shortFolder(t), name);
  writeFileSync(file, text);
  return file;
}

export async function hooked(t: Test, { hooks, workers = 1, cache, proxy = {}, answer = plain }: HookingOptions): Promise<Hooked> {
  const asked: string[] = [];
  const requests: IncomingMessage[] = [];
  const url = await originOf(t, (request, response) => {
    asked.push(`${request.method!} ${request.url!}`);
    requests.push(request);
    answer(request, response, asked.length);
  });
  const file = hooks === undefined ? {} : { hooks: moduleOf(t, `export default ${hooks};\n`) };
  const { server, place, reports } = await serve(t, { workers, proxy: { urls: [url], ...file, ...proxy }, ...(cache && { cache }) });
  return {
    asked, requests, reports, place,
    ask: (target, how) => ask(place, target, how),
    text: async (target, how) => (await ask(place, target, how)).body.toString(),
    purge: (key) => server.purge({ by: 'key', key }),
  };
}
