/**
 * The coverage of an execution, coarsely: how often each counter was hit, in eight buckets, as AFL has them. An execution that reaches a
 * new bucket is worth an entry in the corpus. A loop that turned four times and not three does not reach one.
 */
import { hits } from './counters.js';

/** A counter and a bucket: counter * 8 + bucket. */
export type Feature = number;

const BUCKETS = Uint8Array.from({ length: 256 }, (_, times) => {
  if (times <= 3) return Math.max(0, times - 1);
  return times < 8 ? 3 : times < 16 ? 4 : times < 32 ? 5 : times < 128 ? 6 : 7;
});

/** `only reached`: any number of hits is the same. */
export type Sight = 'how often' | 'only reached';

export class Buckets {
  /** How many executions have had each feature. */
  private readonly seen: Uint32Array;

  constructor(readonly size: number) {
    this.seen = new Uint32Array(size * 8);
  }

  /** Takes in what was hit since the counters were cleared. @returns the features that no execution has had before. */
  take(sight: Sight): Feature[] {
    const { seen, size } = this;
    const fresh: Feature[] = [];
    for (let counter = 0; counter < size; counter++) {
      const times = hits[counter]!;
      if (times === 0) continue;
      if (sight === 'only reached' && this.reached(counter)) continue;
      const feature = counter * 8 + (sight === 'only reached' ? 0 : times < 256 ? BUCKETS[times]! : 7);
      if (seen[feature]!++ === 0) fresh.push(feature);
    }
    return fresh;
  }

  /** Whether what was hit since the counters were cleared has one of `features`. */
  hasAll(features: readonly Feature[]): boolean {
    return features.every((feature) => {
      const times = hits[feature >>> 3]!;
      return times > 0 && (times < 256 ? BUCKETS[times] : 7) === (feature & 7);
    });
  }

  /** How many executions had the rarest of `features`. */
  rarest(features: readonly Feature[]): number {
    let least = Infinity;
    for (const feature of features) least = Math.min(least, this.seen[feature]!);
    return least;
  }

  reached(counter: number): boolean {
    for (let bucket = 0; bucket < 8; bucket++) if (this.seen[counter * 8 + bucket]! > 0) return true;
    return false;
  }
}
