/**
 * The character classes of HTTP/1.1 messages, one table of 256 bytes each, so that a scan costs one load per byte.
 *
 *   token          = 1*tchar                                     RFC 9110 §5.6.2
 *   field-vchar    = VCHAR / obs-text, between them SP / HTAB    RFC 9110 §5.5
 *   request-target : visible ASCII but '#'                       RFC 9112 §3.2, see targetCharacters
 */

export const HTAB = 0x09;
export const LF = 0x0a;
export const CR = 0x0d;
export const SP = 0x20;
export const DQUOTE = 0x22;
export const PERCENT = 0x25;
export const ASTERISK = 0x2a;
export const COMMA = 0x2c;
export const DOT = 0x2e;
export const SLASH = 0x2f;
export const COLON = 0x3a;
export const SEMICOLON = 0x3b;
export const EQUALS = 0x3d;
export const QUESTION_MARK = 0x3f;
export const BACKSLASH = 0x5c;

/** What digitValues and hexValues hold for a byte that is no digit. */
export const NO_DIGIT = 0xff;

function tableOf(isMember: (byte: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => (isMember(byte) ? 1 : 0));
}

function isVisible(byte: number): boolean {
  return byte > 0x20 && byte < 0x7f;
}

const tokenDelimiters = '"(),/:;<=>?@[\\]{}';

export const tokenCharacters = tableOf((byte) => isVisible(byte) && !tokenDelimiters.includes(String.fromCharCode(byte)));

/** Everything a field line may hold after its colon; CR, LF, NUL and the other CTLs stop a scan. */
export const fieldValueCharacters = tableOf((byte) => byte === HTAB || (byte >= 0x20 && byte !== 0x7f));

/**
 * Wider than RFC 3986: browsers send `|`, `^`, `{`, `"` and others raw, and none of them can end the target. A '#' is
 * refused: a fragment never travels (RFC 9110 §7.1), and who downstream cuts there would see another resource.
 */
export const targetCharacters = tableOf((byte) => isVisible(byte) && byte !== 0x23);

/** The same without '?', where the path ends. */
export const targetPathCharacters = tableOf((byte) => targetCharacters[byte] === 1 && byte !== QUESTION_MARK);

/**
 * reg-name = *( unreserved / pct-encoded / sub-delims ), RFC 3986 §3.2.2, without the comma: a comma in Host is more likely
 * two values joined on the way than a name. '%' is looked at by the parser.
 */
const registeredNameMarks = "-._~!$&'()*+;=";
export const registeredNameCharacters = tableOf((byte) => isLetterOrDigit(byte) || registeredNameMarks.includes(String.fromCharCode(byte)));

/** etagc = %x21 / %x23-7E / obs-text, RFC 9110 §8.8.3 */
export const entityTagCharacters = tableOf((byte) => (isVisible(byte) && byte !== DQUOTE) || byte >= 0x80);

function isLetterOrDigit(byte: number): boolean {
  return /[0-9A-Za-z]/.test(String.fromCharCode(byte));
}

function valuesIn(base: 10 | 16): Uint8Array {
  return Uint8Array.from({ length: 256 }, (_, byte) => {
    const value = isLetterOrDigit(byte) ? Number.parseInt(String.fromCharCode(byte), base) : Number.NaN;
    return Number.isNaN(value) ? NO_DIGIT : value;
  });
}

export const digitValues = valuesIn(10);
export const hexValues = valuesIn(16);

/** ASCII lower case; every other byte is itself. */
export const lowerCase = Uint8Array.from({ length: 256 }, (_, byte) => (byte >= 0x41 && byte <= 0x5a ? byte + 0x20 : byte));

/** Whether bytes[start, end) is `text` in any case; `text` is lower case already. */
export function equalsIgnoringCase(bytes: Uint8Array, start: number, end: number, text: string): boolean {
  if (end - start !== text.length) return false;
  for (let i = 0; i < text.length; i++) {
    if (lowerCase[bytes[start + i]!] !== text.charCodeAt(i)) return false;
  }
  return true;
}
