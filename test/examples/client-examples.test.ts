// The client's examples, each as a process of its own, and what they do on the wire; and the code and tables of `docs/client.md`.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type IncomingMessage } from 'node:http';
import type { ServerHttp2Stream } from 'node:http2';
import { type AddressInfo, connect as connectTcp, createServer as createTcpServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { format } from 'node:util';
import { firstValueFrom, Subject, throwError, toArray } from 'rxjs';
import { client, type Client, ClientError, type ClientErrorCode, DEFAULT_RETRY, needs, Transports } from 'rxpaf';
import { hedged, pages, polled, typeahead } from '../../examples/client/compose/recipes.js';
import { filesIn } from '../kits/docs/document.js';
import { type Example, start } from '../kits/example.js';
import { http2Server, httpServer } from '../kits/peers/node-server.js';
import { becomes, clientOf, failureOf, sleep } from '../kits/peers/peer.js';

/** Runs an example to its end. */
async function done(name: string, ...args: readonly string[]): Promise<Example & { readonly code: number | null }> {
  const example = start(name, {}, args);
  const { code } = await example.exit;
  return Object.assign(example, { code });
}

describe('connect', () => {
  it('speaks both protocols over flows in memory: requests, pushes and a ping', async () => {
    const example = await done('connect');
    expect(example.complaints).toBe('');
    const lines = example.output.trimEnd().split('\n');
    expect(lines[0]).toBe('http/1.1 200 this is /once');
    expect(lines.at(-1)).toBe('done');
    expect(
      lines
        .slice(1, -1)
        .map((line) => line.replace(/\d+ ms/, 'N ms'))
        .sort(),
    ).toEqual([
      'h2 200 this is /a',
      'h2 200 this is /b',
      'h2 200 this is /page',
      'pushed http://memory/style.css: h2 200 b { }',
      'the ping took N ms',
    ]);
  });
});

describe('fetch', () => {
  let folder: string;
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'fetch-'));
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  it('follows redirects by default', async () => {
    const { url } = await httpServer(({ url: path }, response) => {
      if (path === '/here') response.writeHead(302, { location: '/there' }).end('elsewhere');
      else response.setHeader('x-place', path!).end('found');
    });
    expect(await done('fetch', `${url}/here`)).toMatchObject({ code: 0, output: 'found', complaints: '' });
    const { output } = await done('fetch', '-i', `${url}/here`);
    expect(output).toMatch(/^http\/1\.1 200 http:\/\/\S+\/there\n[^]*^x-place: \/there\n[^]*\n\nfound$/m);
    const refused = await done('fetch', '--max-redirects', '0', '-i', `${url}/here`);
    expect(refused.output).toMatch(/^http\/1\.1 302 [^]*elsewhere$/);
  });

  it('sends the given method, header fields and content', async () => {
    const { url } = await httpServer((request, response) => {
      const { method, headers } = request;
      response.write(`${method!} ${String(headers['x-a'])} `);
      request.pipe(response);
    });
    expect(await done('fetch', '-d', 'some content', '-H', 'X-A: b', url)).toMatchObject({
      output: 'POST b some content',
    });
    const file = join(folder, 'content');
    writeFileSync(file, 'of a file');
    expect(await done('fetch', '-X', 'PUT', '-d', `@${file}`, url)).toMatchObject({
      output: 'PUT undefined of a file',
    });
  });

  it('speaks HTTP/2', async () => {
    const { url } = await http2Server((stream) => {
      stream.respond({ ':status': 200 });
      stream.end('over h2');
    });
    expect((await done('fetch', '--http2', '-i', url)).output).toMatch(/^h2 200 [^]*over h2$/);
  });

  it('uses a proxy, and prints the error of a proxy that refuses', async () => {
    const { url } = await httpServer((_request, response) => void response.end('from far away'));
    const asked: string[] = [];
    const proxy = createServer().listen(0, '127.0.0.1');
    proxy.on(
      'connect',
      ({ url: authority }: IncomingMessage, socket: NodeJS.WritableStream & NodeJS.ReadableStream) => {
        asked.push(authority!);
        socket.on('error', () => undefined);
        if (asked.length > 1) return void socket.end('HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n');
        const far = connectTcp(Number(authority!.split(':')[1]), '127.0.0.1', () => {
          socket.write('HTTP/1.1 200 OK\r\n\r\n');
          far.pipe(socket).pipe(far);
        });
        far.on('error', () => undefined);
      },
    );
    await once(proxy, 'listening');
    const { port } = proxy.address() as AddressInfo;
    const through = ['-x', `http://127.0.0.1:${port}`];
    expect(await done('fetch', ...through, url)).toMatchObject({ code: 0, output: 'from far away', complaints: '' });
    expect(asked).toEqual([new URL(url).host]);
    const refused = await done('fetch', ...through, url);
    expect([refused.code, refused.output]).toEqual([1, '']);
    expect(refused.complaints).toMatch(/^proxy-refused: .* 403\n$/);
    proxy.close();
  });

  it('prints the code of an error', async () => {
    const unused = createTcpServer().listen(0, '127.0.0.1');
    await once(unused, 'listening');
    const { port } = unused.address() as AddressInfo;
    unused.close();
    const failed = await done('fetch', `http://127.0.0.1:${port}/`);
    expect([failed.code, failed.output]).toEqual([1, '']);
    expect(failed.complaints).toMatch(/^connect-failed: .*ECONNREFUSED/);
    expect((await done('fetch', 'ftp://localhost/')).complaints).toMatch(/^invalid-request: /);
    expect((await done('fetch')).code).toBe(2);
  });

  it('reads no faster than its output is read, and cancels the request when its output is closed', async () => {
    const PIECE = Buffer.alloc(64 * 1024, 'content.');
    const MOST = 64 * 1024 * 1024;
    let sent = 0;
    let cancelled = false;
    const { url } = await httpServer(
      (_request, response) =>
        void (async () => {
          response.on('close', () => (cancelled = sent < MOST));
          // `drain` never comes if the client stops reading.
          for (; sent < MOST; sent += PIECE.length) if (!response.write(PIECE)) await once(response, 'drain');
          response.end();
        })(),
    );
    // In a process of its own, whose output nobody reads.
    const child = spawn(process.execPath, ['scripts/example.mjs', 'fetch', url], { cwd: join(__dirname, '../..') });
    for (let before = -1; before !== sent || sent === 0; await sleep(400)) before = sent;
    // What the buffers of the system hold: those of the sockets, at most 6 MiB each on Linux, and of the pipe.
    expect(sent).toBeLessThan(16 * 1024 * 1024);
    expect(cancelled).toBe(false);
    child.stdout.destroy();
    const [code] = (await once(child, 'exit')) as [number | null];
    expect(code).toBe(1);
    await becomes(() => cancelled);
  });

  it('prints all of a large response', async () => {
    const content = Buffer.alloc(8 * 1024 * 1024, 'all of it ');
    const { url } = await httpServer((_request, response) => void response.end(content));
    const child = spawn(process.execPath, ['scripts/example.mjs', 'fetch', url], { cwd: join(__dirname, '../..') });
    const hash = createHash('sha256');
    for await (const chunk of child.stdout) hash.update(chunk as Buffer);
    expect(hash.digest('hex')).toBe(createHash('sha256').update(content).digest('hex'));
  });
});

