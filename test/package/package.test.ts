// The package as it is published, from a fresh clone: packed, which builds it, installed in an empty folder, imported both ways, and type-checked.
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { dirname, join, normalize } from 'node:path';
import { pathToFileURL } from 'node:url';
import { install, pack, ran } from '../kits/packed-package.js';

const ROOT = join(__dirname, '../..');
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
jest.setTimeout(1_200_000);

let folder: string;
let packages: readonly string[];
let files: string[];
/** Where the package was installed. */
let library: string;
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'package-'));
  packages = await Promise.all(['once', 'again'].map((name) => pack(folder, name)));
  files = (await ran('tar', '-tzf', packages[0]!))
    .trim()
    .split('\n')
    .map((path) => path.replace(/^package\//, ''));
  library = await install(folder, packages[0]!, ['rxjs']);
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const consumer = (name: string, source: string): string => {
  const path = join(folder, name);
  writeFileSync(path, source);
  return path;
};

it('holds what it is to hold, and nothing else', () => {
  const allowed =
    /^(dist\/(esm|cjs)\/[\w/-]+\.(js|d\.ts)|dist\/cjs\/package\.json|docs\/[\w.-]+\.md|docs\/images\/[\w.-]+\.(svg|png)|README\.md|LICENSE|CHANGELOG\.md|SECURITY\.md|package\.json)$/;
  expect(files.filter((path) => !allowed.test(path))).toEqual([]);
  for (const needed of [
    'package.json',
    'LICENSE',
    'README.md',
    'CHANGELOG.md',
    'SECURITY.md',
    'dist/esm/index.js',
    'dist/cjs/index.d.ts',
  ]) {
    expect(files).toContain(needed);
  }
  expect(
    files.filter((path) => /test/.test(path) && !path.startsWith('docs/') && !/^dist\/(esm|cjs)\/testing\//.test(path)),
  ).toEqual([]);
});

it('is the same to the byte when it is built again, in another place', () => {
  const [once, again] = packages.map((path) => createHash('sha256').update(readFileSync(path)).digest('hex'));
  expect(again).toBe(once);
});

it('contains no facts of the machine that built it, and points to no missing source map', () => {
  for (const path of files) {
    const content = readFileSync(join(library, path), 'latin1');
    for (const place of [ROOT, folder, homedir()]) expect([path, content.includes(`${place}/`)]).toEqual([path, false]);
    expect(content).not.toMatch(/sourceMappingURL=|file:\/\/\/(?!\.)/);
  }
});

/** What the bundle of an entry point imports. */
async function importsOf(entry: string): Promise<string[]> {
  // A process of its own: esbuild does not run where a test does.
  const bundling = `
    const { build } = await import(${JSON.stringify(pathToFileURL(join(ROOT, 'node_modules/esbuild/lib/main.js')).href)});
    const options = { bundle: true, platform: 'node', format: 'esm', packages: 'external', write: false, metafile: true, outdir: '.' };
    const { metafile } = await build({ ...options, entryPoints: [${JSON.stringify(join(library, `dist/esm/${entry}.js`))}] });
    const imports = Object.values(metafile.outputs).flatMap((output) => output.imports.map(({ path }) => path));
    console.log(JSON.stringify([...new Set(imports)]));`;
  return JSON.parse(await ran(process.execPath, '--input-type=module', '-e', bundling)) as string[];
}

it.each(['index', 'middleware/index', 'ws/index', 'testing/index'])('imports only RxJS and Node: %s', async (entry) => {
  const imports = await importsOf(entry);
  expect(imports).toContain('rxjs');
  expect(imports.filter((name) => !/^(node:[a-z_/]+|rxjs(\/[a-z]+)?)$/.test(name))).toEqual([]);
});

it.each(['engine/index', 'eslint/index'])('imports nothing at all: %s', async (entry) => {
  expect(await importsOf(entry)).toEqual([]);
});

it('has documents whose links lead to files that it holds', () => {
  const dangling = files
    .filter((path) => path.endsWith('.md'))
    .flatMap((document) => {
      const text = readFileSync(join(library, document), 'utf8').replace(/^```.*?^```$/gms, '');
      const links = [...text.matchAll(/\]\(([^)\s#]+)/g)].map(([, link]) => link!);
      const own = links
        .filter((link) => !/^https?:/.test(link))
        .map((link) => normalize(join(dirname(document), link)));
      return own.filter((path) => !files.includes(path)).map((path) => `${document}: ${path}`);
    });
  expect(dangling).toEqual([]);
});

it('names only files that it holds', () => {
  const { exports, main, module, types } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as {
    exports: unknown;
    main: string;
    module: string;
    types: string;
  };
  const named = [main, module, types, ...JSON.stringify(exports).matchAll(/"(\.\/[^"]+\.\w+)":?(?!:)/g)].map((name) =>
    (typeof name === 'string' ? name : name[1]!).replace('./', ''),
  );
  expect(named.length).toBeGreaterThan(8);
  for (const name of named) expect(files).toContain(name);
});

const USE = `
  let answer = '';
  const [server, client] = rxpaf.memoryPair();
  const info = { alpn: () => undefined, peer: () => 'memory', injection: (flow) => flow };
  of(server).pipe(rxpaf.service(info, { request: () => rxpaf.text('packed') })).subscribe();
  client.subscribe({ next: (chunk) => (answer += chunk), complete: () => client.complete() });
  client.next(Buffer.from('GET / HTTP/1.1\\r\\nHost: a\\r\\nConnection: close\\r\\n\\r\\n'));
  console.log(answer.endsWith('packed'), Object.keys(testing).length > 0);`;

it('serves where it is imported', async () => {
  const imports = `import { of } from 'rxjs'; import * as rxpaf from 'rxpaf'; import * as testing from 'rxpaf/testing';`;
  expect(await ran(process.execPath, consumer('use.mjs', imports + USE))).toBe('true true\n');
});

it('serves where it is required', async () => {
  const requires = `const { of } = require('rxjs'); const rxpaf = require('rxpaf'); const testing = require('rxpaf/testing');`;
  expect(await ran(process.execPath, consumer('use.cjs', requires + USE))).toBe('true true\n');
});

describe('its types', () => {
  const source = `
    import { map } from 'rxjs';
    import { type Handler, json, listen, type NodePeer, nodeInfo, type Served, serve, service, text } from 'rxpaf';
    import * as testing from 'rxpaf/testing';

    const handler: Handler<NodePeer> = {
      request: (request, exchange) =>
        request.method === 'POST' ? request.body.json(1024).pipe(map((value) => json(value))) : text(String(exchange.peer.port)),
    };
    serve({ port: 0 }, handler).subscribe((served: Served<NodePeer>) => console.log(served.status, served.peer.address));
    listen({ port: 0 }).pipe(service(nodeInfo, handler)).subscribe();
    // @ts-expect-error a status is a number
    serve({ port: 0 }, { request: () => ({ status: '200' }) });
    export const count: number = Object.keys(testing).length;
  `;

  it.each([
    ['node16', 'node16', ['consumer.ts', 'consumer.mts', 'consumer.cts']],
    ['esnext', 'bundler', ['consumer.ts']],
  ])('are right for a consumer with module %s and moduleResolution %s: %j', async (module, resolution, names) => {
    const options = ['--ignoreConfig', '--noEmit', '--strict', '--exactOptionalPropertyTypes'];
    const platform = ['--target', 'es2022', '--lib', 'es2023', '--module', module, '--moduleResolution', resolution];
    const types = ['--typeRoots', join(ROOT, 'node_modules/@types'), '--types', 'node'];
    const sources = names.map((name) => consumer(name, source));
    await ran(process.execPath, TSC, ...options, ...platform, ...types, ...sources);
  });
});
