// Requests with bodies, as a client writes them.
import { request } from '../simulated/request.ts';

export function sized(path: string, body: string, ...fields: string[]): string {
  return begun(path, body.length, ...fields) + body;
}

/** The head alone. */
export function begun(path: string, bytes: number, ...fields: string[]): string {
  return request('POST', path, [`Content-Length: ${bytes}`, ...fields]);
}

export function inChunks(path: string, ...pieces: string[]): string {
  return request('POST', path, ['Transfer-Encoding: chunked']) + [...pieces, ''].map((piece) => `${piece.length.toString(16)}\r\n${piece}\r\n`).join('');
}
