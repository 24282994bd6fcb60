/**
 * One request head, parsed in place: a flyweight over the received bytes that makes neither strings nor objects until it is
 * asked. RFC 9112 §2 to §6.
 *
 *   head = [ CRLF ] request-line *( field-line CRLF ) CRLF
 *
 * The head is judged from the left, and every judgement needs only the bytes before it: a prefix of a head is either incomplete
 * or refused as the whole is, however the bytes are split. That is why the size limit cuts the bytes off before they are parsed
 * instead of being checked after.
 */
import { ControlFields } from './control-fields.ts';
import { FieldLines } from './field-lines.ts';
import { CONDITIONAL_FIELDS, FIELD_HOST, FIELD_IF_MATCH, FIELD_IF_NONE_MATCH, FIELD_IF_UNMODIFIED_SINCE } from './known-fields.ts';
import { latin1Text } from './latin1.ts';
import { HEAD_TOO_LARGE, NOTHING_REFUSED } from './refusal.ts';
import { RequestLine } from './request-line.ts';
import { TARGET_ABSOLUTE, TARGET_AUTHORITY } from './target.ts';

export * from './known-fields.ts';
export { METHOD_GET, METHOD_HEAD, METHOD_OPTIONS, METHOD_OTHER } from './request-line.ts';
export { TARGET_ABSOLUTE, TARGET_ASTERISK, TARGET_AUTHORITY, TARGET_ORIGIN } from './target.ts';

export interface HeadLimits {
  /** From the first byte to the last LF. */
  readonly headBytesMax: number;
  readonly fieldsMax: number;
  /** Of the request target; to be below headBytesMax, or the head is too large first. */
  readonly targetBytesMax: number;
}

export const headLimits: HeadLimits = { headBytesMax: 16_384, fieldsMax: 100, targetBytesMax: 8_192 };

/** Those that are judged before If-None-Match. */
const FIRST_CONDITIONS = (1 << FIELD_IF_MATCH) | (1 << FIELD_IF_UNMODIFIED_SINCE);

const noBytes = new Uint8Array(0);

/** Offsets and getters hold after parse() > 0, until the next parse() or until the bytes are overwritten; see detach(). */
export class RequestHead {
  private readonly limits: HeadLimits;
  private readonly line = new RequestLine();
  private readonly control = new ControlFields();
  private readonly lines: FieldLines;
  private bytes: Uint8Array = noBytes;
  private words: DataView = new DataView(noBytes.buffer);
  private start = 0;
  private end = 0;
  /** Of the target URI: it is the connection's, which is secured or not (RFC 9110 §7.1). Set by whoever reads from it. */
  scheme: 'http' | 'https' = 'http';
  /** It came by HTTP/2, and was written out as one of HTTP/1.1. Set by whoever has done so. */
  fromHttp2 = false;

  constructor(limits?: Partial<HeadLimits>) {
    this.limits = { ...headLimits, ...limits };
    this.lines = new FieldLines(this.limits.fieldsMax);
  }

  /**
   * Parses one request head at bytes[start, end). > 0: offset just past the head's final LF; 0: incomplete, everything seen so far
   * is fine; < 0: -(refusal code).
   */
  parse(bytes: Uint8Array, start: number, end: number): number {
    const limit = Math.min(end, start + this.limits.headBytesMax);
    if (bytes !== this.bytes) {
      this.bytes = bytes;
      this.words = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    }
    this.start = start;
    this.end = start;
    let i = this.line.parse(this.words, bytes, start, limit, this.limits.targetBytesMax);
    if (i > 0) {
      this.control.reset(this.line.versionMinor);
      i = this.lines.parse(this.words, bytes, i, limit, this.control);
    }
    if (i <= 0) return i === 0 && end > limit ? -HEAD_TOO_LARGE : i;
    const refusal = this.control.finish();
    if (refusal !== NOTHING_REFUSED) return -refusal;
    this.end = i;
    return i;
  }

  /** METHOD_GET, METHOD_HEAD, METHOD_OPTIONS or METHOD_OTHER. */
  get method(): number {
    return this.line.method;
  }

  get methodText(): string {
    return latin1Text(this.bytes, this.line.methodStart, this.line.methodEnd);
  }

  /** 0 or 1; HTTP/1.2 and later are served as HTTP/1.1 (RFC 9110 §2.5). */
  get versionMinor(): number {
    return this.line.versionMinor;
  }

