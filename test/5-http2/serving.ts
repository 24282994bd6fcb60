// A small site that speaks HTTP/2, and its clients: Node's, and one that sends what it is told, frame by frame.
import { connect, type ClientHttp2Session, type ClientHttp2Stream, type ClientSessionOptions, type IncomingHttpHeaders, type OutgoingHttpHeaders, type SecureClientSessionOptions } from 'node:http2';
import type { Test } from 'tap';
import type { Place } from '../client.ts';

export interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
  readonly trailers: IncomingHttpHeaders | undefined;
  readonly interims: readonly number[];
  /** Of RST_STREAM; 0: the stream has ended in good order. */
  readonly code: number;
}

export async function session(t: Test, { host, port }: Place, options: SecureClientSessionOptions & ClientSessionOptions = {}): Promise<ClientHttp2Session> {
  const made = connect(`https://${host}:${port}`, { rejectUnauthorized: false, ...options });
  made.on('error', () => undefined);
  t.teardown(() => made.destroy());
  await new Promise<void>((resolve, reject) => {
    made.once('connect', () => resolve()).once('error', reject).once('close', () => reject(new Error('closed before it was connected')));
  });
  return made;
}

/** One request, to its end. `content` undefined: none is sent. */
export function ask(over: ClientHttp2Session, headers: OutgoingHttpHeaders, content?: string | Uint8Array): Promise<Answer> {
  const stream = over.request(headers, { endStream: content === undefined });
  const answered = answer(stream);
  if (content !== undefined) stream.end(content);
  return answered;
}

export function answer(stream: ClientHttp2Stream): Promise<Answer> {
  return new Promise((resolve) => {
    let headers: IncomingHttpHeaders & { readonly ':status'?: number | undefined } = {};
    let trailers: IncomingHttpHeaders | undefined;
    const interims: number[] = [];
    const chunks: Buffer[] = [];
    stream.on('headers', (interim: IncomingHttpHeaders & { readonly ':status'?: number | undefined }) => interims.push(interim[':status'] ?? 0));
    stream.on('response', (got) => { headers = got; }).on('trailers', (got: IncomingHttpHeaders) => { trailers = got; }).on('data', (chunk: Buffer) => chunks.push(chunk)).on('error', () => undefined);
    stream.on('close', () => resolve({ status: headers[':status'] ?? 0, headers, body: Buffer.concat(chunks), trailers, interims, code: stream.rstCode }));
  });
}
