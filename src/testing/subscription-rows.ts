/** Subscriptions as rows, one a subscription: `^` where it begins, `!` where it ends. */
import { draw, type Mark, parseDiagram } from './diagram.js';
import type { Expectations } from './expectations.js';
import { type Description, tellTime, told } from './mismatch.js';

/** When a subscription began and ended, in ms; `Infinity`: it never ended. As RxJS's cold and hot test Observables log it. */
export interface SubscriptionSpan {
  readonly subscribedFrame: number;
  readonly unsubscribedFrame: number;
}

/** An object that records its subscriptions: a cold or hot Observable of the test, a probe. */
export interface Subscribed {
  readonly subscriptions: readonly SubscriptionSpan[];
}

/** Records subscriptions. */
export class SubscriptionRow implements Subscribed {
  readonly subscriptions: SubscriptionSpan[] = [];

  constructor(private readonly clock: { now(): number }) {}

  /** @returns the function to call at the end. */
  begin(): () => void {
    const index = this.subscriptions.length;
    const subscribedFrame = this.clock.now();
    this.subscriptions.push({ subscribedFrame, unsubscribedFrame: Infinity });
    return () => {
      this.subscriptions[index] = { subscribedFrame, unsubscribedFrame: this.clock.now() };
    };
  }
}

/** An expectation of subscriptions. */
export interface SubscriptionExpectation {
  /**
   * Draws each subscription: `'--^---!'`; without `!`, it lasts to the end. None: `[]`.
   *
   * @throws DiagramMismatch at the end of the test, where there were others.
   */
  toBe(diagrams: string | readonly string[]): void;
}

export function subscriptionExpectation(
  expectations: Expectations,
  target: Subscribed,
  title: string,
): SubscriptionExpectation {
  return expectations.drawn(title, (failure) => (diagrams: string | readonly string[]) => {
    const expected = (typeof diagrams === 'string' ? [diagrams] : diagrams).map(parseSpan);
    expectations.add(() => {
      const actual = target.subscriptions.map(marksOf);
      const wrong = Array.from({ length: Math.max(expected.length, actual.length) }, (_, index) => index).find(
        (index) => !sameMarks(expected[index], actual[index]),
      );
      if (wrong === undefined) return;
      throw told(failure, describe(title, wrong, expected, actual));
    });
  });
}

function parseSpan(diagram: string): Mark[] {
  const marks = parseDiagram(diagram, '^!').filter(({ mark }) => mark === '^' || mark === '!');
  if (marks[0]?.mark !== '^' || marks.length > 2 || marks[1]?.mark === '^') {
    throw new SyntaxError(`one subscription is one ^ and at most one ! after it: ${diagram}`);
  }
  return marks;
}

function marksOf({ subscribedFrame, unsubscribedFrame }: SubscriptionSpan): Mark[] {
  const marks = [{ frame: subscribedFrame, mark: '^' }];
  if (unsubscribedFrame !== Infinity) marks.push({ frame: unsubscribedFrame, mark: '!' });
  return marks;
}

function sameMarks(expected: readonly Mark[] | undefined, actual: readonly Mark[] | undefined): boolean {
  if (expected === undefined || actual === undefined || expected.length !== actual.length) return false;
  return expected.every(({ frame, mark }, index) => actual[index]?.frame === frame && actual[index].mark === mark);
}

function describe(title: string, wrong: number, expected: readonly Mark[][], actual: readonly Mark[][]): Description {
  const wanted = expected[wrong] ?? [];
  const got = actual[wrong] ?? [];
  const { lines, column } = draw([wanted, got]);
  const index = [0, 1].find((at) => wanted[at]?.frame !== got[at]?.frame || wanted[at]?.mark !== got[at]?.mark) ?? 0;
  const frame = Math.min(wanted[index]?.frame ?? Infinity, got[index]?.frame ?? Infinity);
  const caret = ' '.repeat(column(frame, index, got[index]?.frame === frame ? 1 : 0));
  const sides = {
    expected: wanted.length === 0 ? '(none)' : lines[0]!,
    actual: got.length === 0 ? '(none)' : lines[1]!,
  };
  const message = [
    `${title}: number ${wrong + 1} of ${actual.length} (${expected.length} expected) ${difference(wanted, got)}`,
    '',
    `  expected  ${sides.expected}`,
    `  actual    ${sides.actual}`,
    `            ${caret}^ here, ${tellTime(frame)}`,
  ].join('\n');
  return { message, ...sides };
}

function difference([wantedBegin, wantedEnd]: readonly Mark[], [begin, end]: readonly Mark[]): string {
  if (begin === undefined) return `was expected to begin at ${tellTime(wantedBegin!.frame)}, but did not`;
  if (wantedBegin === undefined) return `began at ${tellTime(begin.frame)}, and was not expected`;
  if (begin.frame !== wantedBegin.frame) {
    return `was expected to begin at ${tellTime(wantedBegin.frame)}, but began at ${tellTime(begin.frame)}`;
  }
  const due = wantedEnd === undefined ? 'to last' : `to end at ${tellTime(wantedEnd.frame)}`;
  return `was expected ${due}, but ${end === undefined ? 'lasted' : `ended at ${tellTime(end.frame)}`}`;
}
