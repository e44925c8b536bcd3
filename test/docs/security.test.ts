/** `docs/security.md` is true, as far as a machine can check: the tests that it names exist. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { DEFAULT_LIMITS } from 'rxpaf';
import { webSocketLimitsWith } from 'rxpaf/ws';

const root = resolve(__dirname, '../..');
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');

/** The rows of its tables, a list of cells each. */
const rows = [...textOf('docs/security.md').matchAll(/^\| (.*) \|$/gm)]
  .map(([, row]) => row!.split(' | ').map((cell) => cell.trim()))
  .filter(([first]) => first !== 'attack' && !first!.startsWith('---'));

const constants = readdirSync(join(root, 'src/h2'), { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.includes('.test'))
  .flatMap((file) =>
    [...textOf(`src/h2/${file}`).matchAll(/^(?:export )?const ([A-Z_]+) =/gm)].map(([, name]) => name!),
  );

describe('the table of attacks', () => {
  it('has rows', () => {
    expect(rows.length).toBeGreaterThan(20);
    expect(rows.filter((cells) => cells.length !== 4)).toEqual([]);
  });

  it.each(rows)('%s', (_attack, _defence, limit, test) => {
    for (const [, name] of limit.matchAll(/`(\w+)`/g))
      expect([...Object.keys(DEFAULT_LIMITS), ...Object.keys(webSocketLimitsWith()), ...constants]).toContain(name);
    const [, file, title] = /^`([\w./-]+)`: `(.+)`$/.exec(test)!;
    expect([file, existsSync(join(root, file!))]).toEqual([file, true]);
    // A title may be put together of a table's row and its end.
    expect(textOf(file!).replaceAll('%s ', '')).toContain(title);
  });
});
