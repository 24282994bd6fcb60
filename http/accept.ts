/**
 * Media types that a client takes, RFC 9110 §12.5.1, and whether it is a browser that goes to a page.
 *
 *   Accept      = #( media-range [ weight ] )
 *   media-range = ( "*" "/" "*" / type "/" "*" / type "/" subtype ) parameters
 *   parameters  = *( OWS ";" OWS [ token "=" ( token / quoted-string ) ] )      one named q is the weight, wherever it stands
 *
 * A member that is not this is skipped. A weight that is no qvalue counts as the least there is: the client has named the type, and
 * Java's HTTP client has asked for everything by q=.2 for twenty years.
 */
import { parseWeight, WEIGHT_LEAST, WEIGHT_MALFORMED, WEIGHT_MAX } from './accept-encoding.ts';
import { tokenCharacters } from './characters.ts';

/** In lower case, values of parameters included. */
interface MediaType {
  readonly type: string;
  readonly subtype: string;
  readonly parameters: ReadonlyMap<string, string>;
}

interface MediaRange extends MediaType {
  /** Thousandths, 0 to 1000. */
  readonly weight: number;
}

/** Field values; undefined where the field is absent. */
export interface NavigationFields {
  readonly secFetchMode?: string | undefined;
  readonly secFetchDest?: string | undefined;
  readonly accept?: string | undefined;
}

const NO_MATCH = -1;

/** What a page shows in a window or frame. An embed or object navigates too, but a page in the place of a picture is no help to it. */
const pageDestinations: ReadonlySet<string> = new Set(['document', 'iframe', 'frame', 'fencedframe']);

const pageTypes: ReadonlySet<string> = new Set(['text/html', 'application/xhtml+xml']);

/**
 * The quality of a media type, 0 (not acceptable) to 1, by the most specific range that matches it; the first among equals.
 * A field that is absent, or that has no member, is no preference.
 * @param type may have parameters: a range with parameters matches only a type that has them all, but for a charset that `type`
 * does not state. Throws where it is no media type.
 */
export function acceptsType(value: string | undefined, type: string): number {
  return weightOf(parseAccept(value), type) / WEIGHT_MAX;
}

/** The one of `offered` with the highest quality, the first among equals; undefined where none is acceptable. Throws as acceptsType(). */
export function preferredType(value: string | undefined, offered: readonly string[]): string | undefined {
  const ranges = parseAccept(value);
  let preferred: string | undefined;
  let heaviest = 0;
  for (const type of offered) {
    const weight = weightOf(ranges, type);
    if (weight <= heaviest) continue;
    preferred = type;
    heaviest = weight;
  }
  return preferred;
}

/**
 * Whether a GET takes a user to a page: for a path without a file such a request may be answered by a page, where a script's
 * fetch() or an image wants its 404.
 *
 * Sec-Fetch-Mode tells (Fetch Metadata §2.2); browsers leave it out where the origin is not trustworthy, which is plain HTTP beyond
 * localhost. Then Accept must name HTML: an image, curl and fetch() have only a wildcard for it. A service worker that passes a
 * navigation on has an empty destination.
 */
export function isNavigation({ secFetchMode, secFetchDest, accept }: NavigationFields): boolean {
  if (secFetchMode !== undefined) return secFetchMode === 'navigate' && secFetchDest !== 'embed' && secFetchDest !== 'object';
  if (secFetchDest !== undefined) return pageDestinations.has(secFetchDest);
  return parseAccept(accept).some(({ type, subtype, weight }) => weight > 0 && pageTypes.has(`${type}/${subtype}`));
}

/** No ranges: no preference. */
function parseAccept(value: string | undefined): readonly MediaRange[] {
  return value === undefined ? [] : new AcceptReader(value).ranges();
}

function weightOf(ranges: readonly MediaRange[], text: string): number {
  const type = new AcceptReader(text).range();
  if (type === undefined) throw new Error(`not a media type: ${JSON.stringify(text)}`);
  let weight = ranges.length === 0 ? WEIGHT_MAX : 0;
  let closest = NO_MATCH;
  for (const range of ranges) {
    const specificity = specificityOf(range, type);
    if (specificity <= closest) continue;
    weight = range.weight;
    closest = specificity;
  }
  return weight;
}

/** NO_MATCH; 0 for any type, 1 for any subtype, 2 for the very type, and one more for each parameter. */
function specificityOf(range: MediaRange, type: MediaType): number {
  if (range.type !== '*' && range.type !== type.type) return NO_MATCH;
  if (range.subtype !== '*' && range.subtype !== type.subtype) return NO_MATCH;
  let matching = 0;
  for (const [name, wanted] of range.parameters) {
    const value = type.parameters.get(name);
    // application/json;charset=utf-8 is often asked for, and no type that states no charset can tell it from application/json.
    if (value === undefined && name === 'charset') continue;
    if (value !== wanted) return NO_MATCH;
    matching++;
  }
  if (range.type === '*') return 0;
  return range.subtype === '*' ? 1 : 2 + matching;
}

/** Reads forward only: what could not be read is left behind at the next comma. */
class AcceptReader {
  private readonly text: string;
  private at = 0;

  constructor(text: string) {
    this.text = text;
  }

  ranges(): readonly MediaRange[] {
    const ranges: MediaRange[] = [];
    while (this.at < this.text.length) {
      this.skipWhitespace();
      const range = this.range();
      this.skipWhitespace();
      if (range !== undefined && (this.at === this.text.length || this.next === ',')) ranges.push(range);
      const comma = this.text.indexOf(',', this.at);
      this.at = comma < 0 ? this.text.length : comma + 1;
    }
    return ranges;
  }

  /** undefined where none begins here. */
  range(): MediaRange | undefined {
    const type = this.token();
    if (type === '' || !this.take('/')) return undefined;
    const subtype = this.token();
    if (subtype === '' || (type === '*' && subtype !== '*')) return undefined;
    const parameters = this.parameters();
    if (parameters === undefined) return undefined;
    const qvalue = parameters.get('q');
    parameters.delete('q');
    const weight = qvalue === undefined ? WEIGHT_MAX : parseWeight(qvalue);
    return { type, subtype, parameters, weight: weight === WEIGHT_MALFORMED ? WEIGHT_LEAST : weight };
  }

  private parameters(): Map<string, string> | undefined {
    const parameters = new Map<string, string>();
    for (;;) {
      this.skipWhitespace();
      if (!this.take(';')) return parameters;
      this.skipWhitespace();
      const name = this.token();
      if (name === '') continue;
      if (!this.take('=')) return undefined;
      const value = this.next === '"' ? this.quotedString() : this.token() || undefined;
      if (value === undefined) return undefined;
      if (!parameters.has(name)) parameters.set(name, value);
    }
  }

  private token(): string {
    const start = this.at;
    while (tokenCharacters[this.text.charCodeAt(this.at)] === 1) this.at++;
    return this.text.slice(start, this.at).toLowerCase();
  }

  /** RFC 9110 §5.6.4. undefined where it does not end; then everything has been read. */
  private quotedString(): string | undefined {
    let content = '';
    for (this.at++; this.at < this.text.length; this.at++) {
      if (this.take('"')) return content.toLowerCase();
      if (this.next === '\\') this.at++;
      content += this.next;
    }
    return undefined;
  }

  private get next(): string {
    return this.text.charAt(this.at);
  }

  private take(character: string): boolean {
    if (this.next !== character) return false;
    this.at++;
    return true;
  }

  private skipWhitespace(): void {
    while (this.next === ' ' || this.next === '\t') this.at++;
  }
}
