/** How often each rule is broken, per area: a row a rule, a column an area. */
import type { ProseFinding } from './lint.js';

const AREAS = ['documents', 'src comments', 'other comments', 'messages', 'test titles'] as const;

type Area = (typeof AREAS)[number];

function areaOf({ kind, path }: ProseFinding): Area {
  if (kind === 'document') return 'documents';
  if (kind === 'message') return 'messages';
  if (kind === 'title') return 'test titles';
  return path.startsWith('src/') && !path.endsWith('.test.ts') ? 'src comments' : 'other comments';
}

/** A table of the findings of each of `rules`, with a line of totals. */
export function countsOf(findings: readonly ProseFinding[], rules: readonly string[]): string {
  const counts = new Map<string, number>();
  const count = (rule: string, area: string): number => counts.get(`${rule} ${area}`) ?? 0;
  for (const finding of findings) {
    for (const rule of [finding.rule, 'total']) {
      for (const area of [areaOf(finding), 'all']) counts.set(`${rule} ${area}`, count(rule, area) + 1);
    }
  }
  const columns = [...AREAS, 'all'];
  const row = (label: string, cells: readonly (string | number)[]): string =>
    label.padEnd(18) + cells.map((cell) => String(cell).padStart(16)).join('');
  return [
    row('rule', columns),
    ...[...rules, 'total'].map((rule) =>
      row(
        rule,
        columns.map((area) => count(rule, area)),
      ),
    ),
  ].join('\n');
}
