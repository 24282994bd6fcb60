/**
 * The head of an origin's answer, judged again behind the parser: what it is lenient about, and what it does not tell.
 *
 * How long the body is, RFC 9112 §6.3, in this order:
 *
 *   none       the answer to HEAD, 204 and 304, "regardless of the header fields present"
 *   chunked    Transfer-Encoding: chunked, that one word, in HTTP/1.1, and no Content-Length
 *   length     one Content-Length
 *   close      else: until the connection ends
 *
 * Any other coding is refused: nobody asked for it (TE is never sent), and it could not be taken off.
 */
import { equalsIgnoringCase, fieldValueCharacters, HTAB, SP, tokenCharacters } from '../../../http/characters.ts';
import { contentLengthOf, LENGTH_ABSENT, LENGTH_MALFORMED } from '../../../http/framing.ts';
import { latin1Text } from '../../../http/latin1.ts';
import type { FieldList } from '../../../http/response.ts';

export interface ResponseInfo {
  /** 'close': the body ends where the connection ends, so that one that was cut short cannot be told from a whole one (RFC 9112 §8), unless by RST. */
  readonly framing: 'none' | 'length' | 'chunked' | 'close';
  /** Of the body; -1: unknown. */
  readonly bytes: number;
  /** As in `HTTP/1.1`: the received-protocol of Via (RFC 9110 §7.6.3). */
  readonly version: '1.0' | '1.1';
}

export interface ResponseHead {
  readonly fields: FieldList;
  readonly info: ResponseInfo;
}

const FIELDS_MAX = 1_024;

/** The head, or what is wrong with it. @param raw name, value, name, … */
export function responseHead(method: string, status: number, version: string, raw: readonly Uint8Array[]): ResponseHead | string {
  if (version !== '1.1' && version !== '1.0') return 'the version is not HTTP/1.1 or HTTP/1.0';
  if (status < 200 || status > 599) return `${status} is not a status`;
  const fields = fieldList(raw);
  if (typeof fields === 'string') return fields;
  const bytes = lengthOf(raw);
  if (bytes === LENGTH_MALFORMED) return 'Content-Length is not one decimal number';
  const codings = rawValuesOf(raw, 'transfer-encoding');
  if (method === 'HEAD' || status === 204 || status === 304) return { fields, info: { framing: 'none', bytes: 0, version } };
  if (codings.length === 0) return { fields, info: { framing: bytes === LENGTH_ABSENT ? 'close' : 'length', bytes, version } };
  if (codings.length > 1 || !isChunked(codings[0]!)) return 'Transfer-Encoding is not chunked alone';
  if (version === '1.0') return 'HTTP/1.0 has no Transfer-Encoding';
  if (bytes !== LENGTH_ABSENT) return 'Content-Length and Transfer-Encoding exclude each other';
  return { fields, info: { framing: 'chunked', bytes: -1, version } };
}

/** The fields of an interim answer, or what is wrong with it. It has no body, and must not speak of one (RFC 9110 §8.6, RFC 9112 §6.1). */
export function interimFields(status: number, version: string, raw: readonly Uint8Array[]): FieldList | string {
  if (version !== '1.1') return 'only HTTP/1.1 has interim answers';
  if (status < 102 || status > 199) return status === 101 ? '101, and no upgrade was asked for' : `${status} is not a status`;
  const fields = fieldList(raw);
  if (typeof fields === 'string') return fields;
  const framed = valuesOf(fields, 'content-length').length + valuesOf(fields, 'transfer-encoding').length > 0;
  return framed ? 'an interim answer with a body' : fields;
}

/** The fields of a 101, or what is wrong with it: only what was asked for may be changed to (RFC 9110 §7.8). @param asked as in Upgrade. */
export function upgradeFields(version: string, asked: string, raw: readonly Uint8Array[]): FieldList | string {
  if (version !== '1.1') return 'only HTTP/1.1 can be upgraded';
  const fields = fieldList(raw);
  if (typeof fields === 'string') return fields;
  const offered = protocolsOf([asked]);
  const chosen = protocolsOf(valuesOf(fields, 'upgrade'));
  return chosen.length > 0 && chosen.every((name) => offered.includes(name)) ? fields : '101, and to a protocol that was not asked for';
}

/** In order, names as they were sent, values without the whitespace around them; or what is wrong. */
export function fieldList(raw: readonly Uint8Array[]): FieldList | string {
  if (raw.length > 2 * FIELDS_MAX) return `more than ${FIELDS_MAX} fields`;
  const fields: [string, string][] = [];
  for (let i = 0; i + 1 < raw.length; i += 2) {
    const name = raw[i]!;
    const value = raw[i + 1]!;
    if (name.length === 0 || !consistsOf(name, tokenCharacters)) return 'a field name is not a token';
    if (!consistsOf(value, fieldValueCharacters)) return 'a field value contains a control character';
    fields.push([latin1Text(name, 0, name.length), trimmed(value)]);
  }
  return fields;
}

/** The values of one field, by its name in lower case. */
function valuesOf(fields: FieldList, name: string): string[] {
  return fields.filter(([given]) => given.length === name.length && given.toLowerCase() === name).map(([, value]) => value);
}

/** A reason phrase as it may go on; '' where it may not, because it says nothing that the status does not (RFC 9112 §4). */
export function reasonOf(text: string | undefined): string {
  return text !== undefined && /^[\t\x20-\x7e]*$/.test(text) ? text : '';
}

function protocolsOf(values: readonly string[]): string[] {
  return values.flatMap((value) => value.split(',')).map((name) => name.trim().toLowerCase()).filter((name) => name !== '');
}

function lengthOf(raw: readonly Uint8Array[]): number {
  const values = rawValuesOf(raw, 'content-length');
  if (values.length > 1) return LENGTH_MALFORMED;
  return values[0] === undefined ? LENGTH_ABSENT : contentLengthOf(values[0], 0, endOf(values[0]));
}

/** Behind the word only spaces: with a tab there, the parser has taken it for another coding, and reads on to the end of the connection. */
function isChunked(value: Uint8Array): boolean {
  let end = value.length;
  while (end > 0 && value[end - 1] === SP) end--;
  return equalsIgnoringCase(value, 0, end, 'chunked');
}

function rawValuesOf(raw: readonly Uint8Array[], name: string): Uint8Array[] {
  return raw.filter((_, i) => i % 2 === 1 && equalsIgnoringCase(raw[i - 1]!, 0, raw[i - 1]!.length, name));
}

function trimmed(value: Uint8Array): string {
  const end = endOf(value);
  let start = 0;
  while (start < end && (value[start] === SP || value[start] === HTAB)) start++;
  return latin1Text(value, start, end);
}

function endOf(value: Uint8Array): number {
  let end = value.length;
  while (end > 0 && (value[end - 1] === SP || value[end - 1] === HTAB)) end--;
  return end;
}

function consistsOf(bytes: Uint8Array, characters: Uint8Array): boolean {
  for (const byte of bytes) if (characters[byte] !== 1) return false;
  return true;
}
