/**
 * From an authority (the value of Host, RFC 9110 §7.2) to the name of a folder: one folder for each site of a server with many.
 *
 *   authority = host [ ":" port ]            RFC 3986 §3.2
 *   host      = label *( "." label ) [ "." ] / "[" IPv6address "]"
 *   label     = 1*63( ALPHA / DIGIT / "-" / "_" )
 *
 * Narrower than RFC 3986, which has reg-names of almost anything: this is what a DNS name can be (RFC 1123 §2.1, RFC 1035 §2.3.4), with
 * the underscore that people use all the same. A name in another script comes as punycode (RFC 5890), and stays so. No result has a
 * slash, begins with a dot or is longer than a file name may be, so that none leads out of the folder that it is looked for in.
 */
import { isIPv6 } from 'node:net';

const NAME_CHARACTERS_MAX = 253;
const PORT_MAX = 65_535;

/** A name of full length with its last dot, and a port of five digits. */
const AUTHORITY_CHARACTERS_MAX = NAME_CHARACTERS_MAX + 1 + 6;

/** The trailing dot, which makes a name absolute, is no part of it. The port may be empty (RFC 3986 §3.2.3). */
const namedAuthority = /^((?:[a-z0-9_-]{1,63}\.)*[a-z0-9_-]{1,63})\.?(?::(\d*))?$/i;
const literalAuthority = /^\[([0-9a-f:.]+)\](?::(\d*))?$/i;

/**
 * The host in lower case, without port and last dot: `example.com`, `127.0.0.1`, `[::1]`, the last as it was written, not in
 * its shortest form. undefined for what is no such host.
 */
export function hostName(authority: string): string | undefined {
  if (authority.length > AUTHORITY_CHARACTERS_MAX) return undefined;
  const literal = literalAuthority.exec(authority);
  const [, host, port = ''] = literal ?? namedAuthority.exec(authority) ?? [];
  if (host === undefined || Number(port) > PORT_MAX) return undefined;
  if (literal) return isIPv6(host) ? `[${host.toLowerCase()}]` : undefined;
  return host.length <= NAME_CHARACTERS_MAX ? host.toLowerCase() : undefined;
}
