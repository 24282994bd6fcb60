// The beginning of a connection from a proxy: for whom it was opened (http/proxy-protocol.ts), in however many pieces it comes.
import { PartialHead } from '../http/partial-head.ts';
import { parseProxyHeader, PROXY_HEADER_BYTES_MAX } from '../http/proxy-protocol.ts';
import type { Connection } from './connection.ts';

export const INTRODUCTION_INCOMPLETE = 'incomplete';
export const INTRODUCTION_MALFORMED = 'malformed';

/** What has come behind the header. */
export interface Introduced {
  readonly bytes: Uint8Array;
  readonly start: number;
  readonly end: number;
}

/** bytes[start, end) have come. They are valid during the call only; an incomplete header is kept with the connection. */
export function introduce(connection: Connection, bytes: Uint8Array, start: number, end: number): Introduced | typeof INTRODUCTION_INCOMPLETE | typeof INTRODUCTION_MALFORMED {
  const { piece } = connection;
  piece?.append(bytes, start, end);
  const all = piece ? { bytes: piece.bytes, start: 0, end: piece.length } : { bytes, start, end };
  const header = parseProxyHeader(all.bytes, all.start, all.end);
  if (header === 'incomplete') {
    if (!piece) keep(connection, all);
    return INTRODUCTION_INCOMPLETE;
  }
  connection.piece = undefined;
  connection.introduced = true;
  if (header === 'malformed') return INTRODUCTION_MALFORMED;
  if (header.address !== undefined) connection.comesFrom(header.address);
  return { ...all, start: header.end };
}

function keep(connection: Connection, { bytes, start, end }: Introduced): void {
  connection.piece = new PartialHead(PROXY_HEADER_BYTES_MAX);
  connection.piece.append(bytes, start, end);
}
