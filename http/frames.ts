/**
 * Frames of HTTP/2, RFC 9113 §4.1, read in however many pieces they come, and written.
 *
 *   frame = length (24)  type (8)  flags (8)  reserved (1)  stream (31)  payload
 */
export const FRAME_DATA = 0;
export const FRAME_HEADERS = 1;
export const FRAME_PRIORITY = 2;
export const FRAME_RST_STREAM = 3;
export const FRAME_SETTINGS = 4;
export const FRAME_PUSH_PROMISE = 5;
export const FRAME_PING = 6;
export const FRAME_GOAWAY = 7;
export const FRAME_WINDOW_UPDATE = 8;
export const FRAME_CONTINUATION = 9;

export const FLAG_ACK = 0x1;
export const FLAG_END_STREAM = 0x1;
export const FLAG_END_HEADERS = 0x4;
export const FLAG_PADDED = 0x8;
export const FLAG_PRIORITY = 0x20;

export const FRAME_HEAD_BYTES = 9;
/** What each side begins with, §6.5.2. */
export const FRAME_BYTES_MAX = 16_384;
export const WINDOW_BYTES = 65_535;
/** §6.9.1 */
export const WINDOW_BYTES_MAX = 2 ** 31 - 1;

/** §6.5.2 */
export const SETTINGS_HEADER_TABLE_SIZE = 1;
export const SETTINGS_ENABLE_PUSH = 2;
export const SETTINGS_MAX_CONCURRENT_STREAMS = 3;
export const SETTINGS_INITIAL_WINDOW_SIZE = 4;
export const SETTINGS_MAX_FRAME_SIZE = 5;
export const SETTINGS_MAX_HEADER_LIST_SIZE = 6;

/** §7 */
export const NO_ERROR = 0;
export const PROTOCOL_ERROR = 1;
export const INTERNAL_ERROR = 2;
export const FLOW_CONTROL_ERROR = 3;
export const STREAM_CLOSED = 5;
export const FRAME_SIZE_ERROR = 6;
export const REFUSED_STREAM = 7;
export const CANCEL = 8;
export const COMPRESSION_ERROR = 9;
export const ENHANCE_YOUR_CALM = 11;

/** What a client sends before its first frame, §3.4. */
const PREFACE = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'latin1');

/** Hears of one frame; bytes[start, end) are its payload, valid during the call only. False: nothing is read any more. */
export type FrameSeen = (type: number, flags: number, stream: number, bytes: Uint8Array, start: number, end: number) => boolean;

export class FrameReader {
  private readonly seen: FrameSeen;
  private prefaceBytes = 0;
  /** The beginning of a frame. */
  private piece = new Uint8Array(0);
  private pieceBytes = 0;

  constructor(seen: FrameSeen) {
    this.seen = seen;
  }

  /** bytes[start, end) have come. @returns 0, or the code of a connection error (§5.4.1). */
  feed(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    for (; this.prefaceBytes < PREFACE.length && at < end; ++at) if (bytes[at] !== PREFACE[this.prefaceBytes++]) return PROTOCOL_ERROR;
    if (this.pieceBytes > 0) {
      at = this.complete(bytes, at, end);
      if (at < 0) return FRAME_SIZE_ERROR;
      if (this.pieceBytes > 0) return 0;
    }
    while (end - at >= FRAME_HEAD_BYTES) {
      const length = lengthAt(bytes, at);
      if (length > FRAME_BYTES_MAX) return FRAME_SIZE_ERROR;
      const next = at + FRAME_HEAD_BYTES + length;
      if (next > end) break;
      if (!this.take(bytes, at, next)) return 0;
      at = next;
    }
    if (at < end) this.keep(bytes, at, end);
    return 0;
  }

  /** The piece that is there from before comes first. @returns how far that went; -1: the frame is too large. */
  private complete(bytes: Uint8Array, start: number, end: number): number {
    let at = start;
    while (this.pieceBytes < this.wanted) {
      const taken = Math.min(end - at, this.wanted - this.pieceBytes);
      if (taken === 0) return at;
      this.keep(bytes, at, at + taken);
      at += taken;
      if (this.pieceBytes >= FRAME_HEAD_BYTES && lengthAt(this.piece, 0) > FRAME_BYTES_MAX) return -1;
    }
    const { piece, pieceBytes } = this;
    this.piece = new Uint8Array(0);
    this.pieceBytes = 0;
    return this.take(piece, 0, pieceBytes) ? at : end;
  }

  /** Of the frame that has begun to come. */
  private get wanted(): number {
    return FRAME_HEAD_BYTES + (this.pieceBytes < FRAME_HEAD_BYTES ? 0 : lengthAt(this.piece, 0));
  }

  private keep(bytes: Uint8Array, start: number, end: number): void {
    const length = this.pieceBytes + end - start;
    if (length > this.piece.length) {
      const larger = new Uint8Array(Math.min(FRAME_HEAD_BYTES + FRAME_BYTES_MAX, Math.max(length, 2 * this.piece.length)));
      larger.set(this.piece.subarray(0, this.pieceBytes));
      this.piece = larger;
    }
    this.piece.set(bytes.subarray(start, end), this.pieceBytes);
    this.pieceBytes = length;
  }

  private take(bytes: Uint8Array, at: number, end: number): boolean {
    return this.seen(bytes[at + 3]!, bytes[at + 4]!, uint31At(bytes, at + 5), bytes, at + FRAME_HEAD_BYTES, end);
  }
}

function lengthAt(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 16) | (bytes[at + 1]! << 8) | bytes[at + 2]!;
}

export function uint16At(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

export function uint32At(bytes: Uint8Array, at: number): number {
  return uint16At(bytes, at) * 65_536 + uint16At(bytes, at + 2);
}

/** Without the reserved bit. */
export function uint31At(bytes: Uint8Array, at: number): number {
  return ((bytes[at]! & 0x7f) << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!;
}

/** The head of a frame. @returns the offset just past it. */
export function putFrameHead(into: Uint8Array, at: number, length: number, type: number, flags: number, stream: number): number {
  into[at] = length >>> 16;
  into[at + 1] = length >>> 8;
  into[at + 2] = length;
  into[at + 3] = type;
  into[at + 4] = flags;
  return putUint32(into, at + 5, stream);
}

export function putUint32(into: Uint8Array, at: number, value: number): number {
  into[at] = value >>> 24;
  into[at + 1] = value >>> 16;
  into[at + 2] = value >>> 8;
  into[at + 3] = value;
  return at + 4;
}
