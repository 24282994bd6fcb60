/**
 * uri-host [ ":" port ], the value of Host and the authority of an absolute request target. RFC 9110 §7.2, RFC 3986 §3.2.
 *
 *   uri-host = IP-literal / IPv4address / reg-name      reg-name may be empty in RFC 3986; an http URI with an empty host is
 *   port     = *DIGIT                                   invalid (RFC 9110 §4.2.1), so an empty one is refused here
 *
 * Userinfo is refused with every other '@' (RFC 9110 §4.2.4), IPvFuture because nobody speaks it.
 */
import { COLON, digitValues, hexValues, NO_DIGIT, PERCENT, registeredNameCharacters } from './characters.ts';
import { canonicalIpv6, IPV6_CHARACTERS_MAX } from './ip-address.ts';
import { latin1Text } from './latin1.ts';

export const AUTHORITY_MALFORMED = -2;
export const PORT_ABSENT = -1;

/** See words.ts: a module's own constant is folded. */
const isRegisteredName = registeredNameCharacters;

const OPENING_BRACKET = 0x5b;
const CLOSING_BRACKET = 0x5d;
const PORT_MAX = 65_535;

/** The port, PORT_ABSENT where there is none or an empty one, or AUTHORITY_MALFORMED. */
export function authorityPort(bytes: Uint8Array, start: number, end: number): number {
  if (start === end) return AUTHORITY_MALFORMED;
  const hostEnd = bytes[start] === OPENING_BRACKET ? literalEnd(bytes, start, end) : registeredNameEnd(bytes, start, end);
  if (hostEnd <= start) return AUTHORITY_MALFORMED;
  if (hostEnd === end) return PORT_ABSENT;
  return bytes[hostEnd] === COLON ? portOf(bytes, hostEnd + 1, end) : AUTHORITY_MALFORMED;
}

function portOf(bytes: Uint8Array, start: number, end: number): number {
  if (start === end) return PORT_ABSENT;
  let port = 0;
  for (let i = start; i < end; i++) {
    const digit = digitValues[bytes[i]!]!;
    if (digit === NO_DIGIT) return AUTHORITY_MALFORMED;
    port = port * 10 + digit;
    if (port > PORT_MAX) return AUTHORITY_MALFORMED;
  }
  return port;
}

function registeredNameEnd(bytes: Uint8Array, start: number, end: number): number {
  let i = start;
  while (i < end) {
    const byte = bytes[i]!;
    if (isRegisteredName[byte] === 1) {
      i++;
    } else if (byte === PERCENT && i + 2 < end && isHex(bytes[i + 1]!) && isHex(bytes[i + 2]!)) {
      i += 3;
    } else {
      break;
    }
  }
  return i;
}

function literalEnd(bytes: Uint8Array, start: number, end: number): number {
  const stop = Math.min(end, start + 1 + IPV6_CHARACTERS_MAX + 1);
  let i = start + 1;
  while (i < stop && bytes[i] !== CLOSING_BRACKET) i++;
  return i < stop && canonicalIpv6(latin1Text(bytes, start + 1, i)) !== undefined ? i + 1 : -1;
}

function isHex(byte: number): boolean {
  return hexValues[byte] !== NO_DIGIT;
}
