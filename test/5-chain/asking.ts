// How chains are asked for what a raw socket is too strict, or too small, for.
import { once } from 'node:events';
import { request, type IncomingMessage } from 'node:http';
import type { Place, Reply } from '../client.ts';

export function urlOf({ host, port }: Place): string {
  return `http://${host}:${port}`;
}

/** What all caches on the way have said, origin first. */
export function cacheStatuses({ fields }: Reply): readonly string[] {
  return (fields.get('cache-status') ?? '').split(/, */).filter((member) => member !== '');
}

export interface Sent {
  readonly status: number;
  readonly body: string;
  /** The server asked for the content before it was sent (RFC 9110 §10.1.1). */
  readonly continued: boolean;
}

/** A POST. @param pieces its content, with its length or in chunks; announced, it waits until it is wanted. */
export async function post(place: Place, path: string, pieces: readonly Buffer[], { chunked = false, expects = false } = {}): Promise<Sent> {
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const asking = request({ ...place, path, method: 'POST', agent: false, headers: { ...(chunked ? { 'Transfer-Encoding': 'chunked' } : { 'Content-Length': length }), ...(expects && { Expect: '100-continue' }) } });
  let continued = false;
  const answered = once(asking, 'response') as Promise<[IncomingMessage]>;
  if (expects) {
    asking.flushHeaders();
    continued = await Promise.race([once(asking, 'continue').then(() => true), answered.then(() => false)]);
  }
  for (const piece of pieces) asking.write(piece);
  asking.end();
  const [response] = await answered;
  const chunks: Buffer[] = [];
  for await (const chunk of response) chunks.push(chunk as Buffer);
  return { status: response.statusCode!, body: Buffer.concat(chunks).toString(), continued };
}
