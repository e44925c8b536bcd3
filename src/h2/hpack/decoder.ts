/**
 * The HPACK decoder (RFC 7541 sections 3, 4 and 6): a field block becomes a header list, names and values in turn.
 *
 * Memory is bounded while it decodes. Past the limits of size or number, nothing more is kept, but decoding goes on, so that the dynamic
 * table stays in step with the peer's. `overflow` then names the limit. Fields in the table are kept as strings: a field that is only an
 * index costs two reads.
 */
import { asBuffer } from '../../bytes.js';
import { compressionError } from '../errors.js';
import { DEFAULT_TABLE_SIZE, DynamicTable, ENTRY_OVERHEAD } from './dynamic-table.js';
import { decodeHuffman } from './huffman.js';
import { readInteger } from './integer.js';
import type { Cursor } from './integer.js';
import { STATIC_NAMES, STATIC_TABLE_LENGTH, STATIC_VALUES } from './static-table.js';

export interface HeaderListLimits {
  /** Octets of a header list, as SETTINGS_MAX_HEADER_LIST_SIZE counts (RFC 9113 section 6.5.2). */
  readonly headerList: number;
  /** Fields of a header list. Cookie crumbs count as one (RFC 9113 section 8.2.3). */
  readonly headerFields: number;
}

/** The limit that was exceeded. */
export type HeaderListOverflow = 'size' | 'fields';

export class HpackDecoder implements Cursor {
  /** The limit that the last list exceeded; the list is then not whole. */
  overflow: HeaderListOverflow | undefined;
  /** Of the last list, its size as SETTINGS_MAX_HEADER_LIST_SIZE counts. */
  listSize: number;
  bytes: Buffer;
  position: number;
  end: number;
  private readonly table: DynamicTable;
  private readonly limits: HeaderListLimits;
  /** SETTINGS_HEADER_TABLE_SIZE, as the peer has acknowledged it. */
  private tableLimit: number;
  /** The peer has acknowledged a smaller table than it uses: its next block must begin with a size update. */
  private updateDue: boolean;
  private lines: string[];
  /** Cookie fields of the list: all but the first are crumbs of it. */
  private cookies: number;
  /** Of the last string, whether it is Huffman-coded. */
  private huffman: boolean;

  constructor(limits: HeaderListLimits, tableLimit = DEFAULT_TABLE_SIZE) {
    this.overflow = undefined;
    this.listSize = 0;
    this.bytes = EMPTY;
    this.position = 0;
    this.end = 0;
    this.table = new DynamicTable(tableLimit);
    this.limits = limits;
    this.tableLimit = tableLimit;
    this.updateDue = false;
    this.lines = [];
    this.cookies = 0;
    this.huffman = false;
  }

  /** The names of the last block whose values are never to be indexed. */
  secrets: Set<string> | undefined = undefined;

  /** Changes whenever the same octets might mean another header list than before. */
  get generation(): number {
    return this.table.generation;
  }

  /** Octets of the dynamic table. */
  get tableSize(): number {
    return this.table.size;
  }

  /** The peer has acknowledged our SETTINGS_HEADER_TABLE_SIZE (RFC 7541 section 4.2). */
  setTableLimit(tableLimit: number): void {
    this.tableLimit = tableLimit;
    this.updateDue = tableLimit < this.table.maxSize;
    this.table.generation++;
  }

  /**
   * The header list of a whole field block, `bytes[start, end)`.
   *
   * @throws ProtocolError COMPRESSION_ERROR: the table is lost, and the connection with it.
   */
  decode(bytes: Uint8Array, start = 0, end = bytes.length): string[] {
    this.bytes = asBuffer(bytes);
    this.position = start;
    this.end = end;
    this.overflow = undefined;
    this.listSize = 0;
    this.cookies = 0;
    this.secrets = undefined;
    const lines: string[] = [];
    this.lines = lines;
    this.sizeUpdates();
    while (this.position < end) {
      const first = this.bytes[this.position++]!;
      if (first >= 0x80) this.indexed(readInteger(this, first, 7));
      else if (first >= 0x40) this.insertion(readInteger(this, first, 6));
      else if (first < 0x20) this.literal(readInteger(this, first, 4), first >= 0x10);
      else throw compressionError('a dynamic table size update inside a field block');
    }
    this.bytes = EMPTY;
    this.lines = [];
    return lines;
  }

