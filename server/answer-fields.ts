// Fields that an operator sets on answers: what may be set, and the lines that come of it.
import { fieldValueCharacters, tokenCharacters } from '../http/characters.ts';
import type { FieldList } from '../http/response.ts';
import { reservedReason } from './rules/reserved-fields.ts';

/** RFC 9110 §5.3: lines of these cannot be joined. */
const ALONE = new Set(['set-cookie']);

/** By name; several values are joined, or sent in lines of their own where they cannot be. */
export type FieldsByName = Readonly<Record<string, string | readonly string[]>>;

/** Lines of fields in which nothing is wrong. */
export function fieldLines(fields: FieldsByName): FieldList {
  return Object.entries(fields).flatMap(([name, given]) => {
    const values = typeof given === 'object' ? given : [given];
    if (values.length === 0) return [];
    return ALONE.has(name.toLowerCase()) ? values.map((value) => [name, latin1Of(value)] as const) : [[name, values.map(latin1Of).join(', ')] as const];
  });
}

/** Why a field cannot be set; undefined where it can. */
export function fieldFault(name: string, value: string): string | undefined {
  if (name === '' || !consistsOf(name, tokenCharacters)) return `not a field name: ${JSON.stringify(name)}`;
  const reason = reservedReason(name, false);
  if (reason !== undefined) return `${name} cannot be set: ${reason}`;
  return consistsOf(latin1Of(value), fieldValueCharacters) ? undefined : `not a value for ${name}: ${JSON.stringify(value)}`;
}

function consistsOf(text: string, characters: Uint8Array): boolean {
  for (let i = 0; i < text.length; i++) if (characters[text.charCodeAt(i)] !== 1) return false;
  return true;
}

/** A field's value is bytes; these are UTF-8. */
function latin1Of(text: string): string {
  return Buffer.from(text.trim(), 'utf8').toString('latin1');
}
