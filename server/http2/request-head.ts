// The head of a request of HTTP/2, written out as one of HTTP/1.1 and parsed by our own rules, so that the same requests are refused for the
// same reasons. What only HTTP/2 says is looked at here (RFC 9113 §8.2, §8.3).
import { RequestHead, type HeadLimits } from '../../http/head.ts';
import { BAD_HOST, BAD_TARGET, MALFORMED_MESSAGE } from '../../http/refusal.ts';

/** RFC 9113 §8.2.1: bytes, none that ends a line, and no whitespace at either end. */
const VALUE = /^(?:[\x21-\x7e\x80-\xff](?:[\t\x20-\x7e\x80-\xff]*[\x21-\x7e\x80-\xff])?)?$/;
/** RFC 9113 §8.2: a token without capitals. */
const NAME = /^[!#$%&'*+.^_`|~0-9a-z-]+$/;
/** RFC 9113 §8.2.2: they are of a connection, and HTTP/2 says otherwise what they say. */
const OF_A_CONNECTION = new Set(['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade', 'http2-settings']);
const SCHEMES = new Set(['http', 'https']);

interface Pseudo {
  ':method': string | undefined;
  ':scheme': string | undefined;
  ':authority': string | undefined;
  ':path': string | undefined;
}

export class Http2Heads {
  readonly #head: RequestHead;
  #bytes = new Uint8Array(4096);
  #buffer = Buffer.from(this.#bytes.buffer);

  constructor(limits: HeadLimits) {
    this.#head = new RequestHead(limits);
    this.#head.scheme = 'https';
    this.#head.fromHttp2 = true;
  }

  /**
   * The head, until the next one is parsed, or the number of a refusal (http/refusal.ts).
   * @param fields names and values in turn, as they came. @param ended no content follows.
   */
  parse(fields: readonly string[], ended: boolean): RequestHead | number {
    const pseudo: Pseudo = { ':method': undefined, ':scheme': undefined, ':authority': undefined, ':path': undefined };
    let lines = '';
    let cookies: string | undefined;
    let host: string | undefined;
    let hasLength = false;
    let isBehind = false; // pseudo-fields come first
    for (let i = 0; i + 1 < fields.length; i += 2) {
      const name = fields[i]!;
      const value = fields[i + 1]!;
      if (!VALUE.test(value)) return MALFORMED_MESSAGE;
      if (name.startsWith(':')) {
        if (isBehind || !(name in pseudo) || pseudo[name as keyof Pseudo] !== undefined) return MALFORMED_MESSAGE;
        pseudo[name as keyof Pseudo] = value;
        continue;
      }
      isBehind = true;
      if (!NAME.test(name)) {
        return MALFORMED_MESSAGE;
      } else if (OF_A_CONNECTION.has(name) || (name === 'te' && value.toLowerCase() !== 'trailers')) {
        return MALFORMED_MESSAGE;
      } else if (name === 'cookie') {
        cookies = cookies === undefined ? value : `${cookies}; ${value}`; // RFC 9113 §8.2.3
      } else {
        if (name === 'host') host ??= value;
        hasLength ||= name === 'content-length';
        lines += `${name}: ${value}\r\n`;
      }
    }
    const line = requestLine(pseudo);
    if (typeof line === 'number') return line;
    const authority = pseudo[':authority'];
    if (host === undefined && authority !== undefined) lines = `host: ${authority}\r\n${lines}`;
    else if (host !== undefined && authority !== undefined && host.toLowerCase() !== authority.toLowerCase()) return BAD_HOST; // RFC 9113 §8.3.1
    if (cookies !== undefined) lines += `cookie: ${cookies}\r\n`;
    if (!ended && !hasLength) lines += 'transfer-encoding: chunked\r\n';
    return this.#parsed(`${line}${lines}\r\n`);
  }

  #parsed(text: string): RequestHead | number {
    if (text.length > this.#bytes.length) {
      this.#bytes = new Uint8Array(2 * text.length);
      this.#buffer = Buffer.from(this.#bytes.buffer);
    }
    this.#buffer.write(text, 0, 'latin1');
    const end = this.#head.parse(this.#bytes, 0, text.length);
    return end === text.length ? this.#head : end < 0 ? -end : BAD_TARGET;
  }
}

function requestLine({ ':method': method, ':scheme': scheme, ':authority': authority, ':path': path }: Pseudo): string | number {
  if (method === undefined) return MALFORMED_MESSAGE;
  // RFC 9113 §8.5
  if (method === 'CONNECT') return authority === undefined || scheme !== undefined || path !== undefined ? MALFORMED_MESSAGE : `CONNECT ${authority} HTTP/1.1\r\n`;
  if (scheme === undefined || !SCHEMES.has(scheme.toLowerCase()) || path === undefined) return MALFORMED_MESSAGE;
  // RFC 9113 §8.3.1: a path and a query, or the asterisk of OPTIONS.
  return path.startsWith('/') || (path === '*' && method === 'OPTIONS') ? `${method} ${path} HTTP/1.1\r\n` : MALFORMED_MESSAGE;
}
