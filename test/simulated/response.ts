// What a peer heard, taken apart: complete responses in order, and what is left of one that is not complete. Anything
// that is no response is a fault.
import { BadReply, framingOf, readChunked, readHead } from '../reply.ts';

export interface Response {
  readonly status: number;
  readonly fields: ReadonlyMap<string, string>;
  readonly body: Buffer;
  /** Offset behind it in what was heard. */
  readonly end: number;
}

/** How a stream of responses ends: all complete, or within one. */
export interface Heard {
  readonly responses: readonly Response[];
  /** Bytes behind the last complete response. */
  readonly rest: number;
  /** Of a response that is not complete: its head, and of its body what is there (nothing where it is chunked). */
  readonly partial: Response | undefined;
  readonly fault: string | undefined;
}

/** @param methods of the requests, in order. @param ended the peer saw FIN: a body without a length is complete then. */
export function parseResponses(bytes: Buffer, methods: readonly string[], ended: boolean): Heard {
  const responses: Response[] = [];
  let at = 0;
  try {
    while (at < bytes.length) {
      const next = parseResponse(bytes, at, methods[responses.length] ?? 'GET', ended);
      if (next === undefined) break;
      if (next.end < 0) return { responses, rest: bytes.length - at, partial: next, fault: undefined };
      responses.push(next);
      at = next.end;
    }
  } catch (error) {
    if (!(error instanceof BadReply)) throw error;
    return { responses, rest: bytes.length - at, partial: undefined, fault: error.message };
  }
  return { responses, rest: bytes.length - at, partial: undefined, fault: undefined };
}

/** Undefined: not even the head is complete. `end` is -1 where the body is not. */
function parseResponse(bytes: Buffer, start: number, method: string, ended: boolean): Response | undefined {
  const head = readHead(bytes, start);
  if (head === undefined) return undefined;
  const { status, fields } = head;
  const framing = framingOf(head, status === 408 ? 'GET' : method); // 408 answers what is no request yet: it has its body
  if (framing === 'chunked') {
    const chunked = readChunked(bytes, head.end);
    return { status, fields, body: chunked?.body ?? Buffer.alloc(0), end: chunked?.end ?? -1 };
  }
  const end = framing === 'end' ? bytes.length : head.end + framing;
  const complete = framing === 'end' ? ended : end <= bytes.length;
  return { status, fields, body: bytes.subarray(head.end, end), end: complete ? end : -1 };
}
