/**
 * The framing of a chunked body, byte by byte, RFC 9112 §7.1. Payload does not come through here.
 *
 *   chunked-body   = *chunk last-chunk trailer-section CRLF
 *   chunk          = chunk-size [ chunk-ext ] CRLF chunk-data CRLF
 *   chunk-size     = 1*HEXDIG
 *   chunk-ext      : chunk-extension.ts                               ignored, and bounded
 *   trailer-section = *( field-line CRLF )                            discarded; may not be merged unasked (§7.1.2)
 *
 *       ┌────────────────────────────────── CRLF ─┐
 *     size ──► extension ──► LF ──► payload ──► after payload
 *                             └─ size 0 ──► trailer line … empty line ──► done
 *
 * A line end is CRLF and nothing else: servers that took a bare LF or CR within an extension for one have been smuggled through.
 */
import { ChunkExtension } from './chunk-extension.ts';
import { COLON, CR, fieldValueCharacters, hexValues, HTAB, LF, NO_DIGIT, SEMICOLON, SP, tokenCharacters } from './characters.ts';
import { BAD_CHUNK, BAD_TRAILER, CHUNK_LINE_TOO_LONG, NOTHING_REFUSED, TRAILERS_TOO_LARGE } from './refusal.ts';

export interface ChunkedLimits {
  /** Of one line with a chunk's size and extensions. */
  readonly chunkLineBytesMax: number;
  /** Of all extensions of a body (RFC 9112 §7.1.1: "limit the total length"). */
  readonly extensionBytesMax: number;
  /** Of the trailer section, its empty line included. */
  readonly trailerBytesMax: number;
}

export const chunkedLimits: ChunkedLimits = { chunkLineBytesMax: 1_024, extensionBytesMax: 16_384, trailerBytesMax: 8_192 };

const SIZE_FIRST = 0;
const SIZE = 1;
const BEFORE_EXTENSION = 2;
const EXTENSION = 3;
const SIZE_LF = 4;
const PAYLOAD = 5;
const PAYLOAD_LF = 6;
const TRAILER_FIRST = 7;
const TRAILER_NAME = 8;
const TRAILER_VALUE = 9;
const TRAILER_LF = 10;
const END_LF = 11;
const DONE = 12;

export class ChunkedCoding {
  /** Of the current chunk. */
  size = 0;
  private readonly limits: ChunkedLimits;
  private readonly extension = new ChunkExtension();
  private state = SIZE_FIRST;
  private lineBytes = 0;
  private extensionBytes = 0;
  private trailerBytes = 0;

  constructor(limits: ChunkedLimits) {
    this.limits = limits;
  }

  reset(): void {
    this.size = 0;
    this.state = SIZE_FIRST;
    this.lineBytes = 0;
    this.extensionBytes = 0;
    this.trailerBytes = 0;
  }

  /** Whether the next `size` bytes are payload; the byte to take after it is the one behind them. */
  get atPayload(): boolean {
    return this.state === PAYLOAD;
  }

  get done(): boolean {
    return this.state === DONE;
  }

  /** Takes one byte of framing; returns a refusal code or NOTHING_REFUSED. */
  take(byte: number): number {
    if (this.state >= TRAILER_FIRST) return this.takeTrailer(byte);
    if (this.state >= PAYLOAD) return this.takePayloadEnd(byte);
    if (++this.lineBytes > this.limits.chunkLineBytesMax) return CHUNK_LINE_TOO_LONG;
    return this.takeSizeLine(byte);
  }

  private takeSizeLine(byte: number): number {
    switch (this.state) {
      case SIZE_FIRST:
        this.size = 0;
        return this.takeDigit(byte);
      case SIZE:
        if (byte === CR) return this.goTo(SIZE_LF);
        if (byte === SEMICOLON) return this.beginExtension();
        if (byte === SP || byte === HTAB) return this.goTo(BEFORE_EXTENSION);
        return this.takeDigit(byte);
      case BEFORE_EXTENSION:
        // Whitespace is allowed before a ';' only: some pad sizes with it, others take "1 0" for 10.
        if (byte === SEMICOLON) return this.beginExtension();
        return byte === SP || byte === HTAB ? NOTHING_REFUSED : BAD_CHUNK;
      case EXTENSION:
        if (byte === CR) return this.extension.isWhole ? this.goTo(SIZE_LF) : BAD_CHUNK;
        if (++this.extensionBytes > this.limits.extensionBytesMax) return CHUNK_LINE_TOO_LONG;
        return this.extension.take(byte) ? NOTHING_REFUSED : BAD_CHUNK;
      default:
        if (byte !== LF) return BAD_CHUNK;
        this.lineBytes = 0;
        return this.goTo(this.size > 0 ? PAYLOAD : TRAILER_FIRST);
    }
  }

  private beginExtension(): number {
    this.extension.begin();
    return this.goTo(EXTENSION);
  }

  private takeDigit(byte: number): number {
    const digit = hexValues[byte]!;
    if (digit === NO_DIGIT) return BAD_CHUNK;
    this.size = this.size * 16 + digit;
    return this.size > Number.MAX_SAFE_INTEGER ? BAD_CHUNK : this.goTo(SIZE);
  }

  private takePayloadEnd(byte: number): number {
    if (this.state === PAYLOAD) return byte === CR ? this.goTo(PAYLOAD_LF) : BAD_CHUNK;
    return byte === LF ? this.goTo(SIZE_FIRST) : BAD_CHUNK;
  }

  private takeTrailer(byte: number): number {
    if (++this.trailerBytes > this.limits.trailerBytesMax) return TRAILERS_TOO_LARGE;
    switch (this.state) {
      case TRAILER_FIRST:
        if (byte === CR) return this.goTo(END_LF);
        return tokenCharacters[byte] === 1 ? this.goTo(TRAILER_NAME) : BAD_TRAILER;
      case TRAILER_NAME:
        if (byte === COLON) return this.goTo(TRAILER_VALUE);
        return tokenCharacters[byte] === 1 ? NOTHING_REFUSED : BAD_TRAILER;
      case TRAILER_VALUE:
        if (byte === CR) return this.goTo(TRAILER_LF);
        return fieldValueCharacters[byte] === 1 ? NOTHING_REFUSED : BAD_TRAILER;
      case TRAILER_LF:
        return byte === LF ? this.goTo(TRAILER_FIRST) : BAD_TRAILER;
      default:
        return byte === LF ? this.goTo(DONE) : BAD_TRAILER;
    }
  }

  private goTo(state: number): number {
    this.state = state;
    return NOTHING_REFUSED;
  }
}
