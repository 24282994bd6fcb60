// An origin whose content changes when it is told to: body and ETag are the version. What it says is good for an hour.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';

export interface Question {
  readonly path: string;
  readonly ifNoneMatch: string | undefined;
}

export class VersionedOrigin {
  readonly #server: Server;
  version = 1;
  readonly questions: Question[] = [];
  /** How long it thinks, in milliseconds. */
  delayMs = 0;

  private constructor() {
    this.#server = createServer((request, response) => {
      this.questions.push({ path: request.url ?? '', ifNoneMatch: request.headers['if-none-match'] });
      const tag = `"${this.version}"`;
      const isKnown = request.headers['if-none-match'] === tag;
      response.writeHead(isKnown ? 304 : 200, { 'Cache-Control': 'max-age=3600, stale-while-revalidate=3600, stale-if-error=3600', ETag: tag, 'Cache-Tag': 'all' });
      setTimeout(() => response.end(isKnown ? undefined : `version ${tag.slice(1, -1)}`), this.delayMs);
    });
  }

  /** @param where a port, or the path of a unix socket. */
  static async listen(t: Test, where: number | string = 0): Promise<VersionedOrigin> {
    const origin = new VersionedOrigin();
    if (typeof where === 'number') origin.#server.listen(where, '127.0.0.1');
    else origin.#server.listen(where);
    await once(origin.#server, 'listening');
    t.teardown(() => origin.close());
    return origin;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.close();
    this.#server.closeAllConnections();
  }
}
