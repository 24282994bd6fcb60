/**
 * Which content coding a client takes, RFC 9110 §12.5.3, and the weights of all Accept fields, §12.4.2.
 *
 *   Accept-Encoding = #( codings [ weight ] )      codings = content-coding / "identity" / "*", in any case (§8.4.1)
 *   weight          = OWS ";" OWS "q=" qvalue      no other parameter exists here
 *   qvalue          = ( "0" [ "." 0*3DIGIT ] ) / ( "1" [ "." 0*3("0") ] )
 *
 * A member that is not exactly this says nothing that could be relied on. Bytes in a coding that a client cannot undo are lost on it,
 * and identity never is, so a malformed member that begins with the name of a coding refuses that coding; one for identity or "*",
 * or for no coding that we know, is skipped. Where a coding is named twice the first one counts, x-gzip being gzip.
 */
import { tokenCharacters } from './characters.ts';

export type Coding = 'br' | 'zstd' | 'gzip';

/** 'none': nothing that there is may be sent (406). */
export type Chosen = Coding | 'identity' | 'none';

/** The weight of each coding in thousandths, 0 to 1000, "*" worked in; 0 is not acceptable. */
export type Acceptance = Readonly<Record<Coding | 'identity', number>>;

export const WEIGHT_MAX = 1000;
export const WEIGHT_LEAST = 1;
export const WEIGHT_MALFORMED = -1;

/** §12.5.3, rule 1: without the field any coding is acceptable. Identity is heavier, for who says nothing may be able to do nothing. */
const anything: Acceptance = { br: WEIGHT_LEAST, zstd: WEIGHT_LEAST, gzip: WEIGHT_LEAST, identity: WEIGHT_MAX };

const codings: ReadonlyMap<string, Coding | 'identity' | '*'> = new Map([
  ['br', 'br'], ['zstd', 'zstd'], ['gzip', 'gzip'], ['x-gzip', 'gzip'], ['identity', 'identity'], ['*', '*'],
]);

/** Thousandths, 0 to 1000, or WEIGHT_MALFORMED. */
export function parseWeight(qvalue: string): number {
  return /^(?:0(?:\.\d{0,3})?|1(?:\.0{0,3})?)$/.test(qvalue) ? Math.round(Number(qvalue) * WEIGHT_MAX) : WEIGHT_MALFORMED;
}

/** @param value the lines of the field joined by commas; undefined where it is absent. */
export function parseAcceptEncoding(value: string | undefined): Acceptance {
  if (value === undefined) return anything;
  const named: Partial<Record<Coding | 'identity' | '*', number>> = {};
  for (let start = 0; start <= value.length;) {
    const comma = value.indexOf(',', start);
    const end = comma < 0 ? value.length : comma;
    takeMember(named, value.slice(start, end));
    start = end + 1;
  }
  const others = named['*'];
  return {
    br: named.br ?? others ?? 0,
    zstd: named.zstd ?? others ?? 0,
    gzip: named.gzip ?? others ?? 0,
    // Rule 2: acceptable unless refused. Unasked for it weighs the least, and so loses to every coding that is asked for.
    identity: named.identity ?? others ?? WEIGHT_LEAST,
  };
}

/**
 * The heaviest of what there is. Among equals the first of `available` is chosen, and any coding before identity.
 * @param available in the server's order of preference.
 * @param identity whether the representation can be sent without a coding.
 */
export function chooseCoding(acceptance: Acceptance, available: readonly Coding[], identity = true): Chosen {
  let chosen: Chosen = 'none';
  let heaviest = 0;
  for (const coding of available) {
    if (acceptance[coding] <= heaviest) continue;
    chosen = coding;
    heaviest = acceptance[coding];
  }
  return identity && acceptance.identity > heaviest ? 'identity' : chosen;
}

function takeMember(named: Partial<Record<Coding | 'identity' | '*', number>>, member: string): void {
  const nameStart = whitespaceEnd(member, 0);
  let nameEnd = nameStart;
  while (tokenCharacters[member.charCodeAt(nameEnd)] === 1) nameEnd++;
  const coding = codings.get(member.slice(nameStart, nameEnd).toLowerCase());
  if (coding === undefined || named[coding] !== undefined) return;
  const weight = weightAt(member, nameEnd);
  if (weight !== WEIGHT_MALFORMED) named[coding] = weight;
  else if (coding !== 'identity' && coding !== '*') named[coding] = 0;
}

/** Of the [ weight ] that is all the rest of `member`. */
function weightAt(member: string, start: number): number {
  const semicolon = whitespaceEnd(member, start);
  if (semicolon === member.length) return WEIGHT_MAX;
  if (member.charAt(semicolon) !== ';') return WEIGHT_MALFORMED;
  const name = whitespaceEnd(member, semicolon + 1);
  if (member.slice(name, name + 2).toLowerCase() !== 'q=') return WEIGHT_MALFORMED;
  let end = member.length;
  while (member.charAt(end - 1) === ' ' || member.charAt(end - 1) === '\t') end--;
  return parseWeight(member.slice(name + 2, end));
}

function whitespaceEnd(text: string, start: number): number {
  let i = start;
  while (text.charAt(i) === ' ' || text.charAt(i) === '\t') i++;
  return i;
}
