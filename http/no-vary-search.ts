/**
 * No-Vary-Search, draft-ietf-httpbis-no-vary-search: which parts of a query do not select a response. A Dictionary of RFC 9651.
 *
 *   key-order   Boolean: the order of parameters with different names does not matter
 *   params      Boolean: no parameter matters; or an Inner List of Strings: those do not
 *   except      Inner List of Strings, beside params=?1: those do
 *
 * Names are urlencoded, and compared as what they stand for. Anything that the draft does not define is no rule at all: then every
 * query is its own, "which is an acceptable fallback behavior".
 */
import { type ListMember, parseDictionary } from './structured-fields.ts';

export interface SearchVariance {
  readonly ordered: boolean;
  /** Whether `names` are the parameters that matter, or the ones that do not. */
  readonly names: 'matter' | 'ignored';
  /** Decoded. */
  readonly parameters: ReadonlySet<string>;
}

/** A longer query is compared as it is. */
const QUERY_CHARACTERS_MAX = 64 * 1024;

/** undefined: the default, under which queries are equal where their bytes are. @param value lines joined by commas. */
export function parseNoVarySearch(value: string | undefined): SearchVariance | undefined {
  const dictionary = value === undefined ? undefined : parseDictionary(value);
  if (dictionary === undefined) return undefined;
  const keyOrder = booleanOf(dictionary.get('key-order'));
  const params = dictionary.get('params');
  const except = dictionary.get('except');
  const listed = params?.kind === 'inner-list';
  const all = listed ? false : booleanOf(params);
  if (keyOrder === undefined || all === undefined || (except !== undefined && !all)) return undefined;
  const parameters = namesOf(listed ? params : except);
  if (parameters === undefined) return undefined;
  // Such as params=(), which says nothing.
  if (!keyOrder && !all && parameters.size === 0) return undefined;
  return { ordered: !keyOrder, names: all ? 'matter' : 'ignored', parameters };
}

/**
 * Two queries are equal under a rule if and only if these are. The urlencoded parser of the WHATWG reads them, as the draft asks: it
 * drops empty parameters, takes "a" for "a=", and what is not UTF-8 for U+FFFD.
 * @param query with its '?', or '' where there is none; latin1. Without a rule "/" and "/?" differ, under any rule they do not.
 */
export function canonicalQuery(query: string, rule: SearchVariance | undefined): string {
  if (rule === undefined || query.length > QUERY_CHARACTERS_MAX) return query;
  const kept = new URLSearchParams();
  for (const [name, value] of pairsOf(query.slice(1))) {
    if (rule.parameters.has(name) === (rule.names === 'matter')) kept.append(name, value);
  }
  if (!rule.ordered) kept.sort();
  const canonical = kept.toString();
  return canonical === '' ? '' : `?${canonical}`;
}

/** false where it is absent, undefined where it is of another type. */
function booleanOf(member: ListMember | undefined): boolean | undefined {
  if (member === undefined) return false;
  return member.kind === 'boolean' ? member.value : undefined;
}

/** undefined where it is no list, or has an item that is no String. */
function namesOf(member: ListMember | undefined): ReadonlySet<string> | undefined {
  const names = new Set<string>();
  if (member === undefined) return names;
  if (member.kind !== 'inner-list') return undefined;
  for (const item of member.items) {
    if (item.kind !== 'string') return undefined;
    names.add(decodedName(item.value));
  }
  return names;
}

/** "parse a key": the separators of a query have no meaning in it. */
function decodedName(text: string): string {
  for (const [name] of pairsOf(text.replaceAll(/[&=]/g, encoded))) return name;
  return '';
}

/** What is no ASCII is a byte, and URLSearchParams would take it for a character. It would drop a '?' that is the query's own. */
function pairsOf(query: string): URLSearchParams {
  return new URLSearchParams(`&${query.replaceAll(/[\x80-\xff]/g, encoded)}`);
}

function encoded(character: string): string {
  return `%${character.charCodeAt(0).toString(16)}`;
}
