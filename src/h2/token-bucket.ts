/**
 * A token bucket: an event may happen `burst` times at once, and `rate` times a second in the long run. It has no clock of its own: `now`
 * is in milliseconds, and may stand still but not go back.
 */
export class TokenBucket {
  private tokens: number;
  private readonly burst: number;
  private readonly ratePerMs: number;
  private last: number;

  constructor(burst: number, rate: number) {
    this.tokens = burst;
    this.burst = burst;
    this.ratePerMs = rate / 1000;
    this.last = -Infinity;
  }

  /** Takes a token, if there is one. Returns whether there was. */
  take(now: number): boolean {
    if (now > this.last) {
      if (this.last !== -Infinity) this.earn((now - this.last) * this.ratePerMs);
      this.last = now;
    }
    if (this.tokens < 1) return false;
    this.tokens--;
    return true;
  }

  /** Gives `tokens` back, up to the burst. */
  earn(tokens: number): void {
    this.tokens = Math.min(this.burst, this.tokens + tokens);
  }
}
