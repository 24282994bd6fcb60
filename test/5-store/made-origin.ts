// An origin whose answers follow from their URLs: what is received can be told from what must have been sent, whoever has kept it
// meanwhile. In the query: `bytes` of the body, `cc` (Cache-Control), `tags`, `vary`, `etag`, `status`, and how the answer comes: `how`
// (chunked, cut: half of it and a reset, short: less than it says), `pieces` with a pause of `pauseMs` between them.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';
import { pause } from '../serving.ts';

const PAGE_BYTES = 4096;

/** Of no other URL, and of no other place in it. `version`: of what the origin has under it. */
export function bodyOf(target: string, bytes: number, version = ''): Buffer {
  const body = Buffer.alloc(bytes, `${target} ${version};`, 'latin1');
  for (let at = PAGE_BYTES; at < bytes; at += PAGE_BYTES) body.write(`page ${at / PAGE_BYTES};`, at, 'latin1');
  return body;
}

export class MadeOrigin {
  readonly #server: Server;
  readonly #asked = new Map<string, number>();
  /** What it has under a path without its query, where that has changed: ETag and body have it in them. */
  readonly versions = new Map<string, string>();
  /** Bytes of bodies that are handed to the kernel. */
  sent = 0;

  private constructor() {
    this.#server = createServer((request, response) => void this.#answer(request, response).catch(() => response.destroy()));
    this.#server.keepAliveTimeout = 60_000;
  }

  static async listen(t: Test): Promise<MadeOrigin> {
    const origin = await MadeOrigin.open();
    t.teardown(() => origin.close());
    return origin;
  }

  static async open(): Promise<MadeOrigin> {
    const origin = new MadeOrigin();
    await new Promise<void>((resolve) => origin.#server.listen(0, '127.0.0.1', resolve));
    return origin;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** How often it was asked for that target, or for all. */
  asked(target?: string): number {
    if (target !== undefined) return this.#asked.get(target) ?? 0;
    return [...this.#asked.values()].reduce((sum, count) => sum + count, 0);
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const target = request.url!;
    this.#asked.set(target, this.asked(target) + 1);
    const { pathname, searchParams: query } = new URL(target, 'http://origin');
    const version = this.versions.get(pathname) ?? '';
    const tag = query.has('etag') ? `"${query.get('etag')!}${version}"` : undefined;
    response.setHeader('Cache-Control', query.get('cc') ?? 'max-age=600');
    response.setHeader('Content-Type', 'text/plain');
    if (tag !== undefined) response.setHeader('ETag', tag);
    for (const [name, field] of [['tags', 'Cache-Tag'], ['vary', 'Vary'], ['search', 'No-Vary-Search']] as const) if (query.has(name)) response.setHeader(field, query.get(name)!);
    if (tag !== undefined && request.headers['if-none-match'] === tag) return void response.writeHead(304).end();
    if (request.method === 'POST') return void response.writeHead(204).end();
    const selected = query.has('vary') ? String(request.headers[query.get('vary')!.toLowerCase()] ?? '') : '';
    const body = bodyOf(target, Number(query.get('bytes') ?? 100), version + selected);
    const how = query.get('how');
    response.statusCode = Number(query.get('status') ?? 200);
    if (how !== 'chunked') response.setHeader('Content-Length', body.length + (how === 'short' ? 1000 : 0));
    if (request.method === 'HEAD') return void response.end();
    const half = how === 'cut' || how === 'short' ? Math.floor(body.length / 2) : body.length;
    await this.#send(response, how === 'cut' ? body.subarray(0, half) : body, Number(query.get('pieces') ?? 1), Number(query.get('pauseMs') ?? 0));
    if (how === 'cut') response.socket?.resetAndDestroy();
    else if (how === 'short') response.socket?.end();
    else response.end();
  }

  async #send(response: ServerResponse, body: Buffer, pieces: number, pauseMs: number): Promise<void> {
    response.flushHeaders();
    const size = Math.ceil(body.length / pieces);
    for (let at = 0; at < body.length; at += size) {
      const piece = body.subarray(at, at + size);
      await new Promise<void>((resolve) => response.write(piece, () => resolve()));
      this.sent += piece.length;
      if (pauseMs > 0) await pause(pauseMs);
    }
  }
}
