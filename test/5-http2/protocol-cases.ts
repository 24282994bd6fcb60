// What a client must not do (RFC 9113), and what comes of it: the codes that the RFC allows.
import { ACK, block, END_HEADERS, END_STREAM, frame, get, headers, number, settings, TYPES, type Field } from './frames.ts';

const { CONTINUATION, DATA, GOAWAY, HEADERS, PING, PUSH_PROMISE, RST_STREAM, SETTINGS, WINDOW_UPDATE } = TYPES;
const [PROTOCOL_ERROR, FLOW_CONTROL_ERROR, STREAM_CLOSED, FRAME_SIZE_ERROR, COMPRESSION_ERROR] = [1, 3, 5, 6, 9];

export interface ConnectionError {
  readonly name: string;
  readonly sends: readonly Uint8Array[];
  /** One of these, of GOAWAY. */
  readonly codes: readonly number[];
}

export const connectionErrors: readonly ConnectionError[] = [
  { name: '§6.1 DATA on stream 0', sends: [frame(DATA, 0, 0, Buffer.of(1))], codes: [PROTOCOL_ERROR] },
  { name: '§5.1 DATA on an idle stream', sends: [frame(DATA, 0, 5, Buffer.of(1))], codes: [PROTOCOL_ERROR, STREAM_CLOSED] },
  { name: '§6.1 padding as long as the payload', sends: [headers(1, get('/'), END_HEADERS), frame(DATA, 8, 1, Buffer.of(9, 1))], codes: [PROTOCOL_ERROR] },
  { name: '§6.2 HEADERS on stream 0', sends: [headers(0, get('/'))], codes: [PROTOCOL_ERROR] },
  { name: '§5.1.1 an even stream', sends: [headers(2, get('/'))], codes: [PROTOCOL_ERROR] },
  { name: '§5.1.1 a stream below the last one', sends: [headers(5, get('/')), headers(3, get('/'))], codes: [PROTOCOL_ERROR] },
  { name: '§6.2 HEADERS too short for their priority', sends: [frame(HEADERS, END_STREAM | END_HEADERS | 0x20, 1, Buffer.alloc(4))], codes: [FRAME_SIZE_ERROR] },
  { name: '§6.2 padding as long as the payload', sends: [frame(HEADERS, END_STREAM | END_HEADERS | 8, 1, Buffer.of(9, 1))], codes: [PROTOCOL_ERROR] },
  { name: '§6.3 PRIORITY on stream 0', sends: [frame(2, 0, 0, Buffer.alloc(5))], codes: [PROTOCOL_ERROR] },
  { name: '§6.8 GOAWAY of 7 bytes', sends: [frame(GOAWAY, 0, 0, Buffer.alloc(7))], codes: [FRAME_SIZE_ERROR] },
  { name: '§6.9 WINDOW_UPDATE on an idle stream', sends: [frame(WINDOW_UPDATE, 0, 7, number(1))], codes: [PROTOCOL_ERROR] },
  { name: '§6.10 another stream in CONTINUATION', sends: [headers(1, get('/'), END_STREAM), frame(CONTINUATION, END_HEADERS, 3, Buffer.alloc(0))], codes: [PROTOCOL_ERROR] },
  { name: '§4.3 an index behind the table', sends: [frame(HEADERS, END_STREAM | END_HEADERS, 1, Buffer.of(0xbe))], codes: [COMPRESSION_ERROR] },
  { name: '§6.4 RST_STREAM on stream 0', sends: [frame(RST_STREAM, 0, 0, number(8))], codes: [PROTOCOL_ERROR] },
  { name: '§6.4 RST_STREAM on an idle stream', sends: [frame(RST_STREAM, 0, 9, number(8))], codes: [PROTOCOL_ERROR] },
  { name: '§6.4 RST_STREAM of 3 bytes', sends: [headers(1, get('/'), END_HEADERS), frame(RST_STREAM, 0, 1, Buffer.alloc(3))], codes: [FRAME_SIZE_ERROR] },
  { name: '§6.5 SETTINGS on a stream', sends: [frame(SETTINGS, 0, 1)], codes: [PROTOCOL_ERROR] },
  { name: '§6.5 SETTINGS of 5 bytes', sends: [frame(SETTINGS, 0, 0, Buffer.alloc(5))], codes: [FRAME_SIZE_ERROR] },
  { name: '§6.5 an acknowledgement with content', sends: [frame(SETTINGS, ACK, 0, Buffer.alloc(6))], codes: [FRAME_SIZE_ERROR] },
  { name: '§6.5.2 ENABLE_PUSH of 2', sends: [settings([2, 2])], codes: [PROTOCOL_ERROR] },
  { name: '§6.5.2 INITIAL_WINDOW_SIZE of 2^31', sends: [settings([4, 2 ** 31])], codes: [FLOW_CONTROL_ERROR] },
  { name: '§6.5.2 MAX_FRAME_SIZE of 1', sends: [settings([5, 1])], codes: [PROTOCOL_ERROR] },
  { name: '§6.6 PUSH_PROMISE of a client', sends: [frame(PUSH_PROMISE, END_HEADERS, 1, Buffer.concat([number(2), block(get('/'))]))], codes: [PROTOCOL_ERROR] },
  { name: '§6.7 PING on a stream', sends: [frame(PING, 0, 1, Buffer.alloc(8))], codes: [PROTOCOL_ERROR] },
  { name: '§6.7 PING of 7 bytes', sends: [frame(PING, 0, 0, Buffer.alloc(7))], codes: [FRAME_SIZE_ERROR] },
  { name: '§6.8 GOAWAY on a stream', sends: [frame(GOAWAY, 0, 1, Buffer.alloc(8))], codes: [PROTOCOL_ERROR] },
  { name: '§6.9 WINDOW_UPDATE by 0', sends: [frame(WINDOW_UPDATE, 0, 0, number(0))], codes: [PROTOCOL_ERROR] },
  { name: '§6.9 WINDOW_UPDATE of 3 bytes', sends: [frame(WINDOW_UPDATE, 0, 0, Buffer.alloc(3))], codes: [FRAME_SIZE_ERROR] },
  { name: '§6.9.1 a window beyond 2^31-1', sends: [frame(WINDOW_UPDATE, 0, 0, number(2 ** 31 - 1))], codes: [FLOW_CONTROL_ERROR] },
  { name: '§6.10 CONTINUATION behind nothing', sends: [frame(CONTINUATION, END_HEADERS, 1, block(get('/')))], codes: [PROTOCOL_ERROR] },
  { name: '§6.10 a frame between HEADERS and CONTINUATION', sends: [headers(1, get('/'), END_STREAM), frame(PING, 0, 0, Buffer.alloc(8))], codes: [PROTOCOL_ERROR] },
  { name: '§4.2 a frame of more than 16,384 bytes', sends: [headers(1, get('/'), END_HEADERS), frame(DATA, 0, 1, Buffer.alloc(16_385))], codes: [FRAME_SIZE_ERROR] },
  { name: '§4.3 a block that is none', sends: [frame(HEADERS, END_STREAM | END_HEADERS, 1, Buffer.from([0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff]))], codes: [COMPRESSION_ERROR] },
];

