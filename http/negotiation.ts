/**
 * Fields of proactive negotiation, RFC 9110 §12.5, brought to one form, so that two of them that say the same are the same text.
 *
 *   Accept          = #( media-range [ weight ] )                        media-range = type "/" subtype parameters
 *   Accept-Charset, Accept-Encoding, Accept-Language = #( range [ weight ] )
 *   weight          = OWS ";" OWS "q=" qvalue                            §12.4.2: absent it is 1
 *
 * Only what changes nothing by the definition of the field is changed: whitespace, case, empty elements, repetitions, how a weight is
 * written, and the order of different weights. Weights themselves are kept, because a server may weigh them against its own; so is the
 * order among equal ones, which many servers go by although §12.5.4 says that it "cannot be relied upon"; but not in Accept-Encoding,
 * where who goes by it has the choice of the client anyway.
 */
import { parseWeight, WEIGHT_MALFORMED, WEIGHT_MAX } from './accept-encoding.ts';
import { isToken, listMembers, quotedStringEnd, tokenEnd, unquoted, UNTERMINATED, whitespaceEnd } from './list-members.ts';

export type NegotiationField = 'accept' | 'accept-charset' | 'accept-encoding' | 'accept-language';

interface Preference {
  /** With its parameters. */
  readonly range: string;
  /** Thousandths, 0 to WEIGHT_MAX. */
  readonly weight: number;
}

/** RFC 9110 §8.4.1.1, §8.4.1.3 */
const codingAliases: ReadonlyMap<string, string> = new Map([['x-compress', 'compress'], ['x-gzip', 'gzip']]);

/** undefined where a member is malformed: what a server makes of it is not ours to know. Never longer than `value`. */
export function canonicalPreferences(field: NegotiationField, value: string): string | undefined {
  const preferences: Preference[] = [];
  const weights = new Map<string, number>();
  let contradictory = false;
  for (const member of listMembers(value) ?? ['']) {
    const preference = preferenceOf(field, member);
    if (preference === undefined) return undefined;
    const before = weights.get(preference.range);
    if (before === preference.weight) continue;
    contradictory ||= before !== undefined;
    weights.set(preference.range, preference.weight);
    preferences.push(preference);
  }
  // Of two weights for one range a server takes the first, the last or the greater: then the order matters.
  if (!contradictory) preferences.sort(field === 'accept-encoding' ? byName : byWeight);
  return preferences.map(({ range, weight }) => (weight === WEIGHT_MAX ? range : `${range};q=${weight / WEIGHT_MAX}`)).join(',');
}

function byName(a: Preference, b: Preference): number {
  return a.range < b.range ? -1 : 1;
}

function byWeight(a: Preference, b: Preference): number {
  return b.weight - a.weight;
}

/** The weight is the last of the parameters: one that stands elsewhere is read differently by RFC 7231 and RFC 9110. */
function preferenceOf(field: NegotiationField, member: string): Preference | undefined {
  const rangeEnd = field === 'accept' ? mediaRangeEnd(member) : tokenEnd(member, 0);
  if (rangeEnd <= 0) return undefined;
  const name = member.slice(0, rangeEnd).toLowerCase();
  let range = codingAliases.get(name) ?? name;
  let weight: number | undefined;
  for (let i = whitespaceEnd(member, rangeEnd); i < member.length; i = whitespaceEnd(member, i)) {
    const nameStart = member.charAt(i) === ';' ? whitespaceEnd(member, i + 1) : member.length;
    const nameEnd = tokenEnd(member, nameStart);
    const end = member.charAt(nameEnd) === '=' ? valueEnd(member, nameEnd + 1) : UNTERMINATED;
    if (nameEnd === nameStart || end === UNTERMINATED || weight !== undefined) return undefined;
    const parameter = member.slice(nameStart, nameEnd).toLowerCase();
    const text = member.slice(nameEnd + 1, end);
    if (parameter === 'q') weight = parseWeight(text);
    else if (field === 'accept') range += `;${parameter}=${shortest(text)}`;
    else return undefined;
    i = end;
  }
  return weight === WEIGHT_MALFORMED ? undefined : { range, weight: weight ?? WEIGHT_MAX };
}

function mediaRangeEnd(member: string): number {
  const typeEnd = tokenEnd(member, 0);
  const end = tokenEnd(member, typeEnd + 1);
  return typeEnd > 0 && member.charAt(typeEnd) === '/' && end > typeEnd + 1 ? end : UNTERMINATED;
}

/** UNTERMINATED also where no value begins at `start`. */
function valueEnd(member: string, start: number): number {
  if (member.charAt(start) === '"') return quotedStringEnd(member, start);
  const end = tokenEnd(member, start);
  return end === start ? UNTERMINATED : end;
}

/** §5.6.6: a token and the quoted-string of the same are equivalent. Its case is the parameter's own affair. */
function shortest(value: string): string {
  const content = value.startsWith('"') ? unquoted(value) : value;
  return isToken(content) ? content : value;
}
