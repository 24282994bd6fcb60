// Servers with a control plane, and questions to it over real sockets.
import { once } from 'node:events';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Test } from 'tap';
import { Client, type Place, type Reply } from '../client.ts';
import { createServer, type Server, type ServerHooks, type ServerOptions, type ServerReport } from '../../server/index.ts';

export interface Controlled {
  readonly server: Server;
  /** Where the site is. */
  readonly site: Place;
  /** Where its control plane is. */
  readonly control: Place;
  readonly reports: ServerReport[];
}

export interface Question {
  readonly method?: string;
  /** Lines of the head, in place of `Host: localhost` and, with content, its type and length. */
  readonly lines?: readonly string[];
  /** An object is sent as JSON. */
  readonly content?: string | Uint8Array | object;
}

export interface Answer extends Reply {
  readonly text: string;
  /** The content, where it is JSON. */
  readonly json: Readonly<Record<string, unknown>>;
}

export async function controlled(t: Test, options: ServerOptions, hooks: ServerHooks = {}): Promise<Controlled> {
  const reports: ServerReport[] = [];
  const server = createServer({ workers: 1, control: '127.0.0.1:0', ...options }, { onReport: (report) => reports.push(report), ...hooks });
  const [site] = await server.listen('127.0.0.1:0');
  t.teardown(() => server.close({ force: true }));
  return { server, site: site!, control: placeOf(server.controlAddress!), reports };
}

export function placeOf(where: string): Place {
  if (where.startsWith('unix:')) return { host: where.slice('unix:'.length), port: -1 };
  const url = new URL(where);
  return { host: url.hostname.replace(/^\[|\]$/g, ''), port: Number(url.port) };
}

/** An origin, gone with its test. @returns its URL. */
export async function origin(t: Test, answer: RequestListener): Promise<string> {
  const server = createHttpServer(answer).listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

export function bytesOf(target: string, { method = 'GET', lines, content }: Question): Buffer {
  const body = content === undefined ? undefined : typeof content === 'string' || content instanceof Uint8Array ? Buffer.from(content) : Buffer.from(JSON.stringify(content));
  const head = lines ?? ['Host: localhost', ...(body ? ['Content-Type: application/json'] : [])];
  const length = body && !head.some((line) => /^(?:content-length|transfer-encoding):/i.test(line)) ? [`Content-Length: ${body.length}`] : [];
  return Buffer.concat([Buffer.from(`${method} ${target} HTTP/1.1\r\n${[...head, ...length].map((line) => `${line}\r\n`).join('')}\r\n`, 'latin1'), body ?? Buffer.alloc(0)]);
}

/** One question on a connection of its own. */
export async function put(place: Place, target: string, question: Question = {}): Promise<Answer> {
  const client = await Client.open(place);
  try {
    await client.send(bytesOf(target, question));
    const reply = await client.reply(question.method);
    const text = reply.body.toString();
    const isJson = /^application\/(?:problem\+)?json/.test(reply.fields.get('content-type') ?? '') && text !== '';
    return { ...reply, text, json: isJson ? (JSON.parse(text) as Answer['json']) : {} };
  } finally {
    client.destroy();
  }
}
