/** `docs/internals/performance.md`: the text between its marks is drawn from the measurements. */
import type { Standing } from './contest.js';
import { type Measured, machineLine } from './records.js';
import { align, digits, table } from './table.js';

const BEGIN = '<!-- measured -->';
const END = '<!-- end of what was measured -->';

/** A picture that the document shows. */
export interface Picture {
  readonly file: string;
  /** The description for a reader who does not see it. */
  readonly title: string;
}

/** The measured rows that are not points of a curve. */
export function plainRows(rows: readonly Measured[]): readonly Measured[] {
  return rows.filter(({ result }) => result.curve === undefined);
}

/** The points of each curve, by its name. */
export function curvesOf(rows: readonly Measured[]): ReadonlyMap<string, readonly Measured[]> {
  const curves = new Map<string, Measured[]>();
  for (const each of rows) {
    const name = each.result.curve?.name;
    if (name !== undefined) curves.set(name, [...(curves.get(name) ?? []), each]);
  }
  return curves;
}

const section = (title: string, ...parts: readonly string[]): string => `### ${title}\n\n${parts.join('\n\n')}\n`;
const image = ({ file, title }: Picture): string => `![${title}](images/${file})`;
const costOf = (standing: Standing): string =>
  standing.kind === 'measured' ? digits(standing.median.cost) : `failed: ${standing.reason}`;

/** A line for each point, a column for each contestant. */
function curveTable(points: readonly Measured[]): string {
  const { curve, costUnit, asked, standings } = points[0]!.result;
  const names = standings.map(({ name }) => name);
  const head = [curve!.of, ...names, `${asked.of} of ${asked.against}`];
  const lines = points.map(({ result }) => [
    result.curve!.at.toLocaleString('en'),
    ...names.map((name) => costOf(result.standings.find((each) => each.name === name)!)),
    digits(result.ratios[asked.of]?.median),
  ]);
  return `${costUnit}, of ${curve!.of}:\n\n${align([head, ...lines])}`;
}

/** Where the points were measured: once where it is the same for all. */
function measuredAt(points: readonly Measured[]): string {
  return [...new Set(points.map(({ machine }) => `Measured ${machineLine(machine)}`))].join('\n');
}

/** `document` with all that was measured between its marks. */
export function writeInto(document: string, rows: readonly Measured[], pictures: ReadonlyMap<string, Picture>): string {
  const [from, to] = [document.indexOf(BEGIN), document.indexOf(END)];
  if (from < 0 || to < from) throw new Error(`the document has no lines ${BEGIN} and ${END}`);
  const shown = (name: string): readonly string[] => {
    const picture = pictures.get(name);
    return picture === undefined ? [] : [image(picture)];
  };
  const parts = [
    ...shown('ratios').map((overview) => `${overview}\n`),
    ...plainRows(rows).map((each) => section(each.result.row, table(each.result).trimEnd(), measuredAt([each]))),
    ...[...curvesOf(rows)].map(([name, points]) =>
      section(name, ...shown(name), curveTable(points), measuredAt(points)),
    ),
  ];
  return `${document.slice(0, from)}${BEGIN}\n\n${parts.join('\n')}\n${document.slice(to)}`;
}