  /** Of HTTP, in which the request was received (RFC 9110 §2.5). */
  get version(): '1.0' | '1.1' | '2' {
    return this.fromHttp2 ? '2' : this.line.versionMinor === 0 ? '1.0' : '1.1';
  }

  get targetForm(): number {
    return this.line.targetForm;
  }

  /** The request target as it was sent. */
  get target(): string {
    return latin1Text(this.bytes, this.line.targetStart, this.line.targetEnd);
  }

  /** Where the raw path is within the bytes; empty where an absolute target has none, and for CONNECT. */
  get pathStart(): number {
    return this.line.pathStart;
  }

  get pathEnd(): number {
    return this.line.pathEnd;
  }

  /** Behind the '?'. */
  get queryStart(): number {
    return this.line.queryStart;
  }

  get queryEnd(): number {
    return this.line.queryEnd;
  }

  /** Tells "/?" from "/". */
  get hasQuery(): boolean {
    return this.line.hasQuery;
  }

  /** Raw, not decoded; "/" where empty (RFC 9110 §4.2.3), "*" for the asterisk form. */
  get path(): string {
    return this.line.pathStart === this.line.pathEnd ? '/' : latin1Text(this.bytes, this.line.pathStart, this.line.pathEnd);
  }

  /** With its '?'; '' where there is none. */
  get query(): string {
    return this.line.hasQuery ? latin1Text(this.bytes, this.line.queryStart - 1, this.line.queryEnd) : '';
  }

  /** Of the target where it has one, else Host (RFC 9112 §3.2.2, §3.3); '' where HTTP/1.0 sent neither. */
  get authority(): string {
    const form = this.line.targetForm;
    if (form !== TARGET_ABSOLUTE && form !== TARGET_AUTHORITY) return this.field(FIELD_HOST) ?? '';
    return latin1Text(this.bytes, this.line.authorityStart, this.line.authorityEnd);
  }

  /** -1 where absent. */
  get contentLength(): number {
    return this.control.contentLength;
  }

  get chunked(): boolean {
    return this.control.chunked;
  }

  get hasBody(): boolean {
    return this.control.hasBody;
  }

  /** Whether the connection may outlive the answer (RFC 9112 §9.3). */
  get keepAlive(): boolean {
    return this.control.keepAlive;
  }

  /** Whether a 100 is waited for: HTTP/1.1, and a body to come (RFC 9110 §10.1.1). */
  get expectContinue(): boolean {
    return this.control.expectsContinue && this.control.hasBody;
  }

  /** Whether any of If-Match, If-None-Match, If-Modified-Since, If-Unmodified-Since, If-Range, Range is there. */
  get conditional(): boolean {
    return (this.lines.present & CONDITIONAL_FIELDS) !== 0;
  }

  /** Whether If-None-Match is this one tag and no precondition comes before it (RFC 9110 §13.2.2): what a returning visitor sends. */
  revalidates(etag: Uint8Array): boolean {
    return (this.lines.present & FIRST_CONDITIONS) === 0 && this.lines.is(this.bytes, FIELD_IF_NONE_MATCH, etag);
  }

  /** Whether a known field is there. */
  has(id: number): boolean {
    return (this.lines.present & (1 << id)) !== 0;
  }

  /** Whether a known field is there in one line, with this very value. */
  is(id: number, value: Uint8Array): boolean {
    return this.lines.is(this.bytes, id, value);
  }

  get fieldCount(): number {
    return this.lines.count;
  }

  /** A field by its FIELD_ constant; its lines joined by ", " (RFC 9110 §5.2). */
  field(id: number): string | undefined {
    return this.lines.joined(this.bytes, id);
  }

  /** Any field, by its name in any case. */
  fieldNamed(name: string): string | undefined {
    return this.lines.joinedByName(this.bytes, name);
  }

  /** As it was sent; index < fieldCount. */
  fieldName(index: number): string {
    return this.lines.name(this.bytes, index);
  }

  fieldValue(index: number): string {
    return this.lines.value(this.bytes, index);
  }

  /** An owned copy, valid for as long as anybody holds it: the parse of a copy of the head's bytes. */
  detach(): RequestHead {
    const copy = new RequestHead({ ...this.limits, fieldsMax: this.lines.count });
    // Of the bytes' own kind, so that parse() stays monomorphic; Buffer.prototype.slice would be a view.
    const bytes: Uint8Array = Uint8Array.prototype.slice.call(this.bytes, this.start, this.end);
    copy.parse(bytes, 0, bytes.length);
    copy.scheme = this.scheme;
    copy.fromHttp2 = this.fromHttp2;
    return copy;
  }
}
