/** The tables of `docs/operators.md`, made of what was measured. */
import { LEAKING_OPERATORS } from '../../src/eslint/leaking-operators.js';
import type { Row, Rows } from './measure.js';
import { amount } from './picture.js';

/** What a lossy operator lets through, of what comes while it waits. */
const KEEPS: Readonly<Record<string, string>> = {
  audit: 'the last of each interval',
  auditTime: 'the last of each interval',
  combineLatest: 'the last before the other source has emitted, then all',
  combineLatestWith: 'the last before the other source has emitted, then all',
  debounce: 'the last before each pause',
  debounceTime: 'the last before each pause',
  exhaust: 'the first while no work runs',
  exhaustAll: 'the first while no work runs',
  exhaustMap: 'the first while no work runs',
  sample: 'the last before each tick',
  sampleTime: 'the last before each tick',
  switchAll: 'the last, if its work ends before the next one comes',
  switchMap: 'the last, if its work ends before the next one comes',
  switchMapTo: 'the last, if its work ends before the next one comes',
  switchScan: 'the last, if its work ends before the next one comes',
  throttle: 'the first of each interval',
  throttleTime: 'the first of each interval',
  withLatestFrom: 'nothing before the other source has emitted, then all',
};

/** What is to be known of a safe one. */
const NOTES: Readonly<Record<string, string>> = {
  bufferCount: 'a window of arrays of n: `rechunk(size)` counts in bytes',
  connect: 'synchronous within',
  distinct: 'keeps the keys',
  distinctUntilChanged: 'and the last',
  groupBy: 'its groups merged; keeps the keys',
  last: 'and the last',
  pairwise: 'and the last',
  repeat: 'a body is read once: the second time is `body-already-subscribed`',
  repeatWhen: 'a body is read once: the second time is `body-already-subscribed`',
  retry: 'a body is read once: a retry would be `body-already-subscribed`',
  retryWhen: 'a body is read once: a retry would be `body-already-subscribed`',
  share: 'a late subscriber misses earlier chunks',
  shareReplay: 'keeps the last for late subscribers',
  skipLast: 'keeps n',
  takeLast: 'keeps n',
  timeout: 'between two chunks: a slow reader causes no timeout, unless it retains longer',
  window: 'if each window is subscribed to at once',
  windowCount: 'if each window is subscribed to at once',
  windowTime: 'if each window is subscribed to at once',
  windowToggle: 'if each window is subscribed to at once',
  windowWhen: 'if each window is subscribed to at once',
};

const table = (head: readonly string[], rows: readonly (readonly string[])[]): string =>
  [head, head.map(() => '---'), ...rows]
    .map((cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`)
    .join('\n');

/** The tables, by the name of their place. */
export function tables({ operators, replacements }: Rows): Readonly<Record<string, string>> {
  const of = (kind: Row['class']): Row[] => operators.filter((row) => row.class === kind);
  const cells = ({ operator, text, peak }: Row): string[] => [`\`${operator}\``, `\`${text}\``, amount(peak)];
  return {
    leaking: table(
      ['Operator', 'Measured', 'Held at most', 'Instead'],
      of('leaking').map((row) => [...cells(row), LEAKING_OPERATORS[row.operator]?.instead ?? '']),
    ),
    replacements: table(['Operator', 'Measured', 'Held at most'], replacements.map(cells)),
    lossy: table(
      ['Operator', 'Measured', 'Held at most', 'What it lets through'],
      of('lossy').map((row) => [...cells(row), KEEPS[row.operator] ?? '']),
    ),
    safe: table(
      ['Operator', 'Measured', 'Held at most', 'Mind'],
      of('safe').map((row) => [...cells(row), NOTES[row.operator] ?? '']),
    ),
  };
}
