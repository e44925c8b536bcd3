/**
 * The HPACK encoder (RFC 7541 sections 4.2 and 6): fields go straight into the frame that is being written.
 *
 * The table holds at most 4096 octets, or the size in the peer's SETTINGS if that is less; indexing.ts decides which fields it holds. An
 * encoder finds an entry by its name's record: no key is built to look one up.
 */
import { DEFAULT_TABLE_SIZE, DynamicTable, entrySize } from './dynamic-table.js';
import type { TableEntry } from './dynamic-table.js';
import { huffmanLength, writeHuffman } from './huffman.js';
import { isSensitive, NameRecord } from './indexing.js';
import { writeInteger } from './integer.js';
import type { Room } from './integer.js';
import { STATIC_TABLE_LENGTH } from './static-table.js';

interface EncoderEntry extends TableEntry {
  readonly record: NameRecord;
}

class EncoderTable extends DynamicTable<EncoderEntry> {
  protected override evicted(entry: EncoderEntry): void {
    entry.record.values.shift();
    entry.record.numbers.shift();
  }
}

/** Names that an encoder remembers; of more, the values go as plain literals. */
const MAX_NAMES = 256;

const INDEXED = 0x80;
const INCREMENTAL = 0x40;
const SIZE_UPDATE = 0x20;
const NEVER_INDEXED = 0x10;
const WITHOUT_INDEXING = 0x00;

/** The most octets that the fields of `lines` take, indexed or not. */
export function encodedBound(lines: readonly string[]): number {
  let bound = SIZE_UPDATES_BOUND;
  for (const text of lines) bound += text.length + 8;
  return bound;
}

/** Two size updates of at most 6 octets each. */
export const SIZE_UPDATES_BOUND = 12;

export class HpackEncoder {
  private readonly table: EncoderTable;
  private readonly names: Map<string, NameRecord>;
  /** The smallest table since the last block, where the size changed: it is announced with the next block. */
  private smallest: number;
  /** Whether the block since `begin`, made again, would be made of the same octets. */
  settled: boolean;

  constructor() {
    this.table = new EncoderTable(DEFAULT_TABLE_SIZE);
    this.names = new Map();
    this.smallest = Infinity;
    this.settled = true;
  }

  /** Changes whenever the same octets might mean other fields than before. */
  get generation(): number {
    return this.table.generation;
  }

  /** The peer's SETTINGS_HEADER_TABLE_SIZE. A change is announced with the next block (RFC 7541 section 4.2). */
  setTableLimit(tableLimit: number): void {
    const size = Math.min(tableLimit, DEFAULT_TABLE_SIZE);
    if (size === this.table.maxSize) return;
    this.smallest = Math.min(this.smallest, size);
    this.table.resize(size);
  }

  /** Begins a field block: any size update goes first. */
  begin(room: Room): void {
    this.settled = true;
    if (this.smallest === Infinity) return;
    // The table that is announced last is the one in use; a smaller one in between had emptied it.
    if (this.smallest < this.table.maxSize) writeInteger(room, SIZE_UPDATE, 5, this.smallest);
    writeInteger(room, SIZE_UPDATE, 5, this.table.maxSize);
    this.smallest = Infinity;
  }

  /** A whole field block. `room` has `encodedBound(lines)` octets. */
  encode(room: Room, lines: readonly string[]): void {
    this.begin(room);
    for (let index = 0; index < lines.length; index += 2) this.field(room, lines[index]!, lines[index + 1]!);
  }

  /** One field of the block that was begun. */
  field(room: Room, name: string, value: string): void {
    const record = this.names.get(name) ?? this.register(name);
    if (record.staticValues !== undefined) {
      const index = record.staticValues.get(value);
      if (index !== undefined) return writeInteger(room, INDEXED, 7, index);
    }
    const { values } = record;
    for (let at = values.length - 1; at >= 0; at--) {
      if (values[at] === value) return writeInteger(room, INDEXED, 7, this.indexOf(record, at));
    }
    if (record.guarded && isSensitive(name, value)) return this.literal(room, NEVER_INDEXED, 4, record, value);
    // An entry that would push out half of the table is not worth it.
    if (entrySize(name, value) * 2 > this.table.maxSize || !record.known) {
      return this.literal(room, WITHOUT_INDEXING, 4, record, value);
    }
    this.settled = false;
    if (!record.repeats(value)) return this.literal(room, WITHOUT_INDEXING, 4, record, value);
    this.literal(room, INCREMENTAL, 6, record, value);
    if (this.table.insert({ name, value, record })) {
      record.values.push(value);
      record.numbers.push(this.table.insertions);
    }
  }

  /** One field that is never indexed (RFC 7541 section 6.2.3). */
  secret(room: Room, name: string, value: string): void {
    this.literal(room, NEVER_INDEXED, 4, this.names.get(name) ?? this.register(name), value);
  }

  private indexOf(record: NameRecord, at: number): number {
    return STATIC_TABLE_LENGTH + 1 + this.table.insertions - record.numbers[at]!;
  }

  private register(name: string): NameRecord {
    const known = this.names.size < MAX_NAMES;
    const record = new NameRecord(name, known);
    if (known) this.names.set(name, record);
    return record;
  }

  private literal(room: Room, pattern: number, prefix: number, record: NameRecord, value: string): void {
    const newest = record.values.length - 1;
    const index = record.staticIndex > 0 ? record.staticIndex : newest < 0 ? 0 : this.indexOf(record, newest);
    writeInteger(room, pattern, prefix, index);
    if (index === 0) writeString(room, record.name);
    writeString(room, value);
  }
}

/** A string literal (RFC 7541 section 5.2), Huffman-coded if that is shorter. */
export function writeString(room: Room, text: string): void {
  const coded = huffmanLength(text);
  if (coded < text.length) {
    writeInteger(room, 0x80, 7, coded);
    writeHuffman(room, text);
    return;
  }
  writeInteger(room, 0, 7, text.length);
  const { bytes, position } = room;
  for (let index = 0; index < text.length; index++) bytes[position + index] = text.charCodeAt(index);
  room.position = position + text.length;
}
