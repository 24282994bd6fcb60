// What somebody may have meant who wrote a name that there is not.

/** The nearest of some names, in lower case or not; undefined: none is near. */
export function nearest(name: string, names: readonly string[]): string | undefined {
  const wanted = name.toLowerCase();
  if (wanted.length > NAME_CHARACTERS_MAX) return undefined;
  const near = names.map((candidate) => ({ candidate, distance: editDistance(wanted, candidate.toLowerCase()) })).sort((a, b) => a.distance - b.distance)[0];
  return near && near.distance <= Math.max(2, name.length / 3) && near.distance < wanted.length ? near.candidate : undefined;
}

/** What is longer is no slip of the pen, and would take its time. */
const NAME_CHARACTERS_MAX = 64;

/** Of names of a few characters: Levenshtein's, two neighbours that change places counting once. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, i) => i)];
  for (let i = 1; i <= a.length; ++i) {
    const row = [i];
    for (let j = 1; j <= b.length; ++j) {
      const same = a[i - 1] === b[j - 1] ? 0 : 1;
      row[j] = Math.min(rows[i - 1]![j]! + 1, row[j - 1]! + 1, rows[i - 1]![j - 1]! + same);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1]) row[j] = Math.min(row[j]!, rows[i - 2]![j - 2]! + 1);
    }
    rows.push(row);
  }
  return rows[a.length]![b.length]!;
}
