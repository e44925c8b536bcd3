// The package as it is published: built, packed, installed in an empty folder, imported both ways, and type-checked.
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from './support/example.test-kit.js';

const ROOT = join(__dirname, '..');
const TSC = join(ROOT, 'node_modules/typescript/bin/tsc');
jest.setTimeout(180_000);

/** Runs a program, which has to end well; gives what it printed. */
async function ran(command: string, ...args: string[]): Promise<string> {
  const { status, stdout, stderr } = await run(command, args, undefined, 120_000);
  if (status !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with ${status}:\n${stdout.toString()}${stderr}`);
  return stdout.toString();
}

let folder: string;
let files: string[];
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'package-'));
  await ran('npm', 'run', 'build');
  const [packed] = JSON.parse(await ran('npm', 'pack', '--json', '--pack-destination', folder)) as [
    { filename: string; files: { path: string }[] },
  ];
  files = packed.files.map(({ path }) => path);
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ name: 'consumer', private: true }));
  // RxJS as it is on this disk: nothing is fetched.
  const offline = ['--offline', '--legacy-peer-deps', '--no-audit', '--no-fund'];
  await ran('npm', 'install', '--prefix', folder, ...offline, join(folder, packed.filename));
  for (const name of ['rxjs', 'tslib']) {
    cpSync(join(ROOT, 'node_modules', name), join(folder, 'node_modules', name), { recursive: true });
  }
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const consumer = (name: string, source: string): string => {
  const path = join(folder, name);
  writeFileSync(path, source);
  return path;
};

it('holds what it is to hold, and nothing else', () => {
  const allowed =
    /^(dist\/(esm|cjs)\/[\w/-]+\.(js|d\.ts)|dist\/cjs\/package\.json|docs\/[\w.-]+\.md|docs\/images\/[\w.-]+\.svg|README\.md|LICENSE|CHANGELOG\.md|SECURITY\.md|package\.json)$/;
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
