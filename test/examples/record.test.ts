// The recorder with third-party clients: it prints a test for every session, and the test passes.
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { Subject } from 'rxjs';
import { listen, type ListenAddress, nodeInfo, service } from 'rxpaf';
import {
  type Exchange,
  expectationOf,
  printTest,
  record,
  type RecordedConnection,
  type Recorder,
  replay,
  tellContent,
} from 'rxpaf/testing';
import { handler } from '../../examples/testing/record/handler.js';
import { runPrinted } from '../../examples/testing/record/run-printed.js';
import { Dice, SESSIONS } from '../kits/recorded-sessions.js';
import { selfSigned } from '../kits/certificate.js';
import { page } from '../kits/peers/chromium.js';
import { ask, run, start, withCurl } from '../kits/example.js';
import { describeWith } from '../kits/shared-target.js';

const root = resolve(__dirname, '../..');
let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'record-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Serves and records every connection that `use` makes. All connections have ended when it returns. */
async function recorded(
  use: (url: string) => Promise<unknown>,
  tls?: Awaited<ReturnType<typeof selfSigned>>,
): Promise<RecordedConnection[]> {
  const recorders: Recorder[] = [];
  const stop = new Subject<void>();
  const info: typeof nodeInfo = {
    ...nodeInfo,
    injection: (socket) => {
      const recorder = record(nodeInfo.injection(socket), { limit: 4_000_000 });
      recorders.push(recorder);
      return recorder.flow;
    },
  };
  let served: Promise<void> | undefined;
  const url = await new Promise<string>((resolve, reject) => {
    const listening = (address: ListenAddress): void => resolve(address.url);
    served = new Promise<void>((complete) => {
      listen({ host: '127.0.0.1', port: 0, listening, ...(tls === undefined ? {} : { tls }) })
        .pipe(service(info, { request: handler }, { stop }))
        .subscribe({ complete, error: reject });
    });
  });
  try {
    await use(url);
  } finally {
    stop.next();
    await served;
  }
  return recorders.map((recorder) => recorder.recording());
}

/**
 * All of each exchange, with checksums in place of contents. The last response is without `Connection`, which is `close` if the client's
 * FIN arrived before the head was written (RFC 9112 section 9.6). That depends on the pace of the client, which is not recorded.
 */
function whole(exchanges: readonly Exchange[]): unknown {
  return exchanges
    .filter(({ outcome }) => outcome === 'complete')
    .map((exchange) => {
      const { connection, ...others } = exchange.responseHeaders;
      const responseHeaders = exchange === exchanges.at(-1) ? others : { connection, ...others };
      return { ...exchange, responseHeaders, content: tellContent(exchange.content), body: tellContent(exchange.body) };
    });
}

/** Replays a recording, both as data and as a printed test. */
function check(connection: RecordedConnection): void {
  expect(connection.truncated).toBe(false);
  const replayed = replay(connection, handler);
  expect(replayed.map(expectationOf)).toEqual(connection.exchanges.map(expectationOf));
  // With headers, if the response was sent completely.
  expect(whole(replayed)).toEqual(whole(connection.exchanges));
  const printed = printTest(connection);
  expect(runPrinted(printed, handler)).toHaveLength(1);
  // The secrets: a cookie, and `--user me:secret`.
  expect(/=secret|bWU6c2VjcmV0/.exec(printed)).toBe(null);
}

const missing = ['curl', 'nghttp'].filter((program) => spawnSync(program, ['--version']).error !== undefined);
const names = Object.keys(SESSIONS).filter(
  (name) => process.env['CI'] !== undefined || !missing.some((one) => name.startsWith(one)),
);

describe('a recording', () => {
  it(`of 100 random sessions of ${names.join('; ')} replays to the same exchanges`, async () => {
    const dice = new Dice(Number(process.env['SEED'] ?? 1));
    const sessions = Array.from(
      { length: 100 },
      (_, index) => [names[index % names.length]!, dice.below(2 ** 31)] as const,
    );
    const counts = { connections: 0, exchanges: 0, h2: 0 };
    for (let from = 0; from < sessions.length; from += 4) {
      const batch = sessions.slice(from, from + 4);
      const connections = await recorded((url) =>
        Promise.all(batch.map(([name, seed]) => SESSIONS[name]!(url, new Dice(seed)))),
      );
      expect(connections.length).toBeGreaterThanOrEqual(batch.length);
      for (const connection of connections) {
        check(connection);
        expect(connection.exchanges.map(({ outcome }) => outcome)).toEqual(connection.exchanges.map(() => 'complete'));
        counts.connections++;
        counts.exchanges += connection.exchanges.length;
        if (Object.values(connection.values).some(({ code }) => code.includes('h2.preface'))) counts.h2++;
      }
    }
    expect(counts.connections).toBeGreaterThanOrEqual(100);
    expect(counts.exchanges).toBeGreaterThan(200);
    expect(counts.h2).toBeGreaterThan(30);
  }, 300_000);
});

