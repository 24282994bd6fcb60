// A stored body that lies in several records: parts of it, some of which may be missing (RFC 9111 §3.3, §3.4).
import type { FileReader, Piece } from '../../cache/representation.ts';
import type { StoredBody } from '../../cache/store/object.ts';
import type { Plan } from '../plan.ts';

/** @param files this worker's numbers of the records, in the order of the bodies. @param arriving of the record that is not all there yet, if it is among them. */
export function piecesOf(bodies: readonly StoredBody[], files: readonly number[], reader: FileReader, arriving?: string): readonly Piece[] {
  return bodies.map(({ record, offset, bytes }, index) => {
    const file = files[index]!;
    const arrives = record === arriving;
    return { file, start: offset, end: offset + bytes, inArena: !arrives && reader.facts(file).inArena, arriving: arrives };
  });
}

/** A plan names no byte that is missing: its spans have what its head promises. */
export function isWithoutHoles({ framing, fields, bodyBytes }: Plan): boolean {
  return framing !== 'length' || fields.some(([name, value]) => name === 'Content-Length' && value === String(bodyBytes));
}
