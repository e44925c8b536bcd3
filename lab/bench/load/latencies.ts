/** Latencies in buckets, a sixteenth of a doubling each: bounded memory, and percentiles to within 5 %. */

const STEPS = 16;

export class Latencies {
  private readonly buckets = new Float64Array(STEPS * 40);
  private total = 0;

  /** `times` responses took `ms`. */
  add(ms: number, times = 1): void {
    const bucket = Math.round(Math.log2(Math.max(1, ms * 1000)) * STEPS);
    const index = Math.min(bucket, this.buckets.length - 1);
    this.buckets[index] = this.buckets[index]! + times;
    this.total += times;
  }

  /** ms within which `share` of the responses came; NaN if none came. */
  percentile(share: number): number {
    if (this.total === 0) return Number.NaN;
    let seen = 0;
    for (let index = 0; index < this.buckets.length; index++) {
      seen += this.buckets[index]!;
      if (seen >= this.total * share) return 2 ** (index / STEPS) / 1000;
    }
    return Number.NaN;
  }
}
