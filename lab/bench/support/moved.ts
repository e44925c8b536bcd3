/** What one round moved: `work` in the unit that the cost is counted by. */
export interface Moved {
  readonly work: number;
  readonly seconds: number;
  /** ms. */
  readonly p50?: number;
  readonly p99?: number;
}
