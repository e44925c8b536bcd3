/**
 * The open streams of a connection, by identifier.
 *
 * In V8, a `Map` that thousands of streams enter and leave is expensive, and not for its hashing. It makes a new table after some number of
 * changes, and each old table points to the next. Once one of them is in the old generation, all later tables, and their contents, are kept
 * until it is collected. A client with 100 concurrent streams kept 712 bytes a request so, and keeps 6 now. A slot here is emptied when its
 * stream ends.
 *
 * Most connections of HTTP/1.1 have one exchange at a time: the latest one stands by itself, and costs no table.
 * @internal
 */
export class StreamTable<T> {
  private latestId = NONE;
  private latest: T | undefined = undefined;
  private others: OpenTable<T> | undefined = undefined;

  get size(): number {
    const others = this.others?.size ?? 0;
    return this.latestId === NONE ? others : others + 1;
  }

  has(id: number): boolean {
    return id === this.latestId || this.others?.get(id) !== undefined;
  }

  get(id: number): T | undefined {
    return id === this.latestId ? this.latest : this.others?.get(id);
  }

  /** `id` must not be there yet: streams are not begun twice. */
  add(id: number, value: T): void {
    if (this.latestId !== NONE) (this.others ??= new OpenTable()).add(this.latestId, this.latest!);
    this.latestId = id;
    this.latest = value;
  }

  /** @returns whether it was there. */
  delete(id: number): boolean {
    if (id === this.latestId) {
      this.latestId = NONE;
      this.latest = undefined;
      return true;
    }
    const { others } = this;
    if (others?.delete(id) !== true) return false;
    if (others.size === 0 && others.capacity > KEPT) this.others = undefined;
    return true;
  }

  /** All of them as they are now, in the order of their identifiers: the result may be walked while they end. */
  all(): T[] {
    const found = this.others?.entries() ?? [];
    if (this.latestId !== NONE) found.push([this.latestId, this.latest!]);
    return found.sort(([a], [b]) => a - b).map(([, value]) => value);
  }
}

/** A hash table by open addressing: at most half of its slots are taken. */
class OpenTable<T> {
  size = 0;
  private ids: number[] = new Array<number>(LEAST).fill(NONE);
  private slots: (T | undefined)[] = new Array<T | undefined>(LEAST).fill(undefined);

  get capacity(): number {
    return this.ids.length;
  }

  get(id: number): T | undefined {
    const slot = this.find(id);
    return slot < 0 ? undefined : this.slots[slot];
  }

  add(id: number, value: T): void {
    this.size++;
    if (this.size * 2 > this.ids.length) this.grow();
    this.place(id, value);
  }

  delete(id: number): boolean {
    const slot = this.find(id);
    if (slot < 0) return false;
    this.size--;
    this.vacate(slot);
    return true;
  }

  entries(): [id: number, value: T][] {
    const { ids, slots } = this;
    return ids.flatMap((id, slot): [number, T][] => (id === NONE ? [] : [[id, slots[slot]!]]));
  }

  /** @returns the slot of `id`, -1 if it is not there. */
  private find(id: number): number {
    const { ids } = this;
    const mask = ids.length - 1;
    let slot = home(id, mask);
    for (; ids[slot] !== NONE; slot = (slot + 1) & mask) if (ids[slot] === id) return slot;
    return -1;
  }

  private place(id: number, value: T): void {
    const { ids } = this;
    const mask = ids.length - 1;
    let slot = home(id, mask);
    while (ids[slot] !== NONE) slot = (slot + 1) & mask;
    ids[slot] = id;
    this.slots[slot] = value;
  }

  private grow(): void {
    const entries = this.entries();
    const capacity = this.ids.length * 2;
    this.ids = new Array<number>(capacity).fill(NONE);
    this.slots = new Array<T | undefined>(capacity).fill(undefined);
    for (const [id, value] of entries) this.place(id, value);
  }

  /** Empties `slot`, and moves up the entries after it that would have come earlier. */
  private vacate(slot: number): void {
    const { ids, slots } = this;
    const mask = ids.length - 1;
    let gap = slot;
    for (let next = (gap + 1) & mask; ids[next] !== NONE; next = (next + 1) & mask) {
      // It may move if the gap is not before its home: the way from its home to the gap is no longer than the way to its slot.
      const from = home(ids[next]!, mask);
      if (((gap - from) & mask) > ((next - from) & mask)) continue;
      ids[gap] = ids[next]!;
      slots[gap] = slots[next];
      gap = next;
    }
    ids[gap] = NONE;
    slots[gap] = undefined;
  }
}

/** No stream has this identifier: 0 is the connection itself, where there is one. */
const NONE = -1;

/** Slots at first. */
const LEAST = 8;

/** A table of so many slots is kept when it becomes empty: larger ones are of a rush that is over. */
const KEPT = 256;

/** Where `id` is looked for first. One side's identifiers have one parity (RFC 9113 section 5.1.1). */
function home(id: number, mask: number): number {
  return (id >>> 1) & mask;
}
