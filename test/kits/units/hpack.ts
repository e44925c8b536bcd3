/** Words for the HPACK tests. */
import type { HpackDecoder } from '../../../src/h2/hpack/decoder.js';
import { encodedBound, HpackEncoder } from '../../../src/h2/hpack/encoder.js';

export type HeaderList = readonly (readonly [name: string, value: string])[];

/** Limits that no test comes near. */
export const NO_LIMITS = { headerList: 1 << 30, headerFields: 1 << 20 };

export function hex(text: string): Buffer {
  return Buffer.from(text.replace(/\s/g, ''), 'hex');
}

export function pairs(lines: readonly string[]): [string, string][] {
  const list: [string, string][] = [];
  for (let at = 0; at < lines.length; at += 2) list.push([lines[at]!, lines[at + 1]!]);
  return list;
}

/** The field block that `encoder` makes of `list`. */
export function encode(encoder: HpackEncoder, list: HeaderList): Buffer {
  const lines = list.flat();
  const room = { bytes: Buffer.alloc(encodedBound(lines)), position: 0 };
  encoder.encode(room, lines);
  return room.bytes.subarray(0, room.position);
}

/** What the dynamic table holds, the newest first: read as a peer would, by index. */
export function dynamicTable(decoder: HpackDecoder): [string, string][] {
  const entries: [string, string][] = [];
  for (let index = 62; index < 127; index++) {
    try {
      entries.push(...pairs(decoder.decode(Uint8Array.of(0x80 | index))));
    } catch {
      break;
    }
  }
  return entries;
}
