/** Expectations: the drawn diagram of a row, compared when virtual time is over. */
import { isLetter, type Mark, parseDiagram } from './diagram.js';
import { isEqual } from './equality.js';
import { describeDifference, DiagramMismatch, told, type Told } from './mismatch.js';
import { type Happening, joined, type Recording } from './recorded-row.js';
import { inOneLine, tell, type Teller } from './value-printer.js';

/** The values of a kind of row, and how they are printed. `E`: the type in a test. */
export interface Language<E, A> {
  readonly title: string;
  /** Those of `|#!^` that the row knows, with their meanings. */
  readonly controls: Readonly<Record<string, string>>;
  /** The value of a letter without an entry; absent if each letter must have one. */
  letter?(letter: string): E;
  matches(expected: E, actual: A, frame: number): boolean;
  /** Print the expected and the actual values, each in its order. */
  tellers(): { readonly expected: Teller<E>; readonly actual: Teller<A, E> };
  /** The difference of two values, in words. */
  difference?(expected: E, actual: A, frame: number): string;
  /** Joins values of one frame: how they are cut is then not compared. */
  readonly join?: {
    readonly expected: (values: readonly E[]) => E;
    readonly actual: (values: readonly A[]) => A;
  };
  /** Leaves out the parts that depend on how the values were cut. */
  readonly uncut?: () => { readonly expected: (value: E, frame: number) => E; readonly actual: (value: A) => A };
}

/** An expectation of a row. */
export interface Expectation<E> {
  /**
   * Draws the expected row: see `HttpTest.flow` for the notation.
   *
   * @param values - the values of the letters. Of bytes, a letter without an entry stands for itself.
   * @param error - that of `#`, if the test checks which.
   * @throws SyntaxError for a diagram that cannot be read, and for a letter that has no value; DiagramMismatch, at the end of the test, if
   * the result differs.
   *
   * @example `expectWire(client).toBe('-x 60s |', { x: h1.response(200, 'ok') })`
   */
  toBe(diagram: string, values?: Readonly<Record<string, E>>, error?: unknown): void;
}

/** The expectations of one test: each is looked at when virtual time is over. */
export class Expectations {
  private readonly checks: (() => void)[] = [];
  private readonly undrawn = new Set<DiagramMismatch>();

  /** @param joins - whether values of one frame that can be joined are compared as one. */
  constructor(private readonly joins: boolean) {}

  get isEmpty(): boolean {
    return this.checks.length === 0 && this.undrawn.size === 0;
  }

  /** A check for the end. */
  add(check: () => void): void {
    this.checks.push(check);
  }

