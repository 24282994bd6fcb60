/** The path of a request as patterns see it: canonical segments, each of which still knows the bytes it came from. */
import { canonical } from './percent.ts';

/** A request's path is bytes, one character each. */
const noByte = /[^\0-\xff]/;

export class RequestPath {
  /** Canonical, see percent.ts; begins with '/', ends with one if the request did. */
  readonly text: string;
  /** What is between the slashes; none of them is empty. */
  readonly segments: readonly string[];
  /** Where in the text each segment begins. */
  readonly starts: readonly number[];
  readonly #source: string;
  readonly #offsets: readonly number[] | undefined;

  /** undefined: no absolute path, so nothing that a rule could be for (the '*' of OPTIONS). */
  static of(rawPath: string): RequestPath | undefined {
    return rawPath.startsWith('/') && !noByte.test(rawPath) ? new RequestPath(rawPath) : undefined;
  }

  private constructor(rawPath: string) {
    const { text, offsets } = canonical(rawPath);
    this.text = text;
    this.#source = rawPath;
    this.#offsets = offsets;
    const segments: string[] = [];
    const starts: number[] = [];
    for (let start = 1; start < text.length;) {
      const slash = text.indexOf('/', start);
      const end = slash < 0 ? text.length : slash;
      segments.push(text.slice(start, end));
      starts.push(start);
      start = end + 1;
    }
    this.segments = segments;
    this.starts = starts;
  }

  get endsWithSlash(): boolean {
    return this.text.endsWith('/');
  }

  /** The bytes of the request from which text.slice(start, end) was made. */
  received(start: number, end: number): string {
    if (this.#offsets === undefined) return this.text.slice(start, end);
    return this.#source.slice(this.#offsets[start], this.#offsets[end]);
  }
}
