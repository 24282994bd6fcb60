// The origin at the end of a chain: node:http, with the resources that all have, and paths that do what chains have trouble with.
import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gzipSync } from 'node:zlib';
import type { Test } from 'tap';
import type { Place } from '../client.ts';
import { digest, MODIFIED, resources, type Resource } from './resources.ts';

export interface Question {
  readonly method: string;
  readonly target: string;
  /** By lower-case name, lines joined by ", ". */
  readonly fields: ReadonlyMap<string, string>;
}

export interface Origin {
  readonly place: Place;
  /** All so far. */
  readonly asked: readonly Question[];
  /** How often a target was asked for. */
  countOf(target: string): number;
  /** From now on nobody listens; connections are reset. */
  die(): Promise<void>;
}

export async function listen(t: Test): Promise<Origin> {
  const asked: Question[] = [];
  const server = createServer({ noDelay: true, keepAliveTimeout: 30_000 }, (request, response) => {
    asked.push({ method: request.method!, target: request.url!, fields: new Map(Object.entries(request.headersDistinct).map(([name, values]) => [name, values!.join(', ')])) });
    answer(request, response);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const die = async (): Promise<void> => {
    server.closeAllConnections();
    if (server.listening) await new Promise((resolve) => server.close(resolve));
  };
  t.teardown(die);
  const place = { host: '127.0.0.1', port: (server.address() as AddressInfo).port };
  return { place, asked, countOf: (target) => asked.filter((question) => question.target === target).length, die };
}

const LONG = 'public, max-age=3600';
const HALF = Buffer.alloc(70_000, 'x');
type Answer = (request: IncomingMessage, response: ServerResponse) => void;

/** By path; what is behind a "?" only makes another resource of it. */
const odd: Readonly<Record<string, Answer>> = {
  '/chunked': (_, response) => {
    response.writeHead(200, { 'Content-Type': 'text/plain', 'Cache-Control': LONG, ETag: '"c"' });
    response.write('one, ');
    setTimeout(() => {
      response.write('two, ');
      setTimeout(() => response.end('three'), 5);
    }, 5);
  },
  '/private': (request, response) => response.writeHead(200, { 'Cache-Control': 'private, no-store' }).end(request.url),
  '/none': (_, response) => response.writeHead(204, { 'Cache-Control': 'no-store' }).end(),
  '/moved': (_, response) => response.writeHead(302, { Location: '/part.bin', 'Content-Length': 0 }).end(),
  '/aged': (_, response) => response.writeHead(200, { 'Cache-Control': LONG, Age: 100, ETag: '"aged"', 'Content-Length': 4 }).end('aged'),
  '/language': (request, response) => {
    const language = request.headers['accept-language'] ?? 'none';
    response.writeHead(200, { 'Cache-Control': LONG, Vary: 'Accept-Language', ETag: `"${language}"`, 'Content-Length': language.length }).end(language);
  },
  '/brief': (request, response) => {
    const fields = { 'Cache-Control': 'public, max-age=1', ETag: '"brief"' };
    if (request.headers['if-none-match'] === '"brief"') response.writeHead(304, { ...fields, 'Cache-Control': 'public, max-age=1, again' }).end();
    else response.writeHead(200, { ...fields, 'Content-Length': 5 }).end('brief');
  },
  '/tagged': (_, response) => response.writeHead(200, { 'Cache-Control': LONG, 'Surrogate-Key': 'news', 'Content-Length': 6 }).end('tagged'),
  '/fields': (request, response) => response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' }).end(JSON.stringify(request.headersDistinct)),
  '/echo': (request, response) => {
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => response.writeHead(200, { 'Cache-Control': 'no-store' }).end(digest(Buffer.concat(chunks))));
  },
  '/stuck': (_, response) => void response.writeHead(200, { 'Cache-Control': LONG, 'Content-Length': 2 * HALF.length }).write(HALF),
  '/slow': (_, response) => void setTimeout(() => response.writeHead(200, { 'Cache-Control': 'no-store' }).end('slow'), 200),
  '/breaks': (_, response) => breakOff(response.writeHead(200, { 'Cache-Control': LONG, 'Content-Length': 2 * HALF.length })),
  '/breaks-chunked': (_, response) => breakOff(response.writeHead(200, { 'Cache-Control': LONG })),
  '/breaks-private': (_, response) => breakOff(response.writeHead(200, { 'Cache-Control': 'no-store' })),
};

function answer(request: IncomingMessage, response: ServerResponse): void {
  const path = request.url!.replace(/\?.*/, '');
  const resource = Object.hasOwn(resources, path) && resources[path as keyof typeof resources];
  const [tell] = Object.entries(odd).filter(([name]) => name === path);
  if (resource) give(resource, request, response);
  else if (tell) tell[1](request, response);
  else response.writeHead(404, { 'Content-Length': 8 }).end('nothing\n');
}

/** RFC 9110 §13.1.2, §13.1.3 and two codings; no ranges: whoever is before it makes them. */
function give({ type, bytes }: Resource, { method, headers }: IncomingMessage, response: ServerResponse): void {
  const isText = type.startsWith('text/');
  const isCoded = isText && /\bgzip\b/.test(headers['accept-encoding'] ?? '');
  const body = isCoded ? gzipSync(bytes) : bytes;
  const etag = `"${digest(body).slice(0, 16)}"`;
  const fields = { ETag: etag, 'Last-Modified': MODIFIED.toUTCString(), 'Cache-Control': LONG, ...(isText && { Vary: 'Accept-Encoding' }) };
  const tags = headers['if-none-match'];
  const since = Date.parse(headers['if-modified-since'] ?? '');
  if (tags === undefined ? since >= MODIFIED.getTime() : tags === '*' || tags.includes(etag)) return void response.writeHead(304, fields).end();
  response.writeHead(200, { ...fields, 'Content-Type': type, 'Content-Length': body.length, ...(isCoded && { 'Content-Encoding': 'gzip' }) });
  response.end(method === 'HEAD' ? undefined : body);
}

/** In the middle of a body, by RST: to an HTTP/1.0 peer a FIN would be the end of it (RFC 9112 §8). */
function breakOff(response: ServerResponse): void {
  response.write(HALF, () => setTimeout(() => response.socket?.resetAndDestroy(), 20)); // behind what was written
}
