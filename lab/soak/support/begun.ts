/** Which requests a server has begun to answer, of the last so many: as much memory at the end as at the beginning. */
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
