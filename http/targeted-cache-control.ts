/**
 * Targeted cache control such as CDN-Cache-Control, RFC 9213 §2.1: the directives of a response as a Dictionary of RFC 9651.
 *
 *   no value        a Boolean, true                       of max-age and its like: malformed
 *   delta-seconds   an Integer                            any other type: malformed, "60" and 60.0 too
 *   field names     a String or a Token                   any other type: unqualified
 *
 * "Implementations SHOULD NOT consume values that violate these inferred constraints": a lifetime of another type is there and
 * malformed (NaN), which makes a response stale and never fresh. Of a false Boolean the RFC says nothing; it is the directive not
 * being there. Parameters "are to be ignored".
 */
import { type CacheDirectives, type DirectiveArgument, DirectiveCollector, directiveKind } from './cache-directives.ts';
import { type ListMember, parseDictionary } from './structured-fields.ts';

/**
 * undefined: "empty, or a parsing error is encountered, that field MUST be ignored", and the next field of the target list or
 * Cache-Control counts. A field whose directives are all unknown is not ignored (§3.1, "none").
 * @param value its lines joined by commas; undefined where it is absent.
 */
export function parseTargeted(value: string | undefined): CacheDirectives | undefined {
  const dictionary = value === undefined ? undefined : parseDictionary(value);
  if (dictionary === undefined || dictionary.size === 0) return undefined;
  const collector = new DirectiveCollector();
  for (const [name, member] of dictionary) {
    if (member.kind !== 'boolean' || member.value) collector.take(name, argumentOf(name, member));
  }
  return collector.finish();
}

function argumentOf(name: string, member: ListMember): DirectiveArgument {
  if (member.kind === 'boolean') return undefined;
  switch (directiveKind(name)) {
    case 'seconds':
      return member.kind === 'integer' ? String(member.value) : null;
    case 'names':
      return member.kind === 'string' || member.kind === 'token' ? member.value : null;
    default:
      return '';
  }
}
