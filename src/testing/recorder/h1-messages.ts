/**
 * HTTP/1.1 messages in complete bytes (RFC 9112): the begin and the end of each, for a recording. It reads what an engine has already read,
 * and judges nothing.
 */

/** A head: its start line in three parts, and its field lines, names and values in turn, as they were written. */
export interface H1Head {
  readonly start: readonly [string, string, string];
  readonly lines: readonly string[];
  readonly end: number;
}

/** The end of content, and the content without its framing. */
export interface H1Content {
  readonly parts: readonly Uint8Array[];
  readonly end: number;
  readonly complete: boolean;
}

/** The head that begins at `from`: undefined if it is not whole, `malformed` if it is not a head. */
export function headAt(bytes: Buffer, from: number): H1Head | 'malformed' | undefined {
  const close = bytes.indexOf('\r\n\r\n', from, 'latin1');
  if (close < 0) return undefined;
  const [first = '', ...rest] = bytes.toString('latin1', from, close).split('\r\n');
  const start = /^(\S+) (\S+) ?(.*)$/.exec(first);
  if (start === null) return 'malformed';
  const lines: string[] = [];
  for (const line of rest) {
    const colon = line.indexOf(':');
    if (colon <= 0 || /\s/.test(line.slice(0, colon))) return 'malformed';
    lines.push(line.slice(0, colon), line.slice(colon + 1).trim());
  }
  return { start: [start[1]!, start[2]!, start[3]!], lines, end: close + 4 };
}

/** The value of a field, of several lines the last. */
export function valueOf({ lines }: H1Head, name: string): string | undefined {
  let value: string | undefined;
  for (let at = 0; at < lines.length; at += 2) if (lines[at]!.toLowerCase() === name) value = lines[at + 1];
  return value;
}

/** Content after a head (RFC 9112 section 6.3); `otherwise`: its length if no field determines it. */
export function contentAt(bytes: Buffer, head: H1Head, otherwise: 'none' | 'rest'): H1Content {
  if (/chunked\s*$/i.test(valueOf(head, 'transfer-encoding') ?? '')) return chunksAt(bytes, head.end);
  const length = valueOf(head, 'content-length');
  const wanted = length !== undefined ? Number(length) : otherwise === 'none' ? 0 : Infinity;
  const end = Math.min(bytes.length, head.end + (wanted >= 0 ? wanted : 0));
  const complete = wanted !== Infinity && end - head.end === wanted;
  return { parts: end > head.end ? [bytes.subarray(head.end, end)] : [], end, complete };
}

/** The chunked coding (RFC 9112 section 7.1). */
function chunksAt(bytes: Buffer, from: number): H1Content {
  const parts: Uint8Array[] = [];
  for (let at = from; ;) {
    const lineEnd = bytes.indexOf('\r\n', at, 'latin1');
    const size = lineEnd < 0 ? NaN : parseInt(bytes.toString('latin1', at, lineEnd), 16);
    if (Number.isNaN(size)) return { parts, end: bytes.length, complete: false };
    if (size === 0) {
      // The trailer section: none, or lines up to an empty one.
      const close = bytes.indexOf('\r\n\r\n', lineEnd, 'latin1');
      return { parts, end: close < 0 ? bytes.length : close + 4, complete: close >= 0 };
    }
    const end = lineEnd + 2 + size;
    parts.push(bytes.subarray(lineEnd + 2, Math.min(end, bytes.length)));
    if (end + 2 > bytes.length) return { parts, end: bytes.length, complete: false };
    at = end + 2;
  }
}
