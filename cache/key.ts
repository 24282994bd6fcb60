// The primary cache key, RFC 9111 §2: the target URI of a GET. Raw as it was asked for: two spellings of one resource are two keys,
// never one key of two resources.

/** @param authority as the client said it; the default port is not part of it (RFC 9110 §4.2.3). @param query with its '?'. */
export function primaryKey(scheme: 'http' | 'https', authority: string, path: string, query: string): string {
  return `${scheme}://${normalAuthority(scheme, authority)}${path}${query}`;
}

/** The key of an absolute URI, as a response names one. */
export function keyOfUri(uri: string): string | undefined {
  const parsed = URL.canParse(uri) ? new URL(uri) : undefined;
  return parsed === undefined ? undefined : `${parsed.protocol}//${parsed.host}${parsed.pathname}${parsed.search}`;
}

function normalAuthority(scheme: string, authority: string): string {
  const host = authority.toLowerCase();
  if (host.endsWith(':')) return host.slice(0, -1); // an empty port is the default one (RFC 3986 §6.2.3)
  const port = scheme === 'http' ? ':80' : ':443';
  return host.endsWith(port) ? host.slice(0, -port.length) : host;
}
