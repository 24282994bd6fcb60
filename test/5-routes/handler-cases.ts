// What handlers give, and what becomes of it.
import type { Handler } from '../../server/config/config.ts';

export interface HandlerCase {
  readonly name: string;
  readonly handle: Handler;
  readonly method?: string;
  readonly status: number;
  readonly body?: string;
  /** By name in lower case; null: no such field. */
  readonly has?: Readonly<Record<string, string | null>>;
  /** Of Set-Cookie. */
  readonly lines?: number;
  /** Told to the operator, in these words. */
  readonly told?: RegExp;
}

const streamed = (...chunks: unknown[]): ReadableStream<Uint8Array> => new ReadableStream({
  async pull(controller) {
    await new Promise((resolve) => setTimeout(resolve, 2));
    const chunk = chunks.shift();
    if (chunk === undefined) controller.close();
    else if (chunk instanceof Error) controller.error(chunk);
    else controller.enqueue(chunk as Uint8Array);
  },
});
const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const gives = (value: unknown): Handler => () => value as Response;

export const answered: readonly HandlerCase[] = [
  { name: 'text', handle: () => new Response('hello'), status: 200, body: 'hello', has: { 'content-length': '5', 'content-type': 'text/plain;charset=UTF-8', 'transfer-encoding': null } },
  { name: 'a promise', handle: () => Promise.resolve(new Response('later', { status: 201 })), status: 201, body: 'later' },
  { name: 'JSON', handle: () => Response.json({ a: 1 }), status: 200, body: '{"a":1}', has: { 'content-type': 'application/json' } },
  { name: 'nothing', handle: () => new Response(), status: 200, body: '', has: { 'content-length': '0' } },
  { name: 'an empty text', handle: () => new Response(''), status: 200, body: '', has: { 'content-length': '0' } },
  { name: 'a stream', handle: () => new Response(streamed(bytes('one '), bytes('two'))), status: 200, body: 'one two', has: { 'transfer-encoding': 'chunked', 'content-length': null } },
  { name: 'a stream with its length', handle: () => new Response(streamed(bytes('one '), bytes('two')), { headers: { 'Content-Length': '7' } }), status: 200, body: 'one two', has: { 'content-length': '7', 'transfer-encoding': null } },
  { name: 'a wrong length of what is there at once', handle: () => new Response('hello', { headers: { 'Content-Length': '3' } }), status: 200, body: 'hello', has: { 'content-length': '5' } },
  { name: 'a length that is none', handle: () => new Response(streamed(bytes('x')), { headers: { 'Content-Length': '0x1' } }), status: 200, body: 'x', has: { 'content-length': null } },
  { name: 'empty chunks', handle: () => new Response(streamed(bytes(''), bytes('a'), bytes(''))), status: 200, body: 'a' },
  { name: 'cookies in lines of their own', handle: () => new Response('', { headers: [['Set-Cookie', 'a=1'], ['Set-Cookie', 'b=2, 3'], ['X-Many', 'a'], ['X-Many', 'b']] }), status: 200, has: { 'set-cookie': 'a=1, b=2, 3', 'x-many': 'a, b' }, lines: 2 },
  { name: 'HEAD', method: 'HEAD', handle: () => new Response('hello'), status: 200, body: '', has: { 'content-length': '5' } },
  { name: 'HEAD of a stream', method: 'HEAD', handle: () => new Response(streamed(bytes('a'))), status: 200, body: '', has: { 'content-length': null, 'transfer-encoding': null } },
  { name: 'HEAD with the length of the answer to GET', method: 'HEAD', handle: () => new Response(null, { headers: { 'Content-Length': '1234' } }), status: 200, body: '', has: { 'content-length': '1234' } },
  { name: 'no content', handle: () => new Response(null, { status: 204, headers: { 'Content-Length': '5' } }), status: 204, body: '', has: { 'content-length': null } },
  { name: 'reset content', handle: () => new Response(null, { status: 205 }), status: 205, body: '', has: { 'content-length': '0' } },
  { name: 'not modified', handle: () => new Response(null, { status: 304, headers: { ETag: '"a"' } }), status: 304, body: '', has: { etag: '"a"', 'content-length': null } },
  { name: 'a redirect', handle: () => Response.redirect('http://elsewhere.example/', 303), status: 303, has: { location: 'http://elsewhere.example/' } },
  { name: 'an error of its own', handle: () => new Response('no', { status: 503 }), status: 503, body: 'no' },
  { name: 'a status without a name', handle: () => new Response('', { status: 299, statusText: 'Whatever' }), status: 299 },
  { name: 'a Date of its own', handle: () => new Response('', { headers: { Date: 'Tue, 15 Nov 1994 08:12:31 GMT' } }), status: 200, has: { date: 'Tue, 15 Nov 1994 08:12:31 GMT' } },
  {
    name: 'fields of the connection are not its own', status: 200, body: 'x',
    handle: () => new Response('x', { headers: { Connection: 'close, X-Hop', 'Keep-Alive': 'timeout=1', 'Transfer-Encoding': 'gzip', 'X-Hop': '1', Upgrade: 'h2c', Trailer: 'a', 'X-Kept': '1' } }),
    has: { 'keep-alive': null, 'transfer-encoding': null, 'x-hop': null, upgrade: null, trailer: null, 'x-kept': '1', 'content-length': '1' },
  },
  { name: 'another library\'s Response', handle: gives({ [Symbol.toStringTag]: 'Response', status: 200, url: '', headers: new Headers({ 'X-Own': '1' }), body: null, bodyUsed: false, type: 'default' }), status: 200, has: { 'x-own': '1' } },
];

