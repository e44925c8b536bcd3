import { fc } from '../../../test/kits/properties.js';
import { failure } from '../../../test/kits/units/h2-failures.js';
import { CODE_LENGTHS, CODES, EOS } from './huffman-code.js';
import { decodeHuffman, huffmanLength, writeHuffman } from './huffman.js';
import { hex } from '../../../test/kits/units/hpack.js';

function encoded(text: string): Buffer {
  const room = { bytes: Buffer.alloc(huffmanLength(text)), position: 0 };
  writeHuffman(room, text);
  expect(room.position).toBe(huffmanLength(text));
  return room.bytes;
}

function decoded(bytes: Uint8Array): string {
  return decodeHuffman(bytes, 0, bytes.length);
}

const latin1Text = fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes).toString('latin1'));

describe('the Huffman code (RFC 7541 appendix B)', () => {
  it('is complete: every bit sequence means something', () => {
    expect(CODE_LENGTHS.reduce((sum, length) => sum + 2 ** (30 - length), 0)).toBe(2 ** 30);
  });

  it.each([
    [0, 0x1ff8],
    [0x20, 0x14],
    [0x30, 0x0],
    [0x61, 0x3],
    [0x7c, 0x7fc],
    [0x80, 0xfffe6],
    [0xc0, 0x3ffffe0],
    [0xf9, 0xffffffe],
    [0xff, 0x3ffffee],
    [EOS, 0x3fffffff],
  ])('gives symbol %i the code %i', (symbol, code) => {
    expect(CODES[symbol]).toBe(code);
  });
});

describe('Huffman-coded strings (RFC 7541 section 5.2)', () => {
  it.each([
    ['www.example.com', 'f1e3c2e5f23a6ba0ab90f4ff'],
    ['no-cache', 'a8eb10649cbf'],
    ['custom-key', '25a849e95ba97d7f'],
    ['Mon, 21 Oct 2013 20:13:21 GMT', 'd07abe941054d444a8200595040b8166e082a62d1bff'],
  ])('codes %s as appendix C does', (text, bytes) => {
    expect(encoded(text).toString('hex')).toBe(bytes);
    expect(decoded(hex(bytes))).toBe(text);
  });

  it('reads back any text of any octets', () => {
    fc.assert(fc.property(latin1Text, (text) => decoded(encoded(text)) === text));
  });

  it('reads back a text longer than the scratch room', () => {
    const text = 'ab\xff'.repeat(20_000);
    expect(decoded(encoded(text))).toBe(text);
  });

  it.each([
    ['padding of a whole octet', 'f1e3c2e5f23a6ba0ab90f4ffff'],
    ['padding of more than 7 bits alone', 'ff'],
    ['padding with zeros', '18'],
    ['EOS inside', 'ffffffff'],
    ['EOS inside, with a symbol behind it', 'fffffffc7f'],
  ])('refuses %s', (_, bytes) => {
    expect(() => decoded(hex(bytes))).toThrow(failure('COMPRESSION_ERROR'));
  });
});
