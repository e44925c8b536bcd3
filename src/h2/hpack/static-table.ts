/** The static table (RFC 7541 appendix A): 61 entries that both sides know, names and values in turn. */
const LINES: readonly string[] = [
  ...[':authority', '', ':method', 'GET', ':method', 'POST', ':path', '/', ':path', '/index.html'],
  ...[':scheme', 'http', ':scheme', 'https', ':status', '200', ':status', '204', ':status', '206'],
  ...[':status', '304', ':status', '400', ':status', '404', ':status', '500', 'accept-charset', ''],
  ...['accept-encoding', 'gzip, deflate', 'accept-language', '', 'accept-ranges', '', 'accept', ''],
  ...['access-control-allow-origin', '', 'age', '', 'allow', '', 'authorization', '', 'cache-control', ''],
  ...['content-disposition', '', 'content-encoding', '', 'content-language', '', 'content-length', ''],
  ...['content-location', '', 'content-range', '', 'content-type', '', 'cookie', '', 'date', '', 'etag', ''],
  ...['expect', '', 'expires', '', 'from', '', 'host', '', 'if-match', '', 'if-modified-since', ''],
  ...['if-none-match', '', 'if-range', '', 'if-unmodified-since', '', 'last-modified', '', 'link', ''],
  ...['location', '', 'max-forwards', '', 'proxy-authenticate', '', 'proxy-authorization', '', 'range', ''],
  ...['referer', '', 'refresh', '', 'retry-after', '', 'server', '', 'set-cookie', ''],
  ...['strict-transport-security', '', 'transfer-encoding', '', 'user-agent', '', 'vary', '', 'via', ''],
  ...['www-authenticate', ''],
];

export const STATIC_TABLE_LENGTH = LINES.length / 2;

/** Names by index; index 0 is not used (RFC 7541 section 2.3.3). */
export const STATIC_NAMES: readonly string[] = ['', ...LINES.filter((_, at) => at % 2 === 0)];

/** Values by index. */
export const STATIC_VALUES: readonly string[] = ['', ...LINES.filter((_, at) => at % 2 === 1)];

/** The lowest index of each name. */
export const STATIC_NAME_INDEX: ReadonlyMap<string, number> = new Map(
  STATIC_NAMES.map((name, index) => [name, index] as const)
    .slice(1)
    .reverse(),
);

/** Of the names that have whole entries: the index by value. */
export const STATIC_VALUE_INDEX: ReadonlyMap<string, ReadonlyMap<string, number>> = wholeEntries();

function wholeEntries(): Map<string, Map<string, number>> {
  const byName = new Map<string, Map<string, number>>();
  for (let index = 1; index <= STATIC_TABLE_LENGTH; index++) {
    const name = STATIC_NAMES[index]!;
    const value = STATIC_VALUES[index]!;
    if (value === '') continue;
    const values = byName.get(name) ?? new Map<string, number>();
    values.set(value, index);
    byName.set(name, values);
  }
  return byName;
}
