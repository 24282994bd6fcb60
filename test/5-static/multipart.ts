// Reads a multipart/byteranges body back (RFC 2046 §5.1.1, RFC 9110 §14.6), strictly.
import type { Reply } from '../client.ts';

export interface Part {
  readonly type: string;
  /** Inclusive, as in Content-Range. */
  readonly first: number;
  readonly last: number;
  readonly size: number;
  readonly bytes: Buffer;
}

/** @throws Error naming what is not as it should be. */
export function partsOf({ fields, body }: Reply): Part[] {
  const boundary = /^multipart\/byteranges; boundary=([0-9A-Za-z'+_.-]{1,70})$/.exec(fields.get('content-type') ?? '')?.[1];
  if (boundary === undefined) throw new Error(`Content-Type ${String(fields.get('content-type'))}`);
  const parts: Part[] = [];
  const closing = `\r\n--${boundary}--\r\n`;
  for (let at = 0; ;) {
    const start = `${at === 0 ? '' : '\r\n'}--${boundary}\r\n`;
    if (body.toString('latin1', at, at + start.length) !== start) {
      if (body.toString('latin1', at) !== closing) throw new Error(`neither a part nor the end at ${at}`);
      return parts;
    }
    const headEnd = body.indexOf('\r\n\r\n', at + start.length, 'latin1');
    const head = /^Content-Type: ([\x20-\x7e]+)\r\nContent-Range: bytes (\d+)-(\d+)\/(\d+)$/.exec(body.toString('latin1', at + start.length, headEnd));
    if (headEnd < 0 || !head) throw new Error(`the head of part ${parts.length}`);
    const [first, last, size] = [Number(head[2]), Number(head[3]), Number(head[4])];
    const bytes = body.subarray(headEnd + 4, headEnd + 4 + last - first + 1);
    parts.push({ type: head[1]!, first, last, size, bytes });
    at = headEnd + 4 + bytes.length;
  }
}