describeWith('chromium', 'a recording of Chromium', () => {
  it('over TLS replays to the same exchanges', async () => {
    const tls = await selfSigned();
    const connections = await recorded((url) => page(`${url}/`), tls);
    const asked = connections.filter(({ exchanges }) => exchanges.length > 0);
    expect(asked.map(({ alpn }) => alpn)).toContain('h2');
    expect(asked.flatMap(({ exchanges }) => exchanges.map(({ target }) => target))).toContain('/');
    for (const connection of asked) check(connection);
  }, 300_000);
});

describe('record', () => {
  // Programs start slowly on a busy machine.
  jest.setTimeout(300_000);

  withCurl('prints a session of curl as a test, and replays it', async () => {
    const file = join(folder, 'once.test.ts');
    const example = start('record', {}, ['--once', '--out', file]);
    const answer = await ask('--user', 'me:secret', `${await example.url()}/`);
    expect([answer.status, await example.exit]).toEqual([200, { code: 0, signal: null }]);
    const printed = readFileSync(file, 'utf8');
    expect(printed).toContain("{ request: 'GET /', status: 200, body: 'recorded\\n' }");
    expect(printed).toContain("authorization: 'REDACTED'");
    const replayed = start('record', {}, ['--replay', file]);
    expect(await replayed.exit).toEqual({ code: 0, signal: null });
    expect(replayed.output).toBe('replayed: GET /\n');
    writeFileSync(file, printed.replace('status: 200', 'status: 404'));
    const failing = start('record', {}, ['--replay', file]);
    expect((await failing.exit).code).toBe(1);
    expect(failing.complaints).toContain('404');
  });

  withCurl(
    'prints all that it recorded on Ctrl-C, and what it prints runs under jest and under node:test',
    async () => {
      const file = join(folder, 'many.test.ts');
      const example = start('record', {}, ['--out', file]);
      const url = await example.url();
      await ask('--http1.1', '--data-binary', "it's", `${url}/echo`);
      await ask('--http2-prior-knowledge', `${url}/slow`);
      await ask('--http2', `${url}/bytes/100000`);
      example.signal('SIGINT');
      expect(await example.exit).toEqual({ code: 0, signal: null });
      const printed = readFileSync(file, 'utf8').replace(
        './handler.js',
        join(root, 'examples/testing/record/handler.ts'),
      );
      writeFileSync(file, printed);
      const bundled = join(folder, 'many.test.mjs');
      await esbuild(file, bundled);
      const native = await run(process.execPath, ['--test', bundled]);
      expect([native.status, native.stdout.toString()]).toEqual([0, expect.stringMatching(/pass 3\b/)]);
      writeFileSync(file, printed.replace("'node:test'", "'@jest/globals'"));
      const config = {
        rootDir: folder,
        testEnvironment: 'node',
        modulePaths: [join(root, 'node_modules')],
        moduleNameMapper: {
          '^(\\.{1,2}/.*)\\.js$': '$1',
          '^rxpaf$': join(root, 'src/index.ts'),
          '^rxpaf/testing$': join(root, 'src/testing/index.ts'),
        },
        transform: {
          '^.+\\.ts$': [
            join(root, 'node_modules/ts-jest'),
            { tsconfig: join(root, 'tsconfig.jest.json'), diagnostics: false },
          ],
        },
      };
      const jest = join(root, 'node_modules/jest/bin/jest.js');
      const ran = await run(process.execPath, [jest, '--config', JSON.stringify(config)], undefined, 240_000);
      expect(ran.stderr).toContain('3 passed, 3 total');
    },
  );
});

/** Bundles a program and this library into one file. */
async function esbuild(from: string, to: string): Promise<void> {
  const aliases = [
    `rxpaf=${root}/src/index.ts`,
    `rxpaf/testing=${root}/src/testing/index.ts`,
    `rxjs=${root}/node_modules/rxjs`,
  ];
  const { status, stderr } = await run(join(root, 'node_modules/esbuild/bin/esbuild'), [
    from,
    `--outfile=${to}`,
    ...['--bundle', '--platform=node', '--format=esm', ...aliases.map((alias) => `--alias:${alias}`)],
  ]);
  if (status !== 0) throw new Error(stderr);
}
