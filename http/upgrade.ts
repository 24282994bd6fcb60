/**
 * Which protocols a connection is asked to change to, RFC 9110 §7.8.
 *
 *   Upgrade       = #protocol              protocol         = protocol-name [ "/" protocol-version ]
 *   protocol-name = token                  protocol-version = token
 *
 * Upgrade counts only where it is meant for this very connection: in HTTP/1.1 ("A server that receives an Upgrade header field in an
 * HTTP/1.0 request MUST ignore that Upgrade field"), and with the connection option `upgrade`, which whoever sends Upgrade MUST send too.
 * Here it counts for GET without content alone: the request of a WebSocket handshake (RFC 6455 §4.1), and no content in the way.
 */
import { FIELD_CONNECTION, FIELD_UPGRADE, METHOD_GET, type RequestHead } from './head.ts';
import { isToken, listElements } from './list-members.ts';
import type { FieldList } from './response.ts';

/** Names of HTTP itself (RFC 9110 §16.7, RFC 9113 §3.1) and of TLS (RFC 2817): within a tunnel of these are requests that nobody here has looked at. */
export const hiddenProtocols: ReadonlySet<string> = new Set(['h2', 'h2c', 'h3', 'http', 'tls']);

/** Of those asked for, in their order and as they were sent, the ones whose name is in `names` (lower case); undefined: none, Upgrade is ignored. */
export function askedProtocols(request: RequestHead, names: ReadonlySet<string>): string | undefined {
  if (!request.has(FIELD_UPGRADE) || request.versionMinor === 0 || request.method !== METHOD_GET || request.hasBody) return undefined;
  if (!listElements(request.field(FIELD_CONNECTION) ?? '').some((option) => option.toLowerCase() === 'upgrade')) return undefined;
  const protocols = listElements(request.field(FIELD_UPGRADE) ?? '').filter((protocol) => isProtocol(protocol) && names.has(protocolName(protocol)));
  return protocols.length === 0 ? undefined : protocols.join(', ');
}

/** The fields of a 101 for the next connection: end-to-end ones, and those two of the one that it has come on. @param fields as they were sent. */
export function switchingFields(fields: FieldList, endToEnd: FieldList): FieldList {
  const upgrade = fields.filter(([name]) => name.toLowerCase() === 'upgrade').map(([, value]) => value);
  return [['Connection', 'Upgrade'], ['Upgrade', upgrade.join(', ')], ...endToEnd];
}

function isProtocol(text: string): boolean {
  const parts = text.split('/');
  return parts.length <= 2 && parts.every(isToken);
}

function protocolName(protocol: string): string {
  const slash = protocol.indexOf('/');
  return (slash < 0 ? protocol : protocol.slice(0, slash)).toLowerCase();
}
