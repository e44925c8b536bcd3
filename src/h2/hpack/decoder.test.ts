import { fc } from '../../../test/kits/properties.js';
import { ProtocolError } from '../../errors.js';
import { failure } from '../../../test/kits/units/h2-failures.js';
import { HpackDecoder } from './decoder.js';
import { HpackEncoder } from './encoder.js';
import { dynamicTable, encode, hex, NO_LIMITS, pairs } from '../../../test/kits/units/hpack.js';

const COMPRESSION_ERROR = failure('COMPRESSION_ERROR');

describe('dynamic table size updates (RFC 7541 sections 4.2 and 6.3)', () => {
  it('takes one, or two, at the start of a block', () => {
    const decoder = new HpackDecoder(NO_LIMITS);
    expect(pairs(decoder.decode(hex('20 3fe11f 82')))).toEqual([[':method', 'GET']]);
  });

  it('evicts down to the new size', () => {
    const decoder = new HpackDecoder(NO_LIMITS);
    decoder.decode(hex('4001610162 4001630164'));
    expect(dynamicTable(decoder)).toHaveLength(2);
    decoder.decode(hex('3f09'));
    expect(dynamicTable(decoder)).toEqual([['c', 'd']]);
  });

  it('refuses one after a field', () => {
    expect(() => new HpackDecoder(NO_LIMITS).decode(hex('82 20'))).toThrow(COMPRESSION_ERROR);
  });

  it('refuses one above the limit', () => {
    expect(() => new HpackDecoder(NO_LIMITS).decode(hex('3fe21f'))).toThrow(COMPRESSION_ERROR);
  });

  it('requires one after the limit was reduced', () => {
    const decoder = new HpackDecoder(NO_LIMITS);
    decoder.setTableLimit(0);
    expect(() => decoder.decode(hex('82'))).toThrow(COMPRESSION_ERROR);
    const other = new HpackDecoder(NO_LIMITS);
    other.setTableLimit(0);
    expect(pairs(other.decode(hex('2082')))).toEqual([[':method', 'GET']]);
    expect(pairs(other.decode(hex('82')))).toEqual([[':method', 'GET']]);
  });
});

describe('the dynamic table (RFC 7541 section 4.4)', () => {
  it('is emptied by an entry larger than itself', () => {
    const decoder = new HpackDecoder(NO_LIMITS, 64);
    decoder.decode(hex('4001610162'));
    expect(pairs(decoder.decode(Buffer.concat([hex('400162 28'), Buffer.alloc(40, 'x')])))).toEqual([
      ['b', 'x'.repeat(40)],
    ]);
    expect(dynamicTable(decoder)).toEqual([]);
    expect(decoder.tableSize).toBe(0);
  });

  it('gives a name to the entry that evicts its own', () => {
    const decoder = new HpackDecoder(NO_LIMITS, 40);
    decoder.decode(hex('4001610162'));
    expect(pairs(decoder.decode(hex('7e0163')))).toEqual([['a', 'c']]);
    expect(dynamicTable(decoder)).toEqual([['a', 'c']]);
  });
});

describe('malformed field blocks', () => {
  it.each([
    ['index 0 (RFC 7541 section 6.1)', '80'],
    ['an index past the table', 'be'],
    ['a name past the table', '7e0161'],
    ['a literal cut off before its value', '4001 61'],
    ['a string longer than the block', '4005 6161'],
    ['an integer without end', 'ffffffffffffffffff'],
  ])('refuses %s', (_, wire) => {
    expect(() => new HpackDecoder(NO_LIMITS).decode(hex(wire))).toThrow(COMPRESSION_ERROR);
  });

  it('never throws anything but COMPRESSION_ERROR, whatever the octets', () => {
    const limits = { headerList: 300, headerFields: 5 };
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 6 }), (blocks) => {
        const decoder = new HpackDecoder(limits, 128);
        try {
          for (const block of blocks) {
            const lines = decoder.decode(block);
            expect(lines.length).toBeLessThanOrEqual(10);
            expect(decoder.tableSize).toBeLessThanOrEqual(128);
          }
        } catch (error) {
          expect(error).toBeInstanceOf(ProtocolError);
          expect(error).toEqual(COMPRESSION_ERROR);
        }
      }),
      { numRuns: 500 },
    );
  });
});

describe('limits of a header list (RFC 9113 section 6.5.2)', () => {
  it('says that a list is too large, keeps what fits, and keeps the table in step', () => {
    const decoder = new HpackDecoder({ headerList: 100, headerFields: 100 });
    const encoder = new HpackEncoder();
    const big = 'x'.repeat(60);
    expect(
      decoder.decode(
        encode(encoder, [
          ['a', '1'],
          ['b', big],
          ['c', '3'],
        ]),
      ),
    ).toEqual(['a', '1']);
    expect(decoder.overflow).toBe('size');
    expect(pairs(decoder.decode(encode(encoder, [['c', '3']])))).toEqual([['c', '3']]);
    expect(decoder.overflow).toBeUndefined();
  });

  it('counts 32 octets for every field', () => {
    const exact = new HpackDecoder({ headerList: 34 * 2, headerFields: 100 });
    expect(exact.decode(hex('0001610162 0001610162'))).toHaveLength(4);
    expect(exact.overflow).toBeUndefined();
    expect(exact.decode(hex('0001610162 0001610162 00016100'))).toHaveLength(4);
    expect(exact.overflow).toBe('size');
  });

  it('limits the number of fields, as an indexed field of one octet is cheap to send', () => {
    const decoder = new HpackDecoder({ headerList: 1 << 30, headerFields: 128 });
    decoder.decode(Buffer.concat([hex('4001617f8017'), Buffer.alloc(127 + 23 * 128, 'v')]));
    expect(decoder.decode(Buffer.alloc(100_000, 0xbe))).toHaveLength(256);
    expect(decoder.overflow).toBe('fields');
  });
});
