// What the head of a response of node:http says of its body, made already or not.
import { ServerResponse } from 'node:http';

const LENGTH = /\r\ncontent-length:[ \t]*(\d+)[ \t]*\r\n/i;

/** Where writeHead() puts it; there is no other way to what was given there. */
interface Made {
  readonly _header?: string | null;
}

/** RFC 9110 §6.4.1: whatever the head says. */
export function hasNoBody({ req, statusCode }: ServerResponse): boolean {
  return req.method === 'HEAD' || statusCode === 204 || statusCode === 304 || statusCode < 200;
}

/** Content-Length, where the body is just these bytes; undefined: it comes in chunks, or ends with its connection. */
export function promisedBytes(response: ServerResponse): number | undefined {
  if (response.headersSent) {
    const length = response.chunkedEncoding ? undefined : LENGTH.exec((response as ServerResponse & Made)._header ?? '')?.[1];
    return length === undefined ? undefined : Number(length);
  }
  const length = response.getHeader('content-length');
  const isWhole = (typeof length === 'number' && Number.isSafeInteger(length) && length >= 0) || (typeof length === 'string' && /^\d+$/.test(length));
  return !isWhole || response.hasHeader('transfer-encoding') ? undefined : Number(length);
}

/** Middleware has put itself before write(): it counts, changes or compresses what is written, and must be given it. */
export function isIntercepted(response: ServerResponse): boolean {
  return response.write !== ServerResponse.prototype.write;
}
