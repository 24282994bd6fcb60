/**
 * The framing of a multipart/byteranges body, RFC 9110 §14.6 in the shape of RFC 2046 §5.1: everything but the ranges themselves,
 * with the exact length of the whole, so that it goes out under a Content-Length.
 *
 *   --boundary CRLF [Content-Type] Content-Range CRLF <bytes> CRLF --boundary … <bytes> CRLF --boundary-- CRLF
 *   └──────────── preambles[0] ──────────────┘       └─ preambles[1] ─┘      └───── closing ─────┘
 */
import { latin1Bytes } from './latin1.ts';
import { type ByteRange, contentRange } from './range.ts';

export interface MultipartFraming {
  /** One for each part, sent before its bytes. */
  readonly preambles: readonly Uint8Array[];
  /** Sent after the last part. */
  readonly closing: Uint8Array;
  /** Framing and parts together. */
  readonly totalBytes: number;
}

/** bchars of RFC 2046 §5.1.1 that need no quotes in a Content-Type parameter. */
const boundaryForm = /^[0-9A-Za-z'+_.-]{1,70}$/;

/** boundary: must not occur in the parts; a random one does not. contentType: undefined where it is not known. */
export function multipartFraming(
  parts: readonly ByteRange[],
  contentType: string | undefined,
  size: number,
  boundary: string,
): MultipartFraming {
  if (!boundaryForm.test(boundary)) throw new Error(`not a multipart boundary: ${boundary}`);
  const typeLine = contentType === undefined ? '' : `Content-Type: ${contentType}\r\n`;
  const preambles = parts.map(({ start, end }, index) =>
    latin1Bytes(`${index === 0 ? '' : '\r\n'}--${boundary}\r\n${typeLine}Content-Range: ${contentRange(start, end, size)}\r\n\r\n`),
  );
  const closing = latin1Bytes(`\r\n--${boundary}--\r\n`);
  let totalBytes = closing.length;
  for (const preamble of preambles) totalBytes += preamble.length;
  for (const { start, end } of parts) totalBytes += end - start;
  return { preambles, closing, totalBytes };
}

/** The Content-Type of the whole answer. */
export function multipartType(boundary: string): string {
  return `multipart/byteranges; boundary=${boundary}`;
}
