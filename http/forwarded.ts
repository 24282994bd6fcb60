/**
 * Who asked, for the origin: Forwarded, RFC 7239, and the X-Forwarded-* that it is meant to replace.
 *
 *   Forwarded         = 1#forwarded-element
 *   forwarded-element = [ forwarded-pair ] *( ";" [ forwarded-pair ] )
 *   forwarded-pair    = token "=" ( token / quoted-string )           names in any case, each once in an element
 *   node              = nodename [ ":" node-port ]                    nodename = IPv4 / "[" IPv6 "]" / "unknown" / obfnode
 *
 * Whom to believe is the caller's decision: what a peer that is not trusted has sent is not passed in. What a trusted one has sent
 * is passed on only where it is well-formed, because a quoted string that somebody left open would swallow the element that we add.
 */
import { listElements, listMembers, quotedStringEnd, tokenEnd, UNTERMINATED, whitespaceEnd } from './list-members.ts';
import type { FieldList } from './response.ts';

/** One hop: who sent the request, to whom, asking for what. */
export interface Hop {
  /** An IP address as text; anything else, such as '' of a unix socket, is "unknown". A zone ("%eth0") is left out. */
  readonly address: string;
  /** The address that it came in on, or an identifier that begins with "_" (§6.3). */
  readonly by?: string | undefined;
  /** The Host that was asked for. */
  readonly host: string | undefined;
  readonly proto: 'http' | 'https';
}

/** What a trusted peer has sent; undefined where it has not, or is not trusted. */
export interface ForwardingFields {
  readonly forwarded?: string | undefined;
  readonly xForwardedFor?: string | undefined;
  readonly xForwardedHost?: string | undefined;
  readonly xForwardedProto?: string | undefined;
}

const ipv4 = /^\d{1,3}(?:\.\d{1,3}){3}$/;
const ipv6 = /^[0-9a-f:.]{2,45}$/i;
const mappedIpv4 = /^::ffff:(?=\d+\.)/i;
const obfuscated = /^_[0-9A-Za-z._-]+$/;

/** Forwarded, X-Forwarded-For, -Proto and -Host as the origin gets them. Host and protocol are the first hop's: what the user asked for. */
export function forwardingFields(hop: Hop, trusted: ForwardingFields = {}): FieldList {
  const fields: [string, string][] = [
    ['Forwarded', appendForwarded(trusted.forwarded, forwardedElement(hop))],
    ['X-Forwarded-For', appendForwardedFor(trusted.xForwardedFor, hop.address)],
    ['X-Forwarded-Proto', listElements(trusted.xForwardedProto ?? '')[0] ?? hop.proto],
  ];
  const host = listElements(trusted.xForwardedHost ?? '')[0] ?? hop.host;
  if (host !== undefined && host !== '') fields.push(['X-Forwarded-Host', host]);
  return fields;
}

/** One forwarded-element. A host that no quoted-string can hold is left out. */
export function forwardedElement({ address, by, host, proto }: Hop): string {
  const pairs = [`for=${tokenOrQuoted(nodeOf(address))}`];
  if (by !== undefined) pairs.push(`by=${tokenOrQuoted(nodeOf(by))}`);
  if (host !== undefined && host !== '' && !/[^\t -~\x80-\xff]/.test(host)) pairs.push(`host=${tokenOrQuoted(host)}`);
  pairs.push(`proto=${proto}`);
  return pairs.join(';');
}

/** @param existing dropped where it is no list of forwarded-elements. */
export function appendForwarded(existing: string | undefined, element: string): string {
  const before = existing === undefined ? undefined : listMembers(existing);
  return before === undefined || before.length === 0 || !before.every(isElement) ? element : `${before.join(', ')}, ${element}`;
}

/** X-Forwarded-For has no grammar but commas; an IPv6 address has no brackets there. */
export function appendForwardedFor(existing: string | undefined, address: string): string {
  return [...listElements(existing ?? ''), plainAddress(address) ?? 'unknown'].join(', ');
}

function isElement(text: string): boolean {
  for (let i = 0; i < text.length; i++) {
    i = whitespaceEnd(text, i);
    if (text.charAt(i) !== ';') i = pairEnd(text, i);
    if (i === UNTERMINATED) return false;
    i = whitespaceEnd(text, i);
    if (i < text.length && text.charAt(i) !== ';') return false;
  }
  return true;
}

/** UNTERMINATED also where no pair begins at `start`. */
function pairEnd(text: string, start: number): number {
  const nameEnd = tokenEnd(text, start);
  if (nameEnd === start || text.charAt(nameEnd) !== '=') return UNTERMINATED;
  if (text.charAt(nameEnd + 1) === '"') return quotedStringEnd(text, nameEnd + 1);
  const end = tokenEnd(text, nameEnd + 1);
  return end === nameEnd + 1 ? UNTERMINATED : end;
}

function nodeOf(address: string): string {
  if (obfuscated.test(address)) return address;
  const plain = plainAddress(address);
  if (plain === undefined) return 'unknown';
  return plain.includes(':') ? `[${plain}]` : plain;
}

/** An IPv4 address that a socket for both families shows as ::ffff:192.0.2.1 is itself. undefined where it is no address. */
function plainAddress(address: string): string | undefined {
  const zone = address.indexOf('%');
  const plain = address.slice(0, zone < 0 ? undefined : zone).replace(mappedIpv4, '');
  return ipv4.test(plain) || (ipv6.test(plain) && plain.includes(':')) ? plain.toLowerCase() : undefined;
}

/** §4: "Note that as ":" and "[]" are not valid characters in token, IPv6 addresses are written as quoted-string". */
function tokenOrQuoted(text: string): string {
  return tokenEnd(text, 0) === text.length ? text : `"${text.replaceAll(/["\\]/g, '\\$&')}"`;
}
