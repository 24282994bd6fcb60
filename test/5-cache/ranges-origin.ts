// An origin that does what RFC 9110 §14 says of ranges, of one resource that changes.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Bytes that tell where they are, and of which version. */
export function contentOf(version: number, bytes: number): Buffer {
  const content = Buffer.alloc(bytes);
  for (let at = 0; at < bytes; at++) content[at] = (at * 31 + (at >> 8) * 17 + version * 101) & 0xff;
  return content;
}

export class RangesOrigin {
  readonly #server: Server;
  version = 1;
  /** Range of each question, '' where there was none. */
  readonly asked: string[] = [];
  readonly #sizeOf: (version: number) => number;
  #content: Buffer = Buffer.alloc(0);
  #contentVersion = 0;

  private constructor(sizeOf: (version: number) => number) {
    this.#sizeOf = sizeOf;
    this.#server = createServer((request, response) => this.#answer(request, response));
  }

  static async listen(sizeOf: (version: number) => number): Promise<RangesOrigin> {
    const origin = new RangesOrigin(sizeOf);
    origin.#server.listen(0, '127.0.0.1');
    await once(origin.#server, 'listening');
    return origin;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  #answer({ headers, method }: IncomingMessage, response: ServerResponse): void {
    const { range } = headers;
    this.asked.push(range ?? '');
    if (this.#contentVersion !== this.version) this.#content = contentOf(this.version, this.#sizeOf(this.version));
    this.#contentVersion = this.version;
    const content = this.#content;
    const tag = `"v${this.version}"`;
    const fields = { ETag: tag, 'Cache-Control': 'max-age=3600' };
    if (headers['if-none-match']?.includes(tag) === true) return void response.writeHead(304, fields).end();
    const [, first = '', last = ''] = /^bytes=(\d*)-(\d*)$/.exec(range ?? '') ?? [];
    if (first + last === '' || (headers['if-range'] !== undefined && headers['if-range'] !== tag)) {
      return void response.writeHead(200, { ...fields, 'Content-Length': content.length }).end(method === 'HEAD' ? undefined : content);
    }
    const start = first === '' ? Math.max(content.length - Number(last), 0) : Number(first);
    const end = first === '' || last === '' ? content.length : Math.min(Number(last) + 1, content.length);
    if (start >= end) return void response.writeHead(416, { 'Content-Range': `bytes */${content.length}` }).end();
    response.writeHead(206, { ...fields, 'Content-Range': `bytes ${start}-${end - 1}/${content.length}`, 'Content-Length': end - start }).end(content.subarray(start, end));
  }
}
