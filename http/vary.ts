/**
 * Vary, RFC 9110 §12.5.5, and the cache keys that it makes, RFC 9111 §4.1.
 *
 *   Vary = #( "*" / field-name )      names in any case
 *
 * "The header fields from two requests are defined to match if and only if those in the first request can be transformed to those in
 * the second" by whitespace "where allowed in the header field's syntax", by combining lines, and by normalising "in a way that is known
 * to have identical semantics". So a field whose syntax we do not know is taken as it is, and in doubt nothing matches.
 */
import { isToken, listElements, listMembers, trimmed } from './list-members.ts';
import { canonicalPreferences, type NegotiationField } from './negotiation.ts';

export interface SelectingFields {
  /** The lines of a field joined by ", "; undefined where it is absent. */
  fieldNamed(name: string): string | undefined;
}

/** §4.1: absent "can only match another request if it is also absent there". No field value has a NUL. */
export const FIELD_ABSENT = '\0absent';

/** A longer value is not looked into. */
const VALUE_CHARACTERS_MAX = 1024;

const negotiationFields: ReadonlySet<string> = new Set<NegotiationField>(['accept', 'accept-charset', 'accept-encoding', 'accept-language']);

/** Lists by their definitions, quoted strings and all (RFC 8941 for those of Client Hints), that an origin may vary by. */
const listFields: ReadonlySet<string> = new Set([
  'a-im', 'cache-control', 'forwarded', 'prefer', 'sec-ch-ua', 'sec-ch-ua-form-factors', 'sec-ch-ua-full-version-list', 'want-content-digest',
  'want-repr-digest', 'x-forwarded-for',
]);

/** In lower case, sorted, each once. '*', which no request ever matches, also for a value that is malformed. */
export function varyNames(value: string | undefined): readonly string[] | '*' {
  const names = new Set<string>();
  for (const name of listElements(value ?? '')) {
    if (name === '*' || !isToken(name)) return '*';
    names.add(name.toLowerCase());
  }
  return [...names].sort();
}

/** Equal for two requests exactly where this field of theirs matches, as far as we know its meaning. @param name in lower case. */
export function selectingValue(name: string, request: SelectingFields): string {
  const value = request.fieldNamed(name);
  if (value === undefined) return FIELD_ABSENT;
  const plain = trimmed(value);
  if (plain.length > VALUE_CHARACTERS_MAX) return plain;
  if (isNegotiationField(name)) return canonicalPreferences(name, plain) ?? plain;
  return listFields.has(name) ? (listMembers(plain)?.join(',') ?? plain) : plain;
}

/** In the order of `names`. */
export function selectingValues(names: readonly string[], request: SelectingFields): readonly string[] {
  return names.map((name) => selectingValue(name, request));
}

function isNegotiationField(name: string): name is NegotiationField {
  return negotiationFields.has(name);
}
