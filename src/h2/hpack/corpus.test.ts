/**
 * The hpack-test-case corpus (http2jp), if a checkout of it lies beside the project. The lists that other encoders made of real traffic
 * decode exactly. A second decoder reads what our encoder makes of the same lists.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { HpackDecoder } from './decoder.js';
import { HpackEncoder } from './encoder.js';
import { encode, hex, NO_LIMITS, pairs } from '../../../test/kits/units/hpack.js';

interface Story {
  readonly cases: readonly {
    readonly wire: string;
    readonly headers: readonly Readonly<Record<string, string>>[];
    readonly header_table_size?: number;
  }[];
}

const root = join(__dirname, '../../../../shared/hpack-test-case');
const folders = existsSync(root)
  ? readdirSync(root, { withFileTypes: true })
      .filter((entry) => entry.isDirectory())
      .map((entry) => entry.name)
  : [];

function stories(folder: string): Story[] {
  const names = readdirSync(join(root, folder)).filter((name) => name.endsWith('.json'));
  return names.map((name) => JSON.parse(readFileSync(join(root, folder, name), 'utf8')) as Story);
}

if (folders.length === 0) {
  it.skip('hpack-test-case: no corpus beside this checkout (../shared/hpack-test-case)', () => undefined);
} else {
  describe.each(folders)('hpack-test-case: %s', (folder) => {
    it('decodes exactly', () => {
      for (const story of stories(folder)) {
        const decoder = new HpackDecoder(NO_LIMITS);
        for (const { wire, headers, header_table_size: size } of story.cases) {
          if (size !== undefined) decoder.setTableLimit(size);
          expect(pairs(decoder.decode(hex(wire)))).toEqual(headers.flatMap((field) => Object.entries(field)));
        }
      }
    });

    it('re-encodes to what a second decoder reads back, and compresses', () => {
      for (const story of stories(folder)) {
        const encoder = new HpackEncoder();
        const decoder = new HpackDecoder(NO_LIMITS);
        let plain = 0;
        let coded = 0;
        for (const { headers, header_table_size: size } of story.cases) {
          if (size !== undefined) {
            encoder.setTableLimit(size);
            decoder.setTableLimit(size);
          }
          const list = headers.flatMap((field) => Object.entries(field));
          const block = encode(encoder, list);
          plain += list.flat().join('').length;
          coded += block.length;
          expect(pairs(decoder.decode(block))).toEqual(list);
        }
        expect(coded).toBeLessThan(plain);
      }
    });
  });
}
