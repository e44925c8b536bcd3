/** Keeps what was measured, and draws all that is shown of it: the data, the document, the pictures, in one directory. */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { writeInto } from './document.js';
import { plots } from './plots.js';
import { type Measured, merge, parseRecords, serializeRecords } from './records.js';

/** As the repository wants its files to look. */
async function pretty(path: string, text: string, like: string): Promise<string> {
  return format(text, { ...(await resolveConfig(like)), filepath: path });
}

/** `fresh` joins what `directory` has; `order`: the names of all rows. */
export async function publish(directory: string, fresh: readonly Measured[], order: readonly string[]): Promise<void> {
  const [data, document] = [join(directory, 'performance.json'), join(directory, 'performance.md')];
  const kept = existsSync(data) ? parseRecords(readFileSync(data, 'utf8')) : [];
  // The plots show the kept figures: to the last digit, so that drawing them again changes nothing.
  const text = serializeRecords(merge(kept, fresh, order));
  const rows = parseRecords(text);
  const pictures = await plots(rows);
  mkdirSync(join(directory, 'images'), { recursive: true });
  for (const { file, svg } of pictures.values()) writeFileSync(join(directory, 'images', file), svg);
  writeFileSync(data, await pretty(data, text, CONFIGURED));
  const written = writeInto(readFileSync(document, 'utf8'), rows, pictures);
  writeFileSync(document, await pretty(document, written, CONFIGURED));
}

/** A file of the repository: its configuration holds for what is written elsewhere, too. */
const CONFIGURED = 'docs/internals/performance.md';
