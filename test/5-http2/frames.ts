// A client of HTTP/2 that sends the frames it is told, and sees those that come (RFC 9113 §4, RFC 7541 without tables).
import { connect, type TLSSocket } from 'node:tls';
import type { Place } from '../client.ts';
import { until } from '../serving.ts';

export const TYPES = { DATA: 0, HEADERS: 1, PRIORITY: 2, RST_STREAM: 3, SETTINGS: 4, PUSH_PROMISE: 5, PING: 6, GOAWAY: 7, WINDOW_UPDATE: 8, CONTINUATION: 9 } as const;
export const END_STREAM = 1;
export const END_HEADERS = 4;
export const ACK = 1;
export const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

export interface Frame {
  readonly type: number;
  readonly flags: number;
  readonly stream: number;
  readonly payload: Buffer;
}

export type Field = readonly [name: string, value: string];

export function frame(type: number, flags: number, stream: number, payload: Uint8Array = Buffer.alloc(0)): Buffer {
  const head = Buffer.alloc(9);
  head.writeUIntBE(payload.length, 0, 3);
  head.writeUInt8(type, 3);
  head.writeUInt8(flags, 4);
  head.writeUInt32BE(stream, 5);
  return Buffer.concat([head, payload]);
}

/** Literals that are not indexed, RFC 7541 §6.2.2. */
export function block(fields: readonly Field[]): Buffer {
  return Buffer.concat(fields.flatMap(([name, value]) => [Buffer.of(0), text(name), text(value)]));
}

/** RFC 7541 §5.2, without Huffman. */
function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  if (bytes.length < 127) return Buffer.concat([Buffer.of(bytes.length), bytes]);
  const length = [127];
  let rest = bytes.length - 127;
  for (; rest >= 128; rest >>= 7) length.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([...length, rest]), bytes]);
}

export const get = (path: string): Field[] => [[':method', 'GET'], [':scheme', 'https'], [':path', path], [':authority', 'a.test']];

export function headers(stream: number, fields: readonly Field[], flags = END_STREAM | END_HEADERS): Buffer {
  return frame(TYPES.HEADERS, flags, stream, block(fields));
}

export function settings(...entries: readonly (readonly [id: number, value: number])[]): Buffer {
  const payload = Buffer.alloc(6 * entries.length);
  entries.forEach(([id, value], i) => {
    payload.writeUInt16BE(id, 6 * i);
    payload.writeUInt32BE(value, 6 * i + 2);
  });
  return frame(TYPES.SETTINGS, 0, 0, payload);
}

export function number(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  return bytes;
}

export class FrameClient {
  readonly socket: TLSSocket;
  readonly frames: Frame[] = [];
  closed = false;
  #rest = Buffer.alloc(0);

  private constructor(socket: TLSSocket) {
    this.socket = socket;
    socket.on('data', (chunk: Buffer) => this.#take(chunk)).on('error', () => undefined).on('close', () => (this.closed = true));
  }

  /** After the handshake; nothing was sent yet. */
  static open({ host, port }: Place): Promise<FrameClient> {
    return new Promise((resolve, reject) => {
      const socket = connect({ host, port, ALPNProtocols: ['h2'], rejectUnauthorized: false });
      const client = new FrameClient(socket);
      socket.once('secureConnect', () => resolve(client)).once('error', reject);
    });
  }

  /** With the preface, and settings that change nothing. */
  static async begun(place: Place, ...entries: readonly (readonly [id: number, value: number])[]): Promise<FrameClient> {
    const client = await FrameClient.open(place);
    client.send(PREFACE, settings(...entries));
    return client;
  }

  send(...bytes: readonly Uint8Array[]): void {
    if (!this.socket.destroyed) this.socket.write(Buffer.concat(bytes));
  }

  /** The first frame of a kind, when it has come; undefined: the connection ended before. */
  async frame(type: number, stream = -1): Promise<Frame | undefined> {
    const found = (): Frame | undefined => this.frames.find((one) => one.type === type && (stream < 0 || one.stream === stream));
    await until(() => found() !== undefined || this.closed, `frame ${type} of stream ${stream}`);
    return found();
  }

  /** How a request ended: the status of its answer, or the code that it was reset with (below 100), or -1: with its connection. */
  async outcome(stream: number): Promise<number> {
    const found = (): Frame | undefined => this.frames.find((one) => one.stream === stream && (one.type === TYPES.HEADERS || one.type === TYPES.RST_STREAM));
    await until(() => found() !== undefined || this.closed, `an answer on stream ${stream}`);
    const one = found();
    if (!one) return -1;
    return one.type === TYPES.RST_STREAM ? one.payload.readUInt32BE(0) : statusOf(one.payload);
  }

  /** The code of GOAWAY, when the connection is closed; -1 without one. */
  async ending(): Promise<number> {
    await until(() => this.closed, 'the end of the connection');
    const goaway = this.frames.findLast(({ type }) => type === TYPES.GOAWAY);
    return goaway ? goaway.payload.readUInt32BE(4) : -1;
  }

  destroy(): void {
    this.socket.destroy();
  }

  #take(chunk: Buffer): void {
    this.#rest = Buffer.concat([this.#rest, chunk]);
    while (this.#rest.length >= 9) {
      const length = this.#rest.readUIntBE(0, 3);
      if (this.#rest.length < 9 + length) return;
      this.frames.push({ type: this.#rest[3]!, flags: this.#rest[4]!, stream: this.#rest.readUInt32BE(5), payload: this.#rest.subarray(9, 9 + length) });
      this.#rest = this.#rest.subarray(9 + length);
    }
  }
}

/** Of the static table (RFC 7541, appendix A), or as digits in Huffman code (appendix B), where they are 5 and 6 bits long. */
function statusOf(payload: Buffer): number {
  const indexed = [200, 204, 206, 304, 400, 404, 500];
  const first = payload[0]!;
  if (first >= 0x88 && first <= 0x8e) return indexed[first - 0x88]!;
  const length = payload[1]! & 0x7f;
  const bytes = payload.subarray(2, 2 + length);
  if ((payload[1]! & 0x80) === 0) return Number(bytes.toString('latin1'));
  let bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('');
  let digits = '';
  while (digits.length < 3) {
    const short = ['00000', '00001', '00010'].indexOf(bits.slice(0, 5));
    digits += String(short >= 0 ? short : Number.parseInt(bits.slice(0, 6), 2) - 0b011001 + 3);
    bits = bits.slice(short >= 0 ? 5 : 6);
  }
  return Number(digits);
}
