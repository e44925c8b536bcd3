/**
 * Numbers that look random and are not. A case is made only from the seed of its run and its own number, so that any one of a million can
 * be made again alone.
 */
export class Random {
  private state: number;

  constructor(seed: number, index = 0) {
    this.state = mix(mix(seed) ^ Math.imul(index + 1, 0x9e37_79b9));
  }

  /** 32 bits (mulberry32). */
  bits(): number {
    this.state = (this.state + 0x6d2b_79f5) | 0;
    let word = Math.imul(this.state ^ (this.state >>> 15), this.state | 1);
    word ^= word + Math.imul(word ^ (word >>> 7), word | 61);
    return (word ^ (word >>> 14)) >>> 0;
  }

  /** An integer from 0 up to, but not, `limit`. */
  below(limit: number): number {
    return Math.floor((this.bits() / 0x1_0000_0000) * limit);
  }

  /** Whether something that happens `percent` times of a hundred happens now. */
  chance(percent: number): boolean {
    return this.bits() < (percent / 100) * 0x1_0000_0000;
  }

  pick<T>(list: readonly T[]): T {
    return list[this.below(list.length)]!;
  }

  /** From `least` to `most`, the small ones being the likelier. */
  small(least: number, most: number): number {
    return least + Math.min(this.below(most - least + 1), this.below(most - least + 1));
  }

  /** `make` called up to `most` times. */
  several<T>(most: number, make: () => T): T[] {
    return Array.from({ length: this.small(0, most) }, make);
  }
}

function mix(value: number): number {
  let word = Math.imul(value ^ (value >>> 16), 0x85eb_ca6b);
  word = Math.imul(word ^ (word >>> 13), 0xc2b2_ae35);
  return (word ^ (word >>> 16)) | 0;
}
