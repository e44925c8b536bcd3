// Every example as a user would copy it: the file or folder alone, in an empty folder, beside the installed package. It is compiled
// with `tsc --strict` against the published types, and runs in plain Node.
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { once } from 'node:events';
import { createServer, type IncomingMessage, request as requestHttp, type Server } from 'node:http';
import { request as requestHttps } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { Example } from '../kits/example.js';
import { EXAMPLES, type ExampleProgram, listExamples } from '../kits/example-list.js';
import { install, pack, ran } from '../kits/packed-package.js';

const ROOT = join(__dirname, '../..');
jest.setTimeout(1_200_000);

/** How a program is started; `UPSTREAM` stands for the URL of a server, `FOLDER` for an empty folder. */
interface Start {
  readonly title?: string;
  readonly env?: Readonly<Record<string, string>>;
  readonly args?: readonly string[];
}

/** A server, and a request to it. */
interface ServerTrial extends Start {
  readonly request: { readonly method?: string; readonly path?: string; readonly body?: string };
  readonly status: number;
  readonly body: RegExp;
}

/** A program that ends by itself. */
interface ProgramTrial extends Start {
  readonly prints: RegExp;
}

type Trial = ServerTrial | ProgramTrial;

/** An example without a trial fails, and so does a trial without an example. */
const TRIALS: Readonly<Record<string, readonly Trial[]>> = {
  hello: [
    { request: {}, status: 200, body: /^Hello, World!$/ },
    { title: 'over TLS', env: { TLS: '1' }, request: {}, status: 200, body: /^Hello, World!$/ },
  ],
  echo: [
    { request: { method: 'POST', path: '/echo', body: 'some text' }, status: 200, body: /^some text$/ },
    { title: 'over TLS', env: { TLS: '1' }, request: { path: '/bytes/9' }, status: 200, body: /^.{9}$/ },
  ],
  start: [
    { request: { path: '/hello' }, status: 200, body: /^hello over http\/1\.1\n$/ },
    { title: 'with its page', request: {}, status: 200, body: /^<!doctype html>/i },
  ],
  file: [{ env: { FOLDER: '.' }, request: { path: '/package.json' }, status: 200, body: /^\{"type":"module"\}$/ }],
  upload: [
    {
      env: { FOLDER: 'FOLDER' },
      request: { method: 'PUT', path: '/copy.txt', body: 'some text' },
      status: 201,
      body: /^stored 9 bytes\n$/,
    },
  ],
  gzip: [{ request: { method: 'POST', body: 'some text' }, status: 200, body: /^some text$/ }],
  'access-log': [{ request: {}, status: 200, body: /^hello\n$/ }],
  chat: [{ request: { method: 'POST', body: 'hello all' }, status: 204, body: /^$/ }],
  faults: [{ request: { path: '/teapot' }, status: 418, body: /"detail":"I am short and stout"/ }],
  upgrade: [{ request: {}, status: 426, body: /^send `Upgrade: echo` or CONNECT\n$/ }],
  dispatch: [{ request: {}, status: 200, body: /^hello over http\/1\.1\n$/ }],
  requests: [{ request: { path: '/one' }, status: 200, body: /^\/one is done\n$/ }],
  tenants: [{ request: {}, status: 200, body: /^done for nobody\n$/ }],
  middleware: [{ request: {}, status: 401, body: /^unauthorized\n$/ }],
  engine: [
    {
      prints:
        /^request 1: POST \/sum\n"HTTP\/1\.1 200 OK[^]*\\n6\\n"\nrequest 2: GET \/\n[^]*\nthe engine is closing\n$/,
    },
  ],
  get: [{ args: ['UPSTREAM'], prints: /^200 http\/1\.1 \{[^]*\}\nfrom upstream\n$/ }],
  fetch: [{ args: ['UPSTREAM'], prints: /^from upstream$/ }],
  compose: [{ prints: /\{ found: 'rxjs', protocol: 'h2' \}[^]*ready after 3 requests\n$/ }],
  'bearer-token': [{ prints: /^GET \/rows\/1 401\nGET \/rows\/1 200\n[^]*\/rows\/4' \}\n$/ }],
  'reverse-proxy': [
    { env: { UPSTREAM: 'UPSTREAM' }, request: {}, status: 200, body: /^from upstream$/ },
    {
      title: 'over TLS',
      env: { UPSTREAM: 'UPSTREAM', TLS: '1' },
      request: {},
      status: 200,
      body: /^from upstream$/,
    },
  ],
  https: [{ request: {}, status: 200, body: /^\{"http":"http\/1\.1","tls":"TLSv1\.3",/ }],
  'rotate-certificate': [{ request: {}, status: 200, body: /^hello over TLS\n$/ }],
  memory: [{ prints: /^HTTP\/1\.1 200 OK\r\n[^]*\/hello for this process\n$/ }],
  connect: [{ prints: /^http\/1\.1 200 this is \/once\n[^]*\ndone\n$/ }],
  transport: [{ prints: /^200 \/hello, from process \d+\n$/ }],
  'unix-socket': [{ prints: /^listening on unix:.*\n\/hello over a unix socket\n$/ }],
  marbles: [{ prints: /\bpass 3$[^]*\bfail 0$/m }],
  record: [{ args: ['--out', 'FOLDER/recorded.mjs'], request: {}, status: 200, body: /^recorded\n$/ }],
};

const examples = listExamples();

let folder: string;
let upstream: Server;
let upstreamUrl: string;

/** The folder of an example: the only thing in it is the copy. */
const homeOf = (example: ExampleProgram): string => join(folder, example.name);

function copy(example: ExampleProgram): void {
  const home = homeOf(example);
  mkdirSync(home);
  if (example.folder !== undefined) cpSync(join(EXAMPLES, example.folder), home, { recursive: true });
  else cpSync(join(EXAMPLES, example.entry), join(home, basename(example.entry)));
  writeFileSync(join(home, 'package.json'), '{"type":"module"}');
}

/** Compiles all copies, in place. */
async function compile(): Promise<void> {
  const sources = examples.flatMap((example) =>
    readdirSync(homeOf(example))
      .filter((file) => file.endsWith('.ts'))
      .map((file) => join(homeOf(example), file)),
  );
  await ran(
    process.execPath,
    join(ROOT, 'node_modules/typescript/bin/tsc'),
    ...['--ignoreConfig', '--strict', '--exactOptionalPropertyTypes', '--skipLibCheck'],
    ...['--target', 'es2022', '--lib', 'es2023', '--module', 'nodenext'],
    ...['--typeRoots', join(ROOT, 'node_modules/@types'), '--types', 'node'],
    ...sources,
  );
}

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'examples-'));
  await install(folder, await pack(folder, '.clean'), ['rxjs', 'selfsigned']);
  examples.forEach(copy);
  await compile();
  upstream = createServer((_request, response) => response.end('from upstream')).listen(0, '127.0.0.1');
  await once(upstream, 'listening');
  upstreamUrl = `http://127.0.0.1:${(upstream.address() as AddressInfo).port}`;
});
afterAll(() => {
  upstream.close();
  rmSync(folder, { recursive: true, force: true });
});

