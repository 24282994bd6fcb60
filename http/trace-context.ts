/**
 * Trace context of a request (https://www.w3.org/TR/trace-context-2/): which trace it belongs to, and which span has sent it.
 *
 *   traceparent = version "-" trace-id "-" parent-id "-" trace-flags        2, 32, 16 and 2 hexadecimal digits in lower case
 *   tracestate  = list-member *31( OWS "," OWS list-member )                a list-member may be empty
 *   list-member = key "=" value
 *   key         = ( lcalpha / DIGIT ) 0*255( keychar )                      keychar = lcalpha / DIGIT / "_" / "-" / "*" / "/"
 *               / ( lcalpha / DIGIT ) 0*240( keychar ) "@" lcalpha 0*13( keychar )
 *   value       = 0*255( chr ) nblk-chr                                     printable ASCII but "," and "="; the last one is no space
 *
 * Version ff, and ids of nothing but zeros, are invalid. A higher version than 00 may go on behind the flags, after a dash. Level 2 has no
 * rule for "@" in a key; that of level 1 is kept, which the tests of both levels ask for.
 *
 * Who takes part in a trace names itself as the parent, in version 00 (§3.3, §4.3); who only forwards changes nothing, and leaves out what
 * is invalid (§4.2). Fields in several lines are one value, joined by commas: of traceparent that is invalid.
 */
import { listElements } from './list-members.ts';
import type { FieldList } from './response.ts';

export interface TraceParent {
  /** 32 digits. */
  readonly traceId: string;
  /** 16 digits: the span that the request comes from. */
  readonly parentId: string;
  /** FLAG_SAMPLED and FLAG_RANDOM; others are not kept (§3.2.2.5). */
  readonly flags: number;
}

/** Whoever sent it may have recorded the trace. */
export const FLAG_SAMPLED = 1;
/** The last seven bytes of the trace id are random (level 2, §3.2.2.5.2). */
export const FLAG_RANDOM = 2;

const TRACEPARENT = /^(?!ff)([0-9a-f]{2})-(?!0{32})([0-9a-f]{32})-(?!0{16})([0-9a-f]{16})-([0-9a-f]{2})(-.*)?$/;
/** Of a version that nothing is known of but that it is no list (§4.2). */
const HIGHER_VERSION = /^(?!00|ff)[0-9a-f]{2}-[^,]*$/;
const KEY = /^(?:[a-z0-9][a-z0-9_*/-]{0,255}|[a-z0-9][a-z0-9_*/-]{0,240}@[a-z][a-z0-9_*/-]{0,13})$/;
const VALUE = /^[ -+\--<>-~]{0,255}[!-+\--<>-~]$/;
const MEMBERS_MAX = 32;
/** Of a list that is sent: so much has to be forwarded (§3.3.1.5). */
const STATE_CHARACTERS_MAX = 512;
/** Longer members go first where a list is too long. */
const LONG_MEMBER_CHARACTERS = 128;

/** @param value without OWS around it. Undefined: the trace begins anew. */
export function parseTraceparent(value: string): TraceParent | undefined {
  const match = TRACEPARENT.exec(value);
  if (!match || (match[1] === '00' && match[5] !== undefined) || value.includes(',')) return undefined;
  return { traceId: match[2]!, parentId: match[3]!, flags: Number.parseInt(match[4]!, 16) & (FLAG_SAMPLED | FLAG_RANDOM) };
}

export function formatTraceparent({ traceId, parentId, flags }: TraceParent): string {
  return `00-${traceId}-${parentId}-${flags.toString(16).padStart(2, '0')}`;
}

/**
 * A list to send on, without empty members; '' where there is nothing to send: also where a member is none, a key is there twice, or there are
 * more than 32. What is longer than 512 characters loses whole members: first those above 128, then from the end (§3.3.1.5).
 */
export function forwardedTracestate(value: string): string {
  const members = listElements(value);
  const keys = new Set<string>();
  for (const member of members) {
    const equals = member.indexOf('=');
    const key = member.slice(0, Math.max(0, equals));
    if (keys.has(key) || !KEY.test(key) || !VALUE.test(member.slice(equals + 1))) return '';
    keys.add(key);
  }
  return members.length > MEMBERS_MAX ? '' : shortened(members).join(',');
}

/** Fields as who takes no part in a trace sends them on: as they came, without a trace context that is invalid. */
export function forwardedTraceContext(fields: FieldList): FieldList {
  const traceparent = fields.filter(([name]) => name.toLowerCase() === 'traceparent').map(([, value]) => value).join(', ');
  const isForwarded = traceparent === '' ? !fields.some(isTraceparent) : parseTraceparent(traceparent) !== undefined || HIGHER_VERSION.test(traceparent);
  return isForwarded ? fields : withoutTraceContext(fields);
}

export function withoutTraceContext(fields: FieldList): FieldList {
  return fields.filter((field) => !isTraceparent(field) && field[0].toLowerCase() !== 'tracestate');
}

function isTraceparent([name]: FieldList[number]): boolean {
  return name.toLowerCase() === 'traceparent';
}

function shortened(members: readonly string[]): readonly string[] {
  const kept = [...members];
  let characters = kept.reduce((sum, { length }) => sum + length + 1, -1);
  const drop = (index: number): void => {
    characters -= kept.splice(index, 1)[0]!.length + 1;
  };
  for (let i = kept.length - 1; i >= 0 && characters > STATE_CHARACTERS_MAX; --i) if (kept[i]!.length > LONG_MEMBER_CHARACTERS) drop(i);
  while (characters > STATE_CHARACTERS_MAX) drop(kept.length - 1);
  return kept;
}
