/**
 * What the fields of one head say about host, body and connection, judged line by line while the head is parsed, so that a
 * refusal needs no complete head.
 *
 *   Host                                 RFC 9110 §7.2, RFC 9112 §3.2
 *   Content-Length, Transfer-Encoding    RFC 9112 §6.3: framing.ts
 *   Connection                           RFC 9110 §7.6.1, RFC 9112 §9.3
 *   Expect                               RFC 9110 §10.1.1
 */
import { AUTHORITY_MALFORMED, authorityPort } from './authority.ts';
import { equalsIgnoringCase } from './characters.ts';
import { contentLengthOf, judgeCodings, LENGTH_ABSENT, LENGTH_MALFORMED } from './framing.ts';
import { FIELD_CONNECTION, FIELD_CONTENT_LENGTH, FIELD_EXPECT, FIELD_HOST, FIELD_TRANSFER_ENCODING } from './known-fields.ts';
import { elementEnd, elementStart } from './list.ts';
import {
  BAD_CONTENT_LENGTH,
  BAD_HOST,
  CODING_IN_1_0,
  CONTENT_LENGTH_DOUBLED,
  EXPECTATION_UNKNOWN,
  HOST_DOUBLED,
  HOST_MISSING,
  LENGTH_AND_CODING,
  NOTHING_REFUSED,
} from './refusal.ts';

export class ControlFields {
  versionMinor = 1;
  hasHost = false;
  contentLength = LENGTH_ABSENT;
  chunked = false;
  saysClose = false;
  saysKeepAlive = false;
  expectsContinue = false;

  reset(versionMinor: number): void {
    this.versionMinor = versionMinor;
    this.hasHost = false;
    this.contentLength = LENGTH_ABSENT;
    this.chunked = false;
    this.saysClose = false;
    this.saysKeepAlive = false;
    this.expectsContinue = false;
  }

  /** Takes the value of one field line whose id is at most LAST_CONTROL_FIELD; returns a refusal code or NOTHING_REFUSED. */
  take(id: number, bytes: Uint8Array, start: number, end: number): number {
    switch (id) {
      case FIELD_HOST:
        return this.takeHost(bytes, start, end);
      case FIELD_CONNECTION:
        return this.takeConnection(bytes, start, end);
      case FIELD_CONTENT_LENGTH:
        return this.takeContentLength(bytes, start, end);
      case FIELD_TRANSFER_ENCODING:
        return this.takeTransferEncoding(bytes, start, end);
      case FIELD_EXPECT:
        return this.takeExpect(bytes, start, end);
      default:
        return NOTHING_REFUSED;
    }
  }

  /** What only the end of the head shows. HTTP/1.0 had no Host (RFC 9112 §3.2: "all HTTP/1.1 request messages"). */
  finish(): number {
    return this.versionMinor > 0 && !this.hasHost ? HOST_MISSING : NOTHING_REFUSED;
  }

  get hasBody(): boolean {
    return this.chunked || this.contentLength > 0;
  }

  /** RFC 9112 §9.3: close wins; else HTTP/1.1 persists, and HTTP/1.0 where keep-alive is asked for. */
  get keepAlive(): boolean {
    return !this.saysClose && (this.versionMinor > 0 || this.saysKeepAlive);
  }

  private takeHost(bytes: Uint8Array, start: number, end: number): number {
    if (this.hasHost) return HOST_DOUBLED;
    this.hasHost = true;
    return authorityPort(bytes, start, end) === AUTHORITY_MALFORMED ? BAD_HOST : NOTHING_REFUSED;
  }

  /** An option that is not one of the two asks nothing of us. */
  private takeConnection(bytes: Uint8Array, start: number, end: number): number {
    let stop = start;
    for (let i = elementStart(bytes, start, end); i < end; i = elementStart(bytes, stop, end)) {
      stop = elementEnd(bytes, i, end);
      if (equalsIgnoringCase(bytes, i, stop, 'keep-alive')) this.saysKeepAlive = true;
      else if (equalsIgnoringCase(bytes, i, stop, 'close')) this.saysClose = true;
    }
    return NOTHING_REFUSED;
  }

  /** A second line is refused even with the same number: RFC 9110 §8.6 allows to merge them, and asks for care. */
  private takeContentLength(bytes: Uint8Array, start: number, end: number): number {
    if (this.chunked) return LENGTH_AND_CODING;
    if (this.contentLength !== LENGTH_ABSENT) return CONTENT_LENGTH_DOUBLED;
    this.contentLength = contentLengthOf(bytes, start, end);
    return this.contentLength === LENGTH_MALFORMED ? BAD_CONTENT_LENGTH : NOTHING_REFUSED;
  }

  /** RFC 9112 §6.1: in HTTP/1.0 "the message framing is faulty"; with a Content-Length it is an attempt at smuggling. */
  private takeTransferEncoding(bytes: Uint8Array, start: number, end: number): number {
    if (this.versionMinor === 0) return CODING_IN_1_0;
    if (this.contentLength !== LENGTH_ABSENT) return LENGTH_AND_CODING;
    const refusal = judgeCodings(bytes, start, end, this.chunked);
    this.chunked = refusal === NOTHING_REFUSED;
    return refusal;
  }

  /** RFC 9110 §10.1.1: an HTTP/1.0 client's is ignored; one that we do not know is answered 417. */
  private takeExpect(bytes: Uint8Array, start: number, end: number): number {
    if (this.versionMinor === 0) return NOTHING_REFUSED;
    if (!equalsIgnoringCase(bytes, start, end, '100-continue')) return EXPECTATION_UNKNOWN;
    this.expectsContinue = true;
    return NOTHING_REFUSED;
  }
}
