/**
 * Extracts the code blocks of a document as files. A line with only a file name (`` `upload.ts`: ``) names the next block; blocks with
 * the same name (`` `upload.ts`, continued: ``) are joined. Other blocks are files of their own, `block-N`.
 */

/** A file in a document. */
export interface ShownFile {
  readonly name: string;
  readonly code: string;
}

const BLOCK = /(?:^`([\w.-]+)`(?:, continued)?:\n\n)?^```(ts|js|json)\n(.*?)^```$/gms;

/** Returns all files in `document`. */
export function filesIn(document: string): readonly ShownFile[] {
  const files = new Map<string, string>();
  let count = 0;
  for (const [, label, language, code] of document.matchAll(BLOCK)) {
    const name = label ?? `block-${++count}.${language!}`;
    files.set(name, (files.get(name) ?? '') + (files.has(name) ? '\n' : '') + code!);
  }
  return [...files].map(([name, code]) => ({ name, code }));
}

/** Returns the text block below the line `lead` of `document`. */
export function textBelow(document: string, lead: string): string {
  const begin = document.indexOf(`\n${lead}\n\n\`\`\`text\n`);
  if (begin < 0) throw new Error(`no text below: ${lead}`);
  const from = document.indexOf('```text\n', begin) + '```text\n'.length;
  return document.slice(from, document.indexOf('\n```', from));
}
