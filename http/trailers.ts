/**
 * Trailer fields of a response on their way through a proxy, RFC 9110 §6.5.
 *
 *   TE       = #t-codings      t-codings = "trailers" / ( transfer-coding [ weight ] )      §10.1.4
 *   Trailer  = #field-name                                                                  §6.6.2
 *
 * Who forwards them keeps them apart from the header: none of them ever says what a header field of its name would (§6.5.1). They go to
 * clients that take them, "trailers" in TE, and to no others. Some names go nowhere: "their evaluation is necessary prior to receiving the
 * content", so that a recipient which merges them into the header all the same would let what comes last rule over what came first.
 */
import { endToEndResponse } from './connection-fields.ts';
import { isToken, listElements, listMembers } from './list-members.ts';
import type { FieldList } from './response.ts';

/**
 * §6.5.1, in its order. Not among them are the fields whose definitions allow them in trailers: ETag (§8.8.3), Accept-Ranges (§14.3),
 * Authentication-Info (§11.6.3), Content-Digest and Repr-Digest (RFC 9530 §2, §3), Proxy-Status (RFC 9209 §2).
 */
const headerOnlyFields: ReadonlySet<string> = new Set([
  // message framing: with the fields of one connection, which endToEndResponse takes off
  'content-length', 'te', 'http2-settings',
  // routing
  'host', 'via', 'forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-proto', 'x-real-ip', 'cdn-loop', 'alt-svc',
  // authentication, and what is taken for it (RFC 6265)
  'authorization', 'proxy-authorization', 'www-authenticate', 'cookie', 'cookie2', 'set-cookie', 'set-cookie2',
  // request modifiers: controls, conditions, negotiation, context
  'expect', 'max-forwards', 'pragma', 'range', 'if-match', 'if-modified-since', 'if-none-match', 'if-range', 'if-unmodified-since', 'early-data',
  'accept', 'accept-charset', 'accept-encoding', 'accept-language', 'from', 'origin', 'referer', 'user-agent',
  // response controls: of caches, of clients, of browsers
  'age', 'cache-control', 'expires', 'vary', 'warning', 'cache-status', 'no-vary-search', 'surrogate-control', 'surrogate-key', 'cache-tag', 'xkey',
  'date', 'location', 'retry-after', 'allow', 'server', 'refresh', 'link', 'clear-site-data', 'strict-transport-security', 'content-security-policy',
  'content-security-policy-report-only', 'permissions-policy', 'referrer-policy', 'x-content-type-options', 'x-frame-options', 'timing-allow-origin',
  // content format, and the rest of what describes a representation
  'content-type', 'content-encoding', 'content-language', 'content-location', 'content-range', 'content-disposition', 'last-modified',
]);
/** Targeted fields (RFC 9213 §2.2), CORS, and what servers say to the proxies before them. */
const HEADER_ONLY_FAMILIES = /^(?:[\w-]+-cache-control|access-control-.+|cross-origin-.+|sec-.+|x-accel-.+|x-sendfile)$/;

/** Whether who sent this TE takes trailer fields. A weight makes it no "trailers". @param te its lines, joined; undefined: there is none. */
export function acceptsTrailers(te: string | undefined): boolean {
  return te !== undefined && (listMembers(te)?.some((member) => member.toLowerCase() === 'trailers') ?? false);
}

/** What may be forwarded of a trailer section, in its order. @param head fields of the header as they were sent: Connection names trailer fields, too (§7.6.1). */
export function forwardedTrailers(head: FieldList, trailers: FieldList): FieldList {
  const options = head.filter(([name]) => name.toLowerCase() === 'connection');
  return endToEndResponse([...options, ...trailers]).filter(([name]) => isForwarded(name));
}

/** What may be forwarded of the names that Trailer announces, as a new value for it; undefined: nothing. @param head as above. */
export function announcedTrailers(head: FieldList): string | undefined {
  const values = head.filter(([name]) => name.toLowerCase() === 'trailer').flatMap(([, value]) => listElements(value));
  const names = forwardedTrailers(head, values.filter(isToken).map((name) => [name, ''] as const)).map(([name]) => name);
  return names.length === 0 ? undefined : names.join(', ');
}

function isForwarded(name: string): boolean {
  const lower = name.toLowerCase();
  return !headerOnlyFields.has(lower) && !HEADER_ONLY_FAMILIES.test(lower);
}
