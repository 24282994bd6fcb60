// Headers of the PROXY protocol, and what they say. Bytes are latin1 text.
import { crc32c } from '../../http/crc32c.ts';

export interface ProxyCase {
  readonly name: string;
  readonly header: string;
  /** Of the client; undefined: nobody knows; null: the header is malformed. */
  readonly address: string | undefined | null;
}

const SIGNATURE = '\r\n\r\n\0\r\nQUIT\n';
const number16 = (value: number): string => String.fromCharCode(value >> 8, value & 0xff);
const number32 = (value: number): string => number16(value >>> 16) + number16(value & 0xffff);
const bytesOf = (...values: number[]): string => String.fromCharCode(...values);

/** Version and command, family and transport, and what follows the length. */
export function binary(command: number, family: number, rest: string, length = rest.length): string {
  return SIGNATURE + bytesOf(command, family) + number16(length) + rest;
}

export function tlv(type: number, value: string, length = value.length): string {
  return bytesOf(type) + number16(length) + value;
}

export const INET = bytesOf(192, 0, 2, 1, 198, 51, 100, 2) + number16(56_324) + number16(443);
export const INET6 = `${bytesOf(0x20, 0x01, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1)}${bytesOf(0xfe, 0x80, ...new Array<number>(14).fill(0))}${number16(1)}${number16(2)}`;
const UNIX = '/run/client'.padEnd(108, '\0') + '/run/server'.padEnd(108, '\0');
const MAPPED = `${'\0'.repeat(10)}\xff\xff${bytesOf(192, 0, 2, 1)}${'\0'.repeat(16)}${number16(1)}${number16(2)}`;

/** With the checksum of the whole header. */
export function summed(command: number, family: number, before: string, after = ''): string {
  const header = binary(command, family, `${before}${tlv(3, '\0\0\0\0')}${after}`);
  const at = SIGNATURE.length + 4 + before.length + 3;
  return header.slice(0, at) + number32(crc32c(Buffer.from(header, 'latin1'))) + header.slice(at + 4);
}

const line = (text: string, address: string | undefined | null, name = text): ProxyCase => ({ name: `1: ${name}`, header: `PROXY ${text}\r\n`, address });

