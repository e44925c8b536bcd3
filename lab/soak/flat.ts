/** Whether a series of figures is flat; and how bytes are printed. */

/** A figure's growth from the second third of its series to the last: the first third warms up. */
export interface Growth {
  /** The median of the second third. */
  readonly before: number;
  /** The median of the last third. */
  readonly after: number;
  /** `after / before - 1`. */
  readonly ratio: number;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}

export function growthOf(series: readonly number[]): Growth {
  const third = Math.floor(series.length / 3);
  if (third === 0) throw new RangeError(`three figures are the least, got ${series.length}`);
  const before = median(series.slice(-2 * third, -third));
  const after = median(series.slice(-third));
  return { before, after, ratio: after / before - 1 };
}

export const megabytes = (bytes: number): string => (bytes / 1e6).toFixed(2);
