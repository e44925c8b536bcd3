/** Looks at the prose of one file with textlint. */
import { extname } from 'node:path';
import { TextlintKernel } from '@textlint/kernel';
import { quotations } from './filter.js';
import { markdownPlugin, type ProgramMessageData, typescriptPlugin } from './plugins.js';
import { RULES } from './rules.js';
import type { ProseKind } from './typescript-prose.js';

export interface ProseFinding {
  readonly path: string;
  readonly line: number;
  readonly column: number;
  readonly rule: string;
  readonly kind: ProseKind | 'document';
  readonly message: string;
}

const kernel = new TextlintKernel();
const plugins = [
  { pluginId: 'markdown', plugin: markdownPlugin },
  { pluginId: 'typescript', plugin: typescriptPlugin },
];
const rules = Object.entries(RULES).map(([ruleId, rule]) => ({ ruleId, rule }));
const filterRules = [{ ruleId: 'quotations', rule: quotations }];

/** What the rules find in `text`, which is that of the file at `path`, in the order of its lines. */
export async function lintProse(text: string, path: string): Promise<ProseFinding[]> {
  const { messages } = await kernel.lintText(text, { filePath: path, ext: extname(path), plugins, rules, filterRules });
  return messages
    .map(({ loc, ruleId, message, data }) => {
      const { kind } = (data as ProgramMessageData | undefined) ?? { kind: 'document' as const };
      return { path, ...loc.start, rule: ruleId, kind, message };
    })
    .sort((a, b) => a.line - b.line || a.column - b.column || a.rule.localeCompare(b.rule));
}
