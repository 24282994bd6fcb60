/**
 * Structured Fields, RFC 9651: parsing (§4.2) of Lists, Dictionaries and Items to values, and serialising (§4.1) of the Items that
 * we send.
 *
 *   sf-list       = list-member *( OWS "," OWS list-member )        list-member = sf-item / inner-list
 *   sf-dictionary = dict-member *( OWS "," OWS dict-member )        dict-member = key ( parameters / ( "=" list-member ) )
 *   inner-list    = "(" *SP [ sf-item *( 1*SP sf-item ) *SP ] ")" parameters
 *   sf-item       = bare-item parameters
 *   parameters    = *( ";" *SP key [ "=" bare-item ] )
 *   key           = ( lcalpha / "*" ) *( lcalpha / DIGIT / "_" / "-" / "." / "*" )
 *
 * "If parsing fails, the entire field value MUST be ignored" (§4.2): undefined. A field that is absent and one that is empty are the
 * same List or Dictionary (§3.1, §3.2).
 */
import { tokenCharacters } from './characters.ts';

export type BareItem =
  | { readonly kind: 'integer'; readonly value: number }
  | { readonly kind: 'decimal'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'token'; readonly value: string }
  | { readonly kind: 'bytes'; readonly value: Uint8Array }
  | { readonly kind: 'boolean'; readonly value: boolean }
  /** Seconds since 1970, also negative. */
  | { readonly kind: 'date'; readonly value: number }
  /** Unicode, where a 'string' is ASCII. */
  | { readonly kind: 'display-string'; readonly value: string };

export type ItemParameters = ReadonlyMap<string, BareItem>;

export type Item = BareItem & { readonly parameters: ItemParameters };

export interface InnerList {
  readonly kind: 'inner-list';
  readonly items: readonly Item[];
  readonly parameters: ItemParameters;
}

export type ListMember = Item | InnerList;

/** What has a serialisation here. */
export type SerialisableItem = Extract<BareItem, { readonly kind: 'integer' | 'string' | 'token' | 'boolean' }>;

const INTEGER_MAX = 999_999_999_999_999;

const keyPattern = /[a-z*][a-z0-9_\-.*]*/y;
/** sf-integer: 15 digits; sf-decimal: 12 and 3. */
const numberPattern = /-?(?:\d{1,12}\.\d{1,3}|\d{1,15})(?![\d.])/y;
const bytesPattern = /:[A-Za-z0-9+/]*={0,2}:/y;

const noParameters: ItemParameters = new Map();
const bareTrue: BareItem = { kind: 'boolean', value: true };

/** @param text the field's lines joined by commas. */
export function parseList(text: string): readonly ListMember[] | undefined {
  const members: ListMember[] = [];
  const reader = new StructuredReader(text);
  return reader.members(() => reader.listMember(members)) ? members : undefined;
}

/** The last member of a name counts (§4.2.2). @param text as in parseList(). */
export function parseDictionary(text: string): ReadonlyMap<string, ListMember> | undefined {
  const members = new Map<string, ListMember>();
  const reader = new StructuredReader(text);
  return reader.members(() => reader.dictionaryMember(members)) ? members : undefined;
}

export function parseItem(text: string): Item | undefined {
  return new StructuredReader(text).onlyItem();
}

/** sf-token = ( ALPHA / "*" ) *( tchar / ":" / "/" ), §3.3.4. */
export function isStructuredToken(text: string): boolean {
  return text !== '' && structuredTokenEnd(text, 0) === text.length;
}

/** §4.1.3. Throws where §4.1 says that serialising fails: a value out of range, a string with other than visible ASCII and SP. */
export function serialiseItem(item: SerialisableItem, parameters: Iterable<readonly [key: string, value: SerialisableItem]> = []): string {
  let text = serialiseBareItem(item);
  for (const [key, value] of parameters) {
    keyPattern.lastIndex = 0;
    if (keyPattern.exec(key)?.[0] !== key) throw new Error(`not a key: ${JSON.stringify(key)}`);
    text += value.kind === 'boolean' && value.value ? `;${key}` : `;${key}=${serialiseBareItem(value)}`;
  }
  return text;
}

function serialiseBareItem(item: SerialisableItem): string {
  switch (item.kind) {
    case 'integer':
      if (!Number.isInteger(item.value) || Math.abs(item.value) > INTEGER_MAX) throw new Error(`not an sf-integer: ${item.value}`);
      return String(item.value);
    case 'boolean':
      return item.value ? '?1' : '?0';
    case 'token':
      if (!isStructuredToken(item.value)) throw new Error(`not an sf-token: ${JSON.stringify(item.value)}`);
      return item.value;
    case 'string':
      if (/[^ -~]/.test(item.value)) throw new Error(`not an sf-string: ${JSON.stringify(item.value)}`);
      return `"${item.value.replaceAll(/["\\]/g, '\\$&')}"`;
  }
}

function structuredTokenEnd(text: string, start: number): number {
  if (!/[A-Za-z*]/.test(text.charAt(start))) return start;
  let i = start + 1;
  while (tokenCharacters[text.charCodeAt(i)] === 1 || text.charAt(i) === ':' || text.charAt(i) === '/') i++;
  return i;
}

/** Reads forward only. undefined and false: parsing fails. */
class StructuredReader {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  /** §4.2.1 and §4.2.2 around their members. */
  members(readMember: () => boolean): boolean {
    this.skip(' ');
    while (this.at < this.text.length) {
      if (!readMember()) return false;
      this.skip(' \t');
      if (this.at === this.text.length) return true;
      if (!this.take(',')) return false;
      this.skip(' \t');
      if (this.at === this.text.length) return false;
    }
    return true;
  }

