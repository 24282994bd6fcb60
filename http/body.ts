/**
 * A request body as it comes in, sized or chunked: where it ends, and its payload for whoever wants it. RFC 9112 §6.2, §7.1.
 * The result does not depend on how the bytes are split.
 */
import { ChunkedCoding, type ChunkedLimits, chunkedLimits } from './chunked.ts';
import { CONTENT_TOO_LARGE, NOTHING_REFUSED } from './refusal.ts';

export interface BodyLimits extends ChunkedLimits {
  /** Of the payload, whatever its framing. */
  readonly bodyBytesMax: number;
}

export const bodyLimits: BodyLimits = { ...chunkedLimits, bodyBytesMax: Number.MAX_SAFE_INTEGER };

export class RequestBody {
  /** The whole body has been fed. */
  done = true;
  /** Payload bytes so far. */
  received = 0;
  /** A refusal code, or 0. Nothing is consumed any more. */
  error = NOTHING_REFUSED;
  /** Gets each slice of payload; it must not keep `bytes`. */
  onData: ((bytes: Uint8Array, start: number, end: number) => void) | undefined = undefined;
  private readonly bodyBytesMax: number;
  private readonly coding: ChunkedCoding;
  private chunked = false;
  /** Payload bytes left of the body, or of the chunk. */
  private remaining = 0;

  constructor(limits?: Partial<BodyLimits>) {
    const all = { ...bodyLimits, ...limits };
    this.bodyBytesMax = all.bodyBytesMax;
    this.coding = new ChunkedCoding(all);
  }

  /** Begins a body as the head announced it; contentLength is -1 where absent, and then without chunked there is no body (§6.3). */
  begin(contentLength: number, chunked: boolean): void {
    this.chunked = chunked;
    this.received = 0;
    this.remaining = chunked ? 0 : Math.max(contentLength, 0);
    this.done = !chunked && this.remaining === 0;
    this.error = this.remaining > this.bodyBytesMax ? CONTENT_TOO_LARGE : NOTHING_REFUSED;
    this.coding.reset();
  }

  /** Begins a body whose frames are somebody else's: all that is fed is payload, until end() (RFC 9113 §8.1). */
  beginOpen(): void {
    this.begin(-1, false);
    this.remaining = Infinity;
    this.done = false;
  }

  /** An open body, or one of a known length, ends here. */
  end(): void {
    this.remaining = 0;
    this.done = true;
  }

  /** Takes bytes[start, end). Returns the offset consumed up to: `end` where more is needed, else just past the body. */
  feed(bytes: Uint8Array, start: number, end: number): number {
    let i = start;
    while (i < end && !this.done && this.error === NOTHING_REFUSED) {
      i = this.remaining > 0 ? this.takePayload(bytes, i, end) : this.takeFraming(bytes, i, end);
    }
    return i;
  }

  private takePayload(bytes: Uint8Array, start: number, end: number): number {
    const stop = Math.min(end, start + this.remaining);
    this.remaining -= stop - start;
    this.received += stop - start;
    if (this.received > this.bodyBytesMax) {
      this.error = CONTENT_TOO_LARGE;
      return stop;
    }
    this.onData?.(bytes, start, stop);
    this.done = !this.chunked && this.remaining === 0;
    return stop;
  }

  /** On a refusal, the offset of the byte that caused it. */
  private takeFraming(bytes: Uint8Array, start: number, end: number): number {
    const coding = this.coding;
    for (let i = start; i < end; i++) {
      this.error = coding.take(bytes[i]!);
      if (this.error !== NOTHING_REFUSED) return i;
      if (coding.atPayload) {
        this.remaining = coding.size;
        // Said when the chunk is announced, before its bytes come.
        if (this.received + coding.size > this.bodyBytesMax) this.error = CONTENT_TOO_LARGE;
        return i + 1;
      }
      this.done = coding.done;
      if (this.done) return i + 1;
    }
    return end;
  }
}
