/**
 * Fields of one connection, which a proxy takes off before it forwards a message, RFC 9110 §7.6.1.
 *
 *   Connection = #connection-option      connection-option = token, in any case
 *
 * Connection and every field that it names are removed (MUST), and those that are known to need it are removed whether it names
 * them or not (SHOULD). "A sender MUST NOT send a connection option corresponding to a field that is intended for all recipients of
 * the content": such an option is ignored. Obeyed, it would let a client take away what a proxy before us has vouched for, or have the
 * origin answer a request other than the one that is looked up in the cache; and let an origin's slip make public what is private.
 * A proxy that generates a field of its own (Host, Content-Length, Via, Forwarded) does so afterwards, so that nobody can name it away.
 */
import { isToken, listElements } from './list-members.ts';
import type { FieldList } from './response.ts';

/**
 * The SHOULD of §7.6.1; Trailer, which announces what comes after a body that is framed anew for the next hop; and proxy
 * authentication (§11.7), which is between two neighbours.
 */
const connectionFields = ['connection', 'keep-alive', 'proxy-connection', 'trailer', 'transfer-encoding', 'upgrade'];
const requestConnectionFields: ReadonlySet<string> = new Set([...connectionFields, 'http2-settings', 'proxy-authorization', 'te']);
const responseConnectionFields: ReadonlySet<string> = new Set([...connectionFields, 'proxy-authenticate', 'proxy-authentication-info']);

/** Intended for all recipients, by their definitions. */
const endToEndFields: ReadonlySet<string> = new Set([
  // RFC 9110 §7.2, §8, §10
  'host', 'content-type', 'content-length', 'content-encoding', 'content-language', 'content-location', 'content-range', 'date', 'location', 'max-forwards',
  'retry-after', 'expect', 'origin', 'referer', 'user-agent',
  // RFC 9110 §11, RFC 6265: who asks, and who is told
  'authorization', 'www-authenticate', 'authentication-info', 'cookie', 'set-cookie',
  // RFC 9110 §8.8, §12, §13, §14: which representation
  'etag', 'last-modified', 'vary', 'accept', 'accept-charset', 'accept-encoding', 'accept-language', 'accept-ranges', 'range', 'if-match', 'if-none-match',
  'if-modified-since', 'if-unmodified-since', 'if-range',
  // RFC 9111, RFC 9213, RFC 9211: for how long
  'age', 'cache-control', 'cdn-cache-control', 'pagecast-cache-control', 'cache-status', 'expires', 'no-vary-search', 'pragma',
  // RFC 9110 §7.6.3, RFC 7239, RFC 8586: on which way
  'via', 'forwarded', 'x-forwarded-for', 'x-forwarded-host', 'x-forwarded-port', 'x-forwarded-proto', 'x-real-ip', 'cdn-loop',
]);

/** What is forwarded of a request, in its order. */
export function endToEndRequest(fields: FieldList): FieldList {
  return withoutFields(fields, requestConnectionFields);
}

/** What is forwarded, and stored (RFC 9111 §3.1), of a response, in its order. */
export function endToEndResponse(fields: FieldList): FieldList {
  return withoutFields(fields, responseConnectionFields);
}

function withoutFields(fields: FieldList, always: ReadonlySet<string>): FieldList {
  const named = namedFields(fields);
  return fields.filter(([name]) => {
    const lower = name.toLowerCase();
    return !always.has(lower) && !named.has(lower);
  });
}

/** Of all lines of Connection; what is no token names nothing. */
function namedFields(fields: FieldList): ReadonlySet<string> {
  const named = new Set<string>();
  for (const [name, value] of fields) {
    if (name.toLowerCase() !== 'connection') continue;
    for (const option of listElements(value)) {
      const lower = option.toLowerCase();
      if (isToken(option) && !endToEndFields.has(lower)) named.add(lower);
    }
  }
  return named;
}
