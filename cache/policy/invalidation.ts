// Which stored responses an unsafe request makes invalid, RFC 9111 §4.4.
import type { FieldList } from '../../http/response.ts';
import { linesOf } from './message.ts';

/** RFC 9110 §9.2.1. A method whose safety is unknown is unsafe. */
const safeMethods: ReadonlySet<string> = new Set(['GET', 'HEAD', 'OPTIONS', 'TRACE']);

/** Longer references are not looked at: no stored response has such a URI. */
const REFERENCE_CHARACTERS_MAX = 8192;

/**
 * URIs to invalidate: the target, and what Location and Content-Location name where that is of the same origin ("helps prevent
 * denial-of-service attacks"). None after an error, and none for safe methods. Malformed references are left out.
 * @param targetUri absolute, http or https; it is returned as it is, the others as the URL standard writes them, without fragment.
 */
export function invalidated(methodText: string, status: number, targetUri: string, fields: FieldList): readonly string[] {
  if (safeMethods.has(methodText) || !(status >= 200 && status <= 399)) return [];
  const uris = new Set([targetUri]);
  const target = parseUri(targetUri, undefined);
  if (target === undefined) return [...uris];
  for (const name of ['location', 'content-location']) {
    // They are no lists: of several lines the first is followed by those that follow them at all.
    const reference = linesOf(fields, name)[0];
    const uri = reference === undefined ? undefined : parseUri(reference, target);
    if (uri?.origin === target.origin && uri.href !== target.href) uris.add(uri.href);
  }
  return [...uris];
}

/** Bytes above 0x7F are those of the value; a URL would take them for characters, and encode these. */
function parseUri(reference: string, base: URL | undefined): URL | undefined {
  if (reference.length > REFERENCE_CHARACTERS_MAX) return undefined;
  const ascii = reference.replaceAll(/[\x80-\xff]/g, (byte) => `%${byte.charCodeAt(0).toString(16).toUpperCase()}`);
  if (!URL.canParse(ascii, base?.href)) return undefined;
  const uri = new URL(ascii, base);
  uri.hash = '';
  uri.username = '';
  uri.password = '';
  return uri.protocol === 'http:' || uri.protocol === 'https:' ? uri : undefined;
}
