// The live page as its server sends it: its files, what its events reveal, and a browser that reads slowly.
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { InspectedServer } from '../kits/inspected-server.js';
import { ask, curl, type Example, run, start, withCurl } from '../kits/example.js';

/** ms that an event may take on a busy machine. */
const PATIENCE = 60_000;
jest.setTimeout(4 * PATIENCE);

let example: Example;
let url: string;
beforeAll(async () => {
  example = start('start');
  [, url] = (await example.prints(/^listening on (http:\S+)$/m)) as unknown as [string, string];
});

/** A client of the event stream that decides when it reads. */
class Watcher {
  received = '';
  private readonly socket: Socket;

  constructor(address = url) {
    const { hostname, port } = new URL(address);
    this.socket = connect(Number(port), hostname, () => this.socket.write('GET /live HTTP/1.1\r\nHost: a\r\n\r\n'));
    this.socket.on('error', () => undefined);
    this.socket.setEncoding('utf8').on('data', (text: string) => (this.received += text));
  }

  /** Waits until what was received matches. */
  async receives(pattern: RegExp): Promise<RegExpExecArray> {
    const signal = AbortSignal.timeout(PATIENCE);
    for (;;) {
      const found = pattern.exec(this.received);
      if (found !== null) return found;
      await once(this.socket, 'data', { signal }).catch((error: unknown) => {
        throw new Error(`never received ${String(pattern)}:\n${this.received.slice(0, 4000)}`, { cause: error });
      });
    }
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  disconnect(): void {
    this.socket.destroy();
  }
}

describe('the page', () => {
  withCurl('is served with all its files', async () => {
    const page = await ask(url);
    expect(page.status).toBe(200);
    expect(page.headers['content-type']).toBe('text/html; charset=utf-8');
    const parts = [...page.body.toString().matchAll(/(?:src|href)="(\/live\/[^"]+)"/g)].map(([, path]) => path!);
    const modules = [
      ...readFileSync(`${__dirname}/../../examples/first-steps/start/page/main.js`, 'utf8').matchAll(
        /from '\.(\/[^']+)'/g,
      ),
    ];
    const all = new Set([...parts, ...modules.map(([, path]) => `/live${path!}`)]);
    expect(all.size).toBeGreaterThan(8);
    for (const path of all) expect([path, (await ask(`${url}${path}`)).status]).toEqual([path, 200]);
  });

  withCurl('allows no scripts but its own', async () => {
    const { headers, body } = await ask(url);
    const policy = headers['content-security-policy']!;
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toMatch(/unsafe|\*|http|data:/);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(body.toString()).not.toMatch(/<script>|\son\w+=|\sstyle=|javascript:/);
  });

  withCurl('is sent again only if it has changed', async () => {
    const { etag } = (await ask(`${url}/live/main.js`)).headers;
    const again = await ask('-H', `If-None-Match: ${etag!}`, `${url}/live/main.js`);
    expect([again.status, again.body.length]).toEqual([304, 0]);
  });

  withCurl('does not serve the files beside it', async () => {
    for (const path of [
      '/live/../start.ts',
      '/live/%2e%2e/routes.ts',
      '/live/nothing.js',
      '/live/connections/1/test',
    ]) {
      expect((await ask('--path-as-is', `${url}${path}`)).status).toBe(404);
    }
  });
});

describe('the stream', () => {
  let watcher: Watcher;
  beforeEach(async () => {
    watcher = new Watcher();
    await watcher.receives(/event: open\n/);
  });
  afterEach(() => watcher.disconnect());

  withCurl('sends what a client sent as data, without its secrets', async () => {
    const path = `/<img src=x onerror=alert(1)>'%22%0a`.replaceAll(' ', '%20');
    const secrets = ['-H', 'Cookie: id=c00kie', '-H', 'Authorization: Bearer t0ken', '-H', 'X-Own: h1dden'];
    await curl('-g', ...secrets, `${url}${path}?key=s3cret`);
    const [, data] = await watcher.receives(/event: frame\ndata: (.*onerror.*)\n\n/);
    const events = JSON.parse(data!) as { kind: string; path?: string; headers?: [string, string | null][] }[];
    const request = events.find(({ kind }) => kind === 'request')!;
    expect(request.path).toBe(`${path}?…`);
    expect(request.headers).toContainEqual(['cookie', null]);
    expect(watcher.received).not.toMatch(/c00kie|t0ken|h1dden|s3cret/);
  });

  withCurl('sends a connection as a test that replays it, without secrets', async () => {
    await curl('-H', 'Authorization: Bearer t0ken', `${url}/hello`);
    const [, connection] = await watcher.receives(/"kind":"request","at":\d+,"connection":(\d+),/);
    const { status, headers, body } = await ask(`${url}/live/connections/${connection}/test`);
    expect([status, headers['content-type']]).toEqual([200, 'text/plain; charset=utf-8']);
    expect(body.toString()).toMatch(/httpTest\(\(words\) => \{[^]*flow\([^]*expectExchanges\([^]*\/hello/);
    expect(body.toString()).not.toContain('t0ken');
  });

  withCurl('reports nothing about the page itself', async () => {
    for (const path of ['/', '/live/main.js', '/?a']) await ask(`${url}${path}`);
    await curl(`${url}/hello`);
    await watcher.receives(/"path":"\/hello"/);
    expect(watcher.received).not.toMatch(/"path":"\/(live|"|\?)/);
  });

  withCurl('begins with what is open', async () => {
    expect((await curl('-H', 'Accept: text/event-stream', '--max-time', '1', `${url}/live`)).stdout.toString()).toMatch(
      /^retry: 1000\n\nevent: open\ndata: /,
    );
  });
});

describe('a browser that reads slowly', () => {
  const server = new InspectedServer();
  afterAll(() => server.stop());

  withCurl('gets the number of the frames that it missed, and the server keeps nothing for it', async () => {
    const [address] = await server.urls;
    const burst = async (): Promise<void> => {
      // Long paths and header sections: megabytes of events in all.
      const fields = Array.from({ length: 12 }, (_, index) => ['-H', `Field-${index}-${'x'.repeat(60)}: 1`]).flat();
      await run(
        'curl',
        ['-s', ...fields, '-o', '/dev/null', `${address}/${'long'.repeat(25)}/[1-2500]`],
        undefined,
        PATIENCE,
      );
    };
    const slow = new Watcher(address);
    await slow.receives(/event: open\n/);
    slow.pause();
    await burst();
    const before = await server.memory();
    // Twenty megabytes of events: more than all buffers between here and there hold.
    for (let bursts = 0; bursts < 5; bursts++) await burst();
    const after = await server.memory();
    expect(after.heap + after.external - before.heap - before.external).toBeLessThan(5e6);
    slow.resume();
    const [, dropped] = await slow.receives(/event: open\ndata: \{"dropped":([1-9]\d*),/);
    expect(Number(dropped)).toBeGreaterThan(0);
    // The open connections come with it, and all later events.
    await curl(`${address}/hello?afterwards`);
    await slow.receives(/"dropped":[1-9][^]*"path":"\/hello\?…"/);
    slow.disconnect();
  });
});
