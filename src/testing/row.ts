/** Rows: what happened on one line of a diagram, recorded with its frames, and expectations about it. */
import { isLetter, parseDiagram } from './diagram.js';
import { isEqual } from './equal.js';
import { describeDifference, DiagramMismatch, type Told } from './mismatch.js';
import { tell } from './values.js';

/** One thing that happened: a value (`mark` undefined), or one of `|#!^`. */
export interface Happening<A> {
  readonly frame: number;
  readonly mark: string | undefined;
  readonly value: A | undefined;
}

/** What the values of a kind of row are, and how they are told. `E`: what a test writes; a string is always such. */
export interface Language<E, A> {
  readonly title: string;
  /** Those of `|#!^` that the row knows. */
  readonly controls: string;
  matches(expected: E | string, actual: A, frame: number): boolean;
  tellExpected(expected: E | string, frame: number): string;
  /** In words, in the form of `beside`: what was expected in its place. */
  tell(actual: A, beside: E | string | undefined): string;
}

/** What was recorded. */
export interface Recording<A> {
  readonly happenings: readonly Happening<A>[];
}

/** Records what happens on one line. */
export class Row<A> implements Recording<A> {
  readonly happenings: Happening<A>[] = [];

  constructor(
    private readonly clock: { now(): number },
    /** Joins values of one frame, where one frame has one value. */
    private readonly join?: (before: A, value: A) => A,
  ) {}

  value(value: A): void {
    const frame = this.clock.now();
    const last = this.happenings.at(-1);
    if (this.join !== undefined && last?.frame === frame && last.mark === undefined) {
      this.happenings[this.happenings.length - 1] = { frame, mark: undefined, value: this.join(last.value!, value) };
    } else this.happenings.push({ frame, mark: undefined, value });
  }

  mark(mark: string, value?: A): void {
    this.happenings.push({ frame: this.clock.now(), mark, value });
  }
}

/** What an expectation of a row can be. */
export interface Expectation<E> {
  /**
   * Draws what is expected. A letter without an entry in `values` stands for itself.
   *
   * @param error - that of `#`, where it matters which.
   * @throws DiagramMismatch at the end of the test, where something else happened.
   */
  toBe(diagram: string, values?: Readonly<Record<string, E>>, error?: unknown): void;
}

/** The expectations of one test: each is looked at when virtual time is over. */
export class Expectations {
  private readonly checks: (() => void)[] = [];
  private readonly undrawn = new Set<DiagramMismatch>();

  get isEmpty(): boolean {
    return this.checks.length === 0 && this.undrawn.size === 0;
  }

  /** A check for the end. */
  add(check: () => void): void {
    this.checks.push(check);
  }

  of<E, A>(row: Recording<A>, language: Language<E, A>): Expectation<E> {
    return this.drawn(language.title, (failure) => (diagram, values = {}, error) => {
      const expected = parseDiagram(diagram, language.controls);
      this.add(() => {
        const difference = compare(expected, values, error, row, language);
        if (difference !== undefined) throw told(failure, difference);
      });
    });
  }

  /** An expectation is only made when it has been drawn. */
  drawn<Draw extends (...parameters: never[]) => void>(
    title: string,
    make: (failure: DiagramMismatch) => Draw,
  ): { toBe: Draw } {
    const failure = new DiagramMismatch(`${title}: an expectation without toBe() expects nothing`);
    this.undrawn.add(failure);
    const draw = make(failure);
    const toBe = (...parameters: Parameters<Draw>): void => {
      this.undrawn.delete(failure);
      Error.captureStackTrace(failure, toBe);
      draw(...parameters);
    };
    return { toBe: toBe as Draw };
  }

  /** @throws the first failure, the messages of the others in its own. */
  verify(): void {
    const failures = [...this.undrawn] as Error[];
    for (const check of this.checks) {
      try {
        check();
      } catch (error) {
        if (!(error instanceof DiagramMismatch)) throw error;
        failures.push(error);
      }
    }
    const [first] = failures;
    if (first === undefined) return;
    throw told(first, failures.map(({ message }) => message).join('\n\n'));
  }
}

/** `failure` with `message`, its stack being the one of the expectation. */
export function told(failure: Error, message: string): Error {
  const frames = (failure.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  failure.message = message;
  failure.stack = [`${failure.name}: ${message}`, ...frames].join('\n');
  return failure;
}

function compare<E, A>(
  expected: ReturnType<typeof parseDiagram>,
  values: Readonly<Record<string, E>>,
  error: unknown,
  row: Recording<A>,
  language: Language<E, A>,
): string | undefined {
  const { happenings } = row;
  const valueOf = (letter: string): E | string => (Object.hasOwn(values, letter) ? values[letter]! : letter);
  const same = expected.map((mark, index) => {
    const actual = happenings[index];
    if (actual?.frame !== mark.frame) return false;
    if (isLetter(mark))
      return actual.mark === undefined && language.matches(valueOf(mark.mark), actual.value!, mark.frame);
    if (actual.mark !== mark.mark) return false;
    return mark.mark !== '#' || error === undefined || isEqual(error, actual.value);
  });
  const wrong = same.indexOf(false);
  if (wrong < 0 && expected.length === happenings.length) return undefined;
  const index = wrong < 0 ? expected.length : wrong;
  const wanted = expected.map((mark): Told => {
    if (isLetter(mark)) return { ...mark, text: language.tellExpected(valueOf(mark.mark), mark.frame) };
    const text = mark.mark === '#' && error !== undefined ? tell(error) : undefined;
    return { ...mark, text };
  });
  const letters = spareLetters(expected.map(({ mark }) => mark));
  const actual = happenings.map(({ frame, mark, value }, at): Told => {
    const letter = mark ?? (same[at] === true ? expected[at]!.mark : letters());
    if (value === undefined) return { frame, mark: letter, text: undefined };
    if (mark !== undefined) return { frame, mark, text: tell(value) };
    const place = expected[at];
    const beside = place === undefined || !isLetter(place) ? undefined : valueOf(place.mark);
    return { frame, mark: letter, text: language.tell(value, beside) };
  });
  return describeDifference({ title: language.title, expected: wanted, actual, index });
}

/** Letters that are not in use, for values that nobody named. */
function spareLetters(used: readonly string[]): () => string {
  const spare = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz').filter(
    (letter) => !used.includes(letter),
  );
  let index = 0;
  return () => spare[index++ % Math.max(1, spare.length)] ?? '?';
}
