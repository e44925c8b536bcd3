import { fc } from '../../../test/kits/properties.js';
import { failure } from '../../../test/kits/units/h2-failures.js';
import { MAX_INTEGER, readInteger, writeInteger } from './integer.js';
import { hex } from '../../../test/kits/units/hpack.js';

function read(bytes: Uint8Array, prefix: number): number {
  return readInteger({ bytes, position: 1, end: bytes.length }, bytes[0]!, prefix);
}

function written(value: number, prefix: number): string {
  const room = { bytes: Buffer.alloc(8), position: 0 };
  writeInteger(room, 0, prefix, value);
  return room.bytes.toString('hex', 0, room.position);
}

describe('integers (RFC 7541 section 5.1)', () => {
  it.each([
    ['C.1.1: 10 with a 5-bit prefix', 10, 5, '0a'],
    ['C.1.2: 1337 with a 5-bit prefix', 1337, 5, '1f9a0a'],
    ['C.1.3: 42 from an octet boundary', 42, 8, '2a'],
  ])('appendix %s', (_, value, prefix, bytes) => {
    expect(read(hex(bytes), prefix)).toBe(value);
    expect(written(value, prefix)).toBe(bytes);
  });

  it('reads back every integer that it writes', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: MAX_INTEGER }), fc.integer({ min: 4, max: 8 }), (value, prefix) => {
        expect(read(hex(written(value, prefix)), prefix)).toBe(value);
      }),
    );
  });

  it.each([
    ['cut off', '1f9a'],
    ['too large', '1fffffffff7f'],
    ['too long, though small', '1f8080808080808000'],
  ])('refuses one that is %s', (_, bytes) => {
    expect(() => read(hex(bytes), 5)).toThrow(failure('COMPRESSION_ERROR'));
  });
});
