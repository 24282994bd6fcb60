// A request that somebody else has parsed, as the head that an exchange reads: it is written out again and parsed by our own rules, so that
// the same requests are refused for the same reasons whatever door they came in by.
import { RequestHead } from '../../http/head.ts';
import { BAD_FIELD_VALUE, BAD_TARGET } from '../../http/refusal.ts';

/** As node:http has them: names and values in turn. */
export type RawFields = readonly string[];

/** What is written between the ends of lines: bytes, and none that ends a line. */
const LINE = /^[\t\x20-\x7e\x80-\xff]*$/;

/** Fields of a message of HTTP/2 that HTTP/1.1 says otherwise, RFC 9113 §8.3. */
const PSEUDO = ':';

export interface ParsedRequest {
  readonly method: string;
  /** As it came: path and query, or what else HTTP/1.1 allows. */
  readonly target: string;
  readonly versionMinor: number;
  readonly fields: RawFields;
  /** It came over TLS. */
  readonly secure?: boolean;
}

/** The head, or the number of a refusal (http/refusal.ts). It is the caller's to keep. */
export function headOf({ method, target, versionMinor, fields, secure = false }: ParsedRequest): RequestHead | number {
  if (!LINE.test(method) || !LINE.test(target)) return BAD_TARGET;
  let text = `${method} ${target} HTTP/1.${versionMinor}\r\n`;
  let authority: string | undefined;
  let hasHost = false;
  for (let i = 0; i + 1 < fields.length; i += 2) {
    const name = fields[i]!;
    const value = fields[i + 1]!;
    if (!LINE.test(name) || !LINE.test(value)) return BAD_FIELD_VALUE;
    if (name.startsWith(PSEUDO)) {
      if (name === ':authority') authority = value;
      continue;
    }
    hasHost ||= name.length === 4 && name.toLowerCase() === 'host';
    text += `${name}: ${value}\r\n`;
  }
  if (!hasHost && authority !== undefined) text += `Host: ${authority}\r\n`;
  const bytes = new Uint8Array(Buffer.from(`${text}\r\n`, 'latin1'));
  const head = new RequestHead();
  head.scheme = secure ? 'https' : 'http';
  const end = head.parse(bytes, 0, bytes.length);
  return end > 0 ? head : end === 0 ? BAD_TARGET : -end;
}
