// Where the bodies of variants are: in memory, on disk, or both.
import { isBodyId } from './disk/layout.ts';
import { bodiesOf, type StoredBody, type Variant } from './object.ts';

/** All of its bytes are in one body. */
export function isWhole({ bytes, bodies }: Variant): boolean {
  return bytes === 0 || (bodies.length === 1 && bodies[0]!.offset === 0 && bodies[0]!.bytes === bytes);
}

/** Its bytes are on disk, and nowhere else. */
export function isFiled({ bodies }: Variant): boolean {
  return bodies.some(({ record }) => isBodyId(record));
}

/** Of those that are on disk and nowhere else. */
export function filesOf(variants: readonly Variant[]): readonly StoredBody[] {
  return bodiesOf(variants).filter(({ record }) => isBodyId(record));
}

/** As a head tells of it; undefined: its body is not on disk. @param files ids of files, by their records. */
export function asOnDisk(variant: Variant, files: ReadonlyMap<string, string>): Variant | undefined {
  const [body] = variant.bodies;
  if (body === undefined) return variant;
  const record = isBodyId(body.record) ? body.record : (body.file ?? files.get(body.record));
  return record === undefined ? undefined : { ...variant, bodies: [{ record, offset: 0, bytes: body.bytes }] };
}

/** What is left where these files are there no more; a variant that does not have them stays the one that it is. */
export function displaced(variants: readonly Variant[], files: readonly string[]): readonly Variant[] {
  const isGone = (id: string | undefined): boolean => id !== undefined && files.includes(id);
  const left = variants.filter(({ bodies }) => !bodies.some(({ record }) => isGone(record)));
  return left.map((variant) => (variant.bodies.some(({ file }) => isGone(file)) ? { ...variant, bodies: variant.bodies.map(withoutFile) } : variant));
}

export function withoutFile({ file: _, ...body }: StoredBody): StoredBody {
  return body;
}

/** The worker that made the head may not know where its bodies are by now. */
export function withFilesOf({ bodies: known }: Variant, head: Variant): Variant {
  const filed = (body: StoredBody): StoredBody => {
    const file = known.find(({ record }) => record === body.record)?.file;
    return file === undefined ? withoutFile(body) : { ...body, file };
  };
  return { ...head, bodies: head.bodies.map(filed) };
}
