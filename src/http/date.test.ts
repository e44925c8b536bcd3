import { fc } from '../../test/kits/properties.js';
import { parseHttpDate } from './date.js';

const NOW = Date.UTC(2026, 10, 22);
const RFC = Date.UTC(1994, 10, 6, 8, 49, 37);

describe('HTTP-date (RFC 9110 section 5.6.7)', () => {
  it.each([
    ['IMF-fixdate', 'Sun, 06 Nov 1994 08:49:37 GMT', RFC],
    ['rfc850-date', 'Sunday, 06-Nov-94 08:49:37 GMT', RFC],
    ['asctime-date', 'Sun Nov  6 08:49:37 1994', RFC],
    ['asctime-date of two digits', 'Wed Nov 16 08:49:37 1994', Date.UTC(1994, 10, 16, 8, 49, 37)],
    ['a leap day', 'Thu, 29 Feb 2024 00:00:00 GMT', Date.UTC(2024, 1, 29)],
    ['a leap second', 'Sat, 31 Dec 2016 23:59:60 GMT', Date.UTC(2017, 0, 1)],
    ['a year of long ago', 'Sat, 01 Jan 0050 00:00:00 GMT', new Date('0050-01-01T00:00:00Z').getTime()],
    ['a wrong day of the week', 'Mon, 06 Nov 1994 08:49:37 GMT', RFC],
  ])('%s', (_name, text, time) => {
    expect(parseHttpDate(text, NOW)).toBe(time);
  });

  it.each([
    '',
    '0',
    '1994-11-06T08:49:37Z',
    'Sun, 06 Nov 1994 08:49:37 UTC',
    'Sun, 06 Nov 1994 08:49:37',
    'Sun, 6 Nov 1994 08:49:37 GMT',
    'Sun, 06 nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 24:00:00 GMT',
    'Sun, 06 Nov 1994 08:60:00 GMT',
    'Sun, 06 Nov 1994 08:00:61 GMT',
    'Wed, 29 Feb 2023 00:00:00 GMT',
    'Sun, 00 Nov 1994 08:49:37 GMT',
    'Sun, 31 Nov 1994 08:49:37 GMT',
    'Sun, 06-Nov-94 08:49:37 GMT',
    'Sun Nov 6 08:49:37 1994',
    ' Sun, 06 Nov 1994 08:49:37 GMT',
    'Sun, 06 Nov 1994 08:49:37 GMT\n',
  ])('%j is not one', (text) => {
    expect(parseHttpDate(text, NOW)).toBeUndefined();
  });

  const rfc850 = (year: string, month = 'Nov', day = '22'): string => `Sunday, ${day}-${month}-${year} 00:00:00 GMT`;
  it.each([
    ['2026', rfc850('26'), 2026],
    ['the year 50 years ahead, to the day', rfc850('76'), 2076],
    ['a day more than 50 years ahead: in the past', rfc850('76', 'Nov', '23'), 1976],
    ['the last of the century', rfc850('99'), 1999],
    ['the first of the century', rfc850('00'), 2000],
    ['a leap day', rfc850('00', 'Feb', '29'), 2000],
  ])('takes two digits for %s', (_name, text, year) => {
    expect(new Date(parseHttpDate(text, NOW)!).getUTCFullYear()).toBe(year);
  });

  it('takes two digits as others will once the century is over', () => {
    expect(new Date(parseHttpDate(rfc850('05'), Date.UTC(2090, 0))!).getUTCFullYear()).toBe(2105);
    expect(new Date(parseHttpDate(rfc850('50'), Date.UTC(2090, 0))!).getUTCFullYear()).toBe(2050);
    expect(parseHttpDate(rfc850('00', 'Feb', '29'), Date.UTC(2090, 0))).toBe(Date.UTC(2000, 1, 29));
  });
});

describe('laws', () => {
  const seconds = fc.integer({ min: 0, max: 253_402_300_799 }).map((second) => second * 1000);

  it('reads what is written', () => {
    fc.assert(fc.property(seconds, (time) => parseHttpDate(new Date(time).toUTCString(), NOW) === time));
  });

  it('a year of two digits is never more than 50 years ahead, nor 50 or more ago', () => {
    const days = ['Sun', 'Mon', 'Tues', 'Wednes', 'Thurs', 'Fri', 'Satur'];
    fc.assert(
      fc.property(seconds, fc.integer({ min: 0, max: 100 * 365 * 86_400 }), (time, later) => {
        const now = later * 1000;
        const [, day, month, year, clock] = new Date(time).toUTCString().split(' ');
        const written = `${days[new Date(time).getUTCDay()]!}day, ${day!}-${month!}-${year!.slice(-2)} ${clock!} GMT`;
        const read = parseHttpDate(written, now)!;
        const ahead = new Date(read).getUTCFullYear() - new Date(now).getUTCFullYear();
        expect(new Date(read).toISOString().slice(2)).toBe(new Date(time).toISOString().slice(-22));
        expect([ahead <= 50, ahead >= -50]).toEqual([true, true]);
      }),
    );
  });
});
