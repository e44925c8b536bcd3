/** What is fuzzed under the guidance of its own coverage, and how it says that something is wrong. */

export interface Subject {
  readonly name: string;
  /** In a line: what an input is. */
  readonly about: string;
  /** The files under test: what the coverage in a report is of. */
  readonly covers: RegExp;
  /** Inputs to begin with. */
  readonly seeds: readonly Buffer[];
  /** Pieces that its grammar is made of. */
  readonly tokens: readonly Buffer[];
  /** Bytes that an input has at most. */
  readonly longest: number;
  /**
   * Runs `input` in one piece.
   *
   * @returns the outcome, for `again`.
   * @throws Broken if an invariant is broken.
   */
  run(input: Buffer): unknown;
  /** Runs `input` in other pieces. @throws Broken also where not the same comes of it. */
  again?(input: Buffer, outcome: unknown): void;
}

/** An invariant does not hold. */
export class Broken extends Error {
  override readonly name = 'Broken';

  /** `what`: the same for all inputs that show the same thing. `detail`: what is to be seen in this one. */
  constructor(
    readonly what: string,
    readonly detail: unknown = '',
  ) {
    super(what);
  }
}
