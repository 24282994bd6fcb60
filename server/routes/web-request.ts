// A request as handlers have it: the Request of the Fetch standard, its content pulled from the connection as it is read.
import { endToEndRequest } from '../../http/connection-fields.ts';
import { forwardingFields } from '../../http/forwarded.ts';
import { METHOD_GET, METHOD_HEAD, type RequestHead } from '../../http/head.ts';
import { forwardedTraceContext, withoutTraceContext } from '../../http/trace-context.ts';
import type { Peer, RequestBodyReader } from '../exchange.ts';

/** A Request cannot have these (Fetch, "forbidden method"). */
const FORBIDDEN = new Set(['CONNECT', 'TRACE', 'TRACK']);
/** What a client says of the way to us is not what we know; and whether content is wanted is answered when it is read (RFC 9110 §10.1.1). */
const OURS = /^(?:forwarded|x-forwarded-(?:for|proto|host|port)|expect)$/i;
/** HTTP/1.0 may name no host, and a URL must have one. */
const NO_HOST = 'localhost';

/** What a handler does with the content of its request. */
export interface Reading {
  /** Some of it has come. */
  progress(): void;
  /** It does not come to its end. */
  failed(): void;
}

export function mayBeHandled(methodText: string): boolean {
  return !FORBIDDEN.has(methodText.toUpperCase());
}

/** Whether a Request of this kind has content at all. */
export function hasReadableContent(request: RequestHead): boolean {
  return request.method !== METHOD_GET && request.method !== METHOD_HEAD;
}

/** The URL that a request asks for, as the URL standard writes it; undefined: its host is none to that. */
export function urlOf({ scheme, authority, path, query }: RequestHead): URL | undefined {
  const text = `${scheme}://${authority === '' ? NO_HOST : authority}${path.startsWith('/') ? '' : '/'}${path}${query}`;
  return URL.canParse(text) ? new URL(text) : undefined;
}

/**
 * With the fields that an origin would be sent: who asks is in Forwarded and X-Forwarded-For, and what it asks for the handler belongs to
 * the trace that traceparent names.
 * @param body of a request with content; nothing of it is asked for before the handler does.
 */
export function webRequest(head: RequestHead, url: URL, peer: Peer, body: RequestBodyReader | undefined, signal: AbortSignal, reading: Reading): Request {
  const own: [string, string][] = [];
  for (let i = 0; i < head.fieldCount; ++i) own.push([head.fieldName(i), head.fieldValue(i)]);
  const way = forwardingFields({ address: peer.address, host: head.authority === '' ? undefined : head.authority, proto: head.scheme });
  const passed = endToEndRequest(own).filter(([name]) => !OURS.test(name));
  const traced = peer.trace ? [...withoutTraceContext(passed), ...peer.trace.toHandler(head)] : forwardedTraceContext(passed);
  const headers = [...traced, ...way].map(([name, value]): [string, string] => [name, value]);
  const content = body && hasReadableContent(head) ? { body: streamOf(body, reading), duplex: 'half' as const } : {};
  return new Request(url, { method: head.methodText, headers, signal, ...content });
}

function streamOf(body: RequestBodyReader, reading: Reading): ReadableStream<Uint8Array> {
  const pieces: AsyncIterator<Uint8Array, unknown> = body[Symbol.asyncIterator]();
  return new ReadableStream<Uint8Array>({
    async pull(controller) {
      try {
        const { done, value } = await pieces.next();
        reading.progress();
        if (done === true) controller.close();
        else controller.enqueue(value);
      } catch (error) {
        reading.failed();
        throw error;
      }
    },
    cancel: () => body.cancel(),
  }, { highWaterMark: 0 });
}
