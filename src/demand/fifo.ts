/**
 * First in, first out, in constant time.
 * @internal
 */
export class Fifo<T> {
  private items: (T | undefined)[] = [];
  private from = 0;

  get size(): number {
    return this.items.length - this.from;
  }

  push(item: T): void {
    this.items.push(item);
  }

  /** The first, which stays. */
  peek(): T | undefined {
    return this.items[this.from];
  }

  /** Whether `predicate` is true of one of the first `many`. */
  some(predicate: (item: T) => boolean, many: number): boolean {
    const end = Math.min(this.items.length, this.from + many);
    for (let index = this.from; index < end; index++) if (predicate(this.items[index]!)) return true;
    return false;
  }

  shift(): T | undefined {
    if (this.size === 0) return undefined;
    const item = this.items[this.from];
    this.items[this.from++] = undefined;
    if (this.from > 64 && this.from * 2 > this.items.length) {
      this.items = this.items.slice(this.from);
      this.from = 0;
    }
    return item;
  }
}
