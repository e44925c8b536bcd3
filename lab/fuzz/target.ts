/** A fuzzing target: two programs that get the same input, and the report if they do not agree. */
import type { Random } from './random.js';

/** One input. */
export interface Case {
  readonly bytes: Buffer;
  /** Further input of the outcome, for example the method of the request of a response. '' for nothing. */
  readonly context: string;
}

export type Verdict =
  | { readonly kind: 'agree' }
  /** They differ, and the RFC lets them: `name` is that of the row in the target's table. */
  | { readonly kind: 'lawful'; readonly name: string }
  /** They differ as they may not. `what` says how, the same for all inputs that show the same difference. */
  | { readonly kind: 'finding'; readonly what: string; readonly ours: unknown; readonly theirs: unknown };

export const AGREE: Verdict = { kind: 'agree' };

/** A difference that the RFC allows. */
export interface LawfulRow {
  readonly name: string;
  /** The RFC and its section. */
  readonly section: string;
  /** The sentence that allows it, word by word. */
  readonly sentence: string;
}

export interface Target {
  readonly name: string;
  /** The differences that are lawful. */
  readonly lawful: readonly LawfulRow[];
  /** An input: valid, nearly so, or not at all. */
  make(random: Random): Case;
  /** What comes of each of `cases`: many at once, since an oracle may take its turns. */
  judge(cases: readonly Case[]): Promise<readonly Verdict[]>;
}
