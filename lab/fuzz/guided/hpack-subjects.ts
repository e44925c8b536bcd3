/** HPACK and its Huffman code, by themselves. */
import { ProtocolError } from '../../../src/errors.js';
import { HpackDecoder } from '../../../src/h2/hpack/decoder.js';
import { encodedBound, HpackEncoder } from '../../../src/h2/hpack/encoder.js';
import { decodeHuffman, huffmanLength, writeHuffman } from '../../../src/h2/hpack/huffman.js';
import { latin1Of } from '../h1/reading.js';
import { literal } from '../h2/grammar.js';
import { blocks, join, part } from '../h2/hpack-grammar.js';
import { Random } from '../random.js';
import { bounded, typed, withinWork } from './invariants.js';
import { retained } from './retained.js';
import { Broken } from './subject.js';
import type { Subject } from './subject.js';

const texts = (list: readonly string[]): Buffer[] => list.map((text) => Buffer.from(text, 'latin1'));

const LISTS = { headerList: 1024, headerFields: 16 };

/** The most that a table of 4096 octets, its entries and an empty decoder are. */
const TABLE = 24 * 1024;

function roundTrip(lines: readonly string[], encoder: HpackEncoder, decoder: HpackDecoder): void {
  const room = { bytes: Buffer.alloc(encodedBound(lines)), position: 0 };
  encoder.encode(room, lines);
  if (room.position > room.bytes.length) throw new Broken('a field block is longer than its bound', lines);
  const back = decoder.decode(room.bytes, 0, room.position);
  if (back.join('\0') !== lines.join('\0')) throw new Broken('an encoded list is decoded otherwise', { lines, back });
}

export const hpack: Subject = {
  name: 'hpack',
  about: 'the size of the table, then field blocks, each after its length; decoded lists are encoded and decoded again',
  covers: /^src\/h2\/hpack\//,
  seeds: Array.from({ length: 24 }, (_, at) =>
    Buffer.concat([Buffer.of(at), join(blocks(new Random(at + 1), 4096)).subarray(0, 400)]),
  ),
  tokens: [
    ...[literal('a', 'b', 0x40), literal('cookie', 'a', 0x10), literal('x-a', 'v'.repeat(100), 0x40)],
    ...[
      '\x82',
      '\xbe',
      '\xbf',
      '\x7f\x00',
      '\x3f\xe1\x1f',
      '\x20',
      '\x40\x81\x1f',
      '\x8c\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff',
    ].map((text) => Buffer.from(text, 'latin1')),
  ],
  longest: 600,
  run(input) {
    return withinWork(input.length, () => {
      const tableLimit = [4096, 4096, 0, 100][(input[0] ?? 0) & 3]!;
      const decoder = new HpackDecoder(LISTS, 4096);
      const [encoder, ours] = [
        new HpackEncoder(),
        new HpackDecoder({ headerList: 1 << 20, headerFields: 1 << 16 }, 4096),
      ];
      if (tableLimit !== 4096) decoder.setTableLimit(tableLimit);
      for (const [at, block] of part(input.subarray(1)).entries()) {
        const lines = typed(() => decoder.decode(block));
        if (lines instanceof ProtocolError) break;
        const size = lines.reduce((sum, text) => sum + text.length, 16 * lines.length);
        bounded('a header list', size, LISTS.headerList);
        // Cookie crumbs are one field (RFC 9113 section 8.2.3).
        const crumbs = lines.filter((text, index) => index % 2 === 0 && text === 'cookie').length;
        bounded('fields of a header list', lines.length / 2 - Math.max(0, crumbs - 1), LISTS.headerFields);
        bounded('the dynamic table', decoder.tableSize, 4096);
        bounded('a decoder', retained(decoder, []), TABLE);
        // The table is made smaller and larger by the other side now and then.
        if (at > 0 && at % 3 === 0) encoder.setTableLimit([4096, 64, 0][(at / 3) % 3]!);
        roundTrip(lines, encoder, ours);
        bounded('an encoder', retained(encoder, []), 2 * TABLE);
      }
    });
  },
};

export const huffman: Subject = {
  name: 'huffman',
  about: 'a string: as it is coded, and as what is to be coded',
  covers: /^src\/h2\/hpack\/huffman\.ts$/,
  seeds: texts([
    '\xf1\xe3\xc2\xe5\xf2\x3a\x6b\xa0\xab\x90\xf4\xff',
    '\xff\xff\xff\xff',
    'www.example.com',
    '\x00\x0a\xff',
  ]),
  tokens: texts(['\xff\xff\xff\xfc', '\xff\xff\xff\xea', '\x1f', '\x07', '\xff\xc0\0']),
  longest: 300,
  run(input) {
    return withinWork(input.length, () => {
      const decoded = typed(() => decodeHuffman(input, 0, input.length));
      // A code word means one symbol, and padding is ones alone: what can be decoded is what would have been encoded.
      if (typeof decoded === 'string' && !coded(decoded).equals(input))
        throw new Broken('two codings of one string', decoded);
      const text = latin1Of(input);
      const back = coded(text);
      if (decodeHuffman(back, 0, back.length) !== text) throw new Broken('a coded string is decoded otherwise', text);
    });
  },
};

function coded(text: string): Buffer {
  const room = { bytes: Buffer.alloc(huffmanLength(text)), position: 0 };
  writeHuffman(room, text);
  if (room.position !== room.bytes.length) throw new Broken('a coded string does not have the announced length', text);
  return room.bytes;
}
