// Answers of origins, whole and broken, and what becomes of them: every case once in one piece, once byte by byte.
import { FIN, RST, type Script } from './raw-origin.ts';

export interface AnswerCase {
  readonly name: string;
  readonly script: Script;
  /** Events, as Recorder tells them. */
  readonly story: string;
  readonly body?: string;
  readonly method?: string;
  /** Whether the connection may be used again. */
  readonly kept: boolean;
}

const GOOD = '200 length, data, end';
const NONE = '200 length, end';
const BAD = 'malformed before head';

function whole(name: string, script: string, story: string, body = ''): AnswerCase {
  return { name, script: [script], story, body, kept: true };
}

function broken(name: string, script: string, story = BAD, body = ''): AnswerCase {
  return { name, script: [script], story, body, kept: false };
}

function head(...lines: readonly string[]): string {
  return ['HTTP/1.1 200 OK', ...lines, '', ''].join('\r\n');
}

/** With a good body, so that only the line is at fault. */
function line(text: string): string {
  return `${head(text, 'Content-Length: 2')}hi`;
}

function chunked(...body: readonly string[]): string {
  return head('Transfer-Encoding: chunked') + body.join('');
}

export const answerCases: readonly AnswerCase[] = [
  whole('Content-Length', `${head('Content-Length: 2')}hi`, GOOD, 'hi'),
  whole('Content-Length: 0', head('Content-Length: 0'), NONE),
  whole('whitespace around Content-Length', `${head('Content-Length: \t2  ')}hi`, GOOD, 'hi'),
  whole('whitespace around chunked', `${head('Transfer-Encoding: \tchunked  ')}2\r\nhi\r\n0\r\n\r\n`, '200 chunked, data, end', 'hi'),
  whole('leading zeros', `${head('Content-Length: 002')}hi`, GOOD, 'hi'),
  whole('a name in any case', `${head('cOnTeNt-LeNgTh:2')}hi`, GOOD, 'hi'),
  whole('no reason', 'HTTP/1.1 200\r\nContent-Length: 2\r\n\r\nhi', GOOD, 'hi'),
  whole('an empty reason', 'HTTP/1.1 200 \r\nContent-Length: 2\r\n\r\nhi', GOOD, 'hi'),
  whole('a status of its own', 'HTTP/1.1 599 X\r\nContent-Length: 2\r\n\r\nhi', '599 length, data, end', 'hi'),
  whole('an empty value', line('X:'), GOOD, 'hi'),
  whole('obs-text', line('X: \x80\xff'), GOOD, 'hi'),
  whole('a later minor version', 'HTTP/1.2 200 OK\r\nContent-Length: 2\r\n\r\nhi', GOOD, 'hi'),
  whole('the last of them', 'HTTP/1.9 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n', '200 chunked, data, end', 'hi'),
  whole('1.0 that keeps alive', 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\nhi', GOOD, 'hi'),
  whole('an Upgrade that is only offered', line('Connection: Upgrade\r\nUpgrade: h2c'), GOOD, 'hi'),
  { ...broken('close', line('Connection: close'), GOOD, 'hi') },
  { ...broken('1.0', 'HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nhi', GOOD, 'hi') },
  { ...broken('until the end', '', '200 close, data, end', 'hi'), script: [head('X: y'), 'hi', FIN] },
  { ...broken('until the end, empty', '', '200 close, end'), script: [head('X: y'), FIN] },
  { ...broken('until the end, 1.0', '', '200 close, data, end', 'hi'), script: ['HTTP/1.0 200 OK\r\n\r\nhi', FIN] },
  { ...broken('until RST', '', '200 close, data, closed', 'hi'), script: [head('X: y'), 'hi', 20, RST] },

  whole('chunked', chunked('2\r\nhi\r\n', '1\r\n!\r\n', '0\r\n\r\n'), '200 chunked, data, end', 'hi!'),
  whole('chunked, empty', chunked('0\r\n\r\n'), '200 chunked, end'),
  whole('chunked, in capitals', `${head('transfer-encoding: CHUNKED')}A\r\n0123456789\r\n0\r\n\r\n`, '200 chunked, data, end', '0123456789'),
  whole('chunk extensions', chunked('2;a="b;c"\r\nhi\r\n', '0\r\n\r\n'), '200 chunked, data, end', 'hi'),
  whole('trailers', chunked('2\r\nhi\r\n', '0\r\nX: y\r\n\r\n'), '200 chunked, data, end', 'hi'),

  { ...whole('HEAD', head('Content-Length: 5'), '200 none, end'), method: 'HEAD', kept: false },
  { ...whole('HEAD, chunked', chunked(), '200 none, end'), method: 'HEAD', kept: false },
  { ...whole('HEAD with a body', `${head('Content-Length: 5')}hello`, '200 none, end'), method: 'HEAD', kept: false },
  whole('204', 'HTTP/1.1 204 No Content\r\n\r\n', '204 none, end'),
  whole('304', 'HTTP/1.1 304 Not Modified\r\nETag: "a"\r\n\r\n', '304 none, end'),
  whole('304 that speaks of chunks', 'HTTP/1.1 304 Not Modified\r\nTransfer-Encoding: chunked\r\n\r\n', '304 none, end'),
  broken('304 that speaks of a length', 'HTTP/1.1 304 Not Modified\r\nContent-Length: 100\r\n\r\n', '304 none, end'),
  broken('304 with a body', 'HTTP/1.1 304 Not Modified\r\n\r\nhi', '304 none, end'),
  broken('204 with a body', 'HTTP/1.1 204 No Content\r\nContent-Length: 2\r\n\r\nhi', '204 none, end'),

  whole('100', `HTTP/1.1 100 Continue\r\n\r\n${line('X: y')}`, GOOD, 'hi'),
  whole('100 with fields, twice', `HTTP/1.1 100 Continue\r\nX: y\r\n\r\nHTTP/1.1 100 \r\n\r\n${line('X: y')}`, GOOD, 'hi'),
  whole('103', `HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n${line('X: y')}`, `103, ${GOOD}`, 'hi'),
  whole('102, 100, 103', `HTTP/1.1 102 P\r\n\r\nHTTP/1.1 100 C\r\n\r\nHTTP/1.1 103 E\r\n\r\n${line('X: y')}`, `102, 103, ${GOOD}`, 'hi'),
  whole('32 of them', `${'HTTP/1.1 102 P\r\n\r\n'.repeat(32)}${line('X: y')}`, `${'102, '.repeat(32)}${GOOD}`, 'hi'),
  broken('33 of them', `${'HTTP/1.1 102 P\r\n\r\n'.repeat(33)}${line('X: y')}`, `${'102, '.repeat(32)}${BAD}`),
  broken('an interim length', `HTTP/1.1 103 E\r\nContent-Length: 5\r\n\r\n${line('X: y')}`),
  broken('interim chunks', `HTTP/1.1 103 E\r\nTransfer-Encoding: chunked\r\n\r\n${line('X: y')}`),
  broken('an interim head with bare LF', `HTTP/1.1 100 Continue\n\nHTTP/1.1 200 OK\nX: y\r\n\r\n${line('X: y')}`),
  broken('101 that nobody asked for', `HTTP/1.1 101 S\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nhi`),
  broken('101 without Upgrade', `HTTP/1.1 101 S\r\n\r\n${line('X: y')}`),

  broken('garbage', 'garbage\r\n\r\n'),
  broken('another protocol', 'SSH-2.0-OpenSSH\r\n'),
  broken('a blank line first', `\r\n${line('X: y')}`),
  broken('HTTP/2.0', 'HTTP/2.0 200 OK\r\nContent-Length: 2\r\n\r\nhi'),
  broken('HTTP/0.9', 'HTTP/0.9 200 OK\r\nContent-Length: 2\r\n\r\nhi'),
  broken('in small letters', 'http/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi'),
  broken('ICY', 'ICY 200 OK\r\nContent-Length: 2\r\n\r\nhi'),
  broken('status 99', 'HTTP/1.1 99 X\r\nContent-Length: 2\r\n\r\nhi'),
  broken('status 099', 'HTTP/1.1 099 X\r\nContent-Length: 2\r\n\r\nhi'),
  broken('status 600', 'HTTP/1.1 600 X\r\nContent-Length: 2\r\n\r\nhi'),
  broken('status 999', 'HTTP/1.1 999 X\r\n\r\n'),
  broken('status 2000', 'HTTP/1.1 2000 X\r\nContent-Length: 2\r\n\r\nhi'),
  broken('two spaces', 'HTTP/1.1  200 OK\r\nContent-Length: 2\r\n\r\nhi'),
  broken('a tab', 'HTTP/1.1\t200 OK\r\nContent-Length: 2\r\n\r\nhi'),
  broken('LF alone', 'HTTP/1.1 200 OK\nContent-Length: 2\n\nhi'),
  broken('LF alone behind a field', 'HTTP/1.1 200 OK\r\nX: y\nContent-Length: 2\r\n\r\nhi'),
  broken('CR within a value', line('X: a\rSet-Cookie: b')),
  broken('CR within a reason', 'HTTP/1.1 200 O\rK\r\nContent-Length: 2\r\n\r\nhi'),
  broken('NUL', line('X: a\0b')),
  broken('a control character', line('X: a\x01b')),
  broken('DEL', line('X: a\x7fb')),
  broken('obs-fold', line('X: a\r\n b')),
  broken('a space before the colon', line('X : a')),
  broken('a field name that is no token', line('X(a): b')),
  broken('obs-text in a name', line('X\xe9: b')),
  broken('no field name', line(': b')),
  broken('no colon', line('Xyz')),

  // RFC 9110 §5.6.3 allows them; the parser stumbles over the first, and takes the second for a coding that it does not know.
  broken('a tab behind Content-Length', `${head('Content-Length: 2\t')}hi`),
  broken('a tab behind chunked', `${head('Transfer-Encoding: chunked\t')}2\r\nhi\r\n0\r\n\r\n`),
  broken('two lengths', `${head('Content-Length: 2', 'Content-Length: 3')}hi!`),
  broken('the same length twice', `${head('Content-Length: 2', 'Content-Length: 2')}hi`),
  broken('a list of lengths', `${head('Content-Length: 2, 2')}hi`),
  broken('+2', `${head('Content-Length: +2')}hi`),
  broken('-2', `${head('Content-Length: -2')}hi`),
  broken('0x2', `${head('Content-Length: 0x2')}hi`),
  broken('1 2', `${head('Content-Length: 1 2')}hi`),
  broken('no length', `${head('Content-Length:')}hi`),
  broken('a length beyond 2^53', `${head('Content-Length: 9007199254740993')}hi`),
  broken('a length beyond 2^64', `${head('Content-Length: 18446744073709551618')}hi`),
  broken('a length and chunks', `${head('Content-Length: 2', 'Transfer-Encoding: chunked')}2\r\nhi\r\n0\r\n\r\n`),
  broken('chunks and a length', `${head('Transfer-Encoding: chunked', 'Content-Length: 2')}2\r\nhi\r\n0\r\n\r\n`),
  broken('gzip, chunked', `${head('Transfer-Encoding: gzip, chunked')}2\r\nhi\r\n0\r\n\r\n`),
  broken('gzip', `${head('Transfer-Encoding: gzip')}hi`),
  broken('chunked, gzip', `${head('Transfer-Encoding: chunked, gzip')}2\r\nhi\r\n0\r\n\r\n`),
  broken('identity', `${head('Transfer-Encoding: identity', 'X: y')}hi`),
  broken('no coding', `${head('Transfer-Encoding:')}hi`),
  broken('xchunked', `${head('Transfer-Encoding: xchunked')}2\r\nhi\r\n0\r\n\r\n`),
  broken('chunked twice', `${head('Transfer-Encoding: chunked', 'Transfer-Encoding: chunked')}2\r\nhi\r\n0\r\n\r\n`),
  broken('chunked, chunked', `${head('Transfer-Encoding: chunked, chunked')}2\r\nhi\r\n0\r\n\r\n`),
  broken('chunked in 1.0', 'HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nhi\r\n0\r\n\r\n'),

  broken('no chunk size', chunked('zz\r\nhi\r\n0\r\n\r\n'), '200 chunked, malformed'),
  broken('a negative chunk', chunked('-2\r\nhi\r\n0\r\n\r\n'), '200 chunked, malformed'),
  broken('0x in a chunk size', chunked('0x2\r\nhi\r\n0\r\n\r\n'), '200 chunked, malformed'),
  broken('whitespace behind a chunk size', chunked('2 \r\nhi\r\n0\r\n\r\n'), '200 chunked, malformed'),
  broken('a chunk beyond 2^64', chunked('ffffffffffffffffff\r\nhi\r\n0\r\n\r\n'), '200 chunked, malformed'),
  broken('LF alone behind a chunk size', chunked('2\nhi\r\n0\r\n\r\n'), '200 chunked, malformed'),
  broken('LF alone behind an extension', chunked('2;a\nhi\r\n0\r\n\r\n'), '200 chunked, malformed'),
  broken('a chunk that is longer than it says', chunked('2\r\nhi!\r\n0\r\n\r\n'), '200 chunked, data, malformed', 'hi'),
  broken('a length in the trailers', chunked('2\r\nhi\r\n0\r\nContent-Length: 2\r\n\r\n'), '200 chunked, data, malformed', 'hi'),
  broken('a broken trailer', chunked('2\r\nhi\r\n0\r\nX y\r\n\r\n'), '200 chunked, data, malformed', 'hi'),

  { ...broken('nothing at all', '', 'closed before head'), script: [FIN] },
  { ...broken('RST', '', 'closed before head'), script: [RST] },
  { ...broken('half a head', '', 'closed before head'), script: ['HTTP/1.1 200 OK\r\nContent-', FIN] },
  { ...broken('half a status line', '', 'closed before head'), script: ['HTTP/1.', FIN] },
  { ...broken('an interim head only', '', '103, closed before head'), script: ['HTTP/1.1 103 E\r\n\r\n', FIN] },
  { ...broken('a short body', '', '200 length, data, closed', 'hi'), script: [`${head('Content-Length: 5')}hi`, FIN] },
  { ...broken('a short body and close', '', '200 length, data, closed', 'hi'), script: [`${head('Connection: close', 'Content-Length: 5')}hi`, FIN] },
  { ...broken('a short body and RST', '', '200 length, data, closed', 'hi'), script: [`${head('Content-Length: 5')}hi`, 20, RST] },
  { ...broken('chunks without end', '', '200 chunked, data, closed', 'hi'), script: [chunked('2\r\nhi\r\n'), FIN] },
  { ...broken('chunks without end and close', '', '200 chunked, data, closed', 'hi'), script: [`${head('Connection: close', 'Transfer-Encoding: chunked')}2\r\nhi\r\n`, FIN] },
  { ...broken('half a chunk', '', '200 chunked, data, closed', 'h'), script: [chunked('2\r\nh'), FIN] },
  { ...broken('trailers without end', '', '200 chunked, data, closed', 'hi'), script: [chunked('2\r\nhi\r\n0\r\nX: y\r\n'), FIN] },

  broken('a second answer', `${line('X: y')}HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nevil`, GOOD, 'hi'),
  broken('bytes behind the body', `${line('X: y')}evil`, GOOD, 'hi'),
  broken('bytes behind the chunks', `${chunked('2\r\nhi\r\n0\r\n\r\n')}evil`, '200 chunked, data, end', 'hi'),
];

/** Heads that do not end: [what, what is sent over and over]. */
export const endlessCases: readonly (readonly [name: string, first: string, repeated: string])[] = [
  ['a value', 'HTTP/1.1 200 OK\r\nX: ', 'y'.repeat(16_384)],
  ['a name', 'HTTP/1.1 200 OK\r\n', 'x'.repeat(16_384)],
  ['fields', 'HTTP/1.1 200 OK\r\n', 'X: y\r\n'.repeat(4_000)],
  ['a reason', 'HTTP/1.1 200 ', 'O'.repeat(16_384)],
  ['blank lines', '\r\n', '\r\n'.repeat(8_192)],
  ['100s', 'HTTP/1.1 100 Continue\r\n\r\n', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(500)],
  ['one 100', 'HTTP/1.1 100 Continue\r\n', 'X: y\r\n'.repeat(4_000)],
  ['whitespace in a value', 'HTTP/1.1 200 OK\r\nX:', ' '.repeat(16_384)],
];
