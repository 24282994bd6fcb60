/** delta-seconds = 1*DIGIT, RFC 9111 §1.2.2: a number of seconds, in Age and in the arguments of cache directives. */
import { digitValues, NO_DIGIT } from './characters.ts';

/** "If a cache receives a delta-seconds value greater than the greatest integer it can represent […] 2147483648 (2^31)": 68 years. */
export const DELTA_SECONDS_MAX = 2 ** 31;

/** 0 to DELTA_SECONDS_MAX, which every greater number becomes; NaN for anything but digits. */
export function deltaSeconds(text: string): number {
  if (text === '') return Number.NaN;
  let seconds = 0;
  for (let i = 0; i < text.length; i++) {
    const digit = digitValues[text.charCodeAt(i)] ?? NO_DIGIT;
    if (digit === NO_DIGIT) return Number.NaN;
    seconds = Math.min(seconds * 10 + digit, DELTA_SECONDS_MAX);
  }
  return seconds;
}
