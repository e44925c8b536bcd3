/** Which files hold prose. */
import { readdirSync } from 'node:fs';
import { extname, join } from 'node:path';

const FOLDERS = ['.', 'docs', 'docs/internals', 'src', 'marbles', 'examples', 'test', 'lab', 'scripts'];
const SHALLOW = new Set(['.', 'docs', 'docs/internals']);
const SKIPPED = new Set(['node_modules', 'build', 'dist', 'coverage', 'cache']);
const EXTENSIONS = new Set(['.md', '.ts', '.mjs', '.js', '.cjs']);

/**
 * Paths whose findings are counted and do not fail the check, because they are being rewritten: a file, or a folder with its end slash.
 * It is empty when all of the project is held.
 */
export const NOT_YET_HELD: readonly string[] = [];

export function isHeld(path: string): boolean {
  return !NOT_YET_HELD.some((entry) => (entry.endsWith('/') ? path.startsWith(entry) : path === entry));
}

/** The paths from `root` of all files with prose, sorted. */
export function proseFiles(root: string): string[] {
  const found = new Set<string>();
  const walk = (folder: string, isDeep: boolean): void => {
    for (const entry of readdirSync(join(root, folder), { withFileTypes: true })) {
      const path = join(folder, entry.name);
      if (entry.isFile() && EXTENSIONS.has(extname(entry.name))) found.add(path);
      else if (isDeep && entry.isDirectory() && !SKIPPED.has(entry.name)) walk(path, isDeep);
    }
  };
  for (const folder of FOLDERS) walk(folder, !SHALLOW.has(folder));
  return [...found].sort();
}
