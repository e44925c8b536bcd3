/**
 * The documents are true, as far as a machine can check: their code compiles, their links lead somewhere, their defaults are the code's.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import ts from 'typescript';
import { DEFAULT_LIMITS } from 'rxpaf';
import { filesIn } from '../kits/docs/document.js';

const root = resolve(__dirname, '../..');
const documents = [
  'README.md',
  'CONTRIBUTING.md',
  'CHANGELOG.md',
  'SECURITY.md',
  'examples/README.md',
  'marbles/README.md',
  ...['docs', 'docs/internals'].flatMap((folder) =>
    readdirSync(join(root, folder))
      .filter((file) => file.endsWith('.md'))
      .map((file) => `${folder}/${file}`),
  ),
];
const textOf = (path: string): string => readFileSync(join(root, path), 'utf8');

/** The TypeScript of all documents, as files that are not there, a folder a document, by path. */
function blocks(): Map<string, string> {
  const files = new Map<string, string>();
  for (const document of documents) {
    const folder = join(root, 'examples', document.replace(/\W/g, '-'));
    for (const { name, code } of filesIn(textOf(document))) {
      // A module each, whatever it imports.
      if (name.endsWith('.ts')) files.set(join(folder, name), `${code}\nexport {};\n`);
    }
  }
  return files;
}

function errorsIn(files: ReadonlyMap<string, string>): string[] {
  const { config } = ts.readConfigFile(join(root, 'tsconfig.json'), (path) => ts.sys.readFile(path)) as {
    config: unknown;
  };
  const { options: project } = ts.parseJsonConfigFileContent(config, ts.sys, root, { noEmit: true });
  // Documents speak to programs of any kind: they import their own files without an extension.
  const { ESNext } = ts.ModuleKind;
  const options = { ...project, module: ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler };
  const host = ts.createCompilerHost(options);
  const folders = new Set([...files.keys()].map((path) => dirname(path)));
  host.directoryExists = (path) => folders.has(path) || ts.sys.directoryExists(path);
  host.fileExists = (path) => files.has(path) || ts.sys.fileExists(path);
  host.readFile = (path) => files.get(path) ?? ts.sys.readFile(path);
  const getSourceFile = host.getSourceFile.bind(host);
  host.getSourceFile = (path, version, ...rest) => {
    const code = files.get(path);
    return code === undefined ? getSourceFile(path, version, ...rest) : ts.createSourceFile(path, code, version, true);
  };
  const program = ts.createProgram([...files.keys()], options, host);
  return [...files.keys()].flatMap((path) => {
    const file = program.getSourceFile(path);
    const found = [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)];
    return found.map(({ messageText }) => `${path}: ${ts.flattenDiagnosticMessageText(messageText, '\n')}`);
  });
}

/** The anchor of a heading, as it is linked to. */
function anchor(heading: string): string {
  return heading
    .toLowerCase()
    .replace(/[^\w\- ]/g, '')
    .replace(/ /g, '-');
}

describe('the documents', () => {
  it('have code that compiles', () => {
    const files = blocks();
    expect(files.size).toBeGreaterThan(4);
    expect(errorsIn(files)).toEqual([]);
    // The test detects errors: it finds this one.
    const wrong = new Map([[join(root, 'examples', 'wrong.ts'), "import { serve } from 'rxpaf';\nserve(1);\n"]]);
    expect(errorsIn(wrong)).toHaveLength(1);
  });

  it.each(documents)('%s links to what is there', (document) => {
    const text = textOf(document).replace(/^```.*?^```$/gms, '');
    for (const [, target] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^https?:/.test(target!)) continue;
      const [path, fragment] = target!.split('#') as [string, string | undefined];
      const file = path === '' ? document : join(dirname(document), path);
      expect([target, existsSync(join(root, file))]).toEqual([target, true]);
      if (fragment === undefined) continue;
      const headings = [...textOf(file).matchAll(/^#+ (.*)$/gm)].map(([, heading]) => anchor(heading!));
      expect(headings).toContain(fragment);
    }
  });

  it('name every limit, with its default', () => {
    const units: Readonly<Record<string, number>> = { s: 1000, KiB: 1024, MiB: 1024 * 1024 };
    const rows = [...textOf('docs/limits.md').matchAll(/^\| `(\w+)` +\| (\d+|off)(?: (s|KiB|MiB))? +\|/gm)];
    const told = rows.map(([, name, value, unit]) => [
      name,
      value === 'off' ? Infinity : Number(value) * (unit === undefined ? 1 : units[unit]!),
    ]);
    expect(Object.fromEntries(told)).toEqual(DEFAULT_LIMITS);
  });

  it('show the speed that was measured: `node scripts/pictures.mjs speed` draws it again', () => {
    const program = `
      import { readFileSync } from 'node:fs';
      import { drawSpeed } from './scripts/speed-plot.mjs';
      process.stdout.write(drawSpeed(JSON.parse(readFileSync('docs/internals/performance.json', 'utf8')).rows));`;
    const { stdout } = spawnSync(process.execPath, ['--input-type=module', '--eval', program], { cwd: root });
    expect(stdout.toString()).toBe(textOf('docs/images/speed.svg'));
  });

  it('state limits in the README that are the defaults', () => {
    const readme = textOf('README.md');
    expect(readme).toContain(`${DEFAULT_LIMITS.pipelinedRequests} requests deep`);
    expect(readme).toContain(`${DEFAULT_LIMITS.concurrentStreams} streams`);
    expect(readme).toContain(`windows of ${DEFAULT_LIMITS.bodyWindow / 1024} KiB a stream`);
  });
});
