/**
 * The dynamic table (RFC 7541 section 2.3.2): first in, first out, bounded in bytes. A ring of entries, so that neither
 * insertion nor eviction moves anything. One class for both ends; the encoder learns of evictions by overriding `evicted`.
 */

/** The size of an entry beside its octets (RFC 7541 section 4.1). */
export const ENTRY_OVERHEAD = 32;

/** SETTINGS_HEADER_TABLE_SIZE before any SETTINGS (RFC 9113 section 6.5.2). */
export const DEFAULT_TABLE_SIZE = 4096;

export interface TableEntry {
  readonly name: string;
  readonly value: string;
}

/** The size of an entry (RFC 7541 section 4.1). Strings are latin1: a character is an octet. */
export function entrySize(name: string, value: string): number {
  return name.length + value.length + ENTRY_OVERHEAD;
}

const SMALLEST_RING = 16;

export class DynamicTable<Entry extends TableEntry = TableEntry> {
  /** Octets that the entries count for. */
  size: number;
  /** Octets that they may count for. */
  maxSize: number;
  /** How many entries there are. */
  length: number;
  /** Entries ever inserted: an entry's index follows from this and from the number at its insertion. */
  insertions: number;
  /** Grows whenever an index may mean another entry than before. */
  generation: number;
  private ring: (Entry | undefined)[];
  private mask: number;

  constructor(maxSize: number) {
    this.size = 0;
    this.maxSize = maxSize;
    this.length = 0;
    this.insertions = 0;
    this.generation = 0;
    this.ring = [];
    this.mask = -1;
  }

  /** The entry at `index`, 1 being the newest; undefined past the oldest. */
  at(index: number): Entry | undefined {
    return index > this.length ? undefined : this.ring[(this.insertions - index) & this.mask];
  }

  /** Inserts, after evicting other entries for room; an entry larger than the whole table empties it (RFC 7541 section 4.4). */
  insert(entry: Entry): boolean {
    const size = entrySize(entry.name, entry.value);
    this.generation++;
    this.shrinkTo(this.maxSize - size);
    if (size > this.maxSize) return false;
    if (this.length > this.mask) this.grow();
    this.ring[this.insertions & this.mask] = entry;
    this.insertions++;
    this.length++;
    this.size += size;
    return true;
  }

  /** A dynamic table size update (RFC 7541 section 4.3). */
  resize(maxSize: number): void {
    this.generation++;
    this.maxSize = maxSize;
    this.shrinkTo(maxSize);
  }

  /** `entry`, the oldest, has just left the table. */
  protected evicted(_entry: Entry): void {
    // Only the encoder needs to know.
  }

  private shrinkTo(target: number): void {
    while (this.size > target && this.length > 0) {
      const at = (this.insertions - this.length) & this.mask;
      const entry = this.ring[at]!;
      this.ring[at] = undefined;
      this.length--;
      this.size -= entrySize(entry.name, entry.value);
      this.evicted(entry);
    }
  }

  private grow(): void {
    const ring: (Entry | undefined)[] = new Array<Entry | undefined>(Math.max(SMALLEST_RING, this.ring.length * 2));
    const mask = ring.length - 1;
    for (let age = 1; age <= this.length; age++) {
      const number = this.insertions - age;
      ring[number & mask] = this.ring[number & this.mask];
    }
    this.ring = ring;
    this.mask = mask;
  }
}
