/**
 * The open exchanges of a connection, by stream. Most connections have one at a time, and a Map costs more than the rest of
 * finding it: the latest one is kept outside of it.
 * @internal
 */
export class Exchanges<T extends { readonly stream: number }> {
  private latest: T | undefined = undefined;
  private others: Map<number, T> | undefined = undefined;

  get(stream: number): T | undefined {
    const { latest } = this;
    return latest?.stream === stream ? latest : this.others?.get(stream);
  }

  add(exchange: T): void {
    const { latest } = this;
    if (latest !== undefined) (this.others ??= new Map()).set(latest.stream, latest);
    this.latest = exchange;
  }

  delete(stream: number): void {
    if (this.latest?.stream === stream) this.latest = undefined;
    else this.others?.delete(stream);
  }

  /** All of them, as they are now: the result may be walked while they end. */
  all(): T[] {
    const all = [...(this.others?.values() ?? [])];
    if (this.latest !== undefined) all.push(this.latest);
    return all;
  }
}
