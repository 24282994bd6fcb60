/**
 * Lists in field values, as text: what list.ts is for bytes.
 *
 *   #element      = [ element ] *( OWS "," OWS [ element ] )      RFC 9110 §5.6.1.2: empty elements are skipped
 *   token         = 1*tchar                                       §5.6.2
 *   OWS           = *( SP / HTAB )                                §5.6.3
 *   quoted-string = DQUOTE *( qdtext / quoted-pair ) DQUOTE       §5.6.4; its characters were checked with the field line
 *
 * Each function takes an offset and returns the one behind what it has read, and none reads a character twice.
 */
import { tokenCharacters } from './characters.ts';

export const UNTERMINATED = -1;

export function whitespaceEnd(text: string, start: number): number {
  let i = start;
  while (isWhitespace(text.charCodeAt(i))) i++;
  return i;
}

/** `start` where no token begins there. */
export function tokenEnd(text: string, start: number): number {
  let i = start;
  while (tokenCharacters[text.charCodeAt(i)] === 1) i++;
  return i;
}

export function isToken(text: string): boolean {
  return text !== '' && tokenEnd(text, 0) === text.length;
}

/** Behind the closing quote of the string that begins at `start`, or UNTERMINATED. */
export function quotedStringEnd(text: string, start: number): number {
  for (let i = start + 1; i < text.length; i++) {
    const character = text.charAt(i);
    if (character === '"') return i + 1;
    if (character === '\\') i++;
  }
  return UNTERMINATED;
}

/** What a whole quoted-string stands for: without its quotes, quoted pairs replaced. */
export function unquoted(quotedString: string): string {
  return quotedString.slice(1, -1).replaceAll(/\\([^])/g, '$1');
}

/** Without the OWS around it. */
export function trimmed(text: string, start = 0, end: number = text.length): string {
  const first = whitespaceEnd(text, start);
  let last = end;
  while (last > first && isWhitespace(text.charCodeAt(last - 1))) last--;
  return text.slice(first, Math.max(first, last));
}

/** The elements between any two commas: of a list whose elements have no quoted strings. */
export function listElements(text: string): readonly string[] {
  const elements: string[] = [];
  for (let start = 0; start <= text.length;) {
    const comma = text.indexOf(',', start);
    const end = comma < 0 ? text.length : comma;
    const element = trimmed(text, start, end);
    if (element !== '') elements.push(element);
    start = end + 1;
  }
  return elements;
}

/** The elements between commas that are in no quoted string; undefined where one of those does not end. */
export function listMembers(text: string): readonly string[] | undefined {
  const members: string[] = [];
  let start = 0;
  for (let i = 0; i <= text.length; i++) {
    const character = text.charAt(i);
    if (character === '"') {
      const end = quotedStringEnd(text, i);
      if (end === UNTERMINATED) return undefined;
      i = end - 1;
    } else if (character === ',' || i === text.length) {
      const member = trimmed(text, start, i);
      if (member !== '') members.push(member);
      start = i + 1;
    }
  }
  return members;
}

function isWhitespace(code: number): boolean {
  return code === 0x20 || code === 0x09;
}
