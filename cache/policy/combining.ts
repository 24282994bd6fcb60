// A part and what is stored of the same already, RFC 9111 §3.4.
import type { StoredBody, Variant } from '../store/object.ts';
import { POSITION_UNKNOWN } from '../../http/content-range.ts';
import { isCombinable, isComplete, withPart } from './parts.ts';
import { replacedBy } from './selection.ts';
import { mergedFields } from './validation.ts';

/** What the parts of one representation may take of all the room there is. */
const SHARE_MAX = 1 / 4;

/**
 * What is to be stored now that `received` came, in place of those of `stored` that are selected in the same way.
 *
 * Parts of one representation are put together, under the newer head. What is of another one gives way to what is newer: a part that was
 * asked for before takes the place of nothing.
 * @param storeBytesMax of all that is stored. Where the parts would take too much of it, those go that are farthest from what came.
 */
export function combined(received: Variant, stored: readonly Variant[], storeBytesMax: number): Variant {
  const [part] = received.bodies;
  const [there] = isComplete(received) || part === undefined ? [] : replacedBy(stored, received);
  if (there === undefined || part === undefined) return received;
  const range = { from: part.offset, to: part.offset + part.bytes - 1, size: received.bytes };
  if (!isCombinable(there, { status: 206, fields: received.fields }, range, received.responseMs)) {
    return !there.invalid && there.responseMs > received.responseMs ? { ...there } : received;
  }
  const [newer, older] = there.responseMs > received.responseMs ? [there, received] : [received, there];
  return {
    ...newer,
    id: received.id,
    fields: mergedFields(older.fields, newer.fields),
    bytes: there.bytes === POSITION_UNKNOWN ? received.bytes : there.bytes,
    bodies: isComplete(there) ? there.bodies : nearest(there.bodies, part, storeBytesMax * SHARE_MAX),
    tags: [...new Set([...there.tags, ...received.tags])],
  };
}

/** As many of the bodies as there may be beside the part. */
function nearest(bodies: readonly StoredBody[], part: StoredBody, bytesMax: number): readonly StoredBody[] {
  for (let kept = bodies; kept.length > 0; kept = withoutFarthest(kept, part)) {
    const all = withPart(kept, part);
    if (all !== undefined && sizeOf(all) <= bytesMax) return all;
  }
  return [part];
}

/** Bodies are in order: it is the first of them, or the last. */
function withoutFarthest(bodies: readonly StoredBody[], part: StoredBody): readonly StoredBody[] {
  const [first] = bodies;
  const last = bodies.at(-1);
  if (first === undefined || last === undefined) return bodies;
  const isFirst = part.offset - first.offset > last.offset + last.bytes - (part.offset + part.bytes);
  return isFirst ? bodies.slice(1) : bodies.slice(0, -1);
}

function sizeOf(bodies: readonly StoredBody[]): number {
  return bodies.reduce((sum, body) => sum + (body.recordBytes ?? body.bytes), 0);
}
