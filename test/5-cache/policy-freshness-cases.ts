// RFC 9111 §4.2: what a response says of its freshness.
import type { FreshnessSource } from '../../cache/policy/freshness.ts';
import { dateAt } from './policy-messages.ts';

const date = `Date: ${dateAt(0)}`;
const FOREVER_S = 2 ** 31;

export interface LifetimeCase {
  readonly name: string;
  readonly response: readonly string[];
  readonly status?: number;
  readonly lifetimeS: number;
  readonly source: FreshnessSource;
}

function control(value: string, lifetimeS: number, source: FreshnessSource): LifetimeCase {
  return { name: `Cache-Control: ${value}`, response: [`Cache-Control: ${value}`, date], lifetimeS, source };
}

function expiring(value: string, lifetimeS: number): LifetimeCase {
  return { name: `Expires: ${value}`, response: [`Expires: ${value}`, date], lifetimeS, source: 'expires' };
}

/** §4.2.1, §4.2.2, §5.2.2.1, §5.2.2.10, §5.3. */
export const lifetimeCases: readonly LifetimeCase[] = [
  control('max-age=60', 60, 'max-age'),
  control('max-age=0', 0, 'max-age'),
  control('max-age="60"', 60, 'max-age'),
  control('MAX-AGE=60', 60, 'max-age'),
  control('max-age=2147483648', FOREVER_S, 'max-age'),
  control('max-age=99999999999999999999', FOREVER_S, 'max-age'),
  control('s-maxage=60', 60, 's-maxage'),
  control('max-age=1, s-maxage=60', 60, 's-maxage'),
  control('s-maxage=0, max-age=60', 0, 's-maxage'),
  control('x="max-age=60"', 0, 'none'),
  control('public', 0, 'none'),

  // "Caches are encouraged to consider responses that have invalid freshness information … to be stale"
  ...['max-age', 'max-age=', 'max-age=a', 'max-age=-1', 'max-age=1.5', 'max-age= 60', 'max-age=60s', "max-age='60'"].map((value) => control(value, 0, 'max-age')),
  control('s-maxage=x, max-age=60', 0, 's-maxage'),
  control('max-age=60, max-age=30', 30, 'max-age'),
  control('max-age=60, max-age=x', 0, 'max-age'),

  { name: 'max-age before Expires', response: ['Cache-Control: max-age=60', `Expires: ${dateAt(600)}`, date], lifetimeS: 60, source: 'max-age' },
  { name: 'max-age=0 before Expires', response: ['Cache-Control: max-age=0', `Expires: ${dateAt(600)}`, date], lifetimeS: 0, source: 'max-age' },
  { name: 'a malformed max-age before Expires', response: ['Cache-Control: max-age=x', `Expires: ${dateAt(600)}`, date], lifetimeS: 0, source: 'max-age' },
  { name: 's-maxage before an invalid Expires', response: ['Cache-Control: s-maxage=60', 'Expires: 0', date], lifetimeS: 60, source: 's-maxage' },

  expiring(dateAt(60), 60),
  expiring(dateAt(0), 0),
  expiring(dateAt(-60), 0),
  expiring('Thursday, 01-Jan-26 12:01:00 GMT', 60),
  expiring('Thu Jan  1 12:01:00 2026', 60),
  expiring('Fri, 31 Dec 9999 23:59:59 GMT', FOREVER_S),
  // "a cache recipient SHOULD match the field value case-insensitively"
  expiring('THU, 01 JAN 2026 12:01:00 GMT', 60),
  expiring('thu, 01 jan 2026 12:01:00 gmt', 60),
  expiring('THURSDAY, 01-jan-26 12:01:00 GmT', 60),
  // "MUST interpret invalid date formats, especially the value "0", as representing a time in the past"
  ...['0', '', '-1', '60', 'now', 'Thu, 01 Jan 2026 12:01:00 UTC', 'Thu, 01 Jan 2026 12:01:00 +0000', 'Thu, 1 Jan 2026 12:01:00 GMT', 'Thu, 01 Jan 26 12:01:00 GMT'].map((value) => expiring(value, 0)),
  ...['Thu, 01-Jan-2026 12:01:00 GMT', 'Thu 01 Jan 2026 12:01:00 GMT', 'Thu, 01  Jan  2026 12:01:00 GMT', 'Thu, 01 Jan 2026 12.01.00 GMT', 'Thu, 31 Feb 2026 12:01:00 GMT'].map((value) => expiring(value, 0)),
  expiring(`${dateAt(60)}, ${dateAt(60)}`, 0),

  // "When there is more than one value present … either the first occurrence should be used or the response should be considered stale"
  { name: 'two Expires, the same', response: [`Expires: ${dateAt(60)}`, `Expires: ${dateAt(60)}`, date], lifetimeS: 60, source: 'expires' },
  { name: 'two Expires, the later first', response: [`Expires: ${dateAt(60)}`, `Expires: ${dateAt(30)}`, date], lifetimeS: 30, source: 'expires' },
  { name: 'two Expires, one invalid', response: [`Expires: ${dateAt(60)}`, 'Expires: 0', date], lifetimeS: 0, source: 'expires' },

  // "using the time the message was received if [Date] is not present"
  { name: 'Expires without Date', response: [`Expires: ${dateAt(60)}`], lifetimeS: 60, source: 'expires' },
  { name: 'Expires with a malformed Date', response: [`Expires: ${dateAt(60)}`, 'Date: x'], lifetimeS: 60, source: 'expires' },
  { name: 'Expires of a slow clock', response: [`Expires: ${dateAt(-3540)}`, `Date: ${dateAt(-3600)}`], lifetimeS: 60, source: 'expires' },
  { name: 'Expires of a fast clock', response: [`Expires: ${dateAt(3660)}`, `Date: ${dateAt(3600)}`], lifetimeS: 60, source: 'expires' },

  // §4.2.2
  { name: 'a tenth of the time since it changed', response: [`Last-Modified: ${dateAt(-1000)}`, date], lifetimeS: 100, source: 'heuristic' },
  { name: 'a day at most', response: [`Last-Modified: ${dateAt(-100 * 86_400)}`, date], lifetimeS: 86_400, source: 'heuristic' },
  { name: 'measured by Date', response: [`Last-Modified: ${dateAt(-1000)}`, `Date: ${dateAt(-500)}`], lifetimeS: 50, source: 'heuristic' },
  { name: 'changed in the future', response: [`Last-Modified: ${dateAt(1000)}`, date], lifetimeS: 0, source: 'none' },
  { name: 'changed right now', response: [`Last-Modified: ${dateAt(0)}`, date], lifetimeS: 0, source: 'none' },
  { name: 'changed at no time', response: ['Last-Modified: x', date], lifetimeS: 0, source: 'none' },
  { name: 'no heuristic beside max-age', response: [`Last-Modified: ${dateAt(-1000)}`, 'Cache-Control: max-age=x'], lifetimeS: 0, source: 'max-age' },
  { name: 'no heuristic beside Expires', response: [`Last-Modified: ${dateAt(-1000)}`, 'Expires: 0'], lifetimeS: 0, source: 'expires' },
  { name: 'no heuristic for a 302', status: 302, response: [`Last-Modified: ${dateAt(-1000)}`, date], lifetimeS: 0, source: 'none' },
  { name: 'a heuristic for a 302 with public', status: 302, response: [`Last-Modified: ${dateAt(-1000)}`, 'Cache-Control: public', date], lifetimeS: 100, source: 'heuristic' },
  { name: 'a heuristic for a 404', status: 404, response: [`Last-Modified: ${dateAt(-1000)}`, date], lifetimeS: 100, source: 'heuristic' },

  // RFC 9213 §2.2
  { name: 'targeted, longer', response: ['CDN-Cache-Control: max-age=600', 'Cache-Control: max-age=60, s-maxage=120'], lifetimeS: 600, source: 'targeted' },
  { name: 'targeted, shorter', response: ['CDN-Cache-Control: max-age=1', 'Cache-Control: max-age=60'], lifetimeS: 1, source: 'targeted' },
  { name: 'targeted s-maxage', response: ['CDN-Cache-Control: max-age=1, s-maxage=5'], lifetimeS: 5, source: 'targeted' },
  { name: 'targeted, Expires ignored', response: ['CDN-Cache-Control: none', `Expires: ${dateAt(60)}`, date], lifetimeS: 0, source: 'none' },
  { name: 'targeted by an order', response: ['CDN-Cache-Control: max-age=1', 'Pagecast-Cache-Control: max-age=2'], lifetimeS: 2, source: 'targeted' },
  { name: 'targeted, of a wrong type', response: ['CDN-Cache-Control: max-age="600"', 'Cache-Control: max-age=60'], lifetimeS: 0, source: 'targeted' },
  { name: 'targeted, malformed', response: ['CDN-Cache-Control: max-age=600, &', 'Cache-Control: max-age=60'], lifetimeS: 60, source: 'max-age' },
];

