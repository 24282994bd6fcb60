/**
 * Via, RFC 9110 §7.6.3: the proxies on the way of a message, each of which adds itself at the end.
 *
 *   Via               = #( received-protocol RWS received-by [ RWS comment ] )
 *   received-protocol = [ protocol-name "/" ] protocol-version      the name is left out where it is HTTP
 *   received-by       = pseudonym [ ":" port ]                      pseudonym = token, or the name of a host
 */
import { listElements, tokenEnd, trimmed, whitespaceEnd } from './list-members.ts';

/** @param existing lines joined by commas. @param protocolVersion of the message that was received. @param pseudonym a token. */
export function appendVia(existing: string | undefined, protocolVersion: '1.0' | '1.1' | '2' | '3', pseudonym: string): string {
  const before = trimmed(existing ?? '');
  return before === '' ? `${protocolVersion} ${pseudonym}` : `${before}, ${protocolVersion} ${pseudonym}`;
}

/**
 * How often a message has been here already. Names of hosts have no case.
 *
 * Commas in comments are taken for separators: one comment that a client leaves open would otherwise hide us from ourselves, and a
 * loop would never end. Who puts our name in a comment gets the refusal that it asks for.
 */
export function loops(via: string | undefined, pseudonym: string): number {
  const wanted = pseudonym.toLowerCase();
  return listElements(via ?? '').filter((element) => receivedBy(element).toLowerCase() === wanted).length;
}

/** '' where there is none. */
function receivedBy(element: string): string {
  let protocolEnd = tokenEnd(element, 0);
  if (element.charAt(protocolEnd) === '/') protocolEnd = tokenEnd(element, protocolEnd + 1);
  const start = whitespaceEnd(element, protocolEnd);
  let end = start;
  while (end < element.length && !' \t('.includes(element.charAt(end))) end++;
  return start === protocolEnd ? '' : element.slice(start, end);
}