export interface Malformed {
  readonly name: string;
  readonly fields: readonly Field[];
  /** DATA that follows; undefined: the head ends the stream. */
  readonly data?: string;
}

const without = (name: string): Field[] => get('/').filter(([one]) => one !== name);

/** RFC 9113 §8.1.1: each is refused, by PROTOCOL_ERROR or by a 400, and its connection goes on. */
export const malformed: readonly Malformed[] = [
  ...[':method', ':scheme', ':path'].map((name) => ({ name: `§8.3.1 without ${name}`, fields: without(name) })),
  ...[':method', ':scheme', ':path', ':authority'].map((name) => ({ name: `§8.3 ${name} twice`, fields: [...get('/'), get('/').find(([one]) => one === name)!] })),
  { name: '§8.3.1 without :authority and Host', fields: without(':authority') },
  { name: '§8.3.1 an empty :path', fields: [...without(':path'), [':path', '']] },
  { name: '§8.3.1 a :path without slash', fields: [...without(':path'), [':path', 'a.txt']] },
  { name: '§8.3.1 a :path that is a URL', fields: [...without(':path'), [':path', 'https://a.test/']] },
  { name: '§8.3.1 an asterisk of GET', fields: [...without(':path'), [':path', '*']] },
  { name: '§8.3.1 userinfo', fields: [...without(':authority'), [':authority', 'me@a.test']] },
  { name: '§8.3.1 another Host', fields: [...get('/'), ['host', 'b.test']] },
  { name: 'another scheme', fields: [...without(':scheme'), [':scheme', 'ftp']] },
  { name: '§8.3 a pseudo-field behind a field', fields: [['x', '1'], ...get('/')] },
  { name: '§8.3 an unknown pseudo-field', fields: [...get('/'), [':strange', '1']] },
  { name: '§8.3.2 :status', fields: [...get('/'), [':status', '200']] },
  { name: '§8.2.1 a capital', fields: [...get('/'), ['X-A', '1']] },
  ...['connection', 'keep-alive', 'proxy-connection', 'transfer-encoding', 'upgrade'].map((name) => ({ name: `§8.2.2 ${name}`, fields: [...get('/'), [name, 'x']] as Field[] })),
  { name: '§8.2.2 TE of other than trailers', fields: [...get('/'), ['te', 'gzip']] },
  { name: '§8.1.1 more content than announced', fields: [...get('/'), ['content-length', '3']], data: 'four' },
  { name: '§8.1.1 less content than announced', fields: [...get('/'), ['content-length', '5']], data: 'four' },
  { name: '§8.1.1 content announced, and none', fields: [...get('/'), ['content-length', '5']] },
  { name: '§8.1.1 two lengths', fields: [...get('/'), ['content-length', '4'], ['content-length', '5']], data: 'four' },
  { name: 'a length that is none', fields: [...get('/'), ['content-length', '4x']], data: 'four' },
  { name: '§8.5 CONNECT with :path', fields: [[':method', 'CONNECT'], [':authority', 'a.test:80'], [':path', '/']] },
  { name: '§8.5 CONNECT without :authority', fields: [[':method', 'CONNECT']] },
  { name: 'RFC 8441 :protocol, which was not offered', fields: [[':method', 'CONNECT'], [':protocol', 'websocket'], [':scheme', 'https'], [':path', '/'], [':authority', 'a.test']] },
  { name: 'a method with a space', fields: [...without(':method'), [':method', 'GET /x']] },
  { name: 'CR LF in :path', fields: [...without(':path'), [':path', '/ HTTP/1.1\r\nX: y']] },
];

