/** Two values below each other, line by line: the equal lines around the differences, and a caret under the first. */
import type { Line } from './value-printer.js';

/** Lines that are shown around a difference. */
const CONTEXT = 3;
/** Lines that are shown of a value, or of a difference. */
const SHOWN = 24;
/** Characters that are shown on either side of the caret. */
const AROUND = 64;
/** Pairs of lines that are compared to find out which stayed the same. */
const PATIENCE = 250_000;

/** One line of both, of the expected (`-`) or of the actual (`+`). */
interface Step {
  readonly sign: ' ' | '-' | '+';
  readonly line: Line;
}

/** The lines of `expected` (`-`) and `actual` (`+`) that are near a difference. */
export function diffLines(expected: readonly Line[], actual: readonly Line[]): string[] {
  const steps = stepsBetween(expected, actual);
  const first = steps.findIndex(({ sign }) => sign !== ' ');
  const alike = onlyEndsDiffer(steps);
  const shown: string[] = [];
  let changes = 0;
  let hidden = 0;
  const tellHidden = (): void => {
    if (hidden > 0) shown.push(`      ... ${hidden} more ${hidden === 1 ? 'line' : 'lines'}`);
    hidden = 0;
  };
  steps.forEach((step, index) => {
    if (step.sign !== ' ') changes++;
    const near = steps.slice(Math.max(0, index - CONTEXT), index + CONTEXT + 1).some(({ sign }) => sign !== ' ');
    // The first line shows the kind of the value.
    if (changes > SHOWN || (!near && index > 0)) {
      hidden++;
      return;
    }
    tellHidden();
    const behind = steps[index + 1];
    if (index === first && step.sign === '-' && behind?.sign === '+') shown.push(...pair(step.line, behind.line));
    else if (index !== first + 1 || step.sign !== '+' || steps[first]?.sign !== '-') shown.push(plain(step, alike));
  });
  tellHidden();
  return shown.map((line) => line.trimEnd());
}

/** The lines of one value. */
export function showLines(lines: readonly Line[]): string[] {
  const shown = lines.slice(0, SHOWN).map((line) => plain({ sign: ' ', line }).trimEnd());
  const more = lines.length - shown.length;
  return more > 0 ? [...shown, `      ... ${more} more ${more === 1 ? 'line' : 'lines'}`] : shown;
}

/** The steps from `expected` to `actual`. Of removed and added lines, the first pair stand next to each other. */
function stepsBetween(expected: readonly Line[], actual: readonly Line[]): Step[] {
  const before = commonStart(expected, actual);
  const left = expected.slice(before);
  const right = actual.slice(before);
  const behind = commonStart([...left].reverse(), [...right].reverse());
  const middle = changes(left.slice(0, left.length - behind), right.slice(0, right.length - behind));
  return [
    ...expected.slice(0, before).map((line): Step => ({ sign: ' ', line })),
    ...firstPairTogether(middle),
    ...left.slice(left.length - behind).map((line): Step => ({ sign: ' ', line })),
  ];
}

/** Puts the first added line right after the first removed one, if both stand before the next common line. */
function firstPairTogether(steps: readonly Step[]): readonly Step[] {
  const end = steps.findIndex(({ sign }) => sign === ' ');
  const run = end < 0 ? steps : steps.slice(0, end);
  const removed = run.filter(({ sign }) => sign === '-');
  const added = run.filter(({ sign }) => sign === '+');
  return [
    ...removed.slice(0, 1),
    ...added.slice(0, 1),
    ...removed.slice(1),
    ...added.slice(1),
    ...steps.slice(run.length),
  ];
}

/** By the longest common subsequence; of very many lines, all of one and then all of the other. */
function changes(left: readonly Line[], right: readonly Line[]): Step[] {
  const removed = (line: Line): Step => ({ sign: '-', line });
  const added = (line: Line): Step => ({ sign: '+', line });
  if (left.length * right.length > PATIENCE) return [...left.map(removed), ...right.map(added)];
  // lengths[i][j]: of the longest subsequence that left from i on and right from j on have in common.
  const lengths = Array.from({ length: left.length + 1 }, () => new Array<number>(right.length + 1).fill(0));
  for (let i = left.length - 1; i >= 0; i--) {
    for (let j = right.length - 1; j >= 0; j--) {
      lengths[i]![j] = isSame(left[i]!, right[j]!)
        ? lengths[i + 1]![j + 1]! + 1
        : Math.max(lengths[i + 1]![j]!, lengths[i]![j + 1]!);
    }
  }
  const steps: Step[] = [];
  let [i, j] = [0, 0];
  while (i < left.length && j < right.length) {
    if (isSame(left[i]!, right[j]!)) {
      steps.push({ sign: ' ', line: left[i]! });
      i++;
      j++;
    } else if (lengths[i + 1]![j]! >= lengths[i]![j + 1]!) steps.push(removed(left[i++]!));
    else steps.push(added(right[j++]!));
  }
  return [...steps, ...left.slice(i).map(removed), ...right.slice(j).map(added)];
}

function commonStart(left: readonly Line[], right: readonly Line[]): number {
  let same = 0;
  while (same < Math.min(left.length, right.length) && isSame(left[same]!, right[same]!)) same++;
  return same;
}

function isSame(left: Line, right: Line): boolean {
  return left.text === right.text && left.end === right.end;
}

/** Two lines with a caret under their first difference, which is in view. */
function pair(wanted: Line, got: Line): string[] {
  const onlyEnds = wanted.text === got.text;
  const [left, right] = [wanted, got].map(({ text, end }) => (onlyEnds ? text + (end ?? '') : text)) as [
    string,
    string,
  ];
  let same = 0;
  while (same < left.length && left[same] === right[same]) same++;
  const from = same > AROUND ? same - AROUND : 0;
  const caret = ' '.repeat(6 + same - from + (from > 0 ? 3 : 0)) + '^';
  return [`    - ${cut(left, from)}`, `    + ${cut(right, from)}`, caret];
}

function plain({ sign, line }: Step, alike?: ReadonlySet<string>): string {
  const end = sign !== ' ' && alike?.has(line.text) === true ? (line.end ?? '') : '';
  return `    ${sign} ${cut(line.text + end, 0)}`;
}

/** Lines that are removed and added again, with another end. */
function onlyEndsDiffer(steps: readonly Step[]): ReadonlySet<string> {
  const removed = new Set(steps.filter(({ sign }) => sign === '-').map(({ line }) => line.text));
  return new Set(steps.filter(({ sign, line }) => sign === '+' && removed.has(line.text)).map(({ line }) => line.text));
}

function cut(text: string, from: number): string {
  const part = text.slice(from, from + 2 * AROUND);
  return `${from > 0 ? '...' : ''}${part}${from + part.length < text.length ? '...' : ''}`;
}
