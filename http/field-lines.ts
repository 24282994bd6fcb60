/**
 * The field lines of a head, up to the empty line that ends it: RFC 9112 §5.
 *
 *   field-line = field-name ":" OWS field-value OWS CRLF
 *
 * Only offsets are stored, four per line, so that a head makes no garbage; text is made when somebody asks for it.
 */
import { COLON, CR, equalsIgnoringCase, HTAB, LF, SP, tokenCharacters } from './characters.ts';
import type { ControlFields } from './control-fields.ts';
import { FIELD_UNKNOWN, fieldIdAt, fieldNameBytes, LAST_CONTROL_FIELD } from './known-fields.ts';
import { latin1Text } from './latin1.ts';
import { afterLineEnd, refusalAt } from './line-end.ts';
import { BAD_FIELD_NAME, BAD_FIELD_VALUE, NOTHING_REFUSED, OBS_FOLD, SPACE_BEFORE_COLON, TOO_MANY_FIELDS } from './refusal.ts';
import { fieldValueEnd } from './words.ts';

const NAME_START = 0;
const NAME_END = 1;
const VALUE_START = 2;
const VALUE_END = 3;
const OFFSETS = 4;

/** See words.ts: a module's own constant is folded. */
const isToken = tokenCharacters;

export class FieldLines {
  count = 0;
  /** The set of known fields that occur: 1 << id. Bit 0 is set by any other field. */
  present = 0;
  private readonly linesMax: number;
  private readonly offsets: Int32Array;
  private readonly ids: Uint8Array;

  constructor(linesMax: number) {
    this.linesMax = linesMax;
    this.offsets = new Int32Array(linesMax * OFFSETS);
    this.ids = new Uint8Array(linesMax);
  }

  /** > 0: offset just past the empty line; 0: incomplete; < 0: -(refusal code). */
  parse(words: DataView, bytes: Uint8Array, start: number, limit: number, control: ControlFields): number {
    this.count = 0;
    this.present = 0;
    let i = start;
    while (i < limit && bytes[i] !== CR) {
      i = this.parseLine(words, bytes, i, limit, control);
      if (i <= 0) return i;
    }
    return afterLineEnd(bytes, i, limit, BAD_FIELD_NAME);
  }

  private parseLine(words: DataView, bytes: Uint8Array, start: number, limit: number, control: ControlFields): number {
    if (this.count === this.linesMax) return -TOO_MANY_FIELDS;
    const id = fieldIdAt(words, bytes, start, limit);
    let i = start + fieldNameBytes(id);
    if (id === FIELD_UNKNOWN) {
      while (i < limit && isToken[bytes[i]!] === 1) i++;
      if (i === limit) return 0;
      if (i === start || bytes[i] !== COLON) return nameRefusal(bytes, start, i, limit);
    }
    const nameEnd = i;
    i++;
    while (i < limit && (bytes[i] === SP || bytes[i] === HTAB)) i++;
    const valueStart = i;
    i = fieldValueEnd(words, bytes, i, limit);
    if (i + 1 >= limit || bytes[i] !== CR || bytes[i + 1] !== LF) return refusalAt(bytes, i, limit, BAD_FIELD_VALUE);
    let valueEnd = i;
    while (valueEnd > valueStart && (bytes[valueEnd - 1] === SP || bytes[valueEnd - 1] === HTAB)) valueEnd--;

    this.store(id, start, nameEnd, valueStart, valueEnd);
    if (id <= LAST_CONTROL_FIELD && id !== FIELD_UNKNOWN) {
      const refusal = control.take(id, bytes, valueStart, valueEnd);
      if (refusal !== NOTHING_REFUSED) return -refusal;
    }
    return i + 2;
  }

  private store(id: number, nameStart: number, nameEnd: number, valueStart: number, valueEnd: number): void {
    const at = this.count * OFFSETS;
    this.offsets[at + NAME_START] = nameStart;
    this.offsets[at + NAME_END] = nameEnd;
    this.offsets[at + VALUE_START] = valueStart;
    this.offsets[at + VALUE_END] = valueEnd;
    this.ids[this.count++] = id;
    this.present |= 1 << id;
  }

  /** The lines of one known field as one value, joined by ", " (RFC 9110 §5.2). */
  joined(bytes: Uint8Array, id: number): string | undefined {
    if ((this.present & (1 << id)) === 0) return undefined;
    let value: string | undefined;
    for (let index = 0; index < this.count; index++) {
      if (this.ids[index] !== id) continue;
      const line = this.value(bytes, index);
      value = value === undefined ? line : `${value}, ${line}`;
    }
    return value;
  }

  /** Whether a known field is on exactly one line and its value is these bytes: joined() without making text. */
  is(bytes: Uint8Array, id: number, wanted: Uint8Array): boolean {
    let found = false;
    for (let index = 0; index < this.count; index++) {
      if (this.ids[index] !== id) continue;
      if (found || !this.valueIs(bytes, index, wanted)) return false;
      found = true;
    }
    return found;
  }

  private valueIs(bytes: Uint8Array, index: number, wanted: Uint8Array): boolean {
    const start = this.offsets[index * OFFSETS + VALUE_START]!;
    if (this.offsets[index * OFFSETS + VALUE_END]! - start !== wanted.length) return false;
    for (let i = 0; i < wanted.length; i++) if (bytes[start + i] !== wanted[i]) return false;
    return true;
  }

  /** As joined(), for any field; the name in any case. */
  joinedByName(bytes: Uint8Array, name: string): string | undefined {
    const wanted = name.toLowerCase();
    let value: string | undefined;
    for (let index = 0; index < this.count; index++) {
      if (!this.isNamed(bytes, index, wanted)) continue;
      const line = this.value(bytes, index);
      value = value === undefined ? line : `${value}, ${line}`;
    }
    return value;
  }

  /** As it was sent. '' for an index that is no line's. */
  name(bytes: Uint8Array, index: number): string {
    return this.text(bytes, index, NAME_START, NAME_END);
  }

  value(bytes: Uint8Array, index: number): string {
    return this.text(bytes, index, VALUE_START, VALUE_END);
  }

  private text(bytes: Uint8Array, index: number, start: number, end: number): string {
    if (index < 0 || index >= this.count) return '';
    const at = index * OFFSETS;
    return latin1Text(bytes, this.offsets[at + start]!, this.offsets[at + end]!);
  }

  private isNamed(bytes: Uint8Array, index: number, wanted: string): boolean {
    const at = index * OFFSETS;
    return equalsIgnoringCase(bytes, this.offsets[at + NAME_START]!, this.offsets[at + NAME_END]!, wanted);
  }
}

/** RFC 9112 §5.1: no whitespace between name and colon; §5.2: a line that begins with whitespace continues the one before it. */
function nameRefusal(bytes: Uint8Array, start: number, at: number, limit: number): number {
  if (bytes[at] === SP || bytes[at] === HTAB) return at === start ? -OBS_FOLD : -SPACE_BEFORE_COLON;
  return refusalAt(bytes, at, limit, BAD_FIELD_NAME);
}
