// The query of a target as keys see it: parameters in the order and the bytes that they came in, until somebody says what of
// that does not matter. `/list?b=2&utm_source=x&a=1`, sorted and without utm_*, is `/list?a=1&b=2`.

/** Plain options, by which queries become parts of keys without a hook. */
export interface QueryOptions {
  /** Parameters of different names may come in any order. Default false. */
  readonly sort?: boolean;
  /** Names of parameters that do not matter; `*` stands for any characters. */
  readonly drop?: readonly string[];
  /** Names of the only ones that do. */
  readonly keep?: readonly string[];
}

/** Immutable: each method gives another one. Names are compared as what they stand for (percent-encoding and `+` decoded), values not at all. */
export class Query {
  readonly #pieces: readonly string[];

  /** @param text with its '?', or '' where there is none; latin1. */
  constructor(text: string | readonly string[]) {
    this.#pieces = typeof text !== 'string' ? text : text === '' ? [] : text.slice(1).split('&');
  }

  /** By name; parameters of the same name stay in their order. */
  sort(): Query {
    const named = this.#pieces.map((piece) => ({ piece, name: nameOf(piece) }));
    return new Query(named.sort((a, b) => (a.name < b.name ? -1 : Number(a.name > b.name))).map(({ piece }) => piece));
  }

  /** Without parameters of these names; `*` in one stands for any characters. */
  drop(...names: readonly string[]): Query {
    return new Query(this.#pieces.filter((piece) => !isOne(nameOf(piece), names)));
  }

  /** Without all but these. */
  keep(...names: readonly string[]): Query {
    return new Query(this.#pieces.filter((piece) => isOne(nameOf(piece), names)));
  }

  /** The first value of a parameter, decoded; undefined where there is none. */
  get(name: string): string | undefined {
    const piece = this.#pieces.find((one) => nameOf(one) === name);
    return piece === undefined ? undefined : decoded(piece.includes('=') ? piece.slice(piece.indexOf('=') + 1) : '');
  }

  /** With its '?'; '' where there is nothing. */
  toString(): string {
    return this.#pieces.length === 0 ? '' : `?${this.#pieces.join('&')}`;
  }
}

/** What the options leave of a query. @param query with its '?', or ''. */
export function normalised(query: string, { sort = false, drop, keep }: QueryOptions): string {
  let left = new Query(query);
  if (keep) left = left.keep(...keep);
  if (drop) left = left.drop(...drop);
  return (sort ? left.sort() : left).toString();
}

function nameOf(piece: string): string {
  const equals = piece.indexOf('=');
  return decoded(equals < 0 ? piece : piece.slice(0, equals));
}

/** As UTF-8; bytes that are none stay as they were sent. */
function decoded(text: string): string {
  if (!/[%+\x80-\xff]/.test(text)) return text;
  const bytes = text.replaceAll('+', ' ').replaceAll(/%([0-9a-f]{2})/gi, (_, hex: string) => String.fromCharCode(Number.parseInt(hex, 16)));
  const characters = Buffer.from(bytes, 'latin1').toString('utf8');
  return characters.includes('\ufffd') ? text : characters;
}

function isOne(name: string, patterns: readonly string[]): boolean {
  return patterns.some((pattern) => isLike(name, pattern));
}

/** Each `*` first takes nothing, and more when what follows does not fit; only the last one is ever asked again, so this ends soon. */
function isLike(name: string, pattern: string): boolean {
  let at = 0;
  let star = -1;
  let behindStar = 0;
  let i = 0;
  while (at < name.length) {
    if (pattern[i] === '*') {
      star = i++;
      behindStar = at;
    } else if (i < pattern.length && pattern[i] === name[at]) {
      ++i;
      ++at;
    } else if (star >= 0) {
      i = star + 1;
      at = ++behindStar;
    } else {
      return false;
    }
  }
  while (pattern[i] === '*') ++i;
  return i === pattern.length;
}
