/**
 * The code of a document, as files. A block below a line that is a file's name alone is that file (`` `upload.ts`: ``); blocks of
 * one name (`` `upload.ts`, continued: ``) are one file. Every other block is a file of its own, `block-N`.
 */

/** A file that a document shows. */
export interface ShownFile {
  readonly name: string;
  readonly code: string;
}

const BLOCK = /(?:^`([\w.-]+)`(?:, continued)?:\n\n)?^```(ts|js|json)\n(.*?)^```$/gms;

/** All files that `document` shows. */
export function filesIn(document: string): readonly ShownFile[] {
  const files = new Map<string, string>();
  let count = 0;
  for (const [, label, language, code] of document.matchAll(BLOCK)) {
    const name = label ?? `block-${++count}.${language!}`;
    files.set(name, (files.get(name) ?? '') + (files.has(name) ? '\n' : '') + code!);
  }
  return [...files].map(([name, code]) => ({ name, code }));
}

/** The text block below `lead`, a line of `document`. */
export function textBelow(document: string, lead: string): string {
  const begin = document.indexOf(`\n${lead}\n\n\`\`\`text\n`);
  if (begin < 0) throw new Error(`no text below: ${lead}`);
  const from = document.indexOf('```text\n', begin) + '```text\n'.length;
  return document.slice(from, document.indexOf('\n```', from));
}
