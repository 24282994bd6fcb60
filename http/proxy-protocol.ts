/**
 * What a proxy says before the first request of a connection: for whom it has opened it. The PROXY protocol, versions 1 and 2
 * (haproxy.org, doc/proxy-protocol.txt; its sections are cited).
 *
 *   version 1 = "PROXY" SP ( "TCP4" / "TCP6" ) SP source SP destination SP port SP port CRLF      §2.1, at most 107 bytes
 *             / "PROXY UNKNOWN" [ SP anything ] CRLF
 *   version 2 = signature command family length addresses *TLV                                    §2.2
 *
 * Who is allowed to say so must say so: nothing is guessed (§2), a connection without such a header is malformed as one with a bad one is.
 */
import { CR, LF } from './characters.ts';
import { crc32c } from './crc32c.ts';
import { canonicalIpv6, ipv4At, ipv6At, isIpv4 } from './ip-address.ts';
import { latin1Text } from './latin1.ts';

/** A whole header. */
export interface ProxyHeader {
  /** Just past its last byte. */
  readonly end: number;
  /** Of the client: numeric, `unix` on a unix socket; undefined: the connection is the proxy's own (LOCAL), or nobody knows. */
  readonly address: string | undefined;
}

/** Of version 2, with its TLVs, which may hold a client's certificate; bytes. Longer ones are refused. */
export const PROXY_HEADER_BYTES_MAX = 16_384;

/** `PROXY ` */
const LINE_BEGIN = [0x50, 0x52, 0x4f, 0x58, 0x59, 0x20];
/** §2.1, "the worst case": both addresses at their longest, and CRLF. */
const LINE_BYTES_MAX = 107;
const SIGNATURE = [0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a];
const FIXED_BYTES = 16;

const VERSION = 2;
const LOCAL = 0;
const PROXY = 1;
const STREAM = 1;
const DATAGRAM = 2;
const UNSPECIFIED = 0;

const INET = 1;
const INET6 = 2;
const UNIX = 3;
/** Of both addresses and ports, by family. */
const ADDRESS_BYTES = [0, 12, 36, 216];

const TLV_HEAD_BYTES = 3;
const TLV_CRC32C = 0x03;
const CRC32C_BYTES = 4;

const line = /^PROXY (?:(TCP4|TCP6) (\S+) (\S+) (\S+) (\S+)|UNKNOWN(?: .*)?)$/s;
const port = /^(?:0|[1-9]\d{0,4})$/;
const PORT_MAX = 65_535;

/** The header that bytes[start, end) begin with. `incomplete`: everything seen so far is fine. */
export function parseProxyHeader(bytes: Uint8Array, start: number, end: number): ProxyHeader | 'incomplete' | 'malformed' {
  if (start === end) return 'incomplete';
  if (bytes[start] === LINE_BEGIN[0]) return begins(bytes, start, end, LINE_BEGIN) ? parseLine(bytes, start, end) : 'malformed';
  return begins(bytes, start, end, SIGNATURE) ? parseBinary(bytes, start, end) : 'malformed';
}

/** As far as there is something to compare. */
function begins(bytes: Uint8Array, start: number, end: number, expected: readonly number[]): boolean {
  const count = Math.min(expected.length, end - start);
  for (let i = 0; i < count; i++) if (bytes[start + i] !== expected[i]) return false;
  return true;
}

function parseLine(bytes: Uint8Array, start: number, end: number): ProxyHeader | 'incomplete' | 'malformed' {
  const limit = Math.min(end, start + LINE_BYTES_MAX);
  let lineEnd = start;
  while (lineEnd < limit && bytes[lineEnd] !== CR && bytes[lineEnd] !== LF) lineEnd++;
  const isUnfinished = lineEnd === limit || (bytes[lineEnd] === CR && lineEnd + 1 === limit);
  if (isUnfinished) return limit < start + LINE_BYTES_MAX ? 'incomplete' : 'malformed';
  if (bytes[lineEnd] !== CR || bytes[lineEnd + 1] !== LF) return 'malformed';
  const found = line.exec(latin1Text(bytes, start, lineEnd));
  if (!found) return 'malformed';
  const [, family, source, destination, sourcePort, destinationPort] = found;
  const address = family === undefined ? undefined : addressIn(family, source!);
  if (family !== undefined && (address === undefined || addressIn(family, destination!) === undefined || !isPort(sourcePort!) || !isPort(destinationPort!))) return 'malformed';
  return { end: lineEnd + 2, address };
}

function addressIn(family: string, text: string): string | undefined {
  if (family === 'TCP6') return canonicalIpv6(text);
  return isIpv4(text) ? text : undefined;
}

function isPort(text: string): boolean {
  return port.test(text) && Number(text) <= PORT_MAX;
}

function parseBinary(bytes: Uint8Array, start: number, end: number): ProxyHeader | 'incomplete' | 'malformed' {
  const fixedEnd = start + FIXED_BYTES;
  const command = bytes[start + SIGNATURE.length]!;
  if (start + SIGNATURE.length < end && (command >> 4 !== VERSION || (command & 0xf) > PROXY)) return 'malformed';
  if (end < fixedEnd) return 'incomplete';
  const headerEnd = fixedEnd + ((bytes[fixedEnd - 2]! << 8) | bytes[fixedEnd - 1]!);
  if (headerEnd - start > PROXY_HEADER_BYTES_MAX) return 'malformed';
  const family = bytes[start + SIGNATURE.length + 1]! >> 4;
  const transport = bytes[start + SIGNATURE.length + 1]! & 0xf;
  const isLocal = (command & 0xf) === LOCAL;
  // §2.2: of LOCAL nothing else is looked at; else what has no meaning must be refused, before its bytes are waited for.
  if (!isLocal && (family > UNIX || transport > DATAGRAM || headerEnd - fixedEnd < ADDRESS_BYTES[family]!)) return 'malformed';
  if (end < headerEnd) return 'incomplete';
  if (isLocal || family === UNSPECIFIED || transport < STREAM) return { end: headerEnd, address: undefined };
  if (!areTlvs(bytes, start, fixedEnd + ADDRESS_BYTES[family]!, headerEnd)) return 'malformed';
  return { end: headerEnd, address: addressAt(bytes, fixedEnd, family) };
}

function addressAt(bytes: Uint8Array, at: number, family: number): string {
  if (family === INET) return ipv4At(bytes, at);
  return family === INET6 ? ipv6At(bytes, at) : 'unix';
}

/** §2.2.1: each ends within the header, and a checksum is that of the header with zeros in its place (§2.2.3). */
function areTlvs(bytes: Uint8Array, headerStart: number, start: number, end: number): boolean {
  let checksumAt = -1;
  for (let at = start; at < end;) {
    const valueAt = at + TLV_HEAD_BYTES;
    if (valueAt > end) return false;
    const next = valueAt + ((bytes[at + 1]! << 8) | bytes[at + 2]!);
    if (next > end) return false;
    if (bytes[at] === TLV_CRC32C) {
      if (checksumAt >= 0 || next - valueAt !== CRC32C_BYTES) return false;
      checksumAt = valueAt;
    }
    at = next;
  }
  if (checksumAt < 0) return true;
  const header = new Uint8Array(bytes.subarray(headerStart, end));
  const at = checksumAt - headerStart;
  const stated = new DataView(header.buffer).getUint32(at);
  header.fill(0, at, at + CRC32C_BYTES);
  return crc32c(header) === stated;
}
