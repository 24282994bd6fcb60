// What the origin is asked for where the whole is not wanted, or is there in part (RFC 9111 §3.4, §4.3.1):
//
//   what is wanted is there, and to be validated     Range of the client, If-None-Match of ours
//   some of it is missing, and parts can be combined Range from the first byte missing to the last one, If-Range of ours
//   nothing that helps, and the whole is large       Range and If-Range of the client
//
// Undefined in all other cases: the whole is asked for.
import { type Conditions, mergedConditions } from '../../cache/policy/conditions.ts';
import { gaps, ifRangeOf, isComplete } from '../../cache/policy/parts.ts';
import { hasWanted, wantedOf } from '../../cache/policy/wanted.ts';
import type { RequestMessage } from '../../cache/policy/message.ts';
import type { Variant } from '../../cache/store/object.ts';
import { POSITION_UNKNOWN } from '../../http/content-range.ts';
import { FIELD_IF_RANGE, FIELD_RANGE, METHOD_GET, type RequestHead } from '../../http/head.ts';
import type { ByteRange } from '../../http/range.ts';
import type { FieldList } from '../../http/response.ts';
import type { CacheLimits } from './parts.ts';

export interface PartQuestion {
  /** Who asks so, asks for the same bytes. */
  readonly name: string;
  /** Range, and what goes with it. */
  readonly conditions: Conditions;
  /** What the answer is a part of, and is to be combined with; undefined: it stands for itself. */
  readonly of: Variant | undefined;
}

const OF_NOBODY: RequestMessage = { methodText: 'GET', fieldNamed: () => undefined };
const NO_CONDITIONS: Conditions = { fields: [], nominated: [], clients: false };

/**
 * @param chosen the stored response that the request selects.
 * @param isLarge the origin has said that the whole is too large to be fetched for a part of it.
 */
export function partQuestion(request: RequestHead, chosen: Variant | undefined, isLarge: boolean, limits: CacheLimits): PartQuestion | undefined {
  if (request.method !== METHOD_GET) return undefined;
  if (chosen === undefined || isComplete(chosen)) return isLarge ? clientsQuestion(request) : undefined;
  if (hasWanted(request, chosen)) return validation(request, chosen) ?? clientsQuestion(request);
  const missing = missingOf(request, chosen);
  const ifRange = ifRangeOf(chosen);
  if (missing !== undefined && ifRange !== undefined && missing.end - missing.start <= limits.memoryBytesMax) return completion(chosen, missing, ifRange);
  return isLarge || chosen.bytes > limits.rangeFillBytesMax ? clientsQuestion(request) : undefined;
}

function clientsQuestion(request: RequestHead, conditions: Conditions = NO_CONDITIONS): PartQuestion | undefined {
  const range = request.field(FIELD_RANGE);
  if (range === undefined) return undefined;
  const ifRange = request.field(FIELD_IF_RANGE);
  const fields: FieldList = [...conditions.fields, ['Range', range], ...(ifRange === undefined ? [] : [['If-Range', ifRange] as const])];
  return { name: `${range}\n${ifRange ?? ''}`, conditions: { ...conditions, fields }, of: undefined };
}

function validation(request: RequestHead, chosen: Variant): PartQuestion | undefined {
  const wanted = wantedOf(request, chosen);
  if (wanted.kind !== 'ranges' || wanted.ranges.length > 1) return undefined;
  return clientsQuestion(request, mergedConditions(OF_NOBODY, [chosen], wanted.ranges[0]));
}

function completion(chosen: Variant, { start, end }: ByteRange, ifRange: string): PartQuestion {
  const range = `bytes=${start}-${end === chosen.bytes ? '' : end - 1}`;
  return { name: `${range} of ${ifRange}`, conditions: { ...NO_CONDITIONS, fields: [['Range', range], ['If-Range', ifRange]] }, of: chosen };
}

/** From the first byte that is missing to the last one; undefined where that is all of it, or cannot be told. */
function missingOf(request: RequestHead, chosen: Variant): ByteRange | undefined {
  const wanted = wantedOf(request, chosen);
  const ranges = wanted.kind === 'ranges' ? wanted.ranges : wanted.kind === 'whole' && chosen.bytes !== POSITION_UNKNOWN ? [{ start: 0, end: chosen.bytes }] : [];
  const [range] = ranges;
  if (chosen.invalid || range === undefined || ranges.length > 1) return undefined;
  const missing = gaps(chosen.bodies, range);
  const start = missing[0]!.start;
  const end = missing.at(-1)!.end;
  return start === 0 && end === chosen.bytes ? undefined : { start, end };
}
