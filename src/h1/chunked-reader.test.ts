import { ChunkedReader } from './chunked-reader.js';
import { bytesOf, everySplit } from '../../test/kits/units/h1-engines.js';

/** Reads `text` in those pieces: the data, and how it ended. */
function read(pieces: Uint8Array[], limit = 64): string {
  const reader = new ChunkedReader(limit);
  let data = '';
  for (const piece of pieces) {
    let position = 0;
    while (position < piece.length && reader.state !== 'trailers' && reader.state !== 'invalid') {
      if (reader.state === 'data') {
        const end = Math.min(piece.length, position + reader.remaining);
        data += Buffer.from(piece.subarray(position, end)).toString('latin1');
        reader.taken(end - position);
        position = end;
      } else position = reader.read(piece, position, piece.length);
    }
  }
  return `${data} ${reader.state}`;
}

describe('chunked transfer coding (RFC 9112 section 7.1)', () => {
  it.each([
    ['chunks', '5\r\nhello\r\n1\r\n!\r\n0\r\n', 'hello! trailers'],
    [
      'hexadecimal sizes in either case',
      'a\r\n0123456789\r\nB\r\n0123456789a\r\n0\r\n',
      '01234567890123456789a trailers',
    ],
    ['leading zeros', '0005\r\nhello\r\n000\r\n', 'hello trailers'],
    ['an extension', '5;a=b\r\nhello\r\n0;c\r\n', 'hello trailers'],
    ['whitespace before an extension', '5 \t;a\r\nhello\r\n0\r\n', 'hello trailers'],
    ['a quoted extension', '5;a="x;\\"y"\r\nhello\r\n0\r\n', 'hello trailers'],
    ['whitespace before the name of an extension', '5; \ta = b ;c\r\nhello\r\n0\r\n', 'hello trailers'],
    ['an extension without a name', '5;\r\nhello\r\n0\r\n', ' invalid'],
    ['an extension of whitespace', '5; \r\nhello\r\n0\r\n', ' invalid'],
    ['an extension that is a value', '5;=b\r\nhello\r\n0\r\n', ' invalid'],
    ['an extension that is a string', '5;"b"\r\nhello\r\n0\r\n', ' invalid'],
    ['a second extension without a name', '5;a;\r\nhello\r\n0\r\n', ' invalid'],
    ['a size that is none', 'x\r\n', ' invalid'],
    ['no size', '\r\n', ' invalid'],
    ['no size before an extension', ';a\r\n', ' invalid'],
    ['a prefix 0x', '0x5\r\nhello\r\n', ' invalid'],
    ['a sign', '+5\r\nhello\r\n', ' invalid'],
    ['a minus sign', '-5\r\nhello\r\n', ' invalid'],
    ['a space before the size', ' 5\r\nhello\r\n', ' invalid'],
    ['a space after the size', '5 \r\nhello\r\n', ' invalid'],
    ['something else after a space', '5 a;b\r\nhello\r\n', ' invalid'],
    ['an underscore', '1_0\r\nhello\r\n', ' invalid'],
    ['a bare LF after the size', '5\nhello\r\n', ' invalid'],
    ['a bare CR after the size', '5\rhello\r\n', ' invalid'],
    ['a bare LF in an extension', '5;a\nhello\r\n', ' invalid'],
    ['a bare CR in an extension', '5;a\rb\r\nhello\r\n', ' invalid'],
    ['a line end in a quoted extension', '5;a="\r\nhello"\r\nhello', ' invalid'],
    ['a NUL in an extension', '5;a\0\r\nhello\r\n', ' invalid'],
    ['a chunk longer than its size', '5\r\nhello!\r\n', 'hello invalid'],
    ['a chunk without its CRLF', '5\r\nhello0\r\n', 'hello invalid'],
    ['a bare LF after a chunk', '5\r\nhello\n0\r\n', 'hello invalid'],
    ['a bare CR after a chunk', '5\r\nhello\r0\r\n', 'hello invalid'],
    ['a size past the greatest exact number', '20000000000000\r\n', ' invalid'],
    ['a size of 2^64', '10000000000000000\r\n', ' invalid'],
    ['a size with too many zeros', `${'0'.repeat(17)}\r\n`, ' invalid'],
    ['too many bytes of extensions', `1;${'a'.repeat(40)}\r\nx\r\n1;${'a'.repeat(40)}\r\n`, 'x invalid'],
  ])('%s', (_title, text, expected) => {
    for (const pieces of everySplit(bytesOf(text))) expect(read(pieces)).toBe(expected);
  });

  it('counts extensions to the byte', () => {
    expect(read([bytesOf('1;abc\r\nx\r\n0\r\n')], 4)).toBe('x trailers');
    expect(read([bytesOf('1;abcd\r\nx\r\n0\r\n')], 4)).toBe(' invalid');
  });
});
