/**
 * HTTP-date, RFC 9110 §5.6.7: one form is sent, three are understood.
 *
 *   IMF-fixdate   Sun, 06 Nov 1994 08:49:37 GMT
 *   rfc850-date   Sunday, 06-Nov-94 08:49:37 GMT
 *   asctime-date  Sun Nov  6 08:49:37 1994
 *
 * Strict: fixed columns, case-sensitive names, ranges checked. The day name must be one, and need not be the right one: it adds
 * nothing, and a wrong one would only make a client lose its 304. A leap second is the second after it.
 */

const dayNames = ['Sun', 'Mon', 'Tue', 'Wed', 'Thu', 'Fri', 'Sat'];
const longDayNames = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
const monthNames = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const EARLIEST_MS = Date.UTC(400, 0, 1) - 146_097 * 86_400_000;
const LATEST_MS = Date.UTC(9999, 11, 31, 23, 59, 59);

const IMF_LENGTH = 29;
const ASCTIME_LENGTH = 24;

/** IMF-fixdate of the second that `ms` lies in. Years are 0000 to 9999: a file's time beyond them is clamped, it is not our bug. */
export function formatDate(ms: number): string {
  // ECMA-262 defines toUTCString as exactly this form.
  return new Date(Math.min(Math.max(ms, EARLIEST_MS), LATEST_MS)).toUTCString();
}

/** Milliseconds since 1970, or NaN for anything that is no HTTP-date. nowMs decides the century of an rfc850-date. */
export function parseDate(text: string, nowMs: number): number {
  if (text.length === IMF_LENGTH && text.charAt(3) === ',') return parseImf(text);
  if (text.length === ASCTIME_LENGTH && text.charAt(3) === ' ') return parseAsctime(text);
  return parseRfc850(text, nowMs);
}

function parseImf(text: string): number {
  if (!dayNames.includes(text.slice(0, 3)) || text.slice(3, 5) !== ', ' || text.slice(25) !== ' GMT') return Number.NaN;
  if (text.charAt(7) !== ' ' || text.charAt(11) !== ' ' || text.charAt(16) !== ' ') return Number.NaN;
  return timestamp(digits(text, 12, 16), monthNames.indexOf(text.slice(8, 11)), digits(text, 5, 7), timeOfDay(text, 17));
}

/** The day of the month has two columns, the first of them a space for 1 to 9. */
function parseAsctime(text: string): number {
  if (!dayNames.includes(text.slice(0, 3)) || text.charAt(7) !== ' ' || text.charAt(10) !== ' ' || text.charAt(19) !== ' ') return Number.NaN;
  const day = text.charAt(8) === ' ' ? digits(text, 9, 10) : digits(text, 8, 10);
  return timestamp(digits(text, 20, 24), monthNames.indexOf(text.slice(4, 7)), day, timeOfDay(text, 11));
}

function parseRfc850(text: string, nowMs: number): number {
  const comma = text.indexOf(',');
  if (text.length !== comma + 24 || !longDayNames.includes(text.slice(0, comma))) return Number.NaN;
  const rest = text.slice(comma);
  if (rest.slice(0, 2) !== ', ' || rest.charAt(4) !== '-' || rest.charAt(8) !== '-' || rest.charAt(11) !== ' ') return Number.NaN;
  if (rest.slice(20) !== ' GMT') return Number.NaN;
  const month = monthNames.indexOf(rest.slice(5, 8));
  return recent(digits(rest, 9, 11), month, digits(rest, 2, 4), timeOfDay(rest, 12), nowMs);
}

/** "More than 50 years in the future" is "the most recent year in the past that had the same last two digits" (§5.6.7). */
function recent(yearOfCentury: number, month: number, day: number, seconds: number, nowMs: number): number {
  const horizon = new Date(nowMs);
  horizon.setUTCFullYear(horizon.getUTCFullYear() + 50);
  const latest = horizon.getUTCFullYear();
  const year = latest - ((latest - yearOfCentury) % 100);
  const ms = timestamp(year, month, day, seconds);
  return ms > horizon.getTime() ? timestamp(year - 100, month, day, seconds) : ms;
}

/** Seconds of the day in "hh:mm:ss" from `at` on, or NaN. Second 60 is a leap second. */
function timeOfDay(text: string, at: number): number {
  const hour = digits(text, at, at + 2);
  const minute = digits(text, at + 3, at + 5);
  const second = digits(text, at + 6, at + 8);
  const fits = text.charAt(at + 2) === ':' && text.charAt(at + 5) === ':' && hour <= 23 && minute <= 59 && second <= 60;
  return fits ? hour * 3600 + minute * 60 + second : Number.NaN;
}

function timestamp(year: number, month: number, day: number, seconds: number): number {
  if (!(year >= 0 && month >= 0 && day >= 1 && day <= daysIn(year, month))) return Number.NaN;
  // Date.UTC takes the years 0 to 99 for 19xx; 400 years, one Gregorian cycle, are 146,097 days.
  return Date.UTC(year + 400, month, day) - 146_097 * 86_400_000 + seconds * 1000;
}

function daysIn(year: number, month: number): number {
  if (month === 1) return (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0 ? 29 : 28;
  return month === 3 || month === 5 || month === 8 || month === 10 ? 30 : 31;
}

/** text[start, end) as a number, NaN where one of them is no digit or missing. */
function digits(text: string, start: number, end: number): number {
  let value = 0;
  for (let i = start; i < end; i++) {
    const digit = text.charCodeAt(i) - 0x30;
    if (!(digit >= 0 && digit <= 9)) return Number.NaN;
    value = value * 10 + digit;
  }
  return value;
}