  listMember(members: ListMember[]): boolean {
    const member = this.next === '(' ? this.innerList() : this.item();
    if (member !== undefined) members.push(member);
    return member !== undefined;
  }

  dictionaryMember(members: Map<string, ListMember>): boolean {
    const key = this.match(keyPattern);
    if (key === '') return false;
    const member = this.dictionaryValue();
    if (member !== undefined) members.set(key, member);
    return member !== undefined;
  }

  onlyItem(): Item | undefined {
    this.skip(' ');
    const item = this.item();
    this.skip(' ');
    return this.at === this.text.length ? item : undefined;
  }

  private dictionaryValue(): ListMember | undefined {
    if (this.take('=')) return this.next === '(' ? this.innerList() : this.item();
    const parameters = this.parameters();
    return parameters && { ...bareTrue, parameters };
  }

  private innerList(): InnerList | undefined {
    this.at++;
    const items: Item[] = [];
    for (;;) {
      this.skip(' ');
      if (this.take(')')) break;
      const item = this.item();
      if (item === undefined || (this.next !== ' ' && this.next !== ')')) return undefined;
      items.push(item);
    }
    const parameters = this.parameters();
    return parameters && { kind: 'inner-list', items, parameters };
  }

  private item(): Item | undefined {
    const bare = this.bareItem();
    if (bare === undefined) return undefined;
    const parameters = this.parameters();
    return parameters && { ...bare, parameters };
  }

  private parameters(): ItemParameters | undefined {
    if (this.next !== ';') return noParameters;
    const parameters = new Map<string, BareItem>();
    while (this.take(';')) {
      this.skip(' ');
      const key = this.match(keyPattern);
      const value = this.take('=') ? this.bareItem() : bareTrue;
      if (key === '' || value === undefined) return undefined;
      parameters.set(key, value);
    }
    return parameters;
  }

  private bareItem(): BareItem | undefined {
    switch (this.next) {
      case '"':
        return this.string();
      case ':':
        return this.bytes();
      case '?':
        return this.boolean();
      case '@':
        return this.date();
      case '%':
        return this.displayString();
      default:
        return /[-0-9]/.test(this.next) ? this.number() : this.token();
    }
  }

  private number(): BareItem | undefined {
    const digits = this.match(numberPattern);
    // Of the two zeros only one is an answer.
    const value = Number(digits) || 0;
    return digits === '' ? undefined : { kind: digits.includes('.') ? 'decimal' : 'integer', value };
  }

  private token(): BareItem | undefined {
    const start = this.at;
    this.at = structuredTokenEnd(this.text, start);
    return this.at === start ? undefined : { kind: 'token', value: this.text.slice(start, this.at) };
  }

  private boolean(): BareItem | undefined {
    this.at++;
    if (this.take('1')) return { kind: 'boolean', value: true };
    return this.take('0') ? { kind: 'boolean', value: false } : undefined;
  }

  private date(): BareItem | undefined {
    this.at++;
    const number = this.number();
    return number?.kind === 'integer' ? { kind: 'date', value: number.value } : undefined;
  }

  /** §4.2.7: "parsers SHOULD NOT fail when '=' padding is not present". One character alone is no byte. */
  private bytes(): BareItem | undefined {
    const delimited = this.match(bytesPattern);
    const base64 = delimited.replaceAll(/[:=]/g, '');
    return delimited === '' || base64.length % 4 === 1 ? undefined : { kind: 'bytes', value: Buffer.from(base64, 'base64') };
  }

  /** §4.2.5: the two characters only are escaped, and nothing but ASCII is in it. */
  private string(): BareItem | undefined {
    const start = ++this.at;
    let escapes = false;
    for (; this.at < this.text.length; this.at++) {
      const character = this.next;
      if (character === '"') {
        const content = this.text.slice(start, this.at++);
        return { kind: 'string', value: escapes ? content.replaceAll(/\\([^])/g, '$1') : content };
      }
      if (character === '\\') {
        escapes = true;
        this.at++;
        if (this.next !== '"' && this.next !== '\\') return undefined;
      } else if (character < ' ' || character > '~') {
        return undefined;
      }
    }
    return undefined;
  }

  /** §4.2.10: lower case in the percent-encoding, and what it stands for must be UTF-8. */
  private displayString(): BareItem | undefined {
    const start = this.at + 2;
    if (this.text.charAt(this.at + 1) !== '"') return undefined;
    for (this.at = start; this.at < this.text.length && this.next !== '"'; this.at++) {
      if (this.next < ' ' || this.next > '~') return undefined;
      if (this.next !== '%') continue;
      if (!/^[0-9a-f]{2}$/.test(this.text.slice(this.at + 1, this.at + 3))) return undefined;
      this.at += 2;
    }
    const content = this.text.slice(start, this.at).replaceAll(/%(..)/g, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
    const bytes = Buffer.from(content, 'latin1');
    const value = bytes.toString('utf8');
    return this.take('"') && Buffer.from(value, 'utf8').equals(bytes) ? { kind: 'display-string', value } : undefined;
  }

  private get next(): string {
    return this.text.charAt(this.at);
  }

  private take(character: string): boolean {
    if (this.next !== character) return false;
    this.at++;
    return true;
  }

  private skip(characters: string): void {
    while (this.at < this.text.length && characters.includes(this.next)) this.at++;
  }

  /** '' where the sticky pattern does not match, which none of them does with ''. */
  private match(pattern: RegExp): string {
    pattern.lastIndex = this.at;
    const matched = pattern.exec(this.text)?.[0] ?? '';
    this.at += matched.length;
    return matched;
  }
}
