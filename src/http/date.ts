/** HTTP-date (RFC 9110 section 5.6.7): one format that is sent, and two old ones that are still to be understood. */
const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];

const TIME = '(?<hour>[01][0-9]|2[0-3]):(?<minute>[0-5][0-9]):(?<second>[0-5][0-9]|60)';
const MONTH = `(?<month>${MONTHS.join('|')})`;
const SHORT_DAY = '(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)';
const LONG_DAY = '(?:Mon|Tues|Wednes|Thurs|Fri|Satur|Sun)day';

const FORMATS: readonly RegExp[] = [
  // IMF-fixdate: Sun, 06 Nov 1994 08:49:37 GMT
  new RegExp(`^${SHORT_DAY}, (?<day>[0-9]{2}) ${MONTH} (?<year>[0-9]{4}) ${TIME} GMT$`),
  // rfc850-date: Sunday, 06-Nov-94 08:49:37 GMT
  new RegExp(`^${LONG_DAY}, (?<day>[0-9]{2})-${MONTH}-(?<year>[0-9]{2}) ${TIME} GMT$`),
  // asctime-date: Sun Nov  6 08:49:37 1994
  new RegExp(`^${SHORT_DAY} ${MONTH} (?<day>[0-9]{2}| [0-9]) ${TIME} (?<year>[0-9]{4})$`),
];

interface DateParts {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  /** ms since midnight; that of a leap second is the next day's first. */
  readonly time: number;
}

/**
 * The time in `text`, in ms since 1970; undefined if it is not a date. The day of the week is not compared.
 *
 * @param now - ms since 1970: a year of two digits is taken for the last such one that is not more than 50 years ahead.
 */
export function parseHttpDate(text: string, now: number): number | undefined {
  for (const format of FORMATS) {
    const groups = format.exec(text)?.groups;
    if (groups === undefined) continue;
    const { year, month, day, hour, minute, second } = groups as Record<string, string>;
    const time = ((Number(hour) * 60 + Number(minute)) * 60 + Number(second)) * 1000;
    const parts = { month: MONTHS.indexOf(month!), day: Number(day), time };
    return year!.length === 4
      ? timeOf({ ...parts, year: Number(year) })
      : nearest({ ...parts, year: Number(year) }, now);
  }
  return undefined;
}

/** "MUST interpret a timestamp that appears to be more than 50 years in the future as the most recent year in the past". */
function nearest(parts: DateParts, now: number): number | undefined {
  const ahead = new Date(now);
  ahead.setUTCFullYear(ahead.getUTCFullYear() + 50);
  const century = ahead.getUTCFullYear() - (ahead.getUTCFullYear() % 100);
  const time = timeOf({ ...parts, year: century + parts.year });
  return time !== undefined && time <= ahead.getTime() ? time : timeOf({ ...parts, year: century - 100 + parts.year });
}

function timeOf({ year, month, day, time }: DateParts): number | undefined {
  const date = new Date(0);
  // Not `Date.UTC`: it takes the years to 99 for those of the last century. Days that a month has not become some of the next.
  date.setUTCFullYear(year, month, day);
  return date.getUTCMonth() === month && date.getUTCDate() === day ? date.getTime() + time : undefined;
}

/** The value of Date (RFC 9110 section 6.6.1): made once a second, however many messages have it. */
export class DateField {
  private second = Number.NaN;
  private text = '';

  /** @param now - ms since 1970. */
  at(now: number): string {
    const second = Math.floor(now / 1000);
    if (second !== this.second) {
      this.second = second;
      this.text = new Date(second * 1000).toUTCString();
    }
    return this.text;
  }
}
