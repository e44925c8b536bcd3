/** So many requests a second, as far as there is room: a machine that is busy is asked less, and nothing fails for it. */

/** ms between two looks at the clock. */
const TICK = 20;

export class Pace {
  private underWay = 0;
  private owed = 0;
  private last = 0;
  private timer: NodeJS.Timeout | undefined;
  private rested: () => void = () => undefined;

  constructor(
    private readonly rate: number,
    /** Requests under way at once. */
    private readonly most: number,
    private readonly begin: () => Promise<void>,
  ) {}

  go(): void {
    this.last = performance.now();
    this.timer ??= setInterval(() => this.tick(), TICK);
  }

  /** Begins nothing more; resolves when nothing is under way. */
  rest(): Promise<void> {
    clearInterval(this.timer);
    this.timer = undefined;
    this.owed = 0;
    if (this.underWay === 0) return Promise.resolve();
    return new Promise((resolve) => (this.rested = resolve));
  }

  private tick(): void {
    const now = performance.now();
    this.owed = Math.min(this.owed + ((now - this.last) / 1000) * this.rate, this.rate);
    this.last = now;
    for (; this.owed >= 1 && this.underWay < this.most; this.owed--) {
      this.underWay++;
      void this.begin().finally(() => {
        if (--this.underWay === 0) this.rested();
      });
    }
  }
}
