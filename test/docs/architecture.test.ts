/** docs/internals/architecture.md is true: each file that it names exists, and has what the table of behaviours says. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';

const root = resolve(__dirname, '../..');
const text = readFileSync(join(root, 'docs/internals/architecture.md'), 'utf8');
const rows = [...text.matchAll(/^\| (\S.*?) +\| `(src\/\S+)` +\| `(\S+)` +\|$/gm)].map(
  ([, behaviour = '', file = '', name = '']) => [behaviour, file, name] as const,
);

it('has a table of forty behaviours or more', () => {
  expect(rows.length).toBeGreaterThanOrEqual(40);
  expect(new Set(rows.map(([behaviour]) => behaviour)).size).toBe(rows.length);
  const table = text.split('\n').filter((line) => line.startsWith('| ') && line.includes('`src/'));
  expect(rows).toHaveLength(table.length);
});

it.each(rows)('%s: %s has %s', (_behaviour, file, name) => {
  expect(existsSync(join(root, file))).toBe(true);
  expect(readFileSync(join(root, file), 'utf8')).toMatch(new RegExp(`\\b${name}\\b`));
});

it('names files that exist', () => {
  const named = [...text.matchAll(/`((?:src\/)?[a-z0-9]+(?:\/[a-z0-9-]+)*\/(?:[a-z0-9-]+\.ts)?)`/g)].map(
    ([, path = '']) => path,
  );
  const missing = named.filter((path) => !existsSync(join(root, path)) && !existsSync(join(root, 'src', path)));
  expect(named.length).toBeGreaterThan(80);
  expect(missing).toEqual([]);
});

it('lists each folder of src', () => {
  const folders = readdirSync(join(root, 'src'), { withFileTypes: true }).filter((entry) => entry.isDirectory());
  const layers = text.slice(text.indexOf('## Layers'), text.indexOf('## Where is what'));
  expect(
    folders
      .map(({ name }) => name)
      .filter((name) => !layers.includes(` ${name}/ `) && !layers.includes(`src/${name}/ `)),
  ).toEqual([]);
});
