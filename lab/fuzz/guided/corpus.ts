/**
 * The inputs that reached something new, and the choice of the one to change next. Out of a few that are drawn, it is the one whose rarest
 * feature the fewest executions have had, and that has been changed least. It is kept in a directory, too, if there is one: the next run
 * begins with it.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Random } from '../random.js';
import type { Buckets, Feature } from './buckets.js';

export interface Entry {
  readonly bytes: Buffer;
  /** What it was the first to reach. */
  readonly features: readonly Feature[];
  /** How often it has been changed. */
  picks: number;
}

const DRAWN = 4;

export class Corpus {
  readonly entries: Entry[] = [];

  constructor(
    private readonly buckets: Buckets,
    /** Where it is kept; undefined: nowhere. */
    private readonly directory: string | undefined,
  ) {
    if (directory !== undefined) mkdirSync(directory, { recursive: true });
  }

  /** Inputs that earlier runs have kept. The short ones come first: a longer one that reaches no more is not kept again. */
  static load(directory: string | undefined): Buffer[] {
    if (directory === undefined) return [];
    mkdirSync(directory, { recursive: true });
    const names = readdirSync(directory).sort();
    return names.map((name) => readFileSync(join(directory, name))).sort((a, b) => a.length - b.length);
  }

  /** Forgets what earlier runs have kept, but for what was added in this one. */
  prune(): void {
    if (this.directory === undefined) return;
    const kept = new Set(this.entries.map(({ bytes }) => nameOf(bytes)));
    for (const name of readdirSync(this.directory)) if (!kept.has(name)) rmSync(join(this.directory, name));
  }

  add(bytes: Buffer, features: readonly Feature[]): void {
    this.entries.push({ bytes, features, picks: 0 });
    if (this.directory !== undefined) writeFileSync(join(this.directory, nameOf(bytes)), bytes);
  }

  /** The next to be changed. */
  pick(random: Random): Entry {
    let best = random.pick(this.entries);
    let least = this.weight(best);
    for (let drawn = 1; drawn < DRAWN; drawn++) {
      const entry = random.pick(this.entries);
      const weight = this.weight(entry);
      if (weight >= least) continue;
      best = entry;
      least = weight;
    }
    best.picks++;
    return best;
  }

  private weight({ features, picks, bytes }: Entry): number {
    return this.buckets.rarest(features) * (1 + picks) * (64 + bytes.length);
  }
}

function nameOf(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex').slice(0, 16);
}