/** An HTTP/2 server: `answers` has the content by path, undefined for no response; it records the streams that were cancelled. */
async function listener(answers: (path: string) => string | undefined): Promise<{
  readonly url: string;
  readonly paths: string[];
  readonly cancelled: string[];
  readonly open: Set<ServerHttp2Stream>;
  /** The most streams that were open at once. */
  most: number;
}> {
  const seen = {
    paths: [] as string[],
    cancelled: [] as string[],
    open: new Set<ServerHttp2Stream>(),
    most: 0,
    url: '',
  };
  const { url } = await http2Server((stream, headers) => {
    const path = headers[':path']!;
    seen.paths.push(path);
    seen.open.add(stream);
    seen.most = Math.max(seen.most, seen.open.size);
    stream.on('close', () => {
      seen.open.delete(stream);
      // RFC 9113 section 7: CANCEL.
      if (stream.rstCode === 8) seen.cancelled.push(path);
    });
    const answer = answers(path);
    if (answer === undefined) return;
    // Later, so that other streams are open at the same time.
    setTimeout(() => {
      if (stream.destroyed) return;
      stream.respond({ ':status': answer === '' ? 404 : 200, 'content-type': 'application/json' });
      stream.end(answer);
    }, 20);
  });
  seen.url = url;
  return seen;
}

