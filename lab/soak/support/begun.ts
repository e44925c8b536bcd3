/** The last requests whose response a server has begun: as much memory at the end as at the beginning. */
const KEPT = 1 << 16;

export class Begun {
  private readonly ids = new Float64Array(KEPT).fill(-1);

  add(id: number): void {
    this.ids[id % KEPT] = id;
  }

  has(id: number): boolean {
    return this.ids[id % KEPT] === id;
  }
}