  /** Size updates come first or not at all (RFC 7541 section 4.2), and never above the limit (section 6.3). */
  private sizeUpdates(): void {
    while (this.position < this.end && (this.bytes[this.position]! & 0xe0) === 0x20) {
      const size = readInteger(this, this.bytes[this.position++]!, 5);
      if (size > this.tableLimit) throw compressionError(`a dynamic table of ${size}, past ${this.tableLimit}`);
      this.updateDue = false;
      this.table.resize(size);
    }
    if (this.updateDue) throw compressionError('the dynamic table was to be reduced first');
  }

  /** An indexed field (RFC 7541 section 6.1). */
  private indexed(index: number): void {
    if (index > STATIC_TABLE_LENGTH) {
      const entry = this.table.at(index - STATIC_TABLE_LENGTH);
      if (entry === undefined) throw compressionError(`index ${index} is past the dynamic table`);
      this.emit(entry.name, entry.value);
    } else {
      if (index === 0) throw compressionError('index 0');
      this.emit(STATIC_NAMES[index]!, STATIC_VALUES[index]!);
    }
  }

  /** A literal with incremental indexing (RFC 7541 section 6.2.1). */
  private insertion(index: number): void {
    const name = index === 0 ? this.string() : this.nameAt(index);
    const value = this.string();
    this.table.insert({ name, value });
    this.emit(name, value);
  }

  /** A literal without indexing, or never indexed (RFC 7541 sections 6.2.2, 6.2.3). */
  private literal(index: number, never: boolean): void {
    if (this.overflow !== undefined) {
      // Nothing is kept of it, and the table does not change: its strings need not be made.
      if (index === 0) this.skipString();
      else this.nameAt(index);
      this.skipString();
      return;
    }
    const name = index === 0 ? this.string() : this.nameAt(index);
    if (never) (this.secrets ??= new Set()).add(name);
    this.emit(name, this.string());
  }

  private nameAt(index: number): string {
    if (index <= STATIC_TABLE_LENGTH) return STATIC_NAMES[index]!;
    const entry = this.table.at(index - STATIC_TABLE_LENGTH);
    if (entry === undefined) throw compressionError(`index ${index} is past the dynamic table`);
    return entry.name;
  }

  private emit(name: string, value: string): void {
    this.listSize += name.length + value.length + ENTRY_OVERHEAD;
    if (this.overflow !== undefined) return;
    if (this.listSize > this.limits.headerList) this.overflow = 'size';
    else if (name === 'cookie' && this.cookies++ > 0) this.lines.push(name, value);
    else if (this.fields >= this.limits.headerFields) this.overflow = 'fields';
    else this.lines.push(name, value);
  }

  private get fields(): number {
    return this.lines.length / 2 - (this.cookies > 1 ? this.cookies - 1 : 0);
  }

  /** A string literal (RFC 7541 section 5.2). */
  private string(): string {
    const start = this.skipString();
    const { bytes, position } = this;
    if (this.huffman) return decodeHuffman(bytes, start, position);
    return position - start === 0 ? '' : bytes.toString('latin1', start, position);
  }

  /** Moves past a string literal. Returns the position of its octets. */
  private skipString(): number {
    if (this.position >= this.end) throw compressionError('a field block is cut off');
    const first = this.bytes[this.position++]!;
    this.huffman = first >= 0x80;
    const length = readInteger(this, first, 7);
    const start = this.position;
    if (length > this.end - start) throw compressionError('a string is longer than its field block');
    this.position = start + length;
    return start;
  }
}

const EMPTY = Buffer.alloc(0);
