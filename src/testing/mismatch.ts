/**
 * A failed expectation, explained to a reader who did not write the test. Both diagrams stand on one time axis, with the first difference
 * marked. The two values that differ are decoded, below each other. A legend explains the other letters.
 */
import { draw, isLetter, type Mark } from './diagram.js';
import { diffLines, showLines } from './line-diff.js';
import type { Telling } from './value-printer.js';

/**
 * The actual diagram of a row, against the expected one. Its message can be read as it is in any test framework. For tools that show two
 * texts side by side, `expected` and `actual` are the two diagrams with their values.
 */
export class DiagramMismatch extends Error {
  override readonly name = 'DiagramMismatch';
  declare readonly expected: string | undefined;
  declare readonly actual: string | undefined;
  /** False: runners that make a difference of `expected` and `actual` need not, the message has it. */
  declare readonly showDiff: false;

  constructor(message: string) {
    super(message);
    // Not enumerable: a tool that prints errors with all their properties would print everything twice.
    Object.defineProperty(this, 'showDiff', { value: false });
  }
}

/** The parts of a mismatch. */
export interface Description {
  readonly message: string;
  /** Each side by itself: its diagram, and the values of its letters. */
  readonly expected: string;
  readonly actual: string;
}

/** `failure` with this message: its stack stays the one of the expectation. */
export function told(failure: DiagramMismatch, { message, expected, actual }: Partial<Description>): DiagramMismatch {
  const frames = (failure.stack ?? '').split('\n').filter((line) => /^\s+at /.test(line));
  if (message !== undefined) failure.message = message;
  failure.stack = [`${failure.name}: ${failure.message}`, ...frames].join('\n');
  if (expected !== undefined)
    Object.defineProperties(failure, { expected: { value: expected }, actual: { value: actual } });
  return failure;
}

/** One mark of a row, with its value if it has one. */
export interface Told extends Mark {
  readonly telling: Telling | undefined;
}

/** Where two rows differ first: the index of the mark in both. */
export interface Difference {
  readonly title: string;
  readonly expected: readonly Told[];
  readonly actual: readonly Told[];
  readonly index: number;
  /** The meaning of the marks that are not letters here. */
  readonly controls: Readonly<Record<string, string>>;
  /** The difference of the two values at `index`, in words. */
  readonly where: string | undefined;
}

/** Bytes that differ, and read the same. */
const SAME = `\
    Both read the same. A field block, say, can be written in more than one way: expectFrames compares what frames say.`;

/** Letters that are explained besides those that differ. */
const EXPLAINED = 12;

export function describeDifference(difference: Difference): Description {
  const { title, expected, actual, index } = difference;
  const { lines, caret } = drawn(expected, actual, index);
  const message = [
    `${title}: ${summary(difference)}`,
    '',
    `  expected  ${lines[0]!}`.trimEnd(),
    `  actual    ${lines[1]!}`.trimEnd(),
    caret,
    ...values(difference),
    ...legend(difference),
  ].join('\n');
  return { message, expected: sideOf(lines[0]!, expected), actual: sideOf(lines[1]!, actual) };
}

function drawn(
  expected: readonly Told[],
  actual: readonly Told[],
  index: number,
): { lines: readonly string[]; caret: string } {
  const wanted = expected[index];
  const got = actual[index];
  const { lines, column } = draw([expected, actual]);
  const frame = Math.min(wanted?.frame ?? Infinity, got?.frame ?? Infinity);
  const inActual = got?.frame === frame;
  const nth = (inActual ? actual : expected).slice(0, index).filter((mark) => mark.frame === frame).length;
  return { lines, caret: `            ${' '.repeat(column(frame, nth, inActual ? 1 : 0))}^ ${tellTime(frame)}` };
}

/** A time, as a reader would write it. */
export function tellTime(frame: number): string {
  return frame >= 1000 && frame % 100 === 0 ? `${frame / 1000} s` : `${frame} ms`;
}

function summary({ expected, actual, index, controls }: Difference): string {
  const wanted = expected[index];
  const got = actual[index];
  const name = ({ mark }: Mark): string => (controls[mark] === undefined ? mark : `${mark} (${controls[mark]})`);
  if (wanted === undefined) return `nothing more was expected, but ${name(got!)} came at ${tellTime(got!.frame)}`;
  const due = `${name(wanted)} was expected at ${tellTime(wanted.frame)}`;
  if (got === undefined) return `${due}, but nothing more came`;
  if (wanted.mark === got.mark && wanted.frame !== got.frame) return `${due}, but it came at ${tellTime(got.frame)}`;
  if (got.frame < wanted.frame) return `nothing was expected at ${tellTime(got.frame)}, but ${name(got)} came`;
  if (got.frame > wanted.frame) return `${due}, but nothing came until ${name(got)} at ${tellTime(got.frame)}`;
  if (wanted.mark === got.mark) return `${due}, but it came otherwise`;
  return `${due}, but ${name(got)} came`;
}

/** The values that differ, below each other; or the one that there is. */
function values({ expected, actual, index, where }: Difference): string[] {
  const wanted = expected[index];
  const got = actual[index];
  // Only the time differs.
  if (wanted?.mark === got?.mark && wanted?.frame !== got?.frame) return [];
  const details = got?.telling?.details === undefined ? [] : [`    ${got.mark} has ${got.telling.details}`];
  if (wanted?.telling === undefined || got?.telling === undefined) {
    return [...valueOf(wanted, 'expected'), ...valueOf(got, 'actual'), ...details];
  }
  const title = `  - expected ${wanted.mark}, + actual ${got.mark}${where === undefined ? '' : `: ${where}`}`;
  const lines = diffLines(wanted.telling.lines, got.telling.lines);
  if (lines.some((line) => /^ {4}[-+]/.test(line))) return ['', title, '', ...lines, ...details];
  return ['', title, '', ...showLines(got.telling.lines), SAME, ...details];
}

function valueOf(mark: Told | undefined, side: string): string[] {
  return mark?.telling === undefined ? [] : ['', `  ${side} ${mark.mark}:`, '', ...showLines(mark.telling.lines)];
}

/** The meaning of the other letters, those nearest to the difference. */
function legend({ expected, actual, index }: Difference): string[] {
  const wanted = expected[index];
  const got = actual[index];
  const onlyTime = wanted?.mark === got?.mark && wanted?.frame !== got?.frame;
  const shown = new Set(onlyTime ? [] : [wanted?.mark, got?.mark]);
  const frame = Math.min(wanted?.frame ?? Infinity, got?.frame ?? Infinity);
  const letters = new Map<string, Told>();
  for (const mark of [...expected, ...actual].sort((a, b) => Math.abs(a.frame - frame) - Math.abs(b.frame - frame))) {
    if (mark.telling === undefined || shown.has(mark.mark) || letters.size === EXPLAINED) continue;
    if (!letters.has(mark.mark)) letters.set(mark.mark, mark);
  }
  const lines = [...letters.values()]
    .sort((a, b) => a.frame - b.frame)
    .map(({ mark, telling }) => `  ${mark}  ${telling!.short}`);
  return lines.length === 0 ? [] : ['', ...lines];
}

function sideOf(line: string, marks: readonly Told[]): string {
  const letters = new Map(marks.filter(isLetter).map(({ mark, telling }) => [mark, telling]));
  return [
    line.trimEnd(),
    ...[...letters].map(
      ([mark, telling]) => `${mark}\n${(telling?.lines ?? []).map(({ text }) => `  ${text}`).join('\n')}`,
    ),
  ].join('\n');
}
