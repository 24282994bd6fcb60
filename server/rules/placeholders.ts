/**
 * Text with placeholders, in a pattern, a target or a field value.
 *
 *   placeholder = ":" ALPHA *( ALPHA / DIGIT / "_" )
 *
 * As Cloudflare has it, anywhere in a segment; Netlify's, which are whole segments, are among them. A colon before anything else is a
 * colon, so that ports and times of day need no escape.
 */

/** literals[0] names[0] literals[1] ... : one literal more than there are names. */
export interface Placeholders {
  readonly literals: readonly string[];
  readonly names: readonly string[];
}

const placeholder = /:([A-Za-z]\w*)/g;

/** Names that `isKnown` refuses stay text. */
export function splitPlaceholders(text: string, isKnown: (name: string) => boolean): Placeholders {
  const literals: string[] = [];
  const names: string[] = [];
  let start = 0;
  for (const found of text.matchAll(placeholder)) {
    const name = found[1]!;
    if (!isKnown(name)) continue;
    literals.push(text.slice(start, found.index));
    names.push(name);
    start = found.index + found[0].length;
  }
  literals.push(text.slice(start));
  return { literals, names };
}

export function mapLiterals({ literals, names }: Placeholders, map: (literal: string) => string): Placeholders {
  return { literals: literals.map(map), names };
}

export function fill({ literals, names }: Placeholders, valueOf: (name: string) => string): string {
  let text = literals[0]!;
  for (let i = 0; i < names.length; i++) text += valueOf(names[i]!) + literals[i + 1]!;
  return text;
}

/**
 * Where in the text the names' values begin and end, two offsets each; undefined where it does not match. Each takes one character or
 * more, the first as many as it can. From the right, because there the last place of a literal is the best for all of its left: one
 * pass, nothing is tried twice.
 */
export function spansOf({ literals }: Placeholders, text: string): readonly number[] | undefined {
  const count = literals.length - 1;
  if (count === 0) return text === literals[0] ? [] : undefined;
  if (!text.startsWith(literals[0]!) || !text.endsWith(literals[count]!)) return undefined;
  const spans: number[] = [];
  let end = text.length - literals[count]!.length;
  for (let i = count - 1; i >= 0; i--) {
    const literal = literals[i]!;
    const latest = end - 1 - literal.length;
    if (latest < 0) return undefined;
    const at = i === 0 ? 0 : text.lastIndexOf(literal, latest);
    if (at < 0) return undefined;
    spans[2 * i] = at + literal.length;
    spans[2 * i + 1] = end;
    end = at;
  }
  return spans;
}
