/** Results as tables: Markdown, which also reads well on a terminal. */
import type { Result, Standing } from './contest.js';

const MIB = 2 ** 20;

/** Three significant digits, without an exponent. */
export function digits(value: number | undefined): string {
  if (value === undefined || Number.isNaN(value)) return '–';
  if (Math.abs(value) >= 100) return Math.round(value).toLocaleString('en');
  return value.toPrecision(3);
}

function line(cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`;
}

/** Cells, padded to columns. */
export function align(rows: readonly (readonly string[])[]): string {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map((row) => row[column]!.length)));
  const pad = (cell: string, column: number): string =>
    column === 0 ? cell.padEnd(widths[column]!) : cell.padStart(widths[column]!);
  const rule = widths.map((width, column) => (column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`));
  return [rows[0]!.map(pad), rule, ...rows.slice(1).map((row) => row.map(pad))].map(line).join('\n');
}

function cells(standing: Standing, result: Result): string[] {
  if (standing.kind === 'failed') return [`${standing.name} (failed)`, '–', '–', '–', '–', '–', '–', '–'];
  const { name, median } = standing;
  const busy = median.busy === undefined ? '–' : `${Math.round(median.busy * 100)} %`;
  const rss = `${Math.round(median.rss / MIB)} MiB`;
  return [
    name,
    digits(median.cost),
    digits(median.rate),
    digits(median.p50),
    digits(median.p99),
    rss,
    busy,
    name === result.asked.against ? '1' : digits(result.ratios[name]?.median),
  ];
}

/** The verdict under a table. */
function verdict({ asked, ratios, standings }: Result): string {
  const ratio = ratios[asked.of];
  const failures = standings.flatMap((each) => (each.kind === 'failed' ? [`${each.name} failed: ${each.reason}`] : []));
  if (ratio === undefined) return `${failures.join('\n')}\n`;
  const wanted = asked.ratio === undefined ? '' : `; at most ${digits(asked.ratio)} is asked`;
  const told = `${asked.of} / ${asked.against}: **${digits(ratio.median)}** (${digits(ratio.least)} to ${digits(ratio.most)})${wanted}.`;
  return `${[told, ...failures].join('\n')}\n`;
}

export function table(result: Result): string {
  const head = [
    result.row,
    result.costUnit,
    result.rateUnit ?? 'rate',
    'p50 ms',
    'p99 ms',
    'RSS',
    'busy',
    `of ${result.asked.against}`,
  ];
  const rows = result.standings.map((standing) => cells(standing, result));
  return `${result.work}\n\n${align([head, ...rows])}\n\n${verdict(result)}`;
}
