/**
 * One HTTP/1.1 answer, taken from a socket chunk by chunk. It accepts what a file server should send: a status line, fields,
 * Content-Length. Anything else throws: on a kept connection that is the rest of a body longer than its Content-Length.
 */
import { Body } from './body.ts';

const HEAD_END = '\r\n\r\n';
const HEAD_BYTES_MAX = 16_384;
const CONTENT_RANGE = /^bytes (?:(\d+)-(\d+)|\*)\/(\d+)$/;

export class FramingError extends Error {}

export interface ContentRange {
  /** -1 in a 416. */
  readonly first: number;
  readonly last: number;
  readonly complete: number;
}

export interface Head {
  readonly status: number;
  readonly contentLength: number;
  readonly contentRange: ContentRange | null;
  readonly etag: string | null;
  readonly closes: boolean;
}

function readRange(text: string | undefined): ContentRange | null {
  const match = text === undefined ? null : CONTENT_RANGE.exec(text);
  return match === null ? null : { first: Number(match[1] ?? -1), last: Number(match[2] ?? -1), complete: Number(match[3]) };
}

function readHead(text: string): Head {
  const [statusLine = '', ...lines] = text.split('\r\n');
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(statusLine)?.[1];
  if (status === undefined) throw new FramingError('no status line where an answer begins');
  const fields = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    fields.set(line.slice(0, colon).toLowerCase(), line.slice(colon + 1).trim());
  }
  const length = fields.get('content-length');
  if (length === undefined || !/^\d+$/.test(length)) throw new FramingError(`status ${status} without a Content-Length`);
  return {
    status: Number(status),
    contentLength: Number(length),
    contentRange: readRange(fields.get('content-range')),
    etag: fields.get('etag') ?? null,
    closes: fields.get('connection')?.toLowerCase() === 'close',
  };
}

export class Response {
  readonly body = new Body();
  #text = '';
  #head: Head | null = null;
  /** Where the body begins in the chunk that ends the head. */
  #bodyFrom = 0;

  /** Null until it is complete. */
  get head(): Head | null {
    return this.#head;
  }

  get complete(): boolean {
    return this.#head !== null && this.body.bytes === this.#head.contentLength;
  }

  /** Takes what belongs to this answer and returns how many bytes are left over. @throws FramingError */
  push(chunk: Buffer): number {
    const head = this.#head ?? this.#takeHead(chunk);
    if (head === null) return 0;
    const from = this.#bodyFrom;
    this.#bodyFrom = 0;
    const wanted = Math.min(chunk.length - from, head.contentLength - this.body.bytes);
    this.body.push(chunk.subarray(from, from + wanted));
    return chunk.length - from - wanted;
  }

  #takeHead(chunk: Buffer): Head | null {
    const before = this.#text.length;
    this.#text += chunk.toString('latin1', 0, HEAD_BYTES_MAX);
    const end = this.#text.indexOf(HEAD_END);
    if (end < 0) {
      if (this.#text.length > HEAD_BYTES_MAX) throw new FramingError('no end of a head');
      return null;
    }
    this.#head = readHead(this.#text.slice(0, end));
    this.#bodyFrom = end + HEAD_END.length - before;
    return this.#head;
  }
}