function run(example: ExampleProgram, { env = {}, args = [] }: Start): Example {
  const empty = mkdtempSync(join(folder, 'empty-'));
  const filled = (value: string): string => value.replace('UPSTREAM', upstreamUrl).replace('FOLDER', empty);
  const filledEnv = Object.fromEntries(Object.entries(env).map(([name, value]) => [name, filled(value)]));
  return new Example([`${example.name}.js`, ...args.map(filled)], filledEnv, homeOf(example));
}

async function send(url: string, { method = 'GET', path = '/', body = '' }: ServerTrial['request']): Promise<unknown> {
  const target = new URL(path, url);
  const request =
    target.protocol === 'https:'
      ? requestHttps(target, { method, agent: false, rejectUnauthorized: false })
      : requestHttp(target, { method, agent: false });
  const responded = once(request, 'response') as Promise<[IncomingMessage]>;
  request.end(body);
  const [response] = await responded;
  return { status: response.statusCode, body: await text(response) };
}

it('has a trial for every example', () => {
  expect(Object.keys(TRIALS).sort()).toEqual(examples.map(({ name }) => name).sort());
});

describe.each(examples)('$entry', (example) => {
  it.each((TRIALS[example.name] ?? []).map((trial) => ({ title: 'as it stands', ...trial })))(
    'runs $title',
    async (trial) => {
      const program = run(example, trial);
      if ('request' in trial) {
        expect(await send(await program.url(), trial.request)).toEqual({
          status: trial.status,
          body: expect.stringMatching(trial.body) as string,
        });
        expect(await program.stop()).toEqual({ code: 0, signal: null });
      } else {
        expect(await program.exit).toEqual({ code: 0, signal: null });
        expect(program.output).toMatch(trial.prints);
      }
    },
  );
});

it('the recorded test is written on shutdown, and replays', async () => {
  const example = examples.find(({ name }) => name === 'record')!;
  const file = join(folder, 'recorded.mjs');
  const program = run(example, { args: ['--out', file] });
  await send(await program.url(), { path: '/bytes/3' });
  expect(await program.stop()).toEqual({ code: 0, signal: null });
  expect(readFileSync(file, 'utf8')).toContain("request: 'GET /bytes/3'");
  const replayed = run(example, { args: ['--replay', file] });
  expect(await replayed.exit).toEqual({ code: 0, signal: null });
  expect(replayed.output).toBe('replayed: GET /bytes/3\n');
});

it.each(examples.filter(({ name }) => TRIALS[name]?.some((trial) => 'request' in trial)))(
  '$entry prints one line and ends with 1 if its port is taken',
  async (example) => {
    const { port } = new URL(upstreamUrl);
    const program = run(example, { env: { PORT: port } });
    expect(await program.exit).toEqual({ code: 1, signal: null });
    expect(program.complaints).toBe(`port ${port} of 127.0.0.1 is in use by another program\n`);
  },
);
