/** Cutting bytes into pieces at places a property test chooses. */

/** The pieces of `bytes` between the cuts, which may be in any order and beyond the end; together they are the whole. */
export function piecesOf(bytes: Uint8Array, cuts: readonly number[]): Uint8Array[] {
  const places = [...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b);
  let start = 0;
  return places.map((end) => {
    const piece = bytes.subarray(start, end);
    start = end;
    return piece;
  });
}
