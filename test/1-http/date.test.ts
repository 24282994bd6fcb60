import assert from 'node:assert/strict';
import fc from 'fast-check';
import t from 'tap';
import { formatDate, parseDate } from '../../http/date.ts';

const nowMs = Date.UTC(2026, 10, 22, 12, 0, 0);
const example = Date.UTC(1994, 10, 6, 8, 49, 37);

t.test('the three forms of RFC 9110 §5.6.7', (t) => {
  t.equal(formatDate(example), 'Sun, 06 Nov 1994 08:49:37 GMT');
  t.equal(parseDate('Sun, 06 Nov 1994 08:49:37 GMT', nowMs), example);
  t.equal(parseDate('Sunday, 06-Nov-94 08:49:37 GMT', nowMs), example);
  t.equal(parseDate('Sun Nov  6 08:49:37 1994', nowMs), example);
  t.equal(parseDate('Sun Nov 16 08:49:37 1994', nowMs), Date.UTC(1994, 10, 16, 8, 49, 37));
  t.equal(parseDate('Mon, 06 Nov 1994 08:49:37 GMT', nowMs), example, 'the day name need not match');
  t.equal(parseDate('Wednesday, 06-Nov-94 08:49:37 GMT', nowMs), example);
  t.equal(parseDate('Sat, 31 Dec 2016 23:59:60 GMT', nowMs), Date.UTC(2017, 0, 1), 'a leap second');
  t.equal(parseDate('Thu, 29 Feb 2024 00:00:00 GMT', nowMs), Date.UTC(2024, 1, 29));
  t.equal(parseDate('Tue, 29 Feb 2000 00:00:00 GMT', nowMs), Date.UTC(2000, 1, 29));
  t.equal(formatDate(parseDate('Mon, 01 Jan 0001 00:00:00 GMT', nowMs)), 'Mon, 01 Jan 0001 00:00:00 GMT');
  t.end();
});

const malformed = [
  '',
  'x',
  'GMT',
  'Sun, 06 Nov 1994 08:49:37',
  'Sun, 06 Nov 1994 08:49:37 UTC',
  'Sun, 06 Nov 1994 08:49:37 gmt',
  'Sun, 06 Nov 1994 08:49:37 GMT ',
  ' Sun, 06 Nov 1994 08:49:37 GMT',
  'Sun, 06 Nov 1994 08:49:37 +0000',
  'sun, 06 Nov 1994 08:49:37 GMT',
  'Xxx, 06 Nov 1994 08:49:37 GMT',
  'Sun 06 Nov 1994 08:49:37 GMTx',
  'Sun,06 Nov 1994 08:49:37 GMT ',
  'Sun, 6 Nov 1994 08:49:37 GMT',
  'Sun,  6 Nov 1994 08:49:37 GMT',
  'Sun, +6 Nov 1994 08:49:37 GMT',
  'Sun, 06-Nov-1994 08:49:37 GMT',
  'Sun, 06 nov 1994 08:49:37 GMT',
  'Sun, 06 Nxv 1994 08:49:37 GMT',
  'Sun, 00 Nov 1994 08:49:37 GMT',
  'Sun, 31 Nov 1994 08:49:37 GMT',
  'Sun, 32 Dec 1994 08:49:37 GMT',
  'Sun, 29 Feb 1994 08:49:37 GMT',
  'Sun, 29 Feb 1900 08:49:37 GMT',
  'Sun, 30 Feb 2000 08:49:37 GMT',
  'Sun, 06 Nov 1994 24:49:37 GMT',
  'Sun, 06 Nov 1994 08:60:37 GMT',
  'Sun, 06 Nov 1994 08:49:61 GMT',
  'Sun, 06 Nov 1994 08-49-37 GMT',
  'Sun, 06 Nov 1994 8:49:37 GMT ',
  'Sun, 06 Nov 1994 08:49: 7 GMT',
  'Sun, 06 Nov -994 08:49:37 GMT',
  'Sun, 06 Nov 199x 08:49:37 GMT',
  'Sun, 06 Nov 1994, 08:49:37GMT',
  'Sun, 06 Nov 1994 08:49:37 GMT, Sun, 06 Nov 1994 08:49:37 GMT',
  'Sun, 06-Nov-94 08:49:37 GMT',
  'Sunday, 06 Nov 94 08:49:37 GMT',
  'Sunday, 06-Nov-1994 08:49:37 GMT',
  'Someday, 06-Nov-94 08:49:37 GMT',
  'Sunday,06-Nov-94 08:49:37 GMT ',
  'Sunday, 06-Nov-94 08:49:37 EST',
  'Sunday, 31-Nov-94 08:49:37 GMT',
  'Sun Nov 6 08:49:37 1994',
  'Sun Nov 06 08:49:37 1994 ',
  'Sun Nov  0 08:49:37 1994',
  'Sun Nov 31 08:49:37 1994',
  'Sun Nov    08:49:37 1994',
  'Sun nov  6 08:49:37 1994',
  'Xun Nov  6 08:49:37 1994',
  'Sun Nov  6 08:49:37 19x4',
  '1994-11-06T08:49:37.000Z',
  '1994-11-06T08:49:37Z',
  '784111777',
];

t.test('anything else is no date', (t) => {
  for (const text of malformed) t.ok(Number.isNaN(parseDate(text, nowMs)), JSON.stringify(text));
  t.end();
});

