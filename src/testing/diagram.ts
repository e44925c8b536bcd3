/**
 * Marble diagrams as text: read into marks at frames, and drawn below each other on one time axis. The notation is that of RxJS's
 * TestScheduler in run mode. `-` is 1 ms, and so is a letter; `(ab)` is one frame, as wide as it is drawn; ` 65s ` lets time pass; spaces
 * take no time. A mark without a meaning is refused, with its place.
 */
import type { OptionCheck } from '../option-checks.js';

/** One character of a diagram, and when. */
export interface Mark {
  /** ms since the test began. */
  readonly frame: number;
  readonly mark: string;
}

/** Marks that are not letters: an end (`|`), a reset or error (`#`), a close or unsubscription (`!`), a subscription (`^`). */
const CONTROLS = '|#!^';
const PROGRESSION = /^(-?)([0-9]+(?:\.[0-9]+)?)(ms|s|m)(?: |$)/;
const UNIT: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

/** A diagram that was read: its marks, and its length. */
interface Parsed {
  readonly marks: Mark[];
  /** ms up to its end. */
  readonly length: number;
}

/**
 * Reads a diagram.
 *
 * @param controls - which of `|#!^` have a meaning here; letters always have.
 * @throws SyntaxError for others, and for groups that do not close.
 */
export function parseDiagram(diagram: string, controls: string): Mark[] {
  return parse(diagram, controls).marks;
}

/**
 * The ms that a diagram without any marks lasts: `'---'` is 3, `' 5s '` is 5000.
 *
 * @throws SyntaxError for a mark.
 */
export function durationOf(diagram: string): number {
  const { marks, length } = parse(diagram, '');
  if (marks.length > 0) throw new SyntaxError(`time that passes has no letters: ${diagram}`);
  return length;
}

function parse(diagram: string, controls: string): Parsed {
  const marks: Mark[] = [];
  const fail = (what: string, index: number): SyntaxError =>
    new SyntaxError(`${what}:\n  ${diagram}\n  ${' '.repeat(index)}^`);
  let frame = 0;
  let group = -1;
  for (let index = 0; index < diagram.length; index++) {
    const char = diagram[index]!;
    if (char === ' ') continue;
    const passes = index === 0 || diagram[index - 1] === ' ' ? PROGRESSION.exec(diagram.slice(index)) : null;
    if (passes !== null) {
      if (passes[1] === '-') throw fail('time does not go back', index);
      if (group >= 0) throw fail('no time passes within a group', index);
      frame += Number(passes[2]) * UNIT[passes[3]!]!;
      index += passes[0].length - 1;
      continue;
    }
    if (char === '(') {
      if (group >= 0) throw fail('a group within a group', index);
      group = frame;
    } else if (char === ')') {
      if (group < 0) throw fail('no group to close', index);
      group = -1;
    } else if (char === '-') {
      if (group >= 0) throw fail('no time passes within a group', index);
    } else {
      if (CONTROLS.includes(char) && !controls.includes(char))
        throw fail(`${char} means nothing in this diagram`, index);
      marks.push({ frame: group < 0 ? frame : group, mark: char });
    }
    frame++;
  }
  if (group >= 0) throw fail('a group that does not close', diagram.length);
  return { marks, length: frame };
}

/** Whether a mark is a letter, which has a value. */
export function isLetter({ mark }: Mark): boolean {
  return !CONTROLS.includes(mark);
}

/** Rows below each other. */
export interface Drawing {
  /** One a row; each can be read again as a diagram, unless a group is wider than the time to the next mark. */
  readonly lines: readonly string[];
  /** The column of `mark`, the `nth` of those of its frame in its row. */
  readonly column: (frame: number, nth: number, row: number) => number;
}

/** Draws rows of marks on one time axis. */
export function draw(rows: readonly (readonly Mark[])[]): Drawing {
  const frames = [...new Set(rows.flat().map(({ frame }) => frame))].sort((a, b) => a - b);
  const cells = rows.map((row) => frames.map((frame) => row.filter((mark) => mark.frame === frame)));
  const lines: string[] = rows.map(() => '');
  const columns = new Map<number, number>();
  let time = 0;
  frames.forEach((frame, index) => {
    const gap = passing(frame - time);
    columns.set(frame, (lines[0]?.length ?? 0) + gap.length);
    const texts = cells.map((row) => cell(row[index]!));
    const width = Math.max(...texts.map(({ length }) => length));
    const fits = width <= (frames[index + 1] ?? Infinity) - frame;
    texts.forEach((text, row) => {
      lines[row] = lines[row]! + gap + (fits ? text.padEnd(width, '-') : (text === '' ? '-' : text).padEnd(width));
    });
    time = frame + (fits ? width : 1);
  });
  return {
    lines,
    column: (frame, nth, row) => {
      const at = cells[row]?.[frames.indexOf(frame)] ?? [];
      return (columns.get(frame) ?? 0) + (at.length > 1 ? nth + 1 : 0);
    },
  };
}

function cell(marks: readonly Mark[]): string {
  const text = marks.map(({ mark }) => mark).join('');
  return marks.length > 1 ? `(${text})` : text;
}

/** `time` ms in which nothing happens. */
function passing(time: number): string {
  if (time <= 16) return '-'.repeat(time);
  return time % 1000 === 0 ? ` ${time / 1000}s ` : ` ${time}ms `;
}

/** An option that is a diagram. */
export const diagramValue: OptionCheck = (name, value) => {
  if (typeof value !== 'string') throw new TypeError(`${name}: expected a diagram`);
};
