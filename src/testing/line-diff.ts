/** Two values below each other, line by line: what is the same around the first difference, and a caret under it. */
import type { Line } from './telling.js';

/** Lines that are shown before and behind what differs. */
const CONTEXT = 3;
/** Lines that are shown of what differs, of either side. */
const SHOWN = 8;
/** Characters that are shown on either side of the caret. */
const AROUND = 64;

/** The lines of `expected` (`-`) and `actual` (`+`) around their first difference. */
export function diffLines(expected: readonly Line[], actual: readonly Line[]): string[] {
  const same = commonStart(expected, actual);
  const last = commonEnd(expected.slice(same), actual.slice(same));
  const removed = expected.slice(same, expected.length - last);
  const added = actual.slice(same, actual.length - last);
  const before = expected.slice(0, same);
  const behind = expected.slice(expected.length - last);
  return [
    ...elided(before.slice(0, -CONTEXT), 1).map(indented),
    ...before.slice(-CONTEXT).map(({ text }) => indented(cut(text, 0))),
    ...changed(removed, added),
    ...elided(behind, CONTEXT).map(indented),
  ].map((line) => line.trimEnd());
}

/** The lines of one value. */
export function showLines(lines: readonly Line[]): string[] {
  return elided(lines, SHOWN * 2).map((line) => indented(line).trimEnd());
}

function commonStart(expected: readonly Line[], actual: readonly Line[]): number {
  let same = 0;
  while (same < Math.min(expected.length, actual.length) && isSame(expected[same]!, actual[same]!)) same++;
  return same;
}

function commonEnd(expected: readonly Line[], actual: readonly Line[]): number {
  return commonStart([...expected].reverse(), [...actual].reverse());
}

function isSame(left: Line, right: Line): boolean {
  return left.text === right.text && left.end === right.end;
}

/** The first lines that differ, with the caret; then the rest of both sides. */
function changed(removed: readonly Line[], added: readonly Line[]): string[] {
  const [wanted, ...otherWanted] = removed;
  const [got, ...otherGot] = added;
  const rest = [...side('-', otherWanted), ...side('+', otherGot)];
  if (wanted === undefined || got === undefined) return [...side('-', removed), ...side('+', added)];
  const onlyEnds = wanted.text === got.text;
  const [left, right] = [wanted, got].map(({ text, end }) => (onlyEnds ? text + (end ?? '') : text)) as [
    string,
    string,
  ];
  let same = 0;
  while (same < left.length && left[same] === right[same]) same++;
  const from = same > AROUND ? same - AROUND : 0;
  const caret = ' '.repeat(6 + same - from + (from > 0 ? 3 : 0)) + '^';
  return [`    - ${cut(left, from)}`, `    + ${cut(right, from)}`, caret, ...rest];
}

function side(sign: string, lines: readonly Line[]): string[] {
  return elided(lines, SHOWN).map((line) => `    ${sign} ${line}`);
}

function elided(lines: readonly Line[], most: number): string[] {
  const shown = lines.slice(0, most).map(({ text }) => cut(text, 0));
  const more = lines.length - shown.length;
  return more > 0 ? [...shown, `... ${more} more ${more === 1 ? 'line' : 'lines'}`] : shown;
}

function indented(line: string): string {
  return `      ${line}`;
}

function cut(text: string, from: number): string {
  const part = text.slice(from, from + 2 * AROUND);
  return `${from > 0 ? '...' : ''}${part}${from + part.length < text.length ? '...' : ''}`;
}
