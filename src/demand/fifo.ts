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