export const failing: readonly HandlerCase[] = [
  { name: 'it throws', handle: () => { throw new Error('a secret'); }, status: 500, told: /failed: a secret/ },
  { name: 'it rejects', handle: () => Promise.reject(new Error('later')), status: 500, told: /failed: later/ },
  { name: 'it throws what is no Error', handle: () => { throw 'text' as unknown as Error; }, status: 500, told: /failed: 'text'/ },
  { name: 'nothing', handle: gives(undefined), status: 500, told: /must give a Response, not undefined/ },
  { name: 'null', handle: gives(null), status: 500, told: /not null/ },
  { name: 'text', handle: gives('hello'), status: 500, told: /not string/ },
  { name: 'a list', handle: gives([new Response()]), status: 500, told: /not an array/ },
  { name: 'something like a Response', handle: gives({ status: 200, headers: {}, body: null }), status: 500, told: /not object/ },
  { name: 'a network error', handle: () => Response.error(), status: 500, told: /not a network error/ },
  { name: 'a Response that is read already', handle: async () => { const response = new Response('x'); await response.text(); return response; }, status: 500, told: /read already/ },
  { name: 'a Response that somebody else reads', handle: () => { const response = new Response('x'); response.body!.getReader(); return response; }, status: 500, told: /read already/ },
  { name: 'a value that no head can have', handle: () => new Response('x', { headers: { 'X-Bad': 'a\x01b' } }), status: 500, told: /not a value for x-bad/i },
  { name: 'a body that fails at once', handle: () => new Response(new ReadableStream({ start: (controller) => controller.error(new Error('no body')) })), status: 500, told: /no body/ },
  { name: 'a body of texts', handle: () => new Response(new ReadableStream<unknown>({ start: (controller) => controller.enqueue('text') }) as ReadableStream<Uint8Array>), status: 500, told: /Uint8Arrays, not string/ },
  { name: 'HEAD that throws', method: 'HEAD', handle: () => { throw new Error('head'); }, status: 500, body: '', told: /head/ },
];

/** The head is out when they fail: nothing is left but to reset the connection. */
export const breaking: readonly HandlerCase[] = [
  { name: 'a body that fails in the middle', handle: () => new Response(streamed(bytes('one'), new Error('broken'))), status: 200, told: /broken/ },
  { name: 'less than its length', handle: () => new Response(streamed(bytes('one')), { headers: { 'Content-Length': '7' } }), status: 200, told: /3 of the 7/ },
  { name: 'more than its length', handle: () => new Response(streamed(bytes('one '), bytes('two')), { headers: { 'Content-Length': '5' } }), status: 200, told: /more than the 5/ },
  { name: 'text behind bytes', handle: () => new Response(streamed(bytes('one'), 'two')), status: 200, told: /not string/ },
];
