/**
 * The path of a request as routes compare it, and as somebody behind them may read it.
 *
 * Routes see what files are looked up by: decoded once, slashes collapsed, an encoded slash being no separator (rules/percent.ts). An origin
 * gets the path as it came and may go further: take an encoded slash or a backslash for a slash, drop parameters behind a semicolon, follow
 * dot segments. So there is a second reading, the loosest; where the two lead to different routes, the request would be let in by
 * one and answered by the other, and is refused.
 */
import { canonical } from '../rules/percent.ts';

/** Where it does not match, a path reads the same in every way. */
const oddity = /[%\\;]|\/[/.]/;

const encodedSeparators = /%2F|%5C/g;
const parameters = /;[^/]*/g;

/** Both are canonical. They are the same text where nothing is odd. */
export interface PathReadings {
  readonly strict: string;
  readonly loose: string;
}

/** @param rawPath begins with a slash. undefined: it reads the same in every way. */
export function oddReadings(rawPath: string): PathReadings | undefined {
  if (!oddity.test(rawPath)) return undefined;
  const strict = canonical(rawPath).text;
  return { strict, loose: loosest(strict) };
}

/** RFC 3986 §5.2.4 of what is left when everything that may separate does. */
function loosest(path: string): string {
  const segments: string[] = [];
  const parts = path.replace(encodedSeparators, '/').replace(parameters, '').split('/');
  for (const part of parts) {
    if (part === '..') segments.pop();
    else if (part !== '' && part !== '.') segments.push(part);
  }
  const last = parts.at(-1)!;
  return `/${segments.join('/')}${segments.length > 0 && (last === '' || last === '.' || last === '..') ? '/' : ''}`;
}