/** RFC 9113 §8.2.1: no request has such a field. */
export const injected: readonly Field[] = [
  ...['a\r\nx-two: b', 'a\nx-two: b', 'a\rb', 'a\0b'].map((value): Field => ['x-one', value]),
  ...[' a', 'a ', '\ta', 'a\x7f'].map((value): Field => ['x-one', value]),
  ...['', 'x one', 'X-One', 'x:one', 'x-one: a\r\nx-two'].map((name): Field => [name, 'b']),
];

const POST: readonly Field[] = [[':method', 'POST'], ...get('/').slice(1)];

export interface StreamError {
  readonly name: string;
  readonly sends: readonly Uint8Array[];
  /** Of RST_STREAM on stream 1. */
  readonly code: number;
}

export const streamErrors: readonly StreamError[] = [
  { name: '§6.9 WINDOW_UPDATE by 0', sends: [headers(1, POST, END_HEADERS), frame(WINDOW_UPDATE, 0, 1, number(0))], code: PROTOCOL_ERROR },
  { name: '§6.9.1 a window beyond 2^31-1', sends: [headers(1, POST, END_HEADERS), frame(WINDOW_UPDATE, 0, 1, number(2 ** 31 - 1))], code: FLOW_CONTROL_ERROR },
  { name: '§6.3 PRIORITY of 4 bytes', sends: [headers(1, POST, END_HEADERS), frame(2, 0, 1, Buffer.alloc(4))], code: FRAME_SIZE_ERROR },
  { name: '§8.1 HEADERS in the content that do not end it', sends: [headers(1, POST, END_HEADERS), headers(1, [['x', '1']], END_HEADERS)], code: PROTOCOL_ERROR },
  { name: '§8.1 a pseudo-field in trailers', sends: [headers(1, POST, END_HEADERS), headers(1, [[':path', '/']])], code: PROTOCOL_ERROR },
];
