// What a stored object costs, in bytes: its bodies, and an estimate of what its head takes of main's heap.
import { isBodyId } from './disk/layout.ts';
import type { Variant } from './object.ts';

/** Key, row and places in the indexes; measured with a million objects. */
const OBJECT_BYTES = 400;
const VARIANT_BYTES = 560;
/** A pair of strings in an array in an array. */
const FIELD_BYTES = 112;
/** A string, and its place in the index of tags. */
const TAG_BYTES = 96;
const BODY_BYTES = 160;

/** @returns a whole number above 0. A record that several variants share is counted once. */
export function storedBytes(key: string, variants: readonly Variant[]): number {
  let bytes = OBJECT_BYTES + key.length;
  const records = variants.length > 1 ? new Set<string>() : undefined;
  for (const variant of variants) {
    bytes += VARIANT_BYTES + headBytes(variant);
    for (const body of variant.bodies) {
      bytes += BODY_BYTES;
      if (records?.has(body.record) === true || isBodyId(body.record)) continue; // the disk's bytes are not memory
      records?.add(body.record);
      bytes += body.recordBytes ?? body.bytes;
    }
  }
  return bytes;
}

function headBytes({ fields, varyNames, varyValues, tags }: Variant): number {
  let bytes = 0;
  for (const [name, value] of fields) bytes += FIELD_BYTES + name.length + value.length;
  for (const text of varyNames) bytes += FIELD_BYTES / 2 + text.length;
  for (const text of varyValues) bytes += FIELD_BYTES / 2 + text.length;
  for (const tag of tags) bytes += TAG_BYTES + tag.length;
  return bytes;
}