export const lines: readonly ProxyCase[] = [
  line('TCP4 192.0.2.1 198.51.100.2 56324 443', '192.0.2.1'),
  line('TCP4 255.255.255.255 255.255.255.255 65535 65535', '255.255.255.255'),
  line('TCP4 0.0.0.0 0.0.0.0 0 0', '0.0.0.0'),
  line('TCP6 2001:db8::1 2001:db8::2 1 2', '2001:db8::1'),
  line('TCP6 2001:0DB8:0000:0000:0000:0000:0000:0001 ::1 1 2', '2001:db8::1'),
  line('TCP6 ffff:f...f:ffff ffff:f...f:ffff 65535 65535'.replaceAll('f...f', 'ffff:ffff:ffff:ffff:ffff:ffff'), 'ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'the longest'),
  line('TCP6 ::ffff:192.0.2.1 ::1 1 2', '::ffff:192.0.2.1'),
  line('TCP6 :: ::1 1 2', '::'),
  line('UNKNOWN', undefined),
  line('UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535'.replaceAll('f...f', 'ffff:ffff:ffff:ffff:ffff:ffff'), undefined, 'UNKNOWN at its longest'),
  line('UNKNOWN whatever \x01\xff', undefined, 'UNKNOWN with anything'),
  line('', null, 'nothing'),
  line('UNKNOWNX', null),
  line('unknown', null),
  line('TCP4', null),
  line('TCP4 ', null),
  line('TCP4  192.0.2.1 198.51.100.2 1 2', null, 'two spaces'),
  line('TCP4 192.0.2.1 198.51.100.2 1 2 ', null, 'a space at the end'),
  line('TCP4 192.0.2.1 198.51.100.2 1 2 3', null),
  line('TCP4 192.0.2.1\t198.51.100.2 1 2', null, 'a tab'),
  line('TCP4 192.0.2.1 198.51.100.2 1', null),
  line('TCP4 192.0.2.1 198.51.100.2 1 65536', null),
  line('TCP4 192.0.2.1 198.51.100.2 99999 1', null),
  line('TCP4 192.0.2.1 198.51.100.2 01 1', null, 'a leading zero in a port'),
  line('TCP4 192.0.2.1 198.51.100.2 -1 1', null),
  line('TCP4 192.0.2.1 198.51.100.2 1.0 1', null),
  line('TCP4 192.0.2.01 198.51.100.2 1 2', null, 'a leading zero'),
  line('TCP4 192.0.2.256 198.51.100.2 1 2', null),
  line('TCP4 192.0.2 198.51.100.2 1 2', null),
  line('TCP4 192.0.2.1.1 198.51.100.2 1 2', null),
  line('TCP4 0xc0.0.2.1 198.51.100.2 1 2', null),
  line('TCP4 ::1 ::1 1 2', null, 'the other family'),
  line('TCP6 192.0.2.1 192.0.2.2 1 2', null, 'the other family'),
  line('TCP6 ::1 192.0.2.2 1 2', null, 'one of each'),
  line('TCP6 1::2::3 ::1 1 2', null),
  line('TCP6 ::: ::1 1 2', null),
  line('TCP6 1:2:3:4:5:6:7 ::1 1 2', null),
  line('TCP6 1:2:3:4:5:6:7:8:9 ::1 1 2', null),
  line('TCP6 1:2:3:4:5:6:7::8 ::1 1 2', null, 'a gap of nothing'),
  line('TCP6 12345::1 ::1 1 2', null),
  line('TCP6 g::1 ::1 1 2', null),
  line('TCP6 fe80::1%eth0 ::1 1 2', null, 'a zone'),
  line('TCP6 [::1] ::1 1 2', null),
  line('TCP6 ::1.2.3 ::1 1 2', null),
  line('TCP6 1.2.3.4::1 ::1 1 2', null),
  line('TCP6 1:2:3:4:5:6:7:1.2.3.4 ::1 1 2', null),
  line('UDP4 192.0.2.1 198.51.100.2 1 2', null),
  line('tcp4 192.0.2.1 198.51.100.2 1 2', null),
  line(`UNKNOWN ${'x'.repeat(92)}`, null, 'one byte too long'),
  { name: '1: an LF alone', header: 'PROXY TCP4 192.0.2.1 198.51.100.2 1 2\n', address: null },
  { name: '1: a CR alone', header: 'PROXY TCP4 192.0.2.1 198.51.100.2 1 2\rx', address: null },
  { name: '1: an LF within UNKNOWN', header: 'PROXY UNKNOWN \n\r\n', address: null },
  { name: '1: without an end', header: `PROXY UNKNOWN ${'x'.repeat(200)}`, address: null },
  { name: '1: in lower case', header: 'proxy TCP4 192.0.2.1 198.51.100.2 1 2\r\n', address: null },
  { name: '1: another word', header: 'PROXYTCP4 192.0.2.1 198.51.100.2 1 2\r\n', address: null },
];

export const binaries: readonly ProxyCase[] = [
  { name: '2: TCP over IPv4', header: binary(0x21, 0x11, INET), address: '192.0.2.1' },
  { name: '2: UDP over IPv4', header: binary(0x21, 0x12, INET), address: '192.0.2.1' },
  { name: '2: TCP over IPv6', header: binary(0x21, 0x21, INET6), address: '2001:db8::1' },
  { name: '2: an IPv4 address as IPv6', header: binary(0x21, 0x21, MAPPED), address: '::ffff:192.0.2.1' },
  { name: '2: a unix socket', header: binary(0x21, 0x31, UNIX), address: 'unix' },
  { name: '2: LOCAL', header: binary(0x20, 0x00, ''), address: undefined },
  { name: '2: LOCAL with addresses', header: binary(0x20, 0x11, INET), address: undefined },
  { name: '2: LOCAL, and nothing of it makes sense', header: binary(0x20, 0xff, 'xyz'), address: undefined },
  { name: '2: UNSPEC', header: binary(0x21, 0x00, ''), address: undefined },
  { name: '2: UNSPEC with something', header: binary(0x21, 0x00, 'something'), address: undefined },
  { name: '2: an unspecified transport', header: binary(0x21, 0x10, INET), address: undefined },
  { name: '2: TLVs', header: binary(0x21, 0x11, INET + tlv(2, 'example.com') + tlv(4, '') + tlv(0xea, 'x'.repeat(300))), address: '192.0.2.1' },
  { name: '2: a checksum', header: summed(0x21, 0x11, INET), address: '192.0.2.1' },
  { name: '2: a checksum between others', header: summed(0x21, 0x21, INET6 + tlv(2, 'example.com'), tlv(4, 'padding')), address: '2001:db8::1' },
  { name: '2: the longest', header: binary(0x21, 0x11, INET + tlv(4, 'x'.repeat(16_384 - 16 - 12 - 3))), address: '192.0.2.1' },
  { name: '2: too long', header: binary(0x21, 0x11, INET + tlv(4, 'x'.repeat(16_384 - 16 - 12 - 2))), address: null },
  { name: '2: as long as it can say', header: binary(0x21, 0x11, INET, 65_535), address: null },
  { name: '2: a wrong checksum', header: binary(0x21, 0x11, INET + tlv(3, 'abcd')), address: null },
  { name: '2: a checksum of zeros', header: binary(0x21, 0x11, INET + tlv(3, '\0\0\0\0')), address: null },
  { name: '2: a changed address under a checksum', header: summed(0x21, 0x11, INET).replace('\xc0\0\x02\x01', '\xc0\0\x02\x02'), address: null },
  { name: '2: a checksum of three bytes', header: binary(0x21, 0x11, INET + tlv(3, 'abc')), address: null },
  { name: '2: two checksums', header: summed(0x21, 0x11, INET, tlv(3, '\0\0\0\0')), address: null },
  { name: '2: a TLV that does not end', header: binary(0x21, 0x11, INET + tlv(2, 'abc', 4)), address: null },
  { name: '2: a TLV without a length', header: binary(0x21, 0x11, `${INET}\x02\0`), address: null },
  { name: '2: addresses too short', header: binary(0x21, 0x11, INET.slice(1)), address: null },
  { name: '2: IPv4 addresses for IPv6', header: binary(0x21, 0x21, INET), address: null },
  { name: '2: a unix socket too short', header: binary(0x21, 0x31, UNIX.slice(1)), address: null },
  { name: '2: version 1', header: binary(0x11, 0x11, INET), address: null },
  { name: '2: version 3', header: binary(0x31, 0x11, INET), address: null },
  { name: '2: an unknown command', header: binary(0x22, 0x11, INET), address: null },
  { name: '2: an unknown family', header: binary(0x21, 0x41, INET), address: null },
  { name: '2: an unknown transport', header: binary(0x21, 0x13, INET), address: null },
  { name: '2: a signature with another end', header: binary(0x21, 0x11, INET).replace('QUIT\n', 'QUIT\r'), address: null },
];

/** What no proxy says. */
export const others: readonly ProxyCase[] = ['GET / HTTP/1.1\r\nHost: a\r\n\r\n', '\r\nGET / HTTP/1.1\r\n\r\n', '\r\n\r\nGET', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', '\x16\x03\x01', ' PROXY UNKNOWN\r\n', 'POST / HTTP/1.1\r\n', '\0']
  .map((header) => ({ name: JSON.stringify(header), header, address: null }));