export interface AgeCase {
  readonly name: string;
  readonly response: readonly string[];
  /** Milliseconds from the request to the response, and the part of a second in which that came. */
  readonly delayMs?: number;
  readonly pastSecondMs?: number;
  readonly initialAgeMs: number;
}

/** §4.2.3, §5.1. */
export const ageCases: readonly AgeCase[] = [
  { name: 'nothing said', response: [], initialAgeMs: 0 },
  { name: 'Age', response: ['Age: 30'], initialAgeMs: 30_000 },
  { name: 'response_delay', response: [], delayMs: 1500, initialAgeMs: 1500 },
  { name: 'Age and response_delay', response: ['Age: 30'], delayMs: 1500, initialAgeMs: 31_500 },
  { name: 'apparent_age', response: [`Date: ${dateAt(-40)}`], initialAgeMs: 40_000 },
  { name: 'apparent_age, the larger', response: [`Date: ${dateAt(-40)}`, 'Age: 30'], delayMs: 1500, initialAgeMs: 40_000 },
  { name: 'corrected_age_value, the larger', response: [`Date: ${dateAt(-20)}`, 'Age: 30'], initialAgeMs: 30_000 },
  { name: 'a Date in the future', response: [`Date: ${dateAt(40)}`, 'Age: 30'], initialAgeMs: 30_000 },
  { name: 'a Date of this second', response: [`Date: ${dateAt(0)}`], pastSecondMs: 999, initialAgeMs: 0 },
  { name: 'a Date of the second before', response: [`Date: ${dateAt(-1)}`], pastSecondMs: 1, initialAgeMs: 1000 },
  { name: 'a Date in capitals', response: [`Date: ${dateAt(-40).toUpperCase()}`], initialAgeMs: 40_000 },
  { name: 'a malformed Date', response: ['Date: 0'], initialAgeMs: 0 },
  { name: 'two Dates', response: [`Date: ${dateAt(-40)}`, `Date: ${dateAt(-50)}`], initialAgeMs: 0 },
  { name: 'a clock set back between request and response', response: [], delayMs: -5000, initialAgeMs: 0 },
  { name: 'a list of ages: the first', response: ['Age: 30, 60'], initialAgeMs: 30_000 },
  { name: 'lines of ages: the first', response: ['Age: 0', 'Age: 7200'], initialAgeMs: 0 },
  ...['x', '-1', '1.5', '', '"3"', '3 3'].map((value) => ({ name: `Age: ${value}`, response: [`Age: ${value}`], initialAgeMs: 0 })),
  { name: 'an endless Age', response: [`Age: ${'9'.repeat(400)}`], initialAgeMs: 2 ** 31 * 1000 },
];
