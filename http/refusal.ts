/**
 * Why a request head or body is refused: the closed list. A parser returns -(number of the row); the row carries the status,
 * the name for log and metric, and the text for the peer. After every one of them the connection is closed, because the framing
 * of what follows cannot be trusted (RFC 9112 §9.3, §11).
 */

export interface Refusal {
  readonly name: string;
  readonly status: number;
  readonly text: string;
}

const table: Refusal[] = [];

/** Indexed by refusal code. Row 0 is "nothing refused", so that a code is never 0. */
export const refusals: readonly Refusal[] = table;

function row(name: string, status: number, text: string): number {
  return table.push({ name, status, text }) - 1;
}

export const NOTHING_REFUSED = row('nothing-refused', 0, '');

// Lines, RFC 9112 §2.2
export const BARE_CR = row('bare-cr', 400, 'A CR without LF.');
export const BARE_LF = row('bare-lf', 400, 'An LF without CR.');

// Plain HTTP where TLS is spoken
export const PLAINTEXT = row('plaintext', 400, 'This port speaks TLS: the URL begins with https://.');

// The request line, RFC 9112 §3
export const BAD_REQUEST_LINE = row('bad-request-line', 400, 'The request line is not: method, space, target, space, version.');
export const METHOD_TOO_LONG = row('method-too-long', 501, 'No method is as long as this.');
export const BAD_TARGET = row('bad-target', 400, 'The request target is malformed or does not fit the method.');
export const TARGET_TOO_LONG = row('target-too-long', 414, 'The request target is too long.');
export const BAD_VERSION = row('bad-version', 400, 'The HTTP version is malformed.');
export const VERSION_UNSUPPORTED = row('version-unsupported', 505, 'This major version of HTTP is not spoken here.');

// Field lines, RFC 9112 §5
export const OBS_FOLD = row('obs-fold', 400, 'A field line begins with whitespace.');
export const SPACE_BEFORE_COLON = row('space-before-colon', 400, 'Whitespace in or after a field name.');
export const BAD_FIELD_NAME = row('bad-field-name', 400, 'A field name is not a token.');
export const BAD_FIELD_VALUE = row('bad-field-value', 400, 'A field value contains a control character.');
export const HEAD_TOO_LARGE = row('head-too-large', 431, 'The request head is too large.');
export const TOO_MANY_FIELDS = row('too-many-fields', 431, 'The request head has too many fields.');

// What only HTTP/2 says of a message, RFC 9113 §8.2, §8.3
export const MALFORMED_MESSAGE = row('malformed-message', 400, 'A field is there that HTTP/2 does not have, or a pseudo-field is missing, doubled or unknown.');

// Host, RFC 9112 §3.2
export const HOST_MISSING = row('host-missing', 400, 'Host is missing.');
export const HOST_DOUBLED = row('host-doubled', 400, 'Host is given more than once.');
export const BAD_HOST = row('bad-host', 400, 'Host is not a host with an optional port.');

// Framing, RFC 9112 §6
export const BAD_CONTENT_LENGTH = row('bad-content-length', 400, 'Content-Length is not one decimal number.');
export const CONTENT_LENGTH_DOUBLED = row('content-length-doubled', 400, 'Content-Length is given more than once.');
export const LENGTH_AND_CODING = row('length-and-coding', 400, 'Content-Length and Transfer-Encoding exclude each other.');
export const CODING_IN_1_0 = row('coding-in-1-0', 400, 'HTTP/1.0 has no Transfer-Encoding.');
export const BAD_CODING = row('bad-coding', 400, 'Transfer-Encoding is empty or malformed.');
export const CHUNKED_NOT_FINAL = row('chunked-not-final', 400, 'Transfer-Encoding: chunked must come last, and once.');
export const CODING_UNKNOWN = row('coding-unknown', 501, 'The only transfer coding understood here is chunked.');
export const EXPECTATION_UNKNOWN = row('expectation-unknown', 417, 'The only expectation understood here is 100-continue.');

// The body, RFC 9112 §7.1
export const BAD_CHUNK = row('bad-chunk', 400, 'The chunked body is malformed.');
export const CHUNK_LINE_TOO_LONG = row('chunk-line-too-long', 400, 'The chunk extensions are too long.');
export const BAD_TRAILER = row('bad-trailer', 400, 'The trailer section is malformed.');
export const TRAILERS_TOO_LARGE = row('trailers-too-large', 431, 'The trailer section is too large.');
export const CONTENT_TOO_LARGE = row('content-too-large', 413, 'The content is larger than is accepted here.');

// Time, found by whoever owns the clock
export const HEAD_TIMEOUT = row('head-timeout', 408, 'The request head did not arrive in time.');
export const BODY_TIMEOUT = row('body-timeout', 408, 'The request content did not arrive in time.');

// Before the first request, proxy-protocol.ts
export const BAD_PROXY_HEADER = row('bad-proxy-header', 400, 'The connection does not begin with a header of the PROXY protocol.');
