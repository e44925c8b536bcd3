/** Measures all cases: see `held-bytes.ts`. */
import { measure, type Measured } from './held-bytes.js';
import { ASYNCHRONOUS, type Cases, KEEPING, REPLACEMENTS, SYNCHRONOUS } from './operator-cases.js';

/** One case of one operator, measured. */
export interface Row extends Measured {
  readonly operator: string;
  /** Which of its cases, if it has several. */
  readonly label: string;
  /** The expression that was measured. */
  readonly text: string;
}

/** All rows, in the order of the cases. */
export interface Rows {
  readonly operators: readonly Row[];
  readonly replacements: readonly Row[];
}

/** @param source - the text of `operator-cases.ts`, from which the expressions are quoted. */
export function measureAll(source: string): Rows {
  // The cases begin a line each, and are in the order of their objects.
  const texts = [...source.matchAll(/^ {2,4}'?[\w ,()]+'?: \(\) =>\s+([^]+?),\n(?= {2,4}['\w}]|\})/gm)].map(
    ([, text]) => text!.replaceAll('rx.', '').replace(/\s+/g, ' ').replaceAll('( ', '(').replaceAll(', )', ')'),
  );
  const rowsOf = (cases: Cases): Row[] =>
    Object.entries(cases).flatMap(([operator, given]) =>
      Object.entries(typeof given === 'function' ? { '': given } : given).map(([label, stage]) => {
        const text = texts.shift();
        if (text === undefined) throw new Error(`no text for ${operator}`);
        return { operator, label, text, ...measure(stage) };
      }),
    );
  const rows = {
    operators: [...rowsOf(ASYNCHRONOUS), ...rowsOf(KEEPING), ...rowsOf(SYNCHRONOUS)],
    replacements: rowsOf(REPLACEMENTS),
  };
  if (texts.length > 0) throw new Error(`texts without a case: ${texts.join('; ')}`);
  return rows;
}
