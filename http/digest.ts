/**
 * Repr-Digest and Want-Repr-Digest, RFC 9530 §3 and §4: a Dictionary of RFC 9651.
 *
 *   sf-dictionary  = dict-member *( OWS "," OWS dict-member )
 *   dict-member    = key ( parameters / ( "=" ( sf-item / inner-list ) ) )
 *   inner-list     = "(" *SP [ sf-item *( 1*SP sf-item ) *SP ] ")" parameters
 *   parameters     = *( ";" *SP key [ "=" bare-item ] )
 *   key            = ( lcalpha / "*" ) *( lcalpha / DIGIT / "_" / "-" / "." / "*" )
 *
 * "If parsing fails, the entire field value MUST be ignored" (§4.2), so all of it is parsed for the one member that is asked for.
 * Each function below takes the offset of what it reads and returns the one behind it, or MALFORMED.
 */
import { tokenCharacters } from './characters.ts';

/** 'absent': also where the field does not parse, or the preference is not an integer from 0 to 10: a preference is "only a hint". */
export type DigestPreference = 'absent' | 'wanted' | 'refused';

const SHA256_BYTES = 32;
const PREFERENCE_MAX = 10;
const MALFORMED = -1;

/** sf-integer: 15 digits; sf-decimal: 12 and 3. A string of RFC 9651 §3.3.3 escapes the two characters only, and is ASCII. */
const numberPattern = /-?(?:\d{1,12}\.\d{1,3}|\d{1,15})(?![\d.])/y;
const datePattern = /@-?\d{1,15}(?![\d.])/y;
const keyPattern = /[a-z*][a-z0-9_\-.*]*/y;
const stringPattern = /"(?:[ !#-[\]-~]|\\["\\])*"/y;
const bytesPattern = /:[A-Za-z0-9+/=]*:/y;
const displayPattern = /%"((?:[ !#$&-~]|%[0-9a-f]{2})*)"/y;

/** The value of Repr-Digest. Throws where it is not given 32 bytes. */
export function reprDigest(sha256: Uint8Array): string {
  if (sha256.length !== SHA256_BYTES) throw new Error(`not a SHA-256: ${sha256.length} bytes`);
  return `sha-256=:${Buffer.from(sha256).toString('base64')}:`;
}

/** @param value of Want-Repr-Digest, its lines joined by commas; undefined where it is absent. */
export function wantsDigest(value: string | undefined, algorithm: 'sha-256'): DigestPreference {
  const member = value === undefined ? undefined : memberOf(value, algorithm);
  if (member === undefined || !/^-?\d+$/.test(member)) return 'absent';
  const preference = Number(member);
  if (preference < 0 || preference > PREFERENCE_MAX) return 'absent';
  return preference === 0 ? 'refused' : 'wanted';
}

/** The text of a member's value without its parameters, '' for a bare key, undefined for none. The last one of a name counts (§4.2.2). */
function memberOf(text: string, wanted: string): string | undefined {
  let found: string | undefined;
  let i = spacesEnd(text, 0);
  while (i < text.length) {
    const keyEnd = matchEnd(keyPattern, text, i);
    if (keyEnd === MALFORMED) return undefined;
    const valueStart = text.charAt(keyEnd) === '=' ? keyEnd + 1 : keyEnd;
    const valueEnd = valueStart === keyEnd ? keyEnd : memberValueEnd(text, valueStart);
    const end = valueEnd === MALFORMED ? MALFORMED : parametersEnd(text, valueEnd);
    if (end === MALFORMED) return undefined;
    if (text.slice(i, keyEnd) === wanted) found = text.slice(valueStart, valueEnd);
    i = whitespaceEnd(text, end);
    if (i === text.length) return found;
    if (text.charAt(i) !== ',') return undefined;
    i = whitespaceEnd(text, i + 1);
    if (i === text.length) return undefined;
  }
  return found;
}

function memberValueEnd(text: string, start: number): number {
  return text.charAt(start) === '(' ? innerListEnd(text, start + 1) : bareItemEnd(text, start);
}

/** Behind the ')', before the list's own parameters. */
function innerListEnd(text: string, start: number): number {
  let i = spacesEnd(text, start);
  while (i < text.length) {
    if (text.charAt(i) === ')') return i + 1;
    const itemEnd = bareItemEnd(text, i);
    i = itemEnd === MALFORMED ? MALFORMED : parametersEnd(text, itemEnd);
    if (i === MALFORMED || (text.charAt(i) !== ' ' && text.charAt(i) !== ')')) return MALFORMED;
    i = spacesEnd(text, i);
  }
  return MALFORMED;
}

function parametersEnd(text: string, start: number): number {
  let i = start;
  while (text.charAt(i) === ';') {
    i = matchEnd(keyPattern, text, spacesEnd(text, i + 1));
    if (i !== MALFORMED && text.charAt(i) === '=') i = bareItemEnd(text, i + 1);
    if (i === MALFORMED) return MALFORMED;
  }
  return i;
}

function bareItemEnd(text: string, start: number): number {
  switch (text.charAt(start)) {
    case '"':
      return matchEnd(stringPattern, text, start);
    case ':':
      return matchEnd(bytesPattern, text, start);
    case '?':
      return text.charAt(start + 1) === '0' || text.charAt(start + 1) === '1' ? start + 2 : MALFORMED;
    case '@':
      return matchEnd(datePattern, text, start);
    case '%':
      return displayStringEnd(text, start);
    default:
      return /[-0-9]/.test(text.charAt(start)) ? matchEnd(numberPattern, text, start) : tokenEnd(text, start);
  }
}

/** sf-token = ( ALPHA / "*" ) *( tchar / ":" / "/" ) */
function tokenEnd(text: string, start: number): number {
  if (!/[A-Za-z*]/.test(text.charAt(start))) return MALFORMED;
  let i = start + 1;
  while (tokenCharacters[text.charCodeAt(i)] === 1 || text.charAt(i) === ':' || text.charAt(i) === '/') i++;
  return i;
}

/** §4.2.10: what the percent-encoding stands for must be UTF-8. */
function displayStringEnd(text: string, start: number): number {
  const end = matchEnd(displayPattern, text, start);
  if (end === MALFORMED) return MALFORMED;
  const bytes = Buffer.from(text.slice(start + 2, end - 1).replaceAll(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))), 'latin1');
  return Buffer.from(bytes.toString('utf8'), 'utf8').equals(bytes) ? end : MALFORMED;
}

/** `pattern` is sticky. */
function matchEnd(pattern: RegExp, text: string, start: number): number {
  pattern.lastIndex = start;
  return pattern.test(text) ? pattern.lastIndex : MALFORMED;
}

function spacesEnd(text: string, start: number): number {
  let i = start;
  while (text.charAt(i) === ' ') i++;
  return i;
}

function whitespaceEnd(text: string, start: number): number {
  let i = start;
  while (text.charAt(i) === ' ' || text.charAt(i) === '\t') i++;
  return i;
}
