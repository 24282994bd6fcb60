/**
 * The head of an HTTP/1.1 response, RFC 9112 §4 and §5.
 *
 *   status-line = HTTP-version SP status-code SP [ reason-phrase ] CRLF
 *
 * What the connection decides (Date, Connection) and the empty line are appended by the sink: the bytes made here are the same for
 * every client, so that they can be kept beside the body.
 */
import { fieldValueCharacters, tokenCharacters } from './characters.ts';
import { latin1Bytes } from './latin1.ts';

export type FieldList = readonly (readonly [name: string, value: string])[];

/** RFC 9110 §15, 429 and 431 from RFC 6585, 103 from RFC 8297. */
const reasonPhrases = new Map<number, string>([
  [100, 'Continue'],
  [101, 'Switching Protocols'],
  [103, 'Early Hints'],
  [200, 'OK'],
  [201, 'Created'],
  [202, 'Accepted'],
  [203, 'Non-Authoritative Information'],
  [204, 'No Content'],
  [205, 'Reset Content'],
  [206, 'Partial Content'],
  [300, 'Multiple Choices'],
  [301, 'Moved Permanently'],
  [302, 'Found'],
  [303, 'See Other'],
  [304, 'Not Modified'],
  [307, 'Temporary Redirect'],
  [308, 'Permanent Redirect'],
  [400, 'Bad Request'],
  [401, 'Unauthorized'],
  [402, 'Payment Required'],
  [403, 'Forbidden'],
  [404, 'Not Found'],
  [405, 'Method Not Allowed'],
  [406, 'Not Acceptable'],
  [407, 'Proxy Authentication Required'],
  [408, 'Request Timeout'],
  [409, 'Conflict'],
  [410, 'Gone'],
  [411, 'Length Required'],
  [412, 'Precondition Failed'],
  [413, 'Content Too Large'],
  [414, 'URI Too Long'],
  [415, 'Unsupported Media Type'],
  [416, 'Range Not Satisfiable'],
  [417, 'Expectation Failed'],
  [421, 'Misdirected Request'],
  [422, 'Unprocessable Content'],
  [426, 'Upgrade Required'],
  [429, 'Too Many Requests'],
  [431, 'Request Header Fields Too Large'],
  [500, 'Internal Server Error'],
  [501, 'Not Implemented'],
  [502, 'Bad Gateway'],
  [503, 'Service Unavailable'],
  [504, 'Gateway Timeout'],
  [505, 'HTTP Version Not Supported'],
]);

/** '' where there is none: a client must not care (RFC 9110 §15). */
export function reasonPhrase(status: number): string {
  return reasonPhrases.get(status) ?? '';
}

/** Status line and field lines, each with its CRLF, without the empty line. Throws on a field that would break the head. */
export function encodeHead(status: number, fields: FieldList): Uint8Array {
  if (!Number.isInteger(status) || status < 100 || status > 599) throw new Error(`not a status: ${status}`);
  return latin1Bytes(`HTTP/1.1 ${status} ${reasonPhrase(status)}\r\n${fieldLines(fields)}`);
}

/** The end of a body in chunks: last chunk, trailer section and empty line (RFC 9112 §7.1). Throws as encodeHead does. */
export function encodeLastChunk(trailers: FieldList): Uint8Array {
  return latin1Bytes(`0\r\n${fieldLines(trailers)}\r\n`);
}

function fieldLines(fields: FieldList): string {
  let text = '';
  for (const [name, value] of fields) {
    if (name === '' || !consistsOf(name, tokenCharacters)) throw new Error(`not a field name: ${JSON.stringify(name)}`);
    if (!consistsOf(value, fieldValueCharacters)) throw new Error(`not a value for ${name}: ${JSON.stringify(value)}`);
    text += `${name}: ${value}\r\n`;
  }
  return text;
}

/** Values from peers and files are checked where they come in; one that gets here is our own mistake, and would split a response. */
function consistsOf(text: string, characters: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) {
    // A character above U+00FF is in no table, and would be cut to some other byte.
    if (characters[text.charCodeAt(i)] !== 1) return false;
  }
  return true;
}
