// What `examples/` holds: examples, their parts, and a README that lists them.
import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { run } from '../kits/example.js';
import { EXAMPLES, listExamples } from '../kits/example-list.js';

const examples = listExamples();
const read = (path: string): string => readFileSync(join(EXAMPLES, path), 'utf8');
const files = readdirSync(EXAMPLES, { recursive: true, withFileTypes: true })
  .filter((entry) => entry.isFile())
  .map((entry) => join(entry.parentPath, entry.name).slice(EXAMPLES.length + 1));

/** What a program imports, with or without a binding. */
const importsOf = (path: string): string[] =>
  [
    ...read(path).matchAll(/^(?:import|export|\}) .*?from '([^']+)';$|^import '([^']+)';$|\bimport\('([^']+)'\)/gms),
  ].map(([, from, bare, dynamic]) => (from ?? bare ?? dynamic)!);

/** The files of an example: its program, and the parts that the program imports. */
function partsOf(entry: string, found = new Set<string>()): Set<string> {
  if (found.has(entry)) return found;
  found.add(entry);
  for (const name of importsOf(entry)) {
    if (name.startsWith('.')) partsOf(join(dirname(entry), name.replace(/\.js$/, '.ts')), found);
  }
  return found;
}

describe('examples/', () => {
  it('has a folder for each topic, with at least one example', () => {
    expect([...new Set(examples.map(({ topic }) => topic))].sort()).toEqual([
      ...['bodies', 'client', 'composition', 'first-steps', 'server', 'testing', 'tls', 'transports'],
    ]);
  });

  it('has no two examples of one name', () => {
    const names = examples.map(({ name }) => name);
    expect(names.filter((name, index) => names.indexOf(name) !== index)).toEqual([]);
  });

  it('holds programs, their parts, the files of the live page, and the README', () => {
    const known = new Set(examples.flatMap(({ entry }) => [...partsOf(entry)]));
    const others = files.filter((path) => !known.has(path) && path !== 'README.md');
    expect(others.filter((path) => !/^first-steps\/start\/page\/[\w-]+\.(html|css|js|svg)$/.test(path))).toEqual([]);
  });

  it.each(examples)('$name imports only packages that a user has, and its own parts', ({ entry, folder }) => {
    for (const part of partsOf(entry)) {
      if (folder === undefined) expect(part).toBe(entry);
      else expect(part).toMatch(new RegExp(`^${folder}/[\\w-]+\\.ts$`));
      const packages = importsOf(part).filter((name) => !name.startsWith('.'));
      const allowed = /^(node:[\w/]+|rxjs|selfsigned|rxpaf|rxpaf\/(engine|middleware|sse|testing|ws))$/;
      expect([part, packages.filter((name) => !allowed.test(name))]).toEqual([part, []]);
    }
  });

  it.each(examples)('$name begins with a comment that has the command to run it', ({ name, entry }) => {
    const [header] = /^(?:\/\/ .*\n)+/.exec(read(entry)) ?? [];
    expect(header).toMatch(name === 'start' ? /npm start$/m : new RegExp(`npm run (--silent )?example ${name}\\b`));
  });
});

describe('examples/README.md', () => {
  const readme = read('README.md');
  const rows = [...readme.matchAll(/^\| \[`([\w-]+)`\]\(([^)]+)\) +\| +(\S.*?) +\| `([^`]+)` +\|$/gm)].map(
    ([, name, entry, , command]) => ({ name, entry, command }),
  );

  it('lists every example once, and nothing else', () => {
    const listed = rows.map(({ entry, name }) => `${entry!} ${name!}`);
    expect(listed.sort()).toEqual(examples.map(({ entry, name }) => `${entry} ${name}`).sort());
    // No row is overlooked for its form.
    expect(readme.match(/^\| \[/gm)).toHaveLength(rows.length);
  });

  it.each(rows)('has the command for $name', ({ name, command }) => {
    if (name === 'start') expect(command).toBe('npm start');
    else expect(command).toMatch(new RegExp(`(^| )npm run (--silent )?example ${name!}( -- .+)?$`));
  });
});

describe('npm run example', () => {
  it.each([[['no-such-example']], [[]]])('prints the names of all examples for %j, and ends with 2', async (args) => {
    const { status, stderr } = await run(process.execPath, ['scripts/example.mjs', ...args]);
    expect(status).toBe(2);
    const names = examples.map(({ name }) => name).sort();
    expect(stderr).toBe(`usage: npm run example NAME, where NAME is one of: ${names.join(', ')}\n`);
  });
});