const over = (url: string): ReturnType<typeof clientOf> => clientOf({ baseUrl: url, protocols: ['h2'] });

describe('the recipes of compose, seen from the server', () => {
  it('typeahead: new input cancels the last search on the wire', async () => {
    const server = await listener((path) => (path.endsWith('rxjs') ? '"found"' : undefined));
    const typed = new Subject<string>();
    const found = firstValueFrom(typeahead(over(server.url), typed).pipe(toArray()));
    for (const letters of ['r', 'rx', 'rx', 'rxjs']) {
      typed.next(letters);
      await becomes(() => server.paths.at(-1) === `/search?q=${letters}`);
    }
    typed.complete();
    expect(await found).toEqual(['found']);
    expect(server.paths).toEqual(['/search?q=r', '/search?q=rx', '/search?q=rxjs']);
    await becomes(() => server.open.size === 0);
    expect(server.cancelled).toEqual(['/search?q=r', '/search?q=rx']);
  });

  it('pages: never exceeds the concurrency', async () => {
    const server = await listener((path) => JSON.stringify(path));
    const paths = Array.from({ length: 20 }, (_, index) => `/${index}`);
    const got = await firstValueFrom(pages(over(server.url), paths, 3).pipe(toArray()));
    expect(got.map(({ path }) => path).sort()).toEqual([...paths].sort());
    expect(server.most).toBe(3);
    expect(server.cancelled).toEqual([]);
  });

  it('pages: unsubscribing cancels the open requests, and sends no others', async () => {
    const server = await listener(() => undefined);
    const leaving = pages(over(server.url), ['/0', '/1', '/2', '/3'], 3).subscribe();
    await becomes(() => server.open.size === 3);
    leaving.unsubscribe();
    await becomes(() => server.open.size === 0);
    expect(server.cancelled.sort()).toEqual(['/0', '/1', '/2']);
    expect(server.paths).toHaveLength(3);
  });

  it('hedged: sends the second request if the first is slow, and cancels the slower one', async () => {
    const server = await listener((path) => (path === '/quick' ? '"quick"' : undefined));
    const http = over(server.url);
    const { url } = await firstValueFrom(hedged(http.get('/slow'), http.get('/quick'), 50));
    expect(new URL(url).pathname).toBe('/quick');
    await becomes(() => server.cancelled.length > 0);
    expect(server.cancelled).toEqual(['/slow']);
  });

  it('hedged: does not send the second request if the first is fast enough', async () => {
    const server = await listener(() => '"quick"');
    const http = over(server.url);
    await firstValueFrom(hedged(http.get('/first'), http.get('/second'), 10_000));
    expect(server.paths).toEqual(['/first']);
  });

  it('polled: sends the request again until the status is 200', async () => {
    let asked = 0;
    const server = await listener(() => (++asked < 3 ? '' : 'ready'));
    expect(await firstValueFrom(polled(over(server.url), '/report', 10, 5))).toBe('ready');
    expect(server.paths).toEqual(['/report', '/report', '/report']);
  });

  it('the example prints the results of all recipes', async () => {
    const example = await done('compose');
    expect([example.code, example.complaints]).toEqual([0, '']);
    expect(example.output).toContain("{ found: 'rxjs', protocol: 'h2' }\n");
    expect(example.output.match(/^\{ path: '\/page\/\d', size: 7 \}$/gm)).toHaveLength(6);
    expect(example.output).toMatch(/^\/replica\/quick$/m);
    expect(example.output).toMatch(/^ {2}server: \/replica\/slow was cancelled$/m);
    expect(example.output).toMatch(/^ready after 3 requests$/m);
  });
});