  of<E, A>(row: Recording<A>, language: Language<E, A>): Expectation<E> {
    return this.drawn(language.title, (failure) => (diagram, values = {}, error) => {
      const drawn = read(diagram, values, language);
      this.add(() => {
        const plain = compare(drawn, error, row.happenings, language);
        const difference = plain === undefined || !this.joins ? plain : compareUncut(drawn, error, row, language);
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

  /** Those that failed, in the order in which they were made. */
  failures(): DiagramMismatch[] {
    const failures = [...this.undrawn];
    for (const check of this.checks) {
      try {
        check();
      } catch (error) {
        if (!(error instanceof DiagramMismatch)) throw error;
        failures.push(error);
      }
    }
    return failures;
  }
}

/** Values by their letters. @throws SyntaxError for one that no letter can stand for. */
export function checkLetters(values: Readonly<Record<string, unknown>>): void {
  for (const letter of Object.keys(values)) {
    if (letter.length !== 1 || !isLetter({ frame: 0, mark: letter }) || '-() '.includes(letter)) {
      throw new SyntaxError(`a value has one letter, and ${JSON.stringify(letter)} is not one`);
    }
  }
}

/** A mark that is expected; a letter has a value. */
interface Expected<E> extends Mark {
  readonly letter: boolean;
  readonly value: E | undefined;
}

function read<E, A>(diagram: string, values: Readonly<Record<string, E>>, language: Language<E, A>): Expected<E>[] {
  checkLetters(values);
  return parseDiagram(diagram, Object.keys(language.controls).join('')).map((mark) => {
    if (!isLetter(mark)) return { ...mark, letter: false, value: undefined };
    if (Object.hasOwn(values, mark.mark)) return { ...mark, letter: true, value: values[mark.mark]! };
    if (language.letter !== undefined) return { ...mark, letter: true, value: language.letter(mark.mark) };
    const known = Object.keys(values).join(', ');
    throw new SyntaxError(
      `${language.title}: ${mark.mark} has no value in ${diagram}${known === '' ? '' : `: there are ${known}`}`,
    );
  });
}

/** Compares both sides as a whole, however they are cut. */
function compareUncut<E, A>(
  drawn: readonly Expected<E>[],
  error: unknown,
  row: Recording<A>,
  language: Language<E, A>,
): ReturnType<typeof compare> {
  const { join, uncut } = language;
  if (join === undefined || uncut === undefined) return compare(drawn, error, row.happenings, language);
  const { expected, actual } = uncut();
  const places = joinExpected(drawn, join.expected).map((place) =>
    place.letter ? { ...place, value: expected(place.value!, place.frame) } : place,
  );
  const happenings = joined(row, join.actual).happenings.map((happening) =>
    happening.mark === undefined ? { ...happening, value: actual(happening.value!) } : happening,
  );
  return compare(places, error, happenings, language);
}

/** The letters of one frame that follow each other, as one. */
function joinExpected<E>(places: readonly Expected<E>[], join: (values: readonly E[]) => E): Expected<E>[] {
  return places.reduce<Expected<E>[]>((before, place) => {
    const last = before.at(-1);
    if (last?.letter !== true || !place.letter || last.frame !== place.frame) return [...before, place];
    return [...before.slice(0, -1), { ...last, value: join([last.value!, place.value!]) }];
  }, []);
}

function compare<E, A>(
  expected: readonly Expected<E>[],
  error: unknown,
  happenings: readonly Happening<A>[],
  language: Language<E, A>,
): ReturnType<typeof describeDifference> | undefined {
  const isValue = (place: Expected<E>, { mark, value, frame }: Happening<A>): boolean =>
    place.letter && mark === undefined && language.matches(place.value!, value!, frame);
  const same = expected.map((place, index) => {
    const actual = happenings[index];
    if (actual?.frame !== place.frame) return false;
    if (place.letter) return isValue(place, actual);
    if (actual.mark !== place.mark) return false;
    return place.mark !== '#' || error === undefined || isEqual(error, actual.value);
  });
  const wrong = same.indexOf(false);
  if (wrong < 0 && expected.length === happenings.length) return undefined;
  const index = wrong < 0 ? expected.length : wrong;
  const tellers = language.tellers();
  const wanted = expected.map((place): Told => {
    const { frame, mark } = place;
    if (place.letter) return { frame, mark, telling: tellers.expected.tell(place.value!, frame) };
    return { frame, mark, telling: mark === '#' && error !== undefined ? inOneLine(tell(error)) : undefined };
  });
  const spare = spareLetters(expected.map(({ mark }) => mark));
  const actual = happenings.map((happening, at): Told => {
    const { frame, mark, value } = happening;
    if (mark !== undefined) return { frame, mark, telling: value === undefined ? undefined : inOneLine(tell(value)) };
    const telling = tellers.actual.tell(value!, frame, expected[at]?.value);
    // A value that is expected somewhere keeps its letter, so that a late value is recognised.
    const known = same[at] === true ? expected[at] : expected.find((place) => isValue(place, happening));
    return { frame, mark: known?.mark ?? spare(telling.lines.map(({ text }) => text).join('\n')), telling };
  });
  const place = expected[index];
  const came = happenings[index];
  const where =
    place?.letter === true && came !== undefined && came.mark === undefined
      ? language.difference?.(place.value!, came.value!, came.frame)
      : undefined;
  return describeDifference({
    ...{ title: language.title, controls: language.controls },
    ...{ expected: wanted, actual, index, where },
  });
}

/** Letters that are not in use, for values without a name: the same for the same value. */
function spareLetters(used: readonly string[]): (text: string) => string {
  const spare = Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz').filter(
    (letter) => !used.includes(letter),
  );
  const letters = new Map<string, string>();
  return (text) => {
    const letter = letters.get(text) ?? spare[letters.size % Math.max(1, spare.length)] ?? '?';
    letters.set(text, letter);
    return letter;
  };
}
