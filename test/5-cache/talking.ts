// One request on a connection of its own, and all that comes back until it ends: interim answers, the answer, and whether it was whole.
import { connect } from 'node:net';
import { readChunked } from '../reply.ts';

export interface Asking {
  readonly method: string;
  readonly target: string;
  readonly lines: readonly string[];
  readonly content?: string | undefined;
  /** In place of localhost. */
  readonly host?: string;
}

export interface Head {
  readonly status: number;
  /** By lower-case name, lines joined by ", ". */
  readonly fields: ReadonlyMap<string, string>;
  /** As they came. */
  readonly lines: readonly string[];
}

export interface Answered extends Head {
  readonly interim: readonly Head[];
  readonly body: string;
  /** The body is as long as its framing says, and nothing comes behind it. */
  readonly complete: boolean;
}

export async function converse(place: { readonly host: string; readonly port: number }, asking: Asking): Promise<Answered> {
  return answerIn(await sendRaw(place, requestOf(asking)), asking.method);
}

export function requestOf({ method, target, lines, content, host = 'localhost' }: Asking): string {
  const length = content === undefined ? [] : [`Content-Length: ${content.length}`];
  return `${[`${method} ${target} HTTP/1.1`, `Host: ${host}`, 'Connection: close', ...lines, ...length].join('\r\n')}\r\n\r\n${content ?? ''}`;
}

/** All that comes back until the connection ends, by FIN or RST. Text is latin1. */
export function sendRaw({ host, port }: { readonly host: string; readonly port: number }, text: string): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    const socket = connect({ host, port, noDelay: true, allowHalfOpen: true }, () => socket.write(text, 'latin1'));
    socket.setTimeout(15_000, () => socket.destroy(new Error(`no end of the answer to ${text.slice(0, 60)}`)));
    socket.on('data', (chunk) => chunks.push(chunk));
    socket.on('end', () => socket.end());
    socket.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code !== 'ECONNRESET' && error.code !== 'EPIPE') reject(error);
    });
    socket.on('close', () => resolve(Buffer.concat(chunks)));
  });
}

/** @throws where there is no head of an answer. */
export function answerIn(bytes: Buffer, method: string): Answered {
  const interim: Head[] = [];
  for (let at = 0; ;) {
    const end = bytes.indexOf('\r\n\r\n', at, 'latin1');
    if (end < 0) throw new Error(`no answer, but ${bytes.length - at} bytes`);
    const head = headIn(bytes.toString('latin1', at, end));
    at = end + 4;
    if (head.status < 200) interim.push(head);
    else return { ...head, interim, ...bodyIn(bytes.subarray(at), head, method) };
  }
}

function headIn(text: string): Head {
  const [first = '', ...lines] = text.split('\r\n');
  const status = /^HTTP\/1\.1 (\d{3}) /.exec(first)?.[1];
  if (status === undefined) throw new Error(`status line ${JSON.stringify(first)}`);
  const fields = new Map<string, string>();
  for (const line of lines) {
    const colon = line.indexOf(':');
    const name = line.slice(0, colon).toLowerCase();
    const value = line.slice(colon + 1).trim();
    const before = fields.get(name);
    fields.set(name, before === undefined ? value : `${before}, ${value}`);
  }
  return { status: Number(status), fields, lines };
}

function bodyIn(bytes: Buffer, { status, fields }: Head, method: string): { readonly body: string; readonly complete: boolean } {
  const text = bytes.toString('latin1');
  if (method === 'HEAD' || status === 204 || status === 304) return { body: text, complete: text === '' };
  if (fields.get('transfer-encoding') === 'chunked') {
    const chunked = readChunked(bytes, 0);
    return { body: chunked?.body.toString('latin1') ?? text, complete: chunked !== undefined && chunked.end === bytes.length };
  }
  const length = fields.get('content-length');
  return { body: text, complete: length === undefined || Number(length) === bytes.length };
}
