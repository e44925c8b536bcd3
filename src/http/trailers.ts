/** Trailer sections (RFC 9110 section 6.5), the same on both protocols and in both roles. */

/**
 * Fields that a trailer section must not have: those of framing, routing, authentication, request modifiers, response control and the
 * content's form. After the content they are useless or harmful (RFC 9110 section 6.5.1).
 */
const NOT_IN_TRAILERS: ReadonlySet<string> = new Set([
  ...['transfer-encoding', 'content-length', 'trailer', 'host', 'connection', 'keep-alive', 'proxy-connection', 'te'],
  ...[
    'upgrade',
    'authorization',
    'proxy-authorization',
    'www-authenticate',
    'proxy-authenticate',
    'set-cookie',
    'cookie',
  ],
  ...['cache-control', 'expect', 'max-forwards', 'pragma', 'range', 'if-match', 'if-none-match', 'if-modified-since'],
  ...['if-unmodified-since', 'if-range', 'age', 'expires', 'date', 'location', 'retry-after', 'vary', 'warning'],
  ...['content-encoding', 'content-type', 'content-range', 'content-location', 'content-language'],
]);

/** Names and values in turn, less those that no trailer section may have. */
export function trailerLines(lines: readonly string[]): readonly string[] {
  const kept: string[] = [];
  for (let index = 0; index < lines.length; index += 2) {
    if (!NOT_IN_TRAILERS.has(lines[index]!)) kept.push(lines[index]!, lines[index + 1]!);
  }
  return kept.length === lines.length ? lines : kept;
}
