// The live page as its server sees it: what it is made of, who may see what, and a browser that is slow.
import { connect, type Socket } from 'node:net';
import { readFileSync } from 'node:fs';
import { InspectedServer } from '../kits/inspected-server.js';
import { ask, curl, type Example, start, withCurl } from '../kits/example.js';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

let example: Example;
let url: string;
beforeAll(async () => {
  example = start('start');
  [, url] = (await example.prints(/^listening on (http:\S+)$/m)) as unknown as [string, string];
});

/** Somebody who watches, by a socket of their own: they read when they want to. */
class Watcher {
  said = '';
  private readonly socket: Socket;

  constructor(address = url) {
    const { hostname, port } = new URL(address);
    this.socket = connect(Number(port), hostname, () => this.socket.write('GET /live HTTP/1.1\r\nHost: a\r\n\r\n'));
    this.socket.on('error', () => undefined);
    this.socket.setEncoding('utf8').on('data', (text: string) => (this.said += text));
  }

  async hears(pattern: RegExp): Promise<RegExpExecArray> {
    for (let tries = 0; tries < 300; tries++) {
      const found = pattern.exec(this.said);
      if (found !== null) return found;
      await sleep(50);
    }
    throw new Error(`never heard ${String(pattern)}:\n${this.said.slice(0, 4000)}`);
  }

  pause(): void {
    this.socket.pause();
  }

  resume(): void {
    this.socket.resume();
  }

  leave(): void {
    this.socket.destroy();
  }
}

describe('the page', () => {
  withCurl('is served with all its parts, which nothing but this server can add to', async () => {
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

  withCurl('lets no script in but its own', async () => {
    const { headers, body } = await ask(url);
    const policy = headers['content-security-policy']!;
    expect(policy).toMatch(/^default-src 'none'; script-src 'self'; style-src 'self';/);
    expect(policy).toContain("require-trusted-types-for 'script'");
    expect(policy).not.toMatch(/unsafe|\*|http|data:/);
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(body.toString()).not.toMatch(/<script>|\son\w+=|\sstyle=|javascript:/);
  });

  withCurl('is asked for again only where it has changed', async () => {
    const { etag } = (await ask(`${url}/live/main.js`)).headers;
    const again = await ask('-H', `If-None-Match: ${etag!}`, `${url}/live/main.js`);
    expect([again.status, again.body.length]).toEqual([304, 0]);
  });

  withCurl('does not serve what stands beside it', async () => {
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
    await watcher.hears(/event: open\n/);
  });
  afterEach(() => watcher.leave());

  withCurl('tells what a stranger sends as data, and none of their secrets', async () => {
    const path = `/<img src=x onerror=alert(1)>'%22%0a`.replaceAll(' ', '%20');
    const secrets = ['-H', 'Cookie: id=c00kie', '-H', 'Authorization: Bearer t0ken', '-H', 'X-Own: h1dden'];
    await curl('-g', ...secrets, `${url}${path}?key=s3cret`);
    const [, data] = await watcher.hears(/event: frame\ndata: (.*onerror.*)\n\n/);
    const events = JSON.parse(data!) as { kind: string; path?: string; headers?: [string, string | null][] }[];
    const request = events.find(({ kind }) => kind === 'request')!;
    expect(request.path).toBe(`${path}?…`);
    expect(request.headers).toContainEqual(['cookie', null]);
    expect(watcher.said).not.toMatch(/c00kie|t0ken|h1dden|s3cret/);
  });

  withCurl('gives a connection as a test that replays it, secrets left out', async () => {
    await curl('-H', 'Authorization: Bearer t0ken', `${url}/hello`);
    const [, connection] = await watcher.hears(/"kind":"request","at":\d+,"connection":(\d+),/);
    const { status, headers, body } = await ask(`${url}/live/connections/${connection}/test`);
    expect([status, headers['content-type']]).toEqual([200, 'text/plain; charset=utf-8']);
    expect(body.toString()).toMatch(/httpTest\(\(words\) => \{[^]*flow\([^]*expectExchanges\([^]*\/hello/);
    expect(body.toString()).not.toContain('t0ken');
  });

  withCurl('says nothing of the page itself', async () => {
    for (const path of ['/', '/live/main.js', '/?a']) await ask(`${url}${path}`);
    await curl(`${url}/hello`);
    await watcher.hears(/"path":"\/hello"/);
    expect(watcher.said).not.toMatch(/"path":"\/(live|"|\?)/);
  });

  withCurl('begins with what is under way', async () => {
    expect((await curl('-H', 'Accept: text/event-stream', '--max-time', '1', `${url}/live`)).stdout.toString()).toMatch(
      /^retry: 1000\n\nevent: open\ndata: /,
    );
  });
});

describe('a browser that is behind', () => {
  const server = new InspectedServer();
  afterAll(() => server.stop());

  withCurl('misses frames and is told so, and the server keeps nothing for it', async () => {
    const [address] = await server.urls;
    const burst = async (): Promise<void> => {
      // Long paths and header sections: megabytes of events in all.
      const fields = Array.from({ length: 12 }, (_, index) => ['-H', `Field-${index}-${'x'.repeat(60)}: 1`]).flat();
      await curl(...fields, '-o', '/dev/null', `${address}/${'long'.repeat(25)}/[1-2500]`);
    };
    const slow = new Watcher(address);
    await slow.hears(/event: open\n/);
    slow.pause();
    await burst();
    const before = await server.memory();
    // Twenty megabytes of events: more than all buffers between here and there hold.
    for (let bursts = 0; bursts < 5; bursts++) await burst();
    const after = await server.memory();
    expect(after.heap + after.external - before.heap - before.external).toBeLessThan(5e6);
    slow.resume();
    const [, dropped] = await slow.hears(/event: open\ndata: \{"dropped":([1-9]\d*),/);
    expect(Number(dropped)).toBeGreaterThan(0);
    // What is under way comes with it, and the present behind it.
    await curl(`${address}/hello?afterwards`);
    await slow.hears(/"dropped":[1-9][^]*"path":"\/hello\?…"/);
    slow.leave();
  });
});
