/** What a failed expectation says: both diagrams on one time axis, the values in words, the first difference marked. */
import { draw, type Mark } from './diagram.js';

/** What a row drew, against what it was expected to. No test framework is assumed: it is thrown as it is. */
export class DiagramMismatch extends Error {
  override readonly name = 'DiagramMismatch';
}

/** One mark of a row, with its value in words where it is a letter. */
export interface Told extends Mark {
  readonly text: string | undefined;
}

/** Where two rows differ first: the index of the mark in both. */
export interface Difference {
  readonly title: string;
  readonly expected: readonly Told[];
  readonly actual: readonly Told[];
  readonly index: number;
}

/** Characters of a value that are shown on either side of the difference. */
const AROUND = 56;

export function describeDifference({ title, expected, actual, index }: Difference): string {
  const wanted = expected[index];
  const got = actual[index];
  const { lines, column } = draw([expected, actual]);
  const first = Math.min(wanted?.frame ?? Infinity, got?.frame ?? Infinity);
  const rowOfFirst = got?.frame === first ? 1 : 0;
  const nth = (row: readonly Told[]): number => row.slice(0, index).filter(({ frame }) => frame === first).length;
  const at = column(first, nth(rowOfFirst === 1 ? actual : expected), rowOfFirst);
  const message = [
    `${title}: ${summary(wanted, got)}`,
    '',
    `  expected  ${lines[0]!}`.trimEnd(),
    `  actual    ${lines[1]!}`.trimEnd(),
    `            ${' '.repeat(at)}^`,
  ];
  if (wanted?.text !== undefined && got?.text !== undefined) message.push('', ...textDifference(wanted, got));
  else message.push(...[legend('expected', wanted), legend('actual', got)].flat());
  return message.join('\n');
}

function summary(wanted: Told | undefined, got: Told | undefined): string {
  if (wanted === undefined) return `expected nothing more, but at ${got!.frame} ms came ${got!.mark}`;
  if (got === undefined) return `expected ${wanted.mark} at ${wanted.frame} ms, but nothing more came`;
  if (wanted.frame !== got.frame)
    return `expected ${wanted.mark} at ${wanted.frame} ms, but ${got.mark} came at ${got.frame} ms`;
  if (wanted.text === undefined || got.text === undefined)
    return `expected ${wanted.mark} at ${got.frame} ms, but ${got.mark} came`;
  return `expected ${wanted.mark} at ${got.frame} ms, but another value came`;
}

function legend(side: string, told: Told | undefined): string[] {
  return told?.text === undefined ? [] : ['', `  ${told.mark} ${side.padEnd(8)}  ${cut(told.text, 0)}`];
}

/** Two values below each other, from shortly before their first difference on. */
function textDifference(wanted: Told, got: Told): string[] {
  const expected = wanted.text!;
  const actual = got.text!;
  let same = 0;
  while (same < expected.length && same < actual.length && expected[same] === actual[same]) same++;
  const from = same > AROUND ? same - AROUND : 0;
  const marker =
    same === expected.length && same === actual.length ? [] : [`${' '.repeat(14 + same - from + (from > 0 ? 3 : 0))}^`];
  return [
    `  ${wanted.mark} expected  ${cut(expected, from)}`,
    `  ${got.mark} actual    ${cut(actual, from)}`,
    ...marker,
  ];
}

function cut(text: string, from: number): string {
  const part = text.slice(from, from + 2 * AROUND);
  return `${from > 0 ? '...' : ''}${part}${from + part.length < text.length ? '...' : ''}`;
}