t.test('rfc850: the century', (t) => {
  const yearOf = (text: string, now: number): number => new Date(parseDate(text, now)).getUTCFullYear();
  t.equal(yearOf('Sunday, 22-Nov-26 12:00:00 GMT', nowMs), 2026);
  t.equal(yearOf('Sunday, 22-Nov-27 12:00:00 GMT', nowMs), 2027, 'the future is possible');
  t.equal(yearOf('Sunday, 22-Nov-76 12:00:00 GMT', nowMs), 2076, 'exactly 50 years');
  t.equal(yearOf('Sunday, 22-Nov-76 12:00:01 GMT', nowMs), 1976, 'more than 50 years');
  t.equal(yearOf('Sunday, 22-Nov-77 12:00:00 GMT', nowMs), 1977);
  t.equal(yearOf('Sunday, 22-Nov-99 12:00:00 GMT', nowMs), 1999);
  t.equal(yearOf('Sunday, 22-Nov-00 12:00:00 GMT', nowMs), 2000);
  t.equal(yearOf('Sunday, 22-Nov-05 12:00:00 GMT', Date.UTC(1999, 0, 1)), 2005, 'across a century');
  t.equal(yearOf('Sunday, 22-Nov-30 12:00:00 GMT', Date.UTC(2090, 0, 1)), 2130);
  t.end();
});

const seconds = fc.integer({ min: -62_167_219_200, max: 253_402_300_799 });

t.test('parse(format(x)) is x, and format agrees with the columns', (t) => {
  fc.assert(
    fc.property(seconds, (second) => {
      const text = formatDate(second * 1000);
      assert.match(text, /^(?:Sun|Mon|Tue|Wed|Thu|Fri|Sat), \d\d (?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) \d{4} \d\d:\d\d:\d\d GMT$/);
      assert.equal(parseDate(text, nowMs), second * 1000);
    }),
    { examples: [[-62_167_219_200], [253_402_300_799], [0], [951_782_400]] },
  );
  t.end();
});

/** A time within 50 years of now in each of the three forms. */
function formsOf(ms: number): string[] {
  const days = ['Sunday', 'Monday', 'Tuesday', 'Wednesday', 'Thursday', 'Friday', 'Saturday'];
  const [, day, month, year, time] = formatDate(ms).split(' ') as [string, string, string, string, string];
  const dayName = days[new Date(ms).getUTCDay()]!;
  return [
    formatDate(ms),
    `${dayName}, ${day}-${month}-${year.slice(2)} ${time} GMT`,
    `${dayName.slice(0, 3)} ${month} ${day.replace(/^0/, ' ')} ${time} ${year}`,
  ];
}

t.test('the three forms of any date', (t) => {
  const secondsAround = fc.integer({ min: Math.floor(nowMs / 1000) - 49 * 31_556_952, max: Math.floor(nowMs / 1000) + 49 * 31_556_952 });
  fc.assert(
    fc.property(secondsAround, (second) => {
      for (const text of formsOf(second * 1000)) assert.equal(parseDate(text, nowMs), second * 1000, text);
    }),
  );
  t.end();
});

t.test('every day that a month has, and no other', (t) => {
  for (const year of [1999, 2000, 2023, 2024]) {
    for (let month = 0; month < 12; month++) {
      const days = new Date(Date.UTC(year, month + 1, 0)).getUTCDate();
      const name = formatDate(Date.UTC(year, month)).slice(8, 11);
      for (let day = 28; day <= 32; day++) {
        const ms = parseDate(`Sun, ${day} ${name} ${year} 00:00:00 GMT`, nowMs);
        if (Number.isNaN(ms) === day <= days) t.fail(`${day} ${name} ${year}`);
      }
    }
  }
  t.pass('all looked at');
  t.end();
});

t.test('any other text: NaN', (t) => {
  fc.assert(fc.property(fc.string(), (text) => Number.isNaN(parseDate(text, nowMs))));
  t.end();
});

t.test('one character changed: NaN, or what the text now says', (t) => {
  const forms = formsOf(Date.UTC(2026, 10, 22, 11, 22, 33));
  const dayNames = /^[A-Z][a-z]+/;
  for (const [form, text] of forms.entries()) {
    for (let at = 0; at < text.length; at++) {
      for (const character of [' ', ',', ':', '-', '0', '3', '9', 'a', 'G', '\0', '\u0662', '']) {
        const changed = text.slice(0, at) + character + text.slice(at + 1);
        const parsed = parseDate(changed, nowMs);
        // asctime may write the 2nd as " 2" or "02".
        const written = changed.replace(/^(\w+ \w+) 0/, '$1  ');
        const says = Number.isNaN(parsed) ? undefined : formsOf(parsed)[form];
        if (says !== undefined && says.replace(dayNames, '') !== written.replace(dayNames, '')) t.fail(`${changed} taken for ${says}`);
      }
    }
  }
  t.pass('all looked at');
  t.end();
});

t.test('times of files beyond the years 0000 to 9999 are clamped', (t) => {
  t.equal(formatDate(1e18), 'Fri, 31 Dec 9999 23:59:59 GMT');
  t.equal(formatDate(-1e18), 'Sat, 01 Jan 0000 00:00:00 GMT');
  t.equal(formatDate(1234.9), 'Thu, 01 Jan 1970 00:00:01 GMT');
  t.end();
});