const root = join(__dirname, '../..');
const guide = readFileSync(join(root, 'docs/client.md'), 'utf8');

describe('docs/client.md', () => {
  /** Below the root, where the name of the package resolves to its sources. */
  const folder = join(root, 'build/guides', `${process.pid}-client`);
  const files = filesIn(guide).filter(({ name }) => !name.startsWith('block-'));
  beforeAll(() => {
    mkdirSync(folder, { recursive: true });
    for (const { name, code } of files) writeFileSync(join(folder, name), code);
  });
  afterAll(() => {
    // Closes idle connections, which would keep the test process alive.
    jest.requireActual<{ http: Client }>(join(folder, 'rows.ts')).http.close();
    rmSync(folder, { recursive: true, force: true });
  });

  const told = files.map(({ name, code }) => ({
    name,
    lines: [...code.matchAll(/^\/\/ prints (.*)$/gm)].map(([, line]) => line!),
  }));
  const running = told.filter(({ lines }) => lines.length > 0);

  it('has code that runs', () => {
    expect(running.length).toBeGreaterThan(6);
    // All that has a name is run, but for what the others import.
    expect(told.filter(({ lines }) => lines.length === 0).map(({ name }) => name)).toEqual(['rows.ts']);
  });

  it.each(running)('$name prints what it says', async ({ name, lines }) => {
    const printed: string[] = [];
    const log = jest.spyOn(console, 'log').mockImplementation((...what) => void printed.push(format(...what)));
    try {
      jest.requireActual(join(folder, name));
      await becomes(() => printed.length >= lines.length, `${name} prints: ${printed.join(' / ')}`);
      // What it should not print would follow.
      await sleep(30);
    } finally {
      log.mockRestore();
    }
    expect(printed).toEqual(lines);
  });
});

describe('the errors of docs/client.md', () => {
  const rows = [
    ...guide.matchAll(
      /^\| `([a-z-]+)` +\|.*?\| +([^|]+?) +\| (yes|no) +\| (50[1-4])(?:; 400 of a forwarded request)? +\|$/gm,
    ),
  ].map(([, code, retryable, again, status]) => ({
    code: code as ClientErrorCode,
    retryable: retryable!,
    again,
    status,
  }));

  it('are all that there are, in their order', () => {
    const [, union = ''] = /export type ClientErrorCode =(.*?);\n\n/s.exec(
      readFileSync(join(root, 'src/errors.ts'), 'utf8'),
    )!;
    const codes = [...union.matchAll(/\| '([a-z-]+)'/g)].map(([, code]) => code);
    expect(codes.length).toBeGreaterThan(20);
    expect(rows.map(({ code }) => code)).toEqual(codes);
  });

  it.each(rows)('$code: status $status, a GET again: $again', async ({ code, retryable, again, status }) => {
    const error = new ClientError(code, 'it failed', { retryable: retryable === 'yes' });
    expect(String(error.status)).toBe(status);
    let attempts = 0;
    const failing = {
      name: 'failing',
      endpoints: needs({}),
      connect: () => {
        attempts++;
        return throwError(() => error);
      },
    };
    const http = client({ transports: Transports.EMPTY.register(failing), retry: { attempts: 1, base: 0 } });
    expect(await failureOf(http.get('http://localhost/'))).toMatchObject({ code, retryable: retryable === 'yes' });
    expect(attempts).toBe(again === 'yes' ? 2 : 1);
    // Of a method that is not idempotent only what has certainly not been done.
    attempts = 0;
    await failureOf(http.post('http://localhost/'));
    expect(attempts).toBe(again === 'yes' && retryable === 'yes' ? 2 : 1);
  });

  it('describes the default policy', () => {
    expect(guide).toContain(`one of \`statuses\`: ${DEFAULT_RETRY.statuses.join(', ')}`);
    expect(guide).toContain(`(\`methods\`): ${DEFAULT_RETRY.methods.join(', ')}`);
  });
});
